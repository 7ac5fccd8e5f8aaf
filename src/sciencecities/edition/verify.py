"""Checking an edition: files and hashes, sums, and what must hold between its tables."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sciencecities.edition.hashing import table_hash
from sciencecities.edition.write import EDITION_FORMAT
from sciencecities.errors import EditionError
from sciencecities.files import read_json
from sciencecities.tables import ANY_EDITION, KINDS, UNITS_PER_WORK

if TYPE_CHECKING:
    import duckdb

W = UNITS_PER_WORK

# A table of institutions has other ranges than those of re-draws: no n_eff, no probabilities.
PARTIAL_RANGES = "only a part of the ranges is there"

# Each query counts what must not be there.
INVARIANTS = {
    "contributions: weights of a work in `units` do not add up to one work": f"""
        SELECT COUNT(*) FROM (SELECT work_id FROM contributions GROUP BY data_year, work_id
        HAVING SUM(CAST(units AS DECIMAL(19,0))) <> {W})""",
    "contributions: rows with both or neither of city and reason": """
        SELECT COUNT(*) FROM contributions
        WHERE (city_id IS NULL) = (unassigned_reason IS NULL)""",
    "contributions: weight is not units / 10^18": f"""
        SELECT COUNT(*) FROM contributions WHERE weight <> CAST(units AS DOUBLE) / {W}e0""",
    "rankings: Share differs from the sum of contributions by more than 1e-9": f"""
        SELECT COUNT(*) FROM rankings AS r FULL JOIN (
            SELECT c.data_year, s.scope, c.city_id,
                   CAST(SUM(CAST(c.units AS DECIMAL(19,0))) AS DOUBLE) / {W}e0 AS share,
                   COUNT(DISTINCT c.work_id) AS works
            FROM contributions AS c JOIN work_scopes AS s ON s.work_id = c.work_id
            WHERE c.city_id IS NOT NULL GROUP BY c.data_year, s.scope, c.city_id
        ) AS x ON x.data_year = r.data_year AND x.scope = r.scope AND x.city_id = r.city_id
        WHERE r.share IS NULL OR x.share IS NULL
           OR abs(r.share - x.share) > 1e-9 * greatest(1, x.share) OR r.count <> x.works""",
    "unassigned: a part differs from the sum of contributions by more than 1e-9": f"""
        SELECT COUNT(*) FROM (
            SELECT data_year, scope, reason, SUM(share) AS share FROM unassigned
            GROUP BY data_year, scope, reason
        ) AS u FULL JOIN (
            SELECT c.data_year, s.scope, c.unassigned_reason AS reason,
                   CAST(SUM(CAST(c.units AS DECIMAL(19,0))) AS DOUBLE) / {W}e0 AS share
            FROM contributions AS c JOIN work_scopes AS s ON s.work_id = c.work_id
            WHERE c.city_id IS NULL GROUP BY c.data_year, s.scope, c.unassigned_reason
        ) AS x ON x.data_year = u.data_year AND x.scope = u.scope AND x.reason = u.reason
        WHERE u.share IS NULL OR x.share IS NULL
           OR abs(u.share - x.share) > 1e-9 * greatest(1, x.share)""",
    "totals: the number of works differs from contributions": """
        SELECT COUNT(*) FROM totals AS t FULL JOIN (
            SELECT c.data_year, s.scope, COUNT(*) AS works
            FROM (SELECT DISTINCT data_year, work_id FROM contributions) AS c
            JOIN work_scopes AS s ON s.work_id = c.work_id GROUP BY c.data_year, s.scope
        ) AS x ON x.data_year = t.data_year AND x.scope = t.scope
        WHERE t.works IS DISTINCT FROM x.works""",
    "rankings: a row has a larger Share but a worse rank than the next": """
        SELECT COUNT(*) FROM (
            SELECT rank, share, LEAD(rank) OVER w AS next_rank, LEAD(share) OVER w AS next_share
            FROM rankings WINDOW w AS (PARTITION BY data_year, scope ORDER BY share DESC, rank)
        ) WHERE next_rank < rank""",
    **{
        f"{table}: {problem}": f"SELECT COUNT(*) FROM {table} WHERE {test}"
        for table in ("rankings", "country_rankings")
        for problem, test in {
            "a Share or rank lies outside its range": "share NOT BETWEEN share_low AND share_high "
            "OR rank NOT BETWEEN rank_low AND rank_high OR share_low < 0 OR rank_low < 1",
            PARTIAL_RANGES: "NOT ((n_eff IS NULL) = (share_low IS NULL) "
            "AND (n_eff IS NULL) = (share_high IS NULL) AND (n_eff IS NULL) = (rank_low IS NULL) "
            "AND (n_eff IS NULL) = (rank_high IS NULL) AND (n_eff IS NULL) = (p_top10 IS NULL))",
            "more effective works than works": "n_eff > count * (1 + 1e-9) OR n_eff < 1 - 1e-9",
            "a probability is none": "p_top10 NOT BETWEEN 0 AND 1 OR p_ahead_next NOT BETWEEN 0 "
            "AND 1 OR p_rose < 0 OR p_fell < 0 OR p_rose + p_fell > 1 + 1e-9 "
            "OR raw_p_rose < 0 OR raw_p_fell < 0 OR raw_p_rose + raw_p_fell > 1 + 1e-9",
            "a movement is called certain against a reason or without a year before": "p_rose IS "
            "NOT NULL AND (movement_note IS NOT NULL OR previous_rank IS NULL)",
        }.items()
    },
    "order_probabilities: a pair is not in order, or its probability is none": """
        SELECT COUNT(*) FROM order_probabilities
        WHERE city_a >= city_b OR p NOT BETWEEN 0 AND 1""",
    "city_institutions: a city's institutions do not add up to its Share": """
        SELECT COUNT(*) FROM rankings AS r FULL JOIN (
            SELECT data_year, scope, city_id, SUM(share) AS share FROM city_institutions
            GROUP BY data_year, scope, city_id
        ) AS x ON x.data_year = r.data_year AND x.scope = r.scope AND x.city_id = r.city_id
        WHERE r.share IS NULL OR x.share IS NULL
           OR abs(r.share - x.share) > 1e-9 * greatest(1, x.share)""",
    "institution_places: Shares differ from what cities and the unassigned part have": """
        SELECT COUNT(*) FROM (
            SELECT data_year, scope, city_id, SUM(share) AS share FROM institution_places
            GROUP BY data_year, scope, city_id HAVING SUM(share) > 0
        ) AS p FULL JOIN (
            SELECT data_year, scope, city_id, share FROM rankings
            UNION ALL
            SELECT data_year, scope, NULL, SUM(share) FROM unassigned GROUP BY data_year, scope
        ) AS x ON x.data_year = p.data_year AND x.scope = p.scope
            AND x.city_id IS NOT DISTINCT FROM p.city_id
        WHERE p.share IS NULL OR x.share IS NULL
           OR abs(p.share - x.share) > 1e-9 * greatest(1, x.share)""",
    "institution_places: rows with both or neither of city and reason": """
        SELECT COUNT(*) FROM institution_places WHERE (city_id IS NULL) = (reason IS NULL)""",
    "collaborations: a pair is not in order": """
        SELECT COUNT(*) FROM collaborations WHERE city_a >= city_b""",
    "method_parts: a work's parts under a scheme do not add up to one work": f"""
        SELECT COUNT(*) FROM (
            SELECT w.work_no FROM method_works AS w LEFT JOIN method_parts AS p USING (work_no)
            GROUP BY w.work_no
            HAVING SUM(p.nature_index) IS DISTINCT FROM {W}
                OR SUM(p.leiden) IS DISTINCT FROM {W} OR SUM(p.institution) IS DISTINCT FROM {W}
                OR SUM(p.first_author) IS DISTINCT FROM {W}
                OR SUM(p.corresponding_author) IS DISTINCT FROM {W})""",
    "method_works: a counted work is missing": """
        SELECT COUNT(*) FROM work_scopes AS s
        WHERE NOT EXISTS (SELECT 1 FROM method_works AS w WHERE w.work_id = s.work_id)""",
    "method_rankings: lack a leading row of the ranking": """
        SELECT COUNT(*) FROM rankings AS r WHERE r.rank <= 200 AND NOT EXISTS (
            SELECT 1 FROM method_rankings AS m
            WHERE m.data_year = r.data_year AND m.scope = r.scope AND m.city_id = r.city_id
              AND m.rank = r.rank AND m.share = r.share)""",
    "rankings: the method range does not hold the rank": """
        SELECT COUNT(*) FROM (SELECT rank, method_rank_best, method_rank_worst FROM rankings
            UNION ALL SELECT rank, method_rank_best, method_rank_worst FROM country_rankings)
        WHERE rank < method_rank_best OR rank > method_rank_worst""",
    "journal_influence: a change is not the rank less the rank without the journal": """
        SELECT COUNT(*) FROM journal_influence AS j JOIN rankings AS r
          ON r.data_year = j.data_year AND r.scope = j.scope AND r.city_id = j.city_id
        WHERE j.rank_change <> r.rank - j.rank_without""",
}

ONLY_FRACTIONAL = "contributions: weights of a work"


class _Shape(msgspec.Struct):
    """What a manifest must be like to be read at all."""

    kind: str = "computed"
    tables: dict[str, dict[str, Any]] = {}
    configuration: dict[str, Any] = {}


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an edition.

    Raises EditionError if there is none, it is damaged, or of a newer format.
    """
    path = folder / "manifest.json"
    try:
        manifest: dict[str, Any] = read_json(path)
    except FileNotFoundError as error:
        raise EditionError(
            f"{folder}: is no edition (no manifest.json); "
            f"`sciencecities build … --out {folder}` makes one"
        ) from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EditionError(f"{path}: cannot be read ({error}); build the edition again") from error
    if "format" not in manifest:
        raise EditionError(
            f"{path}: damaged, it does not say the edition's format; build the edition again"
        )
    if manifest["format"] != EDITION_FORMAT:
        made_by = manifest.get("package_version")
        raise EditionError(
            f"{folder}: an edition of format {manifest['format']}, this version reads "
            f"format {EDITION_FORMAT}; install the version that made it ({made_by})"
        )
    try:
        msgspec.convert(manifest, _Shape)
    except msgspec.ValidationError as error:
        raise EditionError(f"{path}: damaged ({error}); build the edition again") from error
    if manifest.setdefault("kind", "computed") not in KINDS:
        raise EditionError(
            f"{path}: an edition of the unknown kind {manifest.get('kind')!r}; this version knows "
            f"{', '.join(KINDS)}"
        )
    return manifest


def verify(folder: Path) -> list[str]:
    """What is wrong with an edition, one line each; nothing if it is sound.

    Raises EditionError if there is no manifest to check against.
    """
    manifest = read_manifest(folder)
    problems = _check_files(folder, manifest)
    return problems or _check_invariants(folder, manifest)


def _check_files(folder: Path, manifest: dict[str, Any]) -> list[str]:
    import pyarrow as pa

    problems = []
    for table in KINDS[manifest["kind"]]:
        noted = manifest.get("tables", {}).get(table.name, {})
        path = folder / f"{table.name}.parquet"
        try:
            rows, sha256 = table_hash(path, table)
        except FileNotFoundError:
            problems.append(f"{path.name}: is missing")
        except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError) as error:
            problems.append(f"{path.name}: cannot be read ({str(error).splitlines()[0]})")
        else:
            if rows != noted.get("rows"):
                problems.append(
                    f"{path.name}: {rows:,} rows, the manifest says {noted.get('rows')}"
                )
            elif sha256 != noted.get("sha256"):
                problems.append(f"{path.name}: its content is not what was built (hash differs)")
    return problems


def _check_invariants(folder: Path, manifest: dict[str, Any]) -> list[str]:
    import duckdb

    kind = manifest["kind"]
    full = manifest.get("configuration", {}).get("scheme") == "full"
    with tempfile.TemporaryDirectory() as spill, duckdb.connect(":memory:") as connection:
        connection.execute(f"SET temp_directory = '{spill}'")
        try:
            open_tables(connection, folder, kind)
        except EditionError as error:
            return [str(error)]
        found = []
        for problem, sql in INVARIANTS.items():
            if full and problem.startswith(ONLY_FRACTIONAL):
                continue
            if not _has_tables(kind, sql) or (kind != "computed" and PARTIAL_RANGES in problem):
                continue
            row = connection.execute(sql).fetchone()
            if row and row[0]:
                found.append(f"{problem} ({row[0]:,}×)")
    return found


def open_tables(connection: duckdb.DuckDBPyConnection, folder: Path, kind: str) -> None:
    """Make an edition's tables readable by name; those that its kind lacks are empty.

    Raises EditionError naming a file that is damaged.
    """
    import duckdb

    from sciencecities.engines.duckdb import path_literal

    for table in ANY_EDITION:
        if table in KINDS[kind]:
            file = path_literal(folder / f"{table.name}.parquet")
            try:
                connection.execute(
                    f"CREATE VIEW {table.name} AS "
                    f"SELECT * FROM read_parquet([{file}], hive_partitioning = false)"
                )
            except (duckdb.Error, UnicodeDecodeError) as error:
                reason = str(error).splitlines()[0]
                raise EditionError(
                    f"{folder / table.name}.parquet: cannot be read ({reason}); build it again"
                ) from error
        else:
            # DuckDB knows the other types by their Arrow names.
            columns = (f"{c.name} {c.type.replace('float64', 'double')}" for c in table.columns)
            connection.execute(f"CREATE TABLE {table.name} ({', '.join(columns)})")


def _has_tables(kind: str, sql: str) -> bool:
    """Whether the edition has every table that a check reads."""
    missing = {t.name for t in ANY_EDITION} - {t.name for t in KINDS[kind]}
    return not any(re.search(rf"\b(?:FROM|JOIN) {name}\b", sql) for name in missing)

"""How long `explain` takes on an edition of millions of contribution rows.

    python benchmarks/explain.py --millions 5

Makes two editions of two data years: five rows a work, 2,000 cities (the largest has a tenth of
everything and 400 institutions), five subjects and sixteen topics. In the second edition every
fiftieth work is gone and every fortieth lies elsewhere. Each line is one explanation in a fresh
process, from opening the edition to its three sentences; the modules are loaded before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

N_CITIES, ROWS_PER_WORK, UNITS_PER_WORK = 2000, 5, 10**18
YEARS = (2023, 2024)
SUBJECTS = ("physical", "biological", "chemistry", "earth-environmental", "health")
TOPICS = tuple(f"topic-{n:02d}" for n in range(16))
CITIES = {"largest": "city-0000", "typical": "city-0200", "small": "city-1900"}
REVISED = "CASE WHEN hash(work_id) % 40 = 7 THEN (city + 3) % {n} ELSE city END"


def make_edition(folder: Path, millions: float, revised: bool) -> None:
    """Write the tables that explain reads, the others empty, and a manifest."""
    import duckdb

    from sciencecities.edition.write import write_manifest
    from sciencecities.tables import KINDS

    folder.mkdir()
    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET memory_limit = '3GB'; SELECT setseed(0.5)")
    connection.execute(f"SET temp_directory = '{folder}/spill'")
    tables = {t.name: t for t in KINDS["computed"]}

    def write(name: str, sql: str, order: str) -> None:
        columns = ", ".join(
            f"CAST({c.name} AS {c.type.replace('float64', 'double')}) AS {c.name}"
            for c in tables[name].columns
        )
        connection.execute(
            f"COPY (SELECT {columns} FROM ({sql}) ORDER BY {order}) TO '{folder}/{name}.parquet' "
            "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880)"
        )

    n_works = int(millions * 1e6 / ROWS_PER_WORK)
    aim = REVISED.format(n=N_CITIES) if revised else "city"
    gone = "hash(work_id) % 50 <> 3" if revised else "true"
    connection.execute(
        f"""CREATE TABLE rows AS SELECT * REPLACE ({aim} AS city) FROM (
            SELECT {YEARS[0]} + w % 2 AS data_year, 'https://openalex.org/W' || (10**9::BIGINT + w)
                   AS work_id, '10.5555/' || w AS doi, 1 + i AS author_position,
                   CAST(floor({N_CITIES} * pow(hash(w, i) / 2e0**64, 3.3)) AS BIGINT) AS city,
                   CAST(hash(w, i, 1) % 400 AS BIGINT) AS part
            FROM range({n_works}) AS a(w), range({ROWS_PER_WORK}) AS b(i)) WHERE {gone}"""
    )
    institution = "city * 400 + part % greatest(5, 400 // (1 + city))"
    write(
        "contributions",
        f"""SELECT *, printf('city-%04d', city) AS city_id, 'department ' || part || ', institute '
                   || {institution} || ', a long line as printed, city ' || city AS affiliation,
                   printf('https://openalex.org/I%06d', {institution}) AS institution_id,
                   institution_id AS root_institution_id, 'Institute ' || ({institution})
                   AS institution, 'gn:' || city AS place_id,
                   {UNITS_PER_WORK // ROWS_PER_WORK} AS units, {1 / ROWS_PER_WORK} AS weight,
                   'text' AS method, NULL AS unassigned_reason FROM rows""",
        "data_year, work_id, author_position",
    )
    subject, topic = _listed(list(SUBJECTS)), _listed(names := [*SUBJECTS, *TOPICS])
    write(
        "work_scopes",
        f"""SELECT work_id, unnest(list_distinct(['overall',
                   {subject}[1 + CAST(hash(work_id) % {len(SUBJECTS)} AS BIGINT)],
                   {topic}[1 + CAST(hash(work_id, 1) % {len(names)} AS BIGINT)]])) AS scope
            FROM (SELECT DISTINCT work_id FROM rows)""",
        "work_id, scope",
    )
    connection.execute(
        f"""CREATE TABLE sums AS SELECT r.data_year, s.scope, r.city, SUM(CAST(
            {UNITS_PER_WORK // ROWS_PER_WORK} AS DECIMAL(38,0))) AS units,
            COUNT(DISTINCT r.work_id) AS count FROM rows AS r
            JOIN '{folder}/work_scopes.parquet' AS s ON s.work_id = r.work_id GROUP BY ALL"""
    )
    write(
        "totals",
        f"""SELECT data_year, scope, COUNT(*) AS works
            FROM (SELECT DISTINCT data_year, work_id FROM rows) AS r
            JOIN '{folder}/work_scopes.parquet' AS s ON s.work_id = r.work_id GROUP BY ALL""",
        "data_year, scope",
    )
    known = ("data_year", "scope", "rank", "city_id", "city", "country", "share", "count",
             "rank_low", "rank_high", "p_rose", "p_fell")  # fmt: skip
    rest = ", ".join(f"NULL AS {c.name}" for c in tables["rankings"].columns if c.name not in known)
    write(
        "rankings",
        f"""SELECT data_year, scope, rank() OVER (PARTITION BY data_year, scope ORDER BY units DESC)
            AS rank, printf('city-%04d', city) AS city_id, 'City ' || city AS city, 'CN' AS country,
            CAST(units AS DOUBLE) / 1e18 AS share, count, rank AS rank_low, rank AS rank_high,
            0.9 AS p_rose, 0.1 AS p_fell, {rest} FROM sums""",
        "data_year, scope, rank, city_id",
    )
    for name, table in tables.items():
        if not (folder / f"{name}.parquet").exists():
            nulls = ", ".join(f"NULL AS {c.name}" for c in table.columns)
            write(name, f"SELECT {nulls} WHERE false", "ALL")
    write_manifest(
        folder, configuration={"scheme": "nature-index"}, inputs=[], notes=[], seconds={},
        scopes=[{"name": n, "title_en": n, "title_zh": n, "kind": "subject"} for n in names],
    )  # fmt: skip


def _listed(names: list[str]) -> str:
    return "[" + ", ".join(f"'{n}'" for n in names) + "]"


def run(folder: Path, city: str, against: str, scope: str) -> None:
    """Explain once and print what it took, as JSON."""
    import duckdb
    import pyarrow  # noqa: F401

    import sciencecities
    from sciencecities.explain import movement, revised  # noqa: F401
    from sciencecities.explain.sentences_en import sentences

    duckdb.connect().sql("SELECT 1").fetchall()
    start, used = time.monotonic(), time.process_time()
    edition = sciencecities.open(folder / "new")
    other = sciencecities.open(folder / "old") if against == "edition" else None
    why = edition.explain(city, against=other, scope=scope)
    said, told = sentences(why), why.to_dict()
    assert len(said) == 3 and abs(sum(p["delta_share"] for p in told["parts"]) - why.delta) < 1e-6
    took = time.monotonic() - start, time.process_time() - used
    print(json.dumps([*took, len(why.parts), len(why.revised)]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--millions", type=float, default=5)
    parser.add_argument("--folder", type=Path, help="keep the editions here, or take them from it")
    parser.add_argument("--run", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        folder, *rest = arguments.run
        run(Path(folder), *rest)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch)
        folder.mkdir(exist_ok=True)
        for name in ("old", "new"):
            if not (folder / name).exists():
                make_edition(folder / name, arguments.millions, revised=name == "new")
        print("| city | against | scope | seconds | CPU seconds | parts | works revised |")
        print("| --- | --- | --- | ---: | ---: | ---: | ---: |")
        for size, city in CITIES.items():
            for against in ("year", "edition"):
                for scope in ("overall", "chemistry"):
                    call = [sys.executable, __file__, "--run", str(folder), city, against, scope]
                    output = subprocess.run(call, check=True, capture_output=True, text=True)
                    wall, cpu, parts, works = json.loads(output.stdout)
                    print(
                        f"| {size} | {against} | {scope} | {wall:.2f} | {cpu:.2f} | {parts:,} | "
                        f"{works:,} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()

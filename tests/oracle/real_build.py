"""Run the real engine on works, and say where its edition differs from the oracle."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from itertools import combinations, zip_longest
from pathlib import Path
from typing import Any

from invented_registry import write_registry
from oracle_units import Json

from oracle import Year

TOLERANCE = 1e-12
RANK_COLUMNS = (
    *("share", "count", "rank", "world_share", "adjusted_share"),
    *("previous_rank", "rank_change"),
)
UNITS_PER_WORK = 10**18
Rows = list[dict[str, Any]]
Parts = dict[str, dict[str, Fraction]]  # work id -> city or reason -> part of the work


class Tables:
    """The tables of an edition's folder as lists of rows, scope `overall` only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, name: str) -> Rows:
        import pyarrow.parquet as pq

        rows: Rows = pq.read_table(self.folder / f"{name}.parquet").to_pylist()
        return [row for row in rows if row.get("scope", "overall") == "overall"]

    def hashes(self) -> dict[str, str]:
        """Table name -> the manifest's hash of its content."""
        manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return {name: table["sha256"] for name, table in manifest["tables"].items()}

    def parts(self) -> Parts:
        """Work -> city or reason -> weight, from the contributions."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for row in self["contributions"]:
            found[row["work_id"]][row["city_id"] or row["unassigned_reason"]] += row["units"]
        return {
            work: {where: Fraction(units, UNITS_PER_WORK) for where, units in parts.items()}
            for work, parts in found.items()
        }


def write_works(path: Path, works: Iterable[Json]) -> Path:
    path.write_text("".join(json.dumps(w, ensure_ascii=False) + "\n" for w in works), "utf-8")
    return path


def run(sources: list[Path], out: Path, registry: Path, **changes: Any) -> Tables:
    """Build an edition in `out`, ids as recorded, places as registered."""
    import sciencecities

    settings: dict[str, Any] = {
        "match": False,
        "locate": "registry",
        "cities": "place",
        "scheme": "nature-index",
        "scopes": None,
    }
    sciencecities.build(
        sources=[str(s) for s in sources],
        out=str(out),
        registry=str(registry),
        **(settings | changes),
    )
    return Tables(out)


@contextmanager
def built(works: Iterable[Json], **changes: Any) -> Iterator[Tables]:
    """The edition of the works over the invented registry, in a folder that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        registry = changes.pop("registry", None) or write_registry(root / "ror.jsonl")
        source = write_works(root / "works.jsonl", works)
        yield run([source], root / "edition", registry, **changes)


# --- differences ----------------------------------------------------------------------------


def differences(tables: Tables, expected: dict[int, Year], scheme: str) -> list[str]:
    """One line for each figure that is not the oracle's; empty if all agree."""
    found: list[str] = []
    for name, check in CHECKS.items():
        found += [f"{scheme}: {name}: {line}" for line in check(tables, expected, scheme)]
    return found


def _compare(real: Mapping[Any, Any], expected: Mapping[Any, Any]) -> Iterator[str]:
    for key in sorted(real.keys() | expected.keys(), key=repr):
        a, b = real.get(key), expected.get(key)
        if a is None or b is None or abs(a - b) > TOLERANCE:
            yield f"{key}: engine {_show(a)}, oracle {_show(b)}"


def _show(value: Any) -> str:
    if isinstance(value, Fraction) and value.denominator > 10**6:
        return f"{float(value)!r}"
    return str(value)


def _unique(rows: Rows, *key: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = {tuple(row[k] for k in key): row for row in rows}
    assert len(found) == len(rows), f"rows repeat the key {key}"
    return found


def _totals(tables: Tables, expected: dict[int, Year], scheme: str) -> Iterator[str]:
    rows = _unique(tables["totals"], "data_year")
    yield from _compare(
        {year: row["works"] for (year,), row in rows.items() if row["works"]},
        {year: len(result.works) for year, result in expected.items()},
    )


def _works(tables: Tables, expected: dict[int, Year], scheme: str) -> Iterator[str]:
    real = {row["work_id"] for row in tables["work_scopes"]}
    mine = {work for result in expected.values() for work in result.works}
    yield from (f"{w}: counted by the engine alone" for w in sorted(real - mine))
    yield from (f"{w}: counted by the oracle alone" for w in sorted(mine - real))


def _parts(tables: Tables, expected: dict[int, Year], scheme: str) -> Iterator[str]:
    real = tables.parts()
    mine = {work: parts for result in expected.values() for work, parts in result.by_work.items()}
    yield from _compare(_flat(real), _flat(mine))
    if scheme != "full":
        sums = {work: sum(parts.values()) for work, parts in real.items()}
        yield from (f"{w}: parts sum to {s}" for w, s in sorted(sums.items()) if s != 1)


def _flat(parts: Mapping[str, Mapping[str, Fraction]]) -> dict[tuple[str, str], Fraction]:
    return {(work, where): w for work, mine in parts.items() for where, w in mine.items()}


def _shares(tables: Tables, expected: dict[int, Year], scheme: str) -> Iterator[str]:
    rows = _unique(tables["rankings"], "data_year", "city_id")
    newest = len(expected[max(expected)].works) if expected else 0
    columns: dict[str, dict[tuple[int, str], Any]] = {name: {} for name in RANK_COLUMNS}
    for year, result in expected.items():
        before = expected[year - 1].ranks if year - 1 in expected else {}
        for city, rank in result.ranks.items():
            share, key = result.share[city], (year, city)
            columns["share"][key] = share
            columns["count"][key] = result.count[city]
            columns["rank"][key] = rank
            columns["world_share"][key] = share / len(result.works)
            columns["adjusted_share"][key] = share * newest / len(result.works)
            if city in before:
                columns["previous_rank"][key] = before[city]
                columns["rank_change"][key] = before[city] - rank
    for column, mine in columns.items():
        real = {key: row[column] for key, row in rows.items() if row[column] is not None}
        yield from (f"{column} {line}" for line in _compare(real, mine))


def _order(tables: Tables, expected: dict[int, Year], scheme: str) -> Iterator[str]:
    real = [(row["data_year"], row["city_id"]) for row in tables["rankings"]]
    mine = [(year, city) for year in sorted(expected) for city in expected[year].ranks]
    if real != mine:
        pairs = enumerate(zip_longest(real, mine))
        at = next(i for i, (one, other) in pairs if one != other)
        yield f"listing differs from row {at}: {real[at : at + 3]} for {mine[at : at + 3]}"


def _unassigned(tables: Tables, expected: dict[int, Year], scheme: str) -> Iterator[str]:
    real: dict[tuple[int, str], float] = defaultdict(float)
    for row in tables["unassigned"]:
        real[row["data_year"], row["reason"]] += row["share"]
    yield from _compare(
        real,
        {(y, reason): s for y, r in expected.items() for reason, s in r.unassigned.items() if s},
    )


def _institutions(tables: Tables, expected: dict[int, Year], scheme: str) -> Iterator[str]:
    # How a city's part is shared out among its institutions is not laid down for these two.
    if scheme in ("city", "full"):
        return
    keys = ("data_year", "city_id", "institution_id")
    rows = _unique(tables["city_institutions"], *keys)
    for column, attribute in (("share", "institutions"), ("count", "institution_counts")):
        real = {key: row[column] for key, row in rows.items()}
        mine = {
            (year, *pair): value
            for year, result in expected.items()
            for pair, value in getattr(result, attribute).items()
        }
        yield from (f"{column} {line}" for line in _compare(real, mine))


def _collaborations(tables: Tables, expected: dict[int, Year], scheme: str) -> Iterator[str]:
    works: dict[tuple[int, str, str], int] = defaultdict(int)
    score: dict[tuple[int, str, str], Fraction] = defaultdict(Fraction)
    for year, result in expected.items():
        for parts in result.by_work.values():
            for a, b in combinations(sorted(parts.keys() & result.share.keys()), 2):
                works[year, a, b] += 1
                score[year, a, b] += parts[a] + parts[b]
    rows = _unique(tables["collaborations"], "data_year", "city_a", "city_b")
    yield from _compare({k: row["works"] for k, row in rows.items()}, works)
    yield from _compare({k: row["score"] for k, row in rows.items()}, score)


CHECKS = {
    "totals": _totals,
    "works": _works,
    "contributions": _parts,
    "rankings": _shares,
    "order": _order,
    "unassigned": _unassigned,
    "city_institutions": _institutions,
    "collaborations": _collaborations,
}

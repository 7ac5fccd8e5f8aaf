"""A table of institutions turned into cities: how fast, how many right, and why the rest is not.

    python benchmarks/institutions.py ror.jsonl.gz [--rows 20000]

The table: active universities, hospitals and facilities of the registry, drawn by the hash of their
ids, with the name of their country and an invented Share that falls as 1/(rank + 20). Right is the
city of one of the registry's own places. Tried with the registry and without; then with a table of
parts for the hundred largest rows.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

import sciencecities as sc
from sciencecities.locate import cities
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.registry import ACTIVE, Organisation, Registry

KINDS = {"education", "healthcare", "facility"}
N_SPLIT = 100


def main() -> None:
    """Draw the table, run the job three times, print a table of what came out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("registry", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    registry = Registry.load(options.registry)
    drawn = draw(registry, options.rows)
    expected = cities_of(registry, drawn)
    print("| run | processor seconds | right | elsewhere | without a city | why |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = write_table(folder / "table.csv", drawn)
        parts = write_parts(folder / "parts.csv", drawn[:N_SPLIT])
        for title, with_registry, split in (
            ("registry", True, None),
            ("no registry", False, None),
            (f"registry, {N_SPLIT} split", True, parts),
        ):
            start = time.process_time()
            edition = sc.institutions(
                table,
                out=folder / "edition",
                registry=options.registry if with_registry else None,
                split=split,
                year=2024,
            )
            print(f"| {title} | {time.process_time() - start:.1f} | {judged(edition, expected)} |")


def draw(registry: Registry, n: int) -> list[tuple[str, Organisation]]:
    """Active organisations of the kinds, in the order of the hashes of their ids."""
    good = [
        (ror, one)
        for ror, one in registry.items()
        if one.status == ACTIVE and KINDS & set(one.types) and registry.places(ror)
    ]
    return sorted(good, key=lambda pair: hashlib.sha256(pair[0].encode()).digest())[:n]


def cities_of(registry: Registry, drawn: list[tuple[str, Organisation]]) -> list[set[str]]:
    """The cities of each organisation's registered places."""
    definition = cities.load("metro", Gazetteer.load())
    found: list[set[str]] = []
    for ror, _ in drawn:
        assigned = definition.assign(registry.places(ror))
        found.append({one.city.city_id for one in assigned if one})
    return found


def write_table(path: Path, drawn: list[tuple[str, Organisation]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("name", "country", "share"))
        for rank, (_, one) in enumerate(drawn):
            rows.writerow((one.name, country(one), f"{20_000 / (rank + 20):.2f}"))
    return path


def write_parts(path: Path, drawn: list[tuple[str, Organisation]]) -> Path:
    """Three parts in Beijing to one in Paris, of each."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("institution", "country", "city", "weight"))
        for _, one in drawn:
            rows.writerow((one.name, country(one), "Beijing", 3))
            rows.writerow((one.name, country(one), "Paris", 1))
    return path


def country(one: Organisation) -> str:
    here = one.locations[0].geonames_details
    return here.country_name or here.country_code


def judged(edition: sc.Edition, expected: list[set[str]]) -> str:
    """Shares of the rows that came to their city, and the reasons of those without one."""
    counts: Counter[str] = Counter()
    why: Counter[str] = Counter()
    for row in pq.read_table(edition.path / "institution_places.parquet").to_pylist():
        if row["part"] is not None:
            counts["split"] += 1
        elif row["city_id"] is None:
            counts["none"] += 1
            why[row["reason"]] += 1
        else:
            is_right = row["city_id"] in expected[row["line"] - 2]
            counts["right" if is_right else "elsewhere"] += 1
    return " | ".join(
        [*(shown(counts, kind) for kind in ("right", "elsewhere", "none")), listed(why)]
    )


def shown(counts: Mapping[str, int], kind: str) -> str:
    total = sum(counts.get(k, 0) for k in ("right", "elsewhere", "none"))
    return f"{counts.get(kind, 0) / total:.1%}"


def listed(why: Counter[str]) -> str:
    return ", ".join(f"{reason} {n:,}" for reason, n in why.most_common()) or "–"


if __name__ == "__main__":
    main()

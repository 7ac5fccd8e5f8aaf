"""How often the bare name of an organisation tells its city: scores against what is right.

    python scripts/evaluate_place_names.py ror-v2.jsonl.gz --size 8000

Each name (acronyms apart) of an active record is read with the gazetteer alone; right is the city
under `metro` of the record's main location. Names say less than affiliations: this is the hardest
use, and what the scores of towns inside names were set by. The registry is never an input.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sciencecities.locate import cities
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.model import Place
from sciencecities.locate.place_text import find_place
from sciencecities.locate.registry import ACTIVE, Registry


def main() -> None:
    """Print, for each method and score, how many names were placed and the share that is right."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    options.add_argument("registry", type=Path, help="a ROR dump, schema v2")
    options.add_argument("--size", type=int, default=8_000, help="names drawn, by their hash")
    given = options.parse_args()
    gazetteer = Gazetteer.load()
    names = sorted(_names(Registry.load(given.registry)), key=_hash)[: given.size]
    found = [find_place(gazetteer, name) for name, _ in names]
    placed = [(f, f.place, place) for f, (_, place) in zip(found, names, strict=True) if f.place]
    metro = cities.load("metro", gazetteer)
    ours = metro.assign([place for _, place, _ in placed])
    theirs = metro.assign([place for _, _, place in placed])
    counts: Counter[tuple[str, float]] = Counter()
    right: Counter[tuple[str, float]] = Counter()
    for (answer, _, _), mine, wanted in zip(placed, ours, theirs, strict=True):
        key = (answer.method, answer.score)
        counts[key] += 1
        right[key] += bool(mine and wanted and mine.city.city_id == wanted.city.city_id)
    print(
        f"{len(names)} names, {len(placed)} placed, {right.total() / len(placed):.1%} of them right"
    )
    for key in sorted(counts):
        print(f"{key[0]:20} {key[1]:.2f} {counts[key]:6} {right[key] / counts[key]:.2f}")


def _names(registry: Registry) -> Iterator[tuple[str, Place]]:
    for ror, record in registry.items():
        place = registry.place(ror)
        if record.status == ACTIVE and place:
            yield from ((n.value, place) for n in record.names if "acronym" not in n.types)


def _hash(row: tuple[str, Place]) -> str:
    return hashlib.sha256(f"{row[0]}:{row[1].place_id}".encode()).hexdigest()


if __name__ == "__main__":
    main()

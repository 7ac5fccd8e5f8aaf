"""How often the gazetteer alone finds the city of an affiliation, against labels made by reading.

    python scripts/evaluate_places.py                    # the figures of docs/PLACES.md
    python scripts/evaluate_places.py --draw 7 --size 50 # a further sample, to be read

Runs as the demo does: no registry, city definition `metro`. The labels are never an input.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sciencecities.demo import corpus_file
from sciencecities.locate.model import Affiliation, City, CityDefinition, Place
from sciencecities.locate.text import fold

if TYPE_CHECKING:
    import pyarrow as pa

LABELS = Path(__file__).parents[1] / "tests" / "golden" / "demo_affiliations.csv"
SEED = "20210601"
SIZE = 200
YEAR = 2021
UNKNOWN = "unknown"
NEAR_KM = 60  # cities that share a name within a country lie much further apart
Z95 = 1.959964

_EMAIL = re.compile(r"\S+@\S+")
_ELECTRONIC = re.compile(r"electronic address\s*:?", re.IGNORECASE)
_PIECE_BYTES = 8 << 20


class Drawn(NamedTuple):
    """One affiliation of one author of a work that counts."""

    pmid: str
    author_position: int  # 1-based
    affiliation: int  # 1-based within the author
    text: str


class Label(NamedTuple):
    """A drawn affiliation as a reader understands it; columns of the labelled file."""

    pmid: str
    author_position: str
    affiliation: str
    text: str
    town: str
    country: str  # ISO 3166-1 alpha-2; empty where unknown
    city: str  # English name, or `unknown`
    accept: str  # other spellings of the same city, `;` between them
    near: str  # "latitude longitude" of the city where its name alone is ambiguous
    note: str


class Answer(NamedTuple):
    """What the software found for a label: the town's place and its city, or neither."""

    label: Label
    place: Place | None
    city: City | None

    @property
    def is_knowable(self) -> bool:
        """Whether a reader can tell where it is."""
        return self.label.city != UNKNOWN

    @property
    def is_right(self) -> bool:
        """Whether the city is the labelled one: same name, same country, same spot if given."""
        city, label = self.city, self.label
        if city is None or not self.is_knowable or city.country != label.country:
            return False
        names = {fold(name) for name in (label.city, *label.accept.split(";")) if name}
        return fold(city.name) in names and _is_near(city, label.near)


class Figures(NamedTuple):
    """The counts of an evaluation."""

    labelled: int
    knowable: int
    placed: int
    placed_knowable: int
    right: int

    @property
    def placed_share(self) -> float:
        """Placed among those that a reader can place, 0–1."""
        return self.placed_knowable / self.knowable

    @property
    def right_share(self) -> float:
        """Right among all placed, 0–1; placing what a reader cannot place is wrong."""
        return self.right / self.placed


def draw(seed: str, size: int) -> list[Drawn]:
    """The `size` affiliations with the smallest sha256 of `seed:pmid:author:affiliation`.

    Out of all affiliations of the demo file's primary articles of 2021, in the order of the hash.
    """
    rows = affiliations(corpus_file())
    return sorted(rows, key=lambda row: _rank(seed, row))[:size]


def affiliations(path: Path) -> set[Drawn]:
    """Every affiliation of a work that counts; of several versions of a work, the newest."""
    newest: dict[str, tuple[int, set[Drawn]]] = {}
    for pmid, version, rows in _works(path):
        if pmid not in newest or version > newest[pmid][0]:
            newest[pmid] = version, rows
    return {row for _, rows in newest.values() for row in rows}


def read_labels(path: Path = LABELS) -> list[Label]:
    """The labelled rows, in file order."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Label(**row) for row in csv.DictReader(file)]


def evaluate(labels: Iterable[Label]) -> list[Answer]:
    """Locate every labelled text and find its city, as the demo does."""
    from sciencecities.locate import cities
    from sciencecities.locate.gazetteer import Gazetteer
    from sciencecities.locate.locator import Locator

    gazetteer = Gazetteer.load()
    locator = Locator(gazetteer)
    definition = cities.load("metro", gazetteer)
    found: list[Answer] = []
    for label in labels:
        units = locator.locate(Affiliation(label.text))
        place = next((unit.place for unit in units if unit.place), None)
        found.append(Answer(label, place, _city(definition, place)))
    return found


def figures(answers: Iterable[Answer]) -> Figures:
    """Count the answers."""
    rows = list(answers)
    placed = [row for row in rows if row.city]
    return Figures(
        labelled=len(rows),
        knowable=sum(row.is_knowable for row in rows),
        placed=len(placed),
        placed_knowable=sum(row.is_knowable for row in placed),
        right=sum(row.is_right for row in placed),
    )


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a proportion, 0–1 (Wilson 1927).

    >>> [round(limit, 3) for limit in wilson(97, 100)]
    [0.915, 0.99]
    """
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    centre = share + Z95**2 / (2 * n)
    half = Z95 * (share * (1 - share) / n + Z95**2 / (4 * n * n)) ** 0.5
    return (centre - half) / (1 + Z95**2 / n), (centre + half) / (1 + Z95**2 / n)


def summary(total: Figures) -> str:
    """The figures as text."""
    low, high = wilson(total.right, total.placed)
    return "\n".join(
        [
            f"labelled                {total.labelled}",
            f"knowable                {total.knowable}",
            f"placed                  {total.placed}",
            f"placed of the knowable  {total.placed_knowable} ({total.placed_share:.1%})",
            f"right of the placed     {total.right} ({total.right_share:.1%}, "
            f"95 % Wilson interval {low:.1%} to {high:.1%})",
        ]
    )


def report(answers: list[Answer]) -> str:
    """The figures and every failure, as text."""
    wrong = [row for row in answers if row.city and not row.is_right]
    missed = [row for row in answers if not row.city and row.is_knowable]
    lines = [
        summary(figures(answers)),
        f"wrong: {len(wrong)}",
        *(f"  {_failure(row)}" for row in wrong),
        f"knowable but not placed: {len(missed)}",
        *(f"  {_failure(row)}" for row in missed),
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the figures, or a further sample as CSV."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--labels", type=Path, default=LABELS, help="the labelled file")
    parser.add_argument("--draw", metavar="SEED", help="print a sample instead")
    parser.add_argument("--size", type=int, default=SIZE, help="how many to draw")
    arguments = parser.parse_args()
    if arguments.draw is None:
        print(report(evaluate(read_labels(arguments.labels))))
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(Drawn._fields)
    writer.writerows(draw(arguments.draw, arguments.size))


def _works(path: Path) -> Iterator[tuple[str, int, set[Drawn]]]:
    """(PMID, version, affiliations) of every primary article of the year."""
    from sciencecities.sources.base import Records
    from sciencecities.sources.pubmed import PubMed

    source = PubMed()
    for piece in source.pieces(path, hashlib.sha256(), _PIECE_BYTES):
        out = Records(path.name, source.unit, 1)
        source.read(path, piece, out)
        tables = out.tables()
        works = _counting(tables["works"])
        entries = tables["affiliation_entries"]
        texts = dict(_rows(entries, "affiliation_key", "text"))
        columns = ("record_id", "author_position", "affiliation", "affiliation_key")
        for record_id, position, number, key in _rows(tables["affiliations"], *columns):
            if record_id in works:
                pmid, _, rows = works[record_id]
                rows.add(Drawn(pmid, position, number, without_addresses(texts[key])))
        yield from works.values()


def _counting(works: pa.Table) -> dict[int, tuple[str, int, set[Drawn]]]:
    """By record id the works that count, each still without affiliations."""
    columns = ("record_id", "work_id", "version", "year", "is_primary", "excluded")
    return {
        record_id: (work_id.removeprefix("pmid:"), version, set())
        for record_id, work_id, version, year, is_primary, excluded in _rows(works, *columns)
        if year == YEAR and is_primary and excluded is None
    }


def _rows(table: pa.Table, *columns: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(table.column(name).to_pylist() for name in columns), strict=True)


def without_addresses(text: str) -> str:
    """The string without e-mail addresses, which are personal data.

    >>> without_addresses("Univ. B, Rome, Italy. Electronic address: a@b.it.")
    'Univ. B, Rome, Italy.'
    """
    return " ".join(_ELECTRONIC.sub(" ", _EMAIL.sub(" ", text)).split())


def _rank(seed: str, row: Drawn) -> str:
    key = f"{seed}:{row.pmid}:{row.author_position}:{row.affiliation}"
    return hashlib.sha256(key.encode()).hexdigest()


def _city(definition: CityDefinition, place: Place | None) -> City | None:
    assigned = definition.assign([place])[0] if place else None
    return assigned.city if assigned else None


def _is_near(city: City, near: str) -> bool:
    from sciencecities.locate.gazetteer import distance_km

    if not near:
        return True
    latitude, longitude = map(float, near.split())
    return distance_km(city.latitude, city.longitude, latitude, longitude) <= NEAR_KM


def _failure(row: Answer) -> str:
    label, city, place = row.label, row.city, row.place
    found = f"{city.name} {city.country} (place {place.name})" if city and place else "no place"
    return (
        f"{label.pmid}/{label.author_position}: {label.city} {label.country}, {found}: {label.text}"
    )


if __name__ == "__main__":
    main()

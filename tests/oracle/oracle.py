"""A second reading of the counting rules, in plain exact Python.

It shares no code with the package: works go in as OpenAlex JSON objects, Fractions come out. It is
slow and holds everything in memory; its worth is that each rule is one short function that can be
compared with docs/METHOD.md by eye.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

from oracle_units import Json, Placer, Unit, author_units

SCHEMES = (
    "nature-index",
    "leiden",
    "institution",
    "city",
    "full",
    "first-author",
    "corresponding-author",
)
PRIMARY_TYPES = ("article", "journal-article", "proceedings-article")
AUTHOR_LIST_LIMIT = 100  # OpenAlex cuts longer lists in its API answers
TIE = Fraction(1, 10**9)  # neighbours whose gap is at most this part of the smaller share a rank


NO_AFFILIATION = Unit(None, None, None, None, "no-affiliation")
NO_AUTHORS = Unit(None, None, None, None, "no-authors")
TRUNCATED = Unit(None, None, None, None, "truncated-authors")


@dataclass(frozen=True)
class Options:
    """What a reader of the ranking may choose."""

    scheme: str = "nature-index"
    years: frozenset[int] | None = None
    keep_ancestors: bool = False
    journals: frozenset[str] | None = None


@dataclass
class Year:
    """One data year's result; `works` are the ids of the counted works."""

    works: list[str] = field(default_factory=list)
    share: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    count: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    unassigned: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    institutions: dict[tuple[str, str], Fraction] = field(
        default_factory=lambda: defaultdict(Fraction)
    )
    institution_counts: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    by_work: dict[str, dict[str, Fraction]] = field(default_factory=dict)  # city or reason

    @property
    def ranks(self) -> dict[str, int]:
        return rank(self.share)


def tally(
    works: Iterable[Json],
    place: Placer,
    options: Options = Options(),
    parents: Mapping[str, Sequence[str]] | None = None,
) -> dict[int, Year]:
    """Count a corpus: data year -> Year.

    `parents` are the registry's parent relations by ROR id, used where a record has no lineage.
    """
    years: dict[int, Year] = {}
    for work in settle_identity(works):
        if is_counted(work, options):
            year = years.setdefault(work["publication_year"], Year())
            _add(year, work["id"], weigh(work, place, options, parents or {}))
    return years


def _add(year: Year, work_id: str, parts: list[tuple[Unit, Fraction]]) -> None:
    year.works.append(work_id)
    mine: dict[str, Fraction] = defaultdict(Fraction)
    institutions: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for unit, weight in parts:
        mine[unit.city or unit.reason or ""] += weight
        if unit.city:
            year.share[unit.city] += weight
            if unit.institution:
                institutions[unit.city, unit.institution] += weight
        else:
            year.unassigned[unit.reason or ""] += weight
    for city in {unit.city for unit, _ in parts if unit.city}:
        year.count[city] += 1
    for pair, weight in institutions.items():
        year.institutions[pair] += weight
        year.institution_counts[pair] += 1
    year.by_work[work_id] = dict(mine)


# --- which works ----------------------------------------------------------------------------


def settle_identity(works: Iterable[Json]) -> list[Json]:
    """One record per work: by id, then by DOI; the newest wins."""
    by_id: dict[str, list[Json]] = defaultdict(list)
    for work in works:
        by_id[work["id"]].append(work)
    by_doi: dict[str, list[Json]] = defaultdict(list)
    for group in by_id.values():
        winner = newest(group)
        by_doi[clean_doi(winner.get("doi")) or winner["id"]].append(winner)
    return sorted(map(newest, by_doi.values()), key=lambda work: work["id"])


def newest(group: list[Json]) -> Json:
    """The newest record; on a tie the smallest id, then the smallest canonical JSON."""
    date = max(updated(work) for work in group)
    tied = [work for work in group if updated(work) == date]
    return min(tied, key=lambda work: (work["id"], json.dumps(work, sort_keys=True)))


def updated(work: Json) -> datetime:
    stamp = work.get("updated_date")
    if not stamp:
        return datetime.min.replace(tzinfo=UTC)
    date = datetime.fromisoformat(stamp)
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def clean_doi(doi: str | None) -> str | None:
    match = re.search(r"10\..*", (doi or "").strip().lower())
    return match.group() if match else None


def is_counted(work: Json, options: Options) -> bool:
    if work.get("is_retracted") or work.get("is_paratext") or work.get("is_xpac"):
        return False
    year = work.get("publication_year")
    if year is None or (options.years is not None and year not in options.years):
        return False
    if work.get("type") not in PRIMARY_TYPES:
        return False
    return options.journals is None or bool(options.journals & issns(work))


def issns(work: Json) -> set[str]:
    """Every ISSN of the primary location, which the old schema called the host venue."""
    venues = [(work.get("primary_location") or {}).get("source"), work.get("host_venue")]
    found = {venue.get("issn_l") for venue in venues if venue}
    for venue in venues:
        found.update((venue or {}).get("issn") or [])
    return found - {None}


def is_truncated(work: Json) -> bool:
    authors = work.get("authorships") or []
    last = any(a.get("author_position") == "last" for a in authors)
    return bool(work.get("is_authors_truncated")) or (
        len(authors) == AUTHOR_LIST_LIMIT and not last
    )


# --- weights --------------------------------------------------------------------------------


def weigh(
    work: Json, place: Placer, options: Options, parents: Mapping[str, Sequence[str]]
) -> list[tuple[Unit, Fraction]]:
    """The parts of one work: (unit, weight); they add up to 1 (scheme `full`: to its cities)."""
    if is_truncated(work):
        return [(TRUNCATED, Fraction(1))]
    authorships = work.get("authorships") or []
    if not authorships:
        return [(NO_AUTHORS, Fraction(1))]
    keep = options.keep_ancestors
    authors = [author_units(a, place, parents, keep_ancestors=keep) for a in authorships]
    if options.scheme in ("nature-index", "first-author", "corresponding-author"):
        chosen = _chosen(authorships, options.scheme)
        return _split(Fraction(1), [_units(authors[i]) for i in chosen])
    if options.scheme == "leiden":
        return _leiden(authors)
    everyone = [_units(author) for author in authors]
    return {"institution": _by_institution, "city": _by_city, "full": _full}[options.scheme](
        everyone
    )


def _chosen(authorships: list[Json], scheme: str) -> list[int]:
    numbers = range(len(authorships))
    if scheme == "first-author":
        return [i for i in numbers if authorships[i].get("author_position") == "first"] or [0]
    if scheme == "corresponding-author":
        return [i for i in numbers if authorships[i].get("is_corresponding")]
    return list(numbers)


def _units(author: list[tuple[str, frozenset[Unit]]]) -> list[Unit]:
    """All distinct units of an author in key order; a missing affiliation is one of its own."""
    found = {unit for _, units in author for unit in units}
    return sorted(found, key=lambda u: u.key) or [NO_AFFILIATION]


def _split(weight: Fraction, groups: list[list[Unit]]) -> list[tuple[Unit, Fraction]]:
    """The weight equally over the groups, each part equally over the group's units."""
    if not groups:
        return [(NO_AUTHORS, weight)]
    return [(u, weight / len(groups) / len(group)) for group in groups for u in group]


def _leiden(authors: list[list[tuple[str, frozenset[Unit]]]]) -> list[tuple[Unit, Fraction]]:
    parts = []
    for author in authors:
        groups = [list(units) for _, units in author] or [[NO_AFFILIATION]]
        parts += _split(Fraction(1, len(authors)), groups)
    return parts


def _by_institution(authors: list[list[Unit]]) -> list[tuple[Unit, Fraction]]:
    groups: dict[str | None, set[Unit]] = defaultdict(set)
    for unit in (unit for units in authors for unit in units):
        groups[unit.label].add(unit)
    return _split(Fraction(1), [list(group) for group in groups.values()])


def _by_city(authors: list[list[Unit]]) -> list[tuple[Unit, Fraction]]:
    units = {unit for units in authors for unit in units}
    cities = {u.city for u in units if u.city}
    unplaced = [u for u in units if not u.city]
    groups = [[Unit(None, None, None, city, None)] for city in cities]
    return _split(Fraction(1), [*groups, unplaced] if unplaced else groups)


def _full(authors: list[list[Unit]]) -> list[tuple[Unit, Fraction]]:
    cities = {u.city for units in authors for u in units if u.city}
    if cities:
        return [(Unit(None, None, None, city, None), Fraction(1)) for city in cities]
    return [(authors[0][0], Fraction(1))]


# --- ranks ----------------------------------------------------------------------------------


def rank(share: Mapping[str, Fraction]) -> dict[str, int]:
    """City -> rank, in order of rank and, inside a tie, of city id."""
    order = sorted(share, key=lambda city: (-share[city], city))
    ranks: dict[str, int] = {}
    for number, city in enumerate(order, 1):
        tied = number > 1 and share[order[number - 2]] - share[city] <= TIE * share[city]
        ranks[city] = ranks[order[number - 2]] if tied else number
    return dict(sorted(ranks.items(), key=lambda item: (item[1], item[0])))

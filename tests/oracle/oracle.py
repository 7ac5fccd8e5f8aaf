"""A second reading of the counting rules, in plain exact Python.

It shares no code with the package: works go in as OpenAlex JSON objects, Fractions come out. It is
slow and holds everything in memory; its worth is that each rule is one short function that can be
compared with docs/METHOD.md by eye.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, NamedTuple

Json = dict[str, Any]

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


class Placed(NamedTuple):
    """Where a unit is."""

    place_id: str
    city_id: str
    country: str


Placer = Callable[[str | None, str | None], "Placed | str"]
"""(institution id or None, affiliation text or None) -> where it is, or why it has no place."""


@dataclass(frozen=True)
class Options:
    """What a reader of the ranking may choose."""

    scheme: str = "nature-index"
    years: frozenset[int] | None = None
    keep_ancestors: bool = False
    journals: frozenset[str] | None = None


class Unit(NamedTuple):
    """An institution at its place, an unresolved string, or what stands for a missing one."""

    institution: str | None
    text: str | None
    place: str | None
    city: str | None
    reason: str | None

    @property
    def key(self) -> str:
        if self.institution is None:
            return f"text:{self.text or ''}"
        return f"{self.institution}@{self.place or ''}"

    @property
    def label(self) -> str | None:
        """What the `institution` scheme tells apart: the institution wherever it is."""
        return self.institution or (f"text:{self.text}" if self.text else None)


NO_AFFILIATION = Unit(None, None, None, None, "no-affiliation")
NO_AUTHORS = Unit(None, None, None, None, "no-authors")
TRUNCATED = Unit(None, None, None, None, "truncated-authors")


class Entry(NamedTuple):
    """An institution named in an affiliation."""

    source_id: str | None
    ror: str | None
    name: str | None
    lineage: frozenset[str] | None

    @property
    def unit_id(self) -> str | None:
        return self.ror or self.source_id


class Affiliation(NamedTuple):
    """One affiliation as the record gives it; `key` is its string as strings are compared."""

    text: str | None
    entries: tuple[Entry, ...]

    @property
    def key(self) -> str:
        return text_key(self.text)


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


# --- affiliations and units -----------------------------------------------------------------


def text_key(text: str | None) -> str:
    """The string as strings are compared: no e-mail, "Electronic address", case, punctuation."""
    bare = re.sub(r"\S+@\S+", " ", text or "").casefold().replace("electronic address", " ")
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())


def entry(institution: Json) -> Entry:
    lineage = institution.get("lineage")
    return Entry(
        institution.get("id") or None,
        institution.get("ror") or None,
        institution.get("display_name") or None,
        frozenset(lineage) if lineage else None,
    )


def affiliations(authorship: Json) -> list[Affiliation]:
    """The authorship's affiliations, from whichever of the three schemas it is in."""
    institutions = [entry(i) for i in authorship.get("institutions") or []]
    if authorship.get("affiliations"):
        found = _new_affiliations(authorship["affiliations"], institutions)
    elif authorship.get("raw_affiliation_strings"):
        texts = authorship["raw_affiliation_strings"]
        if institutions:
            found = [Affiliation("; ".join(t for t in texts if t), tuple(institutions))]
        else:
            found = [Affiliation(text, ()) for text in texts]
    else:
        found = [Affiliation(authorship.get("raw_affiliation_string"), tuple(institutions))]
    return [a for a in found if a.key or a.entries]


def _new_affiliations(items: list[Json], institutions: list[Entry]) -> list[Affiliation]:
    by_id = {e.source_id: e for e in institutions if e.source_id}
    found = []
    named: set[str] = set()
    for item in items:
        ids = [i for i in item.get("institution_ids") or [] if i]
        named.update(ids)
        entries = tuple(by_id.get(i, Entry(i, None, None, None)) for i in ids)
        found.append(Affiliation(item.get("raw_affiliation_string"), entries))
    rest = tuple(e for e in institutions if e.source_id not in named)
    return [*found, Affiliation(None, rest)] if rest else found


def prune(entries: Sequence[Entry], parents: Mapping[str, Sequence[str]]) -> list[Entry]:
    """The entries without those that are an ancestor of another one (and not also below it)."""
    above = {e: (e.lineage or registry_ancestors(e.ror, parents)) for e in entries}

    def is_above(one: Entry, other: Entry) -> bool:
        return one.source_id in above[other] or one.ror in above[other]

    def is_dropped(one: Entry) -> bool:
        others = (e for e in entries if e.unit_id != one.unit_id)
        return any(is_above(one, other) and not is_above(other, one) for other in others)

    return [e for e in entries if not is_dropped(e)]


def registry_ancestors(ror: str | None, parents: Mapping[str, Sequence[str]]) -> frozenset[str]:
    found: set[str] = set()
    todo = [ror] if ror else []
    while todo:
        for parent in parents.get(todo.pop(), ()):
            if parent not in found:
                found.add(parent)
                todo.append(parent)
    return frozenset(found)


def author_units(
    authorship: Json, place: Placer, options: Options, parents: Mapping[str, Sequence[str]]
) -> list[tuple[str, frozenset[Unit]]]:
    """The author's distinct affiliations, each as its string and its units."""
    mine = affiliations(authorship)
    resolved = {a.key for a in mine if any(e.unit_id for e in a.entries)}
    distinct: dict[tuple[str, frozenset[Unit]], None] = {}
    for affiliation in mine:
        entries: Sequence[Entry] = affiliation.entries
        if not options.keep_ancestors:
            entries = prune(entries, parents)
        units = {_institution(e.unit_id, affiliation, place) for e in entries if e.unit_id}
        strings = {text_key(e.name) or affiliation.key for e in entries if not e.unit_id}
        if not affiliation.entries:
            strings = {affiliation.key}
        units |= {_string(s, affiliation, place) for s in strings - resolved - {""}}
        if units:
            distinct[affiliation.key, frozenset(units)] = None
    return list(distinct)


def _institution(unit_id: str, affiliation: Affiliation, place: Placer) -> Unit:
    where = place(unit_id, affiliation.text)
    if isinstance(where, Placed):
        return Unit(unit_id, None, where.place_id, where.city_id, None)
    return Unit(unit_id, None, None, None, where)


def _string(text: str, affiliation: Affiliation, place: Placer) -> Unit:
    where = place(None, affiliation.text)
    if isinstance(where, Placed):
        return Unit(None, text, where.place_id, where.city_id, None)
    return Unit(None, text, None, None, where)


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
    authors = [author_units(a, place, options, parents) for a in authorships]
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

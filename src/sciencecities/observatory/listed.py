"""Which entries are of the sort that a claim counts: claimed 17, listed 3."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

from sciencecities.observatory.model import Claim, Counts, Facility, Fact
from sciencecities.observatory.status import status
from sciencecities.observatory.vocabulary import COUNTED, TIERS

ROUGHLY = 0.1
"""How far `≈` reaches to either side, as part of the value."""

ANY_OF = {
    "tier": "tier",
    "facility_class": "facility_class",
    "level": "level",
    "industries": "industries",
    "hosts": "hosts",
    "forms": "form",
}
"""Tests of a claim that one of the named values must pass, and the field of the entry they try."""
ALL_OF = ("labels", "tags")
"""Tests of which every named value must be there."""


def is_listable(claim: Claim) -> bool:
    """Whether entries can be what it counts: staff and ranks are not, nor are parts in percent."""
    return claim.unit == "1" and claim.counts.kind not in COUNTED


def sort_of(counts: Counts) -> tuple[object, ...]:
    """What makes two claims speak of the same number: equal where they count the same."""
    ranking = counts.ranking
    return (
        counts.kind,
        *(frozenset(getattr(counts, name)) for name in (*ANY_OF, *ALL_OF, "stages")),
        counts.listed,
        counts.area,
        (ranking.list, ranking.data_year, ranking.scope) if ranking else None,
        counts.city,
    )


def level_of(fact: Fact) -> str | None:
    """Who set a platform up: its own `level`, else that of its tier."""
    own: str | None = getattr(fact, "level", None)
    tier: str | None = getattr(fact, "tier", None)
    return own or (TIERS[tier].level if tier else None)


class Listing:
    """Entries by what claims ask of them, so that a claim looks at few of many."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        """Index the facts; `at` holds through what an entry's place is itself at."""
        self._facts = list(facts)
        self._having: defaultdict[tuple[str, str, str], set[int]] = defaultdict(set)
        self._found: dict[tuple[object, ...], list[Fact]] = {}
        where = {f.id: at for f in self._facts if (at := getattr(f, "at", None))}
        for number, fact in enumerate(self._facts):
            self._having[fact.kind, "", ""].add(number)
            for field, value in _values(fact):
                self._having[fact.kind, field, value].add(number)
            for place in _chain(fact.id, where):
                self._having[fact.kind, "at", place].add(number)

    def of(self, claim: Claim) -> list[Fact]:
        """Entries of the sort the claim counts, in their order; none if it is not listable.

        Left out is what began after the day of the claim.
        """
        if not is_listable(claim):
            return []
        key = (sort_of(claim.counts), claim.as_of)
        if key not in self._found:
            self._found[key] = [
                fact
                for number in sorted(self._candidates(claim.counts))
                if _stands(fact := self._facts[number], claim)
            ]
        return self._found[key]

    def _candidates(self, counts: Counts) -> set[int]:
        sets = list(self._sets(counts)) or [self._having.get((counts.kind, "", ""), set())]
        return set.intersection(*sorted(sets, key=len))

    def _sets(self, counts: Counts) -> Iterator[set[int]]:
        def having(field: str, value: str) -> set[int]:
            return self._having.get((counts.kind, field, value), set())

        for name, field in ANY_OF.items():
            if wanted := getattr(counts, name):
                yield set().union(*(having(field, value) for value in wanted))
        for name in ALL_OF:
            yield from (having(name, value) for value in getattr(counts, name))
        if counts.listed is not None:
            yield having("listed", str(counts.listed))
        if counts.area:
            yield having("at", counts.area)


def _values(fact: Fact) -> Iterator[tuple[str, str]]:
    for field in ("tier", "facility_class", "form"):
        if value := getattr(fact, field, None):
            yield field, value
    for field in ("industries", "hosts", *ALL_OF):
        for value in getattr(fact, field, ()):
            yield field, value
    if level := level_of(fact):
        yield "level", level
    if (is_listed := getattr(fact, "listed", None)) is not None:
        yield "listed", str(is_listed)


def _chain(fact_id: str, where: dict[str, str]) -> Iterator[str]:
    """What an entry is at, what that is at, and so on; a circle is gone round once."""
    seen = {fact_id}
    here = where.get(fact_id)
    while here and here not in seen:
        yield here
        seen.add(here)
        here = where.get(here)


def _stands(fact: Fact, claim: Claim) -> bool:
    """Whether the entry had begun by the day of the claim, and was at a stage the claim names."""
    day = claim.as_of.last
    since = getattr(fact, "since", None)
    if since is not None and since.first > day:
        return False
    stages = claim.counts.stages
    return not stages or (isinstance(fact, Facility) and status(fact, day).stage in stages)


def bounds(claim: Claim) -> tuple[float, float]:
    """Lowest and highest number that agrees with the claim, both ends included.

    Over 50 of whole things is 51 or more; about 30 is 27 to 33.
    """
    value, step = claim.value, 1.0 if claim.unit == "1" else 0.0
    return {
        "=": (value, value),
        ">": (value + step, math.inf),
        "≥": (value, math.inf),
        "<": (-math.inf, value - step),
        "≤": (-math.inf, value),
        "≈": (value * (1 - ROUGHLY), value * (1 + ROUGHLY)),
    }[claim.comparator]

"""Which entries are of the sort that a claim counts: claimed 17, listed 3."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from sciencecities.observatory.model import Claim, Counts, Fact
from sciencecities.observatory.vocabulary import COUNTED, TIERS

ROUGHLY = 0.1
"""How far `≈` reaches to either side, as part of the value."""


def is_listable(claim: Claim) -> bool:
    """Whether entries can be what it counts: staff and ranks are not, nor are parts in percent."""
    return claim.unit == "1" and claim.counts.kind not in COUNTED


def listed(claim: Claim, facts: Iterable[Fact], area: Mapping[str, frozenset[str]]) -> list[Fact]:
    """Entries of the sort the claim counts, in their order.

    area: for each axis, pole and corridor the ids of the entries at it. Left out is what began
    after the day of the claim.
    """
    counts = claim.counts
    if not is_listable(claim):
        return []
    members = area.get(counts.area, frozenset()) if counts.area else None
    return [
        fact
        for fact in facts
        if fact.kind == counts.kind
        and (members is None or fact.id in members)
        and _passes(fact, counts)
        and _began_by(fact, claim)
    ]


def _passes(fact: Fact, counts: Counts) -> bool:
    def any_of(wanted: Iterable[str], name: str) -> bool:
        has = getattr(fact, name, ())
        return not wanted or not set(wanted).isdisjoint([has] if isinstance(has, str) else has)

    return (
        any_of(counts.tier, "tier")
        and any_of(counts.facility_class, "facility_class")
        and any_of(counts.industries, "industries")
        and any_of(counts.hosts, "hosts")
        and any_of(counts.forms, "form")
        and set(counts.labels) <= set(getattr(fact, "labels", ()))
        and set(counts.tags) <= set(fact.tags)
        and (not counts.level or level_of(fact) in counts.level)
        and (counts.listed is None or getattr(fact, "listed", None) is counts.listed)
    )


def level_of(fact: Fact) -> str | None:
    """Who set a platform up: its own `level`, else that of its tier."""
    own: str | None = getattr(fact, "level", None)
    tier: str | None = getattr(fact, "tier", None)
    return own or (TIERS[tier].level if tier else None)


def _began_by(fact: Fact, claim: Claim) -> bool:
    since = getattr(fact, "since", None)
    return since is None or bool(since.first <= claim.as_of.last)


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

"""Checks of claims: against each other, against their wholes, against what is listed."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from sciencecities.observatory.listed import Listing, bounds, is_listable, sort_of
from sciencecities.observatory.model import Claim, Counts
from sciencecities.observatory.problems import Problem
from sciencecities.observatory.read import Entry, Reading


def claim_problems(reading: Reading) -> Iterator[Problem]:
    """Claims that disagree, parts above their whole, more listed than claimed."""
    claims = [(e, e.fact) for e in reading.entries if isinstance(e.fact, Claim)]
    yield from _percentages(claims)
    yield from _disagreements(claims)
    yield from _parts(claims)
    yield from _listed(reading, claims)


def _percentages(claims: list[tuple[Entry, Claim]]) -> Iterator[Problem]:
    for entry, claim in claims:
        if claim.unit == "%" and not 0 <= claim.value <= 100:
            yield entry.problem(f"{_stated(claim)} is no part of a whole", "value")
        ranking = claim.counts.ranking
        if claim.counts.kind in ("rank", "rank-change") and ranking is None:
            yield entry.problem("a rank in which list? give `ranking:`", "counts")
        whole = claim.value == int(claim.value)
        if claim.counts.kind == "rank" and not (whole and claim.value >= 1):
            yield entry.problem(f"{claim.value:g} is no rank", "value")


def _disagreements(claims: list[tuple[Entry, Claim]]) -> Iterator[Problem]:
    groups: defaultdict[tuple[object, ...], list[tuple[Entry, Claim]]] = defaultdict(list)
    for entry, claim in claims:
        groups[(sort_of(claim.counts), claim.unit)].append((entry, claim))
    for group in groups.values():
        for number, (entry, claim) in enumerate(group):
            for other_entry, other in group[:number]:
                if _known(claim, other) or not claim.as_of.overlaps(other.as_of):
                    continue
                low, high = bounds(claim)
                other_low, other_high = bounds(other)
                if low > other_high or other_low > high:
                    where = f"{other_entry.path.name}:{other_entry.tree.line}"
                    yield entry.problem(
                        f"{_stated(claim)} as of {claim.as_of}, but {other.id!r} ({where}) says "
                        f"{_stated(other)}; mend one, or name it in `disagrees_with`",
                        "value",
                    )


def _known(claim: Claim, other: Claim) -> bool:
    return other.id in claim.disagrees_with or claim.id in other.disagrees_with


def _parts(claims: list[tuple[Entry, Claim]]) -> Iterator[Problem]:
    by_id = {claim.id: claim for _, claim in claims}
    parts: defaultdict[str, list[tuple[Entry, Claim]]] = defaultdict(list)
    for entry, claim in claims:
        whole = by_id.get(claim.part_of or "")
        if whole is None or whole.unit != claim.unit or not whole.as_of.overlaps(claim.as_of):
            continue
        high = bounds(whole)[1]
        if bounds(claim)[0] > high:
            text = f"the part, {_stated(claim)}, is above its whole, {_stated(whole)}"
            yield entry.problem(text, "value")
        else:
            parts[whole.id].append((entry, claim))
    for whole_id, found in parts.items():
        total = sum(bounds(claim)[0] for _, claim in found)
        if total > bounds(by_id[whole_id])[1] and _are_apart([c.counts for _, c in found]):
            stated = f"{total:g} or more, above the whole, {_stated(by_id[whole_id])}"
            entry = found[-1][0]
            yield entry.problem(f"the parts of '{whole_id}' add up to {stated}", "part_of")


def _are_apart(parts: list[Counts]) -> bool:
    """Whether nothing can be counted in two of the parts: other kinds, tiers or classes."""
    seen: set[tuple[str, str]] = set()
    for counts in parts:
        sorts = {(counts.kind, t) for t in (*counts.tier, *counts.facility_class)}
        if not sorts or sorts & seen:
            return False
        seen |= sorts
    return True


def _listed(reading: Reading, claims: list[tuple[Entry, Claim]]) -> Iterator[Problem]:
    listing = Listing(e.fact for e in reading.entries)
    for entry, claim in claims:
        high = bounds(claim)[1]
        if math.isinf(high) or not is_listable(claim):
            continue
        found = listing.of(claim)
        if len(found) > high:
            names = ", ".join(f.id for f in found[:5]) + (" …" if len(found) > 5 else "")
            text = f"{_stated(claim)} claimed, but {len(found)} are listed: {names}"
            yield entry.problem(text, "value")


def _stated(claim: Claim) -> str:
    sign = "" if claim.comparator == "=" else claim.comparator + " "
    unit = "" if claim.unit == "1" else f" {claim.unit}"
    return f"{sign}{claim.value:g}{unit}"

"""How far an agreement could go, where the Shares without a single city may lie anywhere.

For editions from a table of institutions. No division of those Shares gives a value outside the
bounds; that some division gives each of the bounds themselves is not said.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import sqrt
from typing import NamedTuple


class Standing(NamedTuple):
    """Where a city stands in the published ranking, and where it could stand in ours."""

    published: int
    rank_low: int
    rank_high: int
    share_low: float
    share_high: float


def overlap_bounds(cities: Sequence[Standing], k: int) -> tuple[float, float]:
    """Least and most of the first `k` that both lists can have, over k.

    >>> overlap_bounds([Standing(1, 1, 3, 2, 9), Standing(2, 1, 1, 8, 8)], 1)
    (0.0, 1.0)
    """
    inside = [c for c in cities if c.published <= k]
    worst = sum(1 for c in inside if c.rank_high <= k)
    best = sum(1 for c in inside if c.rank_low <= k)
    return worst / k, best / k


def kendall_bounds(cities: Sequence[Standing]) -> tuple[float, float] | None:
    """Least and most of Kendall's τ-b; None where it is not defined.

    A pair is sure where one city's least Share exceeds all that the other could have. The other
    pairs are taken as all against the published order, and as all with it.

    >>> sure = [Standing(1, 1, 1, 9, 9), Standing(2, 2, 2, 5, 6), Standing(3, 3, 3, 1, 2)]
    >>> kendall_bounds(sure), kendall_bounds([*sure[:2], Standing(3, 2, 3, 1, 5)])
    ((1.0, 1.0), (0.333333333333, 1.0))
    """
    balance = unsure = perhaps_tied = tied = published_ties = pairs = 0
    for a, b in combinations(cities, 2):
        sure = (a.share_low > b.share_high) - (b.share_low > a.share_high)
        as_published = (a.published < b.published) - (a.published > b.published)
        always_tied = a.share_low == a.share_high == b.share_low == b.share_high
        open_pair = not sure and not always_tied
        pairs += 1
        published_ties += not as_published
        tied += always_tied
        perhaps_tied += open_pair and not as_published
        unsure += open_pair and bool(as_published)
        balance += sure * as_published
    # A pair that is tied in both lists makes more of what the others say, for or against.
    most, least = pairs - tied, pairs - tied - perhaps_tied
    if not most or pairs == published_ties:
        return None

    def tau(balance: int, outward: bool) -> float:
        ours = (least if outward else most) or 1
        return balance / sqrt(ours * (pairs - published_ties))

    low, high = balance - unsure, balance + unsure
    return (
        round(max(-1.0, tau(low, outward=low < 0)), 12),
        round(min(1.0, tau(high, outward=high > 0)), 12),
    )

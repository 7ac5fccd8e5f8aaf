"""Ranks of exact sums, many at once: rank/order.py's rule on arrays."""

from __future__ import annotations

import numpy as np

from sciencecities.method.sums import HALF, Array
from sciencecities.rank.order import TIE

SURE = 1e-6
"""How far from the limit of a tie doubles decide it; nearer, integers do."""


def rank_units(high: Array, low: Array) -> tuple[Array, Array]:
    """(positions in order, their ranks) of sums high × 10^9 + low above 0, low below 10^9.

    Neighbours whose gap is at most 1/TIE of the smaller share a rank, chained; inside a tie the
    smaller position is first.
    """
    there = np.flatnonzero((high > 0) | (low > 0))
    order = there[np.lexsort((there, -low[there], -high[there]))]
    if not len(order):
        return order, order
    above, below = order[:-1], order[1:]
    gap = (high[above] - high[below]).astype(np.float64) * HALF + (low[above] - low[below])
    value = high[below].astype(np.float64) * HALF + low[below]
    ratio = gap * TIE / value
    apart = ratio > 1
    for i in np.flatnonzero(np.abs(ratio - 1) < SURE):
        smaller = _units(high, low, below[i])
        apart[i] = (_units(high, low, above[i]) - smaller) * TIE > smaller
    starts = np.concatenate(([True], apart))
    numbers = np.arange(1, len(order) + 1)
    ranks = np.maximum.accumulate(np.where(starts, numbers, 0))
    by_position = np.lexsort((order, ranks))
    return order[by_position], ranks[by_position]


def _units(high: Array, low: Array, at: int) -> int:
    return int(high[at]) * HALF + int(low[at])

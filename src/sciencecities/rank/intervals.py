"""Stability limits of Shares and ranks, from replicate Shares.

Source: Fay and Feuer 1997 (https://doi.org/10.1002/(sici)1097-0258(19970415)16:7<791::aid-sim500>3.0.co;2-#);
near ties are in `near_ties.py`. How well the limits hold: docs/STABILITY.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sciencecities.rank.near_ties import open_ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sciencecities.rank.replicates import Replicates

LEVEL = 0.95
GAMMA_BELOW = 30
"""Below this n_eff the limits of Share are gamma limits."""

ITEMS_AT_A_TIME = 512


def limits(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Inverse-ECDF limits at 2.5 % and 97.5 % of each row of item × replicate.

    >>> low, high = limits(np.arange(1, 1001).reshape(1, 1000))
    >>> int(low[0]), int(high[0])
    (25, 975)
    """
    n = values.shape[1]
    places = [-(-n * per_mille // 1000) - 1 for per_mille in (25, 975)]
    parts = [
        np.partition(values[i : i + ITEMS_AT_A_TIME], places, axis=1)[:, places]
        for i in range(0, len(values), ITEMS_AT_A_TIME)
    ]
    both = np.concatenate(parts)
    return both[:, 0], both[:, 1]


def effective_works(units: Sequence[int], squares: Sequence[int], scale: int) -> list[float]:
    """n_eff = (Σw)² / Σw² of each item; `units` are 1/10^18 of a work, `squares` 1/scale²."""
    return [float(u * u * scale**2 / (s * 10**36)) for u, s in zip(units, squares, strict=True)]


def gamma_limits(
    total: NDArray[np.float64], variance: NDArray[np.float64], largest: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fay–Feuer limits of a weighted sum of Poisson numbers: Σw, Σw², the largest weight.

    With n equal weights they are the exact Poisson limits:

    >>> low, high = gamma_limits(np.array([3.0]), np.array([3.0]), np.array([1.0]))
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.6187, 8.7673)
    """
    from scipy.special import gammaincinv

    tail = (1 - LEVEL) / 2
    low = gammaincinv(total**2 / variance, tail) * variance / total
    more, wider = total + largest, variance + largest**2
    high = gammaincinv(more**2 / wider, 1 - tail) * wider / more
    return low, high


def share_limits(
    replicates: Replicates, shares: NDArray[np.float64], n_eff: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Limits of Share, in works; widened to hold the Share itself, at most all works."""
    low, high = limits(replicates.shares())
    few = n_eff < GAMMA_BELOW
    if few.any():
        low[few], high[few] = gamma_limits(
            shares[few], replicates.variances()[few], replicates.largest[few] / replicates.scale
        )
    return np.minimum(low, shares), np.maximum(np.minimum(high, replicates.n_works), shares)


def replicate_ranks(sums: NDArray[Any]) -> NDArray[np.int32]:
    """Item × replicate: rank in each replicate; an item with zero has the last rank."""
    from sciencecities.rank.kernels import rank_sorted

    n_items, n_replicates = sums.shape
    ranks = np.empty((n_items, n_replicates), np.int32)
    for first in range(0, n_replicates, 64):
        columns = np.ascontiguousarray(sums[:, first : first + 64].T)
        order = np.argsort(columns, axis=1)
        found = np.empty((len(columns), n_items), np.int32)
        for i in range(len(columns)):
            rank_sorted(order[i], columns[i], found[i])
        ranks[:, first : first + 64] = found.T
    return ranks


def rank_limits(
    replicates: Replicates,
    ranks: NDArray[np.int32],
    shares: NDArray[np.float64],
    observed: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Best and worst rank: what the re-draws span, what near ties leave open, the observed rank."""
    low, high = limits(ranks)
    best, worst = open_ranks(shares, sampling_variance(replicates, shares))
    return (
        np.minimum.reduce([low.astype(np.int64), best, observed]),
        np.maximum.reduce([high.astype(np.int64), worst, observed]),
    )


def sampling_variance(replicates: Replicates, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variance of a Share scaled by N / N*: Σw² − Share²/N, in works²."""
    variance = replicates.variances()
    return np.maximum(variance - shares**2 / replicates.n_works, variance * 1e-9)

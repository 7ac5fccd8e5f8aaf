"""Stability limits of Shares and ranks, from replicate Shares.

Sources: Fay and Feuer 1997 (https://doi.org/10.1002/(sici)1097-0258(19970415)16:7<791::aid-sim500>3.0.co;2-#);
Mogstad, Romano, Shaikh and Wilhelm 2024 (https://doi.org/10.1093/restud/rdad006). How well they
hold: docs/STABILITY.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

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
    """Best and worst rank: what the re-draws span, what pairwise comparisons leave open, and the
    observed rank."""
    low, high = limits(ranks)
    open_low, open_high = pairwise_limits(shares, sampling_variance(replicates, shares))
    return (
        np.minimum.reduce([low.astype(np.int64), open_low, observed]),
        np.maximum.reduce([high.astype(np.int64), open_high, observed]),
    )


def sampling_variance(replicates: Replicates, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variance of a Share scaled by N / N*: Σw² − Share²/N, in works²."""
    variance = replicates.variances()
    return np.maximum(variance - shares**2 / replicates.n_works, variance * 1e-9)


def pairwise_limits(
    shares: NDArray[np.float64], variance: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Best and worst rank by simultaneous pairwise comparisons, step-down, for each item.

    Compared are square roots of Shares, whose variance (variance / Share / 4) does not depend on
    how lucky the Share itself was.
    """
    from sciencecities.rank.kernels import pairwise_ranges

    n = len(shares)
    low, high = np.empty(n, np.int64), np.empty(n, np.int64)
    pairwise_ranges(np.sqrt(shares), variance / shares / 4, critical_squares(n), low, high)
    return low, high


@cache
def critical_squares(n: int) -> NDArray[np.float64]:
    """Squared critical value of m comparisons with one item at once, m = 0 … n − 1.

    Dunnett's 2.5 % value for equal variances: all comparisons share one item's noise. Between the
    values reckoned, linear in log m.

    >>> [round(float(c) ** 0.5, 2) for c in critical_squares(10)[[1, 2, 9]]]
    [1.96, 2.21, 2.69]
    """
    counts = sorted({1, *(round(10 ** (i / 8)) for i in range(8 * 7)), max(n, 2)})
    counts = [m for m in counts if m <= max(n, 2)]
    values = [_dunnett(m) ** 2 for m in counts]
    found: NDArray[np.float64] = np.interp(
        np.log(np.maximum(np.arange(max(n, 1)), 1)), np.log(counts), values
    )
    return found


def _dunnett(m: int) -> float:
    """c with P(max over m of (Z_k − Z_0) / √2 ≤ c) = 0.975 for independent normal Z."""
    from scipy.special import ndtr

    z = np.linspace(-9, 9, 2001)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    low, high = 0.0, 10.0
    for _ in range(50):
        middle = (low + high) / 2
        inside = float((density * ndtr(middle * np.sqrt(2) + z) ** m).sum())
        low, high = (middle, high) if inside < (1 + LEVEL) / 2 else (low, middle)
    return high

"""The ranks that near ties leave open.

Re-draws scatter equal cities anew around what chance has scattered already, so that they hold the
rank of a tied city hardly better than every second time. A rank counts as open here if two other
readings of the Shares both leave it open:

- simultaneous pairwise comparisons (Mogstad, Romano, Shaikh and Wilhelm 2024,
  https://doi.org/10.1093/restud/rdad006), which decide between neighbours, but never all of many;
- counts from the distribution of the true Shares, estimated from all cities (Kiefer and Wolfowitz
  1956, https://doi.org/10.1214/aoms/1177728066), as Gu and Koenker rank with it (2023,
  https://doi.org/10.3982/ECTA19304): where chance alone would scatter the Shares as they are, the
  cities are taken to be equal; where they differ by more, neighbours stay apart.

Formulas and how well they hold: docs/STABILITY.md.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Limits = tuple[NDArray[np.int64], NDArray[np.int64]]

TAIL = 0.025
TWO_SIDED = 1.96

INDISTINCT = 0.5
"""True Shares closer than this, in standard errors of the root, count as equal."""

ITERATIONS = 300
STEP, REACH = 0.25, 4.0
"""Possible true Shares around each Share, in standard errors of the root."""


def open_ranks(shares: NDArray[np.float64], variance: NDArray[np.float64]) -> Limits:
    """Best and worst rank of each item that both readings leave open.

    Shares in works, largest first; `variance` in works².
    """
    pairs = pairwise_limits(shares, variance)
    counts = counted_limits(shares, variance)
    return np.maximum(pairs[0], counts[0]), np.minimum(pairs[1], counts[1])


def counted_limits(shares: NDArray[np.float64], variance: NDArray[np.float64]) -> Limits:
    """Best and worst rank by the number of cities whose true Share is larger, or smaller."""
    from sciencecities.rank.kernels import count_above, deconvolve

    n = len(shares)
    possible = _possible(shares, variance)
    roots, fit = possible.roots, possible.likelihood
    distribution = deconvolve(*fit, np.full(len(roots), 1 / len(roots)), ITERATIONS)
    expected, spread, low, high = count_above(*fit, distribution, TAIL)
    apart = INDISTINCT * possible.errors
    better = np.searchsorted(roots, roots[high] + apart, side="right")
    worse = np.searchsorted(roots, roots[low] - apart, side="left")
    surely_above = expected[better] - TWO_SIDED * np.sqrt(spread[better])
    perhaps_above = expected[worse] + TWO_SIDED * np.sqrt(spread[worse])
    return (
        np.maximum(np.floor(1 + surely_above + 1e-9), 1).astype(np.int64),
        np.minimum(np.ceil(perhaps_above - 1e-9), n).astype(np.int64),
    )


class _Possible(NamedTuple):
    """Roots of possible true Shares, and how likely each Share is under those near it.

    `likelihood`: the values item after item, the first root of each item, where its values begin.
    """

    roots: NDArray[np.float64]
    errors: NDArray[np.float64]
    likelihood: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]


def _possible(shares: NDArray[np.float64], variance: NDArray[np.float64]) -> _Possible:
    """A Share is a Poisson number of works of the city's usual weight, given that it is listed."""
    from sciencecities.rank.kernels import thin

    weight = variance / shares
    works, roots, errors = shares / weight, np.sqrt(shares), np.sqrt(weight) / 2
    steps = np.arange(-REACH, REACH + STEP, STEP)
    around = (roots[:, None] + errors[:, None] * steps).ravel()
    gaps = np.repeat(STEP * np.maximum(errors, np.median(errors)), len(steps))
    order = np.argsort(around, kind="stable")
    order = order[around[order] > errors.min() / 10]
    grid = thin(around[order], gaps[order])
    nearest = np.minimum(np.searchsorted(grid, roots), len(grid) - 1)
    reach = (REACH + 1) * errors
    first = np.minimum(np.searchsorted(grid, roots - reach), nearest)
    ends = np.maximum(np.searchsorted(grid, roots + reach, side="right"), nearest + 1)
    starts = np.concatenate([[0], np.cumsum(ends - first)])
    item = np.repeat(np.arange(len(shares)), ends - first)
    place = np.arange(starts[-1]) - starts[item] + first[item]
    expected = grid[place] ** 2 / weight[item]
    excess = expected / works[item] - 1
    log = works[item] * (np.log1p(excess) - excess) - np.log(-np.expm1(-expected))
    log -= np.maximum.reduceat(log, starts[:-1])[item]
    return _Possible(grid, errors, (np.exp(log), first, starts))


def pairwise_limits(shares: NDArray[np.float64], variance: NDArray[np.float64]) -> Limits:
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
def critical_squares(n: int) -> NDArray[Any]:
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
        low, high = (middle, high) if inside < 1 - TAIL else (low, middle)
    return high

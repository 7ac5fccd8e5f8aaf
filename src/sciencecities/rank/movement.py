"""How probable it is that a movement between two data years was real.

The change in log world share of each city is shrunk towards the scope's own by empirical Bayes,
and so are its re-draws; a rise is then a better rank in the later year. Formulas and reliability:
docs/STABILITY.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sciencecities.certainty import FEW_WORKS
from sciencecities.rank.intervals import replicate_ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sciencecities.rank.replicates import Replicates

PSEUDO_CITIES = 4
"""Weight of the prior guess that true changes are as large as the noise, in cities."""

GOLDEN = (5**0.5 - 1) / 2
"""Its multiples fill 0 to 1 evenly in any number and go with no order of the re-draws."""


class Priors(NamedTuple):
    """Normal priors of the true change in log world share, one a re-draw, as likely as they are.

    The variance is constant + factor × noise.
    """

    mean: NDArray[np.float64]
    constant: NDArray[np.float64]
    factor: NDArray[np.float64]


@dataclass(slots=True)
class Side:
    """One year of a scope: replicates, observed Shares (works), ranks in the replicates."""

    replicates: Replicates
    shares: NDArray[np.float64]
    ranks: NDArray[np.int32]


class Support(NamedTuple):
    """Parts of the re-draws in which each item rose, fell."""

    rose: NDArray[np.float64]
    fell: NDArray[np.float64]


def support(before: NDArray[np.int32], after: NDArray[np.int32]) -> Support:
    """Of the re-draws of two years, row by row of the same items: where the rank is better."""
    return Support((after < before).mean(axis=1), (after > before).mean(axis=1))


def shrunk_support(before: Side, after: Side, pairs: NDArray[np.int64]) -> Support:
    """The support after shrinkage; `pairs` holds the rows of each item in both years."""
    first, second = pairs[:, 0], pairs[:, 1]
    levels = _levels(before, first), _levels(after, second)
    half = (levels[0].half + levels[1].half) / 2
    (log_0, all_0, noise_0), (log_1, all_1, noise_1) = (level.logs(half) for level in levels)
    change, noise = log_1 - log_0, noise_0 + noise_1
    enough = np.minimum(log_weights(levels[0]), log_weights(levels[1])) >= FEW_WORKS
    told = enough if enough.any() else np.ones(len(change), bool)
    prior = fit(change[told], noise[told], all_0.shape[1])
    spread = prior.constant + noise[:, None] * prior.factor
    kept = spread / (spread + noise[:, None])
    delta = all_1 - all_0 - change[:, None]
    delta *= np.sqrt(kept)
    delta += prior.mean + kept * (change[:, None] - prior.mean)
    part = (noise_0 / noise)[:, None]  # weight of the later year in the common level
    level = (1 - part) * all_0 + part * all_1
    low, high = level - part * delta, level + (1 - part) * delta
    return support(
        replicate_ranks(_with(before, first, low))[first],
        replicate_ranks(_with(after, second, high))[second],
    )


def fit(change: NDArray[np.float64], noise: NDArray[np.float64], n: int) -> Priors:
    """`n` priors drawn as likely as the observed changes make them (on a grid, by quantiles).

    Drawing them instead of taking the likeliest keeps what is not known of the prior in the result.
    PSEUDO_CITIES cities whose changes are as large as their noise are added, so that a handful of
    cities does not decide that there is no change at all.
    """
    constants = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 41)])
    factors = np.concatenate([[0.0], np.geomspace(0.01, 30.0, 33)])
    typical = float(np.median(noise))
    fits = np.empty((len(constants), len(factors)))
    means = np.empty_like(fits)
    for i, constant in enumerate(constants):
        spread = constant + np.multiply.outer(1 + factors, noise)
        mean = (change / spread).sum(axis=1) / (1 / spread).sum(axis=1)
        fits[i] = -0.5 * (np.log(spread) + (change - mean[:, None]) ** 2 / spread).sum(axis=1)
        pseudo = (constant + (1 + factors) * typical) / typical
        fits[i] -= 0.5 * PSEUDO_CITIES * (np.log(pseudo) + 2 / pseudo)
        means[i] = mean
    below = np.cumsum(np.exp(fits - fits.max()).ravel())
    quantiles = (np.arange(n) + 0.5) * GOLDEN % 1.0
    chosen = np.searchsorted(below, quantiles * below[-1])
    i, j = np.unravel_index(np.minimum(chosen, fits.size - 1), fits.shape)
    return Priors(means[i, j], constants[i], factors[j])


@dataclass(slots=True)
class _Level:
    """World shares of some items in one year."""

    observed: NDArray[np.float64]
    redrawn: NDArray[np.float64]
    variance: NDArray[np.float64]  # Σw² / N²
    half: NDArray[np.float64]  # half a work of the item's usual weight, as world share

    def logs(
        self, half: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Log level, its re-draws and its variance; `half` is added so that zero has a log."""
        return (
            np.log(self.observed + half),
            np.log(self.redrawn + half[:, None]),
            self.variance / (self.observed + half) ** 2,
        )


def _levels(side: Side, rows: NDArray[np.int64]) -> _Level:
    one, n = side.replicates, side.replicates.n_works
    squares = one.variances()[rows]
    return _Level(
        side.shares[rows] / n,
        one.sums[rows] / (np.maximum(one.works, 1) * float(one.scale)),
        squares / n**2,
        squares / side.shares[rows] / 2 / n,
    )


def log_weights(level: _Level) -> NDArray[np.float64]:
    """n_eff of each item."""
    return level.observed**2 / level.variance


def _with(side: Side, rows: NDArray[np.int64], logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """All world shares of a year in each re-draw, those of some rows replaced."""
    one = side.replicates
    levels = one.sums / (np.maximum(one.works, 1) * float(one.scale))
    levels[rows] = np.exp(logs)
    return levels

"""Near ties: what is equal stays open, what is spread out is hardly wider than the re-draws."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sciencecities.rank import near_ties
from sciencecities.rank.kernels import count_above, deconvolve, thin

Pair = tuple[np.ndarray, np.ndarray]


def poisson(means: np.ndarray, seed: int) -> np.ndarray:
    """Shares of whole works, largest first."""
    drawn = np.random.default_rng(seed).poisson(means)
    return np.sort(drawn[drawn > 0])[::-1].astype(float)


def width(limits: Pair) -> float:
    return float(np.median(limits[1] - limits[0] + 1))


@pytest.mark.parametrize("find", [near_ties.counted_limits, near_ties.open_ranks])
def test_far_and_equal_shares(find: object) -> None:
    assert callable(find)
    far = find(np.array([9000.0, 4000.0, 100.0]), np.array([9e3, 4e3, 1e2]))
    assert [f.tolist() for f in far] == [[1, 2, 3], [1, 2, 3]]
    equal = find(np.full(4, 50.0), np.full(4, 50.0))
    assert [f.tolist() for f in equal] == [[1] * 4, [4] * 4]
    one = find(np.array([2.0]), np.array([2.0]))
    assert [f.tolist() for f in one] == [[1], [1]]


def test_a_share_without_any_spread_has_a_range() -> None:
    """A city in every work of the scope: its variance is all but nothing."""
    low, high = near_ties.open_ranks(np.array([50.0, 3.0, 2.0]), np.array([5e-8, 3.0, 2.0]))
    assert (low.tolist(), high.tolist()) == ([1, 2, 2], [1, 3, 3])


def test_groups_of_equal_cities_are_kept_apart() -> None:
    """30 cities of 400 works and 60 of 200: 12 standard errors between, 5 within each group."""
    shares = poisson(np.repeat([400, 200], [30, 60]), 3)
    low, high = near_ties.counted_limits(shares, shares)
    assert (low[:30] == 1).mean() >= 0.95 and (high[30:] == 90).mean() >= 0.95
    assert high[:30].max() <= 32 and low[30:].min() >= 29


def test_what_is_spread_out_is_not_taken_for_equal() -> None:
    """300 cities a quarter of a standard error apart: 3.92 errors span 16 ranks."""
    means = (10 + np.arange(300) / 8)[::-1] ** 2
    shares = poisson(means, 4)
    counted, pairs = (
        f(shares, shares) for f in (near_ties.counted_limits, near_ties.pairwise_limits)
    )
    assert 16 <= width(counted) <= 28
    assert width(pairs) > 1.3 * width(counted)
    truth = 1 + (means > np.sort(means)[::-1][:, None]).sum(axis=1)
    order = np.argsort(-np.random.default_rng(4).poisson(means), kind="stable")
    held = (counted[0] <= truth[order]) & (truth[order] <= counted[1])
    assert held.mean() >= 0.95


def test_deconvolution_is_that_of_plain_python() -> None:
    likelihood = [[0.5, 1.0, 0.25], [1.0, 0.75], [0.125, 1.0]]
    first = [0, 1, 2]
    n_points = 4
    expected = [1 / n_points] * n_points
    for _ in range(7):
        better = [0.0] * n_points
        for values, start in zip(likelihood, first, strict=True):
            total = sum(v * expected[start + i] for i, v in enumerate(values))
            for i, v in enumerate(values):
                better[start + i] += v * expected[start + i] / total / len(first)
        expected = better
    flat = np.array([v for values in likelihood for v in values])
    starts = np.array([0, 3, 5, 7])
    found = deconvolve(flat, np.array(first), starts, np.full(n_points, 1 / n_points), 7)
    assert found.tolist() == pytest.approx(expected, rel=1e-12)
    assert sum(expected) == pytest.approx(1)
    above, spread, low, high = count_above(flat, np.array(first), starts, found, 0.025)
    for point in range(n_points + 1):
        parts = []
        for values, start in zip(likelihood, first, strict=True):
            weights = [v * expected[start + i] for i, v in enumerate(values)]
            parts.append(sum(w for i, w in enumerate(weights) if start + i >= point) / sum(weights))
        assert above[point] == pytest.approx(sum(parts), abs=1e-12)
        assert spread[point] == pytest.approx(sum(p * (1 - p) for p in parts), abs=1e-12)
    for item, (values, start) in enumerate(zip(likelihood, first, strict=True)):
        weights = [v * expected[start + i] for i, v in enumerate(values)]
        below = [sum(weights[: i + 1]) / sum(weights) for i in range(len(weights))]
        for limit, part in ((low, 0.025), (high, 0.975)):
            assert limit[item] == start + next(i for i, b in enumerate(below) if b >= part)


def test_thinned_points_keep_their_gaps() -> None:
    values, gaps = np.array([1.0, 1.1, 1.5, 1.6, 3.0]), np.array([0.4, 0.4, 0.5, 0.5, 0.5])
    assert thin(values, gaps).tolist() == [1.0, 1.5, 3.0]


def test_two_items_are_told_apart_at_2_5_percent() -> None:
    """√s differs by c × √(1/4 + 1/4) for Poisson Shares; c = 1.96 for a single comparison."""
    for gap, apart in ((1.91, False), (2.01, True)):
        upper = (10 + gap * math.sqrt(0.5)) ** 2
        low, _ = near_ties.pairwise_limits(np.array([upper, 100.0]), np.array([upper, 100.0]))
        assert low.tolist() == ([1, 2] if apart else [1, 1])


def test_pairwise_ranges_of_far_and_of_equal_shares() -> None:
    far = near_ties.pairwise_limits(np.array([9000.0, 4000.0, 100.0]), np.array([9e3, 4e3, 1e2]))
    assert [f.tolist() for f in far] == [[1, 2, 3], [1, 2, 3]]
    equal = near_ties.pairwise_limits(np.full(4, 50.0), np.full(4, 50.0))
    assert [f.tolist() for f in equal] == [[1] * 4, [4] * 4]

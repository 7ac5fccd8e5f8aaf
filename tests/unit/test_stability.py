"""Stability: a small bootstrap in plain Python, closed cases, invariance, movements."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import small_world as world
from hypothesis import given, settings
from hypothesis import strategies as st

import sciencecities
from sciencecities.draws import draw, work_key
from sciencecities.edition.verify import verify
from sciencecities.rank import intervals, movement, replicates, stability
from sciencecities.rank.kernels import rank_beside
from sciencecities.rank.order import CITY, Listing
from sciencecities.rank.replicates import Sums, scale_for
from sciencecities.tables import UNITS_PER_WORK as W

REPLICATES = 200


def sums_of(
    rows: list[tuple[int, int, int]],
    n_works: int,
    n_groups: int,
    *,
    seed: int = 0,
    n: int = REPLICATES,
    threads: int = 1,
) -> replicates.Replicates:
    """Replicates of rows (work, group, units); the works' ids are W0, W1, …"""
    keys = np.array([work_key(f"W{i}") for i in range(n_works)], np.int64)
    scale = scale_for(n_works)
    sums = Sums(n_groups + 1, replicates=n, scale=scale, seed=seed, threads=threads)
    rows = rows + [(i, n_groups, -1) for i in range(n_works)]
    work, group, units = (np.array(c, np.int64) for c in zip(*rows, strict=True))
    sums.add(keys, work, group, units)
    sums.close()
    return sums.replicates(slice(0, n_groups), n_groups, n_works)


# --- sums -----------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(data=st.data(), seed=st.integers(0, 9), threads=st.sampled_from([1, 3]))
def test_sums_are_those_of_plain_python_whatever_the_order(
    data: Any, seed: int, threads: int
) -> None:
    n_works, n_groups = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 3))
    pairs = [(w, g) for w in range(n_works) for g in range(n_groups)]
    chosen = data.draw(st.lists(st.sampled_from(pairs), min_size=1, unique=True))
    rows = [(w, g, W // data.draw(st.integers(1, 7))) for w, g in chosen]
    found = sums_of(rows, n_works, n_groups, seed=seed, n=9, threads=threads)
    for r in range(9):
        drawn = [draw(seed, work_key(f"W{i}"), r) for i in range(n_works)]
        assert found.works[r] == sum(drawn)
        for g in range(n_groups):
            expected = sum(
                drawn[w] * round(Fraction(u * found.scale, W)) for w, h, u in rows if h == g
            )
            assert found.sums[g, r] == expected
    for g in range(n_groups):
        fixed = [round(Fraction(u * found.scale, W)) for _, h, u in rows if h == g]
        assert found.squares[g] == sum(w * w for w in fixed)
        assert found.largest[g] == max(fixed, default=0)
    shuffled = random.Random(1).sample(rows, len(rows))
    again = sums_of(shuffled, n_works, n_groups, seed=seed, n=9, threads=4 - threads)
    assert (again.sums == found.sums).all()
    assert again.squares == found.squares


def test_batches_change_no_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(w, w % 5, W // (1 + w % 7)) for w in range(300)]
    whole = sums_of(rows, 300, 5)
    monkeypatch.setattr(replicates, "WORKS_AT_A_TIME", 16)
    parts = sums_of(rows, 300, 5, threads=2)
    assert (whole.sums == parts.sums).all()
    assert whole.squares == parts.squares
    longer = sums_of(rows, 300, 5, n=REPLICATES + 77)  # more replicates are the same and more
    assert (longer.sums[:, :REPLICATES] == whole.sums).all()


def test_moments_are_those_of_theory() -> None:
    """A sum of Poisson-weighted works has the mean Σw and the variance Σw²."""
    weights = [W // (1 + w % 4) for w in range(400)]
    found = sums_of([(i, 0, w) for i, w in enumerate(weights)], 400, 1, n=20_000)
    shares = found.sums[0] / found.scale
    mean, variance = sum(w / W for w in weights), sum((w / W) ** 2 for w in weights)
    assert abs(shares.mean() - mean) < 4 * math.sqrt(variance / 20_000)
    assert abs(shares.var() / variance - 1) < 4 * math.sqrt(2 / 20_000)
    # Scaled by N / N*, what all works have in common goes: the variance is Σw² − (Σw)²/N.
    scaled = found.shares()[0]
    assert abs(scaled.var() / (variance - mean**2 / 400) - 1) < 0.05


def test_a_share_of_every_work_has_no_spread_at_all() -> None:
    found = sums_of([(i, 0, W) for i in range(50)], 50, 1)
    assert found.shares() == pytest.approx(50, rel=1e-14)


def test_sums_of_as_many_works_as_there_are_fit() -> None:
    for n_works in (1, 2**20, 5_000_000, 10**9):
        assert scale_for(n_works) * n_works * 2 < 2**63


# --- limits ---------------------------------------------------------------------------------


def test_limits_are_inverse_ecdf() -> None:
    values = np.arange(1, 1001)[np.random.default_rng(0).permutation(1000)].reshape(1, 1000)
    low, high = intervals.limits(values)
    assert (low[0], high[0]) == (25, 975)
    low, high = intervals.limits(np.array([[7, 3, 5]]))  # ⌈3 × 0.025⌉ = 1st, ⌈3 × 0.975⌉ = 3rd
    assert (low[0], high[0]) == (3, 7)


@pytest.mark.parametrize(
    ("n", "low", "high"),  # exact Poisson limits: Garwood 1936, as in Ulm 1990, table 1
    [(1, 0.0253, 5.5716), (2, 0.2422, 7.2247), (10, 4.7954, 18.3904), (20, 12.2165, 30.8884)],
)
def test_gamma_limits_of_equal_weights_are_garwoods(n: int, low: float, high: float) -> None:
    found = intervals.gamma_limits(np.array([n * 0.5]), np.array([n * 0.25]), np.array([0.5]))
    assert [round(float(2 * f[0]), 4) for f in found] == [low, high]


def test_ranks_of_replicates() -> None:
    sums = np.array([[5, 0, 2], [7, 0, 2], [5, 0, 0], [0, 3, 9]])
    assert intervals.replicate_ranks(sums).T.tolist() == [[2, 1, 2, 4], [4, 4, 4, 1], [2, 2, 4, 1]]


@given(st.data())
def test_one_beside_others_ranks_as_all_together(data: st.DataObject) -> None:
    # Steps of one billionth of 10^12 are tied, chains of them too; zeros are last.
    near = st.sampled_from([0, 1, *(10**12 + n * 900 for n in range(-3, 4)), 10**12 + 50_000])
    rows = data.draw(st.lists(st.lists(near, min_size=4, max_size=4), min_size=2, max_size=8))
    skipped = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    sums, others = np.array(rows, np.int64), ~np.array(skipped)
    others[0] = False
    beside = rank_beside(sums, others, sums[0])
    together = np.concatenate([sums[:1], sums[others]])
    assert beside.tolist() == intervals.replicate_ranks(together)[0].tolist()


def test_near_ties_are_held_where_re_draws_alone_fail() -> None:
    """60 cities of 100 works each: by truth all are first; the ranges must say so."""
    generator = np.random.default_rng(5)
    works = generator.poisson(100, 60)
    city = np.repeat(np.arange(60), works)
    n = len(city)
    found = sums_of([(i, int(c), W) for i, c in enumerate(city)], n, 60)
    shares = works.astype(float)
    ranks = intervals.replicate_ranks(found.sums)
    observed = np.array([1 + (works > w).sum() for w in works], np.int64)
    low, _ = intervals.rank_limits(found, ranks, shares, observed)
    plain, _ = intervals.limits(ranks)
    assert (low == 1).mean() >= 0.95
    assert (plain == 1).mean() < 0.6


# --- movement -------------------------------------------------------------------------------


def _spread(prior: movement.Priors, noise: np.ndarray) -> np.ndarray:
    """Mean variance of the true change over the priors, city by city."""
    return (prior.constant[:, None] + prior.factor[:, None] * noise).mean(axis=0)


def test_prior_finds_no_change_where_there_is_noise_only_and_all_where_there_is_none() -> None:
    generator = np.random.default_rng(3)
    noise = generator.uniform(0.001, 0.05, 800)
    pure = movement.fit(generator.normal(0, np.sqrt(noise)), noise, 500)
    assert _spread(pure, noise).mean() < 0.1 * noise.mean()
    equal = movement.fit(generator.normal(0.1, np.sqrt(2 * noise)), noise, 500)
    assert 0.6 < (_spread(equal, noise) / noise).mean() < 1.6
    assert abs(equal.mean.mean() - 0.1) < 0.03
    fixed = movement.fit(generator.normal(0, np.sqrt(noise + 0.04)), noise, 500)
    assert 0.025 < _spread(fixed, noise).mean() < 0.06


def test_a_handful_of_cities_decides_little() -> None:
    few = movement.fit(np.array([0.0, 0.0]), np.array([0.01, 0.01]), 500)
    assert _spread(few, np.array([0.01])) > 0.003


@pytest.mark.parametrize(
    ("works", "works_before", "unassigned", "reason"),
    [
        (100, 100, 0.05, None),
        (80, 100, 0.05, None),
        (79, 100, 0.05, "incomplete-year"),
        (100, 49, 0.05, "incomplete-year"),
        (100, 50, 0.05, None),
        (100, 100, 0.0701, "unassigned-moved"),
        (100, 100, 0.0299, "unassigned-moved"),
    ],
)
def test_reasons_to_state_no_certainty(
    works: int, works_before: int, unassigned: float, reason: str | None
) -> None:
    totals = {(2024, "overall"): works, (2023, "overall"): works_before}
    parts = {
        (2024, "overall"): int(unassigned * works * W),
        (2023, "overall"): int(0.05 * works_before * W),
    }
    assert stability.movement_note((2024, "overall"), totals, parts) == reason
    assert stability.movement_note((2023, "overall"), totals, parts) is None


def _history(before: list[int], after: list[int], n_works: int = 20_000) -> stability.Stability:
    """Two years of cities with so many whole works each."""
    sides = []
    for number, works in enumerate((before, after)):
        order = sorted(range(len(works)), key=lambda c: (-works[c], c))
        rows, i = [], 0
        for place, c in enumerate(order):
            rows += [(i + k, place, W) for k in range(works[c])]
            i += works[c]
        found = sums_of(rows, n_works, len(works), seed=number)
        listing = Listing(
            2023 + number, "overall", CITY, [str(c) for c in order], order,
            [1 + sum(w > works[c] for w in works) for c in order], [works[c] * W for c in order],
        )  # fmt: skip
        sides.append((listing, *stability.assess(listing, found)))
    (earlier, earlier_side, _), (one, side, found_stability) = sides
    stability.move(found_stability, one, side, earlier, earlier_side)
    order = sorted(range(len(one.names)), key=lambda i: int(one.names[i]))
    for name in ("p_rose", "p_fell", "raw_p_rose", "raw_p_fell"):
        values = getattr(found_stability, name)
        setattr(found_stability, name, [values[i] for i in order])
    return found_stability


def test_a_large_rise_is_certain_and_a_small_one_is_shrunk() -> None:
    base = [900 - 25 * c for c in range(20)]
    generator = random.Random(4)
    after = [max(1, round(generator.gauss(w, math.sqrt(2 * w)))) for w in base]
    after[15] = 800  # from 525: sixteenth to about fifth
    found = _history(base, after)
    assert found.p_rose[15] is not None and found.p_rose[15] > 0.98
    pairs = [
        (raw, shrunk)
        for raw, shrunk in zip(found.raw_p_rose, found.p_rose, strict=True)
        if raw is not None and shrunk is not None and 0.6 < raw < 0.98
    ]
    assert pairs and sum(s - r for r, s in pairs) < 0


# --- editions -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world.build(tmp_path_factory.mktemp("stable"))


def _rows(path: Path, table: str) -> list[dict[str, Any]]:
    sql = f"SELECT * FROM '{path / table}.parquet'"
    return duckdb.connect().sql(sql).to_arrow_table().to_pylist()


def test_edition_is_the_bootstrap_in_plain_python(edition: Path) -> None:
    """Every replicate Share and rank of Guangzhou 2024, from the edition's own contributions."""
    weights: dict[str, dict[str | None, int]] = {}
    for row in _rows(edition, "contributions"):
        if row["data_year"] == 2024:
            cities = weights.setdefault(row["work_id"], {})
            cities[row["city_id"]] = cities.get(row["city_id"], 0) + row["units"]
    places, top = [], 0
    for r in range(1000):
        drawn = {w: draw(0, work_key(w), r) for w in weights}
        sums: dict[str | None, int] = {}
        for w, cities in weights.items():
            for city, units in cities.items():
                sums[city] = sums.get(city, 0) + drawn[w] * units
        sums.pop(None, None)
        own = sums["gn:1809858"]
        ahead = sum((s - own) * 10**9 > own for s in sums.values())
        places.append(len(sums) if own == 0 else 1 + ahead)
        top += places[-1] <= 10
    row = next(
        r
        for r in _rows(edition, "rankings")
        if (r["data_year"], r["scope"], r["city"]) == (2024, "overall", "Guangzhou")
    )
    places.sort()
    assert row["rank_low"] <= places[24] and row["rank_high"] >= places[974]
    assert row["p_top10"] == top / 1000
    # Σw = 25/6; its works weigh 1, 1/2, 2/3, 1/2, 1/2, 1: Σw² = 115/36.
    assert row["n_eff"] == pytest.approx(float(Fraction(25, 6) ** 2 / Fraction(115, 36)), rel=1e-10)


def test_edition_is_sound_and_every_pair_is_there(edition: Path) -> None:
    assert verify(edition) == []
    cities = [r for r in _rows(edition, "rankings") if r["scope"] == "overall"]
    pairs = [r for r in _rows(edition, "order_probabilities") if r["scope"] == "overall"]
    assert len(pairs) == math.comb(5, 2) + math.comb(4, 2)
    p = {(r["data_year"], r["city_a"], r["city_b"]): r["p"] for r in pairs}
    for first, second in pairwise(cities):
        if first["data_year"] != second["data_year"]:
            assert first["p_ahead_next"] is None
            continue
        a, b = first["city_id"], second["city_id"]
        ahead = p[first["data_year"], a, b] if a < b else 1 - p[first["data_year"], b, a]
        assert first["p_ahead_next"] == pytest.approx(ahead, abs=1e-12)


def test_seed_and_threads(edition: Path, tmp_path: Path) -> None:
    for name, changes in (("same", {"threads": 2, "seed": 0}), ("other", {"seed": 1})):
        (tmp_path / name).mkdir()
        other = world.build(tmp_path / name, **changes)
        equal = [
            _rows(other, t) == _rows(edition, t)
            for t in ("rankings", "country_rankings", "order_probabilities")
        ]
        assert all(equal) if name == "same" else not any(equal)
        shares = [[r["share"] for r in _rows(e, "rankings")] for e in (edition, other)]
        assert shares[0] == shares[1]


def test_no_replicates_no_ranges(tmp_path: Path) -> None:
    path = world.build(tmp_path, replicates=0)
    columns = ("n_eff", "share_low", "share_high", "rank_low", "rank_high", "p_top10", "p_rose")
    for table in ("rankings", "country_rankings"):
        assert all(r[c] is None for r in _rows(path, table) for c in columns)
    assert _rows(path, "order_probabilities") == []
    assert verify(path) == []


def test_movement_is_stated_only_where_years_compare(edition: Path) -> None:
    """2024 has a part of 1/11 unassigned, 2023 none: that is more than 2 points."""
    rows = [r for r in _rows(edition, "rankings") if r["scope"] == "overall"]
    moved = [r for r in rows if r["previous_rank"] is not None]
    assert len(moved) == 4
    assert {r["movement_note"] for r in moved} == {"unassigned-moved"}
    assert all(r["p_rose"] is None and r["raw_p_rose"] is not None for r in moved)
    assert sciencecities.open(edition).rankings().column("movement_note").null_count == 1

"""The re-draws: published vectors, the kernel against plain Python, moments."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sciencecities.draws import THRESHOLDS, draw, seed_mask, splitmix64, work_key
from sciencecities.rank.kernels import BLOCK, draw_block

# The first outputs for the seed 1234567, as Rosetta Code publishes them for SplitMix64
# ("Pseudo-random numbers/Splitmix64"), and for the seed 0 as in the JDK's and PCG's test suites.
PUBLISHED = {
    1234567: [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ],
    0: [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC],
}


def test_generator_gives_the_published_numbers() -> None:
    for seed, outputs in PUBLISHED.items():
        assert [splitmix64(seed, i) for i in range(len(outputs))] == outputs


def test_thresholds_are_those_of_poisson_1() -> None:
    below = [sum(math.exp(-1) / math.factorial(i) for i in range(k + 1)) for k in range(8)]
    assert list(THRESHOLDS) == [round(2**16 * p) for p in below]
    tails = [2**16 - t for t in THRESHOLDS]
    assert sum(tails) == 2**16  # the mean is 1 exactly
    second = 2 * sum(k * tail for k, tail in enumerate(tails))  # E[x (x − 1)] × 2^16
    assert second == 2**16 - 2  # so the variance is 1 − 2^-15


def test_key_of_a_work() -> None:
    digest = hashlib.sha256(b"https://openalex.org/W1").digest()
    assert work_key("https://openalex.org/W1") % 2**64 == int.from_bytes(digest[:8], "big")
    assert -(2**63) <= work_key("pmid:1") < 2**63


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    ids=st.lists(st.text(max_size=8), min_size=1, max_size=3),
    first=st.integers(0, 9).map(lambda n: n * BLOCK),
)
def test_kernel_draws_what_plain_python_draws(seed: int, ids: list[str], first: int) -> None:
    keys = [work_key(i) for i in ids]
    states = np.array(keys, np.int64).view(np.uint64) ^ np.uint64(seed_mask(seed))
    found = np.empty((len(ids), BLOCK), np.uint8)
    draw_block(states, first, found)
    expected = [[draw(seed, key, first + r) for r in range(BLOCK)] for key in keys]
    assert found.tolist() == expected


def test_numbers_are_poisson_over_works_and_over_replicates() -> None:
    """χ² of 128,000 numbers against Poisson(1); neighbouring replicates are uncorrelated."""
    keys = np.array([work_key(f"W{i}") for i in range(1000)], np.int64)
    found = np.empty((1000, BLOCK), np.uint8)
    draw_block(keys.view(np.uint64) ^ np.uint64(seed_mask(0)), 0, found)
    expected = [math.exp(-1) / math.factorial(k) for k in range(6)]
    expected.append(1 - sum(expected))
    counts = np.bincount(np.minimum(found, 6).ravel(), minlength=7)
    squares = (counts - found.size * np.array(expected)) ** 2 / (found.size * np.array(expected))
    assert squares.sum() < 22.5  # 99.9 % of χ² with 6 degrees of freedom
    for one, other in ((found[:, :-1], found[:, 1:]), (found[:-1], found[1:])):
        correlation = np.corrcoef(one.ravel().astype(float), other.ravel().astype(float))[0, 1]
        assert abs(correlation) < 4 / math.sqrt(one.size)

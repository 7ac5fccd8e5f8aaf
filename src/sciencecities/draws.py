"""The re-draws of works: a pure function of (seed, work id, replicate), in plain integers.

How often a work occurs in a replicate is a Poisson(1) number, found so:

1. key = the first 8 bytes of the SHA-256 of the work's id in UTF-8, big-endian.
2. The stream of the work is SplitMix64 (Steele, Lea, Flood 2014, https://doi.org/10.1145/2660193.2660195)
   from the state key XOR the first output of SplitMix64 from the state `seed`.
3. Replicate r (from 0) takes the r mod 4-th 16-bit lane, from the low end, of output r // 4.
4. The number is how many of THRESHOLDS the lane reaches.

The thresholds are 2^16 × P(Poisson(1) ≤ k), rounded. Their tails add up to 2^16 exactly, so that a
number has the mean 1 and the variance 32767/32768. The kernel that makes them fast is
`rank/kernels.py`; this module is what it is held against.
"""

from __future__ import annotations

import hashlib

GAMMA = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
MASK = 2**64 - 1

THRESHOLDS = (24109, 48219, 60273, 64292, 65296, 65497, 65531, 65535)
"""A 16-bit lane that reaches k of them stands for the number k."""


def work_key(work_id: str) -> int:
    """The work's key as a signed 64-bit number, as tables hold it.

    >>> work_key("")  # SHA-256 of nothing begins e3b0c44298fc1c14
    -2039914840885289964
    """
    return int.from_bytes(hashlib.sha256(work_id.encode()).digest()[:8], "big", signed=True)


def splitmix64(state: int, number: int) -> int:
    """Output `number` (from 0) of SplitMix64 that begins at `state`.

    >>> hex(splitmix64(0, 0))  # the published generator, seeded with 0
    '0xe220a8397b1dcdaf'
    """
    z = (state + (number + 1) * GAMMA) & MASK
    z = ((z ^ (z >> 30)) * MIX_1) & MASK
    z = ((z ^ (z >> 27)) * MIX_2) & MASK
    return z ^ (z >> 31)


def seed_mask(seed: int) -> int:
    """What a seed does to every key, as an unsigned 64-bit number."""
    return splitmix64(seed & MASK, 0)


def draw(seed: int, key: int, replicate: int) -> int:
    """How often the work with this key occurs in a replicate."""
    output = splitmix64((key & MASK) ^ seed_mask(seed), replicate // 4)
    lane = output >> 16 * (replicate % 4) & 0xFFFF
    return sum(lane >= threshold for threshold in THRESHOLDS)

"""The inner loops over works × replicates, compiled. What they compute is said in `draws.py`.

All sums are of integers, so that no order of rows, batches or threads changes a digit.
"""

from __future__ import annotations

import sys

import numpy as np
from numba import njit

from sciencecities.draws import GAMMA, MIX_1, MIX_2, THRESHOLDS

BLOCK = 128
"""Replicates at a time: a group's sums stay in the first cache. A multiple of 4."""

_GAMMA, _MIX_1, _MIX_2 = np.uint64(GAMMA), np.uint64(MIX_1), np.uint64(MIX_2)
_S27, _S30, _S31 = np.uint64(27), np.uint64(30), np.uint64(31)
_T0, _T1, _T2, _T3, _T4, _T5, _T6, _T7 = (np.uint16(t) for t in THRESHOLDS)
_FLIP = 0 if sys.byteorder == "little" else 3  # lanes are counted from the low end
_LOW = (1 << 20) - 1


@njit(nogil=True, cache=True)
def draw_block(states, first, out):  # type: ignore[no-untyped-def]
    """Fill out[work, i] with the number of replicate first + i; `states` are the works' streams."""
    width = out.shape[1]
    outputs = np.empty(width // 4, np.uint64)
    lanes = outputs.view(np.uint16)
    for i in range(states.size):
        start = states[i] + np.uint64(first // 4) * _GAMMA
        for j in range(width // 4):
            z = start + np.uint64(j + 1) * _GAMMA
            z = (z ^ (z >> _S30)) * _MIX_1
            z = (z ^ (z >> _S27)) * _MIX_2
            outputs[j] = z ^ (z >> _S31)
        row = out[i]
        for k in range(width):
            u = lanes[k ^ _FLIP]
            row[k] = (
                np.uint8(u >= _T0) + np.uint8(u >= _T1) + np.uint8(u >= _T2) + np.uint8(u >= _T3)
                + np.uint8(u >= _T4) + np.uint8(u >= _T5) + np.uint8(u >= _T6) + np.uint8(u >= _T7)
            )  # fmt: skip


@njit(nogil=True, cache=True)
def add_block(states, work, group, weight, first, sums):  # type: ignore[no-untyped-def]
    """Add the rows' weights × numbers to sums[group, first : first + BLOCK].

    Rows come sorted by group; `work` counts within `states`.
    """
    draws = np.empty((states.size, BLOCK), np.uint8)
    draw_block(states, first, draws)
    row = 0
    while row < work.size:
        one = group[row]
        total = sums[one, first : first + BLOCK]
        while row < work.size and group[row] == one:
            w, numbers = weight[row], draws[work[row]]
            for k in range(BLOCK):
                total[k] += w * numbers[k]
            row += 1


@njit(nogil=True, cache=True)
def add_squares(group, weight, parts, largest):  # type: ignore[no-untyped-def]
    """Add each weight's square to parts[group], exactly, and keep the largest weight.

    A weight is a × 2^20 + b; parts hold Σ a², Σ ab and Σ b², since a square needs over 64 bits.
    """
    for row in range(group.size):
        one, w = group[row], weight[row]
        a, b = w >> 20, w & _LOW
        parts[one, 0] += a * a
        parts[one, 1] += a * b
        parts[one, 2] += b * b
        largest[one] = max(largest[one], w)


@njit(nogil=True, cache=True)
def rank_sorted(order, values, ranks):  # type: ignore[no-untyped-def]
    """Ranks of one replicate: `order` lists values from the smallest.

    Neighbours whose gap is at most 1e-9 of the smaller share a rank, chained; 0 has the last.
    """
    n = order.size
    rank, previous = 1, np.inf
    for place in range(n):
        item = order[n - 1 - place]
        value = np.float64(values[item])
        if place == 0 or previous - value > 1e-9 * value:
            rank = place + 1
        ranks[item] = rank if value > 0 else n
        previous = value


@njit(nogil=True, cache=True)
def pairwise_ranges(share, variance, critical, low, high):  # type: ignore[no-untyped-def]
    """Best and worst rank of each item that simultaneous pairwise comparisons leave open.

    critical[m] is the squared critical value for m comparisons at once. Those that are decided are
    set aside and the rest tested again among themselves, until nothing changes (step-down).
    """
    n = share.size
    for j in range(n):
        open_pairs = n - 1
        above = below = 0
        while open_pairs > 0:
            limit = critical[open_pairs]
            above = below = 0
            for k in range(n):
                gap = share[k] - share[j]
                if k != j and gap * gap > limit * (variance[j] + variance[k]):
                    above += gap > 0
                    below += gap < 0
            if n - 1 - above - below == open_pairs:
                break
            open_pairs = n - 1 - above - below
        low[j], high[j] = 1 + above, n - below

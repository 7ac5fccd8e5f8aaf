"""The inner loops over works × replicates, ranks and near ties, compiled.

What the draws are is said in `draws.py`.

All sums over works are of integers, so that no order of rows, batches or threads changes a digit.
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
def sorted_places(key, n_keys):  # type: ignore[no-untyped-def]
    """Places of the rows by key, 0 … n_keys − 1; equal ones stay in order (counting sort)."""
    next_place = np.zeros(n_keys + 1, np.int64)
    for row in range(key.size):
        next_place[key[row] + 1] += 1
    for k in range(n_keys):
        next_place[k + 1] += next_place[k]
    places = np.empty(key.size, np.int64)
    for row in range(key.size):
        places[next_place[key[row]]] = row
        next_place[key[row]] += 1
    return places


@njit(nogil=True, cache=True)
def combine(work, item, units, n_items, most):  # type: ignore[no-untyped-def]
    """Work, item and units of each work and item, added up to `most` at most.

    Rows come sorted by work; item 0 is left out.
    """
    works = np.empty(work.size, np.int64)
    items = np.empty(work.size, np.int64)
    sums = np.empty(work.size, np.int64)
    slot = np.full(n_items, -1, np.int64)
    n = first = 0  # the rows made; the first of this work's
    for row in range(work.size):
        if row > 0 and work[row] != work[row - 1]:
            first = n
        one = item[row]
        if one == 0:
            continue
        if slot[one] < first:
            slot[one] = n
            works[n], items[n], sums[n] = work[row], one, 0
            n += 1
        sums[slot[one]] = min(sums[slot[one]] + units[row], most)
    return works[:n], items[:n], sums[:n]


@njit(nogil=True, cache=True)
def spread(work, item, starts, scope, group_of):  # type: ignore[no-untyped-def]
    """For each scope of each row's work: the row's number and the group of its scope and item.

    The scopes of work w are scope[starts[w] : starts[w + 1]]; group_of[scope, item] is −1 where
    nobody asked.
    """
    n = 0
    for row in range(work.size):
        for k in range(starts[work[row]], starts[work[row] + 1]):
            n += group_of[scope[k], item[row]] >= 0
    rows, groups = np.empty(n, np.int64), np.empty(n, np.int32)
    n = 0
    for row in range(work.size):
        for k in range(starts[work[row]], starts[work[row] + 1]):
            group = group_of[scope[k], item[row]]
            if group >= 0:
                rows[n], groups[n] = row, group
                n += 1
    return rows, groups


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
def rank_beside(sums, others, own):  # type: ignore[no-untyped-def]
    """Rank of one more item in each replicate, beside those rows of `sums` that are `others`.

    Ties and zeros as in `rank_sorted`: what is chained to the item by near ties stands no better.
    """
    n_items, n = sums.shape
    top = own.astype(np.float64)
    grew = True
    while grew:
        grew = False
        for item in range(n_items):
            if others[item]:
                for r in range(n):
                    value = np.float64(sums[item, r])
                    if value > top[r] and value - top[r] <= 1e-9 * top[r]:
                        top[r] = value
                        grew = True
    ranks = np.ones(n, np.int64)
    for item in range(n_items):
        if others[item]:
            for r in range(n):
                if own[r] == 0 or np.float64(sums[item, r]) > top[r]:
                    ranks[r] += 1
    return ranks


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


@njit(nogil=True, cache=True)
def thin(values, gaps):  # type: ignore[no-untyped-def]
    """Of ascending values those that lie at least their gap above the one kept before."""
    kept = np.empty(values.size)
    n = 0
    for i in range(values.size):
        if n == 0 or values[i] - kept[n - 1] >= gaps[i]:
            kept[n] = values[i]
            n += 1
    return kept[:n]


@njit(nogil=True, cache=True)
def deconvolve(likelihood, first, starts, distribution, iterations):  # type: ignore[no-untyped-def]
    """The distribution over some points that makes the items likeliest, by expectation and
    maximisation; the values of item j begin at starts[j] and at the point first[j]."""
    n = first.size
    for _ in range(iterations):
        better = np.zeros(distribution.size)
        for j in range(n):
            shift = first[j] - starts[j]
            total = 0.0
            for i in range(starts[j], starts[j + 1]):
                total += likelihood[i] * distribution[i + shift]
            for i in range(starts[j], starts[j + 1]):
                better[i + shift] += likelihood[i] * distribution[i + shift] / (total * n)
        distribution = better
    return distribution


@njit(nogil=True, cache=True)
def count_above(likelihood, first, starts, distribution, tail):  # type: ignore[no-untyped-def]
    """How many items are at each point or above it: expected number and its variance; and for each
    item the points that leave `tail` of its probability below and above."""
    n, n_points = first.size, distribution.size
    expected, spread = np.zeros(n_points + 1), np.zeros(n_points + 1)
    low, high = np.empty(n, np.int64), np.empty(n, np.int64)
    whole = np.zeros(n_points + 1, np.int64)  # items that lie above all points below this one
    for j in range(n):
        shift = first[j] - starts[j]
        total = 0.0
        for i in range(starts[j], starts[j + 1]):
            total += likelihood[i] * distribution[i + shift]
        below = 0.0
        low[j] = high[j] = -1
        whole[first[j]] += 1
        for i in range(starts[j], starts[j + 1]):
            above = 1 - below / total
            expected[i + shift] += above
            spread[i + shift] += above * (1 - above)
            below += likelihood[i] * distribution[i + shift]
            if low[j] < 0 and below >= tail * total:
                low[j] = i + shift
            if high[j] < 0 and below >= (1 - tail) * total:
                high[j] = i + shift
    above_all = 0
    for point in range(n_points, -1, -1):
        expected[point] += above_all
        above_all += whole[point]
    return expected, spread, low, high

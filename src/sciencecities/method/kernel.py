"""Summing the parts of works by city (or country) for many groups of works in one pass.

Sums are exact: a work's units are added as two numbers, of 10^9 and below, so that 64 bits hold
nine billion works.
"""

from __future__ import annotations

import numba
import numpy as np

from sciencecities.method.sums import HALF, Array, Groups, Sums
from sciencecities.tables import UNITS_PER_WORK

BY_PARTS, BY_CITY, FULL = 0, 1, 2
KINDS = {"city": BY_CITY, "full": FULL}
"""How a scheme's weights follow; all others are sums of parts."""


def add_parts(
    sums: Sums,
    scheme: str,
    parts: tuple[Array, Array, Array, Array],
    set_of_work: Array,
    groups: Groups,
    city_of_place: Array,
    target_of_place: Array,
) -> None:
    """Add parts of works, which lie together: work (from 0), place, units, n_units.

    `city_of_place` numbers cities from 1 in the order of their ids (0 = none), which decides who
    gets a remaining unit; `target_of_place` is that, or the countries of the places.
    """
    kind = KINDS.get(scheme, BY_PARTS)
    _add(*sums, kind, *parts, set_of_work, *groups, city_of_place, target_of_place)


@numba.njit(cache=True, nogil=True)
def _add(  # type: ignore[no-untyped-def]
    high, low, n_works, kind, work, place, units, n_units, set_of_work, starts, members,
    city_of_place, target_of_place,
):  # fmt: skip
    n = len(work)
    size = 1024
    cities = np.empty(size, np.int64)
    targets = np.empty(size, np.int64)
    shares = np.empty(size, np.int64)
    own = np.empty(size, np.int64)
    first = 0
    while first < n:
        last = first
        while last < n and work[last] == work[first]:
            last += 1
        if last - first > size:
            size = last - first
            cities = np.empty(size, np.int64)
            targets = np.empty(size, np.int64)
            shares = np.empty(size, np.int64)
            own = np.empty(size, np.int64)
        a_set = set_of_work[work[first]]
        if starts[a_set] < starts[a_set + 1]:
            if kind == BY_PARTS:
                for r in range(last - first):
                    own[r] = units[first + r]
            else:
                _own_units(
                    kind, place[first:last], n_units[first:last], city_of_place, cities, shares, own
                )
            n_targets = 0
            for r in range(last - first):
                if own[r] > 0:
                    where = 0
                    if city_of_place[place[first + r]] > 0:
                        where = target_of_place[place[first + r]]
                    at = 0
                    while at < n_targets and targets[at] != where:
                        at += 1
                    if at == n_targets:
                        targets[at] = where
                        shares[at] = 0
                        n_targets += 1
                    # Under `full` several cities of one country are one for it.
                    shares[at] = min(shares[at] + own[r], UNITS_PER_WORK)
            for member in range(starts[a_set], starts[a_set + 1]):
                group = members[member]
                for at in range(n_targets):
                    high[group, targets[at]] += shares[at] // HALF
                    low[group, targets[at]] += shares[at] % HALF
                    n_works[group, targets[at]] += 1
        first = last


@numba.njit(cache=True, nogil=True)
def _own_units(kind, place, n_units, city_of_place, cities, left, own):  # type: ignore[no-untyped-def]
    """Units of each row of a work under `city` and `full`: its city's, split over the units."""
    n_cities = 0
    for r in range(len(place)):
        own[r] = 0
        city = city_of_place[place[r]]
        if n_units[r] > 0:
            at = 0
            while at < n_cities and cities[at] < city:
                at += 1
            if at == n_cities or cities[at] != city:
                for move in range(n_cities, at, -1):
                    cities[move] = cities[move - 1]
                cities[at] = city
                n_cities += 1
    has_city = n_cities > 0 and cities[n_cities - 1] > 0
    for at in range(n_cities):
        if kind == FULL:
            part = UNITS_PER_WORK if cities[at] > 0 or not has_city else 0
        else:
            part = UNITS_PER_WORK // n_cities + (1 if at < UNITS_PER_WORK % n_cities else 0)
        n_in_city = 0
        for r in range(len(place)):
            if city_of_place[place[r]] == cities[at]:
                n_in_city += n_units[r]
        rest = part % n_in_city
        for r in range(len(place)):
            if city_of_place[place[r]] == cities[at]:
                more = min(rest, n_units[r])
                own[r] = part // n_in_city * n_units[r] + more
                rest -= more

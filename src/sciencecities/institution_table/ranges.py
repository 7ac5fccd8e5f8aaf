"""How high and how low a city could stand, by where the Shares without a city may belong."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple


class Range(NamedTuple):
    """Of one city: largest possible Share (units), best and worst possible rank."""

    high: int
    best: int
    worst: int


def ranges(
    placed: Mapping[str, int],
    country_of: Mapping[str, str | None],
    unassigned: Mapping[str | None, int],
) -> dict[str, Range]:
    """The range of every city in `placed` (units by id), given what no city got, by country.

    A Share without a city may lie in the cities of its country, in any parts; one without a
    country, anywhere. Best: the city gets all that it can, the others nothing. Worst: it gets
    nothing, and each country's Share lifts as many others above it as it suffices for; what it
    leaves may make cities that `placed` does not name, each with more than the city has.
    """
    anywhere = unassigned.get(None, 0)
    everyone = sorted(placed.values())
    pools = {country: units for country, units in unassigned.items() if country is not None}
    by_country: dict[str | None, list[int]] = defaultdict(list)
    for city_id, units in placed.items():
        by_country[country_of[city_id]].append(units)
    below = {country: _Below(values) for country, values in by_country.items()}
    found = {}
    for city_id, units in placed.items():
        own = country_of[city_id]
        high = units + pools.get(own or "", 0) + anywhere
        best = 1 + len(everyone) - bisect_left(everyone, high + 1)
        lifted = 0
        left = [pool for country, pool in pools.items() if country not in below]
        for country, cities in below.items():
            pool = pools.get(country or "", 0)
            if pool + anywhere:
                lifted += cities.lifted_above(units, pool + anywhere) - (country == own)
            left.append(pool - cities.cost(units, cities.lifted_above(units, pool)) if pool else 0)
        above = len(everyone) - bisect_left(everyone, units + 1)
        worst = 1 + above + lifted + _unnamed(units, left, anywhere)
        found[city_id] = Range(high, best, worst)
    return found


def _unnamed(units: int, left: Sequence[int], anywhere: int) -> int:
    """How many cities in no list could have more than `units`, made of what each country has left.

    What may lie anywhere goes to one of the countries or is dealt out; neither bound is exceeded.
    """
    if not units:
        return 0
    each = sum(max(0, pool + anywhere - 1) // units for pool in left)
    return min(each, max(0, sum(left) + anywhere - 1) // units)


class _Below:
    """The Shares of one country's cities, ready to say how many a pool lifts above a Share."""

    def __init__(self, values: list[int]) -> None:
        self._values = sorted(values)
        self._sums = [0, *accumulate(self._values)]

    def lifted_above(self, units: int, pool: int) -> int:
        """How many of those at or below `units` can be lifted above it with less than `pool`.

        The cheapest are the largest; of n of them the gaps sum to n × units − their Shares.
        """
        low, high = 0, bisect_left(self._values, units + 1)
        while low < high:
            n = (low + high + 1) // 2
            low, high = (n, high) if self.cost(units, n) < pool else (low, n - 1)
        return low

    def cost(self, units: int, n: int) -> int:
        """What lifts the largest `n` of those at or below `units` up to it."""
        end = bisect_left(self._values, units + 1)
        return n * units - (self._sums[end] - self._sums[end - n])

"""Exact sums by group of works and city, as the kernel makes them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

HALF = 10**9

Array = np.ndarray[Any, Any]


class Sums(NamedTuple):
    """Sums by group (row) and target (column; 0 = no city): units = high × 10^9 + low; works."""

    high: Array
    low: Array
    works: Array

    @classmethod
    def zero(cls, n_groups: int, n_targets: int) -> Sums:
        """Nothing summed yet."""
        return cls(*(np.zeros((n_groups, n_targets), np.int64) for _ in range(3)))

    def carried(self) -> Sums:
        """The same with low below 10^9."""
        return Sums(self.high + self.low // HALF, self.low % HALF, self.works)

    def units(self, group: int, target: int) -> int:
        """One sum as an exact integer."""
        return int(self.high[group, target]) * HALF + int(self.low[group, target])


class Groups(NamedTuple):
    """The groups each set of works counts in: those of set s are members[starts[s]:starts[s+1]]."""

    starts: Array
    members: Array

"""Replicate Shares: for each city or country of a year and scope, its sum in every re-draw.

Rows come from the engine in runs of works; nothing holds the corpus. What stays in memory is one
row of sums for each listed city, so the number of cities bounds it, not the number of works.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from sciencecities.draws import seed_mask
from sciencecities.engines.base import Distributed, Engine
from sciencecities.rank.rows import Groups
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sciencecities.rank.order import Listing

WORKS_AT_A_TIME = 16_384
"""Their numbers for one block of replicates are 2 MB, which stay in the cache."""


@dataclass(slots=True)
class Replicates:
    """What the re-draws of one list (year, scope, cities or countries) gave, in order of rank.

    A weight of one work is `scale`; `sums` and `squares` are in its units.
    """

    sums: NDArray[np.int64]  # item × replicate: Σ weight × number
    works: NDArray[np.int64]  # replicate: N*, the works of the scope in it
    n_works: int
    scale: int
    squares: list[int]  # item: Σ weight²
    largest: NDArray[np.int64]  # item: its largest weight

    def shares(self) -> NDArray[np.float64]:
        """Item × replicate: Share scaled by N / N*."""
        factor = self.n_works / np.maximum(self.works, 1) / self.scale
        return self.sums * factor

    def variances(self) -> NDArray[np.float64]:
        """Item: Σw², in works²."""
        return np.array([s / self.scale**2 for s in self.squares])


def scale_for(n_works: int) -> int:
    """Fixed-point units of a work: 2^40, less where sums of so many works would not fit."""
    return 1 << min(40, 61 - n_works.bit_length())


class Sums:
    """Adds up the re-draws of the works of one year, group by group."""

    def __init__(
        self, n_groups: int, *, replicates: int, scale: int, seed: int, threads: int = 1
    ) -> None:
        from sciencecities.rank.kernels import BLOCK

        self.scale = scale
        self._replicates = replicates
        self._mask = np.uint64(seed_mask(seed))
        self._sums = np.zeros((n_groups, -(-replicates // BLOCK) * BLOCK), np.int64)
        self._squares = np.zeros((n_groups, 3), np.int64)
        self._largest = np.zeros(n_groups, np.int64)
        self._pool = ThreadPoolExecutor(threads)

    def add(
        self, keys: NDArray[Any], work: NDArray[Any], group: NDArray[Any], units: NDArray[Any]
    ) -> None:
        """Add rows: a weight in units of a work (numbered within `keys`) in a group.

        Units of −1 stand for the work as a whole, which counts 1 in the group's sums.
        """
        from sciencecities.rank.kernels import BLOCK, add_block, add_squares

        states = np.ascontiguousarray(keys).view(np.uint64) ^ self._mask
        for first, works, groups, weights in _chunks(
            work, group, units, self.scale, len(self._sums)
        ):
            some = states[first : first + WORKS_AT_A_TIME]
            add_squares(groups, weights, self._squares, self._largest)
            jobs = [
                self._pool.submit(add_block, some, works, groups, weights, start, self._sums)
                for start in range(0, self._sums.shape[1], BLOCK)
            ]
            for job in jobs:
                job.result()

    def partial(self) -> tuple[NDArray[np.int64], ...]:
        """What was added, of the groups that have something: group, sums, squares, largest."""
        found = np.flatnonzero(self._sums.any(axis=1) | (self._largest > 0))
        return found, self._sums[found], self._squares[found], self._largest[found]

    def take(
        self, group: NDArray[Any], sums: NDArray[Any], squares: NDArray[Any], largest: NDArray[Any]
    ) -> None:
        """Add what another made of other rows; a group may come several times."""
        np.add.at(self._sums, group, sums)
        np.add.at(self._squares, group, squares)
        np.maximum.at(self._largest, group, largest)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    def replicates(self, part: slice, world: int, n_works: int) -> Replicates:
        """The result for some consecutive groups; `world` is the group of all works."""
        return Replicates(
            self._sums[part, : self._replicates],
            self._sums[world, : self._replicates],
            n_works,
            self.scale,
            [(int(a) << 40) + (int(b) << 21) + int(c) for a, b, c in self._squares[part]],
            self._largest[part],
        )


def redraw(
    engine: Engine,
    lists: Sequence[Listing],
    n_works: Mapping[str, int],
    *,
    replicates: int,
    seed: int,
    threads: int,
) -> list[Replicates]:
    """Re-draw the works of one year; a Replicates for each list, which are all of that year.

    The engine must know weights, unit_targets, members, scope_names, selected (with work_key).
    """
    groups = Groups(engine, lists)
    scale = scale_for(max(n_works.values()))
    new_sums = partial(Sums, groups.n, replicates=replicates, scale=scale, seed=seed)
    sums = new_sums(threads=threads)
    try:
        if isinstance(engine, Distributed):
            from sciencecities.rank.spread import add_spread

            add_spread(engine, sums, new_sums, groups, lists[0].year)
        else:
            for rows in groups.runs(lists[0].year):
                sums.add(*rows)
    finally:
        sums.close()
    return [
        sums.replicates(part, groups.world[one.scope], n_works[one.scope])
        for one, part in zip(lists, groups.parts, strict=True)
    ]


def _chunks(
    work: NDArray[Any], group: NDArray[Any], units: NDArray[Any], scale: int, n_groups: int
) -> Iterator[tuple[int, NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]]:
    """First work, works from there, groups, weights in fixed point; few works, sorted by group."""
    from sciencecities.rank.kernels import sorted_places

    chunk = work // WORKS_AT_A_TIME
    n_chunks = int(chunk.max(initial=0)) + 1
    order = sorted_places(group, n_groups)
    order = order[sorted_places(chunk[order], n_chunks)]
    works, groups, weights = work[order], group[order].astype(np.int32), units[order]
    fixed = np.rint(weights * (scale / UNITS_PER_WORK)).astype(np.int64)
    fixed[weights < 0] = 1
    ends = np.cumsum(np.bincount(chunk, minlength=n_chunks)).tolist()
    for number, (a, b) in enumerate(pairwise([0, *ends])):
        first = number * WORKS_AT_A_TIME
        if a < b:
            yield first, (works[a:b] - first).astype(np.int32), groups[a:b], fixed[a:b]

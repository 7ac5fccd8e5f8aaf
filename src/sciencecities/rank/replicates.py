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
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from sciencecities.rank.order import Listing

ROWS_PER_RUN = 1_000_000
WORKS_AT_A_TIME = 16_384
"""Their numbers for one block of replicates are 2 MB, which stay in the cache."""

WORLD = -1
"""The kind of the group that every work of a scope belongs to: its sums are N*."""

# Cities (kind 0) and countries (kind 1) of each work of a run with their units; a country with
# several cities of a work has 1 at most, as in its Share.
RUN_ITEMS = f"""
SELECT work_no, 0 AS kind, target_no AS item_no, CAST(SUM(units) AS BIGINT) AS units
FROM draw_run WHERE target_no > 0 GROUP BY work_no, target_no
UNION ALL
SELECT work_no, 1 AS kind, country_no AS item_no,
       CAST(LEAST(SUM(CAST(units AS DECIMAL(19,0))), {UNITS_PER_WORK}) AS BIGINT) AS units
FROM draw_run WHERE target_no > 0 AND country_no > 0 GROUP BY work_no, country_no
"""

RUN = """
SELECT w.work_no, u.target_no, u.country_no, w.units
FROM weights AS w
JOIN unit_targets AS u ON u.unit_no = w.unit_no
WHERE w.work_no BETWEEN {first} AND {last}
"""

ROWS = """
SELECT x.work_no, g.group_no, x.units
FROM draw_items AS x
JOIN members AS m ON m.work_no = x.work_no
JOIN draw_groups AS g ON g.scope_no = m.scope_no AND g.kind = x.kind AND g.item_no = x.item_no
UNION ALL
SELECT m.work_no, g.group_no, -1 AS units
FROM members AS m
JOIN draw_groups AS g ON g.scope_no = m.scope_no AND g.kind = -1
WHERE m.work_no BETWEEN {first} AND {last}
"""

WORKS = """
SELECT work_no, work_key FROM selected WHERE work_no BETWEEN {first} AND {last} ORDER BY work_no
"""


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
        for first, works, groups, weights in _chunks(work, group, units, self.scale):
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
    groups = _Groups(engine, lists)
    scale = scale_for(max(n_works.values()))
    new_sums = partial(Sums, groups.n, replicates=replicates, scale=scale, seed=seed)
    sums = new_sums(threads=threads)
    try:
        if isinstance(engine, Distributed):
            from sciencecities.rank.spread import add_spread

            add_spread(engine, sums, new_sums, _span(engine, lists[0].year))
        else:
            for rows in _runs(engine, lists[0].year):
                sums.add(*rows)
    finally:
        sums.close()
    return [
        sums.replicates(part, groups.world[one.scope], n_works[one.scope])
        for one, part in zip(lists, groups.parts, strict=True)
    ]


class _Groups:
    """Numbers every item of the lists, one after the other, then each scope's works."""

    def __init__(self, engine: Engine, lists: Sequence[Listing]) -> None:
        import pyarrow as pa

        named = engine.fetch("SELECT scope, scope_no FROM scope_names").to_pylist()
        number = {r["scope"]: r["scope_no"] for r in named}
        ends = np.cumsum([0, *(len(one.numbers) for one in lists)]).tolist()
        self.parts = [slice(a, b) for a, b in pairwise(ends)]
        scopes = sorted({one.scope for one in lists})
        self.world = {scope: ends[-1] + i for i, scope in enumerate(scopes)}
        self.n = ends[-1] + len(scopes)
        columns: dict[str, list[int]] = {
            "scope_no": [n for one in lists for n in [number[one.scope]] * len(one.numbers)],
            "kind": [n for one in lists for n in [one.kind] * len(one.numbers)],
            "item_no": [n for one in lists for n in one.numbers],
        }
        columns["scope_no"] += [number[s] for s in scopes]
        columns["kind"] += [WORLD] * len(scopes)
        columns["item_no"] += [0] * len(scopes)
        arrays = {k: pa.array(v, pa.int64()) for k, v in columns.items()}
        arrays["group_no"] = pa.array(range(self.n), pa.int64())
        engine.put("draw_groups", pa.table(arrays))


def _runs(engine: Engine, year: int) -> Iterator[tuple[NDArray[np.int64], ...]]:
    """Runs of works: their keys, and rows as `Sums.add` takes them."""
    for first, last in _ranges(engine, year):
        engine.table("draw_run", RUN.format(first=first, last=last))
        engine.table("draw_items", RUN_ITEMS)
        keys = engine.fetch(WORKS.format(first=first, last=last))
        rows = engine.fetch(ROWS.format(first=first, last=last))
        work = _numbers(rows, "work_no") - first
        yield _numbers(keys, "work_key"), work, _numbers(rows, "group_no"), _numbers(rows, "units")
    for name in ("draw_run", "draw_items"):
        engine.drop(name)


def _chunks(
    work: NDArray[Any], group: NDArray[Any], units: NDArray[Any], scale: int
) -> Iterator[tuple[int, NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]]:
    """First work, works from there, groups, weights in fixed point; few works, sorted by group."""
    chunk = work // WORKS_AT_A_TIME
    order = np.argsort(chunk * (int(group.max(initial=0)) + 1) + group)
    works, groups, weights = work[order], group[order].astype(np.int32), units[order]
    fixed = np.rint(weights * (scale / UNITS_PER_WORK)).astype(np.int64)
    fixed[weights < 0] = 1
    ends = np.flatnonzero(np.diff(chunk[order], append=-1)) + 1
    for a, b in pairwise([0, *ends.tolist()]):
        first = int(works[a]) // WORKS_AT_A_TIME * WORKS_AT_A_TIME
        yield first, (works[a:b] - first).astype(np.int32), groups[a:b], fixed[a:b]


def _span(engine: Engine, year: int) -> tuple[int, int]:
    """The first and last of the year's work numbers."""
    facts = engine.fetch(
        "SELECT MIN(s.work_no) AS first, MAX(s.work_no) AS last FROM selected AS s "
        f"WHERE s.data_year = {int(year)}"
    ).to_pylist()[0]
    return facts["first"], facts["last"]


def _ranges(engine: Engine, year: int) -> list[tuple[int, int]]:
    """Ranges of the year's work numbers with about ROWS_PER_RUN weights each."""
    first, last = _span(engine, year)
    rows = engine.fetch(
        f"SELECT COUNT(*) AS n FROM weights WHERE work_no BETWEEN {first} AND {last}"
    ).column("n")[0]
    n_runs = max(1, -(-rows.as_py() // ROWS_PER_RUN))
    step = -(-(last - first + 1) // n_runs)
    return [(a, min(a + step - 1, last)) for a in range(first, last + 1, step)]


def _numbers(rows: pa.Table, column: str) -> NDArray[np.int64]:
    values: NDArray[np.int64] = rows.column(column).to_numpy()
    return values.astype(np.int64, copy=False)

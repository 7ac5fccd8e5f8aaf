"""The re-draws on many machines: each sums what it has, and the sums are added.

All are integers and every draw depends on its work alone, so that no digit depends on which machine
took which rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sciencecities.engines.base import Distributed
from sciencecities.rank.replicates import Sums
from sciencecities.rank.rows import Groups, span
from sciencecities.tables import UNITS_PER_WORK, Column, Table

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

ROWS_AT_A_TIME = 1_000_000
GROUPS_AT_A_TIME = 1_000
"""Rows of sums in one batch: 8 MB with 1,000 replicates."""

RUN = """
SELECT w.work_no, u.target_no, u.country_no, w.units
FROM weights AS w
JOIN unit_targets AS u ON u.unit_no = w.unit_no
WHERE w.work_no BETWEEN {first} AND {last}
"""

# Cities (kind 0) and countries (kind 1) of each work with their units; a country with several
# cities of a work has 1 at most, as in its Share.
RUN_ITEMS = f"""
SELECT work_no, 0 AS kind, target_no AS item_no, CAST(SUM(units) AS BIGINT) AS units
FROM draw_run WHERE target_no > 0 GROUP BY work_no, target_no
UNION ALL
SELECT work_no, 1 AS kind, country_no AS item_no,
       CAST(LEAST(SUM(CAST(units AS DECIMAL(19,0))), {UNITS_PER_WORK}) AS BIGINT) AS units
FROM draw_run WHERE target_no > 0 AND country_no > 0 GROUP BY work_no, country_no
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

KEYED_ROWS = """
SELECT s.work_key, x.group_no, x.units FROM ({rows}) AS x
JOIN selected AS s ON s.work_no = x.work_no
"""

PARTIAL_SUMS = Table(
    "partial_sums",
    "One row per group and call: what the call's rows add to the group.",
    (),
    (
        Column("group_no", "int64", "number of the group"),
        Column("sums", "binary", "Σ weight × number by replicate, 64-bit little-endian"),
        Column("squares", "binary", "three parts of Σ weight², 64-bit little-endian"),
        Column("largest", "int64", "the largest weight"),
    ),
)


def add_spread(
    engine: Distributed, sums: Sums, new_sums: Callable[[], Sums], groups: Groups, year: int
) -> None:
    """Add the re-draws of the works of a year to `sums`.

    `new_sums` makes empty ones alike. The engine must know what `replicates.redraw` reads.
    """
    first, last = span(engine, year)
    engine.put("draw_groups", groups.table())
    engine.name("draw_run", RUN.format(first=first, last=last))
    engine.name("draw_items", RUN_ITEMS)
    rows = KEYED_ROWS.format(rows=ROWS.format(first=first, last=last))
    engine.map("draw_parts", rows, partial(_drawn, new_sums), PARTIAL_SUMS)
    adding = partial(_added, new_sums)
    engine.map("draw_sums", "SELECT * FROM draw_parts", adding, PARTIAL_SUMS, near="group_no")
    for batch in engine.batches("SELECT * FROM draw_sums"):
        sums.take(*_arrays(batch))
    for name in ("draw_run", "draw_items", "draw_parts", "draw_sums", "draw_groups"):
        engine.drop(name)


def _drawn(
    new_sums: Callable[[], Sums], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Partial sums of rows (work_key, group_no, units) (runs in a worker)."""
    sums = new_sums()
    try:
        for keys, groups, units in _runs(batches):
            distinct, work = np.unique(keys, return_inverse=True)
            sums.add(distinct, work.astype(np.int64), groups, units)
        yield from _batches(*sums.partial())
    finally:
        sums.close()


def _added(
    new_sums: Callable[[], Sums], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Partial sums put together, so that little reaches the caller (runs in a worker)."""
    sums = new_sums()
    try:
        for batch in batches:
            sums.take(*_arrays(batch))
        yield from _batches(*sums.partial())
    finally:
        sums.close()


def _runs(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[NDArray[np.int64], ...]]:
    """The three columns, in runs of many rows."""
    waiting: list[list[NDArray[np.int64]]] = []
    n_rows = 0
    for batch in batches:
        waiting.append([c.to_numpy().astype(np.int64, copy=False) for c in batch.columns])
        n_rows += batch.num_rows
        if n_rows >= ROWS_AT_A_TIME:
            yield tuple(np.concatenate(c) for c in zip(*waiting, strict=True))
            waiting, n_rows = [], 0
    if n_rows:
        yield tuple(np.concatenate(c) for c in zip(*waiting, strict=True))


def _batches(
    group: NDArray[Any], sums: NDArray[Any], squares: NDArray[Any], largest: NDArray[Any]
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for start in range(0, len(group), GROUPS_AT_A_TIME):
        some = slice(start, start + GROUPS_AT_A_TIME)
        columns = [
            pa.array(group[some]),
            pa.array([row.tobytes() for row in sums[some].astype("<i8")], pa.binary()),
            pa.array([row.tobytes() for row in squares[some].astype("<i8")], pa.binary()),
            pa.array(largest[some]),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=PARTIAL_SUMS.schema())


def _arrays(batch: pa.RecordBatch) -> tuple[NDArray[np.int64], ...]:
    def rows(name: str) -> NDArray[np.int64]:
        joined = b"".join(batch.column(name).to_pylist())
        return np.frombuffer(joined, "<i8").reshape(batch.num_rows, -1)

    group, largest = (batch.column(n).to_numpy() for n in ("group_no", "largest"))
    return group, rows("sums"), rows("squares"), largest

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
from sciencecities.rank.replicates import ROWS, RUN, RUN_ITEMS, Sums
from sciencecities.tables import Column, Table

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

ROWS_AT_A_TIME = 1_000_000
GROUPS_AT_A_TIME = 1_000
"""Rows of sums in one batch: 8 MB with 1,000 replicates."""

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
    engine: Distributed, sums: Sums, new_sums: Callable[[], Sums], span: tuple[int, int]
) -> None:
    """Add the re-draws of the works of a span of numbers to `sums`.

    `new_sums` makes empty ones alike. The engine must know what `replicates.redraw` reads, and
    draw_groups.
    """
    first, last = span
    engine.table("draw_run", RUN.format(first=first, last=last))
    engine.table("draw_items", RUN_ITEMS)
    rows = KEYED_ROWS.format(rows=ROWS.format(first=first, last=last))
    engine.map("draw_parts", rows, partial(_drawn, new_sums), PARTIAL_SUMS)
    adding = partial(_added, new_sums)
    engine.map("draw_sums", "SELECT * FROM draw_parts", adding, PARTIAL_SUMS, near="group_no")
    for batch in engine.batches("SELECT * FROM draw_sums"):
        sums.take(*_arrays(batch))
    for name in ("draw_run", "draw_items", "draw_parts", "draw_sums"):
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

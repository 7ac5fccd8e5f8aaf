"""What a stage asks of a query engine. The rules are SQL texts that every engine runs alike.

The SQL keeps to an allow-list (docs/METHOD.md, "Engines"): integer arithmetic, DECIMAL sums,
joins, windows with total orders, CASE; no text work, hashing, floats or reliance on null order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

    from sciencecities.tables import Table


class Engine(Protocol):
    """Runs SQL over Parquet files under a memory limit."""

    def view(self, name: str, paths: Sequence[Path], table: Table) -> None:
        """Make the files readable as `name`; no files is an empty table of that schema."""

    def table(self, name: str, sql: str) -> None:
        """Run a query and keep its rows as `name`."""

    def put(self, name: str, rows: pa.Table) -> None:
        """Make Arrow rows readable as `name`."""

    def drop(self, name: str) -> None:
        """Forget a table or view."""

    def fetch(self, sql: str) -> pa.Table:
        """Run a query and return its (few) rows."""

    def batches(self, sql: str, rows: int = 65536) -> Iterator[pa.RecordBatch]:
        """Run a query and return its rows in turn, without holding them all."""

    def write(self, sql: str, path: Path) -> None:
        """Run a query and write its rows, in their order, to a Parquet file."""

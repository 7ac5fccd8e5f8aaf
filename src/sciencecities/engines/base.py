"""What a stage asks of a query engine. The rules are SQL texts that every engine runs alike.

The SQL keeps to an allow-list (docs/SPARK.md, "One SQL"): integer arithmetic, DECIMAL sums, joins,
windows with total orders, CASE; no text work, hashing, floats or reliance on null order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pyarrow as pa

    from sciencecities.tables import Table

    Mapper = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class Engine(Protocol):
    """Runs SQL over Parquet files."""

    def view(self, name: str, paths: Sequence[Path], table: Table) -> None:
        """Make what `write` or `keep` made readable as `name`; no paths is an empty table."""

    def table(self, name: str, sql: str) -> None:
        """Run a query and keep its rows as `name`."""

    def put(self, name: str, rows: pa.Table) -> None:
        """Make Arrow rows readable as `name`."""

    def drop(self, name: str) -> None:
        """Forget a table or view."""

    def fetch(self, sql: str) -> pa.Table:
        """Run a query and return its (few) rows."""

    def batches(self, sql: str, rows: int = 65536) -> Iterator[pa.RecordBatch]:
        """Run a query and return its rows in turn, in their order, without holding them all."""

    def write(self, sql: str, path: Path) -> None:
        """Run a query and write its rows, in their order, to one Parquet file."""

    def keep(self, sql: str, path: Path) -> None:
        """Run a query and keep its rows at `path`, whole or not at all, for `view` alone.

        A file for one machine; a folder of files, in no order, where many write at once.
        """

    def close(self) -> None:
        """End the connection and free its memory."""


@runtime_checkable
class Distributed(Engine, Protocol):
    """An engine of many machines: it takes all rows at once, and runs Python beside them."""

    def name(self, name: str, sql: str) -> None:
        """Give a query a name; it runs wherever the name is used, so that nothing is kept."""

    def each(self, task: Callable[[str], str], items: Sequence[str]) -> list[str]:
        """What `task` makes of each item, in their order; each item is a job of its own.

        `task` must be importable, or a `partial` of what is.
        """

    def map(
        self, name: str, sql: str, mapper: Mapper, table: Table, *, near: str | None = None
    ) -> None:
        """Send the rows of a query through `mapper` and keep what comes out as `name`.

        Each call takes some of the rows; of those equal in the column `near` it takes most, which
        saves work but is no promise. `mapper` must be importable, or a `partial` of what is.
        """

    def map_groups(
        self, name: str, sql: str, mapper: Mapper, table: Table, *, by: str, order: str
    ) -> None:
        """The same; rows that are equal in the column `by` reach one call.

        They come together, sorted by the columns `order` (comma-joined).
        """

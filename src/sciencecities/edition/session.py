"""Queries over the tables of an edition; those of one session share their temporary tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sciencecities.errors import EditionError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class Session:
    """A cursor of an edition's own. Use as a context: its end drops the temporary tables."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._cursor, self._path = cursor, path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cursor.close()

    def query(self, sql: str, values: dict[str, Any] | None = None) -> pa.Table:
        """The rows of a query (DuckDB's SQL; `$name` for values).

        Raises EditionError if a table is damaged or too large to read at once.
        """
        with _said(self._path):
            return self._cursor.sql(sql, params=values or {}).to_arrow_table()

    def execute(self, sql: str, values: dict[str, Any], of: Path) -> None:
        """Run a statement that has no rows, of files of the edition `of`. Raises as `query`."""
        with _said(of):
            self._cursor.execute(sql, values)


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """DuckDB's errors as ours, naming the edition."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise EditionError(
            f"{path}: too large to read at once; ask for one scope, one city or fewer rows"
        ) from error
    except (duckdb.Error, UnicodeDecodeError) as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise EditionError(
            f"{path}: damaged ({reason}); `sciencecities verify` lists what, build again"
        ) from error

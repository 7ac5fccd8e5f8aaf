"""The engine for one machine: DuckDB over Parquet, spilling below a memory limit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from sciencecities.errors import EngineError
from sciencecities.files import write_whole

if TYPE_CHECKING:
    import pyarrow as pa

    from sciencecities.tables import Table

ROW_GROUP_ROWS = 122_880


class DuckDB:
    """One connection with a memory limit and a folder to spill into."""

    def __init__(self, *, memory: str, threads: int, spill: Path) -> None:
        try:
            spill.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EngineError(
                f"{spill}: cannot be written ({error.strerror or error}); free disk space, then "
                "run again with --resume"
            ) from error
        self._connection = duckdb.connect(":memory:")
        for setting, value in (
            ("memory_limit", memory.replace(" ", "")),
            ("threads", threads),
            ("temp_directory", str(spill)),
            ("enable_progress_bar", False),
            ("autoinstall_known_extensions", False),
        ):
            with _errors():
                self._connection.execute(f"SET {setting} = {_literal(value)}")

    def view(self, name: str, paths: Sequence[Path], table: Table) -> None:
        """Make the files readable as `name`; no files is an empty table of that schema."""
        if not paths:
            self.put(name, table.schema().empty_table())
            return
        files = ", ".join(path_literal(p) for path in paths for p in _files(path))
        with _errors():
            self._connection.execute(
                f"CREATE OR REPLACE VIEW {name} AS SELECT * "
                f"FROM read_parquet([{files}], hive_partitioning = false)"
            )

    def table(self, name: str, sql: str) -> None:
        """Run a query and keep its rows as `name`."""
        with _errors():
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")

    def put(self, name: str, rows: pa.Table) -> None:
        """Make Arrow rows readable as `name`."""
        with _errors():
            self._connection.register("_rows", rows)
            self.table(name, "SELECT * FROM _rows")
            self._connection.unregister("_rows")

    def drop(self, name: str) -> None:
        """Forget a table or view."""
        with _errors():
            self._connection.execute(f"DROP TABLE IF EXISTS {name}")

    def fetch(self, sql: str) -> pa.Table:
        """Run a query and return its (few) rows."""
        with _errors():
            return self._connection.sql(sql).to_arrow_table()

    def batches(self, sql: str, rows: int = 65536) -> Iterator[pa.RecordBatch]:
        """Run a query and return its rows in turn, without holding them all."""
        with _errors():
            yield from self._connection.sql(sql).to_arrow_reader(rows)

    def write(self, sql: str, path: Path) -> None:
        """Run a query and write its rows, in their order, to a Parquet file."""

        def copy(partial: Path) -> None:
            with _errors(path):
                self._connection.execute(
                    f"COPY ({sql}) TO {_literal(str(partial))} (FORMAT parquet, COMPRESSION zstd, "
                    f"COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
                )

        write_whole(path, copy)

    def keep(self, sql: str, path: Path) -> None:
        """Run a query and keep its rows in a Parquet file, for `view`."""
        self.write(sql, path)

    def close(self) -> None:
        """End the connection and free its memory."""
        self._connection.close()


def _files(path: Path) -> list[Path]:
    """The file, or those of a folder that another engine kept."""
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def path_literal(path: Path) -> str:
    """A file's path for read_parquet, which takes `*`, `?` and `[` for patterns of files."""
    return _literal(re.sub(r"[*?[]", r"[\g<0>]", str(path)))


def _literal(value: str | int) -> str:
    return "'" + str(value).replace("'", "''") + "'"


@contextmanager
def _errors(path: Path | None = None) -> Iterator[None]:
    where = f"{path}: " if path else ""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise EngineError(
            f"{where}not enough memory or temporary disk space ({_first_line(error)}); "
            "raise --memory or free disk space, then run again with --resume"
        ) from error
    except duckdb.IOException as error:
        raise EngineError(
            f"{where}cannot be read or written ({_first_line(error)}); free disk space or choose "
            "another folder, then run again with --resume"
        ) from error
    except duckdb.Error as error:
        raise EngineError(f"{where}a query failed: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]

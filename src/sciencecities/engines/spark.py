"""The engine for many machines: Spark, classic or through Connect (Sail too), over Parquet.

Every table is written to a scratch folder that all machines see, so that no query is run twice and
no plan grows without end. Only what one file must hold in order passes through this process.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sciencecities.engines.dialect import spark_sql
from sciencecities.engines.spark_session import first_line, open_session
from sciencecities.errors import EngineError, SciencecitiesError
from sciencecities.files import PARTIAL, seal, write_parquet, write_whole

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from sciencecities.engines.base import Mapper
    from sciencecities.tables import Table

ROW_GROUP_ROWS = 122_880
TYPES = {
    "int64": "BIGINT", "int32": "INT", "string": "STRING", "bool": "BOOLEAN", "float64": "DOUBLE",
    "binary": "BINARY",
}  # fmt: skip
PATTERN = re.compile(r"[*?\[\]{}\\]")


class Spark:
    """One session, and a scratch folder that every machine of it can read and write."""

    def __init__(
        self, *, master: str | None, remote: str | None, memory: str, threads: int, scratch: Path
    ) -> None:
        self._scratch = scratch.absolute()
        self._is_remote = remote is not None
        self._numbers = count()
        self._folders: dict[str, Path] = {}
        try:
            shutil.rmtree(self._scratch, ignore_errors=True)  # what a killed run left
            self._scratch.mkdir(parents=True)
        except OSError as error:
            raise EngineError(
                f"{scratch}: cannot be written ({error.strerror or error}); free disk space, then "
                "run again with --resume"
            ) from error
        self._session = open_session(
            master=master, remote=remote, memory=memory, threads=threads, scratch=self._scratch
        )

    def view(self, name: str, paths: Sequence[Path], table: Table) -> None:
        """Make files or folders of Parquet readable as `name`; no paths is an empty table."""
        if not paths:
            self.put(name, table.schema().empty_table())
            return
        with _errors():
            self._read(paths, _columns(table)).createOrReplaceTempView(name)

    def table(self, name: str, sql: str) -> None:
        """Run a query and keep its rows as `name`."""
        with _errors():
            self._keep_as(name, self._query(sql))

    def name(self, name: str, sql: str) -> None:
        """Give a query a name; it runs wherever the name is used."""
        with _errors():
            self._query(sql).createOrReplaceTempView(name)
        self._now_in(name, None)

    def put(self, name: str, rows: pa.Table) -> None:
        """Make Arrow rows readable as `name`."""
        folder = self._new_folder(name)
        folder.mkdir()
        write_parquet(folder / "rows.parquet", rows, sync=False)
        with _errors():
            self._session.read.parquet(_path(folder)).createOrReplaceTempView(name)
        self._now_in(name, folder)

    def drop(self, name: str) -> None:
        """Forget a table or view."""
        with _errors():
            self._session.catalog.dropTempView(name)
        self._now_in(name, None)

    def fetch(self, sql: str) -> pa.Table:
        """Run a query and return its (few) rows."""
        with _errors():
            return self._query(sql).toArrow()

    def batches(self, sql: str, rows: int = 65536) -> Iterator[pa.RecordBatch]:
        """Run a query and return its rows in turn, in their order, without holding them all."""
        for table in self._in_order(sql):
            yield from table.to_batches(rows)

    def write(self, sql: str, path: Path) -> None:
        """Run a query and write its rows, in their order, to one Parquet file."""
        import pyarrow.parquet as pq

        def copy(partial: Path) -> None:
            tables = self._in_order(sql)
            first = next(tables)
            schema = first.schema.remove_metadata()
            with pq.ParquetWriter(partial, schema, compression="zstd", compression_level=1) as out:
                for table in _runs(chain([first], tables), ROW_GROUP_ROWS):
                    out.write_table(table.cast(schema), row_group_size=ROW_GROUP_ROWS)

        write_whole(path, copy)

    def keep(self, sql: str, path: Path) -> None:
        """Run a query and keep its rows in a folder of Parquet files, for `view`."""
        partial = path.with_name(path.name + PARTIAL)
        shutil.rmtree(partial, ignore_errors=True)
        with _errors(path):
            rows = self._query(sql)
            rows.write.parquet(_path(partial))
            if not any(partial.glob("*.parquet")):  # a server may write nothing where no rows are
                partial.mkdir(exist_ok=True)
                write_parquet(partial / "rows.parquet", rows.toArrow(), sync=False)
        seal(path, partial)
        partial.replace(path)

    def each(self, task: Callable[[str], str], items: Sequence[str]) -> list[str]:
        """What `task` makes of each item, in their order; each item is a job of its own."""
        import pyarrow as pa

        self.put("items", pa.table({"number": range(len(items)), "item": list(items)}))
        with _errors():
            spread = self._query("SELECT * FROM items").repartition(len(items))
            made = spread.mapInArrow(partial(one_by_one, task), "number BIGINT, made STRING")
            rows = made.toArrow().sort_by("number")
        self.drop("items")
        return cast(list[str], rows.column("made").to_pylist())

    def map(
        self, name: str, sql: str, mapper: Mapper, table: Table, *, near: str | None = None
    ) -> None:
        """Send the rows of a query through `mapper` and keep what comes out as `name`."""
        with _errors():
            rows = self._query(sql)
            rows = rows.repartition(near) if near else rows
            self._keep_as(name, rows.mapInArrow(mapper, _columns(table)))

    def map_groups(
        self, name: str, sql: str, mapper: Mapper, table: Table, *, by: str, order: str
    ) -> None:
        """The same; rows that are equal in the column `by` reach one call, sorted by `order`."""
        from pyspark.sql import functions as f

        with _errors():
            rows = self._query(sql)
            # One row a group: a planner may drop a sort or a partitioning that no query needs.
            grouped = rows.groupBy(by).agg(f.collect_list(f.struct(*rows.columns)))
            unfolding = partial(unfold, mapper, order)
            self._keep_as(name, grouped.mapInArrow(unfolding, _columns(table)))

    def close(self) -> None:
        """End the session and remove the scratch folder."""
        with suppress(Exception):  # a server that has gone has ended it
            self._session.stop()
        shutil.rmtree(self._scratch, ignore_errors=True)

    # --- inside -------------------------------------------------------------------------------

    def _query(self, sql: str) -> DataFrame:
        return self._session.sql(spark_sql(sql))

    def _read(self, paths: Sequence[Path], columns: Any) -> DataFrame:
        return self._session.read.schema(columns).parquet(*(_path(p) for p in paths))

    def _keep_as(self, name: str, rows: DataFrame) -> None:
        folder = self._new_folder(name)
        rows.write.parquet(_path(folder))
        if self._is_remote and any(folder.glob("*.parquet")):
            written = self._session.read.parquet(_path(folder))  # its plans may name other types
        else:
            written = self._read([folder], rows.schema)
        written.createOrReplaceTempView(name)
        self._now_in(name, folder)

    def _new_folder(self, name: str) -> Path:
        return self._scratch / f"{name}-{next(self._numbers)}"

    def _now_in(self, name: str, folder: Path | None) -> None:
        """Note where the rows of `name` are; where they were before is removed."""
        old = self._folders.pop(name, None)
        if folder:
            self._folders[name] = folder
        if old:
            shutil.rmtree(old, ignore_errors=True)

    def _in_order(self, sql: str) -> Iterator[pa.Table]:
        """The rows of a query in their order; at least one table, which may be empty."""
        with _errors():
            rows = self._query(sql)
            yield from self._streamed(rows) if self._is_remote else self._from_parts(rows)

    def _streamed(self, rows: Any) -> Iterator[pa.Table]:
        """As the server sends them. A server's files may hold them in another order."""
        import pyarrow as pa

        client = rows.sparkSession.client
        plan = rows._plan
        tables = client.to_table_as_iterator(plan.to_proto(client), plan.observations)
        found = False
        for table in tables:
            if isinstance(table, pa.Table):  # a schema comes too
                found = True
                yield table
        if not found:
            yield rows.toArrow()

    def _from_parts(self, rows: DataFrame) -> Iterator[pa.Table]:
        """From files, whose names follow the order of what each task wrote."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder = self._new_folder("in_order")
        rows.write.parquet(_path(folder))
        try:
            for path in sorted(folder.glob("part-*.parquet")):
                file = pq.ParquetFile(path)
                yield file.schema_arrow.empty_table()
                for batch in file.iter_batches(ROW_GROUP_ROWS):
                    yield pa.Table.from_batches([batch])
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def one_by_one(
    task: Callable[[str], str], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Numbered items and what `task` makes of them (runs in a worker)."""
    import pyarrow as pa

    for batch in batches:
        made = pa.array((task(item) for item in batch.column(1).to_pylist()), pa.string())
        yield pa.RecordBatch.from_arrays([batch.column(0), made], ["number", "made"])


def unfold(
    mapper: Mapper, order: str, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Give `mapper` the rows that each batch holds as lists, in order (runs in a worker)."""
    import pyarrow as pa

    keys = [(column.strip(), "ascending") for column in order.split(",")]
    unfolded = (
        pa.RecordBatch.from_struct_array(b.column(1).flatten()).sort_by(keys) for b in batches
    )
    return mapper(unfolded)


def _runs(tables: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
    """The tables put together to at least so many rows each (but the last)."""
    import pyarrow as pa

    waiting: list[pa.Table] = []
    n_rows = 0
    for table in tables:
        waiting.append(table)
        n_rows += table.num_rows
        if n_rows >= rows:
            yield pa.concat_tables(waiting)
            waiting, n_rows = [], 0
    if waiting:
        yield pa.concat_tables(waiting)


def _columns(table: Table) -> str:
    return ", ".join(f"`{c.name}` {TYPES[c.type]}" for c in table.columns)


def _path(path: Path) -> str:
    if PATTERN.search(str(path)):
        raise EngineError(
            f"{path}: Spark takes * ? [ ] {{ }} \\ in names for patterns; choose another folder"
        )
    return str(path.absolute())


@contextmanager
def _errors(path: Path | None = None) -> Iterator[None]:
    where = f"{path}: " if path else ""
    try:
        yield
    except (SciencecitiesError, OSError):
        raise
    except Exception as error:  # pyspark, py4j and grpc share no base
        text = first_line(error)
        memory = "OutOfMemory" in str(error) or "memory" in text.lower()
        advice = "; raise --memory, then run again with --resume" if memory else ""
        raise EngineError(f"{where}a query failed on Spark: {text}{advice}") from error

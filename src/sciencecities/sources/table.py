"""A plain table, CSV or Parquet: one row per work, author and affiliation.

Rows of a work may lie anywhere in the file. They are brought together by an external sort, which
spills to disk beyond its memory, and handed on in pieces of whole works.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sciencecities.errors import SourceError
from sciencecities.sources.base import Digest, Piece, Records
from sciencecities.sources.parquet import MAGIC
from sciencecities.sources.streams import hash_file
from sciencecities.sources.table_columns import ROW

if TYPE_CHECKING:
    import pyarrow as pa

SORT_MEMORY = "256MB"
_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")
_STEP_ROWS = 2048


class Table:
    """Reads .csv, .csv.gz, .tsv and flat .parquet files with the columns named above."""

    name = "table"
    unit = "row"

    def accepts(self, path: Path, head: bytes) -> bool:
        """A file named as a table, any other Parquet file, or a text with a column `work_id`."""
        from sciencecities.sources.table_files import header_of_text

        if head.startswith(MAGIC) or path.name.lower().endswith(_SUFFIXES):
            return True
        return "work_id" in header_of_text(head)

    def pieces(self, path: Path, digest: Digest, piece_bytes: int) -> Iterator[Piece]:
        """Whole works in the order of their ids, as Arrow streams of about `piece_bytes`.

        `first` counts sorted rows. Raises SourceError if a required column is missing, or the
        file is cut or corrupt.
        """
        from sciencecities.sources.table_files import batches_of_parquet, batches_of_text

        if _is_parquet(path):
            hash_file(path, digest)
            batches = batches_of_parquet(path)
        else:
            batches = batches_of_text(path, digest)
        number, first = 0, 1
        for rows in _whole_works(_sorted(path, batches), piece_bytes):
            yield Piece(number, first, _to_bytes(rows))
            number, first = number + 1, first + rows.num_rows

    def read(self, path: Path, piece: Piece, out: Records) -> None:
        """Append the piece's works; one with a bad or contradicting row is rejected as a whole."""
        import pyarrow as pa

        from sciencecities.sources.table_rows import add_work

        with pa.ipc.open_stream(piece.data) as stream:
            columns = stream.read_all().to_pydict()
        ids = columns["work_id"]
        start = 0
        for end in range(1, len(ids) + 1):
            # A row without an id is a record by itself.
            if end == len(ids) or ids[end] != ids[start] or not ids[start]:
                rows = [{name: columns[name][i] for name in columns} for i in range(start, end)]
                add_work(rows, out)
                start = end


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == MAGIC
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error


def _sorted(path: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows by work id and row number, in bounded memory."""
    import duckdb
    import pyarrow as pa

    first = next(batches, None)
    if first is None:
        return

    def every() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    with tempfile.TemporaryDirectory(prefix="sciencecities-sort-") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": SORT_MEMORY,
            "temp_directory": folder,
            "threads": 2,
        }
        try:
            with duckdb.connect(config=settings) as connection:
                rows = pa.RecordBatchReader.from_batches(first.schema, every())
                connection.register("rows_read", rows)
                query = f'SELECT * FROM rows_read ORDER BY work_id NULLS FIRST, "{ROW}"'
                answer: Any = connection.sql(query)
                yield from answer.to_arrow_reader(_STEP_ROWS)
        except duckdb.Error as error:
            message = str(error).splitlines()[0]
            raise SourceError(f"{path}: its rows cannot be sorted ({message})") from error


def _whole_works(batches: Iterator[pa.RecordBatch], piece_bytes: int) -> Iterator[pa.Table]:
    """Join sorted rows up to `piece_bytes` of text, cut where the work id changes."""
    import pyarrow as pa

    held: list[pa.Table] = []
    size = 0
    for step in _equal_steps(batches):
        ids = step["work_id"].to_pylist()
        n_bytes = _text_bytes(step)
        # The rows of the last work may go on in the next step; rows without an id may part.
        cut = len(ids)
        while ids[-1] is not None and cut > 0 and ids[cut - 1] == ids[-1]:
            cut -= 1
        begins_new = bool(held) and held[-1]["work_id"][-1].as_py() != ids[0]
        if size + n_bytes >= piece_bytes and (cut or begins_new):
            yield pa.concat_tables([*held, step.slice(0, cut)])
            held, size = [step.slice(cut)] if cut < len(ids) else [], 0
        else:
            held.append(step)
            size += n_bytes
    if held:
        yield pa.concat_tables(held)


def _equal_steps(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The same rows in steps of one size, whatever sizes the sort happened to give."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    n_rows = 0
    for batch in batches:
        held.append(batch)
        n_rows += batch.num_rows
        if n_rows >= _STEP_ROWS:
            table = pa.Table.from_batches(held)
            whole = n_rows - n_rows % _STEP_ROWS
            for start in range(0, whole, _STEP_ROWS):
                yield table.slice(start, _STEP_ROWS)
            held, n_rows = table.slice(whole).to_batches(), n_rows - whole
    if n_rows:
        yield pa.Table.from_batches(held)


def _text_bytes(rows: pa.Table) -> int:
    """The size by content alone: text plus eight bytes a row."""
    import pyarrow.compute as pc

    texts = [rows[name] for name in rows.column_names if name != ROW]
    return 8 * int(rows.num_rows) + sum(
        int(pc.sum(pc.binary_length(text)).as_py() or 0) for text in texts
    )


def _to_bytes(rows: pa.Table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    data: bytes = sink.getvalue().to_pybytes()
    return data

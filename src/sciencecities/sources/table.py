"""A plain table, CSV or Parquet: one row per work, author and affiliation.

Rows of a work may lie anywhere in the file. They are brought together by an external sort, which
spills to disk beyond its memory, and handed on in pieces of whole works.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sciencecities.errors import SourceError
from sciencecities.sources.base import Digest, Piece, Records
from sciencecities.sources.streams import hash_file

if TYPE_CHECKING:
    import pyarrow as pa

REQUIRED = ("work_id", "year", "author_position", "affiliation")
OPTIONAL = (
    "doi",
    "title",
    "source_title",
    "issn",
    "type",
    "is_primary",
    "retracted",
    "version",
    "first_page",
    "subjects",
    "topic",
    "institution_id",
    "ror",
    "institution",
    "country",
    "is_corresponding",
    "is_first",
    "authors_truncated",
)
COLUMNS = REQUIRED + OPTIONAL
ROW = "_row"  # 1-based number of the data row
PROBLEM = "_problem"  # what is wrong with the row as such; null if nothing
SORT_MEMORY = "512MB"
_PARQUET_MAGIC = b"PAR1"
_SORTED_ROWS = 20_000


class Table:
    """Reads .csv, .csv.gz, .tsv and flat .parquet files with the columns named above."""

    name = "table"
    unit = "row"

    def accepts(self, path: Path, head: bytes) -> bool:
        """A Parquet file with a column `work_id`, or a text whose first line names one."""
        from sciencecities.sources.table_files import header_of_text, names_in_parquet

        if head.startswith(_PARQUET_MAGIC):
            return "work_id" in names_in_parquet(path)
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
            return file.read(4) == _PARQUET_MAGIC
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
        settings = {"memory_limit": SORT_MEMORY, "temp_directory": folder, "threads": "2"}
        try:
            with duckdb.connect(config=settings) as connection:
                rows = pa.RecordBatchReader.from_batches(first.schema, every())
                connection.register("rows_read", rows)
                query = f'SELECT * FROM rows_read ORDER BY work_id NULLS FIRST, "{ROW}"'
                yield from connection.execute(query).to_arrow_reader(_SORTED_ROWS)
        except duckdb.Error as error:
            message = str(error).splitlines()[0]
            raise SourceError(f"{path}: its rows cannot be sorted ({message})") from error


def _whole_works(batches: Iterator[pa.RecordBatch], piece_bytes: int) -> Iterator[pa.Table]:
    """Join sorted batches up to `piece_bytes`, cut where the work id changes."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        for part in _slices(batch, piece_bytes):
            cut = _last_change(held, part) if size + part.nbytes >= piece_bytes else 0
            if cut:
                yield pa.Table.from_batches([*held, part.slice(0, cut)])
                held, size = [], 0
            rest = part.slice(cut) if cut else part
            if rest.num_rows:
                held.append(rest)
                size += rest.nbytes
            elif not cut:
                held.append(part)
                size += part.nbytes
    if held:
        yield pa.Table.from_batches(held)

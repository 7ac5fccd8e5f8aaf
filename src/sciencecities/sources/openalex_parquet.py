"""The OpenAlex snapshot in Parquet: one work a row, nested like the JSON.

Only the leaves that the JSON reader uses are read. Rows are turned into JSON again, column-wise
in C++, and decoded into the JSON reader's own structs, so that both formats mean the same; that
is also faster than making Python objects of the rows (1.8 times, measured on 5,558 works).
Source: https://developers.openalex.org/download/snapshot-format
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sciencecities.errors import SourceError
from sciencecities.sources.base import Digest, Piece, Records
from sciencecities.sources.parquet import MAGIC, parquet_file
from sciencecities.sources.streams import hash_file

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MAX_ROWS = 50_000
_BATCH_ROWS = 2_000
_LIST_STEPS = frozenset({"list", "element", "item", "array", "bag", "array_element"})
_NEEDED = (
    ("id",),
    ("publication_year",),
    ("type",),
    (
        "authorships.raw_affiliation_strings",
        "authorships.raw_affiliation_string",
        "authorships.affiliations.raw_affiliation_string",
        "authorships.institutions.id",
    ),
)
"""Of each group one leaf must be there; anything else may be absent and is then null."""


class OpenAlexParquet:
    """Reads `data/parquet/works/…/*.parquet`, and other Parquet files of that shape."""

    name = "openalex-parquet"
    unit = "row"

    def accepts(self, path: Path, head: bytes) -> bool:
        """A Parquet file with columns `id` and `authorships`.

        Raises SourceError if it is a Parquet file whose schema cannot be read.
        """
        if not head.startswith(MAGIC):
            return False
        with parquet_file(path) as file:
            return {"id", "authorships"} <= set(file.schema_arrow.names)

    def pieces(self, path: Path, digest: Digest, piece_bytes: int) -> Iterator[Piece]:
        """Ranges of rows (`first` to `last`, 1-based, both included) of about `piece_bytes`.

        Sizes are of the needed leaves, unpacked. Raises SourceError if the file is cut or corrupt,
        or lacks a column without which works cannot be counted.
        """
        hash_file(path, digest)
        with parquet_file(path) as file:
            leaves = leaves_in(file)
            _check_leaves(path, set(leaves.values()))
            n_rows = file.metadata.num_rows
            step = _rows_per_piece(path, file, set(leaves), piece_bytes)
        for number, first in enumerate(range(1, n_rows + 1, step)):
            yield Piece(number=number, first=first, last=min(first + step - 1, n_rows))

    def read(self, path: Path, piece: Piece, out: Records) -> None:
        """Append the works of the rows, and a reject for each that cannot be decoded."""
        from sciencecities.sources.openalex_works import Work, add_works, problem

        decode = msgspec.json.Decoder(Work, strict=False).decode
        works = []
        for position, line in enumerate(_lines(path, piece), piece.first):
            out.n_records += 1
            try:
                work = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                out.reject(position, str(error), line)
                continue
            if reason := problem(work):
                out.reject(position, reason, line)
            else:
                works.append(work)
        add_works(works, out)


def leaves_in(file: pq.ParquetFile) -> dict[str, str]:
    """Needed leaves in the file: path in its schema -> dotted path as in the JSON."""
    paths = [file.schema.column(i).path for i in range(len(file.schema))]
    plain = {path: ".".join(s for s in path.split(".") if s not in _LIST_STEPS) for path in paths}
    return {path: leaf for path, leaf in plain.items() if leaf in needed_leaves()}


@cache
def needed_leaves() -> frozenset[str]:
    """Dotted paths of everything that the JSON reader decodes."""
    from sciencecities.sources.openalex_works import Work

    return frozenset(_leaves_of(Work))


def _leaves_of(struct: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(struct):
        kinds = list(_kinds(field.type))
        inner = [k for k in kinds if isinstance(k, type) and issubclass(k, msgspec.Struct)]
        if inner:
            yield from _leaves_of(inner[0], f"{prefix}{field.encode_name}.")
        elif msgspec.Raw not in kinds:  # pages of the API have no place in a table
            yield f"{prefix}{field.encode_name}"


def _kinds(annotation: Any) -> Iterator[Any]:
    arguments = typing.get_args(annotation)
    if not arguments:
        yield annotation
    for argument in arguments:
        yield from _kinds(argument)


def _check_leaves(path: Path, found: set[str]) -> None:
    for group in _NEEDED:
        if not found & set(group):
            raise SourceError(
                f"{path}: no column {' or '.join(group)}; expected works nested as in the "
                "OpenAlex snapshot"
            )


def _rows_per_piece(path: Path, file: pq.ParquetFile, leaves: set[str], piece_bytes: int) -> int:
    """How many rows hold `piece_bytes` of the needed leaves, on the file's average."""
    size = sum(n for leaf, n in _leaf_bytes(path) if leaf in leaves)
    rows = piece_bytes * int(file.metadata.num_rows) // max(size, 1)
    return max(1, min(rows, MAX_ROWS))


def _leaf_bytes(path: Path) -> list[tuple[str, int]]:
    """Unpacked bytes of each leaf of the file.

    From DuckDB: pyarrow ends the whole process when it is asked for a damaged column's metadata.
    """
    import duckdb

    name = re.sub(r"[*?[]", r"[\g<0>]", str(path))  # no pattern of files is meant
    query = "SELECT path_in_schema, total_uncompressed_size FROM parquet_metadata(?)"
    try:
        with duckdb.connect(config={"threads": 1}) as connection:
            found = connection.execute(query, [name]).fetchall()
    except UnicodeError:
        return []  # a name that DuckDB cannot be told; the pieces have MAX_ROWS rows then
    except duckdb.Error as error:
        raise SourceError(
            f"{path}: the Parquet data is cut or corrupt ({str(error).splitlines()[0][:200]}); "
            "fetch or copy the file again"
        ) from error
    return [(leaf.replace(", ", "."), size) for leaf, size in found]


def _lines(path: Path, piece: Piece) -> Iterator[str]:
    """The rows of the piece as JSON."""
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        for batch in _batches(path, piece):
            connection.register("works_read", batch)
            query = "SELECT to_json(works_read)::VARCHAR AS line FROM works_read"
            try:
                lines = connection.sql(query).to_arrow_table()["line"].to_pylist()
            except duckdb.Error as error:
                raise SourceError(f"{path}: its rows cannot be read ({error})") from error
            yield from lines
            connection.unregister("works_read")


def _batches(path: Path, piece: Piece) -> Iterator[pa.Table]:
    """The rows from `piece.first` to `piece.last`, from the row groups that hold them."""
    with parquet_file(path) as file:
        groups, row = _groups_of(file, piece)
        columns = list(leaves_in(file))
        for batch in file.iter_batches(_BATCH_ROWS, row_groups=groups, columns=columns):
            start = max(0, piece.first - row)
            end = min(batch.num_rows, piece.last - row + 1)
            row += batch.num_rows
            if start < end:
                part = batch.slice(start, end - start)
                part.validate(full=True)
                yield _with_plain_dates(_without_offsets(part))
            if row > piece.last:
                return


def _without_offsets(part: pa.RecordBatch) -> pa.Table:
    """A copy that begins at its buffers' beginning: DuckDB misreads sliced lists of structs."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, part.schema) as stream:
        stream.write_batch(part)
    with pa.ipc.open_stream(sink.getvalue()) as copy:
        return copy.read_all()


def _groups_of(file: pq.ParquetFile, piece: Piece) -> tuple[list[int], int]:
    """The row groups of the piece's rows, and the 1-based number of their first row."""
    groups: list[int] = []
    first_row, row = 1, 1
    for group in range(file.metadata.num_row_groups):
        n_rows = file.metadata.row_group(group).num_rows
        if row <= piece.last and row + n_rows > piece.first:
            if not groups:
                first_row = row
            groups.append(group)
        row += n_rows
    return groups, first_row


def _with_plain_dates(works: pa.Table) -> pa.Table:
    """`updated_date` as the JSON writes it, whether stored as text, date or timestamp."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if "updated_date" not in works.column_names:
        return works
    dates = works["updated_date"]
    if pa.types.is_date(dates.type) or pa.types.is_timestamp(dates.type):
        moments = dates.cast(pa.timestamp("us", tz=getattr(dates.type, "tz", None)), safe=False)
        text = pc.strftime(moments, format="%Y-%m-%dT%H:%M:%S")
        works = works.set_column(works.column_names.index("updated_date"), "updated_date", text)
    return works

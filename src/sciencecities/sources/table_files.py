"""The rows of a table file, text or Parquet, as Arrow batches of strings with row numbers."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sciencecities.errors import SourceError
from sciencecities.sources.base import Digest
from sciencecities.sources.parquet import parquet_file
from sciencecities.sources.streams import read_chunks
from sciencecities.sources.table_columns import COLUMNS, PROBLEM, REQUIRED, ROW

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = ",;\t"
MAX_LINE = 64 << 20
_BATCH_ROWS = 8192


class _Row(NamedTuple):
    fields: list[str]
    problem: str | None


def header_of_text(head: bytes) -> list[str]:
    """The column names in the first line, cut by the delimiter that gives most known names."""
    line = head.decode("utf-8", "replace").removeprefix("\ufeff").lstrip("\r\n").split("\n", 1)[0]
    return _header(line)[0]


def batches_of_text(path: Path, digest: Digest) -> Iterator[pa.RecordBatch]:
    """The rows of a CSV or TSV file; rows that cannot be cut into fields carry a problem.

    Raises SourceError if a required column is missing or the file is no text.
    """
    lines = _lines(path, digest)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        return
    if "\0" in first:  # letters of two bytes, which no header in UTF-8 has
        raise SourceError(f"{path}: is not UTF-8 but UTF-16 or binary; save it as UTF-8 text")
    names, delimiter = _header(first)
    _check_names(path, names)
    rows = _rows(csv.reader(lines, delimiter=delimiter, strict=True), len(names))
    number = 1
    while some := list(islice(rows, _BATCH_ROWS)):
        yield _text_batch(names, some, number)
        number += len(some)


def batches_of_parquet(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a flat Parquet file, every column as text.

    Raises SourceError if a required column is missing, a column is nested, or the file is cut.
    """
    number = 1
    with parquet_file(path) as file:
        stored = list(file.schema_arrow.names)
        known = {_plain(name): name for name in stored}
        _check_names(path, [_plain(name) for name in stored])
        wanted = [known[name] for name in COLUMNS if name in known]
        for batch in file.iter_batches(_BATCH_ROWS, columns=wanted):
            batch.validate(full=True)
            yield _string_batch(path, batch, number)
            number += batch.num_rows


def _plain(name: str) -> str:
    return name.strip().lower()


def _header(line: str) -> tuple[list[str], str]:
    best: tuple[list[str], str] = ([], ",")
    for delimiter in DELIMITERS:
        try:
            cells = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])
        except csv.Error:
            continue
        names = [_plain(cell) for cell in cells]
        if len(set(names) & set(COLUMNS)) > len(set(best[0]) & set(COLUMNS)) or not best[0]:
            best = (names, delimiter)
    return best


def _check_names(path: Path, names: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise SourceError(
            f"{path}: column {', '.join(missing)} is missing; found {', '.join(names)[:300]}; "
            "see docs/SOURCES.md for the columns of a table"
        )
    twice = sorted({name for name in names if names.count(name) > 1 and name in COLUMNS})
    if twice:
        raise SourceError(f"{path}: column {', '.join(twice)} is there twice; keep one")


def _lines(path: Path, digest: Digest) -> Iterator[str]:
    """Decoded lines with their ends; bytes that are not UTF-8 become lone surrogates."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    rest = ""
    is_first = True
    for chunk in read_chunks(path, digest):
        text = decoder.decode(chunk)
        if is_first:
            text, is_first = text.removeprefix("\ufeff"), False
        lines = (rest + text).split("\n")
        rest = lines.pop()
        if len(rest) > MAX_LINE:
            limit = MAX_LINE >> 20
            raise SourceError(f"{path}: no line end within {limit} MB; is it a text table?")
        for line in lines:
            yield line + "\n"
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest


def _rows(reader: Iterator[list[str]], n_fields: int) -> Iterator[_Row]:
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _Row([""] * n_fields, f"not readable as CSV: {error}")
            continue
        if not fields:
            continue
        problem = None
        if len(fields) != n_fields:
            problem = f"{len(fields)} fields where the header has {n_fields}"
            fields = (fields + [""] * n_fields)[:n_fields]
        if not _is_utf8(fields):
            problem = "not UTF-8"
            stored = (field.encode("utf-8", "surrogateescape") for field in fields)
            fields = [field.decode("utf-8", "replace") for field in stored]
        yield _Row(fields, problem)


def _is_utf8(fields: list[str]) -> bool:
    joined = "".join(fields)
    if joined.isascii():
        return True
    try:
        joined.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _text_batch(names: list[str], rows: list[_Row], number: int) -> pa.RecordBatch:
    import pyarrow as pa

    columns = {}
    for name, cells in zip(names, zip(*(row.fields for row in rows), strict=True), strict=True):
        if name in COLUMNS:
            columns[name] = pa.array([cell.strip() or None for cell in cells], pa.string())
    columns[ROW] = pa.array(range(number, number + len(rows)), pa.int64())
    columns[PROBLEM] = pa.array([row.problem for row in rows], pa.string())
    return pa.RecordBatch.from_pydict(columns)


def _string_batch(path: Path, batch: pa.RecordBatch, number: int) -> pa.RecordBatch:
    import pyarrow as pa

    columns = {
        _plain(name): _as_text(path, name, column)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }
    columns[ROW] = pa.array(range(number, number + batch.num_rows), pa.int64())
    columns[PROBLEM] = pa.nulls(batch.num_rows, pa.string())
    return pa.RecordBatch.from_pydict(columns)


def _as_text(path: Path, name: str, column: pa.Array) -> pa.Array:
    """The column as trimmed strings; whole floats (a common form of integers) without fraction."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), ";")
    elif pa.types.is_nested(kind):
        raise SourceError(f"{path}: column {name} is {kind}; a table has flat columns")
    elif pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
    trimmed = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)

"""OpenAlex works as JSON files: lines, API pages and arrays."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import chain
from pathlib import Path

import msgspec

from sciencecities.errors import SourceError
from sciencecities.sources.base import Digest, Piece, Records
from sciencecities.sources.openalex_works import Work, add_works, are_sound, problem
from sciencecities.sources.streams import read_chunks

MAX_RECORD_BYTES = 128 << 20
MAX_DOCUMENT_BYTES = 256 << 20
MAX_PIECE_BYTES = 32 << 20
SLICE_BYTES = 2 << 20
MAX_SHARED_LINE_BYTES = 1 << 20
CUT_LINE_KEEPS = 1024
WHOLE_DOCUMENT = -1
_BLANK = b"\xef\xbb\xbf \t\r\n"
_DECODER = msgspec.json.Decoder(Work)


class OpenAlex:
    """Works as JSON lines, API pages or arrays, plain or gzip."""

    name = "openalex"
    unit = "line"

    def accepts(self, path: Path, head: bytes) -> bool:
        """A file whose first character opens a JSON object or array."""
        return head.lstrip(_BLANK)[:1] in (b"{", b"[")

    def pieces(self, path: Path, digest: Digest, piece_bytes: int) -> Iterator[Piece]:
        """Whole lines, about `piece_bytes` of them; one piece for a page or array file."""
        chunks = read_chunks(path, digest)
        buffer = next(chunks, b"")
        if _is_document(buffer):
            yield _document(path, buffer, chunks)
        else:
            yield from cut_lines(buffer, chunks, piece_bytes)

    def read(self, path: Path, piece: Piece, out: Records) -> None:
        """Decode each line; what cannot be decoded becomes a reject."""
        if piece.last == WHOLE_DOCUMENT:
            _read_document(path, piece.data, out)
            return
        for start, end in _slices(piece.data):
            if not _read_lines(memoryview(piece.data)[start:end], out):
                position = piece.first + piece.data.count(b"\n", 0, start)
                for number, line in enumerate(piece.data[start:end].split(b"\n"), position):
                    if line.strip(_BLANK):
                        _read_line(line, number, out)


def _slices(data: bytes) -> Iterator[tuple[int, int]]:
    """Bounds of whole lines, few enough that what is decoded of them stays in the cache."""
    start = 0
    while start < len(data):
        end = data.rfind(b"\n", start, start + SLICE_BYTES) + 1
        end = end or data.find(b"\n", start) + 1 or len(data)
        yield start, end
        start = end


def cut_lines(start: bytes, chunks: Iterator[bytes], piece_bytes: int) -> Iterator[Piece]:
    """Cut after the last line end before `piece_bytes`; a longer line becomes a piece of its own.

    A line above MAX_RECORD_BYTES keeps its first kilobyte, which then fails to decode.
    """
    import numpy as np

    first = 1
    for number, data in enumerate(_cut(start, chunks, piece_bytes)):
        # numpy counts three times as fast as bytes.count.
        n_ends = int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord("\n")))
        last = first + n_ends - data.endswith(b"\n")
        yield Piece(number, first, data, last)
        first = last + 1


def _cut(start: bytes, chunks: Iterator[bytes], piece_bytes: int) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    holds_line_end = False
    for chunk in chain((start,), chunks):
        limit = piece_bytes - size  # where in this chunk the piece should end
        end = chunk.rfind(b"\n", 0, limit) + 1 if 0 < limit <= len(chunk) else 0
        if end:  # nearly always: nothing is copied twice
            yield b"".join([*waiting, chunk[:end]])
            waiting, size, holds_line_end = [], 0, False
        waiting.append(chunk[end:])
        size += len(chunk) - end
        holds_line_end = holds_line_end or b"\n" in waiting[-1]
        if size >= piece_bytes and (holds_line_end or size > MAX_RECORD_BYTES):
            rest = yield from _cut_buffer(b"".join(waiting), chunks, piece_bytes)
            waiting, size, holds_line_end = [rest], len(rest), b"\n" in rest
    if size:
        yield b"".join(waiting)


def _cut_buffer(
    buffer: bytes, chunks: Iterator[bytes], piece_bytes: int
) -> Generator[bytes, None, bytes]:
    """Yield what can be cut off, return the rest."""
    while len(buffer) >= piece_bytes:
        end = buffer.rfind(b"\n", 0, piece_bytes) + 1 or buffer.find(b"\n", piece_bytes) + 1
        if end:
            yield buffer[:end]
            buffer = buffer[end:]
        elif len(buffer) > MAX_RECORD_BYTES:
            buffer = _skip_line(buffer, chunks)
        else:
            break
    return buffer


def _skip_line(buffer: bytes, chunks: Iterator[bytes]) -> bytes:
    for chunk in chunks:
        if (end := chunk.find(b"\n")) >= 0:
            return buffer[:CUT_LINE_KEEPS] + chunk[end:]
    return buffer[:CUT_LINE_KEEPS]


def _is_document(start: bytes) -> bool:
    """Whether the file is one JSON value over several lines (API page, array), not JSON lines."""
    text = start.lstrip(_BLANK)
    first_line = text.split(b"\n", 1)[0].strip()
    return text[:1] == b"[" or first_line == b"{"


def _document(path: Path, buffer: bytes, chunks: Iterator[bytes]) -> Piece:
    parts, size = [buffer], len(buffer)
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_DOCUMENT_BYTES:
            raise SourceError(
                f"{path}: one JSON value of over {MAX_DOCUMENT_BYTES >> 20} MB; give works as JSON "
                "lines (jq -c '.[]' makes them)"
            )
    return Piece(0, 1, b"".join(parts), WHOLE_DOCUMENT)


def _read_document(path: Path, data: bytes, out: Records) -> None:
    try:
        value = msgspec.json.decode(
            data.lstrip(b"\xef\xbb\xbf"), type=list[msgspec.Raw] | dict[str, msgspec.Raw]
        )
        works = (
            value
            if isinstance(value, list)
            else msgspec.json.decode(
                value.get("results", msgspec.Raw(b"null")), type=list[msgspec.Raw] | None
            )
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(
            f"{path}: is no whole JSON document ({error}); fetch it again, or give JSON lines"
        ) from error
    for position, raw in enumerate([msgspec.Raw(data)] if works is None else works, 1):
        _read_line(bytes(raw), position, out)


def _read_lines(lines: memoryview, out: Records) -> bool:
    """Decode all lines in one go; False, with nothing done, if they must be looked at singly."""
    if len(lines) > MAX_PIECE_BYTES:
        return False  # one long line, which might hold works without number
    try:
        works = _DECODER.decode_lines(lines)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    if not are_sound(works):
        return False  # rejects or pages
    out.n_records += len(works)
    add_works(works, out)
    return True


def _read_line(line: bytes, position: int, out: Records) -> None:
    try:
        works = _decode(line.lstrip(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        out.n_records += 1
        too_deep = isinstance(error, RecursionError)
        out.reject(position, "JSON is nested too deeply" if too_deep else str(error), line)
        return
    for work in works:
        if work.id is None and work.results is not None:
            for raw in work.results:
                _read_line(bytes(raw), position, out)
            continue
        out.n_records += 1
        if reason := problem(work):
            out.reject(position, reason, line)
        else:
            add_works([work], out)


def _decode(line: bytes) -> list[Work]:
    """The works on a line: one, or several where line ends are missing, as `decode_lines` does."""
    try:
        return [_DECODER.decode(line)]
    except msgspec.DecodeError as error:
        if len(line) > MAX_SHARED_LINE_BYTES:
            raise
        try:
            return _DECODER.decode_lines(line)
        except msgspec.DecodeError:
            raise error from None

"""Reading stored bytes: decompression, hashing, and cutting at record boundaries."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from sciencecities.errors import SourceError
from sciencecities.sources.base import Digest

CHUNK_BYTES = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"


def read_chunks(path: Path, digest: Digest | None = None) -> Iterator[bytes]:
    """Yield the file's bytes, decompressed if it is gzip (several members too).

    Raises SourceError if the file cannot be opened, is cut, or fails its checksum.
    """
    try:
        with path.open("rb") as file:
            first = file.read(CHUNK_BYTES)
            if first[:2] == GZIP_MAGIC:
                yield from _gunzip(path, file, first, digest)
            else:
                yield from _plain(file, first, digest)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error


def head(path: Path, size: int = 4096) -> bytes:
    """The first decompressed bytes, for telling what kind of file it is."""
    start = b""
    for chunk in read_chunks(path):
        start += chunk
        if len(start) >= size:
            break
    return start[:size]


def hash_file(path: Path, digest: Digest) -> None:
    """Feed the digest with the whole file, for sources that read it by reference."""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error


def _gzip_errors() -> tuple[type[Exception], ...]:
    from isal import isal_zlib

    return (isal_zlib.error, zlib.error)


def _plain(file, chunk: bytes, digest: Digest | None) -> Iterator[bytes]:  # type: ignore[no-untyped-def]
    while chunk:
        if digest:
            digest.update(chunk)
        yield chunk
        chunk = file.read(CHUNK_BYTES)


def _gunzip(path: Path, file, chunk: bytes, digest: Digest | None) -> Iterator[bytes]:  # type: ignore[no-untyped-def]
    from isal import isal_zlib

    wbits = 16 + zlib.MAX_WBITS
    member = isal_zlib.decompressobj(wbits)
    n_bytes = 0
    try:
        while chunk:
            if digest:
                digest.update(chunk)
            while chunk:
                # A bounded output per call: a bomb of zeros must not be unpacked at once.
                data = member.decompress(chunk, 8 * CHUNK_BYTES)
                n_bytes += len(data)
                if data:
                    yield data
                chunk = member.unconsumed_tail
                if member.eof:
                    chunk = member.unused_data.lstrip(b"\0")  # padding after the last member
                    if chunk:
                        member = isal_zlib.decompressobj(wbits)
            chunk = file.read(CHUNK_BYTES)
            if chunk and member.eof:
                chunk = chunk.lstrip(b"\0") or chunk[:0]
                member = isal_zlib.decompressobj(wbits) if chunk else member
                if not chunk:
                    chunk = file.read(CHUNK_BYTES)
    except _gzip_errors() as error:
        raise SourceError(
            f"{path}: the gzip data is corrupt after {n_bytes:,} unpacked bytes ({error}); "
            "fetch or copy the file again"
        ) from error
    if not member.eof:
        raise SourceError(
            f"{path}: the gzip data ends early, after {n_bytes:,} unpacked bytes; "
            "fetch or copy the file again"
        )

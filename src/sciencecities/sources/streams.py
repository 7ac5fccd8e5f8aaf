"""Reading stored bytes: decompression, hashing, and cutting at record boundaries."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from sciencecities.errors import SourceError
from sciencecities.sources.base import Digest

CHUNK_BYTES = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WBITS = 16 + zlib.MAX_WBITS
SMALLEST_MEMBER_BYTES = 18
"""Header and trailer of a gzip member; fewer bytes after the last one cannot hold any data."""


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

    return (cast(type[Exception], isal_zlib.error), zlib.error)


def _plain(file, chunk: bytes, digest: Digest | None) -> Iterator[bytes]:  # type: ignore[no-untyped-def]
    while chunk:
        if digest:
            digest.update(chunk)
        yield chunk
        chunk = file.read(CHUNK_BYTES)


def _gunzip(path: Path, file, chunk: bytes, digest: Digest | None) -> Iterator[bytes]:  # type: ignore[no-untyped-def]
    from isal import isal_zlib

    member = isal_zlib.decompressobj(GZIP_WBITS)
    n_bytes = 0
    try:
        while chunk:
            if digest:
                digest.update(chunk)
            while chunk:
                if member.eof:
                    chunk = chunk.lstrip(b"\0")  # padding after a member
                    if not chunk:
                        break
                    if not _opens_member(chunk):
                        _check_tail(path, chunk, file, digest)
                        return
                    member = isal_zlib.decompressobj(GZIP_WBITS)
                # A bounded output per call: a bomb of zeros must not be unpacked at once.
                data = member.decompress(chunk, 8 * CHUNK_BYTES)
                n_bytes += len(data)
                if data:
                    yield data
                chunk = member.unused_data if member.eof else member.unconsumed_tail
            chunk = file.read(CHUNK_BYTES)
        while not member.eof and (data := member.decompress(b"", 8 * CHUNK_BYTES)):
            n_bytes += len(data)
            yield data
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


def _opens_member(start: bytes) -> bool:
    return GZIP_MAGIC.startswith(start[: len(GZIP_MAGIC)])


def _check_tail(path: Path, tail: bytes, file, digest: Digest | None) -> None:  # type: ignore[no-untyped-def]
    """Raise SourceError if what follows the last member may be a damaged further one."""
    n_bytes = len(tail)
    while chunk := file.read(CHUNK_BYTES):
        n_bytes += len(chunk)
        if digest:
            digest.update(chunk)
    if n_bytes >= SMALLEST_MEMBER_BYTES:
        raise SourceError(
            f"{path}: {n_bytes:,} bytes after the gzip data are no gzip data; fetch or copy the "
            "file again"
        )

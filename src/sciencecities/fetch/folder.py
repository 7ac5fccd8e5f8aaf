"""A folder that is being filled by one fetch at a time, and the note of what is in it."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from sciencecities.errors import EditionError, FetchError
from sciencecities.files import PARTIAL, read_json, sync_path, write_json
from sciencecities.sources import UNFINISHED
from sciencecities.sources.manifest import NOTE

LOCK = ".fetch.lock"
GZIP_LEVEL = 6


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Make the folder and keep other fetches out of it. Raises FetchError if one is at work."""
    import filelock

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / LOCK, timeout=0)
        with lock:
            yield
    except filelock.Timeout as error:
        raise FetchError(
            f"{folder}: another fetch is filling it; wait for it, or give another --out"
        ) from error
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise FetchError(
            f"{folder}: cannot be written ({error.strerror}); give another --out"
        ) from error


def read_note(folder: Path) -> dict[str, Any] | None:
    """The folder's `fetch.json`; None without one. Raises FetchError if it cannot be read."""
    path = folder / NOTE
    try:
        return dict(read_json(path))
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise FetchError(
            f"{path}: cannot be read ({error}); give another --out and fetch again"
        ) from error


def own_note(folder: Path, what: str, state: str | None = None) -> dict[str, Any] | None:
    """The note of an earlier fetch of this kind, whose state is called `state`; None without one.

    Raises FetchError if the folder is that of a fetch of another kind.
    """
    note = read_note(folder)
    others = [n for n in UNFINISHED if n != state and (folder / n).exists()]
    if note is not None and note.get("what") != what:
        others.append(NOTE)
    if others:
        raise FetchError(f"{folder / others[0]}: is of another fetch; give another --out")
    return note


def write_note(folder: Path, note: dict[str, Any]) -> None:
    """Write `fetch.json`, whole or not at all."""
    try:
        write_json(folder / NOTE, note)
    except EditionError as error:
        raise disk_error(folder / NOTE, error.__cause__ or error) from error


def write_part(path: Path, lines: Iterable[bytes]) -> tuple[int, int, str]:
    """Write lines as gzip, synced and renamed into place: bytes stored and unpacked, sha256.

    Equal lines give equal bytes. Raises FetchError if the disk is full.
    """
    unpacked = 0

    def fill(raw: BinaryIO) -> None:
        nonlocal unpacked
        with gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as packed:
            for line in lines:
                packed.write(line + b"\n")
                unpacked += len(line) + 1

    write_whole(path, fill)
    return path.stat().st_size, unpacked, hash_of(path)


def write_whole(path: Path, fill: Callable[[BinaryIO], None]) -> None:
    """Have `fill` write a file beside `path`, sync it, and rename it into place."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        with partial.open("wb") as raw:
            fill(raw)
            raw.flush()
            os.fsync(raw.fileno())
        partial.replace(path)
        sync_path(path.parent)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise disk_error(path, error) from error
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write a small file, whole or not at all."""

    def fill(raw: BinaryIO) -> None:
        raw.write(data)

    write_whole(path, fill)


def hash_of(path: Path, algorithm: str = "sha256") -> str:
    """The hexadecimal digest of a file's bytes."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, algorithm).hexdigest()
    except OSError as error:
        raise disk_error(path, error) from error


def disk_error(path: Path, error: BaseException) -> FetchError:
    """What to say when a file cannot be written or read."""
    reason = getattr(error, "strerror", None) or error
    return FetchError(
        f"{path}: cannot be written ({reason}); free disk space, then the same command goes on "
        "from here"
    )

"""Writing files so that they appear whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sciencecities.errors import EditionError

if TYPE_CHECKING:
    import pyarrow as pa

PARTIAL = ".partial"
SEALS = "seals"
"""In a folder that has a file of this name, what is put there is entered in it with its sum."""


def write_whole(
    path: Path, write: Callable[[Path], None], *, sync: bool = True, attempt: str = ""
) -> None:
    """Have `write` make a file beside `path`, sync it, and rename it into place.

    Where two may write the same file at a time, each names its own `attempt`.
    Raises EditionError naming file and remedy if the disk is full or not writable.
    """
    partial = path.with_name(path.name + attempt + PARTIAL)
    try:
        write(partial)
        if sync:
            sync_path(partial)
        seal(path, partial)
        partial.replace(path)
    except BaseException as error:
        with suppress(OSError):  # what went wrong first is what counts
            partial.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise EditionError(
            f"{path}: cannot be written ({error.strerror or error}); free disk space or choose "
            "another folder, then run again with --resume"
        ) from error


def write_parquet(path: Path, table: pa.Table, *, sync: bool = True, attempt: str = "") -> None:
    """Write one Arrow table as Parquet, whole or not at all.

    Without `sync` the table is an intermediate one: written fast, to be read once. `attempt`:
    `write_whole`.
    """
    import pyarrow.parquet as pq

    def write(partial: Path) -> None:
        if sync:
            pq.write_table(table, partial, compression="zstd", compression_level=1)
        else:
            pq.write_table(table, partial, compression="lz4", write_statistics=False)

    write_whole(path, write, sync=sync, attempt=attempt)


def remove(path: Path) -> None:
    """Remove a file, or a folder with what is in it, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def visible_names(folder: Path) -> set[str]:
    """What a folder holds, but for hidden files; nothing if it is not there. Raises OSError."""
    try:
        return {p.name for p in folder.iterdir() if not p.name.startswith(".")}
    except FileNotFoundError:
        return set()


def begin_seals(folder: Path) -> None:
    """Have every file put into the folder from now on entered with the sum of its bytes."""
    (folder / SEALS).touch()


def broken_files(folder: Path) -> list[Path]:
    """What lies in the folder otherwise than it was put there, or is missing."""
    sums: dict[str, str] = {}
    with suppress(FileNotFoundError):
        for line in (folder / SEALS).read_text("utf-8", "replace").splitlines():
            checked, _, name = line.partition(" ")
            sums[name] = checked
    paths = [(folder / name, wanted) for name, wanted in sums.items() if name]
    return [p for p, wanted in paths if not p.exists() or f"{checksum(p):08x}" != wanted]


def checksum(path: Path) -> int:
    """The CRC-32 of a file's bytes: enough against flipped bits and cut files, and fast.

    Of a folder, that of the names and bytes of all its files.
    """
    from isal import isal_zlib

    crc = 0
    for one in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
        crc = isal_zlib.crc32(one.relative_to(path).as_posix().encode(), crc) if one != path else 0
        with one.open("rb") as file:
            while chunk := file.read(1 << 20):
                crc = isal_zlib.crc32(chunk, crc)
    return crc


def seal(path: Path, partial: Path) -> None:
    """Enter a file or folder that is about to become `path`, where its folder has seals."""
    seals = path.parent / SEALS
    if seals.exists():
        with seals.open("a", encoding="utf-8") as file:
            file.write(f"{checksum(partial):08x} {path.name}\n")


def write_json(path: Path, value: Any, *, attempt: str = "") -> None:
    """Write a value as readable JSON with sorted keys, whole or not at all (`write_whole`)."""
    text = msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2) + b"\n"
    write_whole(path, lambda partial: _write_bytes(partial, text), attempt=attempt)


def read_json(path: Path, type: Any = dict[str, Any]) -> Any:
    """Read JSON of the given msgspec type.

    Raises OSError if it cannot be read and msgspec.DecodeError if it is not of that type.
    """
    return msgspec.json.decode(path.read_bytes(), type=type)


def sync_path(path: Path) -> None:
    """Force a file's or folder's content to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)

"""Putting a finished edition in place: one rename, under a lock; till then the old one stays."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from sciencecities.edition.write import EDITION_FORMAT
from sciencecities.errors import EditionError
from sciencecities.files import read_json, sync_path
from sciencecities.tables import ANY_EDITION

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the lock of an edition. Raises EditionError if another build holds it."""
    from filelock import FileLock, Timeout

    path = _beside(out, "lock")
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()  # the lock takes some errors of the file system for a lock held
        lock.acquire(timeout=0)
    except Timeout as error:
        raise EditionError(
            f"{out}: another build is writing this edition; wait for it to end"
        ) from error
    except OSError as error:
        raise EditionError(
            f"{out}: cannot be written ({error.strerror or error}); choose another --out"
        ) from error
    try:
        yield
    finally:
        lock.release()


def building_folder(out: Path) -> Path:
    """Where an edition grows before it is swapped in."""
    return _beside(out, "building")


def check_replaceable(out: Path) -> None:
    """Raises EditionError if `out` exists and is no edition: nothing else is ever replaced.

    An edition holds a manifest and tables, and nothing besides; it is replaced if its manifest is
    damaged, but not if it is of a newer format, whose tables are not known here.
    """
    if _is_empty(out) or not (out.exists() or out.is_symlink()):
        return
    known = {"manifest.json", *(f"{t.name}.parquet" for t in ANY_EDITION)}
    names = {p.name for p in out.iterdir()} if out.is_dir() else set()
    if "manifest.json" not in names or (format_ := _format(out / "manifest.json")) is None:
        raise EditionError(f"{out}: exists and is no edition; remove it or choose another --out")
    if format_ > EDITION_FORMAT:
        raise EditionError(
            f"{out}: holds an edition of a newer format ({format_}); choose another --out"
        )
    if others := sorted(n for n in names - known if not n.startswith(".")):
        raise EditionError(
            f"{out}: holds {others[0]}, which is no part of an edition and would be lost; "
            "move it or choose another --out"
        )


def _format(manifest: Path) -> int | None:
    """The format that a manifest states: 0 if it is damaged, None if it is no edition's."""
    try:
        format_ = read_json(manifest).get("format")
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return 0
    return format_ if isinstance(format_, int) else None


def swap_in(new: Path, out: Path) -> None:
    """Rename `new` to `out`, exchanging with an older edition, which is then removed.

    Raises EditionError, with `new` left whole, if that cannot be done or something else than an
    edition has meanwhile appeared there; also if `new` has lost a table.
    """
    try:
        check_replaceable(out)
    except EditionError as error:
        raise EditionError(f"{error}; the finished edition is whole in {new}") from error
    out = _real(out)
    manifest = new / "manifest.json"
    try:
        tables = [new / f"{name}.parquet" for name in read_json(manifest)["tables"]]
        for path in [*new.iterdir(), new]:
            sync_path(path)
        _check_present([manifest, *tables])
        if out.exists() and _exchange(new, out):
            shutil.rmtree(new)
        elif out.exists():
            old = _beside(out, "old")
            shutil.rmtree(old, ignore_errors=True)
            out.rename(old)
            new.rename(out)
            shutil.rmtree(old)
        else:
            new.rename(out)
        sync_path(out.parent)
    except OSError as error:
        raise EditionError(
            f"{out}: the finished edition could not be put in place ({error.strerror or error}); "
            f"it is whole in {new}"
        ) from error


def _check_present(parts: list[Path]) -> None:
    """The last look before the rename: an edition must not appear without a table."""
    for path in parts:
        if not path.exists():
            raise EditionError(
                f"{path}: another program removed it in mid-build; run the command again"
            )


def _exchange(a: Path, b: Path) -> bool:
    """Exchange two names in one step (Linux renameat2); False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE) == 0)


def _beside(out: Path, what: str) -> Path:
    real = _real(out)
    if not real.name:
        raise EditionError(f"{out}: cannot be an edition; choose another --out")
    return real.with_name(f".{real.name}.{what}")


def _real(out: Path) -> Path:
    """Where the edition lies; a link to it stays a link."""
    try:
        return out.resolve()
    except (OSError, RuntimeError) as error:
        raise EditionError(f"{out}: cannot be written ({error}); choose another --out") from error


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())

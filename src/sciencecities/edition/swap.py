"""Putting a finished edition in place: one rename, under a lock; till then the old one stays."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sciencecities.errors import EditionError
from sciencecities.files import sync_path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the lock of an edition. Raises EditionError if another build holds it."""
    from filelock import FileLock, Timeout

    lock = FileLock(_beside(out, "lock"))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
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
    """Raises EditionError if `out` exists and is no edition: nothing else is ever replaced."""
    if out.exists() and not (out / "manifest.json").exists() and not _is_empty(out):
        raise EditionError(f"{out}: exists and is no edition; remove it or choose another --out")


def swap_in(new: Path, out: Path) -> None:
    """Rename `new` to `out`, exchanging with an older edition, which is then removed."""
    try:
        for path in [*new.iterdir(), new]:
            sync_path(path)
        if out.exists() and _exchange(new, out):
            shutil.rmtree(new)
        elif out.exists():
            old = _beside(out, "old")
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


def _exchange(a: Path, b: Path) -> bool:
    """Exchange two names in one step (Linux renameat2); False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE) == 0)


def _beside(out: Path, what: str) -> Path:
    out = out.absolute()
    return out.with_name(f".{out.name}.{what}")


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())

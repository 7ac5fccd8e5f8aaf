"""The folder of a static site: what is in it, and how it is exchanged for what is new.

New files grow in a folder inside it and are renamed into place when all are there; until then the
old site stands untouched. Files that no export wrote (`CNAME`, `.git`) are left alone.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import msgspec

from sciencecities.errors import EditionError
from sciencecities.files import write_json
from sciencecities.publish.wording import LANGS

MARKER = ".sciencecities-site"
STAGE = ".sciencecities-next"
LOCK = ".sciencecities-lock"


class Written(msgspec.Struct):
    """What an export wrote: sha256 by path, and of each part of the site what it was made from."""

    files: dict[str, str] = {}
    parts: dict[str, str] = {}


class Standing(NamedTuple):
    """What an export finds: files that are as they were written, and the rest of what was."""

    files: dict[str, str]
    parts: dict[str, str]
    broken: frozenset[str]  # pages of which a file is missing or was changed since

    def has(self, path: str) -> bool:
        """Whether a page or file stands with all that belongs to it."""
        return path in self.files and path not in self.broken


def owner(path: str) -> str:
    """The page that a file beside it belongs to (`city/x/map.svg` to `city/x.html`)."""
    head, _, name = path.rpartition("/")
    return (
        f"{head}.html" if path.partition("/")[0] in LANGS and not name.endswith(".html") else path
    )


def digest(content: bytes) -> str:
    """The hash by which files are told apart."""
    return hashlib.sha256(content).hexdigest()


@contextmanager
def opened(out: Path) -> Iterator[Standing]:
    """The site in `out`, made if there is none, for one export at a time.

    Raises EditionError if `out` holds anything but a site or another export is writing it.
    """
    from filelock import FileLock, Timeout

    _check_replaceable(out)
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise EditionError(
            f"{out}: another export is writing this site; wait for it to end"
        ) from error
    try:
        shutil.rmtree(out / STAGE, ignore_errors=True)
        if not (out / MARKER).exists():
            write_json(out / MARKER, {})
        yield _standing(out)
    finally:
        shutil.rmtree(out / STAGE, ignore_errors=True)
        lock.release()
        (out / LOCK).unlink(missing_ok=True)


def put(out: Path, path: str, content: bytes) -> None:
    """Write a file of the new site beside the old one."""
    target = out / STAGE / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def exchange(out: Path, new: Mapping[str, str], parts: Mapping[str, str]) -> int:
    """Put the staged files in place and remove those that are no longer part; returns how many.

    `new` are all files of the site with their hashes.
    """
    earlier = _read(out).files
    write_json(out / MARKER, Written({**earlier, **new}))  # a killed exchange is done again
    for staged in sorted(p for p in (out / STAGE).rglob("*") if p.is_file()):
        target = out / staged.relative_to(out / STAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.replace(target)
    gone = [p for p in earlier if p not in new and _is_inside(p) and (out / p).is_file()]
    for path in gone:
        (out / path).unlink()
        _remove_empty(out, (out / path).parent)
    write_json(out / MARKER, Written(dict(new), dict(parts)))
    return len(gone)


def _standing(out: Path) -> Standing:
    found = _read(out)
    files = {
        path: sha256
        for path, sha256 in found.files.items()
        if _is_inside(path) and (out / path).is_file()
        and digest((out / path).read_bytes()) == sha256
    }  # fmt: skip
    return Standing(files, found.parts, frozenset(map(owner, found.files.keys() - files.keys())))


def _read(out: Path) -> Written:
    try:
        return msgspec.json.decode((out / MARKER).read_bytes(), type=Written)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Written()  # damaged: everything is written again


def _is_inside(path: str) -> bool:
    """Whether a path of the marker names a file of the site and nothing outside."""
    return not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts


def _remove_empty(out: Path, folder: Path) -> None:
    while folder != out and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _check_replaceable(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise EditionError(f"{out}: is a file; choose another --out")
    if out.is_dir() and any(out.iterdir()) and not (out / MARKER).exists():
        raise EditionError(f"{out}: holds something that is no site; choose another --out")

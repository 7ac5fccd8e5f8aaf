"""Which sources there are, and which files an input names."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sciencecities.errors import SourceError
from sciencecities.sources.base import Source
from sciencecities.sources.manifest import has_manifest, listed_files, lost_part
from sciencecities.sources.streams import head

SUFFIXES = (".jsonl", ".json", ".xml", ".csv", ".tsv", ".parquet", ".gz", ".ndjson")
NOT_DATA = ("manifest", "manifest.json", "fetch.json")
UNFINISHED = (".fetch.sqlite", ".fetch.jsonl")
"""One of them lies in a folder as long as `sciencecities fetch` is not done with it."""
NOT_READ = {
    b"PK\x03\x04": "is a zip archive or a workbook; unpack it, or save it as CSV",
    b"\xfd7zXZ": "is packed with xz; unpack it",
    b"BZh": "is packed with bzip2; unpack it",
    b"\x28\xb5\x2f\xfd": "is packed with zstd; unpack it",
    b"\xff\xfe": "is not UTF-8 but UTF-16; save it as UTF-8 text",
    b"\xfe\xff": "is not UTF-8 but UTF-16; save it as UTF-8 text",
}
"""What is met in place of data, by its first bytes."""
SNAPSHOT_FOLDERS = ("data/jsonl/works", "data/parquet/works", "legacy-data/works", "data/works")


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to read: where it is, what it is called in the edition, and who reads it."""

    path: Path
    name: str
    source: str


@cache
def all_sources() -> dict[str, Source]:
    """Every source by name, in the order in which they are asked for a file."""
    from sciencecities.sources.merged_ids import MergedIds
    from sciencecities.sources.openalex import OpenAlex
    from sciencecities.sources.openalex_parquet import OpenAlexParquet
    from sciencecities.sources.pubmed import PubMed
    from sciencecities.sources.table import Table

    sources: list[Source] = [OpenAlexParquet(), MergedIds(), PubMed(), OpenAlex(), Table()]
    return {s.name: s for s in sources}


def expand(inputs: list[str]) -> list[InputFile]:
    """The files that the given files, globs and folders name, sorted by name, each once.

    A file in a folder is named by its path below that folder, so that a name does not depend on
    where the data lies. Raises SourceError if an input names nothing or a file is of no known kind.
    """
    found: dict[Path, str] = {}
    for given in inputs:
        for path, name in _paths(given):
            found.setdefault(path.resolve(), name)
    files = [InputFile(path, _utf8(name), _source_of(path)) for path, name in found.items()]
    return sorted(files, key=lambda f: (f.name, f.path))


def _utf8(name: str) -> str:
    """A name that can be written anywhere, whatever bytes the file system has in it."""
    return os.fsencode(name).decode("utf-8", "replace")


def _paths(given: str) -> list[tuple[Path, str]]:
    path = Path(given)
    if path.is_dir():
        return _in_folder(path)
    if path.is_file():
        return [(path, path.name)]
    if path.exists() or path.is_symlink():
        raise _unreadable(path)
    matches = sorted(glob.glob(given, recursive=True))  # noqa: PTH207 (absolute patterns too)
    if not matches:
        raise SourceError(f"{given}: no such file, folder or pattern")
    return [item for match in matches for item in _paths(match)]


def _in_folder(folder: Path) -> list[tuple[Path, str]]:
    if any((folder / name).exists() for name in UNFINISHED):
        raise SourceError(
            f"{folder}: its fetch is not done; run the same `sciencecities fetch` again to the "
            "end, or name the files that are there"
        )
    if lost := lost_part(folder):
        raise SourceError(
            f"{lost}: is gone or has changed since it was fetched; put it back, fetch again into "
            "another folder, or name the files that are there"
        )
    for below in (*SNAPSHOT_FOLDERS, "."):
        works = folder / below
        if works.is_dir() and (below != "." or has_manifest(works)):
            return _snapshot(folder, works)
    files = _data_below(folder)
    if not files:
        raise SourceError(f"{folder}: holds no file ending in {', '.join(SUFFIXES)}")
    return [(p, p.relative_to(folder).as_posix()) for p in files]


def _data_below(folder: Path) -> list[Path]:
    """The data files in a folder and in those below it, links followed, each folder once.

    Raises SourceError for what is named as data and is no file, and for a folder that is closed.
    """
    found: list[Path] = []
    entered: set[Path] = set()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        if (real := here.resolve()) in entered:
            continue
        entered.add(real)
        try:
            paths = sorted(here.iterdir())
        except OSError as error:
            raise SourceError(f"{here}: cannot be read ({error.strerror})") from error
        for path in paths:
            if path.is_dir():
                waiting.append(path)
            elif _is_data(path):
                if not path.is_file():
                    raise _unreadable(path)
                found.append(path)
    return sorted(found)


def _unreadable(path: Path) -> SourceError:
    if path.is_symlink() and not path.exists():
        return SourceError(f"{path}: is a link to what is not there; mend or remove it")
    return SourceError(f"{path}: is a pipe or device, and files are read twice; save it first")


def _snapshot(root: Path, works: Path) -> list[tuple[Path, str]]:
    """An OpenAlex snapshot: the files its manifest lists (all of them must be there)."""
    paths = listed_files(works)
    if paths is None:
        paths = _data_below(works)
    merged = sorted((works.parent / "merged_ids" / "works").glob("*.csv*"))
    merged += sorted(works.glob("deleted_ids.csv*"))
    named = [(p, p.relative_to(root).as_posix()) for p in paths]
    return named + [(p, f"merged_ids/works/{p.name}") for p in merged]


def _is_data(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES) and path.name.lower() not in NOT_DATA


def _source_of(path: Path) -> str:
    start = head(path)
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        return "openalex"  # an empty file holds no works, of whatever kind
    for name, source in all_sources().items():
        if source.accepts(path, start):
            return name
    for magic, what in NOT_READ.items():
        if start.startswith(magic):
            raise SourceError(f"{path}: {what}")
    raise SourceError(
        f"{path}: of no known kind; expected OpenAlex JSON lines or Parquet, PubMed XML, "
        "or a CSV, TSV or Parquet table"
    )

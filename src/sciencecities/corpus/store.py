"""A corpus on disk: one Parquet file per table and part, and a note of what was read.

Layout: `<corpus>/<table>/<part>.parquet`, `<corpus>/done/<part>.json` (written last: the part is
whole), `<corpus>/files/<file>.json` (all parts of that input are done), `<corpus>/corpus.json`
(everything is done). A part is named `<file number>-<piece number>`.

Two tasks of a cluster may make the same part at a time, one of them left from a run that was
killed: what they make is equal to the byte, and each writes it under a name of its own first.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

import msgspec
from msgspec import Struct

from sciencecities.errors import EditionError
from sciencecities.files import (
    PARTIAL,
    checksum,
    read_json,
    visible_names,
    write_json,
    write_parquet,
)
from sciencecities.sources import InputFile
from sciencecities.sources.base import Records
from sciencecities.tables import CORPUS

CORPUS_FORMAT = 3
"""Raised whenever a reader or a corpus table changes meaning; older parts are then redone."""

PIECE_BYTES = 16 << 20

FOLDERS = ("done", "files", *(t.name for t in CORPUS))
"""In order of making: a folder without `done` is no corpus."""

OWN = frozenset([*FOLDERS, "corpus.json", "corpus.json" + PARTIAL, "scratch"])
"""All that a corpus may hold; `scratch` is that of an engine of many machines."""


class PartNote(Struct, frozen=True):
    """What one part holds."""

    part: str
    records: int
    rejects: int
    crc32: list[int] = []
    """Sums of its files, in order of table: what a disk or a power failure broke is read again."""


class FileNote(Struct, frozen=True):
    """One input as it was read. `key` tells whether it is still the same file."""

    name: str
    source: str
    bytes: int
    sha256: str
    key: str
    parts: list[PartNote]


class CorpusNote(Struct, frozen=True):
    """A finished corpus: its inputs, in order of name."""

    format: int
    piece_bytes: int
    files: list[FileNote]

    @property
    def records(self) -> int:
        """Records met, rejected ones included."""
        return sum(p.records for f in self.files for p in f.parts)

    @property
    def rejects(self) -> int:
        """Records that could not be read."""
        return sum(p.rejects for f in self.files for p in f.parts)

    @property
    def fingerprint(self) -> str:
        """Stands for everything the corpus was made from."""
        facts = (self.format, self.piece_bytes, [(f.name, f.sha256) for f in self.files])
        return hashlib.sha256(repr(facts).encode()).hexdigest()


Note = TypeVar("Note", PartNote, FileNote)


class Corpus:
    """The folder of a corpus."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.attempt = f".{secrets.token_hex(4)}"

    def paths(self, table: str) -> list[Path]:
        """The table's files, in order of part: those that were written, not those that are left.

        Raises EditionError naming the first that is gone.
        """
        note = self.note()
        parts = sorted(p.part for f in note.files for p in f.parts) if note else []
        paths = [self.folder / table / f"{part}.parquet" for part in parts]
        gone = next((p for p in paths if not p.is_file()), None)
        if note is None or gone:
            raise EditionError(
                f"{gone or self.folder / 'corpus.json'}: is gone; build again with its sources, or "
                "run `sciencecities ingest` again"
            )
        return paths

    def note(self) -> CorpusNote | None:
        """What the finished corpus was made from; None if it is not finished.

        Raises EditionError for a damaged note or one of a newer format.
        """
        path = self.folder / "corpus.json"
        if not path.exists():
            return None
        try:
            format_ = read_json(path).get("format")
            if format_ != CORPUS_FORMAT:
                raise EditionError(
                    f"{self.folder}: a corpus of format {format_}, this version reads format "
                    f"{CORPUS_FORMAT}; ingest again into an empty folder"
                )
            return cast(CorpusNote, read_json(path, CorpusNote))
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise EditionError(f"{path}: cannot be read ({error}); ingest again") from error

    def file_note(self, file_no: int) -> FileNote | None:
        """What is known of an input whose parts are all done, or None."""
        return _read(self.folder / "files" / f"{file_no:06d}.json", FileNote)

    def part_note(self, part: str) -> PartNote | None:
        """What a finished part holds, or None if it is unfinished or a file of it is cut."""
        note = _read(self.folder / "done" / f"{part}.json", PartNote)
        try:
            return note if note and note.crc32 == self._sums(part) else None
        except OSError:
            return None

    def write_part(self, part: str, records: Records) -> PartNote:
        """Write a part's tables, then its note."""
        tables = records.tables()
        for table in CORPUS:
            path = self.folder / table.name / f"{part}.parquet"
            write_parquet(path, tables[table.name], sync=False, attempt=self.attempt)
        n_rejects = tables["rejects"].num_rows
        note = PartNote(part, records.n_records, n_rejects, self._sums(part))
        write_json(self.folder / "done" / f"{part}.json", note, attempt=self.attempt)
        return note

    def _sums(self, part: str) -> list[int]:
        return [checksum(self.folder / t.name / f"{part}.parquet") for t in CORPUS]

    def check(self, note: CorpusNote | None) -> None:
        """Raise EditionError naming the first file that is not as it was written."""
        for file in note.files if note else ():
            for part in file.parts:
                for table, wanted in zip(CORPUS, part.crc32, strict=True):
                    path = self.folder / table.name / f"{part.part}.parquet"
                    if not path.is_file() or checksum(path) != wanted:
                        raise EditionError(
                            f"{path}: is damaged or missing (works of {file.name}); run "
                            "`sciencecities ingest` again, which reads that part anew"
                        )

    def forget_parts(self, file_no: int) -> None:
        """Have all parts of an input made anew."""
        for path in (self.folder / "done").glob(f"{file_no:06d}-*.json"):
            path.unlink(missing_ok=True)

    def write_file_note(self, file_no: int, note: FileNote) -> None:
        """Note that all parts of an input are done."""
        write_json(self.folder / "files" / f"{file_no:06d}.json", note, attempt=self.attempt)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the corpus for writing. Raises EditionError if another process does."""
        from filelock import FileLock, Timeout

        path = self.folder / "lock"
        lock = FileLock(path)
        try:
            path.touch()  # the lock takes some errors of the file system for a lock held
            lock.acquire(timeout=0)
        except Timeout as error:
            raise EditionError(
                f"{self.folder}: another process is writing this corpus; wait for it to end"
            ) from error
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        try:
            yield
        finally:
            lock.release()

    def start(self) -> None:
        """Note that the corpus is not whole any more."""
        try:
            (self.folder / "corpus.json").unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def finish(self, note: CorpusNote) -> None:
        """Remove what belongs to no input any more, then note that the corpus is whole."""
        self.remove_parts_but(p.part for f in note.files for p in f.parts)
        write_json(self.folder / "corpus.json", note)

    def remove_parts_but(self, parts: Iterable[str]) -> None:
        """Remove the files of all other parts, and what was begun and left."""
        keep = set(parts)
        for folder in FOLDERS:
            for path in (self.folder / folder).iterdir():
                is_other = folder != "files" and path.name.split(".", 1)[0] not in keep
                if is_other or path.name.endswith(PARTIAL):
                    path.unlink(missing_ok=True)

    def check_own(self) -> None:
        """Raise EditionError if the folder holds anything but a corpus: nothing else is touched."""
        try:
            found = visible_names(self.folder) - {"lock"}
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        if found and ("done" not in found or found - OWN):
            raise EditionError(
                f"{self.folder}: holds {min(found - OWN or found)}, which is no part of a corpus; "
                "choose another folder"
            )

    def make_folders(self) -> None:
        """Make the folders. Raises EditionError if that cannot be done."""
        try:
            for name in FOLDERS:
                (self.folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(self.folder, error) from error


def _unwritable(folder: Path, error: OSError) -> EditionError:
    return EditionError(
        f"{folder}: cannot be written ({error.strerror or error}); free disk space or choose "
        "another folder"
    )


def file_key(file: InputFile, status: os.stat_result) -> str:
    """Changes when the input's content may have changed: name, reader, size, time of change."""
    facts = (CORPUS_FORMAT, PIECE_BYTES, file.name, file.source, status.st_size, status.st_mtime_ns)
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _read(path: Path, type: type[Note]) -> Note | None:
    try:
        return cast(Note, read_json(path, type))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None

"""A corpus on disk: one Parquet file per table and part, and a note of what was read.

Layout: `<corpus>/<table>/<part>.parquet`, `<corpus>/done/<part>.json` (written last: the part is
whole), `<corpus>/files/<file>.json` (all parts of that input are done), `<corpus>/corpus.json`
(everything is done). A part is named `<file number>-<piece number>`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar, cast

import msgspec
from msgspec import Struct

from sciencecities.errors import EditionError
from sciencecities.files import read_json, write_json, write_parquet
from sciencecities.sources import InputFile
from sciencecities.sources.base import Records
from sciencecities.tables import CORPUS

CORPUS_FORMAT = 1
"""Raised whenever a reader or a corpus table changes meaning; older parts are then redone."""

PIECE_BYTES = 16 << 20


class PartNote(Struct, frozen=True):
    """What one part holds."""

    part: str
    records: int
    rejects: int


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

    def paths(self, table: str) -> list[Path]:
        """The table's files, in order of part."""
        return sorted((self.folder / table).glob("*.parquet"))

    def note(self) -> CorpusNote | None:
        """What the finished corpus was made from; None if it is not finished.

        Raises EditionError for a damaged note or one of a newer format.
        """
        path = self.folder / "corpus.json"
        if not path.exists():
            return None
        try:
            note: CorpusNote = read_json(path, CorpusNote)
        except (OSError, msgspec.DecodeError) as error:
            raise EditionError(f"{path}: cannot be read ({error}); ingest again") from error
        if note.format != CORPUS_FORMAT:
            raise EditionError(
                f"{self.folder}: a corpus of format {note.format}, this version reads format "
                f"{CORPUS_FORMAT}; ingest again into an empty folder"
            )
        return note

    def file_note(self, file_no: int) -> FileNote | None:
        """What is known of an input whose parts are all done, or None."""
        return _read(self.folder / "files" / f"{file_no:06d}.json", FileNote)

    def part_note(self, part: str) -> PartNote | None:
        """What a finished part holds, or None."""
        return _read(self.folder / "done" / f"{part}.json", PartNote)

    def write_part(self, part: str, records: Records) -> PartNote:
        """Write a part's tables, then its note."""
        tables = records.tables()
        for table in CORPUS:
            write_parquet(
                self.folder / table.name / f"{part}.parquet", tables[table.name], sync=False
            )
        note = PartNote(part, records.n_records, tables["rejects"].num_rows)
        write_json(self.folder / "done" / f"{part}.json", note)
        return note

    def write_file_note(self, file_no: int, note: FileNote) -> None:
        """Note that all parts of an input are done."""
        write_json(self.folder / "files" / f"{file_no:06d}.json", note)

    def finish(self, note: CorpusNote) -> None:
        """Remove what belongs to no input any more, then note that the corpus is whole."""
        self.remove_parts_but(p.part for f in note.files for p in f.parts)
        write_json(self.folder / "corpus.json", note)

    def remove_parts_but(self, parts: Iterable[str]) -> None:
        """Remove the files of all other parts."""
        keep = set(parts)
        for folder in [*(t.name for t in CORPUS), "done"]:
            for path in (self.folder / folder).iterdir():
                if path.name.split(".", 1)[0] not in keep:
                    path.unlink()

    def make_folders(self) -> None:
        """Make the folders. Raises EditionError if that cannot be done."""
        try:
            for name in [*(t.name for t in CORPUS), "done", "files"]:
                (self.folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EditionError(
                f"{self.folder}: cannot be written ({error.strerror or error}); "
                "choose another folder"
            ) from error


def file_key(file: InputFile) -> str:
    """Changes when the input's content may have changed: name, reader, size, time of change."""
    status = file.path.stat()
    facts = (CORPUS_FORMAT, PIECE_BYTES, file.name, file.source, status.st_size, status.st_mtime_ns)
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _read(path: Path, type: type[Note]) -> Note | None:
    try:
        return cast(Note, read_json(path, type))
    except (OSError, msgspec.DecodeError):
        return None

"""First stage: input files into corpus parts, in parallel, restartable, rejects kept.

One process decompresses and cuts; workers decode and write. On an engine of many machines each of
its tasks reads whole files. A part stands for a piece of an input
and is redone only if its note is missing, so a killed run goes on where it was.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.json import decode, encode

from sciencecities import errors
from sciencecities.collector import paused_collector
from sciencecities.corpus.store import (
    CORPUS_FORMAT,
    PIECE_BYTES,
    Corpus,
    CorpusNote,
    FileNote,
    PartNote,
    file_key,
)
from sciencecities.errors import InputChangedError, SourceError, TooManyRejectsError
from sciencecities.files import write_whole
from sciencecities.progress import Progress, Silent
from sciencecities.sources import InputFile, all_sources, expand
from sciencecities.sources.base import MAX_PIECES_PER_FILE, MAX_ROWS_PER_PIECE, Piece, Records
from sciencecities.workers import worker_pool

if TYPE_CHECKING:
    from sciencecities.engines.base import Distributed

FILES_PER_WORKER = 2
"""From this many files for each worker on, workers take whole files instead of pieces."""

SMALL_INPUT_BYTES = 8 << 20
"""Below this, starting worker processes costs more than they save."""


def ingest(
    inputs: list[str],
    folder: Path,
    *,
    threads: int = 2,
    max_rejects: float = 0.001,
    progress: Progress | None = None,
    engine: Distributed | None = None,
) -> CorpusNote:
    """Read all inputs into the corpus at `folder` and return what it was made from.

    With `engine` its machines read, which must all see inputs and corpus under these names; else
    `threads` processes of this one.

    A finished corpus of the same inputs is left as it is. Raises SourceError for a file that is
    missing, cut or corrupt, InputChangedError if one changes meanwhile, TooManyRejectsError, and
    EditionError if the corpus cannot be written or another process is writing it.
    """
    progress = progress or Silent()
    files = expand(inputs)
    if not files:
        raise SourceError("no input given; name OpenAlex, PubMed or table files")
    corpus = Corpus(folder)
    corpus.make_folders()
    n_bytes = sum(_status(f.path).st_size for f in files)
    with corpus.locked(), _workers(1 if engine else threads, n_bytes) as executor:
        corpus.start()
        progress.stage("read", n_bytes, "B")
        if engine:
            notes = _on_machines(files, corpus, engine, progress)
        elif executor and len(files) >= FILES_PER_WORKER * threads:
            notes = _by_file(files, corpus, executor, progress)
        else:
            notes = [
                ingest_file(n, f, corpus, executor, threads, progress) for n, f in enumerate(files)
            ]
        note = CorpusNote(CORPUS_FORMAT, PIECE_BYTES, notes)
        _check_rejects(note, corpus, max_rejects)
        corpus.finish(note)
    return note


def _by_file(
    files: list[InputFile], corpus: Corpus, executor: Executor, progress: Progress
) -> list[FileNote]:
    """Each worker takes whole files, which spares sending their content to it."""
    from concurrent.futures import as_completed

    waiting = {
        executor.submit(ingest_file, n, f, corpus, None, 1, Silent()): f
        for n, f in enumerate(files)
    }
    for done in as_completed(waiting):
        progress.advance(done.result().bytes)
    return [future.result() for future in waiting]


class _Outcome(Struct):
    """What became of a file on another machine."""

    note: FileNote | None = None
    error: str = ""  # name of the class in errors.py
    said: str = ""


def _on_machines(
    files: list[InputFile], corpus: Corpus, engine: Distributed, progress: Progress
) -> list[FileNote]:
    """The engine's tasks take whole files. Raises what the first file in order has failed with."""
    items = [
        encode((n, os.fsencode(f.path.absolute()).hex(), f.name, f.source)).decode()
        for n, f in enumerate(files)
    ]
    notes = []
    for text in engine.each(partial(_ingest_there, str(corpus.folder.absolute())), items):
        outcome = decode(text, type=_Outcome)
        if outcome.note is None:
            raise getattr(errors, outcome.error)(outcome.said)
        progress.advance(outcome.note.bytes)
        notes.append(outcome.note)
    return notes


def _ingest_there(folder: str, item: str) -> str:
    """Read one input that an item names (runs in a worker of the engine)."""
    file_no, path, name, source = decode(item, type=tuple[int, str, str, str])
    file = InputFile(Path(os.fsdecode(bytes.fromhex(path))), name, source)
    try:
        note = ingest_file(file_no, file, Corpus(Path(folder)), None, 1, Silent())
    except errors.SciencecitiesError as error:
        return encode(_Outcome(error=type(error).__name__, said=str(error))).decode()
    return encode(_Outcome(note)).decode()


def ingest_file(
    file_no: int,
    file: InputFile,
    corpus: Corpus,
    executor: Executor | None,
    threads: int,
    progress: Progress,
) -> FileNote:
    """Read one input, piece by piece, unless it was read before; its note says what it was."""
    key = file_key(file, _status(file.path))
    known = corpus.file_note(file_no)
    if known and known.key == key and all(corpus.part_note(p.part) == p for p in known.parts):
        progress.advance(known.bytes)
        return known
    if known is None or known.key != key:
        _start_afresh(file_no, file, key, corpus)
    digest = _CountingDigest(progress.advance)
    source = all_sources()[file.source]
    pieces = source.pieces(file.path, digest, PIECE_BYTES)
    try:
        parts = list(_in_parallel(_tasks(file_no, file, pieces, corpus), executor, threads))
    except SourceError:
        _check_unchanged(file, key)  # what looks corrupt may be half of one and half of the other
        raise
    _check_unchanged(file, key)
    note = FileNote(file.name, file.source, digest.bytes, digest.hexdigest(), key, parts)
    corpus.write_file_note(file_no, note)
    return note


def _check_unchanged(file: InputFile, key: str) -> None:
    if file_key(file, _status(file.path)) != key:
        raise InputChangedError(f"{file.path}: changed while it was read; build again")


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error


def _start_afresh(file_no: int, file: InputFile, key: str, corpus: Corpus) -> None:
    """Parts of an unfinished file count only if they were made from the same file."""
    marker = corpus.folder / "files" / f"{file_no:06d}.key"
    if not marker.exists() or marker.read_text() != key:
        corpus.forget_parts(file_no)
        write_whole(marker, lambda partial: _write_text(partial, key), attempt=corpus.attempt)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text)


def _tasks(
    file_no: int, file: InputFile, pieces: Iterator[Piece], corpus: Corpus
) -> Iterator[PartNote | Callable[[], PartNote]]:
    """For each piece, its note if the part is done, else the work to do."""
    for piece in pieces:
        if piece.number >= MAX_PIECES_PER_FILE:
            raise SourceError(f"{file.path}: larger than a build can take; split the file")
        part = f"{file_no:06d}-{piece.number:06d}"
        first_id = (file_no * MAX_PIECES_PER_FILE + piece.number) * MAX_ROWS_PER_PIECE
        yield corpus.part_note(part) or partial(
            read_piece, file.source, file.path, file.name, piece, corpus.folder, part, first_id
        )


def read_piece(
    source_name: str, path: Path, name: str, piece: Piece, folder: Path, part: str, first_id: int
) -> PartNote:
    """Decode a piece and write its part (runs in a worker process)."""
    source = all_sources()[source_name]
    records = Records(name, source.unit, first_id)
    with paused_collector():
        source.read(path, piece, records)
        return Corpus(folder).write_part(part, records)


def _in_parallel(
    tasks: Iterator[PartNote | Callable[[], PartNote]], executor: Executor | None, threads: int
) -> Iterator[PartNote]:
    """Results in order of the tasks, with few pieces in memory at a time."""
    waiting: deque[PartNote | Future[PartNote]] = deque()
    for task in tasks:
        if isinstance(task, PartNote):
            waiting.append(task)
        else:
            waiting.append(executor.submit(task) if executor else task())
        while len(waiting) > threads + 1:
            yield _result(waiting.popleft())
    while waiting:
        yield _result(waiting.popleft())


def _result(item: PartNote | Future[PartNote]) -> PartNote:
    return item if isinstance(item, PartNote) else item.result()


def _workers(threads: int, n_bytes: int) -> AbstractContextManager[Executor | None]:
    if threads == 1 or n_bytes < SMALL_INPUT_BYTES:
        return nullcontext()
    return worker_pool(threads)


def _check_rejects(note: CorpusNote, corpus: Corpus, limit: float) -> None:
    if note.rejects <= limit * note.records:
        return
    import pyarrow.parquet as pq

    with_rejects = [p.part for f in note.files for p in f.parts if p.rejects]
    paths = [corpus.folder / "rejects" / f"{part}.parquet" for part in with_rejects]
    counts = (
        pq.read_table(paths, columns=["reason"]).group_by("reason").aggregate([([], "count_all")])
    )
    top = counts.sort_by([("count_all", "descending"), ("reason", "ascending")]).slice(0, 3)
    reasons = "; ".join(f"{r['reason']} ({r['count_all']:,}×)" for r in top.to_pylist())
    first = pq.read_table(paths[0], columns=["source", "position"]).slice(0, 1).to_pylist()[0]
    raise TooManyRejectsError(
        f"{note.rejects:,} of {note.records:,} records rejected "
        f"({100 * note.rejects / note.records:.3g} %, limit {100 * limit:g} %), first "
        f"{first['source']}, {first['position']}; reasons: {reasons}. "
        "Mend the input, or raise the limit with --max-rejects"
    )


class _CountingDigest:
    """A SHA-256 that also counts and reports the bytes it takes."""

    def __init__(self, report: Callable[[int], None]) -> None:
        self._sha256 = hashlib.sha256()
        self._report = report
        self.bytes = 0

    def update(self, data: bytes, /) -> None:
        self._sha256.update(data)
        self.bytes += len(data)
        self._report(len(data))

    def hexdigest(self) -> str:
        return self._sha256.hexdigest()

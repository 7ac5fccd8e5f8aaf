"""A corpus that two tasks write at a time."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sciencecities.corpus.ingest import _ingest_there, encode, ingest
from sciencecities.corpus.store import Corpus
from sciencecities.sources import InputFile


def test_the_same_file_read_by_two_tasks_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "works.jsonl"
    lines = [json.dumps({"id": f"https://openalex.org/W{n}"}) for n in range(2000)]
    path.write_text("\n".join(lines), encoding="utf-8")
    file = InputFile(path, "works.jsonl", "openalex")
    item = encode((0, str(path).encode().hex(), file.name, file.source)).decode()
    alone = ingest([str(path)], tmp_path / "alone", threads=1, max_rejects=1.0)
    for n in range(10):
        folder = tmp_path / f"corpus-{n}"
        Corpus(folder).make_folders()
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(_ingest_there, [str(folder)] * 8, [item] * 8))
        assert all('"error":""' in outcome for outcome in made), made
        note = ingest([str(path)], folder, threads=1, max_rejects=1.0)
        assert note == alone
        Corpus(folder).check(note)


def test_what_was_begun_and_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "works.jsonl"
    path.write_text('{"id": "https://openalex.org/W1"}\n', encoding="utf-8")
    corpus = Corpus(tmp_path / "corpus")
    corpus.make_folders()
    left = [
        corpus.folder / "works" / "000000-000000.parquet.0a1b2c3d.partial",
        corpus.folder / "done" / "000000-000000.json.0a1b2c3d.partial",
        corpus.folder / "files" / "000000.json.0a1b2c3d.partial",
    ]
    for one in left:
        one.write_bytes(b"half")
    ingest([str(path)], corpus.folder, threads=1, max_rejects=1.0)
    assert not any(one.exists() for one in left)

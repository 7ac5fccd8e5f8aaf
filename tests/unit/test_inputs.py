"""Which files an input names: globs, folders, and OpenAlex snapshots with their manifests."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sciencecities as sc
from sciencecities.errors import SourceError
from sciencecities.sources import expand


def work(number: int) -> dict[str, Any]:
    return {
        "id": f"https://openalex.org/W{number}",
        "type": "article",
        "publication_year": 2024,
        "authorships": [{"raw_affiliation_strings": ["University of Paris, Paris, France"]}],
    }


def write_gz(path: Path, *numbers: int) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = b"".join(json.dumps(work(n)).encode() + b"\n" for n in numbers)
    path.write_bytes(gzip.compress(lines))
    return path.stat().st_size


def write_parquet(path: Path, *numbers: int) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([work(n) for n in numbers]), path)
    return path.stat().st_size


def names(*inputs: Path) -> list[str]:
    return [f.name for f in expand([str(i) for i in inputs])]


def works_in(folder: Path, out: Path) -> list[str]:
    edition = sc.build(sources=[str(folder)], out=str(out), threads=1)
    return (
        sorted(pq.read_table(out / "contributions.parquet")["work_id"].to_pylist())
        if edition
        else []
    )


@pytest.mark.parametrize(("kind", "write"), [("jsonl", write_gz), ("parquet", write_parquet)])
def test_new_snapshot_is_read_by_its_manifest(tmp_path: Path, kind: str, write: Any) -> None:
    folder = tmp_path / "data" / kind / "works"
    files = []
    for number in (1, 2):
        path = folder / f"updated_date=2026-01-0{number}" / f"part_0000.{kind}"
        size = write(path, number)
        key = f"data/{kind}/works/{path.relative_to(folder).as_posix()}"
        files.append({"url": f"s3://openalex/{key}", "meta": {"content_length": size}})
    write(folder / "updated_date=2026-01-03" / f"part_0000.{kind}", 3)  # not of this release
    (folder / "manifest.json").write_text(json.dumps({"files": files}))
    assert works_in(tmp_path, tmp_path / "out") == [work(1)["id"], work(2)["id"]]


def test_old_snapshot_with_entries_and_merged_ids(tmp_path: Path) -> None:
    folder = tmp_path / "legacy-data" / "works"
    size = write_gz(folder / "updated_date=2024-05-01" / "part_000.gz", 1, 2)
    url = "s3://openalex/data/works/updated_date=2024-05-01/part_000.gz"
    entry = {"url": url, "meta": {"content_length": size, "record_count": 2}}
    (folder / "manifest").write_text(json.dumps({"entries": [entry], "meta": {}}))
    merged = tmp_path / "legacy-data" / "merged_ids" / "works" / "2024-06-01.csv.gz"
    merged.parent.mkdir(parents=True)
    merged.write_bytes(gzip.compress(b"merge_date,id,merge_into_id\n2024-06-01,W2,W1\n"))
    assert works_in(tmp_path, tmp_path / "out") == [work(1)["id"]]
    assert works_in(folder, tmp_path / "out2") == [work(1)["id"]]


def test_works_folder_itself_may_be_given(tmp_path: Path) -> None:
    size = write_gz(tmp_path / "updated_date=2024-05-01" / "part_000.gz", 1)
    write_gz(tmp_path / "updated_date=2024-05-02" / "part_000.gz", 2)
    url = "s3://openalex/data/works/updated_date=2024-05-01/part_000.gz"
    entry = {"url": url, "meta": {"content_length": size}}
    (tmp_path / "manifest").write_text(json.dumps({"entries": [entry]}))
    assert names(tmp_path) == ["updated_date=2024-05-01/part_000.gz"]


def test_a_listed_file_must_be_there_whole(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "jsonl" / "works"
    size = write_gz(folder / "a.jsonl.gz", 1)
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"files": [{"url": "x/a.jsonl.gz", "size": size + 1}]}))
    with pytest.raises(SourceError, match="the manifest says"):
        expand([str(tmp_path)])
    manifest.write_text(json.dumps({"files": ["x/b.jsonl.gz"]}))
    with pytest.raises(SourceError, match=r"lists x/b\.jsonl\.gz, which is not in"):
        expand([str(tmp_path)])
    manifest.write_text("{")
    with pytest.raises(SourceError, match="is no JSON manifest"):
        expand([str(tmp_path)])


def test_globs_folders_and_repeats(tmp_path: Path) -> None:
    for number in (2, 1):
        write_gz(tmp_path / "in" / f"w{number}.jsonl.gz", number)
    (tmp_path / "in" / "notes.txt").write_text("not data")
    assert names(tmp_path / "in") == ["w1.jsonl.gz", "w2.jsonl.gz"]
    assert names(tmp_path / "in" / "*.gz", tmp_path / "in") == ["w1.jsonl.gz", "w2.jsonl.gz"]
    with pytest.raises(SourceError, match="no such file, folder or pattern"):
        names(tmp_path / "none*.gz")
    with pytest.raises(SourceError, match="of no known kind"):
        names(tmp_path / "in" / "notes.txt")


def test_links_in_a_folder_are_followed_once(tmp_path: Path) -> None:
    write_gz(tmp_path / "elsewhere" / "more" / "w2.jsonl.gz", 2)
    write_gz(tmp_path / "in" / "w1.jsonl.gz", 1)
    (tmp_path / "in" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "linked" / "back").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "here").symlink_to(".")
    assert names(tmp_path / "in") == ["linked/more/w2.jsonl.gz", "w1.jsonl.gz"]


def test_what_a_folder_names_as_data_and_cannot_be_read_is_told(tmp_path: Path) -> None:
    write_gz(tmp_path / "w1.jsonl.gz", 1)
    link, pipe = tmp_path / "w2.jsonl.gz", tmp_path / "w3.jsonl"
    link.symlink_to("nowhere")
    for given in (tmp_path, link, tmp_path / "*.gz"):
        with pytest.raises(SourceError, match=r"w2\.jsonl\.gz: is a link to what is not there"):
            names(given)
    link.unlink()
    os.mkfifo(pipe)
    with pytest.raises(SourceError, match=r"w3\.jsonl: is a pipe"):
        names(tmp_path)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"PK\x03\x04", "zip archive"),
        (b"\xfd7zXZ\x00", "xz; unpack it"),
        (b"BZh91AY", "bzip2; unpack it"),
        (b"\x28\xb5\x2f\xfd", "zstd; unpack it"),
        ("{}".encode("utf-16"), "UTF-16; save it as UTF-8"),
    ],
)
def test_what_is_met_in_place_of_data_is_named(start: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "works.jsonl.gz"
    path.write_bytes(start + b" and so on")
    with pytest.raises(SourceError, match=words):
        names(path)

"""OpenAlex JSON: cutting files into pieces, and what each schema means for the corpus."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sciencecities.sources.base import Records
from sciencecities.sources.openalex import OpenAlex, cut_lines

INSTITUTION = {
    "id": "https://openalex.org/I1",
    "ror": "https://ror.org/012345678",
    "display_name": "Institute One",
    "country_code": "CN",
    "lineage": ["https://openalex.org/I1", "https://openalex.org/I9"],
}
OTHER = INSTITUTION | {"id": "https://openalex.org/I2", "ror": None, "lineage": None}


def read(folder: Path, content: bytes, piece_bytes: int = 1 << 20) -> Records:
    path = folder / "works.jsonl"
    path.write_bytes(content)
    out = Records("works.jsonl", "line", 0)
    for piece in OpenAlex().pieces(path, hashlib.sha256(), piece_bytes):
        OpenAlex().read(path, piece, out)
    return out


def lines(*works: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(w).encode() + b"\n" for w in works)


def rows(out: Records, table: str) -> list[dict[str, Any]]:
    return out.tables()[table].to_pylist()


@given(
    lines=st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b""))),
    tail=st.binary(max_size=8).map(lambda b: b.replace(b"\n", b"")),
    cuts=st.lists(st.integers(0, 400), max_size=6),
    piece_bytes=st.integers(1, 60),
)
def test_pieces_are_whole_lines_whatever_the_chunks(
    lines: list[bytes], tail: bytes, cuts: list[int], piece_bytes: int
) -> None:
    data = b"".join(line + b"\n" for line in lines) + tail
    bounds = [0, *sorted(c for c in cuts if c < len(data)), len(data)]
    chunks = [data[a:b] for a, b in itertools.pairwise(bounds)]
    pieces = list(cut_lines(chunks[0], iter(chunks[1:]), piece_bytes))
    assert [p.data for p in pieces] == [p.data for p in cut_lines(data, iter(()), piece_bytes)]
    assert b"".join(p.data for p in pieces) == data
    position = 1
    for piece in pieces:
        assert piece.first == position
        n_lines = piece.data.count(b"\n") + (not piece.data.endswith(b"\n"))
        position += n_lines
        assert piece.last == position - 1
        assert len(piece.data) <= piece_bytes or piece.data.count(b"\n", 0, -1) == 0


def test_new_schema_keeps_institutions_with_their_strings(tmp_path: Path) -> None:
    author = {
        "institutions": [INSTITUTION, OTHER],
        "raw_affiliation_strings": ["One, Beijing", "Two, Lyon"],
        "affiliations": [
            {
                "raw_affiliation_string": "One, Beijing",
                "institution_ids": [INSTITUTION["id"], None],
            },
            {"raw_affiliation_string": "Two, Lyon", "institution_ids": []},
        ],
    }
    out = read(tmp_path, lines({"id": "W1", "authorships": [author]}))
    entries = {r["affiliation_key"]: r for r in rows(out, "affiliation_entries")}
    found = [entries[r["affiliation_key"]] for r in rows(out, "affiliations")]
    assert [(r["text"], r["institution_id"]) for r in found] == [
        ("One, Beijing", INSTITUTION["id"]),
        ("Two, Lyon", None),
        (None, OTHER["id"]),
    ]
    assert found[0]["lineage"] == "https://openalex.org/I1 https://openalex.org/I9"


def test_old_schema_is_one_affiliation(tmp_path: Path) -> None:
    nameless = {"id": None, "ror": None, "display_name": "Some Clinic, Lyon"}
    author = {
        "institutions": [INSTITUTION, nameless],
        "raw_affiliation_string": "One; Some Clinic, Lyon",
    }
    out = read(tmp_path, lines({"id": "W1", "authorships": [author]}))
    assert len(rows(out, "affiliations")) == 1
    assert [(r["entry"], r["institution"]) for r in rows(out, "affiliation_entries")] == [
        (1, "Institute One"),
        (2, "Some Clinic, Lyon"),
    ]


def test_strings_without_institutions_are_affiliations_each(tmp_path: Path) -> None:
    author = {"institutions": [], "raw_affiliation_strings": ["A", " ", "B"]}
    out = read(tmp_path, lines({"id": "W1", "authorships": [author]}))
    assert [r["text"] for r in rows(out, "affiliation_entries")] == ["A", "B"]


@pytest.mark.parametrize(
    ("authors", "flag", "truncated"),
    [
        (["first"] + ["middle"] * 99, None, True),
        (["first"] + ["middle"] * 98 + ["last"], None, False),
        (["first"] + ["middle"] * 99, False, True),
        (["first", "last"], True, True),
        (["first"] + ["middle"] * 100, None, False),
    ],
)
def test_cut_author_lists(
    tmp_path: Path, authors: list[str], flag: bool | None, truncated: bool
) -> None:
    work = {
        "id": "W1",
        "is_authors_truncated": flag,
        "authorships": [{"author_position": p} for p in authors],
    }
    (found,) = rows(read(tmp_path, lines(work)), "works")
    assert found["authors_truncated"] is truncated


def test_fields_of_both_schemas(tmp_path: Path) -> None:
    new = {
        "id": "W1",
        "doi": "https://doi.org/10.1/ABC",
        "publication_year": 2024,
        "type": "article",
        "updated_date": "2025-01-02T03:04:05.678901",
        "primary_location": {"source": {"display_name": "J", "issn_l": "1234-567x", "issn": None}},
        "primary_topic": {
            "id": "https://openalex.org/T10001",
            "subfield": {"id": "https://openalex.org/subfields/1908"},
            "field": {"id": 19},
        },
        "biblio": {"first_page": "L1"},
    }
    old = {"id": "W2", "type": "journal-article", "primary_location": None, "is_retracted": True}
    old["host_venue"] = {"display_name": "K", "issn": ["0028-0836", "bad"]}
    out = read(tmp_path, lines(new, old))
    first, second = rows(out, "works")
    assert (first["doi"], first["version"]) == ("10.1/abc", 1_735_787_045_678_901)
    assert (first["source_title"], first["first_page"], first["is_primary"]) == ("J", "L1", True)
    assert (second["source_title"], second["excluded"], second["is_primary"]) == (
        "K",
        "retracted",
        True,
    )
    assert [(r["kind"], r["term"]) for r in rows(out, "work_terms")] == [
        ("issn", "1234-567X"),
        ("topic", "T10001"),
        ("subfield", "1908"),
        ("field", "19"),
        ("issn", "0028-0836"),
    ]


def test_who_is_first(tmp_path: Path) -> None:
    named = [{"author_position": "middle"}, {"author_position": "first"}]
    silent = [{"is_corresponding": True}, {}]
    out = read(
        tmp_path, lines({"id": "W1", "authorships": named}, {"id": "W2", "authorships": silent})
    )
    assert [(r["is_first"], r["is_corresponding"]) for r in rows(out, "authorships")] == [
        (False, None),
        (True, None),
        (True, True),
        (False, None),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": "W1", "publication_year": "2020"}', "$.publication_year"),
        (b'{"id": "W1", "authorships": [{"institutions": 5}]}', "$.authorships[0].institutions"),
        (b'{"id": "W1"', "truncated"),
        (b'{"doi": "10.1/x"}', "no `id`"),
        (b'{"id": "W1", "publication_year": 99999}', "absurd"),
        (b'{"id": "W1", "updated_date": "soon"}', "no date"),
        (b'{"id": "W\xff"}', ""),
    ],
)
def test_a_bad_line_is_a_reject_and_the_others_stay(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    out = read(tmp_path, b'{"id": "W0"}\n\n' + line + b'\n{"id": "W2"}\n')
    assert [r["work_id"] for r in rows(out, "works")] == ["W0", "W2"]
    (reject,) = rows(out, "rejects")
    assert (reject["position"], reject["source"]) == ("line 3", "works.jsonl")
    assert reason in reject["reason"]
    assert out.n_records == 3


@pytest.mark.parametrize(
    "content",
    [
        b'{"meta": {}, "results": [{"id": "W1"}, {"id": "W2"}]}\n',
        b'{\n  "meta": {},\n  "results": [\n {"id": "W1"},\n {"id": "W2"}\n]}\n',
        b'[{"id": "W1"},\n{"id": "W2"}]',
        b'\xef\xbb\xbf{"id": "W1"}\r\n{"id": "W2"}\r\n',
        b'{"id": "W1"}\n{"id": "W2"}',
    ],
)
def test_shapes_of_files(tmp_path: Path, content: bytes) -> None:
    out = read(tmp_path, content)
    assert [r["work_id"] for r in rows(out, "works")] == ["W1", "W2"]
    assert out.n_records == 2
    packed = tmp_path / "packed"
    packed.mkdir()
    assert rows(read(packed, gzip.compress(content)), "works") == rows(out, "works")


def test_equal_origins_share_a_key_and_unequal_ones_do_not(tmp_path: Path) -> None:
    def author(**changes: Any) -> dict[str, Any]:
        named = INSTITUTION | changes
        item = {"raw_affiliation_string": "X", "institution_ids": [named["id"]]}
        return {"institutions": [named], "affiliations": [item]}

    works = {"id": "W1", "authorships": [author(), author(), author(ror=None)]}
    keys = [r["affiliation_key"] for r in rows(read(tmp_path, lines(works)), "affiliations")]
    assert keys[0] == keys[1] != keys[2]

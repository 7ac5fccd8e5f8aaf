"""Records that cannot be read: each is rejected with file, line and field, and the rest counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fault_works import (
    TOWNS,
    author,
    build,
    built,
    hashes,
    lines,
    n_works,
    rows,
    work,
    works,
    write,
)

GOOD = lines(works(1, 50))

AUTHORS = "$.authorships[0]"
INSTITUTION = f"{AUTHORS}.institutions[0]"
AFFILIATION = f"{AUTHORS}.affiliations[0]"


def by(**fields: Any) -> dict[str, Any]:
    return {"authorships": [{"author_position": "first"} | fields]}


WRONG_TYPES: dict[str, dict[str, Any]] = {
    "$.id": {"id": 7},
    "$.doi": {"doi": ["10.1/x"]},
    "$.publication_year": {"publication_year": "2024"},
    "$.type": {"type": 1},
    "$.updated_date": {"updated_date": 20250101},
    "$.is_retracted": {"is_retracted": "no"},
    "$.is_paratext": {"is_paratext": 0},
    "$.is_xpac": {"is_xpac": []},
    "$.is_authors_truncated": {"is_authors_truncated": {}},
    "$.primary_location": {"primary_location": "here"},
    "$.primary_location.source": {"primary_location": {"source": 1}},
    "$.primary_location.source.issn_l": {"primary_location": {"source": {"issn_l": 12345678}}},
    "$.primary_location.source.issn[0]": {"primary_location": {"source": {"issn": [1]}}},
    "$.host_venue.display_name": {"host_venue": {"display_name": {}}},
    "$.primary_topic": {"primary_topic": [1]},
    "$.primary_topic.id": {"primary_topic": {"id": True}},
    "$.primary_topic.subfield": {"primary_topic": {"subfield": "x"}},
    "$.biblio.first_page": {"biblio": {"first_page": 1}},
    "$.authorships": {"authorships": {}},
    AUTHORS: {"authorships": ["A. Author"]},
    f"{AUTHORS}.author_position": by(author_position=1),
    f"{AUTHORS}.is_corresponding": by(is_corresponding="yes"),
    f"{AUTHORS}.institutions": by(institutions={}),
    INSTITUTION: by(institutions=[None]),
    f"{INSTITUTION}.id": by(institutions=[{"id": 1}]),
    f"{INSTITUTION}.ror": by(institutions=[{"ror": 1}]),
    f"{INSTITUTION}.display_name": by(institutions=[{"display_name": []}]),
    f"{INSTITUTION}.country_code": by(institutions=[{"country_code": 44}]),
    f"{INSTITUTION}.lineage": by(institutions=[{"lineage": "I1"}]),
    f"{INSTITUTION}.lineage[1]": by(institutions=[{"lineage": ["I1", 2]}]),
    f"{AUTHORS}.affiliations": by(affiliations="x"),
    f"{AFFILIATION}.raw_affiliation_string": by(affiliations=[{"raw_affiliation_string": 1}]),
    f"{AFFILIATION}.institution_ids": by(affiliations=[{"institution_ids": "I1"}]),
    f"{AFFILIATION}.institution_ids[0]": by(affiliations=[{"institution_ids": [1]}]),
    f"{AUTHORS}.raw_affiliation_strings": by(raw_affiliation_strings="x"),
    f"{AUTHORS}.raw_affiliation_strings[0]": by(raw_affiliation_strings=[1]),
    f"{AUTHORS}.raw_affiliation_string": by(raw_affiliation_string=["x"]),
}

BROKEN_LINES: dict[str, tuple[bytes, str]] = {
    "text": (b"hello", "JSON is malformed"),
    "array": (b'["id"]', "Expected `object`, got `array`"),
    "number": (b"7", "Expected `object`, got `int`"),
    "null": (b"null", "Expected `object`, got `null`"),
    "cut": (lines(works(99, 99))[:-30], "Input data was truncated"),
    "one-and-a-half": (b'{"id":"W1"}{"id":"W2"', "JSON is malformed"),
    "invalid-utf-8": (b'{"id":"W\xff\xfe"}', "utf-8"),
    "latin-1": ('{"id":"Université"}'.encode("latin-1"), "utf-8"),
    "nul-bytes": (b"\0" * 100, "JSON is malformed"),
    "lone-high-surrogate": (b'{"id":"W\\ud800","type":"article"}', "utf-16 surrogate"),
    "lone-low-surrogate": (b'{"id":"W1","type":"\\udc00x"}', "utf-16 surrogate"),
    "deep-brackets": (b'{"other":' + b"[" * 100_000, "nested too deeply"),
    "deep-objects": (b'{"a":' * 100_000, "nested too deeply"),
    "deep-and-closed": (
        b'{"id":"W1","authorships":[{"institutions":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}",
        "",  # either is right: too deep, or not an object
    ),
    "infinite": (b'{"id":"W1","publication_year":1e999}', "$.publication_year"),
    "not-a-number": (b'{"id":"W1","publication_year":NaN}', "JSON is malformed"),
    "huge-year": (lines([work(99, publication_year=10**30)]).strip(), "is absurd"),
    "early-year": (lines([work(99, publication_year=-44)]).strip(), "is absurd"),
    "no-date": (lines([work(99, updated_date="yesterday")]).strip(), "is no date"),
    "no-id": (b"{}", "work has no `id`"),
    "blank-id": (b'{"id":"  "}', "work has no `id`"),
    "long-id": (lines([work(99, id="W" * 1001)]).strip(), "length <= 1000"),
    "long-affiliation": (
        lines([work(99, **by(raw_affiliation_strings=["a" * 70_000]))]).strip(),
        "65536",
    ),
}


def test_each_wrong_type_is_rejected_by_the_path_of_its_field(tmp_path: Path) -> None:
    bad = lines(work(100 + n, **fields) for n, fields in enumerate(WRONG_TYPES.values()))
    path = write(tmp_path / "works.jsonl", GOOD + bad)
    edition = built(path, tmp_path / "edition", "--max-rejects", "1")
    assert n_works(edition) == 50
    rejects = sorted(rows(edition, "rejects"), key=lambda r: int(r["position"].split()[1]))
    assert [r["position"] for r in rejects] == [f"line {51 + n}" for n in range(len(WRONG_TYPES))]
    assert [r["reason"].rsplit("`", 2)[1] for r in rejects] == list(WRONG_TYPES)
    assert {r["source"] for r in rejects} == {"works.jsonl"}
    assert all(r["excerpt"].startswith('{"id": ') for r in rejects)


def test_each_broken_line_is_rejected_and_the_rest_is_read(tmp_path: Path) -> None:
    bad = b"".join(line + b"\n" for line, _ in BROKEN_LINES.values())
    path = write(tmp_path / "works.jsonl.gz", GOOD + bad + lines(works(51, 60)))
    edition = built(path, tmp_path / "edition", "--max-rejects", "1")
    assert n_works(edition) == 60
    found = {int(r["position"].split()[1]): r["reason"] for r in rows(edition, "rejects")}
    for number, (name, (_, words)) in enumerate(BROKEN_LINES.items(), 51):
        assert words in found.pop(number), name
    assert not found


def test_a_broken_line_alone_is_rejected_too(tmp_path: Path) -> None:
    """Whether a line stands among sound or broken ones, it is judged alike."""
    names = list(BROKEN_LINES)
    files = [
        write(tmp_path / f"{n:02}.jsonl", lines(works(n, n)) + BROKEN_LINES[name][0] + b"\n")
        for n, name in enumerate(names)
    ]
    edition = built(files, tmp_path / "edition", "--max-rejects", "1")
    assert n_works(edition) == len(names)
    found = {r["source"]: r["reason"] for r in rows(edition, "rejects")}
    for n, name in enumerate(names):
        assert BROKEN_LINES[name][1] in found[f"{n:02}.jsonl"], name


@pytest.mark.parametrize("after", [b"\n", b"\n\n", b"\nhello\n"])
def test_works_without_a_line_end_between_are_read_wherever_they_stand(
    after: bytes, tmp_path: Path
) -> None:
    two = lines(works(6, 7)).replace(b"\n", b"")
    data = lines(works(1, 5)) + two + after + lines(works(8, 9))
    edition = built(write(tmp_path / "w.jsonl", data), tmp_path / "edition", "--max-rejects", "1")
    assert (n_works(edition), len(rows(edition, "rejects"))) == (9, after.count(b"hello"))


def test_the_reject_limit(tmp_path: Path) -> None:
    """One in a thousand passes by default, two do not; then the top reasons are named."""
    thousand = lines(works(1, 999))
    path = write(tmp_path / "works.jsonl", thousand + b"hello\n")
    edition = built(path, tmp_path / "edition")
    assert (n_works(edition), len(rows(edition, "rejects"))) == (999, 1)
    old = hashes(edition)

    write(path, thousand + b"hello\n" + b'{"id":7}\n' * 2 + b"hello\n" * 2)
    outcome = build(path, edition)
    assert outcome.code == 1
    assert outcome.error == (
        "5 of 1,004 records rejected (0.498 %, limit 0.1 %), first works.jsonl, line 1000; "
        "reasons: JSON is malformed: invalid character (byte 0) (3×); "
        "Expected `str | null`, got `int` - at `$.id` (2×). "
        "Mend the input, or raise the limit with --max-rejects"
    )
    assert hashes(edition) == old
    assert len(rows(built(path, edition, "--max-rejects", "0.005"), "rejects")) == 5


@pytest.mark.parametrize("name", ["nothing.jsonl", "nothing.jsonl.gz", "blank.jsonl", "bom.jsonl"])
def test_files_without_records_hold_no_works(name: str, tmp_path: Path) -> None:
    data = {"nothing": b"", "blank": b"\r\n \n\t\n\n" * 2000, "bom": b"\xef\xbb\xbf\n"}
    path = write(tmp_path / name, data[name.split(".")[0]])
    outcome = build(path, tmp_path / "edition")
    assert (outcome.code, outcome.err) == (0, "")
    assert "No work was counted" in outcome.out
    assert rows(tmp_path / "edition", "totals") == []


def test_a_file_of_zero_bytes_named_gz_among_others(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").touch()
    path = write(tmp_path / "b.jsonl", GOOD)
    assert n_works(built([tmp_path / "a.jsonl.gz", path], tmp_path / "edition")) == 50


@pytest.mark.parametrize(
    "data",
    [
        GOOD.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\n\n \t\n"),
        GOOD.rstrip(),
        b"[" + GOOD.strip().replace(b"\n", b",\n") + b"]",
        json.dumps({"results": works(1, 50)}, indent=1).encode(),
        b"".join(lines([{"results": works(n, n + 24)}]) for n in (1, 26)),
    ],
    ids=["crlf", "bom", "blank-lines", "no-last-newline", "array", "page", "page-lines"],
)
def test_forms_of_the_same_works(data: bytes, fifty: dict[str, str], tmp_path: Path) -> None:
    edition = built(write(tmp_path / "works.json", data), tmp_path / "edition")
    assert hashes(edition) == fifty


@pytest.fixture(scope="module")
def fifty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("fifty")
    return hashes(built(write(folder / "works.json", GOOD), folder / "edition"))


def test_a_cut_array_is_an_error_not_a_reject(tmp_path: Path) -> None:
    path = write(tmp_path / "works.json", b"[" + GOOD.strip().replace(b"\n", b",\n"))
    outcome = build(path, tmp_path / "edition")
    assert outcome.code == 1
    assert outcome.error.startswith(f"{path}: is no whole JSON document (")
    assert outcome.error.endswith("fetch it again, or give JSON lines")


def test_the_same_works_twice_count_once(fifty: dict[str, str], tmp_path: Path) -> None:
    path = write(tmp_path / "works.json", GOOD)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    twice = built([path, path, link], tmp_path / "edition")
    assert hashes(twice) == fifty
    copy = write(tmp_path / "copy.json", GOOD)
    again = built([path, copy], tmp_path / "edition")
    assert hashes(again) == fifty
    names = [i["name"] for i in json.loads((again / "manifest.json").read_text())["inputs"]]
    assert names == ["copy.json", "works.json"]


def test_null_institution_ids_are_no_error(tmp_path: Path) -> None:
    one = {"affiliations": [{"raw_affiliation_string": TOWNS[0], "institution_ids": [None]}]}
    path = write(tmp_path / "w.jsonl", lines([work(1, authorships=[one, author(TOWNS[1])])]))
    edition = built(path, tmp_path / "edition")
    assert rows(edition, "rejects") == []
    overall = [r for r in rows(edition, "rankings") if r["scope"] == "overall"]
    assert {r["city"]: r["share"] for r in overall} == {"Oxford": 0.5, "Paris": 0.5}


def test_nul_characters_and_bidirectional_marks_in_names_are_harmless(tmp_path: Path) -> None:
    odd = {"id": "https://openalex.org/I\0\u202e", "display_name": "<b>\0\u202eLab'; --</b>"}
    one = {"institutions": [odd], "raw_affiliation_strings": ["../../\0 'x', Oxford, UK"]}
    path = write(tmp_path / "w.jsonl", lines([work(1, id="W\0'1", authorships=[one]), work(2)]))
    assert n_works(built(path, tmp_path / "edition")) == 2


def test_names_of_files_may_be_of_any_bytes(tmp_path: Path) -> None:
    path = tmp_path / b"w\xff'[1]*\n.jsonl".decode("utf-8", "surrogateescape")
    path.write_bytes(GOOD + b"hello\n")
    edition = built(path, tmp_path / "edition", "--max-rejects", "1")
    assert rows(edition, "rejects")[0]["source"] == "w\N{REPLACEMENT CHARACTER}'[1]*\n.jsonl"
    assert build(path, tmp_path / "edition").error.startswith("1 of 51 records rejected")

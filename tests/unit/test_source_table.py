"""The plain table: columns, formats, putting works together, and what is rejected."""

from __future__ import annotations

import csv
import datetime
import gzip
import hashlib
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciencecities.errors import SourceError
from sciencecities.sources.base import Records
from sciencecities.sources.table import Table

Row = dict[str, Any]


def row(
    work: str = "W1", author: int | str = 1, affiliation: str = "Univ A, Rome", **more: Any
) -> Row:
    return {
        "work_id": work,
        "year": 2021,
        "author_position": author,
        "affiliation": affiliation,
        **more,
    }


def as_csv(rows: list[Row], delimiter: str = ",") -> bytes:
    names = list(dict.fromkeys(name for each in rows for name in each))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def read(path: Path, piece_bytes: int = 1 << 20) -> list[Records]:
    source = Table()
    found = []
    digest = hashlib.sha256()
    for piece in source.pieces(path, digest, piece_bytes):
        out = Records(path.name, source.unit, piece.number << 24)
        source.read(path, piece, out)
        out.tables()
        found.append(out)
    assert digest.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def read_rows(tmp_path: Path, *rows: Row) -> Records:
    path = tmp_path / "t.csv"
    path.write_bytes(as_csv(list(rows)))
    (out,) = read(path)
    return out


def found(out: Records) -> dict[str, list[tuple[int, int, str | None, list[tuple[Any, ...]]]]]:
    """work id -> (author, affiliation number, text, entries)."""
    works = dict(
        zip(out.columns["works"]["record_id"], out.columns["works"]["work_id"], strict=True)
    )
    entries: dict[int, list[tuple[Any, ...]]] = {}
    texts: dict[int, str | None] = {}
    for values in zip(*out.tables()["affiliation_entries"].to_pydict().values(), strict=True):
        key, number, text, *entry = values
        texts[key] = text
        entries.setdefault(key, [])
        if number:
            entries[key].append(tuple(entry))
    result: dict[str, list[tuple[int, int, str | None, list[tuple[Any, ...]]]]] = {}
    for record, position, number, key in zip(*out.columns["affiliations"].values(), strict=True):
        result.setdefault(works[record], []).append((position, number, texts[key], entries[key]))
    return result


def rejects(out: Records) -> list[tuple[str, str]]:
    rows = out.columns["rejects"]
    return list(zip(rows["position"], rows["reason"], strict=True))


def test_all_columns(tmp_path: Path) -> None:
    out = read_rows(
        tmp_path,
        row(
            doi="https://doi.org/10.1/ABC",
            title="A title",
            source_title="Journal",
            issn="1234567x; 0028-0836",
            type="article",
            is_primary="no",
            retracted="false",
            version="2024-01-02T00:00:00",
            first_page="L1",
            subjects="Health; Chemistry",
            topic="https://openalex.org/T10001",
            institution_id="i1",
            ror="05DXPS055",
            institution="Caltech",
            country="us",
            is_corresponding="TRUE",
            is_first="0",
            authors_truncated="1",
            unknown="x",
        ),
    )
    assert rejects(out) == []
    work = {name: values[0] for name, values in out.columns["works"].items()}
    since = datetime.datetime(2024, 1, 2) - datetime.datetime(1970, 1, 1)
    assert work == {
        "record_id": 0,
        "work_id": "W1",
        "doi": "10.1/abc",
        "version": int(since.total_seconds()) * 10**6,
        "year": 2021,
        "type": "article",
        "is_primary": False,
        "excluded": None,
        "authors_truncated": True,
        "source_title": "Journal",
        "first_page": "L1",
    }
    terms = out.columns["work_terms"]
    assert list(zip(terms["kind"], terms["term"], strict=True)) == [
        ("issn", "0028-0836"),
        ("issn", "1234-567X"),
        ("subject", "Chemistry"),
        ("subject", "Health"),
        ("topic", "T10001"),
    ]
    assert out.columns["authorships"]["is_first"] == [False]
    assert out.columns["authorships"]["is_corresponding"] == [True]
    assert found(out) == {
        "W1": [(1, 1, "Univ A, Rome", [("i1", "https://ror.org/05dxps055", "Caltech", "US", None)])]
    }


def test_defaults(tmp_path: Path) -> None:
    out = read_rows(tmp_path, row(author=2), row(author=1, affiliation=""))
    works = out.columns["works"]
    assert works["is_primary"] == [True]
    assert works["excluded"] == [None]
    assert works["version"] == [0]
    assert out.columns["authorships"]["author_position"] == [1, 2]
    assert out.columns["authorships"]["is_first"] == [True, False]
    assert out.columns["authorships"]["is_corresponding"] == [None, None]
    assert found(out) == {"W1": [(2, 1, "Univ A, Rome", [])]}


def test_retracted(tmp_path: Path) -> None:
    assert read_rows(tmp_path, row(retracted="y")).columns["works"]["excluded"] == ["retracted"]


def test_work_without_authors(tmp_path: Path) -> None:
    out = read_rows(tmp_path, row(author="", affiliation=""))
    assert out.columns["works"]["work_id"] == ["W1"]
    assert out.columns["authorships"]["author_position"] == []


def test_rows_of_one_string_are_one_affiliation(tmp_path: Path) -> None:
    out = read_rows(
        tmp_path,
        row(institution_id="b", institution="B"),
        row("W2"),
        row(institution_id="a", institution="A"),
        row(affiliation="Univ C, Bonn"),
        row(institution_id="b", institution="B"),
        row(affiliation="", institution="Name only"),
    )
    assert found(out)["W1"] == [
        (1, 1, None, [(None, None, "Name only", None, None)]),
        (1, 2, "Univ A, Rome", [("a", None, "A", None, None), ("b", None, "B", None, None)]),
        (1, 3, "Univ C, Bonn", []),
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"year": "MMXXI"}, "`year` 'MMXXI' is no whole number"),
        ({"year": "21"}, "`year` '21' is absurd"),
        ({"author_position": "0"}, "`author_position` '0' is no position from 1 on"),
        ({"author_position": "first"}, "`author_position` 'first' is no whole number"),
        ({"author_position": ""}, "an affiliation without `author_position`"),
        (
            {"author_position": "", "affiliation": ""},
            "`author_position` is empty, but other rows of the work have one",
        ),
        ({"country": "China"}, "`country` 'China' is no country code of two letters"),
        ({"ror": "https://ror.org/xyz"}, "is no ROR id"),
        ({"doi": "none"}, "`doi` 'none' is no DOI"),
        ({"issn": "12"}, "`issn` '12' holds what is no ISSN"),
        ({"is_primary": "maybe"}, "`is_primary` 'maybe' is neither true nor false"),
        ({"version": "new"}, "`version` 'new' is neither a whole number nor an ISO date"),
        ({"year": "2020"}, "`year` is 2020, but 2021 in row 1"),
        ({"author_position": "1", "is_first": "0"}, "`is_first` is False, but True in row 1"),
    ],
)
def test_a_bad_row_rejects_its_work_once(tmp_path: Path, bad: Row, reason: str) -> None:
    extra = dict.fromkeys(bad, "")
    first = {**extra, **row(), "is_first": "1"}
    out = read_rows(
        tmp_path, first, {**extra, **row("W2")}, {**row(author=2), **bad}, {**row(author=3), **bad}
    )
    assert out.columns["works"]["work_id"] == ["W2"]
    assert found(out).keys() == {"W2"}
    ((position, why),) = rejects(out)
    assert (position, reason in why) == ("row 3", True), why
    assert out.n_records == 2


def test_rows_that_are_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(
        b"work_id,year,author_position,affiliation\n"
        b"W1,2021,1,Univ A\n"
        b"W2,2021,1,Univ A, Rome\n"  # unquoted comma
        b"W3,2021,1,Z\xfcrich\n"
        b",2021,1,Univ A\n"
        b"\n"
        b',2021,2,"Univ "A""\n'
        b'W4,2021,1,"never closed\n'
    )
    (out,) = read(path)
    assert out.columns["works"]["work_id"] == ["W1"]
    assert sorted(rejects(out)) == [
        ("row 2", "5 fields where the header has 4"),
        ("row 3", "not UTF-8"),
        ("row 4", "`work_id` is empty"),
        ("row 5", "not readable as CSV: ',' expected after '\"'"),
        ("row 6", "not readable as CSV: unexpected end of data"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.tsv"])
def test_delimiters_compression_and_quoted_newlines(
    tmp_path: Path, delimiter: str, name: str
) -> None:
    path = tmp_path / name
    data = b"\xef\xbb\xbf" + as_csv([row(affiliation='Univ "A", x;\ty\nRome')], delimiter)
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    (out,) = read(path)
    assert found(out) == {"W1": [(1, 1, 'Univ "A", x;\ty\nRome', [])]}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_another_encoding_is_named(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("work_id,year\nW1,2024\n".encode(encoding))
    with pytest.raises(SourceError, match=r"t\.csv: is not UTF-8 .*; save it as UTF-8"):
        read(path)


def test_missing_and_doubled_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"work_id,years,author_position,affiliation\nW1,2021,1,x\n")
    with pytest.raises(SourceError, match=r"t.csv: column year is missing; found work_id, years"):
        read(path)
    path.write_bytes(b"work_id,year,year,author_position,affiliation\n")
    with pytest.raises(SourceError, match="column year is there twice"):
        read(path)
    pq.write_table(pa.table({"work_id": ["W1"], "year": [1]}), tmp_path / "t.parquet")
    with pytest.raises(SourceError, match="column author_position, affiliation is missing"):
        read(tmp_path / "t.parquet")


def test_header_only(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"work_id,year,author_position,affiliation\n")
    assert read(path) == []


def test_parquet_types(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    table = pa.table(
        {
            "work_id": pa.array(["W1", " W1 ", "W2"]).dictionary_encode(),
            "year": pa.array([2021, 2021, 2022], pa.int16()),
            "author_position": pa.array([1.0, 2.0, float("nan")]),
            "affiliation": ["Univ A", "Univ B", None],
            "is_first": [True, False, None],
            "issn": pa.array([["0028-0836"], None, []]),
            "version": pa.array([datetime.datetime(2024, 1, 1)] * 3, pa.timestamp("ms")),
            "other": [{"a": 1}] * 3,
        }
    )
    pq.write_table(table, path)
    (out,) = read(path)
    assert rejects(out) == []
    works = out.columns["works"]
    assert works["work_id"] == ["W1", "W2"]
    assert works["year"] == [2021, 2022]
    assert works["version"] == [1_704_067_200_000_000] * 2
    assert out.columns["work_terms"]["term"] == ["0028-0836"]
    assert out.columns["authorships"]["is_first"] == [True, False]
    assert found(out) == {"W1": [(1, 1, "Univ A", []), (2, 1, "Univ B", [])]}


def test_nested_parquet_column(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([row(affiliation="x") | {"institution": {"name": "x"}}])
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(SourceError, match="column institution is struct"):
        read(tmp_path / "t.parquet")


@pytest.mark.parametrize("damage", ["cut", "footer", "page"])
def test_broken_parquet(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "t.parquet"
    table = pa.Table.from_pylist([row(f"W{i}", affiliation=f"Univ {i**9}") for i in range(5000)])
    pq.write_table(table, path, write_page_checksum=True)
    data = bytearray(path.read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    else:
        at = len(data) - 6 if damage == "footer" else 2000
        data[at] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"t.parquet: the Parquet data is cut or corrupt"):
        list(Table().pieces(path, hashlib.sha256(), 1 << 20))


def test_cut_gzip(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    rows = [row(f"W{i}", affiliation=f"Univ {i**9}") for i in range(3000)]
    path.write_bytes(gzip.compress(as_csv(rows))[:-500])
    with pytest.raises(SourceError, match="ends early"):
        list(Table().pieces(path, hashlib.sha256(), 1 << 20))


def test_many_pieces_hold_whole_works(tmp_path: Path) -> None:
    rows = [row(f"W{i % 1500}", 1 + i // 1500, f"Univ {i}") for i in range(9000)]
    path = tmp_path / "t.csv"
    path.write_bytes(as_csv(rows))
    pieces = read(path, 1000)
    assert len(pieces) > 3
    ids = [work for out in pieces for work in out.columns["works"]["work_id"]]
    assert ids == sorted({r["work_id"] for r in rows})
    assert sum(len(out.columns["affiliations"]["record_id"]) for out in pieces) == 9000
    assert [rejects(out) for out in pieces] == [[]] * len(pieces)


ROWS = st.lists(
    st.builds(
        row,
        work=st.sampled_from(["W1", "W2", "W3"]),
        author=st.integers(1, 3),
        affiliation=st.sampled_from(["", "Univ A", "Univ B"]),
        institution_id=st.sampled_from(["", "i1", "i2"]),
        institution=st.sampled_from(["", "N"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(rows=ROWS, data=st.data())
def test_row_order_and_format_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("order")
    (folder / "a.csv").write_bytes(as_csv(rows))
    shuffled = data.draw(st.permutations(rows))
    pq.write_table(pa.Table.from_pylist(shuffled), folder / "a.parquet")
    (one,), (other,) = read(folder / "a.csv"), read(folder / "a.parquet")
    assert rejects(one) == rejects(other) == []
    assert one.columns == {**other.columns, "rejects": one.columns["rejects"]}


def test_accepts(tmp_path: Path) -> None:
    source = Table()
    assert source.accepts(Path("t.csv"), b"anything")
    assert source.accepts(Path("t"), b"year;work_id;affiliation\n")
    assert source.accepts(Path("t.parquet"), b"PAR1")
    assert not source.accepts(Path("t"), b"some text\n")

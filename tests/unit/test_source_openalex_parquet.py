"""The OpenAlex Parquet snapshot: the same corpus as from the JSON lines."""

from __future__ import annotations

import copy
import datetime
import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sciencecities.errors import SourceError
from sciencecities.sources.base import Records, Source
from sciencecities.sources.openalex import OpenAlex
from sciencecities.sources.openalex_parquet import OpenAlexParquet, needed_leaves

Json = dict[str, Any]
I1, I2, I3 = (f"https://openalex.org/I{i}" for i in (1, 2, 3))

NEW: Json = {
    "id": "https://openalex.org/W1",
    "doi": "https://doi.org/10.1/ONE",
    "title": "not needed",
    "publication_year": 2024,
    "type": "article",
    "updated_date": "2026-02-07T08:09:18.108334",
    "primary_location": {
        "source": {
            "id": "https://openalex.org/S1",
            "display_name": "Journal “Ä”",
            "issn_l": "1234-5678",
            "issn": ["1234-5678", "2234-567X"],
        }
    },
    "authorships": [
        {
            "author_position": "first",
            "institutions": [
                {
                    "id": I1,
                    "display_name": "One",
                    "ror": "https://ror.org/05dxps055",
                    "country_code": "US",
                    "lineage": [I1, I2],
                },
                {"id": I3, "display_name": "Three", "ror": None, "country_code": None},
            ],
            "is_corresponding": True,
            "raw_affiliation_strings": ["One, Two", "Three; x"],
            "affiliations": [
                {"raw_affiliation_string": "One, Two", "institution_ids": [I1, None]},
                {"raw_affiliation_string": "Three; x", "institution_ids": [I3]},
                {"raw_affiliation_string": "Nowhere", "institution_ids": []},
            ],
        },
        {"author_position": "last", "institutions": [], "affiliations": []},
    ],
    "is_retracted": False,
    "is_paratext": False,
    "is_xpac": True,
    "is_authors_truncated": None,
    "primary_topic": {
        "id": "https://openalex.org/T10001",
        "subfield": {"id": "https://openalex.org/subfields/1908"},
        "field": {"id": "https://openalex.org/fields/19"},
    },
    "biblio": {"first_page": "L12"},
}
EMPTY: Json = {"id": "https://openalex.org/W2"}
OLD: Json = {
    "id": "https://openalex.org/W3",
    "publication_year": 2020,
    "type": "journal-article",
    "updated_date": "2023-03-13T15:21:18.527905",
    "host_venue": {"display_name": "Old", "issn_l": "1234-5678", "issn": None},
    "is_retracted": True,
    "authorships": [
        {
            "author_position": "first",
            "raw_affiliation_string": "One; Three",
            "institutions": [{"id": I1, "display_name": "One"}, {"display_name": "No id"}],
        }
    ],
}
CUT: Json = {
    **EMPTY,
    "id": "https://openalex.org/W4",
    "authorships": [{"author_position": "middle"}] * 100,
}
WORKS = [NEW, EMPTY, OLD, CUT]


def read(source: Source, path: Path, piece_bytes: int = 1 << 20) -> list[Records]:
    pieces = []
    digest = hashlib.sha256()
    for piece in source.pieces(path, digest, piece_bytes):
        out = Records(path.name, source.unit, piece.number << 24)
        source.read(path, piece, out)
        out.tables()
        pieces.append(out)
    assert digest.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()
    return pieces


def rows(pieces: list[Records]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of all tables, works numbered through, entries once."""
    numbers: dict[int, int] = {}
    found: dict[str, list[tuple[Any, ...]]] = {}
    for out in pieces:
        for record_id in out.columns["works"]["record_id"]:
            numbers[record_id] = len(numbers)
        for name, columns in out.columns.items():
            for values in zip(*columns.values(), strict=True):
                first = numbers[values[0]] if next(iter(columns)) == "record_id" else values[0]
                found.setdefault(name, []).append((first, *values[1:]))
    found["affiliation_entries"] = sorted(set(found.get("affiliation_entries", ())), key=repr)
    return found


def write_json(path: Path, works: list[Json]) -> Path:
    path.write_text("".join(json.dumps(work) + "\n" for work in works), encoding="utf-8")
    return path


def write_parquet(path: Path, works: list[Json], **options: Any) -> Path:
    # Every row with every key: Arrow takes the columns from the first row.
    names = dict.fromkeys(name for work in works for name in work)
    table = pa.Table.from_pylist([{name: work.get(name) for name in names} for work in works])
    pq.write_table(table, path, **options)
    return path


def test_equal_to_json(tmp_path: Path) -> None:
    expected = rows(read(OpenAlex(), write_json(tmp_path / "w.jsonl", WORKS)))
    assert len(expected["works"]) == 4
    path = write_parquet(tmp_path / "w.parquet", WORKS)
    assert rows(read(OpenAlexParquet(), path)) == expected
    # The same from legacy list names and other row groups and pieces.
    path = write_parquet(
        tmp_path / "v.parquet", WORKS * 9, row_group_size=5, use_compliant_nested_type=False
    )
    expected = rows(read(OpenAlex(), write_json(tmp_path / "v.jsonl", WORKS * 9)))
    for piece_bytes in (1, 300, 2000, 1 << 20):
        assert rows(read(OpenAlexParquet(), path, piece_bytes)) == expected


@pytest.mark.parametrize(
    "value",
    [
        datetime.datetime(2026, 2, 7, 8, 9, 18, 108334),
        datetime.datetime(2026, 2, 7, 8, 9, 18, 108334, tzinfo=datetime.UTC),
        datetime.date(2026, 2, 7),
    ],
)
def test_dates_stored_as_dates(tmp_path: Path, value: datetime.date) -> None:
    text = value.isoformat()
    expected = rows(read(OpenAlex(), write_json(tmp_path / "w", [NEW | {"updated_date": text}])))
    path = write_parquet(tmp_path / "w.parquet", [NEW | {"updated_date": value}])
    found = rows(read(OpenAlexParquet(), path))
    assert found == expected
    assert found["works"][0][3] > 0


def test_numbers_stored_as_text_and_missing_columns(tmp_path: Path) -> None:
    work = copy.deepcopy(NEW) | {"publication_year": "2024", "is_xpac": None}
    work["primary_topic"]["field"]["id"] = 19
    for name in ("biblio", "is_authors_truncated", "primary_location", "is_xpac"):
        del work[name]
    found = rows(read(OpenAlexParquet(), write_parquet(tmp_path / "w.parquet", [work])))
    assert found["works"][0][1] == "https://openalex.org/W1"
    assert found["works"][0][4] == 2024
    assert ("field", "19") in [row[1:] for row in found["work_terms"]]


def test_a_bad_row_is_rejected_by_its_number(tmp_path: Path) -> None:
    works = [NEW | {"publication_year": year} for year in ("2020", "MMXX", "2021", "99999")]
    path = write_parquet(tmp_path / "w.parquet", works, row_group_size=1)
    for piece_bytes in (1, 1 << 20):
        pieces = read(OpenAlexParquet(), path, piece_bytes)
        found = rows(pieces)
        assert [row[4] for row in found["works"]] == [2020, 2021]
        assert [row[1] for row in found["rejects"]] == ["row 2", "row 4"]
        assert "publication_year" in found["rejects"][0][2]
        assert sum(out.n_records for out in pieces) == 4


def test_only_needed_leaves_are_read(tmp_path: Path) -> None:
    assert "title" not in needed_leaves()
    assert "results" not in needed_leaves()
    assert "authorships.affiliations.institution_ids" in needed_leaves()
    path = write_parquet(tmp_path / "w.parquet", [NEW])
    with pq.ParquetFile(path) as file:
        paths = [file.schema.column(i).path for i in range(len(file.schema))]
    assert "primary_location.source.id" in paths
    assert "primary_location.source.id" not in needed_leaves()


def test_no_rows(tmp_path: Path) -> None:
    schema = pa.Table.from_pylist([NEW]).schema
    pq.write_table(schema.empty_table(), tmp_path / "w.parquet")
    assert read(OpenAlexParquet(), tmp_path / "w.parquet") == []


def test_columns_without_which_nothing_can_be_counted(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "w.parquet", [{"id": "W1", "type": "a", "authorships": "[]"}])
    with pytest.raises(SourceError, match=r"w.parquet: no column publication_year"):
        read(OpenAlexParquet(), path)
    path = write_parquet(tmp_path / "w.parquet", [NEW | {"authorships": "[]"}])
    with pytest.raises(SourceError, match=r"no column authorships.raw_affiliation_strings or"):
        read(OpenAlexParquet(), path)


@pytest.mark.parametrize("damage", ["cut", "footer length", "footer", "page"])
def test_broken_file(tmp_path: Path, damage: str) -> None:
    works = [NEW | {"id": f"https://openalex.org/W{i**5}"} for i in range(3000)]
    path = write_parquet(tmp_path / "w.parquet", works, write_page_checksum=True)
    data = bytearray(path.read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "footer length":
        data[-6] ^= 0xFF
    elif damage == "footer":
        data[-400:-300] = bytes(100)
    else:
        data[3000] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"w.parquet: the Parquet data is cut or corrupt"):
        OpenAlexParquet().accepts(path, b"PAR1")
        read(OpenAlexParquet(), path)


def test_accepts(tmp_path: Path) -> None:
    source = OpenAlexParquet()
    assert source.accepts(write_parquet(tmp_path / "w.parquet", [NEW]), b"PAR1")
    assert not source.accepts(write_parquet(tmp_path / "t.parquet", [{"work_id": "x"}]), b"PAR1")
    assert not source.accepts(tmp_path / "w.jsonl", b'{"id": 1}')


@pytest.mark.shared
def test_real_records_equal_json(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2].parent / "shared"
    sample = (
        Path(os.environ.get("SCIENCECITIES_SHARED", root)) / "data/openalex/works-sample.jsonl.gz"
    )
    if not sample.exists():
        pytest.skip(f"{sample} is not there")
    groups: dict[bool, list[Json]] = {True: [], False: []}
    with gzip.open(sample, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % 4 == 0:
                work = json.loads(line)
                top = {leaf.partition(".")[0] for leaf in needed_leaves()}
                groups["host_venue" in work].append({k: work[k] for k in work if k in top})
    for is_old, works in groups.items():
        assert len(works) > 1000
        expected = rows(read(OpenAlex(), write_json(tmp_path / f"{is_old}.jsonl", works)))
        path = write_parquet(tmp_path / f"{is_old}.parquet", works, row_group_size=700)
        assert rows(read(OpenAlexParquet(), path, 500_000)) == expected

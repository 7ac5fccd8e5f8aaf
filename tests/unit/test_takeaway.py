"""Files to take away: numbers are numbers, descriptions fit the tables, equal bytes each time."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest
import small_world as world

import sciencecities as sc
from sciencecities.publish import takeaway
from sciencecities.publish.columns_zh import meaning
from sciencecities.tables import KINDS


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    return sc.open(world.build(tmp_path_factory.mktemp("world")))


def test_files_are_written_and_alike(edition: sc.Edition, tmp_path: Path) -> None:
    first = takeaway.write(edition, tmp_path / "a")
    second = takeaway.write(edition, tmp_path / "b")
    assert [p.name for p in first] == [f.name for f in takeaway.files(edition)]
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_what_no_export_wrote_stays(edition: sc.Edition, tmp_path: Path) -> None:
    out = tmp_path / "out"
    takeaway.write(edition, out)
    (out / "method_places.csv").touch()  # of an earlier export, by its name
    takeaway.write(edition, out)
    assert not (out / "method_places.csv").exists()
    (out / "rankings.csv").write_text("an earlier export")
    (out / "thesis.txt").write_text("the only copy")
    with pytest.raises(sc.EditionError, match=r"out: holds thesis\.txt, which no export wrote; "):
        takeaway.write(edition, out)
    assert (out / "rankings.csv").read_text() == "an earlier export"


def test_an_edition_is_no_place_for_an_export(edition: sc.Edition) -> None:
    """All of its files are named as those of an export."""
    before = sorted(p.name for p in edition.path.iterdir())
    with pytest.raises(sc.EditionError, match="which no export wrote; choose another --out"):
        takeaway.write(edition, edition.path)
    assert sorted(p.name for p in edition.path.iterdir()) == before


def test_csv_holds_what_the_package_says(edition: sc.Edition, tmp_path: Path) -> None:
    takeaway.write(edition, tmp_path)
    package = json.loads((tmp_path / "datapackage.json").read_text("utf-8"))
    assert {r["path"] for r in package["resources"]} >= {"rankings.csv", "unassigned.csv"}
    for resource in package["resources"]:
        with (tmp_path / resource["path"]).open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert header == [f["name"] for f in resource["schema"]["fields"]]


def test_the_workbook_has_numbers(edition: sc.Edition) -> None:
    book = openpyxl.load_workbook(io.BytesIO(takeaway.workbook(edition)), read_only=True)
    assert book.sheetnames == ["about", "rankings", "country_rankings", "unassigned", "totals"]
    rows = list(book["rankings"].iter_rows(values_only=True))
    column = {name: n for n, name in enumerate(rows[0])}
    found = {
        r[column["city"]]: r[column["share"]]
        for r in rows[1:]
        if r[column["scope"]] == "overall" and r[column["data_year"]] == 2024
    }
    assert found == {k: pytest.approx(float(v)) for k, v in world.SHARES_2024.items()}


def test_text_that_looks_like_a_formula_stays_text(edition: sc.Edition) -> None:
    with zipfile.ZipFile(io.BytesIO(takeaway.workbook(edition))) as parts:
        sheets = [parts.read(n) for n in parts.namelist() if n.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in sheet for sheet in sheets)


def test_points_have_coordinates(edition: sc.Edition) -> None:
    found = json.loads(takeaway.geojson(edition))
    guangzhou = next(f for f in found["features"] if f["properties"]["city"] == "Guangzhou")
    assert guangzhou["geometry"]["coordinates"] == pytest.approx([113.25, 23.11667], abs=0.2)


def test_citations_name_the_fingerprint(edition: sc.Edition) -> None:
    sha256 = edition.manifest["tables"]["rankings"]["sha256"]
    assert sha256 in takeaway.citation_cff(edition).decode()
    assert sha256 in takeaway.citation_bib(edition).decode()


def test_the_workbook_begins_with_the_newest_year_as_a_whole_and_explains_its_columns(
    edition: sc.Edition,
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(takeaway.workbook(edition)), read_only=True)
    rows = list(book["rankings"].iter_rows(values_only=True))
    column = {name: n for n, name in enumerate(rows[0])}
    keys = [(-r[column["data_year"]], r[column["scope"]] != "overall", r[column["scope"]],
             r[column["rank"]]) for r in rows[1:]]  # fmt: skip
    assert keys == sorted(keys)
    about = list(book["about"].iter_rows(values_only=True))
    said = {(r[0], r[1]): r[2:4] for r in about if r[1]}
    assert said["rankings", "p_rose"][1].startswith("名次确实上升的概率")
    assert {c for sheet, c in said if sheet == "rankings"} == set(column)


def test_every_column_that_is_taken_away_is_explained_in_chinese() -> None:
    for tables in KINDS.values():
        for table in tables:
            if table.name in takeaway.NOT_WHOLE:
                continue
            assert table.name in takeaway.HOLDS_ZH
            assert [c.name for c in table.columns if not meaning(table.name, c.name)] == []

"""Published rankings: the built-in ones, and one from a CSV."""

from __future__ import annotations

import csv
from importlib.resources import files
from io import StringIO
from pathlib import Path

import pytest

import sciencecities as sc
from sciencecities.cli import run
from sciencecities.edition.verify import verify
from sciencecities.publish.site import Site
from sciencecities.published.builtin import BUILT_IN, edition_path

# As the article in the press of November 2025 states them.
FIRST_TEN = ["北京", "上海", "纽约都市圈", "波士顿都市圈", "南京", "广州", "旧金山湾区", "武汉",
             "巴尔的摩—华盛顿", "杭州"]  # fmt: skip
GUANGZHOU = {"overall": 6, "physical": 6, "biological": 9, "chemistry": 4,
             "earth-environmental": 3, "health": 10}  # fmt: skip

IMPORT = ["--title", "A list", "--publisher", "Somebody", "--date", "2025-06", "--year", "2024"]


def test_the_built_in_edition_says_what_the_article_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    edition = sc.open("natureindex-2024")
    assert (edition.kind, edition.name, edition.years) == ("published", "natureindex-2024", [2024])
    assert edition.rankings().column("city_zh").to_pylist()[:10] == FIRST_TEN
    rows = {r["scope"]: r for r in edition.city("广州").to_pylist()}
    assert {scope: r["rank"] for scope, r in rows.items()} == GUANGZHOU
    assert (rows["overall"]["previous_rank"], rows["overall"]["rank_change"]) == (8, 2)
    about = edition.manifest["published"]
    assert about["title_en"] == "Nature Index 2025 Science Cities"
    assert about["title_zh"] == "2024自然指数-科研城市"
    assert about["published"] == "2025-11-16"


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_editions_are_sound_and_hold_no_share(name: str) -> None:
    edition = sc.open(name)
    assert verify(edition.path) == []
    ranked = edition.rankings("all")
    for column in ("share", "count", "rank_low", "rank_high"):
        assert ranked.column(column).null_count == ranked.num_rows
    ranks = edition.rankings().column("rank").to_pylist()
    assert ranks == sorted(ranks) and ranks[:10] == list(range(1, 11))


def test_chinese_cities_among_the_first_ten() -> None:
    def count(name: str) -> int:
        rows = sc.open(name).rankings().to_pylist()
        return sum(r["country"] == "CN" for r in rows if r["rank"] <= 10)

    assert [count(n) for n in BUILT_IN] == [6, 5, 5]
    before = sc.open("natureindex-2024").manifest["published"]["before"]
    assert [(b["data_year"], b["first_ten"].count("CN")) for b in before] == [(2023, 5), (2022, 5)]


def test_every_row_has_a_source_and_a_date() -> None:
    for name in BUILT_IN:
        data = files("sciencecities.published") / "data" / f"{name}.csv"
        sources = sc.open(name).manifest["published"]["sources"]
        for row in csv.DictReader(StringIO(data.read_text(encoding="utf-8"))):
            assert row["source"] in sources and row["date"]
        assert all(s["url"].startswith("http") and s["publisher"] for s in sources.values())


def test_cities_are_those_of_the_metro_definition() -> None:
    from sciencecities.locate import cities
    from sciencecities.locate.gazetteer import Gazetteer

    gazetteer = Gazetteer.load()
    metro = cities.load("metro", gazetteer)
    data = (files("sciencecities.published") / "data" / "cities.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(StringIO(data)):
        place = gazetteer.place_at(gazetteer.row(int(row["city_id"][3:])) or 0)
        assigned = metro.assign([place])[0]
        assert assigned is not None and assigned.city.city_id == row["city_id"]
        assert assigned.city.country == row["country"]


def test_a_city_is_found_by_its_plain_name() -> None:
    edition = sc.open("natureindex-2024")
    assert edition.find_city("纽约") == edition.find_city("New York") == "gn:5128581"
    assert edition.find_city("Washington") == "gn:4140963"


def test_a_folder_with_an_edition_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "natureindex-2024"
    folder.mkdir()
    assert edition_path("natureindex-2024") != Path("natureindex-2024")
    (folder / "manifest.json").write_text("{}")
    assert edition_path("natureindex-2024") == Path("natureindex-2024")


def made(folder: Path, text: str, *more: str) -> sc.Edition:
    table = folder / "ranks.csv"
    table.write_text(text, encoding="utf-8")
    assert run(["import", str(table), "--out", str(folder / "made"), *IMPORT, *more]) == 0
    return sc.open(folder / "made")


def test_import_finds_cities_in_any_language(tmp_path: Path) -> None:
    edition = made(
        tmp_path,
        "City,Rank,Scope,Country,Share\n上海,1,,,1300.5\n纽约都市圈,2,总体,,\n"
        "Greater London,3,,United Kingdom,\nGuangzhou,2,Chemistry,CN,\n"
        "Boston metropolitan area,4,,,\n",
        "--previous", "natureindex-2023",
    )  # fmt: skip
    rows = edition.rankings().to_pylist()
    assert [(r["rank"], r["city_id"], r["share"]) for r in rows] == [
        (1, "gn:1796236", 1300.5),
        (2, "gn:5128581", None),
        (3, "gn:2643743", None),
        (4, "gn:4930956", None),
    ]
    assert [r["rank_change"] for r in rows] == [1, 1, None, 0]
    assert edition.city("广州").column("scope").to_pylist() == ["chemistry"]
    assert verify(edition.path) == []


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("town,rank\nParis,1\n", 1, "has no column `city`; columns found: town, rank"),
        ("city,rank\n", 1, "has no rows"),
        ("city,rank\nXyzzyville,1\n", 1, "row 2: no city 'Xyzzyville'"),
        ("city,rank\nParis,first\n", 1, "row 2: rank 'first' is no whole number from 1"),
        ("city,rank\nParis,0\n", 1, "row 2: rank '0' is no whole number from 1"),
        ("city,rank,share\nParis,1,much\n", 1, "row 2: share 'much' is no number"),
        ("city,rank\nShanghai,1\n上海,2\n", 1, "is Shanghai (gn:1796236) as in row 2"),
        ("city,rank,city_id\nParis,1,gn:1\n", 1, "row 2: no city with the id 'gn:1'"),
        ("city,rank,country\nParis,1,CN\n", 1, "row 2: no city 'Paris' in 'CN'"),
    ],
)
def test_import_refuses_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, message: str
) -> None:
    table = tmp_path / "ranks.csv"
    table.write_text(text, encoding="utf-8")
    assert run(["import", str(table), "--out", str(tmp_path / "made"), *IMPORT]) == code
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (tmp_path / "made").exists()


def test_views_say_who_published_it(capsys: pytest.CaptureFixture[str]) -> None:
    for args in (["rank", "natureindex-2024"], ["city", "natureindex-2024", "广州"]):
        assert run(args) == 0
        out = capsys.readouterr().out
        assert "Published by Springer Nature (Nature Index) on 2025-11-16" in out
        assert "Nature Index 2025 Science Cities / 2024自然指数-科研城市. Data year 2024." in out
        assert "Rank ranges: not published." in out
    assert run(["verify", "natureindex-2024"]) == 0
    assert "41 ranks" in capsys.readouterr().out


def test_there_is_nothing_to_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "natureindex-2024", "广州"]) == 2
    assert "somebody else published" in capsys.readouterr().err
    assert run(["rank", "natureindex-2024", "--countries"]) == 2


def test_a_published_share_is_no_part_of_works_that_nobody_counted(tmp_path: Path) -> None:
    edition = made(tmp_path, "city,rank,share\nBeijing,1,100.5\nParis,2,80\n")
    page = Site([edition]).page(f"en/{edition.name}/city/paris.html").html
    assert "80.0" in page
    assert "all works" not in page


def test_notebooks_show_it_without_shares() -> None:
    edition = sc.open("natureindex-2024")
    assert "published by Springer Nature" in repr(edition)
    assert "None" not in repr(edition) + edition._repr_html_()

"""The city brief: what the article states, in both languages; forms; editions of every kind."""

from __future__ import annotations

import os
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import small_world as world
from test_industries import build as build_industries

import sciencecities as sc
from sciencecities.cli import run
from sciencecities.files import read_json, write_json
from sciencecities.observatory import load
from sciencecities.publish.brief import brief
from sciencecities.publish.brief_render import html, markdown

GOLDEN = Path(__file__).parents[1] / "golden" / "brief"
DAY = date(2025, 11, 25)


def made(edition: sc.Edition, city: str, lang: Any, facts: Any = None) -> str:
    return markdown(brief(edition, city, facts, lang, on=DAY))


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    return sc.open(world.build(tmp_path_factory.mktemp("world"), replicates=100))


@pytest.mark.parametrize(
    ("lang", "facts"),
    [
        (
            "zh",
            [
                "# 广州由第八升至第六",
                "由全球第八上升至全球第六",
                "中国有6座城市位列前十，首次超过半数",
                "广州在全部5个学科中均进入全球前十",
                "| **物理科学** | 第6 |",
                "| **生命科学** | 第9 |",
                "| **化学** | 第4 |",
                "| **地球与环境科学** | 第3 |",
                "| **健康科学** | 第10 |",
                "“2+2+N”",
                "| – 全国重点实验室 [1] | 17 |",
                "人类细胞谱系大科学研究设施",
                "超5万平方米",
                "4.5年",
                "2025-02-28：冷泉生态系统研究装置",
                "π-HuB",
                "超2000",
                "约30%",
                "51%",
                "74%",
                "“广州—深圳—香港—澳门”科技创新走廊",
                "2024自然指数-科研城市（Nature Index 2025 Science Cities），数据年份2024年",
                "未公布区间",
            ],
        ),
        (
            "en",
            [
                "# Guangzhou is sixth, up from eighth",
                "from eighth to sixth in the world",
                "Six Chinese cities are among the first ten, more than half for the first time",
                "Guangzhou is among the first ten in all five subjects",
                "| **Physical sciences** | 6th |",
                "| **Biological sciences** | 9th |",
                "| **Chemistry** | 4th |",
                "| **Earth & environmental sciences** | 3rd |",
                "| **Health sciences** | 10th |",
                "Human Cell Lineage Facility",
                "over 50,000 m²",
                "in construction",
                "over 2,000",
                "about 30%",
                "Nature Index 2025 Science Cities (2024自然指数-科研城市), data year 2024",
                "range not published",
            ],
        ),
    ],
)
def test_the_brief_states_what_the_article_states(lang: str, facts: list[str]) -> None:
    text = made(sc.open("natureindex-2024"), "广州", lang, load("guangzhou"))
    missing = [fact for fact in facts if fact not in text]
    assert not missing


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_golden_without_an_observatory(lang: str) -> None:
    """Boston: a city whose facts are not listed, down to the last letter."""
    text = made(sc.open("natureindex-2024"), "Boston", lang)
    path = GOLDEN / f"boston.{lang}.md"
    if os.environ.get("SCIENCECITIES_WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    version = r"sciencecities \d[\w.]*"
    golden = path.read_text("utf-8")
    assert re.sub(version, "", text) == re.sub(version, "", golden)


def with_before(folder: Path, tens: list[list[str]]) -> sc.Edition:
    """The built-in edition, with other countries in the first ten of the editions before."""
    import shutil

    copy = folder / "copy"
    shutil.copytree(sc.open("natureindex-2024").path, copy)
    manifest = read_json(copy / "manifest.json")
    before = manifest["published"]["before"]
    for known, ten in zip(before, tens, strict=True):
        known["first_ten"] = ten
    write_json(copy / "manifest.json", manifest)
    return sc.open(copy)


@pytest.mark.parametrize(
    ("tens", "first_time"),
    [
        ([["CN"] * 5 + ["US"] * 5] * 2, True),
        ([["CN"] * 6 + ["US"] * 4, ["CN"] * 5 + ["US"] * 5], False),  # it was more than half before
        ([["CN"] * 5 + ["US"] * 4] * 2, False),  # nine are known: the tenth may be Chinese
    ],
)
def test_for_the_first_time_only_if_the_earlier_data_says_so(
    tmp_path: Path, tens: list[list[str]], first_time: bool
) -> None:
    text = made(with_before(tmp_path, tens), "广州", "zh")
    assert "中国有6座城市位列前十" in text
    assert ("首次超过半数" in text) is first_time
    assert "超过半数" in text


def test_a_city_beyond_the_first_ten_is_listed_below_them() -> None:
    text = made(sc.open("natureindex-2024"), "合肥", "en")
    assert "# Hefei is 12th, up from 15th" in text
    rows = re.findall(r"^\| (?:\*\*)?([A-Z][\w .-]+?)(?:\*\*)? \| (\d+)", text, re.M)
    assert rows[10] == ("Hefei", "12")


def test_a_computed_edition_gives_ranges_institutions_and_certainty(computed: sc.Edition) -> None:
    text = made(computed, "Guangzhou", "en")
    row = computed.city("Guangzhou").to_pylist()[0]
    assert row["rank_low"] is not None
    assert f"1st ({row['rank_low']}" in text
    assert "| Mangrove University" in text or "Mangrove University](" in text
    assert "Counted here from 11 works of 2024." in text
    assert "stability interval" in text
    assert "re-draws" in made(computed, "Guangzhou", "en")


@pytest.mark.parametrize(
    ("reason", "lang", "why"),
    [
        ("incomplete-year", "en", "was 3rd; no rise or fall is stated, since one of the two years"),
        ("incomplete-year", "zh", "上一次为第3；因两年之一不完整，不说升降。"),
        ("unassigned-moved", "en", "since the unassigned part moved by more than two points."),
        ("unassigned-moved", "zh", "因未归入部分变动超过两个百分点，不说升降。"),
    ],
)
def test_years_that_cannot_be_compared_give_no_rise_and_no_fall(
    computed: sc.Edition, monkeypatch: pytest.MonkeyPatch, reason: str, lang: str, why: str
) -> None:
    rankings = sc.Edition.rankings

    def noted(self: sc.Edition, *asked: Any, **more: Any) -> pa.Table:
        rows = rankings(self, *asked, **more).to_pylist()
        moved = {"previous_rank": 3, "p_rose": None, "p_fell": None, "movement_note": reason}
        for row in rows:
            row |= moved | {"rank_change": 3 - row["rank"]}
        return pa.Table.from_pylist(rows)

    monkeypatch.setattr(sc.Edition, "rankings", noted)
    text = made(computed, "Guangzhou", lang)
    assert why in text
    assert "| was 3rd |" in text or "| 原第3 |" in text
    assert not re.search(
        r"\b(rises|falls|stays|up|down) |(上升|下降|升|降)(\d|至)|首次", text.split("## How")[0]
    )


def test_share_along_the_axis_and_platforms_of_a_computed_edition(computed: sc.Edition) -> None:
    text = made(computed, "Guangzhou", "en", load("guangzhou"))
    assert "Share along the axis: cannot be told. All 2 institutions" in text
    assert "Taken as one city they have" not in text  # Guangzhou alone of the corridor is ranked
    assert re.search(r"of which this edition holds no works: \d+ \(.*Sun Yat-sen University", text)
    assert "The claim counts institutions" in text


def test_an_industry_shows_rank_and_specialisation(tmp_path: Path) -> None:
    """Guangzhou has 2.5 of the 3 works in cell and gene, 2.5/3.5 of its own: 1.90 times 3/8."""
    text = made(build_industries(tmp_path), "Guangzhou", "en", load("guangzhou"))
    row = next(r for r in text.splitlines() if r.startswith("| Cell and gene"))
    assert "1st" in row and "| 2.5 |" in row and "1.90 (" in row and "few works" in row


def test_an_institution_table_is_said_to_be_one(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text(
        "name,country,share\nSun Yat-sen University,CN,10\nPeking University,CN,20\n", "utf-8"
    )
    out = tmp_path / "table-edition"
    args = ["institutions", str(table), "--out", str(out), "--year", "2024", "-q"]
    assert run(args) == 0
    edition = sc.open(out)
    text = made(edition, edition.rankings().to_pylist()[0]["city"], "zh")
    assert "据2024年机构份额表汇总" in text
    assert "故无稳定区间" in text


class Checker(HTMLParser):
    """What matters of a page: headings, ids, addresses it would fetch, tables, unclosed tags."""

    VOID = frozenset({"meta", "line", "circle", "rect", "br", "wbr", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.th_without_scope = 0
        self.open: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag in ("link", "script", "img", "iframe"):
            self.fetched.append(str(values))
        if tag == "th" and "scope" not in values:
            self.th_without_scope += 1
        if tag == "a" and str(values.get("href", "")).startswith("#"):
            self.targets.append(str(values["href"])[1:])
        assert "style" not in values

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize(("lang", "tag"), [("en", "en"), ("zh", "zh-Hans")])
def test_html_is_whole_accessible_and_asks_nothing_of_the_network(lang: Any, tag: str) -> None:
    edition = sc.open("natureindex-2024")
    page = html(brief(edition, "广州", load("guangzhou"), lang, on=DAY))
    assert f'<html lang="{tag}">' in page
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert checker.headings[0] == 1 and checker.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(checker.headings, checker.headings[1:], strict=False))
    assert checker.fetched == [] and "url(http" not in page and "@import" not in page
    assert checker.th_without_scope == 0
    assert len(checker.ids) == len(set(checker.ids))
    assert set(checker.targets) <= set(checker.ids)
    assert len(page.encode()) < 200_000
    assert "@media print" in page


def test_names_cannot_break_out(computed: sc.Edition, tmp_path: Path) -> None:
    observatory = tmp_path / "facts"
    observatory.mkdir()
    (observatory / "city.yaml").write_text(
        """
city: {id: x, city_id: "gn:1809858", name: {en: "A<b>|x"}, country: CN,
       centre: {latitude: 23.1, longitude: 113.2, precision_km: 1}, radius_km: 100}
sources:
  s: {kind: press, title: {en: "<script>alert(1)</script>"}, publisher: {en: P}, date: 2025, language: en}
platforms:
  - {id: p, name: {en: "Lab | <img src=x> *x*"}, tier: institute, source: s, as_of: 2025}
claims:
  - {id: c, name: {en: "labs"}, counts: {kind: platform}, value: 2, source: s, as_of: 2025}
  - {id: d, name: {en: "parts"}, counts: {kind: platform}, value: 1, part_of: c, source: s, as_of: 2025}
""",  # noqa: E501
        encoding="utf-8",
    )
    found = brief(computed, "Guangzhou", load(observatory), "en", on=DAY)
    assert "<script>alert" not in html(found) and "<img" not in html(found)
    assert r"Lab \| &lt;img src=x> \*x\*" in markdown(found)


def test_command_writes_by_the_ending(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b.html", "b.md"):
        args = ["export", "brief", "natureindex-2024", "广州", "--out", str(tmp_path / name)]
        assert run([*args, "--lang", "zh", "--on", "2025-11-25"]) == 0
    assert (tmp_path / "b.html").read_text("utf-8").startswith("<!doctype html>")
    assert (tmp_path / "b.md").read_text("utf-8").startswith("# 广州由第八升至第六")
    capsys.readouterr()
    assert run(["export", "brief", "natureindex-2024", "广州", "--out", "b.docx"]) == 2
    assert ".html or .md" in capsys.readouterr().err
    out = str(tmp_path / "none.md")
    assert run(["export", "brief", "natureindex-2024", "Guangzho", "--out", out]) == 1
    assert "close: Guangzhou" in capsys.readouterr().err
    assert not Path(out).exists()

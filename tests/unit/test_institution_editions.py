"""What can be asked of an edition from a table of institutions; expected values by hand."""

from __future__ import annotations

import json
import re
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

import sciencecities as sc
from sciencecities.cli import run
from sciencecities.compare.agreement import kendall
from sciencecities.compare.bounds import Standing, kendall_bounds
from sciencecities.institution_table import build as job
from sciencecities.publish.site import Site
from sciencecities.web.app import application

TABLE = """name,country,year,share
Chinese Academy of Sciences,CN,2023,30
Chinese Academy of Sciences,CN,2024,40
Peking University,CN,2023,50
Peking University,CN,2024,52
Sun Yat-sen University,CN,2023,20
Sun Yat-sen University,CN,2024,45
South China University of Technology,CN,2024,10
Harvard University,US,2023,60
Harvard University,US,2024,53
University of Tokyo,JP,2023,40
University of Tokyo,JP,2024,40
"""
PARTS = """institution,part,city,share
Chinese Academy of Sciences,,Beijing,{beijing}
Chinese Academy of Sciences,Guangzhou Institute of Geochemistry,,{guangzhou}
"""
NO_WORKS = re.compile(
    "holds no works|no works to draw from|has no works|Share counts their works|"
    "scientific works|`works` in totals|不含论文|份额数的是论文|科研论文份额"
)
"""What may be said of works where none was counted."""
WORKS = re.compile("\\bworks?\\b(?! with universities)|论文|篇")
PUBLISHED = "city,rank,share\nBeijing,1,80\nGuangzhou,2,70\nBoston,3,50\nTokyo,4,40\n"


def made(folder: Path, name: str, table: str = TABLE, parts: str | None = None) -> sc.Edition:
    source, split = folder / f"{name}.csv", None
    source.write_text(table)
    if parts:
        split = folder / f"{name}-parts.csv"
        split.write_text(parts)
    job.build(job.Settings(source, split), folder / name)
    return sc.open(folder / name)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    """Beijing 52, Guangzhou 55, Boston 53, Tokyo 40; 40 of China without a city."""
    return made(tmp_path_factory.mktemp("whole"), "whole")


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    """Of 2024's 40 (weights 3 to 1) Beijing has 30 and Guangzhou 10."""
    weights = PARTS.replace("share", "weight").format(beijing=3, guangzhou=1)
    return made(tmp_path_factory.mktemp("split"), "split", parts=weights)


def test_compare_holds_what_has_no_city(whole: sc.Edition, tmp_path: Path) -> None:
    published = tmp_path / "published.csv"
    published.write_text(PUBLISHED)
    found = whole.compare(published, year=2024)
    # Each Chinese city may have 40 more; Boston falls below Beijing alone (2 short) or not at all.
    assert [
        (r["city"], r["rank"], r["rank_low"], r["rank_high"], r["share_low"], r["share_high"])
        for r in found.cities
    ] == [
        ("Beijing", 3, 1, 3, 52, 92),
        ("Guangzhou", 1, 1, 2, 55, 95),
        ("Boston", 2, 2, 3, 53, 53),
        ("Tokyo", 4, 4, 4, 40, 40),
    ]
    assert [r["inside"] for r in found.cities] == [True] * 4
    assert [r["share_inside"] for r in found.cities] == [True, True, False, True]
    # Six pairs. Sure and as published: Guangzhou–Boston and the three with Tokyo. Unsure:
    # Beijing–Guangzhou, Beijing–Boston. So (4 ± 2) / 6; as it is, both are the other way round.
    tau = {m.name: m for m in found.measures}["kendall_tau_b"]
    assert (tau.value, tau.low, tau.high) == pytest.approx((2 / 6, 2 / 6, 1))


def test_compare_with_parts_is_sure(split: sc.Edition, tmp_path: Path) -> None:
    published = tmp_path / "published.csv"
    published.write_text(PUBLISHED)
    found = split.compare(published, year=2024)
    # Beijing 52 + 30, Guangzhou 55 + 10, nothing left without a city.
    assert [(r["city"], r["share_low"], r["share_high"]) for r in found.cities] == [
        ("Beijing", 82, 82), ("Guangzhou", 65, 65), ("Boston", 53, 53), ("Tokyo", 40, 40),
    ]  # fmt: skip
    tau = {m.name: m for m in found.measures}["kendall_tau_b"]
    assert (tau.value, tau.low, tau.high) == (1, 1, 1)


def test_compare_for_reading(
    whole: sc.Edition, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published = tmp_path / "published.csv"
    published.write_text(PUBLISHED)
    assert run(["compare", str(whole.path), str(published)]) == 0
    text = capsys.readouterr().out
    assert "Worst to best" in text
    assert "0.33 to 1.00" in text
    assert "52.0 (52.0–92.0)" in text
    assert "3 of 4 published Shares lie inside our interval." in text


@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=4),
    st.integers(0, 5),
    st.lists(st.integers(1, 3), min_size=4, max_size=4),
)
def test_no_division_leaves_the_bounds(
    cities: list[tuple[int, bool]], pool: int, published: list[int]
) -> None:
    """All divisions of a whole-numbered pool over the cities that may have it."""
    ranks = published[: len(cities)]
    bounds = kendall_bounds(
        [
            Standing(rank, 0, 0, share, share + pool * own)
            for rank, (share, own) in zip(ranks, cities, strict=True)
        ]
    )
    mine = [n for n, (_, own) in enumerate(cities) if own]
    for cut in {c for p in _parts(pool, len(mine)) for c in permutations(p)} or {()}:
        shares = [share for share, _ in cities]
        for n, more in zip(mine, cut, strict=True):
            shares[n] += more
        tau = kendall([-s for s in shares], ranks)
        if tau is not None:
            assert bounds is not None
            assert bounds[0] - 1e-9 <= tau <= bounds[1] + 1e-9


def _parts(pool: int, into: int) -> list[tuple[int, ...]]:
    """Whole numbers, not rising, that sum to at most the pool."""
    found: list[tuple[int, ...]] = [()]
    for _ in range(into):
        found = [
            (*p, n) for p in found for n in range(min(p[-1:] or (pool,), default=pool) + 1)
            if sum(p) + n <= pool
        ]  # fmt: skip
    return found


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_of_its_site(tmp_path: Path, lang: str) -> None:
    """With Hong Kong, so that two cities are of the corridors that a source names."""
    table = TABLE + "The University of Hong Kong,HK,2023,9\nThe University of Hong Kong,HK,2024,9\n"
    site = Site([made(tmp_path, "whole", table)])
    pages = {path: site.page(path).html for path in site.paths() if path.startswith(lang)}
    kinds = {"ranking", "cities", "city", "movement", "countries", "country", "compare", "method"}
    kinds |= {"corridors", "corridor", "observatory"}
    assert kinds <= {path.split("/")[2].removesuffix(".html") for path in pages if "/" in path[3:]}
    for path, html in pages.items():
        assert not re.search("95%|re-draws of|重抽论文|换一种算法", html), path
        assert "None" not in html, path
        if not path.endswith("/data.html"):  # describes columns that all kinds share
            assert not WORKS.search(NO_WORKS.sub("", _text(html))), path
    name = f"{lang}/whole/ranking.html"
    said = {"en": "wherever Shares without a city lie", "zh": "未归入城市的份额无论属于何处"}
    assert said[lang] in pages[name]
    assert ("1–2", "1～2")[lang == "zh"] in pages[f"{lang}/whole/city/guangzhou.html"]


def _text(html: str) -> str:
    """What a reader or a machine reads: no tags but their labels."""
    labels = re.findall('(?:aria-label|alt|content)="([^"]*)"', html)
    return "\n".join([re.sub("<[^>]+>", "\n", html), *labels])


def test_small_shares_are_parts_of_their_own_sum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table whose Shares are parts of one: 0.5 in all, of which 0.2 has no city."""
    table = "name,country,share\nPeking University,CN,0.3\nChinese Academy of Sciences,CN,0.2\n"
    edition = made(tmp_path, "small", table)
    assert float(edition.size()) == 0.5
    assert run(["rank", str(edition.path)]) == 0
    text = capsys.readouterr().out
    assert "Unassigned: 40.0 % of a total Share of 0.50 (in several cities 40.0 %)." in text
    assert re.search(r"0\.30 +– +60\.0 % +100\.0 %", text)
    assert not WORKS.search(NO_WORKS.sub("", text))
    page = Site([edition]).page("en/index.html").html
    assert "Of a Share of 100, 40.0 is in no city" in page


def test_growth_is_of_the_exact_sum(tmp_path: Path) -> None:
    """From 0.5 to 0.6 in all, which rounded would be from 0 or 1 to 1."""
    rows = ("Peking University,CN,2023,0.3", "Harvard University,US,2023,0.2",
            "Peking University,CN,2024,0.4", "Harvard University,US,2024,0.2")  # fmt: skip
    edition = made(tmp_path, "grown", "\n".join(["name,country,year,share", *rows]))
    why = edition.explain("Beijing")
    assert float(why.world_growth) == pytest.approx(0.3 * 0.2)  # Share before × (0.6 / 0.5 − 1)
    assert float(why.own_change) == pytest.approx(0.1 - 0.06)


@pytest.mark.parametrize("column", ["count", "篇数"])
def test_counts_that_are_known_are_shown(tmp_path: Path, column: str) -> None:
    """Of a city of one institution; where no Count is known the column is left out."""
    header, row = "name,country,year,share", "Peking University,CN,2024,52.5"
    edition = made(tmp_path, "counted", f"{header},{column}\n{row},1234\n")
    assert edition.rankings().column("count").to_pylist() == [1234]
    assert "1,234" in Site([edition]).page("en/index.html").html
    bare = Site([made(tmp_path, "bare", f"{header}\n{row}\n")]).page("en/index.html").html
    assert ">Count<" not in bare


def test_its_site_is_exported_and_served(whole: sc.Edition, tmp_path: Path) -> None:
    site = Site([whole])
    assert run(["export", "site", str(whole.path), "--out", str(tmp_path / "site"), "-q"]) == 0
    assert (tmp_path / "site" / "zh" / "whole" / "city" / "guangzhou.html").exists()
    with TestClient(application(site)) as client:
        for path in site.paths():
            assert client.get(f"/{path}").status_code == 200, path


def test_explain_between_years(whole: sc.Edition) -> None:
    why = whole.explain("Guangzhou")
    parts = [(p["kind"], p["institution"], p["delta_share"]) for p in why.to_dict()["parts"]]
    assert parts == [
        ("real", "Sun Yat-sen University", 25),
        ("real", "South China University of Technology", 10),
    ]
    # The table's total grows from 200 to 240: 20 · 0.2 of Guangzhou's 35 is the world's growth.
    assert float(why.world_growth) == pytest.approx(4)
    assert float(why.own_change) == pytest.approx(31)
    assert why.to_dict()["rank"] | {"passed": 0, "passed_by": 0} == {
        "from": 4, "to": 1, "change": 3, "held_still": 4, "by_revision": 0, "by_others": 0,
        "by_own": 3, "passed": 0, "passed_by": 0,
    }  # fmt: skip
    assert [p["city"] for p in why.to_dict()["rank"]["passed"]] == ["Boston", "Beijing", "Tokyo"]


def test_explain_what_a_table_of_parts_changed(
    whole: sc.Edition, split: sc.Edition, capsys: pytest.CaptureFixture[str]
) -> None:
    why = split.explain("广州", against=whole, year=2024)
    assert [(p.kind, p.institution, float(p.delta)) for p in why.parts] == [
        ("revision", "Guangzhou Institute of Geochemistry", 10)
    ]
    assert any("table of parts" in w for w in why.warnings)
    assert why.revised == ()
    arguments = ["explain", str(split.path), "Guangzhou", "--against", str(whole.path)]
    assert run([*arguments, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert sum(p["delta_share"] for p in told["parts"]) == pytest.approx(told["delta_share"])
    assert run(arguments) == 0
    text = capsys.readouterr().out
    assert "not told apart" in text
    assert "no subject" not in text
    assert not WORKS.search(text)

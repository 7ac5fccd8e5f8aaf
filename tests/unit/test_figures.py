"""Figures of pages: their numbers beside the edition's tables, their files, what they say."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
import small_world as world
from hypothesis import given
from hypothesis import strategies as st

import sciencecities as sc
from sciencecities.errors import ConfigError
from sciencecities.method.choices import DIMENSIONS
from sciencecities.observatory import load
from sciencecities.publish import brief_render, charts, explained, land, linked, worldmap
from sciencecities.publish.brief_parts import Brief
from sciencecities.publish.figures import Figure
from sciencecities.publish.marks import rank_scale
from sciencecities.publish.matrix import Cell, Matrix
from sciencecities.publish.pages import compare
from sciencecities.publish.plots import Drawing
from sciencecities.publish.request import Request
from sciencecities.publish.site import NoSuchPageError, Site
from sciencecities.publish.wording import Lang, Wording
from sciencecities.publish.worldmap import CENTRE, place, project


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    built = sc.open(world.build(tmp_path_factory.mktemp("world")))
    return Site([built, sc.open("natureindex-2024")], base_url="https://cities.example")


def rows(site: Site, name: str, lang: str = "en") -> list[dict[str, str]]:
    text = site.figure(f"{lang}/{site.shown[0].slug}/{name}.csv").decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_the_ranks_are_those_of_the_edition(site: Site) -> None:
    found = [(r["city_id"], int(r["rank"]), int(r["rank_low"]), int(r["rank_high"]))
             for r in rows(site, "ranking/ranks")]  # fmt: skip
    table = site.shown[0].edition.rankings().to_pylist()
    assert found == [(r["city_id"], r["rank"], r["rank_low"], r["rank_high"]) for r in table]


def test_the_waterfall_adds_up_and_its_numbers_are_rounded_each(site: Site) -> None:
    steps = rows(site, "city/guangzhou/why")
    before, after = world.SHARES_2023["Guangzhou"], world.SHARES_2024["Guangzhou"]
    assert float(steps[0]["to"]) == float(before)
    assert float(steps[-1]["to"]) == pytest.approx(float(after))
    inner = steps[1:-1]
    assert sum(float(s["change"]) for s in inner) == pytest.approx(float(after - before))
    assert all(a["to"] == b["from"] for a, b in pairwise(inner))
    # The world: 6 works in 2023, 11 in 2024; Guangzhou had a Share of 1.
    assert float(inner[0]["change"]) == pytest.approx(float(Fraction(11, 6) - 1))
    html = site.page(f"en/{site.shown[0].slug}/city/guangzhou.html").html
    table = html[html.index('<table class="wf">') :].partition("</table>")[0]
    said = [float(re.sub("<.*?>", "", n).replace("\u2212", "-"))
            for n in re.findall(r'<td class="r">(.*?)</td>', table)]  # fmt: skip
    assert said[1:-1] == [round(float(s["change"]), 2) for s in inner]
    adds_up = sum(said[1:-1]) == pytest.approx(said[-1] - said[0], abs=1e-9)
    assert ("Numbers are rounded each" in html) == (not adds_up)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 500)), max_size=30))
def test_no_two_names_of_a_chart_of_ranks_share_a_line(ranks: list[tuple[int, int]]) -> None:
    given_rows = [{"year": y, "rank": r, "city_id": f"{n:02}"} for n, (y, r) in enumerate(ranks)]
    placed = charts.lines_of(given_rows)
    assert len({(p["year"], p["line"]) for p in placed}) == len(ranks)
    for year in range(3):
        of_year = sorted((p["line"], p["rank"]) for p in placed if p["year"] == year)
        assert [r for _, r in of_year] == sorted(r for _, r in of_year)
        assert all(line <= charts.FAR + len(of_year) for line, _ in of_year)
    alone = charts.lines_of([{"year": 2021, "rank": 12, "city_id": "a"}])
    assert alone[0]["line"] == 12


def test_a_name_that_reverses_text_is_disarmed_on_page_figure_and_brief(site: Site) -> None:
    own = Site([site.shown[0].edition])
    for row in own.shown[0].ranking():
        row["city"] = "Guang\u202ezhou"
    slug = own.shown[0].slug
    texts = [
        own.page(f"en/{slug}/ranking.html").html,
        own.figure(f"en/{slug}/ranking/ranks.svg").decode(),
        brief_render.html(Brief("en", "", "", "Guang\u202ezhou", ())),
        brief_render.markdown(Brief("en", "", "", "Guang\u202ezhou", ())),
    ]
    for text in texts:
        assert "Guang\ufffdzhou" in text
        assert "\u202e" not in text


@pytest.mark.parametrize(
    ("change", "en", "zh"),
    [(2.0, "World grew", "全球产出增长"), (-9.3, "World shrank", "全球产出减少")],
)
def test_the_worlds_growth_is_named_by_its_sign(
    site: Site, change: float, en: str, zh: str
) -> None:
    for lang, said in (("en", en), ("zh", zh)):
        request = Request(site, site.shown[0], lang, "", {})
        assert explained.growth(request, change).label.startswith(said)


def test_figure_and_table_write_a_part_alike_and_the_whole_list_is_called_whole(site: Site) -> None:
    slug = site.shown[0].slug
    for lang, whole in (("en", "All "), ("zh", "全部")):
        html = site.page(f"{lang}/{slug}/why/guangzhou.html").html
        heading = re.search(r'id="pt-h">(.*?)</h2>', html)
        assert heading and heading[1].startswith(whole)
        fall, table = (t.partition("</table>")[0] for t in html.split("<table")[1:3])
        numbers = [set(re.findall(r"[+\u2212]\d+\.\d+(?=</td>)", t)) for t in (fall, table)]
        assert numbers[0] & numbers[1]
        assert all(re.search(r"\.\d\d$", n) for n in numbers[0] | numbers[1])


def test_the_explanation_has_its_sentences_and_every_part(site: Site) -> None:
    slug = site.shown[0].slug
    found = site.shown[0].edition.explain("Guangzhou")
    for lang in ("en", "zh"):
        html = site.page(f"{lang}/{slug}/why/guangzhou.html").html
        assert found.summary[lang].replace("'", "&#39;") in html
    steps = rows(site, "why/guangzhou/why")
    assert sum(float(s["change"]) for s in steps[1:-1]) == pytest.approx(float(found.delta))
    with pytest.raises(NoSuchPageError):
        site.page("en/natureindex-2024/why/guangzhou.html")


def test_partners_are_those_of_the_collaborations(site: Site) -> None:
    edition = site.shown[0].edition
    own = edition.find_city("Guangzhou")
    table = edition.query(
        "SELECT city_a, city_b, works FROM collaborations WHERE scope = 'overall' "
        "AND data_year = 2024 AND $city IN (city_a, city_b)", {"city": own},
    ).to_pylist()  # fmt: skip
    expected = {(r["city_b"] if r["city_a"] == own else r["city_a"]): r["works"] for r in table}
    assert {
        r["city_id"]: int(r["works"]) for r in rows(site, "city/guangzhou/partners")
    } == expected


def test_every_figure_is_found_beside_its_page_and_is_drawn(site: Site) -> None:
    slug = site.shown[0].slug
    for name in ("ranking", "movement", "city/guangzhou", "why/guangzhou", "cities", "countries",
                 "country/cn", "lab/city-guangzhou", "observatory/guangzhou",
                 f"compare/{compare.names(site.shown[0])[0]}"):  # fmt: skip
        page = site.page(f"zh/{slug}/{name}.html")
        assert page.figures
        for path, make in page.files():
            assert path.startswith(f"zh/{slug}/{name}/")
            href = path.removeprefix(f"zh/{slug}/").partition("/")[2 if "/" in name else 0]
            assert href in page.html
            if path.endswith(".svg"):
                root = ET.fromstring(make())
                assert root.find("{http://www.w3.org/2000/svg}title") is not None
                assert "var(" not in make().decode()
    png = site.figure(f"en/{slug}/ranking/ranks.png")
    assert png.startswith(b"\x89PNG")
    for wrong in ("ranking/none.svg", "ranking/ranks.gif", "none/ranks.svg"):
        with pytest.raises(NoSuchPageError):
            site.figure(f"en/{slug}/{wrong}")


def test_a_matrix_of_many_is_a_list_on_a_phone(site: Site) -> None:
    cities = [{"city_id": n, "city": n, "city_zh": n} for n in "ABCDEF"]
    works = {(a, b): ord(a) * ord(b) % 19 for a in "ABCDEF" for b in "ABCDEF" if a < b}

    def cell(a: str, b: str) -> Cell | None:
        return None if a == b else Cell(works[min(a, b), max(a, b)], None, 1)

    cells = [[cell(a, b) for b in "ABCDEF"] for a in "ABCDEF"]
    figure = Figure("x", "Who", "note", "", "en", (), [], lambda: Drawing("", 10, 10))
    macros = site.templates.get_template("macros.html").module
    for n, listed in ((6, 15), (5, 0)):
        made = Matrix(cities[:n], [line[:n] for line in cells[:n]], figure)
        html = str(macros.matrix_table(Wording("en"), made))  # type: ignore[attr-defined]
        pairs = re.findall(r'<th scope="row">(\w) – (\w)</th><td class="r">(\d+)</td>', html)
        assert len(pairs) == listed
        assert all(works[a, b] == int(w) for a, b, w in pairs)
        assert [int(w) for *_, w in pairs] == sorted((int(w) for *_, w in pairs), reverse=True)
        assert html.count("<td class=") >= n * n


def test_hostile_text_in_a_figure_is_text() -> None:
    name = '<script>alert(1)</script>"&\u202e' + "W" * 500
    figure = Figure("x", name, name, name, "en", ("a",), [[name]], lambda: Drawing("", 10, 10))
    root = ET.fromstring(figure.svg())
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    assert next(csv.reader(io.StringIO(figure.csv().decode().partition("\n")[2]))) == [name]


def test_english_quotes_are_not_as_wide_as_han_letters() -> None:
    def drawn(lang: Lang) -> str:
        made = Figure("x", "One’s “own”…", "", "", lang, (), [], lambda: Drawing("", 10, 10))
        return made.svg().decode()

    assert drawn("en").count('<tspan class="latin">') == 3
    assert "tspan" not in drawn("zh")
    assert "".join(ET.fromstring(drawn("en")).itertext()).count("One’s “own”…") == 2


def test_machines_read_what_people_read(site: Site) -> None:
    slug = site.shown[0].slug
    html = site.page(f"en/{slug}/city/guangzhou.html").html
    text = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
    assert len(text) == 1
    graph = json.loads(text[0])["@graph"]
    row = site.shown[0].row(site.shown[0].edition.find_city("Guangzhou"))
    assert row is not None
    rank = next(g for g in graph if g.get("measuredProperty", {}).get("name") == "rank")["value"]
    assert (rank["value"], rank["minValue"], rank["maxValue"]) == (
        row["rank"], row["rank_low"], row["rank_high"])  # fmt: skip
    front = site.page("zh/index.html").html
    data = json.loads(re.findall(r'ld\+json">(.*?)</script>', front)[0])
    assert data["@type"] == "Dataset"
    known = {f"https://cities.example/{path}" for path, _ in site.files()}
    assert {d["contentUrl"] for d in data["distribution"]} <= known


def test_a_data_block_cannot_be_left() -> None:
    block = str(linked.block({"name": "</script><script>alert(1)</script><!--&"}))
    assert block.count("<") == 2
    inner = block.partition(">")[2].rpartition("<")[0]
    assert json.loads(inner)["name"] == "</script><script>alert(1)</script><!--&"


def test_the_snippet_names_figure_and_page(site: Site) -> None:
    html = site.page(f"en/{site.shown[0].slug}/ranking.html").html
    base = f"https://cities.example/en/{site.shown[0].slug}/ranking"
    assert f"&lt;a href=&#34;{base}.html&#34;&gt;" in html
    assert f"img src=&#34;{base}/ranks.svg&#34;" in html


def test_one_wide_range_does_not_flatten_an_axis() -> None:
    assert rank_scale([1, 4, 255], [1, 4]).high == 20
    assert rank_scale([1, 4, 12], [1, 4]).high == 12
    assert rank_scale([60, 300], [60]).high == 180
    assert rank_scale([1, 255]).high == 255


def test_equal_earth() -> None:
    # Šavrič, Patterson and Jenny 2019: half width 2.70663, half height 1.31736 on a unit sphere.
    assert project(180, 0)[0] == pytest.approx(2.70663, abs=1e-5)
    assert project(0, 90)[1] == pytest.approx(1.31736, abs=1e-5)

    # Areas are true: a strip of 1 degree at 60 N has half the area of one at the equator.
    def area(latitude: float) -> float:
        wide = project(1, latitude)[0]
        return wide * (project(0, latitude + 0.01)[1] - project(0, latitude - 0.01)[1])

    assert area(60) / area(0) == pytest.approx(0.5, abs=1e-4)
    middle = place(CENTRE["zh"], 0, CENTRE["zh"], 760)
    assert middle[0] == pytest.approx(380)


SQUARE = {"type": "Polygon", "coordinates": [[[100, 20], [120, 20], [120, 30], [100, 20]]]}
LINE = {"type": "LineString", "coordinates": [[110, 22], [112, 24]]}


@pytest.fixture
def base_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "base.geojson"
    monkeypatch.setenv(land.BASE_MAP, str(path))
    monkeypatch.setenv(land.APPROVAL, "GS(2099)1")
    for kept in (land.base, worldmap.coast, worldmap.borders):
        kept.cache_clear()
    yield path
    for kept in (land.base, worldmap.coast, worldmap.borders):
        kept.cache_clear()


def test_a_deployer_draws_on_an_own_base_map(site: Site, base_map: Path) -> None:
    shapes = [{"type": "Feature", "properties": {}, "geometry": g} for g in (SQUARE, LINE)]
    base_map.write_text(json.dumps({"type": "FeatureCollection", "features": shapes}))
    html = site.page("zh/index.html", {"anew": "1"}).html
    assert "审图号：GS(2099)1" in html
    assert "Natural Earth" not in html
    coast = re.findall(r'id="coast" d="([^"]*)"', html)[0]
    assert coast.count("M") == 1
    assert html.count('class="border"') == 2  # wide and narrow


@pytest.mark.parametrize("text", ["", "{}", '{"features": []}', '{"features": [{"geometry": 1}]}'])
def test_a_base_map_that_is_none_is_said(base_map: Path, text: str) -> None:
    base_map.write_text(text)
    with pytest.raises(ConfigError, match="SCIENCECITIES_BASE_MAP"):
        Site([sc.open("natureindex-2024")])


def test_a_facility_is_drawn_and_listed(site: Site) -> None:
    slug = site.shown[0].slug
    facts = load("guangzhou")
    dated = [f.name.get("en")[0] for f in facts.facilities
             if any(not e.expected and e.date.first <= site.on for e in f.events)]  # fmt: skip
    found = rows(site, "observatory/guangzhou/facilities")
    assert [r["facility"] for r in found] == dated
    svg = ET.fromstring(site.figure(f"en/{slug}/observatory/guangzhou/facilities.svg"))
    texts = [e.text or "" for e in svg.iter("{http://www.w3.org/2000/svg}text")]
    for name in dated:
        assert any(name.startswith(t.removesuffix("…")) for t in texts if t), name
    dots = [e for e in svg.iter("{http://www.w3.org/2000/svg}circle")
            if e.get("class") == "dot f"]  # fmt: skip
    assert len(dots) == len(dated)


def test_the_lab_is_taken_away_as_asked(site: Site) -> None:
    slug = site.shown[0].slug
    query = {"scheme": "full", "city": "Guangzhou"}
    html = site.page(f"en/{slug}/lab.html", query).html
    assert "lab/ranks.csv?scheme=full&amp;city=Guangzhou" in html
    text = site.figure(f"en/{slug}/lab/ranks.csv", query).decode()
    asked = site.shown[0].edition.method.lab(scheme="full").table.to_pylist()
    assert [(r["city_id"], int(r["rank"])) for r in csv.DictReader(io.StringIO(text))] == [
        (r["city_id"], r["rank"]) for r in asked[:20]
    ]
    text = site.figure(f"en/{slug}/lab/moves.csv", query).decode()
    assert len({r["dimension"] for r in csv.DictReader(io.StringIO(text))}) == len(DIMENSIONS)

"""Observatory pages of a site: claimed beside listed, lives, sources; and a published edition."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from html import unescape

import pytest
from test_site import Links

import sciencecities as sc
from sciencecities.observatory import load
from sciencecities.publish import ground, region
from sciencecities.publish.site import NoSuchPageError, Site

ON = date(2026, 1, 1)


@pytest.fixture(scope="module")
def site() -> Site:
    return Site([sc.open("natureindex-2024")], n_cities=10, on=ON)


def page(site: Site, name: str, lang: str = "en") -> str:
    return unescape(site.page(f"{lang}/natureindex-2024/{name}.html").html)


def test_only_cities_with_facts_have_an_observatory(site: Site) -> None:
    found = {p for p in site.paths() if "/observatory/" in p}
    assert f"{'zh'}/natureindex-2024/observatory/guangzhou.html" in found
    assert all(p.endswith(("guangzhou.html", "hefei.html")) for p in found)
    with pytest.raises(NoSuchPageError, match="no facts"):
        page(site, "observatory/beijing")


def test_claimed_stands_beside_listed(site: Site) -> None:
    html = page(site, "observatory/guangzhou")
    row = next(r for r in re.findall(r"<tr>.*?</tr>", html, re.S) if "National key lab" in r)
    claimed, listed = re.findall(r'<td class="r nw">(.*?)</td>', row)
    facts = load("guangzhou")
    assert (claimed, int(listed)) == ("17", len(facts.listed("national-key-laboratories")))
    drawn = row.split('<td class="opt">')[1]
    assert drawn.count("<circle") == 17
    assert drawn.count('class="full"') == int(listed)
    assert "incomplete" in html
    assert "并不完整" in page(site, "observatory/guangzhou", "zh")


def test_the_system_is_two_two_n(site: Site) -> None:
    groups = re.findall(r'<td class="grp">(.*?)</td>', page(site, "observatory/guangzhou"))
    assert [g for g in groups if g] == ["2", "2", "N"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_fact_is_there_with_its_sources_and_date(site: Site, lang: str) -> None:
    html = page(site, "observatory/guangzhou", lang)
    facts = load("guangzhou")
    assert html.count("<td class=\"nw\">2") == len(facts.facts)  # fmt: skip
    numbers = set(re.findall(r'<li id="s(\d+)"', html))
    assert set(re.findall(r'href="#s(\d+)"', html)) == numbers
    for fact in facts.facts.values():
        assert str(fact.as_of) in html
    assert Links(html).headings == 1
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_parts_on_the_axis_are_outlined(site: Site) -> None:
    html = page(site, "observatory/guangzhou")
    widths = re.findall(r'<rect class="open f"[^>]*width="([\d.]+)%"', html)
    assert [float(w) for w in widths] == [30, 51, 74]


def test_lives_are_solid_until_the_day_and_dashed_to_the_plan() -> None:
    # Construction began on 25 March 2025 and is planned for 4.5 years.
    life = next(f for f in ground.lives(load("guangzhou"), "en", ON) if "Lineage" in f.name)
    assert (life.begun, life.until, life.due) == (2025.23, 2026.0, 2029.67)
    assert not life.overdue
    late = ground.lives(load("guangzhou"), "en", date(2031, 1, 1))
    assert all(f.overdue for f in late)


def test_the_map_holds_its_cities_and_no_border() -> None:
    facts = load("guangzhou")
    corridor = region.corridor_of(facts)
    assert corridor is not None
    west, south, east, north = region.corridor_map(facts, corridor, "zh").box
    drawn = region.corridor_map(facts, corridor, "zh").markup("zh", "")
    for name in ("广州", "深圳", "香港", "澳门"):
        assert drawn.count(f">{name}</text>") == 2  # for a wide and a narrow screen
    x, y = (float(v) for v in re.findall(r'class="dot f" cx="([\d.]+)" cy="([\d.]+)"', drawn)[0])
    height = float(re.findall(r'viewBox="0 0 760 (\d+)"', drawn)[0])
    assert x / 760 == pytest.approx((113.25 - west) / (east - west), abs=0.001)
    assert y / height == pytest.approx((north - 23.1167) / (north - south), abs=0.01)
    assert drawn.count('class="land2"') == 2


def test_the_city_page_leads_to_its_facts(site: Site) -> None:
    html = page(site, "city/guangzhou")
    assert '"../observatory/guangzhou.html#facilities"' in html
    assert "over 50" in html
    assert "observatory" not in page(site, "city/beijing")


def test_a_published_edition_says_whose_it_is_and_both_years(site: Site) -> None:
    for lang in ("en", "zh"):
        html = page(site, "ranking", lang)
        assert "2024自然指数-科研城市" in html
        assert "Nature Index 2025 Science Cities" in html
    assert "published by Springer Nature (Nature Index)" in page(site, "ranking")
    assert 'class="dot"' not in page(site, "ranking").split("<tbody>")[1]
    city = page(site, "city/guangzhou")
    assert city.count("not published") >= 6  # overall and five subjects
    assert "中国" in page(site, "city/guangzhou", "zh").split("<h1>")[0]


def test_what_is_stated_can_be_taken_away(site: Site) -> None:
    made = site.page(f"en/{site.shown[0].slug}/observatory/guangzhou.html")
    files = dict(made.files())
    base = made.path.removesuffix(".html")
    assert files.keys() >= {f"{base}/platforms-1.{ending}" for ending in ("csv", "svg", "png")}
    rows = list(csv.DictReader(io.StringIO(files[f"{base}/platforms-1.csv"]().decode())))
    assert rows[0]["claimed"] == "over 50"
    assert all(row["sources"].startswith("http") for row in rows)
    drawn = files[f"{base}/facilities-3.svg"]().decode()
    assert "Cold Seep Ecosystem Research Facility: construction started" in drawn
    assert f"{base}/facilities-1.csv" in files
    assert f"{base}/facilities-1.svg" not in files  # words are not drawn
    links = re.findall(r'href="guangzhou/([a-z0-9-]+\.[a-z]+)" download', made.html)
    assert {f"{base}/{link}" for link in links} == files.keys()

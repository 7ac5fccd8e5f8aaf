"""What pages say: findings with certainty, breaks between phrases, sources, names nobody bears."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from starlette.testclient import TestClient

import sciencecities as sc
from sciencecities import sample
from sciencecities.publish import headlines, takeaway
from sciencecities.publish.marks import Scale
from sciencecities.publish.request import Request
from sciencecities.publish.shown import Shown
from sciencecities.publish.site import Site
from sciencecities.publish.wording import Wording


def text_of(html: str) -> str:
    """The words of a page's main part."""
    main = html.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ("广州提出6个未来产业方向", ["广州提出", "6个未来产业方向"]),
        (
            "据称活力创新轴汇聚全市约30%的高等院校和科研院所",
            ["据称", "活力创新轴汇聚全市", "约30%的", "高等院校和科研院所"],
        ),
        ("走廊：4座城市中3座位列前二十", ["走廊：", "4座城市中", "3座位列前二十"]),
        ("彼此相距不超过210公里", ["彼此相距不超过", "210公里"]),
        ("2021年仍为第2（2）", ["2021年仍为", "第2（2）"]),
        ("巴尔的摩与纽约3座", ["巴尔的摩与", "纽约", "3座"]),
        ("Of 100 works, 5.0 are in no city", ["Of 100 works, 5.0 are in no city"]),
    ],
)
def test_a_chinese_headline_breaks_between_phrases(site: Site, said: str, lines: list[str]) -> None:
    html = str(site.templates.filters["breaks"](said))
    assert [re.sub(r"<[^>]+>", "", line) for line in html.split("<wbr>")] == lines


@pytest.mark.parametrize(
    ("worst", "ticks"),
    [(10, [1, 5, 10]), (15, [1, 5, 10, 15]), (37, [1, 10, 20, 30]), (60, [1, 20, 40, 60])],
)
def test_ranks_on_an_axis_are_evenly_apart(worst: int, ticks: list[int]) -> None:
    assert Scale(1, worst).ticks() == ticks


def test_pages_of_fields_say_who_leads_and_how_sure(site: Site) -> None:
    slug = site.shown[0].slug
    page = site.page(f"en/{slug}/subjects.html")
    assert re.search(r"leads in \d of \d subjects, very likely so in (none|\d) of them", page.title)
    said = text_of(page.html)
    assert "Share measures the size of an output, not its quality." in said
    assert "Counted from works.jsonl" in said
    assert re.search(r"ahead of|cannot be told apart from", said)
    zh = site.page(f"zh/{slug}/industries.html")
    assert zh.title == "本期未按产业划分" or "居首" in zh.title


def test_a_city_page_shows_its_years_and_what_is_in_no_city(site: Site) -> None:
    slug = site.shown[0].slug
    said = text_of(site.page(f"en/{slug}/city/guangzhou.html").html)
    assert "Rank overall in each data year of this edition." in said
    assert "of all works, worldwide" in said
    files = dict(site.page(f"en/{slug}/city/guangzhou.html").files())
    rows = files[f"en/{slug}/city/guangzhou/years.csv"]().decode("utf-8-sig").splitlines()
    years = site.shown[0].edition.years
    assert rows[0].startswith("data_year,scope,") and len(rows) == 1 + len(years)


def test_no_gain_and_no_loss_is_told_of_years_that_do_not_compare(site: Site) -> None:
    shown = site.shown[0]
    for row in shown.ranking():
        title = dict(_titles(site.page(f"en/{shown.slug}/city/{_slug(shown, row)}.html").html))
        if "why-h" in title and shown.not_comparable:
            assert title["why-h"] == "What the difference of the two Shares is made of"


def _slug(shown: Shown, row: dict[str, object]) -> str:
    return shown.slug_of(str(row["city_id"]))


def _titles(html: str) -> list[tuple[str, str]]:
    return [(i, re.sub(r"<[^>]+>", "", said))
            for i, said in re.findall(r'<h2 id="([\w-]+)">(.*?)</h2>', html)]  # fmt: skip


def test_a_published_ranking_has_no_columns_without_numbers(site: Site) -> None:
    head = site.page("en/natureindex-2024/ranking.html").html.partition("<thead>")[2]
    head = head.partition("</thead>")[0]
    assert "Share" not in head and "Count" not in head and "Range" in head


def test_a_published_ranking_is_cited_as_its_publishers() -> None:
    published = sc.open("natureindex-2024")
    bib, cff = takeaway.citation_bib(published).decode(), takeaway.citation_cff(published).decode()
    assert "author = {{Springer Nature (Nature Index)}}" in bib
    assert "tabulated by sciencecities" in bib and "year = {2025}" in bib
    assert 'name: "Springer Nature (Nature Index)"' in cff
    assert "license:" not in cff


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/zh/edition/cities.html?q=Pariss", "没有“Pariss”，是否指巴黎？"),
        ("/en/edition/cities.html?q=Pariss", "No city “Pariss” here. Close: Paris."),
        ("/zh/edition/compare.html?a=Pariss&b=广州", "没有“Pariss”，是否指巴黎？"),
        ("/zh/edition/corridors.html?cities=Qqqqq,广州", "没有“Qqqqq”这座城市。"),
        ("/en/edition/cities.html?q=广州", "Guangzhou: 1st"),
        ("/zh/edition/nope.html", "本站没有这个地址： /zh/edition/nope.html"),
    ],
)
def test_what_is_not_found_is_said_in_the_pages_language(
    client: TestClient, site: Site, path: str, said: str
) -> None:
    slug = site.shown[0].slug
    assert said in text_of(client.get(path.replace("/edition/", f"/{slug}/")).text)


def test_a_folder_leads_to_its_first_page(client: TestClient, site: Site) -> None:
    slug = site.shown[0].slug
    for path, to in (
        ("/zh", "/zh/index.html"), ("/zh/", "/zh/index.html"),
        (f"/en/{slug}", f"/en/{slug}/ranking.html"), (f"/en/{slug}/", f"/en/{slug}/ranking.html"),
    ):  # fmt: skip
        answer = client.get(path, headers={"Host": "evil.example"}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (307, to)
    assert client.get("/de/", follow_redirects=False).status_code == 404


def test_every_page_describes_itself(site: Site) -> None:
    for path in site.paths():
        html = site.page(path).html
        found = re.search(r'<meta name="description" content="([^"]+)">', html)
        assert found and len(found[1]) > 10, path


def test_the_demonstration_says_so_on_every_page(
    edition: sc.Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = edition.manifest | {"inputs": [{"name": sample.FILE}]}
    assert sample.is_sample(manifest) and not sample.is_sample(edition.manifest)
    own = Site([edition])
    monkeypatch.setattr(Shown, "is_sample", property(lambda _: True))
    for path in ("en/index.html", f"zh/{own.shown[0].slug}/cities.html"):
        assert sample.SAYS[path.startswith("zh")] in own.page(path).html


def test_parts_of_a_column_have_equal_decimals() -> None:
    assert Wording("en").per_hundred([("a", 2.6), ("b", 0.37)], 100) == ["2.60", "0.37"]


def test_a_page_on_why_a_city_moved_says_from_where_to_where(site: Site) -> None:
    slug = site.shown[0].slug
    title = site.page(f"en/{slug}/why/guangzhou.html").title
    assert re.fullmatch(
        r"Why Guangzhou (went from \d+\w+ in 2023 to|is) \d+\w+ in 2024(, as in 2023)?", title
    )


def test_platforms_without_claims_are_named(site: Site) -> None:
    html = site.page("zh/natureindex-2024/observatory/hefei.html").html
    section = html.partition('id="platforms"')[2].partition("</section>")[0]
    assert "此处收录平台5家" in re.sub(r"<[^>]+>", "", section)
    assert section.count('class="ref"') >= 5


def risen(city: str, change: int, p_rose: float | None) -> dict[str, object]:
    return {"city": city, "city_id": city, "rank": change + 1, "rank_change": change,
            "p_rose": p_rose, "p_fell": 0.0}  # fmt: skip


def test_a_headline_names_the_surest_rise_not_the_longest() -> None:
    """An almost certain rise by four goes before a probable one by five; of equals the longer."""
    first = {"city": "A", "city_id": "A", "rank": 1, "rank_change": 0, "p_ahead_next": 0.97}
    rows = [first, risen("Tokyo", 5, 0.7), risen("Guangzhou", 4, 0.99), risen("Wuhan", 3, 0.96)]
    shown = cast("Shown", SimpleNamespace(is_published=False))
    said = headlines.ranking(shown, rows, Wording("en"))
    assert said.endswith("; Guangzhou rises to fifth, almost certainly a real rise")


@pytest.fixture(scope="module")
def comparable(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Two years of forty works by one author each; Paris goes from 5 to 25, Berlin from 25 to 5."""
    folder = tmp_path_factory.mktemp("comparable")
    years = {2023: {"Paris, France": 5, "London, UK": 10, "Berlin, Germany": 25},
             2024: {"Paris, France": 25, "London, UK": 10, "Berlin, Germany": 5}}  # fmt: skip
    authors = [(y, where) for y, cities in years.items() for where, n in cities.items()
               for _ in range(n)]  # fmt: skip
    lines = [f'w{i},{y},1,"University, {where}"' for i, (y, where) in enumerate(authors)]
    table = folder / "authors.csv"
    table.write_text("\n".join(["work_id,year,author_position,affiliation", *lines]), "utf-8")
    return Site([sc.build(sources=[str(table)], out=str(folder / "edition"), replicates=200)])


def test_movement_says_how_many_moves_are_very_likely_real(comparable: Site) -> None:
    title = comparable.page("en/edition/movement.html").title
    said, _, sure = title.partition("; ")
    assert said == "Of the first 3 cities, 1 rose and 1 fell"
    assert re.fullmatch(r"(none|\d) of these moves (is|are) very likely real", sure)
    front = dict(_titles(comparable.page("en/index.html").html))
    assert front["mv-h"] == "Of the first 3, 3 were among the first 3 in 2023 too"
    paris = dict(_titles(comparable.page("en/edition/city/paris.html").html))
    assert paris["why-h"] == "Beyond the world’s growth, University added most: +20.00"
    assert paris["years-h"].startswith("3rd (") and "in 2023, 1st (" in paris["years-h"]


def test_the_file_of_a_map_says_whose_land_it_shows(site: Site) -> None:
    """A deployer's approval number has to stand on every copy of a map."""
    slug, seen = site.shown[0].slug, set()
    for page in ("ranking", "city/guangzhou", "corridor/guangzhou-shenzhen-hong-kong-macao"):
        for path, make in site.page(f"zh/{slug}/{page}.html").files() if site.has_page(
            site.shown[0], f"{page}.html"
        ) else ():  # fmt: skip
            name = path.rpartition("/")[2]
            if name in ("map.svg", "partners.svg", "places.svg"):
                seen.add(name)
                assert "Natural Earth" in make().decode(), path
    assert {"map.svg", "partners.svg"} <= seen


def test_facilities_are_under_a_finding(site: Site) -> None:
    page = site.page("zh/natureindex-2024/city/guangzhou.html")
    assert "<h3>所列2个设施均在建</h3>" in page.html
    drawing = dict(page.files())["zh/natureindex-2024/city/guangzhou/facilities.svg"]().decode()
    assert "所列2个设施均在建" in drawing and "实线为已发生" in drawing


def test_nobody_is_called_first_whom_a_published_list_does_not_put_there(site: Site) -> None:
    """Of health sciences the source tells Beijing's rank, sixth, and Guangzhou's, tenth."""
    page = site.page("en/natureindex-2024/scope/health.html")
    assert page.title == "Beijing is sixth, the highest listed here"
    assert "The 2 cities listed here stand in one country" in page.html
    assert "The first 2" not in page.html
    fields = site.page("zh/natureindex-2024/subjects.html")
    assert fields.title == "列有首位的4个学科中，北京在3个居首"
    row = re.search(r"<tr><th[^>]*>.*?健康科学.*?</tr>", fields.html, re.DOTALL)
    assert row and "未列" in row[0] and "第6" in row[0]
    gb = site.page("en/natureindex-2024/country/gb.html")
    assert gb.title == "London leads United Kingdom, 19th in the world"


def test_works_without_an_address_are_no_links(comparable: Site) -> None:
    """The ids of a table's works are nobody's addresses."""
    html = comparable.page("en/edition/works/paris.html").html
    table = html.partition("<tbody>")[2].partition("</tbody>")[0]
    assert re.search(r">w\d+<", table) and "href" not in table


INLINE = re.compile(r"</?(?:a|b|bdi|span|strong|time|wbr|sup|em)\b[^>]*>")
APART = re.compile(r"[。，；、] +[\u4e00-\u9fff（“]")


def test_no_space_is_typed_after_a_chinese_stop(site: Site) -> None:
    for path in (p for p in site.paths() if p.startswith("zh")):
        html = re.sub(
            r"<(script|svg|pre|code)\b.*?</\1>", "", site.page(path).html, flags=re.DOTALL
        )
        text = re.sub(r"<[^>]+>", "\n", INLINE.sub("", html))
        assert APART.findall(text) == [], path


def test_a_number_of_a_source_never_begins_a_line(site: Site) -> None:
    """Sources stand with the last letter of what they are for; of several, commas part them."""
    html = site.page("zh/natureindex-2024/observatory/guangzhou.html").html
    assert re.search(r'<span class="nw">量<a class="ref" href="#s\d+"[^>]*>\d+</a></span>', html)
    assert re.search(r'>\d+</a><a class="ref more"', html)
    assert not re.search(r'[\u4e00-\u9fff]<a class="ref more"', html)


def test_no_level_of_headings_is_skipped(site: Site) -> None:
    for path in site.paths():
        levels = [int(n) for n in re.findall(r"<h([1-6])\b", site.page(path).html)]
        assert all(b <= a + 1 for a, b in pairwise(levels)), path


def test_ranks_among_facts_name_the_ranking_they_are_from(site: Site) -> None:
    """What was counted or published is no statement of the observatory's sources."""
    html = site.page("en/natureindex-2024/observatory/guangzhou.html").html
    parts = dict(
        re.findall(r'<section class="margin" id="([\w-]+)"(.*?)</section>', html, re.DOTALL)
    )
    corridor = parts["guangzhou-shenzhen-hong-kong-macao"]
    assert "Ranks as published by Springer Nature" in corridor
    assert "As the sources of the observatory state it" in parts["facilities"]
    assert "Ranks as published" not in parts["facilities"]


def test_a_comparison_has_each_subject_once(site: Site) -> None:
    shown = site.shown[0]
    html = site.page(f"en/{shown.slug}/compare/guangzhou-and-beijing.html").html
    assert not any(f"scope/{s}.html" in html for s in shown.subjects_otherwise)


def test_the_list_of_cities_says_how_many_have_a_share_now(tmp_path: Path) -> None:
    lines = ['w1,2023,1,"University, Paris, France"', 'w2,2024,1,"University, Berlin, Germany"']
    table = tmp_path / "authors.csv"
    table.write_text("\n".join(["work_id,year,author_position,affiliation", *lines]), "utf-8")
    built = sc.build(sources=[str(table)], out=str(tmp_path / "edition"), replicates=20)
    page = Site([built]).page("en/edition/cities.html")
    assert page.title == "2 cities"
    assert "1 of them have a Share in 2024; the other 1 had one in an earlier year" in page.html


def test_a_static_page_says_where_pixels_are_missing(edition: sc.Edition) -> None:
    still = Site([edition], is_static=True)
    slug = still.shown[0].slug
    for path, has_pixels in (
        (f"en/{slug}/movement.html", True),
        (f"en/{slug}/city/paris.html", False),
    ):
        page = still.page(path)
        assert ("there as PNG too" in page.html) != has_pixels
        assert any(name.endswith(".png") for name, _ in page.files()) == has_pixels


def test_fields_of_one_rank_are_named_together(site: Site) -> None:
    request = Request(site, site.shown[0], "en", "en/x.html")
    rows = [("a", "Chemistry", {"rank": 3, "rank_low": 3, "rank_high": 4}),
            ("b", "Health sciences", {"rank": 3, "rank_low": 2, "rank_high": 5}),
            ("c", "Physical sciences", {"rank": 8, "rank_low": 3, "rank_high": 9})]  # fmt: skip
    assert request.best_scope(rows) == "Strongest in chemistry (3–4) and health sciences (2–5): 3rd"
    assert request.best_scope(rows[1:]) == "Strongest in health sciences: 3rd (2–5)"
    assert request.best_scope([rows[0]] * 4) == "Alike in 4 fields: 3rd"

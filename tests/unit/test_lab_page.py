"""The method lab's page: what it recomputes, what it refuses, and its form without a server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import small_world as world
from starlette.testclient import TestClient

import sciencecities as sc
from sciencecities.cli import run
from sciencecities.errors import SciencecitiesError
from sciencecities.method.choices import Choice
from sciencecities.publish import asked, marks
from sciencecities.publish.export import export_site
from sciencecities.publish.pages.lab import names
from sciencecities.publish.shown import Shown
from sciencecities.publish.site import BadQueryError, NoSuchPageError, Site
from sciencecities.publish.spread import Spread, one_changed
from sciencecities.web.app import application


@pytest.fixture(scope="module")
def site(edition: sc.Edition) -> Site:
    return Site([edition])


def page(site: Site, lang: str = "en", name: str = "lab.html", **query: str) -> str:
    return site.page(f"{lang}/{site.shown[0].slug}/{name}", query).html


def test_the_commands_show_the_edition_s_ranks_with_their_range(
    edition: sc.Edition, capsys: pytest.CaptureFixture[str]
) -> None:
    first = edition.rankings().to_pylist()[0]
    for command in (["lab", str(edition.path), "--scheme", "full"],
                    ["sensitivity", str(edition.path)]):  # fmt: skip
        assert run(command) == 0
        text = capsys.readouterr().out
        assert f"1st ({first['rank_low']}–{first['rank_high']})" in text
        assert "ranks under another choice have none" in text


def test_the_page_shows_what_the_lab_computes(site: Site, edition: sc.Edition) -> None:
    html = page(site, scheme="full")
    for row in edition.lab(scheme="full").to_pylist():
        assert f'<td class="pos">{row["rank"]}</td><th scope="row" class="name">' in html
        assert row["city"] in html
    assert 'value="full" checked' in html
    assert "sciencecities lab edition --scheme full" in html
    assert "lab.html?scheme=full" in html
    assert "api/v1/lab?edition=edition&amp;scheme=full&amp;limit=500" in html
    assert "method_rankings.csv" in html
    assert html != page(site)
    assert 'value="full" checked' in page(site, "zh", "lab/scheme-full.html")


def test_ranks_of_a_city_are_those_of_every_choice(edition: sc.Edition) -> None:
    spread = Spread(edition.method, "overall", 2024)
    for row in edition.rankings().to_pylist():
        found = spread.ranks(row["city_id"], edition.method.base.cities)
        told = edition.method.ranks_of(row["city_id"], "overall", 2024).to_pylist()
        assert found == {Choice(*(t[f] for f in Choice._fields)): t["rank"] for t in told}
        assert found[edition.method.base] == row["rank"]
        changed = one_changed(found, edition.method.base, "scheme")
        assert changed["full"] == found[edition.method.base._replace(scheme="full")]
        assert list(changed.values()) == sorted(changed.values())


def test_a_city_is_told_what_moves_it(site: Site) -> None:
    html = page(site, city="广州", scheme="full")
    assert '<h2 id="res">' in html
    assert "Guangzhou stays in the top ten under all" in html
    assert "Counting scheme" in html
    assert "--city Guangzhou" in html


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"scheme": "best"}, "no scheme 'best'; there are: nature-index"),
        ({"cities": "/etc/passwd.json"}, "no cities"),
        ({"journals": "../../x.csv"}, "no journals"),
        ({"year": "1e9"}, "no data year"),
        ({"scope": "<script>"}, "no scope"),
        ({"city": "Nowhere on Earth"}, "Nowhere"),
        ({"city": "x" * 5000}, "too long"),
        ({"colour": "red"}, "no parameter 'colour'"),
        ({"issns": "<script>"}, "no ISSN in your list"),
        ({"issns": "0028-0837"}, "your journals: .*0028-0837"),
        ({"issns": "0028-0836"}, "none of your 1 ISSNs"),
    ],
)
def test_what_there_is_not_is_refused(site: Site, query: dict[str, str], said: str) -> None:
    with pytest.raises(BadQueryError, match=said):
        page(site, **query)


def test_own_journals_are_those_of_a_file(site: Site, edition: sc.Edition, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(f"title,issn\nMine,{world.JACS}\n")
    told = edition.lab(journals=str(tmp_path / "mine.csv")).to_pylist()
    html = page(site, issns=f"J. Am. Chem. Soc.; {world.JACS}\nNature, 0028-0836")
    cities = [row["city"] for row in told]
    assert 0 < len(cities) < edition.rankings().num_rows
    for row in edition.rankings().to_pylist():
        listed = re.search(rf'<th scope="row" class="name">\s*<a [^>]*>{row["city"]}</a>', html)
        assert bool(listed) == (row["city"] in cities)
    assert "issns=0002-7863+0028-0836" in html
    assert "--journals journals.csv" in html
    assert ">0002-7863 0028-0836</textarea>" in html
    client = TestClient(application(site))
    query = {"issns": world.JACS}
    rows = client.get("/api/v1/lab", params=query).json()["rows"]
    assert [(r["city"], r["share"]) for r in rows] == [(r["city"], r["share"]) for r in told]
    assert client.get(f"/en/{site.shown[0].slug}/lab.html", params=query).status_code == 200
    many = " ".join(f"{n:07}{check_digit(n)}" for n in range(asked.MAX_ISSNS + 1))
    with pytest.raises(BadQueryError, match="401 ISSNs"):
        page(site, issns=many)


def check_digit(number: int) -> str:
    """The last character of an ISSN (ISO 3297)."""
    total = sum(w * int(d) for w, d in zip(range(8, 1, -1), f"{number:07}", strict=True))
    return "0123456789X"[-total % 11]


def test_only_editions_with_works_have_a_lab() -> None:
    published = Site([sc.open("natureindex-2024")])
    assert not any("/lab" in path for path in published.paths())
    for name in ("lab.html", "lab/scheme-full.html"):
        with pytest.raises(NoSuchPageError):
            page(published, name=name)


def test_a_static_site_has_a_page_for_each_single_choice(
    edition: sc.Edition, tmp_path: Path
) -> None:
    site = Site([edition], is_static=True)
    export_site(site, tmp_path / "out")
    shown = site.shown[0]
    folder = tmp_path / "out" / "en" / shown.slug
    html = (folder / "lab.html").read_text(encoding="utf-8")
    assert "<form" not in html
    for name in names(shown):
        assert f'href="lab/{name}.html"' in html
        assert (folder / "lab" / f"{name}.html").is_file()
    assert "lab --scheme full" not in html
    changed = (folder / "lab" / "scheme-full.html").read_text(encoding="utf-8")
    assert "--scheme full" in changed


def test_address_and_command_name_what_differs(edition: sc.Edition) -> None:
    shown = Shown(edition, "it")
    default = asked.read(shown, {})
    assert (default.query(), default.changed()) == ("", {})
    found = asked.read(shown, {"scheme": "leiden", "year": "2023", "scope": "chemistry"})
    assert found.query("a b") == "scheme=leiden&scope=chemistry&year=2023&city=a+b"
    assert found.command("my edition") == (
        "sciencecities lab 'my edition' --scheme leiden --scope chemistry --year 2023"
    )
    assert asked.read(shown, dict(found.values())) == found


def test_a_histogram_heaps_what_lies_outside_its_scale() -> None:
    scale = marks.Scale(1, 11, margin=0)
    drawn = str(marks.histogram(scale, {1: 1, 11: 1, 90: 2}, 4, 11, 1, height=64))
    # 45 px of ground line, 40 px for all four: one method 10 px, three at the edge 30 px
    assert drawn.count("<rect") == 2
    assert 'height="10.0"' in drawn
    assert 'height="30.0"' in drawn


def test_errors_are_meant_for_the_reader() -> None:
    assert issubclass(BadQueryError, SciencecitiesError)

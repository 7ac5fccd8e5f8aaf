"""Pages of a site: what they say, where their links lead, and the static export."""

from __future__ import annotations

import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import small_world as world
from starlette.testclient import TestClient

import sciencecities as sc
from sciencecities.errors import EditionError
from sciencecities.locate.text import fold
from sciencecities.publish.export import export_site
from sciencecities.publish.pages import cities
from sciencecities.publish.shown import Shown
from sciencecities.publish.site import BadQueryError, NoSuchPageError, Site
from sciencecities.web.app import application


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site([sc.open(world.build(tmp_path_factory.mktemp("world")))])


class Links(HTMLParser):
    """Every address that a page names, and its ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.headings = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.headings += tag == "h1"
        self.links += [v for k, v in attrs if k in ("href", "src", "action") and v]
        self.ids |= {v for k, v in attrs if k == "id" and v}
        assert not any(k == "style" or k.startswith("on") for k, _ in attrs), (
            "inline style or script"
        )


def test_every_link_leads_to_a_page(site: Site) -> None:
    known = {*site.paths(), *site.static(), *dict(site.files())}
    known |= {name for path in site.paths() for name, _ in site.page(path).files()}
    pages = {path: Links(site.page(path).html) for path in site.paths()}
    for path, found in pages.items():
        assert found.headings == 1, path
        for link in found.links:
            if link.startswith(("https://", "http://", "?")):
                continue
            file, _, part = link.partition("#")
            file = file.split("?")[0]
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
            target = target if file else path
            assert not part or part in pages[target].ids, f"{path} leads to {target}#{part}"
            if target.startswith("api/v1/"):
                continue  # answered by the server alone
            assert target in known, f"{path} leads to {target}"


def test_a_city_page_states_rank_and_share(site: Site) -> None:
    slug = site.shown[0].slug
    html = site.page(f"en/{slug}/city/guangzhou.html").html
    share = next(v for k, v in world.SHARES_2024.items() if k == "Guangzhou")
    assert f"{float(share):,.1f}" in html
    assert "第" in site.page(f"zh/{slug}/city/guangzhou.html").html


@pytest.mark.parametrize("path", ["xx/index.html", "en/none/ranking.html", "en/../etc/passwd"])
def test_unknown_pages(site: Site, path: str) -> None:
    with pytest.raises(NoSuchPageError):
        site.page(path)


def test_export_writes_what_changed(site: Site, tmp_path: Path) -> None:
    out = tmp_path / "site"
    first = export_site(site, out)
    assert first["kept"] == 0
    assert first["written"] > 20
    (out / "en" / "index.html").write_text("changed")
    second = export_site(site, out)
    assert (second["written"], second["removed"]) == (1, 0)
    assert (out / "en" / "index.html").read_text() == site.page("en/index.html").html


def test_export_spares_other_folders(site: Site, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(EditionError, match="no site"):
        export_site(site, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_the_server_answers_with_the_same_pages(site: Site) -> None:
    client = TestClient(application(site))
    path = f"en/{site.shown[0].slug}/ranking.html"
    answer = client.get(f"/{path}")
    assert answer.text == site.page(path).html
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (
        client.get(f"/{path}", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    )
    assert client.get("/en/nothing.html").status_code == 404
    assert client.get("/", headers={"Accept-Language": "zh-CN"}).url.path == "/zh/index.html"
    assert client.get("/static/site.css").headers["content-type"].startswith("text/css")


def read(html: str) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Of a ranking table: the cities in order, the sort links, and aria-sort by column."""
    table = html.partition('id="ranked"')[2].partition("</table>")[0]
    heads = re.findall(r'<th scope="col"([^>]*)>(.*?)</th>', table, re.S)
    links = {re.sub("<.*?>", "", text).strip(" ↓↑\n"): re.findall('href="(.*?)"', text)
             for _, text in heads}  # fmt: skip
    sorts = {re.sub("<.*?>", "", text).strip(" ↓↑\n"): re.findall('aria-sort="(.*?)"', attributes)
             for attributes, text in heads}  # fmt: skip
    names = re.findall(r'<th scope="row" class="name"><a[^>]*>(.*?)</a>', table)
    return names, *({k: v[0] for k, v in found.items() if v} for found in (links, sorts))


def test_a_table_is_sorted_by_its_heads(site: Site) -> None:
    slug = site.shown[0].slug
    table = site.shown[0].edition.rankings().to_pylist()
    by_rank, links, sorts = read(site.page(f"en/{slug}/ranking.html").html)
    assert by_rank == [r["city"] for r in table]
    assert sorts == {"Rank": "ascending"}
    assert links == {
        "Rank": "ranking.html#ranked",
        "City": "ranking.html?sort=name#ranked",
        "Share": "ranking.html?sort=share#ranked",
        "Count": "ranking.html?sort=count#ranked",
        "Against the year before": "ranking.html?sort=change#ranked",
    }
    wanted = {
        "name": sorted(by_rank),
        "count": [r["city"] for r in sorted(table, key=lambda r: -r["count"])],
        "change": [r["city"] for r in sorted(
            table, key=lambda r: (r["rank_change"] is None, -(r["rank_change"] or 0)))],
    }  # fmt: skip
    for by, names in wanted.items():
        found, _, sorts = read(site.page(f"en/{slug}/ranking.html", {"sort": by}).html)
        assert found == names, by
        assert list(sorts.values()) == ["ascending" if by == "name" else "descending"]
    # 北京, 广州, 巴黎, 纽约: by sound Bali, Beijing, Guangzhou, Niuyue.
    by_sound = read(site.page(f"zh/{slug}/cities.html", {"sort": "name"}).html)[0]
    assert [n for n in by_sound if n in ("北京", "广州", "巴黎", "纽约")] == [
        "巴黎", "北京", "广州", "纽约"]  # fmt: skip
    with pytest.raises(BadQueryError, match=r"'size'.*rank, name, share, count, change"):
        site.page(f"en/{slug}/ranking.html", {"sort": "size"})


def test_pages_of_a_sorted_list_are_parts_of_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cities, "PER_PAGE", 15)
    published = Site([sc.open("natureindex-2024")])
    first = published.page("en/natureindex-2024/cities.html", {"sort": "name"}).html
    second = published.page("en/natureindex-2024/cities/2.html", {"sort": "name"}).html
    names = read(first)[0] + read(second)[0]
    assert len(names) == len(published.shown[0].cities) == 29
    assert names == sorted(names, key=fold)
    assert 'href="cities/2.html?sort=name" rel="next"' in first
    # The publisher gives no Shares: nothing to sort by.
    assert "Share" not in read(first)[1]


def test_a_static_table_has_no_link_that_nothing_answers(site: Site) -> None:
    still = Site([site.shown[0].edition], is_static=True)
    for path in still.paths():
        assert "sort=" not in still.page(path).html


def test_subjects_stand_on_one_page_and_industries_on_the_other(site: Site) -> None:
    scopes = ["overall", "health", "cell-and-gene", "health-by-journal", "stand-by-power"]
    one = Shown(cast("sc.Edition", SimpleNamespace(scopes=scopes)), "x")
    assert (one.subjects, one.subjects_otherwise, one.industries) == (
        ["health"], ["health-by-journal"], ["cell-and-gene", "stand-by-power"])  # fmt: skip
    shown = site.shown[0]
    pages = {n: site.page(f"en/{shown.slug}/{n}.html").html for n in ("subjects", "industries")}
    for scope in shown.edition.scopes[1:]:
        of_subject = scope in (*shown.subjects, *shown.subjects_otherwise)
        for name, html in pages.items():
            assert (f'href="scope/{scope}.html"' in html) == (of_subject == (name == "subjects"))
    leading = [shown.ranking(s)[0]["city"] for s in shown.subjects if shown.ranking(s)]
    first = re.findall(r"<h1>(\w+) leads in (\d) of (\d) subjects, ", pages["subjects"])
    city, n, of = first[0]
    assert (leading.count(city), len(leading)) == (int(n), int(of))
    assert leading.count(city) == max(map(leading.count, leading))

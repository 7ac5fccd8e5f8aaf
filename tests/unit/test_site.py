"""Pages of a site: what they say, where their links lead, and the static export."""

from __future__ import annotations

import posixpath
from html.parser import HTMLParser
from pathlib import Path

import pytest
import small_world as world
from starlette.testclient import TestClient

import sciencecities as sc
from sciencecities.errors import EditionError
from sciencecities.publish.export import export_site
from sciencecities.publish.site import NoSuchPageError, Site
from sciencecities.web.app import application


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site([sc.open(world.build(tmp_path_factory.mktemp("world")))])


class Links(HTMLParser):
    """Every address that a page names, and its ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.headings = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.headings += tag == "h1"
        self.links += [v for k, v in attrs if k in ("href", "src", "action") and v]
        assert not any(k == "style" or k.startswith("on") for k, _ in attrs), (
            "inline style or script"
        )


def test_every_link_leads_to_a_page(site: Site) -> None:
    known = {*site.paths(), *site.static(), *dict(site.files())}
    known |= {name for path in site.paths() for name, _ in site.page(path).files()}
    for path in site.paths():
        found = Links(site.page(path).html)
        assert found.headings == 1, path
        for link in found.links:
            if link.startswith(("#", "https://", "http://", "?")):
                continue
            file = link.split("#")[0].split("?")[0]
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
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

"""Every kind of page in Chromium: accessible, light, silent, whole without script or server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sciencecities.publish.site import Site

AXE = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WHOLE = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": RULES}}
COLOURS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
WIDTHS = (360, 1440)
PATIENCE = 60_000  # waiting ends when the page is there
expect.set_options(timeout=PATIENCE)
PUBLISHED = ("city/", "compare/")
MAX_BYTES, MAX_REQUESTS = 200_000, 8


def kinds(site: Site, lang: str) -> Iterator[str]:
    """One page of each kind; of the published edition those that look another way."""
    for shown in site.shown:
        for route in site.routes:
            names = list(route.names(shown))
            if shown.is_published:
                names = names if route.prefix in PUBLISHED or "ranking" in names else []
            if names:
                yield f"{lang}/{shown.slug}/{route.prefix}{names[0]}.html"
    yield f"{lang}/{site.shown[0].slug}/lab.html?scheme=full&city=Guangzhou"
    yield f"{lang}/{site.shown[0].slug}/cities.html?q=Pari"
    yield f"{lang}/index.html"


@contextmanager
def new_page(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page of its own context, as patient as the machine may be busy."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


class Watched:
    """A browser page that notes what goes wrong and what is asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.bytes = 0
        page.on("console", lambda m: m.type in ("error", "warning") and self.wrong.append(m.text))
        page.on("pageerror", lambda e: self.wrong.append(str(e)))
        page.on("requestfailed", lambda r: self.wrong.append(f"failed: {r.url}"))
        page.on("requestfinished", self._finished)

    def _finished(self, request: Any) -> None:
        self.asked.append(request.url)
        self.bytes += request.sizes()["responseBodySize"]

    def visit(self, url: str) -> None:
        self.wrong, self.asked, self.bytes = [], [], 0
        self.page.goto(url, wait_until="load")


@pytest.fixture(scope="module")
def watched(browser: Browser) -> Iterator[Watched]:
    with new_page(browser, reduced_motion="reduce") as page:
        yield Watched(page)


@pytest.fixture
def unscripted(browser: Browser) -> Iterator[Page]:
    with new_page(browser, java_script_enabled=False) as page:
        yield page


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{v['id']}: {node['target']} {node['failureSummary']}"
        for v in found["violations"]
        for node in v["nodes"]
    ]


def too_wide(page: Page) -> int:
    """Pixels by which a page is wider than its window."""
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(script))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_kind_of_page(watched: Watched, site: Site, served: str, lang: str) -> None:
    found = []
    page = watched.page
    for path in kinds(site, lang):
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": WIDTHS[1], "height": 900})
        watched.visit(f"{served}/{path}")
        if watched.bytes > MAX_BYTES or len(watched.asked) > MAX_REQUESTS:
            found.append(f"{path}: {watched.bytes:,} bytes in {len(watched.asked)} requests")
        found += [f"{path}: asks for {u}" for u in watched.asked if not u.startswith(served)]
        page.evaluate(AXE)
        for scheme, options in (("light", WHOLE), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                where = f"{path} {scheme} {width}"
                found += [f"{where}: {v}" for v in violations(page, options)]
                if (pixels := too_wide(page)) > 0:
                    found.append(f"{where}: {pixels} px too wide")
        found += [f"{path}: {text}" for text in watched.wrong]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_errors_are_pages_too(watched: Watched, site: Site, served: str, lang: str) -> None:
    for path in ("nothing.html", f"{site.shown[0].slug}/lab.html?scheme=best"):
        watched.visit(f"{served}/{lang}/{path}")
        watched.page.evaluate(AXE)
        for width in WIDTHS:
            watched.page.set_viewport_size({"width": width, "height": 900})
            assert violations(watched.page, WHOLE) == []
            assert too_wide(watched.page) <= 0
        watched.page.get_by_role("link", name="All cities" if lang == "en" else "全部城市").click()
        expect(watched.page).to_have_url(re.compile(r"cities\.html$"))


def test_a_name_of_any_length_bursts_no_page(watched: Watched, site: Site, served: str) -> None:
    row = site.shown[0].ranking()[0]
    before = row["city"]
    row["city"] = "<b>\u202e" + "W" * 5000
    try:
        city = f"city/{site.shown[0].slug_of(row['city_id'])}"
        for name in ("ranking", "cities", city):
            watched.visit(f"{served}/en/{site.shown[0].slug}/{name}.html?anew=1")
            for width in WIDTHS:
                watched.page.set_viewport_size({"width": width, "height": 900})
                assert too_wide(watched.page) <= 0, (name, width)
    finally:
        row["city"] = before


def test_the_checks_see_what_is_wrong(watched: Watched, served: str) -> None:
    watched.visit(f"{served}/en/index.html")
    watched.page.set_viewport_size({"width": 360, "height": 900})
    watched.page.evaluate(AXE)
    with watched.page.expect_console_message(lambda m: "Content Security Policy" in m.text):
        watched.page.evaluate(
            "document.querySelector('main').insertAdjacentHTML('beforeend', "
            "'<img src=https://x.invalid><svg width=3000 height=9></svg>')"
        )
    assert any(v.startswith("image-alt") for v in violations(watched.page, WHOLE))
    assert too_wide(watched.page) > 0
    assert any("Content Security Policy" in text for text in watched.wrong)


def test_without_script_and_server(unscripted: Page, site: Site, folder: Path) -> None:
    watched = Watched(unscripted)
    for path in ("index.html", *(p for p in kinds(site, "en") if "?" not in p)):
        if not (folder / path).is_file():
            continue
        watched.visit((folder / path).as_uri())
        assert watched.page.locator("h1").is_visible(), path
        assert not watched.wrong, (path, watched.wrong)
        assert all(u.startswith(folder.as_uri()) for u in watched.asked), watched.asked
        assert watched.page.locator("script:not([type='application/ld+json'])").count() == 0
        assert watched.page.locator("form").count() == 0 or "compare" in path, path


def test_a_static_site_is_walked_by_its_links(watched: Watched, site: Site, folder: Path) -> None:
    page = watched.page
    watched.visit((folder / "index.html").as_uri())
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="Method lab").click()
    page.get_by_role("link", name="In full").click()
    expect(page).to_have_url(re.compile(r"lab/scheme-full\.html$"))
    page.locator(".lang[hreflang]").click()
    expect(page).to_have_url((folder / f"zh/{site.shown[0].slug}/lab/scheme-full.html").as_uri())


@pytest.mark.parametrize("name", ["ranking", "lab", "compare", "data"])
def test_keyboard(watched: Watched, site: Site, served: str, name: str) -> None:
    page = watched.page
    page.set_viewport_size({"width": 1440, "height": 900})
    watched.visit(f"{served}/en/{site.shown[0].slug}/{name}.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    seen = []
    for _ in range(40):
        look = page.evaluate(
            """() => {
                const one = document.activeElement, style = getComputedStyle(one);
                const box = one.getBoundingClientRect();
                return [one.tagName, style.outlineStyle, parseFloat(style.outlineWidth),
                        box.width > 0 && box.bottom > 0 && box.top < innerHeight];
            }"""
        )
        if look[0] == "BODY":
            break
        seen.append(look)
        page.keyboard.press("Tab")
    assert len(seen) > 10
    assert all(style != "none" and width >= 2 and there for _, style, width, there in seen), seen
    watched.visit(page.url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"#main$"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_works_with_long_dois_fit_a_phone(
    watched: Watched, site: Site, served: str, lang: str
) -> None:
    page = watched.page
    page.set_viewport_size({"width": 360, "height": 900})
    watched.visit(f"{served}/{lang}/{site.shown[0].slug}/works/beijing.html")
    page.evaluate(
        """() => document.querySelectorAll(".works tbody th").forEach(
            (th) => { th.querySelector("a").textContent = "10.2174/1389201021666200516155146"; })"""
    )
    assert too_wide(page) <= 0
    row = page.locator(".works tbody tr").first
    assert row.locator(".sub").is_visible()
    assert not row.locator("td").last.is_visible()


def test_a_phone_sorts_by_what_it_has_no_column_of(
    watched: Watched, site: Site, served: str
) -> None:
    page = watched.page
    page.set_viewport_size({"width": 360, "height": 900})
    watched.visit(f"{served}/en/{site.shown[0].slug}/cities.html")
    page.get_by_role("navigation", name="Order of the table").get_by_role(
        "link", name="Count"
    ).click()
    page.wait_for_url("**sort=count**")
    expect(page.locator("#ranked .under").first).to_contain_text("Count")
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator(".sorts")).not_to_be_visible()


def test_a_table_is_sorted_with_the_keyboard_and_without_script(
    unscripted: Page, site: Site, served: str
) -> None:
    page = unscripted
    page.goto(f"{served}/zh/{site.shown[0].slug}/ranking.html")
    heads = page.locator("#ranked thead")
    assert heads.locator("[aria-sort]").count() == 1
    for name, way in (("篇数", "descending"), ("城市", "ascending")):
        link = heads.get_by_role("link", name=name)
        box = link.bounding_box()
        assert box and box["height"] >= 24, name
        link.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**sort=**#ranked")
        head = heads.locator("th", has_text=name)
        expect(head).to_have_attribute("aria-sort", way)
    expect(page).to_have_url(re.compile(r"sort=name.*#ranked"))


def test_the_lab_form_asks_by_its_address(watched: Watched, site: Site, served: str) -> None:
    page = watched.page
    watched.visit(f"{served}/en/{site.shown[0].slug}/lab.html")
    page.get_by_label("In full").check()
    page.get_by_label("What moves one city?").fill("广州")
    page.get_by_role("button", name="Rank again").click()
    expect(page).to_have_url(re.compile(r"scheme=full"))
    expect(page.get_by_label("In full")).to_be_checked()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Guangzhou stays in"))
    expect(page.locator("tr.focus")).to_have_count(1)


def test_own_boundaries_are_uploaded_without_script(
    unscripted: Page, watched: Watched, site: Site, served: str, tmp_path: Path
) -> None:
    ring = [[100, 20], [120, 20], [120, 42], [100, 42], [100, 20]]
    east = {
        "type": "Feature", "properties": {"id": "e", "name": "East & <i>south</i>"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }  # fmt: skip
    file = tmp_path / "east.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [east]}))
    page = unscripted
    page.goto(f"{served}/en/{site.shown[0].slug}/lab.html?scheme=full&city=Beijing")
    page.get_by_label("Your own city boundaries: GeoJSON file").set_input_files(file)
    page.get_by_role("button", name="Rank in these boundaries").click()
    expect(page).to_have_url(re.compile("scheme=full&city=beijing&boundary="))
    address = page.url
    expect(page.locator("table.rank").first.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("rowheader", name="East & <i>south</i>")).to_be_visible()
    expect(page.get_by_role("checkbox", name="east.geojson")).to_be_checked()
    page.get_by_role("checkbox", name="east.geojson").uncheck()
    page.get_by_role("button", name="Rank again").click()
    expect(page).not_to_have_url(re.compile("boundary="))
    expect(page.locator("table.rank").first.get_by_role("row")).to_have_count(6)
    for lang in ("en", "zh"):
        watched.visit(address.replace("/en/", f"/{lang}/"))
        watched.page.evaluate(AXE)
        for width in WIDTHS:
            watched.page.set_viewport_size({"width": width, "height": 900})
            assert violations(watched.page, WHOLE) == []
            assert too_wide(watched.page) <= 0
        assert watched.wrong == []


def test_prints(watched: Watched, site: Site, served: str) -> None:
    watched.visit(f"{served}/en/{site.shown[0].slug}/city/guangzhou.html")
    assert watched.page.pdf(format="A4").startswith(b"%PDF")

"""The static site: links that lead somewhere, what a second export writes, exports cut short."""

from __future__ import annotations

import posixpath
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import lxml.html
import pytest
import small_world as world

import sciencecities as sc
from sciencecities.errors import EditionError
from sciencecities.publish import export, folder
from sciencecities.publish.export import export_site
from sciencecities.publish.site import Site


def static(*editions: sc.Edition, n_cities: int = 4) -> Site:
    return Site(editions, n_cities=n_cities, is_static=True, on=world.DAY)


@pytest.fixture
def out(exported: Path, tmp_path: Path) -> Path:
    """A copy of the site to write into."""
    return Path(shutil.copytree(exported, tmp_path / "site"))


def both(edition: sc.Edition, **more: Any) -> Site:
    return static(edition, sc.open("natureindex-2024"), **more)


def contents(out: Path) -> dict[str, bytes]:
    """Every file of a site by path, without its marker."""
    return {
        str(p.relative_to(out)): p.read_bytes()
        for p in out.rglob("*")
        if p.is_file() and p.name != folder.MARKER
    }


def test_every_link_of_the_static_site_leads_to_a_file(exported: Path) -> None:
    seen = 0
    for page in exported.rglob("*.html"):
        tree = lxml.html.parse(page)
        assert not tree.xpath("//form | //script[not(@type='application/ld+json')]"), page
        ids = set(tree.xpath("//@id"))
        for link in tree.xpath("//@href | //@src | //@srcset | //@data | //@poster"):
            if link.startswith(("https://", "http://", "data:", "mailto:")):
                continue
            assert "?" not in link, f"{page}: {link} asks a server"
            assert not link.startswith("/"), f"{page}: {link} begins at the root"
            path, _, anchor = link.partition("#")
            target = page.parent / unquote(path) if path else page
            assert target.is_file(), f"{page}: {link} leads nowhere"
            assert path or not anchor or anchor in ids, f"{page}: no #{anchor}"
            seen += 1
    assert seen > 2000


def test_a_reader_reaches_every_page_from_the_first(exported: Path) -> None:
    reached, to_see = {"index.html"}, ["index.html"]
    while to_see:
        page = to_see.pop()
        for link in lxml.html.parse(exported / page).xpath("//a/@href"):
            path = unquote(link.partition("#")[0])
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
            if path and target not in reached and (exported / target).is_file():
                reached.add(target)
                if target.endswith(".html"):
                    to_see.append(target)
    pages = {str(p.relative_to(exported)) for p in exported.rglob("*.html")}
    # pairs whose names are not neighbours in the ranking are found by their address alone
    assert {p for p in pages - reached if "/compare/" not in p} == set()


def test_a_static_site_says_what_it_leaves_out(exported: Path, edition: sc.Edition) -> None:
    html = (exported / "en" / edition.name / "compare.html").read_text("utf-8")
    assert f"sciencecities serve {edition.name}" in html


def test_works_of_the_static_site_are_those_of_the_server(edition: sc.Edition) -> None:
    shown = static(edition).shown[0]
    for city_id in shown.with_works:
        total, works = shown.first_works(city_id)
        assert total == edition.trace_total(city_id)
        for work, other in zip(works, edition.works(city_id, top=50).to_pylist(), strict=True):
            told = {k: work[k] for k in ("work_id", "doi", "weight", "institutions")}
            assert told == {k: other[k] for k in told}


def test_a_site_without_pixels_neither_makes_nor_links_them(exported: Path) -> None:
    site = Site([sc.open("natureindex-2024")], is_static=True, has_pixels=False)
    assert ".png" in (exported / "en" / "natureindex-2024" / "movement.html").read_text("utf-8")
    for path in ("en/index.html", "en/natureindex-2024/movement.html"):
        page = site.page(path)
        assert page.figures
        assert ".png" not in page.html
        assert not any(name.endswith(".png") for name, _ in page.files())


def test_a_published_ranking_has_no_pages_of_works(exported: Path) -> None:
    assert not (exported / "en" / "natureindex-2024" / "works").exists()


def test_two_processes_write_what_one_writes(
    edition: sc.Edition, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ALONE", 10)
    out = tmp_path / "site"
    export_site(static(edition, sc.open("natureindex-2024")), out, n_processes=2)
    assert contents(out) == contents(exported)


def test_a_second_export_makes_pages_of_changed_editions_alone(
    edition: sc.Edition, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make = export.Maker.make
    monkeypatch.setattr(
        export.Maker, "make", lambda self, path: made.append(path) or make(self, path)
    )
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*.html")}
    again = export_site(both(edition), out)
    assert (again["written"], again["removed"], made) == (0, 0, [])
    assert before == {p: p.stat().st_mtime_ns for p in out.rglob("*.html")}
    (out / "zh" / edition.name / "ranking.html").write_text("changed by hand", encoding="utf-8")
    drawn = next((out / "en" / edition.name / "city" / "beijing").glob("*.svg"))
    drawn.unlink()
    assert export_site(both(edition), out)["written"] == 2
    assert made == [f"en/{edition.name}/city/beijing.html", f"zh/{edition.name}/ranking.html"]
    assert drawn.is_file()
    site = both(edition)
    site.shown[1].edition.manifest["notes"] = ["another"]
    told = export.fingerprints(both(edition)), export.fingerprints(site)
    assert told[0][edition.name] == told[1][edition.name]
    assert told[0]["natureindex-2024"] != told[1]["natureindex-2024"]


def test_pages_that_are_gone_are_removed_and_other_files_are_not(
    edition: sc.Edition, out: Path
) -> None:
    (out / "CNAME").write_text("cities.example")
    (out / "zh" / edition.name / "mine.txt").write_text("mine")
    published = static(sc.open("natureindex-2024"))
    counts = export_site(published, out)
    assert counts["removed"] > 50
    assert (out / "CNAME").read_text() == "cities.example"
    assert [p.name for p in (out / "zh" / edition.name).rglob("*")] == ["mine.txt"]
    assert not (out / "en" / edition.name).exists()
    pages = {str(p.relative_to(out)) for p in out.rglob("*.html")}
    assert pages == {"index.html", *published.paths()}


def test_a_site_cannot_reach_outside_its_folder(tmp_path: Path) -> None:
    out = tmp_path / "site"
    (tmp_path / "thesis.txt").write_text("mine")
    with folder.opened(out):
        (out / folder.MARKER).write_text('{"files": {"../thesis.txt": "0"}, "parts": {}}')
        assert folder.exchange(out, {}, {}) == 0
    assert (tmp_path / "thesis.txt").exists()


def test_one_export_at_a_time(edition: sc.Edition, out: Path) -> None:
    with folder.opened(out), pytest.raises(EditionError, match="another export"):
        export_site(both(edition), out)


SCRIPT = """
import sys, time
import sciencecities as sc
from sciencecities.publish import export
from sciencecities.publish.site import Site
make = export.Maker.make
def slowly(self, path):
    for name, content in make(self, path):
        yield name, content + b"<!-- new -->"
    if path.endswith("/cities.html"):
        print("here", flush=True)
        time.sleep(60)
export.Maker.make = slowly
export.export_site(Site([sc.open("natureindex-2024")], is_static=True),
                   __import__("pathlib").Path(sys.argv[1]), n_processes=1)
"""


def test_a_killed_export_leaves_the_old_site_whole(edition: sc.Edition, out: Path) -> None:
    before = contents(out)
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(out)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    after = {
        path: content for path, content in contents(out).items()
        if not path.startswith((folder.STAGE, folder.LOCK))
    }  # fmt: skip
    assert after == before
    counts = export_site(both(edition), out)
    assert (counts["written"], counts["removed"]) == (0, 0)
    assert contents(out) == before


def test_a_killed_exchange_is_mended(
    edition: sc.Edition, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, n_moved = contents(out), 0
    replace = Path.replace

    def dying(self: Path, target: Path) -> Path:
        nonlocal n_moved
        n_moved += folder.STAGE in self.parts
        if n_moved > 20:
            raise KeyboardInterrupt
        return replace(self, target)

    published = sc.open("natureindex-2024")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "replace", dying)
        export_site(Site([published], is_static=True, on=world.DAY, base_url="https://x.test"), out)
    assert n_moved == 21
    assert contents(out) != before
    export_site(both(edition), out)
    assert contents(out) == before


def test_a_full_disk_leaves_the_old_site(
    edition: sc.Edition, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(out)

    def full(_out: Path, path: str, _content: bytes) -> None:
        raise OSError(28, "No space left on device", path)

    monkeypatch.setattr(folder, "put", full)
    (out / "en" / "index.html").unlink()
    del before["en/index.html"]
    with pytest.raises(EditionError, match="No space left"):
        export_site(both(edition), out)
    assert contents(out) == before

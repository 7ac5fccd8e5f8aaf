"""The server: kept and compressed answers, errors as pages, hostile addresses."""

from __future__ import annotations

import gzip
import socket
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

import sciencecities as sc
from sciencecities.cli import run
from sciencecities.errors import SciencecitiesError
from sciencecities.publish.site import Site
from sciencecities.web.kept import Answer
from sciencecities.web.listen import listening
from sciencecities.web.warm import first_pages, warming


def test_pages_are_compressed_once_and_known_again(client: TestClient, site: Site) -> None:
    packed = client.get("/en/index.html", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/en/index.html", headers={"Accept-Encoding": "identity"})
    refused = client.get("/en/index.html", headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text == refused.text == site.page("en/index.html").html
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    for answer in (packed, plain):
        again = client.get("/en/index.html", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_head_tells_what_get_would_send(client: TestClient) -> None:
    got, head = client.get("/zh/index.html"), client.head("/zh/index.html")
    assert head.content == b""
    assert head.headers == got.headers


def test_small_and_packed_bodies_are_sent_as_they_are() -> None:
    assert Answer.of(b"x" * 999, "text/html").body == b"x" * 999
    assert Answer.of(b"x" * 5000, "image/png").body == b"x" * 5000
    assert gzip.decompress(Answer.of(b"x" * 5000, "text/html").body) == b"x" * 5000


@pytest.mark.parametrize(
    ("path", "lang", "said"),
    [
        ("/en/nothing.html", "en", "There is no such page"),
        ("/zh/nothing.html", "zh-Hans", "没有这个页面"),
        ("/a/b/c/d.html", "en", "There is no such page"),
    ],
)
def test_what_is_missing_is_a_page(client: TestClient, path: str, lang: str, said: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert f'<html lang="{lang}">' in answer.text
    assert said in answer.text
    assert 'href="/static/site.css"' in answer.text
    assert client.get("/static/site.css").status_code == 200


def test_wrong_choices_are_400_and_say_what_there_is(client: TestClient, site: Site) -> None:
    lab = f"/en/{site.shown[0].slug}/lab.html"
    answer = client.get(lab, params={"scheme": "<script>alert(1)</script>"})
    assert answer.status_code == 400
    assert "there are: nature-index" in answer.text
    assert "<script>" not in answer.text
    assert client.get(lab, params={"scheme": "leiden"}).status_code == 200


def test_methods_and_lengths(client: TestClient) -> None:
    assert client.post("/en/index.html").status_code == 405
    assert client.delete("/api/v1/rankings").status_code == 405
    assert client.get("/en/index.html", params={"q": "x" * 9000}).status_code == 414
    assert client.get("/api/v1/rankings", params={"scope": "x" * 9000}).status_code == 414


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="./\\%2e0aAé\u202e\u0000<>'\"&?#;:@", max_size=40),
    st.sampled_from(
        [
            "../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "..%2f..%2fetc/passwd",
            "//evil.example/", "\\evil.example/", "en/\\..\\..", "static/../../x",
            "data/../manifest.json", "\u202e" * 99, "x" * 5000, "<img src=x onerror=alert(1)>",
            "'; DROP TABLE rankings; --", "%ff%fe", "en//",
        ]
    ),
)  # fmt: skip


@given(HOSTILE, HOSTILE, st.sampled_from(["city", "q", "scheme", "a", "page", "institution"]))
@settings(max_examples=60, deadline=None)
def test_hostile_addresses_do_no_harm(
    client: TestClient, site: Site, path: str, text: str, name: str
) -> None:
    slug = site.shown[0].slug
    roots = ("", "en/", f"en/{slug}/city/", f"zh/{slug}/lab", f"en/{slug}/works/", "api/v1/cities/")
    for root in roots:
        answer = client.request(
            "GET",
            f"http://testserver/{root}{_quoted(path)}",
            params={name: text},
            follow_redirects=False,
        )
        assert answer.status_code < 500, (root, path, text)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "<script>" not in answer.text
        assert "onerror=alert(1)>" not in answer.text
        place = answer.headers.get("location", "/")
        assert place.startswith("/") and not place.startswith(("//", "/\\"))


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="/%\\", errors="replace")


@pytest.mark.parametrize("host", ["evil.example", "a/b", "<script>", "x" * 3000, "[::1", "a b"])
def test_hostile_hosts_change_nothing(client: TestClient, host: str) -> None:
    answer = client.get("/en/index.html", headers={"Host": host})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text
    assert (
        client.get("/", headers={"Host": host}, follow_redirects=False)
        .headers["location"]
        .startswith("/en/")
    )


def test_names_of_cities_are_text(site: Site, client: TestClient) -> None:
    hostile = "<b>\u202eTown</b>" + "x" * 5000
    row = next(iter(site.shown[0].cities.values()))
    before = row["city"]
    try:
        row["city"] = hostile
        slug = site.shown[0].slug
        for page in (
            "ranking.html",
            "cities.html",
            f"city/{site.shown[0].slug_of(row['city_id'])}.html",
        ):
            html = site.page(f"en/{slug}/{page}").html
            assert "<b>\u202e" not in html
            assert "&lt;b&gt;" in html
            assert "x" * 101 not in html
    finally:
        row["city"] = before


def test_a_server_makes_the_first_pages_before_it_is_asked(site: Site) -> None:
    paths = list(first_pages(site))
    assert paths[0] == f"en/{site.shown[0].slug}/ranking.html"
    assert len(set(paths)) == len(paths)
    for shown in site.shown:
        for route in site.routes:
            if names := route.names(shown):
                assert f"zh/{shown.slug}/{route.prefix}{names[0]}.html" in paths
    assert all(site.page(path).html for path in paths)


def test_a_free_port_is_named_and_taken() -> None:
    with listening("127.0.0.1", 0) as (_, address):
        port = int(address.rstrip("/").rpartition(":")[2])
        assert port > 0
        socket.create_connection(("127.0.0.1", port)).close()
        with pytest.raises(SciencecitiesError, match=f"{port}: address already in use; .*--port"):
            listening("127.0.0.1", port).__enter__()
    with listening("127.0.0.1", port):
        pass


def test_a_used_port_is_one_line(edition: sc.Edition, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert run(["serve", str(edition.path), "--port", port]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: cannot listen") and said.count("\n") == 1


def test_warming_ends_with_the_server(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    begun = threading.Event()

    def page(path: str) -> None:
        made.append(path)
        begun.set()
        time.sleep(0.01)

    monkeypatch.setattr(site, "page", page)
    with warming(site):
        assert begun.wait(10)
    n = len(made)
    time.sleep(0.05)
    assert 0 < n == len(made) < len(list(first_pages(site)))

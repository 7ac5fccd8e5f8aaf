"""The reader's own boundaries in the method lab: what is ranked, kept and refused."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx2
import pytest
import small_world as world
from starlette.testclient import TestClient

import sciencecities as sc
from sciencecities.cli import run
from sciencecities.errors import ConfigError, LocateError
from sciencecities.locate import apart
from sciencecities.locate.model import Place
from sciencecities.publish import outside
from sciencecities.publish.site import Site
from sciencecities.web.app import application

Geometry = dict[str, Any]
SHARES = {
    "East <b>": world.SHARES_2024["Guangzhou"] + world.SHARES_2024["Beijing"],
    "Old towns": world.SHARES_2024["Paris"] + world.SHARES_2024["Cambridge"],
}
"""New York lies in neither."""


def box(west: float, south: float, east: float, north: float) -> Geometry:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def geojson(**shapes: Geometry) -> bytes:
    features = [
        {"type": "Feature", "properties": {"id": name, "name": name}, "geometry": shape}
        for name, shape in shapes.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


TWO = geojson(**{"East <b>": box(100, 20, 120, 42), "Old towns": box(-1, 47, 4, 53)})


@pytest.fixture
def client(edition: sc.Edition) -> Iterator[TestClient]:
    with TestClient(application(Site([edition])), follow_redirects=False) as client:
        yield client


def lab(edition: sc.Edition, lang: str = "en") -> str:
    return f"/{lang}/{edition.name}/lab.html"


def send(client: TestClient, edition: sc.Edition, content: bytes, **more: Any) -> httpx2.Response:
    return client.post(lab(edition), files={"file": ("my.geojson", content)}, **more)


def shares(rows: list[dict[str, Any]]) -> dict[str, Fraction]:
    return {r["city"]: Fraction(r["share"]).limit_denominator(100) for r in rows}


def test_an_upload_gets_an_address_and_a_ranking(client: TestClient, edition: sc.Edition) -> None:
    answer = send(client, edition, TWO, data={"scheme": "nature-index", "city": "Beijing"})
    assert answer.status_code == 303
    address = answer.headers["location"]
    assert address.startswith("lab.html?city=beijing&boundary=")
    page = client.get(f"{lab(edition)}?{address.partition('?')[2]}")
    assert page.status_code == 200
    assert "East &lt;b&gt;" in page.text
    assert "Old towns" in page.text
    assert "my.geojson" in page.text
    assert "lab edition --cities boundary.geojson --city Beijing" in page.text
    boundary = address.rpartition("=")[2]
    told = client.get("/api/v1/lab", params={"boundary": boundary}).json()
    assert shares(told["rows"]) == SHARES
    assert told["choice"]["cities"] == outside.OWN
    full = client.get("/api/v1/lab", params={"boundary": boundary, "scheme": "full"}).json()
    assert [r["count"] for r in full["rows"]] == [r["count"] for r in told["rows"]]
    assert [r["share"] for r in full["rows"]] != [r["share"] for r in told["rows"]]
    chinese = client.get(f"{lab(edition, 'zh')}?{address.partition('?')[2]}")
    assert "自有边界" in chinese.text


def test_pasted_text_is_the_same_upload(client: TestClient, edition: sc.Edition) -> None:
    first = send(client, edition, TWO).headers["location"]
    empty = ("", b"", "application/octet-stream")  # what a browser sends of a field left empty
    parts = {"file": empty, "text": (None, TWO)}
    assert client.post(lab(edition), files=parts).headers["location"] == first


def test_what_is_no_longer_kept_says_so(
    client: TestClient, edition: sc.Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "KEPT", 1)
    old = send(client, edition, TWO).headers["location"].rpartition("=")[2]
    new = send(client, edition, TWO + b" ").headers["location"].rpartition("=")[2]
    assert old != new
    for path, status in ((lab(edition), 410), ("/api/v1/lab", 410)):
        answer = client.get(path, params={"boundary": old})
        assert answer.status_code == status
        assert "upload them again" in answer.text
        assert client.get(path, params={"boundary": new}).status_code == 200
    assert client.get(lab(edition), params={"boundary": "../../etc"}).status_code == 410


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 400, "no boundaries"),
        (b"{", 400, "your boundaries: cannot be read as GeoJSON"),
        (b"\xff\xfe", 400, "cannot be read as GeoJSON"),
        (b"[" * 1_000_000, 400, "cannot be read as GeoJSON"),
        (b'{"type": "FeatureCollection", "features": []}', 400, "has no features"),
        (geojson(**{"<i>": box(0, 0, float("nan"), 1)}), 400, "[nan, 0.0] is no longitude"),
        (geojson(sea=box(0, 0, 1, 1)), 400, "none of the 5 places of edition lies in them"),
        (geojson(**{"x" * 300: box(0, 0, 1, 1)}), 400, "more than 200 characters"),
        (TWO.replace(b'"Old towns"', b'"East <b>"'), 400, "occurs a second time"),
        (b" " * 2_000_001, 400, "no boundaries"),
        (b"1" * 2_000_001, 413, "at most 2 MB"),
        (b"1" * 20_000_000, 413, "at most 2 MB"),
    ],
    ids=range(12),
)
def test_wrong_boundaries_are_refused_in_one_line(
    client: TestClient, edition: sc.Edition, content: bytes, status: int, said: str
) -> None:
    answer = send(client, edition, content)
    assert answer.status_code == status
    assert said in answer.text.replace("&#39;", "'").replace("&lt;", "<")
    assert "<i>" not in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://front.example"}, 303),
        ({"Origin": "http://testserver"}, 303),
        ({}, 303),
    ],
)
def test_other_sites_cannot_send(
    client: TestClient, edition: sc.Edition, headers: dict[str, str], status: int
) -> None:
    assert send(client, edition, TWO, headers=headers).status_code == status


def test_only_the_lab_takes_forms(client: TestClient, edition: sc.Edition) -> None:
    files = {"file": ("my.geojson", TWO)}
    assert client.post("/en/nothing/lab.html", files=files).status_code == 404
    assert client.post(f"/fr/{edition.name}/lab.html", files=files).status_code == 404
    assert client.post("/en/index.html", files=files).status_code == 405
    for kind in ("application/json", "multipart/form-data", "multipart/form-data; boundary=x"):
        answer = client.post(lab(edition), content=b"--y\r\n{}", headers={"Content-Type": kind})
        assert answer.status_code == 400
    assert send(client, edition, TWO, data={"scheme": "best"}).status_code == 400


def test_polygons_that_take_too_long_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "SECONDS", 3)
    draw = random.Random(1)
    ring = [[draw.randint(-80, 80), draw.randint(-80, 80)] for _ in range(100_000)]
    shape = {"type": "Polygon", "coordinates": [ring]}
    with pytest.raises(ConfigError, match="simplify the polygons"):
        apart.assigned(geojson(scrawl=shape), [Place("gn:1", "Here", "FR", 1.0, 1.0)])


def test_the_deployers_boundaries_are_offered_by_name(
    edition: sc.Edition, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "two.geojson"
    file.write_bytes(TWO)
    client = TestClient(application(Site([edition], boundaries=[file])))
    told = client.get("/api/v1/lab", params={"cities": "two.geojson"})
    assert shares(told.json()["rows"]) == SHARES
    assert told.json()["rows"] == [
        row | {"data_year": 2024} for row in edition.lab(cities=str(file)).to_pylist()
    ]
    html = client.get(lab(edition), params={"cities": "two.geojson", "city": "Paris"}).text
    assert 'value="two.geojson" checked' in html
    assert "lab edition --cities two.geojson" in html
    other = tmp_path / "other"
    other.mkdir()
    (other / "two.geojson").write_bytes(TWO.replace(b"-1", b"-2"))
    changed = Site([edition], boundaries=[other / "two.geojson"])
    again = TestClient(application(changed)).get("/api/v1/lab", params={"cities": "two.geojson"})
    assert again.headers["etag"] != told.headers["etag"]
    with pytest.raises(ConfigError, match=r"two files are called 'two\.geojson'"):
        Site([edition], boundaries=[file, other / "two.geojson"])
    file.write_text("{")
    with pytest.raises(LocateError, match=r"two\.geojson: cannot be read as GeoJSON"):
        Site([edition], boundaries=[file])
    assert run(["serve", str(edition.path), "--boundaries", str(file)]) == 1
    said = capsys.readouterr().err
    assert "two.geojson: cannot be read as GeoJSON" in said
    assert said.count("\n") == 1

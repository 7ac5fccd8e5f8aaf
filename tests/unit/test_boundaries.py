from __future__ import annotations

import itertools
import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sciencecities.errors import ConfigError, LocateError
from sciencecities.locate import boundaries
from sciencecities.locate.boundaries import Boundaries
from sciencecities.locate.model import Place

Ring = list[list[float]]


def box(west: float, south: float, east: float, north: float) -> Ring:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(city_id: Any, *rings: Ring, **properties: Any) -> dict[str, Any]:
    named = {"id": city_id, "name": f"City {city_id}"} | properties
    geometry = {"type": "Polygon", "coordinates": list(rings)}
    return {"type": "Feature", "properties": named, "geometry": geometry}


def write(tmp_path: Path, *features: Any, **members: Any) -> Path:
    path = tmp_path / "cities.geojson"
    collection = {"type": "FeatureCollection", "features": list(features)} | members
    path.write_text(json.dumps(collection), encoding="utf-8")
    return path


def at(definition: Boundaries, lon: float, lat: float) -> tuple[str, str] | None:
    [found] = definition.assign([Place("gn:1", "p", "XX", lat, lon)])
    return found and (found.city.city_id, found.method)


def test_inside_outside_hole_and_edge(tmp_path: Path) -> None:
    path = write(tmp_path, feature("a", box(0, 0, 10, 10), box(4, 4, 6, 6)))
    definition = Boundaries.read(path)
    assert at(definition, 1, 1) == ("a", "polygon")
    assert at(definition, 11, 1) is None
    assert at(definition, 5, 5) is None
    for edge in [(0, 0), (10, 5), (5, 0), (4, 5), (6, 6)]:
        assert at(definition, *edge) == ("a", "polygon")


def test_city_fields(tmp_path: Path) -> None:
    full = feature(7, box(0, 0, 1, 1), name="Bern", name_zh="伯尔尼", country="ch", extra=[1])
    bare = {**feature("x", box(5, 5, 6, 6)), "id": "by-feature"}
    del bare["properties"]["id"]
    [first, second] = Boundaries.read(write(tmp_path, full, bare)).cities
    assert (first.city_id, first.name, first.name_zh, first.country) == (
        "7",
        "Bern",
        "伯尔尼",
        "CH",
    )
    assert (first.latitude, first.longitude) == (0.5, 0.5)
    assert (second.city_id, second.name_zh, second.country) == ("by-feature", None, None)


def test_a_hole_may_hold_another_city(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        feature("ring", box(0, 0, 9, 9), box(3, 3, 6, 6)),
        feature("core", box(3, 3, 6, 6)),
    )
    definition = Boundaries.read(path, overlaps="error")
    assert at(definition, 4, 4) == ("core", "polygon")
    assert at(definition, 3, 4) == ("ring", "polygon:first-of-2")


def test_overlap_first_wins_and_is_said(tmp_path: Path) -> None:
    a, b = feature("a", box(0, 0, 2, 2)), feature("b", box(1, 1, 3, 3))
    for first, second in ((a, b), (b, a)):
        definition = Boundaries.read(write(tmp_path, first, second), overlaps="first")
        assert at(definition, 1.5, 1.5) == (first["properties"]["id"], "polygon:first-of-2")
    with pytest.raises(LocateError, match=r"'b' and 'a' overlap"):
        Boundaries.read(tmp_path / "cities.geojson")


def test_neighbours_do_not_overlap(tmp_path: Path) -> None:
    path = write(tmp_path, feature("a", box(0, 0, 1, 1)), feature("b", box(1, 0, 2, 1)))
    assert at(Boundaries.read(path, overlaps="error"), 1, 0.5) == ("a", "polygon:first-of-2")


def test_unknown_overlap_rule(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="choose error or first"):
        Boundaries.read(write(tmp_path, feature("a", box(0, 0, 1, 1))), overlaps="last")


@pytest.mark.parametrize(
    "rings",
    [
        [box(178, -20, 182, -10)],
        [box(-182, -20, -178, -10)],
        [[[178, -20], [-178, -20], [-178, -10], [178, -10], [178, -20]]],
        [[[-178, -10], [178, -10], [178, -20], [-178, -20], [-178, -10]]],
    ],
    ids=["beyond 180", "beyond -180", "jump eastward", "jump westward"],
)
def test_antimeridian(tmp_path: Path, rings: list[Ring]) -> None:
    definition = Boundaries.read(write(tmp_path, feature("fiji", *rings)))
    for lon in (178, 179, 180, -180, -179, -178, 181, 541):
        assert at(definition, lon, -15) == ("fiji", "polygon")
    for lon in (177, -177, 0, 183):
        assert at(definition, lon, -15) is None
    assert -180 <= definition.cities[0].longitude <= 180


def test_antimeridian_split_by_its_author(tmp_path: Path) -> None:
    split = feature("fiji")
    split["geometry"] = {
        "type": "MultiPolygon",
        "coordinates": [[box(178, -20, 180, -10)], [box(-180, -20, -178, -10)]],
    }
    definition = Boundaries.read(write(tmp_path, split))
    assert [at(definition, lon, -15) for lon in (179, 180, -180, -179)] == [("fiji", "polygon")] * 4


def test_hole_written_on_the_other_side(tmp_path: Path) -> None:
    path = write(tmp_path, feature("a", box(176, 0, 184, 8), box(-179, 3, -177, 5)))
    definition = Boundaries.read(path)
    assert at(definition, -178, 4) is None
    assert at(definition, -179.5, 4) == ("a", "polygon")


def test_whole_world(tmp_path: Path) -> None:
    definition = Boundaries.read(write(tmp_path, feature("world", box(-180, -90, 180, 90))))
    assert {at(definition, lon, lat) for lon, lat in [(0, 0), (180, 90), (-180, -90)]} == {
        ("world", "polygon")
    }


def test_ring_that_crosses_itself_is_repaired(tmp_path: Path) -> None:
    bow = [[0.0, 0.0], [4.0, 4.0], [4.0, 0.0], [0.0, 4.0], [0.0, 0.0]]
    definition = Boundaries.read(write(tmp_path, feature("bow", bow)))
    assert at(definition, 0.5, 2) == ("bow", "polygon")
    assert at(definition, 3.5, 2) == ("bow", "polygon")
    assert at(definition, 2, 0.5) is None


def test_open_ring_and_altitudes_are_taken(tmp_path: Path) -> None:
    ring = [[0, 0, 5], [2, 0], [2, 2, 9], [0, 2]]
    assert at(Boundaries.read(write(tmp_path, feature("a", ring))), 1, 1) == ("a", "polygon")


BAD = [
    (feature("a", [[0, 0], [1e9, 0], [1, 1]]), "no longitude and latitude"),
    (feature("a", [[0, 0], [math.nan, 0], [1, 1]]), "no longitude and latitude"),
    (feature("a", [[0, 0], [1, math.inf], [1, 1]]), "no longitude and latitude"),
    (feature("a", [[0, 0], [1, 91], [1, 1]]), "no longitude and latitude"),
    (feature("a", [[0, 0], [10**400, 0], [1, 1]]), "not a list of"),
    (feature("a", [[0, 0], ["1", 0], [1, 1]]), "not a list of"),  # type: ignore[list-item]
    (feature("a", [[0, 0], [True, 0], [1, 1]]), "not a list of"),
    (feature("a", [[0, 0], [1]]), "not a list of"),
    (feature("a", [[0, 0], [1, 1]]), "only 2 positions"),
    (feature("a", [[0, 0], [1, 1], [2, 2], [0, 0]]), "no area"),
    (feature("a", []), "only 0 positions"),
    (feature("a"), "no rings"),
    (feature("a", [[-90, 80], [0, 80], [90, 80], [179, 80], [-179, 80], [-90, 80]]), "a pole"),
    (feature("", box(0, 0, 1, 1)), "has no id"),
    (feature("a", box(0, 0, 1, 1), name=""), "has no name"),
    ({"type": "Feature", "properties": {"id": "a", "name": "A"}, "geometry": None}, "missing"),
    (
        {
            "type": "Feature",
            "properties": {"id": "a", "name": "A"},
            "geometry": {"type": "Point", "coordinates": [0, 0]},
        },
        "Point, not a Polygon",
    ),
    ({"type": "Feature", "properties": [], "geometry": None}, "has no id"),
    ("Feature", "is not a GeoJSON Feature"),
]


@pytest.mark.parametrize(("bad", "message"), BAD)
def test_bad_feature_is_named(tmp_path: Path, bad: Any, message: str) -> None:
    path = write(tmp_path, feature("good", box(20, 20, 21, 21)), bad)
    with pytest.raises(LocateError, match=message) as caught:
        Boundaries.read(path)
    assert f"{path}: feature 2" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_duplicate_id(tmp_path: Path) -> None:
    path = write(tmp_path, feature("a", box(0, 0, 1, 1)), feature("a", box(2, 2, 3, 3)))
    with pytest.raises(LocateError, match=r"feature 2 \('a'\).*second time"):
        Boundaries.read(path)


def test_other_reference_system_is_refused(tmp_path: Path) -> None:
    def crs(name: str) -> dict[str, Any]:
        return {"type": "name", "properties": {"name": name}}

    square = feature("a", box(0, 0, 1, 1))
    for name in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"):
        assert Boundaries.read(write(tmp_path, square, crs=crs(name))).cities
    with pytest.raises(LocateError, match=r"3857.*not WGS 84"):
        Boundaries.read(write(tmp_path, square, crs=crs("urn:ogc:def:crs:EPSG::3857")))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"type": "Feature"}', "[" * 100_000, '{"type":"FeatureCollection"}']
)
def test_file_that_is_no_geojson(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(LocateError, match=r"bad\.json"):
        Boundaries.read(path)


def test_binary_file(tmp_path: Path) -> None:
    path = tmp_path / "bad.geojson"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(LocateError, match="cannot be read as GeoJSON"):
        Boundaries.read(path)


def test_places_without_coordinates(tmp_path: Path) -> None:
    definition = Boundaries.read(write(tmp_path, feature("a", box(-180, -90, 180, 90))))
    assert at(definition, math.nan, 0) is None
    assert at(definition, 0, math.inf) is None
    assert definition.assign([]) == []


def star(rng: random.Random, lon: float, lat: float, n: int = 60) -> Ring:
    turns = [2 * math.pi * k / n for k in range(n)]
    radii = [rng.uniform(0.4, 0.75) for _ in turns]
    ring = [
        [lon + r * math.cos(t), lat + r * math.sin(t)] for t, r in zip(turns, radii, strict=True)
    ]
    return [*ring, ring[0]]


def contains(ring: Ring, x: float, y: float) -> bool:
    """Ray casting, the plain way."""
    inside = False
    for (x1, y1), (x2, y2) in itertools.pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


@pytest.mark.parametrize("many", [0, 10**9])
def test_agrees_with_ray_casting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(boundaries, "MANY_POINTS", many)
    rng = random.Random(5)
    rings = [star(rng, i % 8, i // 8) for i in range(64)]
    path = write(tmp_path, *(feature(str(i), ring) for i, ring in enumerate(rings)))
    definition = Boundaries.read(path, overlaps="first")
    points = [(rng.uniform(-1, 8), rng.uniform(-1, 8)) for _ in range(1_000)]
    first, counts = definition.locate(*np.array(points).T)
    for (x, y), found, count in zip(points, first.tolist(), counts.tolist(), strict=True):
        holders = [i for i, ring in enumerate(rings) if contains(ring, x, y)]
        assert (found, count) == (holders[0] if holders else -1, len(holders))


def test_a_million_points_in_ten_thousand_polygons(tmp_path: Path) -> None:
    rng = random.Random(1)
    rings = [star(rng, -178 + 3.5 * i, -78 + 1.5 * j) for i in range(100) for j in range(100)]
    path = write(tmp_path, *(feature(str(i), ring) for i, ring in enumerate(rings)))
    definition = Boundaries.read(path)
    points = np.random.default_rng(1).uniform([-180, -80], [180, 75], (1_000_000, 2))
    first, counts = definition.locate(points[:, 0], points[:, 1])
    assert 0.1 < (first >= 0).mean() < 0.9
    assert np.array_equal(counts > 0, first >= 0)

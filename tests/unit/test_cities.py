from __future__ import annotations

import json
from pathlib import Path

import pytest

from sciencecities.errors import ConfigError, LocateError
from sciencecities.locate import cities, city_tables
from sciencecities.locate.boundaries import Boundaries
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.metro import Metro
from sciencecities.locate.model import CityDefinition, Place


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


@pytest.fixture(scope="module")
def metro(gazetteer: Gazetteer) -> CityDefinition:
    return cities.load("metro", gazetteer)


def test_load_gives_each_kind(gazetteer: Gazetteer, tmp_path: Path) -> None:
    square = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    feature = {
        "type": "Feature",
        "properties": {"id": "a", "name": "A"},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }
    path = tmp_path / "mine.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert cities.load("place", gazetteer).name == "place"
    assert isinstance(cities.load("metro", gazetteer), Metro)
    assert isinstance(cities.load(str(path), gazetteer), Boundaries)


def test_unknown_definition_names_the_choices(gazetteer: Gazetteer) -> None:
    with pytest.raises(ConfigError, match=r"'paris'; choose place, metro or a \.geojson file"):
        cities.load("paris", gazetteer)


def test_missing_file_is_named(gazetteer: Gazetteer, tmp_path: Path) -> None:
    with pytest.raises(LocateError, match=r"none\.geojson: no such file"):
        cities.load(str(tmp_path / "none.geojson"), gazetteer)


def test_place_keeps_each_place_apart(gazetteer: Gazetteer) -> None:
    definition = cities.load("place", gazetteer)
    own = Place("gn:7475133", "Bunkyō-ku", "JP", 35.718, 139.747)  # an id of ROR's own
    places = [gazetteer.search("Berkeley", "US")[0], gazetteer.search("Oakland", "US")[0], own]
    found = definition.assign(places)
    assert [a.city.city_id for a in found if a] == [p.place_id for p in places]
    assert {a.method for a in found if a} == {"place"}
    assert found[2] is not None
    assert (found[2].city.name, found[2].city.country) == ("Bunkyō-ku", "JP")


@pytest.mark.parametrize(
    ("name", "country", "chinese"),
    [
        ("Guangzhou", "CN", "广州"),
        ("Kunshan", "CN", "昆山"),
        ("Heidelberg", "DE", "海德堡"),
        ("London", "GB", "伦敦"),
        ("Tokyo", "JP", "东京"),
        ("Karachi", "PK", None),
    ],
)
def test_chinese_names_of_places(
    gazetteer: Gazetteer, name: str, country: str, chinese: str | None
) -> None:
    [found] = cities.load("place", gazetteer).assign(gazetteer.search(name, country)[:1])
    assert found is not None
    assert found.city.name_zh == chinese


def test_chinese_names_are_ideographs() -> None:
    names = city_tables.chinese_names()
    assert len(names) > 20_000
    assert all(len(n) > 1 and all("\u4e00" <= c <= "\u9fff" for c in n) for n in names.values())


@pytest.mark.parametrize(
    ("name", "city"),
    [
        ("Washington", "Baltimore–Washington"),
        ("baltimore-washington", "Baltimore–Washington"),
        ("旧金山湾区", "San Francisco Bay Area"),
        ("横滨", "Tokyo"),
        ("纽约", "New York"),
        ("Zürich", "Zurich"),
        ("Kowloon", "Hong Kong"),
        ("gn:1809858", "Guangzhou"),
        ("Cambridge", "Cambridge"),
    ],
)
def test_find_by_name(gazetteer: Gazetteer, metro: CityDefinition, name: str, city: str) -> None:
    assert cities.find(metro, gazetteer, name)[0].name == city


def test_find_gives_every_candidate_once(gazetteer: Gazetteer, metro: CityDefinition) -> None:
    found = cities.find(metro, gazetteer, "Cambridge")
    assert {"Cambridge", "Boston"} <= {c.name for c in found}
    assert len({c.city_id for c in found}) == len(found)
    assert cities.find(metro, gazetteer, "no such city anywhere") == []


def test_geonames_id() -> None:
    texts = ("gn:12", "gn:", "12", "Q90", "gn:١٢")
    assert [city_tables.geonames_id(t) for t in texts] == [12, 0, 12, 0, 0]


def test_damaged_table_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LocateError, match=r"absent\.csv.*reinstall"):
        city_tables.data_text("absent.csv")

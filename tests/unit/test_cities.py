from __future__ import annotations

import json
from pathlib import Path

import pytest

from sciencecities.edition.find import CityFinder, NamedCity
from sciencecities.errors import ConfigError, LocateError
from sciencecities.locate import cities, city_tables
from sciencecities.locate.boundaries import Boundaries
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.metro import Metro
from sciencecities.locate.model import CityDefinition, Place


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


METRO_CITIES = [
    NamedCity(c.city_id, c.name, c.name_zh, c.country) for c in Metro(Gazetteer.load()).cities
]


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
        ("Karachi", "PK", "卡拉奇"),
        ("Houston", "US", "休斯敦"),
        ("Sukkur", "PK", None),
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
        ("New York metropolitan area", "New York"),
        ("纽约都市圈", "New York"),
        ("波士顿都市圈", "Boston"),
        ("巴尔的摩—华盛顿", "Baltimore–Washington"),
        ("巴尔的摩 - 华盛顿都市圈", "Baltimore–Washington"),
        ("San Francisco-San Jose", "San Francisco Bay Area"),
        ("Tokyo metropolitan area", "Tokyo"),
        ("Ruhrgebiet", "Ruhr"),
        ("Bochum", "Ruhr"),
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


# The cities of the published rankings as every edition names them, with the principal place.
PUBLISHED = {
    "Beijing": 1816670, "Shanghai": 1796236, "Nanjing": 1799962, "Guangzhou": 1809858,
    "Wuhan": 1791247, "Hangzhou": 1808926, "Hefei": 1808722, "Tianjin": 1792947, "Xi'an": 1790630,
    "Shenzhen": 1795565, "Chengdu": 1815286, "Changsha": 1815577, "Changchun": 2038180,
    "Jinan": 1805753, "Hong Kong": 1819729, "Singapore": 1880252,
    "New York metropolitan area": 5128581, "Boston metropolitan area": 4930956,
    "San Francisco Bay Area": 5391959, "Baltimore-Washington": 4140963,
    "Los Angeles": 5368361, "Los Angeles metropolitan area": 5368361, "Chicago": 4887398,
    "Chicago metropolitan area": 4887398, "Philadelphia": 4560349,
    "Philadelphia metropolitan area": 4560349, "Seattle metropolitan area": 5809844,
    "Boulder": 5574991, "Tokyo": 1850147, "Tokyo metropolitan area": 1850147, "Seoul": 1835848,
    "Seoul metropolitan area": 1835848, "Daejeon": 1835235, "Paris": 2988507,
    "Paris metropolitan area": 2988507, "London": 2643743, "London metropolitan area": 2643743,
    "Zurich": 2657896, "Cambridge": 2653941, "Oxford": 2640729,
    "Berlin metropolitan area": 2950159, "Barcelona metropolitan area": 3128760,
    "Toronto metropolitan area": 6167865,
    "北京": 1816670, "上海": 1796236, "纽约都市圈": 5128581, "波士顿都市圈": 4930956,
    "南京": 1799962,
    "广州": 1809858, "旧金山湾区": 5391959, "武汉": 1791247, "巴尔的摩—华盛顿": 4140963,
    "杭州": 1808926, "东京": 1850147, "合肥": 1808722, "首尔": 1835848, "巴黎": 2988507,
    "天津": 1792947, "西安": 1790630, "洛杉矶": 5368361, "深圳": 1795565, "伦敦": 2643743,
    "香港": 1819729, "成都": 1815286, "芝加哥": 4887398, "长沙": 1815577, "长春": 2038180,
    "新加坡": 1880252, "费城": 4560349, "济南": 1805753, "苏黎世": 2657896, "剑桥": 2653941,
}  # fmt: skip


@pytest.mark.parametrize(("name", "principal"), PUBLISHED.items())
def test_published_cities(
    gazetteer: Gazetteer, metro: CityDefinition, name: str, principal: int
) -> None:
    assert cities.find(metro, gazetteer, name)[0].city_id == f"gn:{principal}"
    finder = CityFinder("an edition", METRO_CITIES, {}, "metro")
    assert finder.find(name).city_id == f"gn:{principal}"


def test_geonames_id() -> None:
    texts = ("gn:12", "gn:", "12", "Q90", "gn:١٢")
    assert [city_tables.geonames_id(t) for t in texts] == [12, 0, 12, 0, 0]


def test_damaged_table_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LocateError, match=r"absent\.csv.*reinstall"):
        city_tables.data_text("absent.csv")

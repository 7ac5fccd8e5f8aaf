"""`cities show`, `check` and `where`: what they print, and that a wrong table is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sciencecities.cli import run
from sciencecities.locate import city_check, metro_tables
from sciencecities.locate.gazetteer import Gazetteer

Capture = pytest.CaptureFixture[str]
SQUARES = [("a", "Alpha", 0), ("b", "Beta", 1)]


def answer(capsys: Capture, *args: str) -> Any:
    assert run(["cities", *args, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def squares(tmp_path: Path, width: float) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"id": city_id, "name": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[x, 0], [x + width, 0], [x + width, 1], [x, 1], [x, 0]]],
            },
        }
        for city_id, name, x in SQUARES
    ]
    path = tmp_path / "squares.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return str(path)


@pytest.mark.parametrize(
    ("asked", "city_id", "method"),
    [
        ("23.1,113.3", "gn:1809858", "cn-prefecture:nearest"),
        ("22.80, 113.57", "gn:1809858", "cn-prefecture:nearest"),  # Nansha
        ("40.73，-74.0", "gn:5128581", "us-area:nearest"),
        ("51.49,7.41", "gn:2928810", "curated"),
        ("Dortmund", "gn:2928810", "curated"),
        ("2935517", "gn:2928810", "curated"),
        ("gn:2935517", "gn:2928810", "curated"),
        ("横滨", "gn:1850147", "curated"),
        ("-33.9,151.2", "gn:2147714", "curated"),
    ],
)
def test_where(capsys: Capture, asked: str, city_id: str, method: str) -> None:
    found = answer(capsys, "where", asked)
    assert (found["city"]["id"], found["method"]) == (city_id, method)


def test_where_nobody_lives(capsys: Capture) -> None:
    found = answer(capsys, "where", "0,-160")
    assert (found["city"], found["method"]) == (None, "none")
    assert answer(capsys, "where", "0,-160", "--cities", "place")["city"] is None
    assert run(["cities", "where", "0,-160"]) == 0
    assert "is in no city under metro" in capsys.readouterr().out


def test_where_under_other_definitions(capsys: Capture, tmp_path: Path) -> None:
    path = squares(tmp_path, 1.0)
    assert answer(capsys, "where", "0.5,1.5", "--cities", path)["city"]["id"] == "b"
    assert answer(capsys, "where", "0.5,5", "--cities", path)["city"] is None
    assert (
        answer(capsys, "where", "51.515,7.466", "--cities", "place")["city"]["name"] == "Dortmund"
    )


def test_where_in_the_south(capsys: Capture) -> None:
    """A point that begins with a minus is no option, before or after the options."""
    assert run(["cities", "where", "--cities", "place", "-17.8,178.5"]) == 0
    before = capsys.readouterr().out
    assert run(["cities", "where", "-17.8,178.5", "--cities", "place"]) == 0
    assert run(["cities", "where", "--cities", "place", "--", "-17.8,178.5"]) == 0
    assert capsys.readouterr().out == before * 2
    assert run(["cities", "where", "-x", "1,2"]) == 2
    assert "No such option" in capsys.readouterr().err
    assert run(["cities", "where", "--format", "json"]) == 2
    assert "Missing argument" in capsys.readouterr().err


@pytest.mark.parametrize("asked", ["no such place", "91,0", "0,181", "1,2,3", "nan,0", "999999999"])
def test_where_of_nothing(capsys: Capture, asked: str) -> None:
    assert run(["cities", "where", asked]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_show_of_each_kind(capsys: Capture) -> None:
    new_york = answer(capsys, "show", "纽约都市圈")
    assert new_york["extent"] == "408 New York-Newark, NY-NJ-CT-PA"
    assert "New Haven County, Connecticut" in new_york["parts"]
    assert "Princeton" in {p["name"] for p in new_york["places"]}
    boston = answer(capsys, "show", "Boston metropolitan area")
    assert boston["extent"] == "14460 Boston-Cambridge-Newton, MA-NH"
    assert not any(part.startswith("Worcester") for part in boston["parts"])
    guangzhou = answer(capsys, "show", "广州")
    assert guangzhou["parts"] == [
        "荔湾区", "越秀区", "海珠区", "天河区", "白云区", "黄埔区", "番禺区", "花都区", "南沙区",
        "从化区", "增城区",
    ]  # fmt: skip
    paris = answer(capsys, "show", "Paris")
    assert (paris["extent"], paris["table"][:22]) == ("admin1:11", "metro_curated.csv line")
    assert all(facts["source"] for facts in (new_york, boston, guangzhou, paris))
    assert answer(capsys, "show", "Mulhouse")["extent"] == "rule"


def test_show_as_text(capsys: Capture, tmp_path: Path) -> None:
    assert run(["cities", "show", "Cambridge"]) == 0
    captured = capsys.readouterr()
    assert "Cambridge（剑桥）, GB" in captured.out
    assert "Nature Index Science Cities" in captured.out
    assert "so named too: " in captured.err
    assert run(["cities", "show", "Beta", "--cities", squares(tmp_path, 1.0)]) == 0
    assert "Beta, –: 0 places" in capsys.readouterr().out
    assert run(["cities", "show", "no such city"]) == 1
    assert "no city 'no such city' under metro" in capsys.readouterr().err


def test_the_tables_are_sound(capsys: Capture) -> None:
    assert run(["cities", "check"]) == 0
    assert capsys.readouterr().out == "metro: sound\n"


def test_check_of_a_file(capsys: Capture, tmp_path: Path) -> None:
    assert run(["cities", "check", squares(tmp_path, 1.0)]) == 0
    assert run(["cities", "check", squares(tmp_path, 1.5)]) == 1
    assert "'a' and 'b' overlap" in capsys.readouterr().out
    assert run(["cities", "check", squares(tmp_path, 1.5), "--overlaps", "first"]) == 0


def test_where_under_overlapping_polygons(capsys: Capture, tmp_path: Path) -> None:
    args = ("where", "0.5,1.2", "--cities", squares(tmp_path, 1.5))
    assert run(["cities", *args]) == 1
    assert "--overlaps first" in capsys.readouterr().err
    found = answer(capsys, *args, "--overlaps", "first")
    assert (found["city"]["id"], found["method"]) == ("a", "polygon:first-of-2")


GOOD = {
    "name_en": "Newtown", "name_zh": "", "country": "FR", "principal_geonames_id": "2991214",
    "latitude": "47.75", "longitude": "7.34", "extent": "radius:5", "source": "judgement: test",
    "date": "2026-11-25",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"principal_geonames_id": "1"}, "principal place 1 is not in the gazetteer"),
        ({"country": "DE"}, "principal place Mulhouse is in FR, not DE"),
        ({"latitude": "48.75"}, "more than 5 km from its principal place Mulhouse"),
        ({"source": " "}, "has no source"),
        ({"date": "25.11.2026"}, "date '25.11.2026' is not like"),
        ({"extent": "circle:3"}, "unknown extent 'circle'"),
        ({"extent": "radius:5@1"}, "place 1 is not in the gazetteer"),
        ({"extent": "radius:-1"}, "radius '-1' is no distance"),
        ({"extent": "place:2935517"}, "place 2935517 is not in the gazetteer's FR"),
        ({"extent": "registry:2988507"}, "place 2988507 is in the gazetteer; write place:2988507"),
        ({"extent": "admin1:99"}, "no division 99 in FR"),
        ({"extent": "admin1:11"}, "admin1:11 belongs to the city of line"),
        ({"name_en": "Paris"}, "has that name in FR too"),
        ({"principal_geonames_id": "2988507"}, "principal_geonames_id 2988507 is on line"),
    ],
)
def test_a_wrong_row_is_found(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, str], problem: str
) -> None:
    real = metro_tables.table_rows

    def with_one_more(file: str) -> Iterator[tuple[int, dict[str, str]]]:
        yield from real(file)
        if file == "metro_curated.csv":
            yield 9999, GOOD | change

    monkeypatch.setattr(city_check, "table_rows", with_one_more)
    found = [p for p in city_check.check_tables(Gazetteer.load()) if "line 9999" in p]
    assert any(problem in line for line in found), found


def test_a_principal_place_in_another_city_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = metro_tables.table_rows

    def swallowing(file: str) -> Iterator[tuple[int, dict[str, str]]]:
        for line, row in real(file):
            is_leeds = row.get("name_en") == "Leeds"
            yield line, row | ({"extent": "radius:11;place:2654993"} if is_leeds else {})

    monkeypatch.setattr(metro_tables, "table_rows", swallowing)
    found = city_check.check_tables(Gazetteer.load())
    assert found == ["Bradford (gn:2654993): its principal place lies in Leeds"]

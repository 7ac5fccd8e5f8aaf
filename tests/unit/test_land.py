"""Land is where land is, on both sides of the date line and of every map."""

from __future__ import annotations

import re

import pytest
from shapely.geometry import Point, Polygon

from sciencecities.publish import land
from sciencecities.publish.maps import WIDE
from sciencecities.publish.worldmap import CENTRE, coast, place

LAND = {
    "Finland": (26, 66.5), "Iceland": (-18.5, 65), "Siberia": (90, 67), "Chukotka": (-178, 67.2),
    "Alaska": (-150, 67), "Labrador": (-63, 54), "Kenya": (37, 0),
}  # fmt: skip
SEA = {"Norwegian Sea": (0, 67), "Denmark Strait": (-28, 67.5), "Baffin Bay": (-66, 72),
       "Bering Sea": (-178, 60), "Pacific": (-150, 30)}  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_map_of_the_world_has_land_where_there_is_land(lang: str) -> None:
    rings = [
        Polygon([tuple(map(float, p.split())) for p in path.split("L")])
        for path in re.findall(r"M([^MZ]+)Z", coast("zh" if lang == "zh" else "en"))
    ]

    def is_land(longitude: float, latitude: float) -> bool:
        at = Point(place(longitude, latitude, CENTRE["zh" if lang == "zh" else "en"], WIDE))
        return sum(land.valid(ring).contains(at) for ring in rings) % 2 == 1

    assert {name for name, at in LAND.items() if not is_land(*at)} == set()
    assert {name for name, at in SEA.items() if is_land(*at)} == set()


@pytest.mark.parametrize("degrees", [8.0, 40.0])
def test_the_map_of_a_region_has_land_where_there_is_land(degrees: float) -> None:
    def is_land(longitude: float, latitude: float) -> bool:
        box = (longitude - degrees / 2, latitude - 3, longitude + degrees / 2, latitude + 3)
        at = Point(longitude, latitude)
        return sum(Polygon(r).contains(at) for r in land.within(box) if len(r) > 3) % 2 == 1

    assert {name for name, at in LAND.items() if not is_land(*at)} == set()
    assert {name for name, at in SEA.items() if is_land(*at)} == set()

"""What is known of one city of a definition: extent, source, names, parts, places; and whose a
point is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sciencecities.locate.city_names import usual_names
from sciencecities.locate.city_tables import geonames_id, table_rows
from sciencecities.locate.metro import NEAREST_KM, Metro
from sciencecities.locate.metro_counties import counties
from sciencecities.locate.model import Assignment, City, CityDefinition, Place

if TYPE_CHECKING:
    from sciencecities.locate.gazetteer import Gazetteer

OMB = "OMB Bulletin 20-01 (March 2020)"
DIVISIONS = "division codes of the Ministry of Civil Affairs, 2021"
RULE = "the population–distance rule, or by itself (docs/CITIES.md)"

About = dict[str, Any]


def about(city: City, definition: CityDefinition, gazetteer: Gazetteer) -> About:
    """Everything that `cities show` prints of a city.

    Keys: id, name, name_zh, country, latitude, longitude, names, extent, source, date, table
    (file and line of its row; None without one), parts (counties or districts), places (id, name,
    population; most populous first).
    """
    facts: About = {
        "id": city.city_id,
        "name": city.name,
        "name_zh": city.name_zh,
        "country": city.country,
        "latitude": city.latitude,
        "longitude": city.longitude,
        "names": list(usual_names().get(city.city_id, ())) if definition.name == "metro" else [],
    }
    extent: About = {
        "extent": definition.name, "source": definition.name, "date": None, "table": None,
        "parts": [],
    }  # fmt: skip
    if isinstance(definition, Metro):
        extent = _curated(city) or _united_states(city, definition) or _china(city) or _by_rule()
    return facts | extent | {"places": _places(city, definition, gazetteer)}


def _curated(city: City) -> About | None:
    for line, row in table_rows("metro_curated.csv"):
        if f"gn:{row['principal_geonames_id']}" == city.city_id:
            return {
                "extent": row["extent"],
                "source": row["source"],
                "date": row["date"],
                "table": f"metro_curated.csv line {line}",
                "parts": [],
            }
    return None


def _united_states(city: City, metro: Metro) -> About | None:
    codes = {code for code, c in metro.areas.items() if c == city and len(code) == 5}
    if not codes:
        return None
    listed = [row for _, row in table_rows("metro_us_counties.csv") if row["cbsa"] in codes]
    combined = {row["csa"] for row in listed}
    usual = [(n, r) for n, r in table_rows("metro_us_usual.csv") if r["code"] in codes | combined]
    titles = [r for _, r in table_rows("metro_us_areas.csv") if r["code"] in codes | combined]
    whole = [r for r in titles if r["kind"] == "csa" and r["code"] in combined]
    extent = whole if len(codes) > 1 and whole else [r for r in titles if r["code"] in codes]
    return {
        "extent": "; ".join(f"{r['code']} {r['title']}" for r in extent),
        "source": "; ".join([OMB, *dict.fromkeys(r["source"] for _, r in usual)]),
        "date": max((r["date"] for _, r in usual), default=None),
        "table": f"metro_us_usual.csv line {usual[0][0]}" if usual else "metro_us_areas.csv",
        "parts": [f"{row['county']}, {row['state']}" for row in listed],
    }


def _china(city: City) -> About | None:
    for line, row in table_rows("metro_cn_prefectures.csv"):
        if f"gn:{row['principal_geonames_id']}" == city.city_id:
            code = row["adcode"]
            return {
                "extent": f"{code} {row['full_name_zh']}",
                "source": DIVISIONS,
                "date": "2021-12-31",
                "table": f"metro_cn_prefectures.csv line {line}",
                "parts": [c.name_zh for c in counties() if c.prefecture == code],
            }
    return None


def _by_rule() -> About:
    return {"extent": "rule", "source": RULE, "date": None, "table": None, "parts": []}


def _places(city: City, definition: CityDefinition, gazetteer: Gazetteer) -> list[dict[str, Any]]:
    rows = range(len(gazetteer.index.ids))
    countries = gazetteer.index.countries
    own = [gazetteer.place_at(r) for r in rows if city.country in (None, countries[r])]
    found = definition.assign(own)
    return [
        {
            "id": place.place_id,
            "name": place.name,
            "population": gazetteer.population(geonames_id(place.place_id)),
        }
        for place, answer in zip(own, found, strict=True)
        if answer is not None and answer.city.city_id == city.city_id
    ]


def places_meant(text: str, gazetteer: Gazetteer) -> list[Place]:
    """The places that `latitude,longitude`, a GeoNames id or a name may mean, likeliest first.

    A point comes as a place without id, in the country of the nearest place.
    """
    if point := _point(text):
        latitude, longitude = point
        nearest = gazetteer.nearest(latitude, longitude)
        country = nearest.country if nearest else ""
        return [Place("", "", country, latitude, longitude)]
    if number := geonames_id(text.strip()):
        found = gazetteer.place(number)
        return [found] if found else []
    return gazetteer.search(text) or gazetteer.search(f"{text}市")


def _point(text: str) -> tuple[float, float] | None:
    parts = text.replace("，", ",").split(",")
    try:
        latitude, longitude = (float(part) for part in parts)
    except ValueError:
        return None
    inside = abs(latitude) <= 90 and abs(longitude) <= 180
    return (latitude, longitude) if inside else None


def cities_of(
    places: Iterable[Place], definition: CityDefinition, gazetteer: Gazetteer
) -> list[Assignment | None]:
    """The city of each place; a point is no city by itself, but that of a place close by."""
    asked = list(places)
    if definition.name == "place":
        near = (_close(place, gazetteer) if not place.place_id else place for place in asked)
        return [definition.assign([place])[0] if place else None for place in near]
    found = definition.assign(asked)
    return [answer if answer is None or answer.city.city_id else None for answer in found]


def _close(point: Place, gazetteer: Gazetteer) -> Place | None:
    from sciencecities.locate.gazetteer import distance_km

    found = gazetteer.nearest(point.latitude, point.longitude)
    if found is None:
        return None
    km = distance_km(point.latitude, point.longitude, found.latitude, found.longitude)
    return found if not math.isnan(km) and km <= NEAREST_KM else None

"""Whether the tables of the `metro` definition hold together: one line a problem."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sciencecities.locate.city_names import name_key
from sciencecities.locate.city_tables import geonames_id, table_rows
from sciencecities.locate.gazetteer import distance_km
from sciencecities.locate.metro_tables import EXTENTS, place_codes

if TYPE_CHECKING:
    from sciencecities.locate.gazetteer import Gazetteer

DATE = re.compile(r"20\d\d-\d\d-\d\d")
FAR_KM = 5.0
Row = dict[str, str]


def check_tables(gazetteer: Gazetteer) -> list[str]:
    """What is wrong with the tables: file, line, what. Nothing if they are sound."""
    problems = [
        *_curated(gazetteer), *_unique("metro_curated.csv", "principal_geonames_id"),
        *_united_states(gazetteer), *_china(gazetteer), *_names(gazetteer), *_codes(),
    ]  # fmt: skip
    return problems or list(_principals(gazetteer))


def _curated(gazetteer: Gazetteer) -> Iterator[str]:
    file = "metro_curated.csv"
    taken: dict[str, int] = {}
    named: dict[tuple[str, str], int] = {}
    regions = set(zip(gazetteer.index.countries, gazetteer.index.admin1, strict=True))
    for line, row in table_rows(file):
        where = f"{file} line {line}: {row['name_en']}"
        yield from _sourced(where, row)
        yield from _principal(where, row, gazetteer)
        key = name_key(row["name_en"]), row["country"]
        if key in named:
            yield f"{where}: line {named[key]} has that name in {row['country']} too"
        named.setdefault(key, line)
        for part in row["extent"].split(";"):
            kind, _, value = part.strip().partition(":")
            yield from (f"{where}: {what}" for what in _part(kind, value, row, gazetteer, regions))
            whole = f"{row['country']} {part.strip()}"
            if kind in ("place", "registry", "admin1", "country") and whole in taken:
                yield f"{where}: {part.strip()} belongs to the city of line {taken[whole]} too"
            taken.setdefault(whole, line)


def _part(
    kind: str, value: str, row: Row, gazetteer: Gazetteer, regions: set[tuple[str, str]]
) -> Iterator[str]:
    if kind not in EXTENTS:
        yield f"unknown extent {kind!r}; use {', '.join(EXTENTS.values())}"
    elif kind == "radius":
        km, _, other = value.partition("@")
        if not re.fullmatch(r"\d+(\.\d+)?", km) or not 0 < float(km) <= 100:
            yield f"radius {km!r} is no distance up to 100 km"
        if other and gazetteer.place(geonames_id(other)) is None:
            yield f"place {other} is not in the gazetteer"
    elif kind == "place":
        place = gazetteer.place(geonames_id(value))
        if place is None or place.country != row["country"]:
            yield f"place {value} is not in the gazetteer's {row['country']}"
    elif kind == "registry" and gazetteer.place(geonames_id(value)) is not None:
        yield f"place {value} is in the gazetteer; write place:{value}"
    elif kind == "admin1" and (row["country"], value) not in regions:
        yield f"no division {value} in {row['country']}"


def _principal(where: str, row: Row, gazetteer: Gazetteer) -> Iterator[str]:
    place = gazetteer.place(geonames_id(row["principal_geonames_id"]))
    if place is None:
        yield f"{where}: principal place {row['principal_geonames_id']} is not in the gazetteer"
        return
    if place.country != row["country"]:
        yield f"{where}: principal place {place.name} is in {place.country}, not {row['country']}"
    at = float(row["latitude"]), float(row["longitude"])
    if distance_km(place.latitude, place.longitude, *at) > FAR_KM:
        yield f"{where}: more than {FAR_KM:g} km from its principal place {place.name}"


def _sourced(where: str, row: Row) -> Iterator[str]:
    if not (row["source"] or "").strip():
        yield f"{where}: has no source"
    if not DATE.fullmatch(row["date"] or ""):
        yield f"{where}: date {row['date']!r} is not like 2026-11-25"


def _unique(file: str, column: str) -> Iterator[str]:
    lines: dict[str, list[int]] = defaultdict(list)
    for line, row in table_rows(file):
        lines[row[column]].append(line)
    for value, found in lines.items():
        if len(found) > 1:
            yield f"{file} line {found[1]}: {column} {value} is on line {found[0]} too"


def _united_states(gazetteer: Gazetteer) -> Iterator[str]:
    areas = {row["code"]: row for _, row in table_rows("metro_us_areas.csv")}
    for line, row in table_rows("metro_us_areas.csv"):
        if gazetteer.place(geonames_id(row["principal_geonames_id"])) is None:
            yield f"metro_us_areas.csv line {line}: {row['title']}: principal place is unknown"
    for line, row in table_rows("metro_us_usual.csv"):
        where = f"metro_us_usual.csv line {line}: {row['code']}"
        yield from _sourced(where, row)
        if row["code"] not in areas:
            yield f"{where}: no such area in metro_us_areas.csv"
        if row["treatment"] not in ("own", "split", "name"):
            yield f"{where}: treatment {row['treatment']!r} is not own, split or name"
    for line, row in table_rows("metro_us_counties.csv"):
        if row["cbsa"] not in areas or areas[row["cbsa"]]["csa"] != row["csa"]:
            yield f"metro_us_counties.csv line {line}: {row['county']}: its areas are not listed so"
    for file in ("metro_us_areas.csv", "metro_us_usual.csv"):
        yield from _unique(file, "code")
    yield from _unique("metro_us_counties.csv", "fips")


def _china(gazetteer: Gazetteer) -> Iterator[str]:
    file = "metro_cn_prefectures.csv"
    for line, row in table_rows(file):
        if gazetteer.place(geonames_id(row["principal_geonames_id"])) is None:
            yield f"{file} line {line}: {row['name_en']}: principal place is not in the gazetteer"
    yield from _unique(file, "adcode")
    yield from _unique("metro_cn_counties.csv", "adcode")


def _names(gazetteer: Gazetteer) -> Iterator[str]:
    file = "metro_names.csv"
    owner: dict[str, str] = {}
    for line, row in table_rows(file):
        where = f"{file} line {line}: {row['name']}"
        yield from _sourced(where, row)
        if gazetteer.place(geonames_id(row["geonames_id"])) is None:
            yield f"{where}: place {row['geonames_id']} is not in the gazetteer"
        key = name_key(row["name"])
        if owner.setdefault(key, row["geonames_id"]) != row["geonames_id"]:
            yield f"{where}: means city {owner[key]} too"


def _codes() -> Iterator[str]:
    known = {row["code"] for _, row in table_rows("metro_us_areas.csv")} | {"0"}
    known |= {row["adcode"] for _, row in table_rows("metro_cn_prefectures.csv")}
    for number, code in place_codes().items():
        if code not in known:
            yield f"metro_places.csv.gz: place {number} has the unknown code {code}"


def _principals(gazetteer: Gazetteer) -> Iterator[str]:
    """Cities whose principal place lies in another city, and names of no city."""
    from sciencecities.locate.metro import Metro

    metro = Metro(gazetteer)
    cities = metro.cities
    places = [gazetteer.place(geonames_id(city.city_id)) for city in cities]
    for city, answer in zip(cities, metro.assign([p for p in places if p]), strict=True):
        if answer is None or answer.city != city:
            other = answer.city.name if answer else "no city"
            yield f"{city.name} ({city.city_id}): its principal place lies in {other}"
    listed = {city.city_id for city in cities}
    for line, row in table_rows("metro_names.csv"):
        if f"gn:{row['geonames_id']}" not in listed:
            yield f"metro_names.csv line {line}: {row['name']}: {row['geonames_id']} is no city"

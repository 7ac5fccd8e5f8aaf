"""Under which names a city is known: its own, and the usual ones of metro_names.csv."""

from __future__ import annotations

import csv
import functools
import io
import re

from sciencecities.locate.city_tables import data_text, fold_name
from sciencecities.locate.model import City

# What a name may carry without meaning another city: "Tokyo metropolitan area", "东京都市圈".
AREA_WORDS = re.compile(
    r"(?:\s+(?:metropolitan|metro|greater) (?:area|region)|(?:大?都市圈|大?都会区|都市区|市))$"
)
DASH = re.compile(r"\s*-\s*")


def names_of(city: City) -> set[str]:
    """Its id, its names and its usual names, as `name_key` makes them."""
    own = (city.city_id, city.name, city.name_zh or "", *usual_names().get(city.city_id, ()))
    return {name_key(n) for n in own} - {""}


def name_key(name: str) -> str:
    """A name for comparison: no case, accents, dashes of one kind, no word for "area".

    >>> name_key("Boston metropolitan area"), name_key("纽约都市圈"), name_key("Basel – Bern")
    ('boston', '纽约', 'basel-bern')
    """
    folded = DASH.sub("-", fold_name(name))
    return AREA_WORDS.sub("", folded) or folded


@functools.cache
def usual_names() -> dict[str, tuple[str, ...]]:
    """City id -> its further names (metro_names.csv), in the table's order."""
    names: dict[str, list[str]] = {}
    for row in csv.DictReader(io.StringIO(data_text("metro_names.csv"))):
        names.setdefault(f"gn:{row['geonames_id']}", []).append(row["name"])
    return {city_id: tuple(found) for city_id, found in names.items()}


@functools.cache
def _by_usual_name() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for city_id, names in usual_names().items():
        for key in {name_key(name) for name in names}:
            found.setdefault(key, []).append(city_id)
    return {key: tuple(ids) for key, ids in found.items()}


def usually_called(name: str) -> tuple[str, ...]:
    """The ids of the `metro` cities that a further name of the table means."""
    return _by_usual_name().get(name_key(name), ())

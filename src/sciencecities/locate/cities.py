"""City definitions: `place`, `metro`, or the polygons of a GeoJSON file (docs/CITIES.md)."""

from __future__ import annotations

import functools
import gzip
import unicodedata
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from sciencecities.errors import ConfigError, LocateError
from sciencecities.locate.model import Assignment, City, CityDefinition, Place

if TYPE_CHECKING:
    from sciencecities.locate.gazetteer import Gazetteer

NAMES = ("place", "metro")
SUFFIXES = (".geojson", ".json")
DASHES_AND_APOSTROPHES = str.maketrans("–—’ʼ", "--''")


def load(definition: str, gazetteer: Gazetteer, *, overlaps: str = "first") -> CityDefinition:
    """The city definition of that name, or of that GeoJSON file.

    `overlaps` is for polygons only: a point in several belongs to the `first` of the file, or is
    an `error`. Raises ConfigError for an unknown name, LocateError for an unusable file.
    """
    if definition == "place":
        return PlaceDefinition()
    if definition == "metro":
        from sciencecities.locate.metro import Metro

        return Metro(gazetteer)
    path = Path(definition)
    if path.suffix.lower() in SUFFIXES:
        from sciencecities.locate.boundaries import Boundaries

        return Boundaries.read(path, overlaps=overlaps)
    choices = ", ".join(NAMES)
    raise ConfigError(f"no city definition {definition!r}; choose {choices} or a .geojson file")


def find(definition: CityDefinition, gazetteer: Gazetteer, name: str) -> list[City]:
    """The definition's cities of that name (English, Chinese, or any the gazetteer knows).

    Cities that bear the name themselves come first, then those of the places that bear it, most
    populous first: "Washington" finds Baltimore–Washington, "Yokohama" finds Tokyo.
    """
    wanted = fold_name(name)
    listed: Iterable[City] = getattr(definition, "cities", ())
    found = {c.city_id: c for c in listed if wanted in names_of(c)}
    # GeoNames writes many a Chinese name only with its kind: 横滨市.
    places = gazetteer.search(name) or gazetteer.search(f"{name}市")
    for assignment in definition.assign(places):
        if assignment is not None:
            found.setdefault(assignment.city.city_id, assignment.city)
    return list(found.values())


def names_of(city: City) -> set[str]:
    """Its id and its names, folded for comparison."""
    return {fold_name(n) for n in (city.city_id, city.name, city.name_zh or "")} - {""}


def fold_name(name: str) -> str:
    """Lower case without accents; every dash and apostrophe alike.

    >>> fold_name("Zürich"), fold_name("Baltimore–Washington")
    ('zurich', 'baltimore-washington')
    """
    plain = unicodedata.normalize("NFKD", name.strip().casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return plain.translate(DASHES_AND_APOSTROPHES)


class PlaceDefinition:
    """Every place is its own city, under the place's id."""

    name = "place"

    def assign(self, places: Sequence[Place]) -> list[Assignment | None]:
        """One city per place, method `place`."""
        return [Assignment(city_of_place(place), "place") for place in places]


def city_of_place(place: Place) -> City:
    """The place as a city of its own; Chinese name where it is beyond doubt."""
    return City(
        city_id=place.place_id,
        name=place.name,
        name_zh=chinese_names().get(geonames_id(place.place_id)),
        country=place.country or None,
        latitude=place.latitude,
        longitude=place.longitude,
    )


def geonames_id(place_id: str) -> int:
    """The number in `gn:<number>`; 0, which no place has, where there is none."""
    digits = place_id.removeprefix("gn:")
    return int(digits) if digits.isascii() and digits.isdigit() else 0


@functools.cache
def chinese_names() -> dict[int, str]:
    """GeoNames id -> simplified Chinese name (place_names_zh.csv.gz, made by build_geo.py)."""
    rows = (line.split(",") for line in data_lines("place_names_zh.csv.gz"))
    return {int(number): name for number, name in rows}


def data_lines(file_name: str) -> list[str]:
    """The rows of a generated table of plain numbers and names, without its header.

    Raises LocateError if the installation lacks it.
    """
    return data_text(file_name).splitlines()[1:]


def data_text(file_name: str) -> str:
    """The text of a table in locate/data. Raises LocateError if the installation lacks it."""
    try:
        data = (resources.files("sciencecities.locate") / "data" / file_name).read_bytes()
        return (gzip.decompress(data) if file_name.endswith(".gz") else data).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise LocateError(
            f"{file_name}: cannot be read ({error}); reinstall sciencecities"
        ) from error

"""City definitions: `place`, `metro`, or the polygons of a GeoJSON file (docs/CITIES.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sciencecities.errors import ConfigError
from sciencecities.locate.city_names import name_key, names_of
from sciencecities.locate.city_tables import city_of_place
from sciencecities.locate.model import Assignment, City, CityDefinition, Place
from sciencecities.locate.overlaps import REFUSE, check_rule

if TYPE_CHECKING:
    from sciencecities.locate.gazetteer import Gazetteer

NAMES = ("place", "metro")
SUFFIXES = (".geojson", ".json")


def load(definition: str, gazetteer: Gazetteer, *, overlaps: str = REFUSE) -> CityDefinition:
    """The city definition of that name, or of that GeoJSON file.

    `overlaps` is for polygons only: those that overlap are an `error`, or a point in several
    belongs to the `first` of the file. Raises ConfigError for an unknown name or rule, LocateError
    for an unusable file.
    """
    check_rule(overlaps)
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


def overlap_note(definition: CityDefinition) -> str | None:
    """What an edition says of a definition whose polygons overlap; None of any other."""
    if definition.name in NAMES:
        return None
    from sciencecities.locate.boundaries import Boundaries

    return definition.overlap_note() if isinstance(definition, Boundaries) else None


def find(definition: CityDefinition, gazetteer: Gazetteer, name: str) -> list[City]:
    """The definition's cities of that name (English, Chinese, or any the gazetteer knows).

    Cities that bear the name themselves, or by metro_names.csv, come first, then those of the
    places that bear it, most populous first: "纽约都市圈" finds New York, "Yokohama" finds Tokyo.
    """
    wanted = name_key(name)
    listed: Iterable[City] = getattr(definition, "cities", ())
    found = {c.city_id: c for c in listed if wanted in names_of(c)}
    # GeoNames writes many a Chinese name only with its kind: 横滨市.
    places = gazetteer.search(name) or gazetteer.search(f"{name}市")
    for assignment in definition.assign(places):
        if assignment is not None:
            found.setdefault(assignment.city.city_id, assignment.city)
    return list(found.values())


class PlaceDefinition:
    """Every place is its own city, under the place's id."""

    name = "place"

    def assign(self, places: Sequence[Place]) -> list[Assignment | None]:
        """One city per place, method `place`."""
        return [Assignment(city_of_place(place), "place") for place in places]

"""Checks of coordinates: what is said to be of the city lies in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sciencecities.observatory.model import Axis, City, Point
from sciencecities.observatory.problems import Problem
from sciencecities.observatory.read import Entry, Reading

if TYPE_CHECKING:
    from sciencecities.locate.model import CityDefinition

EARTH_RADIUS_KM = 6371.0088
EXACT_KM = 5.0
"""Points less exact than this are not held against the edges of a city definition."""


def distance_km(a: Point, b: Point) -> float:
    """Great-circle distance of two points in kilometres.

    >>> guangzhou = Point(latitude=23.1167, longitude=113.25, precision_km=1)
    >>> round(distance_km(guangzhou, Point(latitude=22.5455, longitude=114.0683, precision_km=1)))
    105
    """
    phi_a, phi_b = math.radians(a.latitude), math.radians(b.latitude)
    half_phi = (phi_b - phi_a) / 2
    half_lambda = math.radians(b.longitude - a.longitude) / 2
    h = math.sin(half_phi) ** 2 + math.cos(phi_a) * math.cos(phi_b) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(h))


def place_problems(reading: Reading, definition: CityDefinition | None = None) -> Iterator[Problem]:
    """Points farther from the city's centre than its radius, the stated doubt allowed for.

    With a city definition also points that it puts into another city, where they are exact enough.
    """
    if not reading.cities:
        return
    city = reading.cities[0][0]
    points = [p for p in _points(reading) if not getattr(p[0].fact, "outside", False)]
    for entry, path, point in points:
        away = distance_km(city.centre, point)
        if away - point.precision_km > city.radius_km:
            text = (
                f"{away:.0f} km from the centre of {city.name}, which reaches "
                f"{city.radius_km:.0f} km; mend the coordinates, or say `outside: true`"
            )
            yield entry.problem(text, *path, "latitude")
    if definition is not None:
        yield from _elsewhere(city, points, definition)


def _points(reading: Reading) -> Iterator[tuple[Entry, tuple[str | int, ...], Point]]:
    for entry in reading.entries:
        fact = entry.fact
        if isinstance(fact, Axis):
            yield from ((entry, ("spine", n), p) for n, p in enumerate(fact.spine))
        elif site := getattr(fact, "site", None):
            yield entry, ("site",), site


def _elsewhere(
    city: City,
    points: list[tuple[Entry, tuple[str | int, ...], Point]],
    definition: CityDefinition,
) -> Iterator[Problem]:
    from sciencecities.locate.model import Place

    exact = [found for found in points if found[2].precision_km <= EXACT_KM]
    places = [
        Place("gn:0", "", city.country, point.latitude, point.longitude) for _, _, point in exact
    ]
    for (entry, path, _), found in zip(exact, definition.assign(places), strict=True):
        if found is None or found.city.city_id != city.city_id:
            where = found.city.name if found else "no city"
            text = f"the city definition '{definition.name}' puts it in {where}"
            yield entry.problem(text + ", not in this city", *path, "latitude")

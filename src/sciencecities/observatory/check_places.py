"""Checks of coordinates: what is said to be of the city lies in it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sciencecities.observatory.model import Axis, Point
from sciencecities.observatory.problems import Problem
from sciencecities.observatory.read import Reading

EARTH_RADIUS_KM = 6371.0088


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


def place_problems(reading: Reading) -> Iterator[Problem]:
    """Points farther from the city's centre than its radius, the stated doubt allowed for."""
    if not reading.cities:
        return
    city = reading.cities[0][0]
    for entry in reading.entries:
        fact = entry.fact
        if getattr(fact, "outside", False):
            continue
        points: list[tuple[tuple[str | int, ...], Point]] = []
        if isinstance(fact, Axis):
            points = [(("spine", n), p) for n, p in enumerate(fact.spine)]
        elif site := getattr(fact, "site", None):
            points = [(("site",), site)]
        for path, point in points:
            away = distance_km(city.centre, point)
            if away - point.precision_km > city.radius_km:
                text = (
                    f"{away:.0f} km from the centre of {city.name}, which reaches "
                    f"{city.radius_km:.0f} km; mend the coordinates, or say `outside: true`"
                )
                yield entry.problem(text, *path, "latitude")

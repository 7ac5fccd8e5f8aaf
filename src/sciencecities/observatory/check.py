"""Everything that can be wrong in a city's files, with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sciencecities.observatory.check_claims import claim_problems
from sciencecities.observatory.check_dates import date_problems
from sciencecities.observatory.check_facts import fact_problems
from sciencecities.observatory.check_places import place_problems
from sciencecities.observatory.check_registry import registry_problems
from sciencecities.observatory.problems import Problem
from sciencecities.observatory.read import Reading, folder_of, read

if TYPE_CHECKING:
    from sciencecities.locate.model import CityDefinition
    from sciencecities.locate.registry import Registry


def check(
    city: str | Path,
    *,
    registry: Registry | None = None,
    cities: CityDefinition | None = None,
    today: date | None = None,
) -> list[Problem]:
    """All problems of a built-in city, or of a file or folder of YAML; none if it is clean.

    With a registry also ids that it does not know; with a city definition also coordinates that
    it puts into another city. `today` is the day after which no source can have been published.
    Raises ConfigError if there is no such city.
    """
    return problems_of(read(folder_of(city)), registry=registry, cities=cities, today=today)


def problems_of(
    reading: Reading,
    *,
    registry: Registry | None = None,
    cities: CityDefinition | None = None,
    today: date | None = None,
) -> list[Problem]:
    """The same for files already read, sorted by file and line."""
    return sorted(set(_problems(reading, registry, cities, today or date.today())))


def _problems(
    reading: Reading, registry: Registry | None, cities: CityDefinition | None, today: date
) -> Iterator[Problem]:
    yield from reading.problems
    if reading.problems:
        return  # what the unread part holds is unknown: references to it would only confuse
    yield from _city(reading)
    yield from fact_problems(reading)
    yield from date_problems(reading, today)
    yield from place_problems(reading, cities)
    yield from claim_problems(reading)
    if registry is not None:
        yield from registry_problems(reading, registry)


def _city(reading: Reading) -> Iterator[Problem]:
    if not reading.cities:
        yield Problem(reading.path, 1, "file", "no `city:` in these files; say which city it is")
    for _, path, tree in reading.cities[1:]:
        first = reading.cities[0][1].name
        yield Problem(path, tree.line, "city", f"a second city; the first is in {first}")

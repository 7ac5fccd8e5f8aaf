"""Checks against the registry of research organisations (ROR)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sciencecities.observatory.check_places import distance_km
from sciencecities.observatory.model import City, Point
from sciencecities.observatory.names import folded, names_of
from sciencecities.observatory.problems import Problem
from sciencecities.observatory.read import Entry, Reading

if TYPE_CHECKING:
    from sciencecities.locate.registry import Organisation, Registry

FAR_KM = 30.0
"""How far beyond the city's radius the registry's place may lie (it gives towns, not doors)."""


def registry_problems(reading: Reading, registry: Registry) -> Iterator[Problem]:
    """Ids unknown to the registry or withdrawn, places elsewhere, one body in two entries."""
    known = dict(registry.items())
    cities = [city for city, _, _ in reading.cities]
    for entry in reading.entries:
        ror = getattr(entry.fact, "ror", None)
        if not ror:
            continue
        if ror not in known:
            text = f"{ror} is not in the registry; copy it again, or use a newer registry file"
            yield entry.problem(text, "ror")
            continue
        yield from _record(entry, known[ror], cities)
    yield from _two_names(reading, known)


def _record(entry: Entry, record: Organisation, cities: list[City]) -> Iterator[Problem]:
    if record.status == "withdrawn":
        successors = ", ".join(record.related("successor")) or "none"
        yield entry.problem(f"withdrawn from the registry; successors: {successors}", "ror")
    if cities and not getattr(entry.fact, "outside", False):
        places = [p for location in record.locations if (p := location.place())]
        points = [Point(latitude=p.latitude, longitude=p.longitude, precision_km=1) for p in places]
        limit = cities[0].radius_km + FAR_KM
        if points and all(distance_km(cities[0].centre, p) > limit for p in points):
            text = f"the registry places '{record.name}' in {places[0].name}; is it the right id?"
            yield entry.problem(text, "ror")


def _two_names(reading: Reading, known: dict[str, Organisation]) -> Iterator[Problem]:
    """Entries without the id that bear a name of a body entered with it, in any language."""
    owners: dict[tuple[str, str], Entry] = {}
    for entry in reading.entries:
        record = known.get(getattr(entry.fact, "ror", None) or "")
        for label in record.names if record else ():
            if "acronym" not in label.types:
                owners.setdefault((entry.fact.kind, folded(label.value)), entry)
    for entry in reading.entries:
        if getattr(entry.fact, "ror", None):
            continue
        for name in names_of(entry.fact):
            first = owners.get((entry.fact.kind, folded(name)))
            if first is not None and first is not entry:
                where = f"{first.path.name}:{first.tree.line}"
                text = f"'{name}' is, by the registry, also {first.fact.id!r} ({where})"
                yield entry.problem(text + "; make one entry", "name")
                break

"""An invented registry over real towns, and how the oracle looks a unit up in it.

The organisations do not exist; the towns and their GeoNames ids do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from oracle_units import Json, Placed

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


class Town(NamedTuple):
    geonames_id: int
    name: str
    country: str
    country_name: str
    latitude: float
    longitude: float

    @property
    def city_id(self) -> str:
        return f"gn:{self.geonames_id}"


BEIJING = Town(1816670, "Beijing", "CN", "China", 39.9075, 116.39723)
GUANGZHOU = Town(1809858, "Guangzhou", "CN", "China", 23.11667, 113.25)
PARIS = Town(2988507, "Paris", "FR", "France", 48.85341, 2.3488)
NEW_YORK = Town(5128581, "New York", "US", "United States", 40.71427, -74.00597)
TOWNS = (BEIJING, GUANGZHOU, PARIS, NEW_YORK)


def ror_id(number: int) -> str:
    """The well-formed ROR id of a number: six Crockford digits and an ISO 7064 checksum."""
    digits = "".join(CROCKFORD[number >> shift & 31] for shift in (25, 20, 15, 10, 5, 0))
    return f"https://ror.org/{digits}{98 - number * 100 % 97:02d}"


class Organisation(NamedTuple):
    """One invented organisation; without a town it is missing from the registry."""

    number: int
    name: str
    town: Town | None
    parents: tuple[int, ...] = ()
    second_town: Town | None = None
    successor: int | None = None  # withdrawn in its favour

    @property
    def ror(self) -> str:
        return ror_id(20_000_000 + self.number)

    @property
    def openalex(self) -> str:
        return f"https://openalex.org/I{9_000_000_000 + self.number}"


ACADEMY = Organisation(1, "Lantern Academy of Sciences", BEIJING)
INSTITUTE = Organisation(2, "Lantern Institute of Estuaries", GUANGZHOU, (1,))
LABORATORY = Organisation(3, "Lantern Laboratory of Mangroves", GUANGZHOU, (2,))
BEI = Organisation(4, "Willow Lake University", BEIJING)
PAR = Organisation(5, "Université des Tilleuls", PARIS)
PAR_TWO = Organisation(6, "École des Peupliers", PARIS)
NYC = Organisation(7, "Foghorn University", NEW_YORK)
LOST = Organisation(8, "Institute of Unknown Whereabouts", None)
LOST_CHILD = Organisation(9, "Department of Unknown Whereabouts", None, (1,))
TWO_TOWNS = Organisation(10, "Harbour and Hill College", PARIS, second_town=NEW_YORK)
WITHDRAWN = Organisation(11, "Old Foghorn College", BEIJING, successor=7)
ORGANISATIONS = (
    *(ACADEMY, INSTITUTE, LABORATORY, BEI, PAR, PAR_TWO, NYC),
    *(LOST, LOST_CHILD, TWO_TOWNS, WITHDRAWN),
)
BY_NUMBER = {o.number: o for o in ORGANISATIONS}


def institution(organisation: Organisation, *, lineage: bool = True, **changes: Any) -> Json:
    """The organisation as an OpenAlex authorship names it."""
    named: Json = {
        "id": organisation.openalex,
        "display_name": organisation.name,
        "ror": organisation.ror,
        "country_code": organisation.town.country if organisation.town else None,
        "type": "education",
    }
    if lineage:
        above = [o.openalex for o in ancestors(organisation)]
        named["lineage"] = [organisation.openalex, *above]
    return named | changes


def ancestors(organisation: Organisation) -> list[Organisation]:
    parents = [BY_NUMBER[n] for n in organisation.parents]
    return parents + [a for p in parents for a in ancestors(p)]


def write_registry(
    path: Path, towns: Mapping[int, Town] | None = None, extra: Iterable[Json] = ()
) -> Path:
    """Write the registry as ROR v2 JSON lines; `towns` moves organisations by number."""
    moved = {o.number: (towns or {}).get(o.number, o.town) for o in ORGANISATIONS}
    records = [_ror_record(o, town) for o in ORGANISATIONS if (town := moved[o.number])]
    lines = [json.dumps(record, ensure_ascii=False) for record in [*records, *extra]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _ror_record(organisation: Organisation, town: Town) -> Json:
    stamp = {"date": "2024-01-01", "schema_version": "2.1"}
    parents = [BY_NUMBER[n] for n in organisation.parents]
    children = [o for o in ORGANISATIONS if organisation.number in o.parents and o.town]
    related = [(p, "parent") for p in parents] + [(c, "child") for c in children]
    if organisation.successor:
        related.append((BY_NUMBER[organisation.successor], "successor"))
    towns = [town, organisation.second_town] if organisation.second_town else [town]
    return {
        "admin": {"created": stamp, "last_modified": stamp},
        "domains": [],
        "established": 1950,
        "external_ids": [],
        "id": organisation.ror,
        "links": [],
        "locations": [_location(t) for t in towns],
        "names": [{"lang": "en", "types": ["ror_display", "label"], "value": organisation.name}],
        "relationships": [{"id": o.ror, "label": o.name, "type": kind} for o, kind in related],
        "status": "withdrawn" if organisation.successor else "active",
        "types": ["education"],
    }


def _location(town: Town) -> Json:
    details = {
        "continent_code": "AS",
        "continent_name": "Asia",
        "country_code": town.country,
        "country_name": town.country_name,
        "country_subdivision_code": None,
        "country_subdivision_name": None,
        "lat": town.latitude,
        "lng": town.longitude,
        "name": town.name,
    }
    return {"geonames_id": town.geonames_id, "geonames_details": details}


class Registry(NamedTuple):
    """What the oracle needs of a registry file: `locate = registry`, `cities = place`."""

    places: Mapping[str, Placed]
    parents: Mapping[str, list[str]]

    def place(self, institution_id: str | None, text: str | None) -> Placed | str:
        if institution_id is None:
            return "unresolved-affiliation"
        return self.places.get(institution_id, "institution-without-place")

    def in_cities(self, merge: Callable[[str], str]) -> Registry:
        """The same places under a coarser city definition."""
        merged = {i: p._replace(city_id=merge(p.city_id)) for i, p in self.places.items()}
        return self._replace(places=merged)


def read_registry(records: Iterable[Json]) -> Registry:
    """Places and parent relations of ROR v2 records; the first location is the place."""
    places, parents = {}, {}
    for record in records:
        above = [r["id"] for r in record.get("relationships") or [] if r["type"] == "parent"]
        parents[record["id"]] = above
        if locations := record.get("locations"):
            first = locations[0]
            place_id = f"gn:{first['geonames_id']}"
            country = first["geonames_details"]["country_code"]
            places[record["id"]] = Placed(place_id, place_id, country)
    return Registry(places, parents)


def read_registry_file(path: Path) -> Registry:
    return read_registry(map(json.loads, path.read_text(encoding="utf-8").splitlines()))

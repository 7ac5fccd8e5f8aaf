"""Hand-written ROR v2 records of invented organisations in real towns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sciencecities.locate.registry import Organisation, Registry, canonical_ror

Json = dict[str, Any]


class Town(NamedTuple):
    geonames_id: int
    name: str
    country: str
    country_name: str
    latitude: float
    longitude: float


BEIJING = Town(1816670, "Beijing", "CN", "China", 39.9075, 116.39723)
GUANGZHOU = Town(1809858, "Guangzhou", "CN", "China", 23.11667, 113.25)
XINXIANG = Town(1788572, "Xinxiang", "CN", "China", 35.19033, 113.80151)
# A township that ROR gives to institutions of the city of that name.
XINXIANG_TOWNSHIP = Town(8403878, "Xinxiang", "CN", "China", 29.4, 107.4)
PARIS = Town(2988507, "Paris", "FR", "France", 48.85341, 2.3488)
LYON = Town(2996944, "Lyon", "FR", "France", 45.74846, 4.84671)
ST_LOUIS = Town(4407066, "St Louis", "US", "United States", 38.62727, -90.19789)
BOSTON = Town(4930956, "Boston", "US", "United States", 42.35843, -71.05977)
UNLISTED = Town(99999999, "Bunkyo-ku", "JP", "Japan", 35.70808, 139.75218)


def ror(number: int) -> str:
    """A ROR id by form; checksums are not ROR's."""
    return f"https://ror.org/0{number:06d}99"


def record(
    number: int,
    name: str,
    *towns: Town,
    aliases: Iterable[str] = (),
    labels: Iterable[str] = (),
    acronyms: Iterable[str] = (),
    parents: Iterable[int] = (),
    successors: Iterable[int] = (),
    status: str = "active",
) -> Json:
    """One ROR v2 record."""
    names = [{"value": name, "types": ["ror_display", "label"], "lang": "en"}]
    names += [{"value": value, "types": ["label"], "lang": None} for value in labels]
    names += [{"value": value, "types": ["alias"], "lang": None} for value in aliases]
    names += [{"value": value, "types": ["acronym"], "lang": None} for value in acronyms]
    related = [(n, "parent") for n in parents] + [(n, "successor") for n in successors]
    return {
        "id": ror(number),
        "names": names,
        "locations": [_location(town) for town in towns],
        "relationships": [
            {"id": ror(n), "type": kind, "label": f"Organisation {n}"} for n, kind in related
        ],
        "status": status,
        "types": ["education"],
        "established": 1950,
        "links": [],
    }


def _location(town: Town) -> Json:
    return {
        "geonames_id": town.geonames_id,
        "geonames_details": {
            "continent_code": None,
            "country_code": town.country,
            "country_name": town.country_name,
            "lat": town.latitude,
            "lng": town.longitude,
            "name": town.name,
        },
    }


def registry(*records: Json) -> Registry:
    """The records as a Registry, without a file."""
    import msgspec

    organisations = msgspec.convert(list(records), list[Organisation])
    assert all(canonical_ror(o.id) == o.id for o in organisations)
    return Registry(organisations)

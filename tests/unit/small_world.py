"""Seventeen hand-written works over an invented registry in real towns, and the edition of them.

The organisations do not exist. Expected figures are reckoned in `SHARES_2024`.
"""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

DAY = date(2026, 11, 25)  # of which its sites tell statuses
JACS = "0002-7863"  # a journal of chemistry
CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


class Organisation(NamedTuple):
    number: int
    name: str
    town: str
    geonames_id: int
    country: str
    latitude: float
    longitude: float

    @property
    def ror(self) -> str:
        """A well-formed id: 0, six Crockford digits and an ISO 7064 checksum."""
        number = 30_000_000 + self.number
        digits = "".join(CROCKFORD[number >> shift & 31] for shift in (25, 20, 15, 10, 5, 0))
        return f"https://ror.org/0{digits}{98 - number * 100 % 97:02d}"

    @property
    def openalex(self) -> str:
        return f"https://openalex.org/I{8_000_000_000 + self.number}"


GZ = Organisation(1, "Mangrove University", "Guangzhou", 1809858, "CN", 23.11667, 113.25)
BJ = Organisation(2, "Willow Lake University", "Beijing", 1816670, "CN", 39.9075, 116.39723)
PA = Organisation(3, "Université des Tilleuls", "Paris", 2988507, "FR", 48.85341, 2.3488)
NY = Organisation(4, "Foghorn University", "New York", 5128581, "US", 40.71427, -74.00597)
CA = Organisation(5, "Punt & Pole College", "Cambridge", 2653941, "GB", 52.2, 0.11667)
ORGANISATIONS = (GZ, BJ, PA, NY, CA)
FERN = "Riverside Fern Laboratory, Guangzhou, China"
NOWHERE = "Xyzzy"

Author = Organisation | str | None
WORKS: list[tuple[int, str, list[Author]]] = [
    (2024, "", [GZ]),
    (2024, JACS, [GZ, BJ]),
    (2024, "", [GZ, GZ, PA]),
    (2024, JACS, [BJ]),
    (2024, "", [BJ, NY]),
    (2024, "", [PA]),
    (2024, "", [NY]),
    (2024, "", [GZ, None]),
    (2024, "", [NY, CA]),
    (2024, "", [GZ, NOWHERE]),
    (2024, "", [FERN]),
    (2023, "", [BJ]),
    (2023, JACS, [BJ]),
    (2023, "", [GZ]),
    (2023, "", [PA, NY]),
    (2023, "", [BJ]),
    (2023, "", [PA]),
]

half, third = Fraction(1, 2), Fraction(1, 3)
SHARES_2024 = {
    "Guangzhou": 1 + half + 2 * third + half + half + 1,
    "Beijing": half + 1 + half,
    "New York": half + 1 + half,
    "Paris": third + 1,
    "Cambridge": half,
}
SHARES_2023 = {"Beijing": 3, "Paris": half + 1, "Guangzhou": 1, "New York": half}
CHEMISTRY_2024 = {"Beijing": half + 1, "Guangzhou": half}
UNASSIGNED_2024 = {"no-affiliation": half, "unresolved-affiliation": half}


def _authorship(author: Author) -> dict[str, Any]:
    institutions: list[dict[str, Any]] = []
    text = author if isinstance(author, str) else None
    if isinstance(author, Organisation):
        text = f"{author.name}, {author.town}"
        institutions = [
            {
                "id": author.openalex,
                "ror": author.ror,
                "display_name": author.name,
                "country_code": author.country,
                "lineage": [author.openalex],
            }
        ]
    found = [{"raw_affiliation_string": text, "institution_ids": [i["id"] for i in institutions]}]
    return {
        "author_position": "middle",
        "institutions": institutions,
        "raw_affiliation_strings": [text] if text else [],
        "affiliations": found if text else [],
    }


def _work(number: int, year: int, issn: str, authors: list[Author]) -> dict[str, Any]:
    source = {"display_name": "A Journal", "issn_l": issn, "issn": [issn]} if issn else None
    return {
        "id": f"https://openalex.org/W{7_000_000_000 + number}",
        "doi": f"https://doi.org/10.5555/work.{number}",
        "publication_year": year,
        "type": "article",
        "is_retracted": False,
        "is_paratext": False,
        "updated_date": "2025-01-01T00:00:00.000000",
        "primary_location": {"source": source},
        "authorships": [_authorship(a) for a in authors],
    }


def _ror_record(one: Organisation) -> dict[str, Any]:
    details = {
        "name": one.town,
        "country_code": one.country,
        "country_name": one.country,
        "lat": one.latitude,
        "lng": one.longitude,
    }
    return {
        "id": one.ror,
        "status": "active",
        "types": ["education"],
        "names": [{"lang": "en", "types": ["ror_display", "label"], "value": one.name}],
        "locations": [{"geonames_id": one.geonames_id, "geonames_details": details}],
        "relationships": [],
        "external_ids": [],
        "domains": [],
        "links": [],
        "established": None,
    }


def _write_lines(path: Path, records: list[dict[str, Any]]) -> Path:
    lines = (json.dumps(r, ensure_ascii=False) + "\n" for r in records)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def write_works(path: Path) -> Path:
    """The works as OpenAlex JSON lines."""
    return _write_lines(path, [_work(n, *w) for n, w in enumerate(WORKS, 1)])


def write_registry(path: Path) -> Path:
    """The organisations as ROR v2 JSON lines."""
    return _write_lines(path, [_ror_record(o) for o in ORGANISATIONS])


def build(folder: Path, **changes: Any) -> Path:
    """Build the edition in `folder` and return its path."""
    import sciencecities

    works = write_works(folder / "works.jsonl")
    registry = write_registry(folder / "ror.jsonl")
    keys: dict[str, Any] = {"sources": [works], "registry": registry, "threads": 1}
    return sciencecities.build(out=folder / "edition", **(keys | changes)).path

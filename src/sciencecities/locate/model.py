"""The values that pass between the parts of locate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from sciencecities.sources.base import Entry

__all__ = ["Affiliation", "Assignment", "City", "CityDefinition", "Entry", "Place", "Unit"]


class Affiliation(NamedTuple):
    """A distinct affiliation: the raw string and the institutions the source found in it."""

    text: str | None
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A point with a GeoNames id. `place_id` is `gn:<GeoNames id>`."""

    place_id: str
    name: str
    country: str  # ISO 3166-1 alpha-2
    latitude: float  # degrees north, WGS84
    longitude: float  # degrees east, WGS84


class Unit(NamedTuple):
    """One institution at its place, or one unresolved string, of an affiliation.

    Exactly one of `place` and `reason` is set. An unresolved string has no institution_id and
    carries its normalised text in `text_key`. `score` is that of the institution, `place_score`
    that of the place (both 0 to 1, the share of such answers that are right).
    """

    institution_id: str | None
    root_institution_id: str | None
    institution: str | None
    place: Place | None
    country: str | None
    reason: str | None
    method: str
    score: float | None
    text_key: str | None = None
    place_score: float | None = None

    @property
    def key(self) -> str:
        """What makes two units of one author the same."""
        if self.institution_id is None:
            return f"text:{self.text_key or ''}"
        return f"{self.institution_id}@{self.place.place_id if self.place else ''}"


@dataclass(frozen=True, slots=True)
class City:
    """A city of a city definition, placed at its principal place (or its boundary's centre)."""

    city_id: str
    name: str
    name_zh: str | None
    country: str | None
    latitude: float
    longitude: float


class Assignment(NamedTuple):
    """The city a place belongs to, and how that was found (`curated`, `rule`, `polygon`, …)."""

    city: City
    method: str


class CityDefinition(Protocol):
    """A named set of cities that says where each ends."""

    name: str

    def assign(self, places: Sequence[Place]) -> list[Assignment | None]:
        """The city of each place, in order; None where a place lies outside every city."""

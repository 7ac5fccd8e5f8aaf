"""The `metro` city definition: what people mean by a city's name, worldwide (docs/CITIES.md).

Mainland China by prefecture, the United States by statistical area, curated rows elsewhere, and a
population-distance rule for the rest. Methods given: `curated`, `us-area`, `cn-prefecture`,
`rule`, and `self` for a place that is its own city; with `:county`, `:name` or `:nearest` behind
where the place's id is in no table and the Chinese county of its name, the place of its name, or
the nearest of its country speaks for it.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from sciencecities.locate.city_tables import city_of_place, geonames_id
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.metro_counties import name_key, prefectures_by_name
from sciencecities.locate.metro_tables import (
    CuratedCity,
    cn_prefectures,
    curated_cities,
    place_codes,
    us_areas,
)
from sciencecities.locate.model import Assignment, City, Place

EARTH_KM = 6371.0
# The rule (docs/CITIES.md#rule): a city of a million reaches 22 km, none further than 60 km.
CENTRE_POPULATION = 50_000
RANK_RATIO = 2.0
REACH_KM, REACH_EXPONENT, REACH_LIMIT_KM = 2.0, 0.35, 60.0
# How far a place that no table knows may follow its nearest neighbour.
NEAREST_KM = 25.0
NEAREST_CODED_KM = 100.0
NEAREST_SELF_KM = 10.0  # where that neighbour is a city by itself, mostly a village
NAMESAKE_KM = 40.0
COUNTY_KM = 150.0  # from a county's point to the nearest place of its prefecture
AREA_WORDS = re.compile(r"[ -](?:shi|si|city|municipality)$", re.IGNORECASE)
CODED_COUNTRIES = frozenset({"CN", "US"})
CHUNK = 4_000_000  # pairs compared at once, 32 MB a temporary

Floats = np.ndarray[Any, np.dtype[np.float64]]


class _Neighbour(NamedTuple):
    """The gazetteer row (-1 = none) that speaks for a place of unknown id."""

    row: int
    km: float
    how: str  # "name" or "nearest"


class Metro:
    """The `metro` definition over a gazetteer. Raises LocateError if a table is damaged."""

    name = "metro"

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._codes = place_codes()
        # Code of a core-based area or Chinese prefecture -> its city.
        self.areas = us_areas(gazetteer) | cn_prefectures(gazetteer)
        self._curated: dict[str, list[CuratedCity]] = defaultdict(list)
        self._regions: dict[str, _Region] = {}
        for row in curated_cities(gazetteer):
            self._curated[row.city.country or ""].append(row)

    @property
    def cities(self) -> list[City]:
        """Every city of the tables (those that only the rule makes are not listed), by id."""
        curated = [row.city for rows in self._curated.values() for row in rows]
        unique = {city.city_id: city for city in [*curated, *self.areas.values()]}
        return [unique[city_id] for city_id in sorted(unique)]

    def assign(self, places: Sequence[Place]) -> list[Assignment | None]:
        """The city of each place; never None. A place's city depends on nothing but itself."""
        by_country: dict[str, list[Place]] = defaultdict(list)
        for place in dict.fromkeys(places):
            by_country[place.country].append(place)
        found: dict[Place, Assignment] = {}
        for country, members in by_country.items():
            found.update(zip(members, self._assign_country(country, members), strict=True))
        return [found[place] for place in places]

    def _assign_country(self, country: str, places: list[Place]) -> list[Assignment]:
        rows = [self._row(p) for p in places]
        strangers = [i for i, place in enumerate(places) if not self._is_known(place)]
        neighbours = self._neighbours(country, [places[i] for i in strangers])
        for i, neighbour in zip(strangers, neighbours, strict=True):
            rows[i] = neighbour.row
        result = self._assign_rows(country, places, rows)
        for i, neighbour in zip(strangers, neighbours, strict=True):
            result[i] = self._stranger(country, places[i], neighbour, result[i])
        return result

    def _by_county(self, place: Place) -> City | None:
        """The prefecture with a district or county of the place's name, near the place's point."""
        codes = self._counties.get(name_key(place.name), set()) & self.areas.keys()
        near = {code: self._km_to(code, place) for code in codes}
        found = min(sorted(near), key=lambda code: near[code], default=None)
        return self.areas[found] if found is not None and near[found] <= COUNTY_KM else None

    def _km_to(self, code: str, place: Place) -> float:
        """Distance from a place to the nearest place of a coded area; infinite if it has none."""
        rows = self._rows_of_code.get(code, [])
        at = place.latitude, place.longitude
        return min((self._gazetteer.distance_km(row, *at) for row in rows), default=np.inf)

    @functools.cached_property
    def _counties(self) -> dict[str, set[str]]:
        return prefectures_by_name()

    @functools.cached_property
    def _rows_of_code(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = defaultdict(list)
        for number, code in self._codes.items():
            if (row := self._gazetteer.row(number)) is not None:
                rows[code].append(row)
        return rows

    def _is_known(self, place: Place) -> bool:
        number = geonames_id(place.place_id)
        return number in self._codes or self._gazetteer.row(number) is not None

    def _row(self, place: Place) -> int:
        row = self._gazetteer.row(geonames_id(place.place_id))
        return -1 if row is None else row

    def _neighbours(self, country: str, places: list[Place]) -> list[_Neighbour]:
        nearest = self._region(country).nearest(places)
        return [
            self._namesake(place, country) or _Neighbour(row, km, "nearest")
            for place, (row, km) in zip(places, nearest, strict=True)
        ]

    def _namesake(self, place: Place, country: str) -> _Neighbour | None:
        """The gazetteer's own record of a municipality that the place's id means as an area."""
        for name in dict.fromkeys((place.name, AREA_WORDS.sub("", place.name))):
            for found in self._gazetteer.search(name, country):
                row = self._row(found)
                km = self._gazetteer.distance_km(row, place.latitude, place.longitude)
                if km <= NAMESAKE_KM:
                    return _Neighbour(row, km, "name")
        return None

    def _stranger(
        self, country: str, place: Place, neighbour: _Neighbour, theirs: Assignment
    ) -> Assignment:
        """The city of a place in no table: the curated one around it, its county's, its
        namesake's, the one the rule gives its point, its neighbour's; at last itself.
        """
        region = self._region(country)
        if (inside := region.contains(place)) is not None:
            return Assignment(inside, "curated")
        if country == "CN" and (city := self._by_county(place)) is not None:
            return Assignment(city, "cn-prefecture:county")
        if neighbour.how == "name":
            return Assignment(theirs.city, f"{theirs.method}:name")
        coded = country in CODED_COUNTRIES
        if not coded and theirs.method != "curated" and (city := region.rule_at(place)):
            return Assignment(city, "rule")
        limit = NEAREST_CODED_KM if coded else NEAREST_KM
        limit = NEAREST_SELF_KM if theirs.method == "self" else limit
        if neighbour.row >= 0 and neighbour.km <= limit:
            return Assignment(theirs.city, f"{theirs.method}:nearest")
        return Assignment(city_of_place(place), "self")

    def _assign_rows(self, country: str, places: list[Place], rows: list[int]) -> list[Assignment]:
        """The cities of gazetteer rows of one country (row -1: the place is its own city)."""
        result: list[Assignment | None] = [None] * len(rows)
        left: list[int] = []
        for i, row in enumerate(rows):
            number = geonames_id(places[i].place_id)
            if number not in self._codes and row >= 0:
                number = self._gazetteer.index.ids[row]
            if (code := self._codes.get(number)) is not None and code in self.areas:
                method = "us-area" if len(code) == 5 else "cn-prefecture"
                result[i] = Assignment(self.areas[code], method)
            elif row < 0 or code is not None:
                result[i] = Assignment(city_of_place(places[i]), "self")
            else:
                left.append(i)
        region = self._region(country)
        for i, answer in zip(left, region.assign([rows[i] for i in left]), strict=True):
            result[i] = answer
        return [answer for answer in result if answer is not None]

    def _region(self, country: str) -> _Region:
        if country not in self._regions:
            rows, curated = self._rows_of.get(country, []), self._curated.get(country, [])
            self._regions[country] = _Region(self._gazetteer, rows, curated)
        return self._regions[country]

    @functools.cached_property
    def _rows_of(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = defaultdict(list)
        for row, country in enumerate(self._gazetteer.index.countries):
            rows[country].append(row)
        return rows


class _Region:
    """The places of one country, its curated cities, and the rule among the rest."""

    def __init__(self, gazetteer: Gazetteer, rows: list[int], curated: list[CuratedCity]) -> None:
        self._gazetteer = gazetteer
        self._curated = curated
        index = gazetteer.index
        self._rows = np.array(rows, dtype=np.int64)
        self._position = {row: i for i, row in enumerate(rows)}
        self._xyz = _unit(
            np.array([index.latitudes[r] for r in rows]),
            np.array([index.longitudes[r] for r in rows]),
        )
        self._population = np.array([index.populations[r] for r in rows], dtype=np.float64)
        discs = [(c, disc) for c in curated for disc in c.discs]
        self._discs = [c for c, _ in discs]
        self._disc_xyz = _unit(
            np.array([disc.latitude for _, disc in discs]),
            np.array([disc.longitude for _, disc in discs]),
        )
        self._disc_km = np.array([disc.radius_km for _, disc in discs])

    def assign(self, rows: Sequence[int]) -> list[Assignment]:
        """The city of each gazetteer row of this country."""
        if not rows:
            return []
        where = np.array([self._position[row] for row in rows])
        answers: list[Assignment | None] = []
        inside = self._disc_of(self._xyz[where])
        for row, disc in zip(rows, inside, strict=True):
            city = self._named(row, disc)
            answers.append(None if city is None else Assignment(city, "curated"))
        free = [i for i, answer in enumerate(answers) if answer is None]
        for i, root in zip(free, self._rule(where[free]), strict=True):
            method = "self" if root == where[i] else "rule"
            answers[i] = Assignment(self._city(int(self._rows[root])), method)
        return [answer for answer in answers if answer is not None]

    def contains(self, place: Place) -> City | None:
        """The curated city around a point, if any (its administrative parts apart)."""
        for row in self._curated:
            if row.whole_country or geonames_id(place.place_id) in row.places:
                return row.city
        point = _unit(np.array([place.latitude]), np.array([place.longitude]))
        disc = self._disc_of(point)[0]
        return None if disc < 0 else self._discs[disc].city

    def nearest(self, places: Sequence[Place]) -> list[tuple[int, float]]:
        """The gazetteer row nearest to each place and the distance (km); -1 where none is."""
        if not places:
            return []
        if not len(self._rows):
            return [(-1, np.inf)] * len(places)
        points = _unit(
            np.array([p.latitude for p in places]), np.array([p.longitude for p in places])
        )
        best: list[tuple[int, float]] = []
        for part in _chunks(points, len(self._rows)):
            km2 = np.nan_to_num(_squared_km(part, self._xyz), nan=np.inf)
            # Rows are in descending population, so of two equally near the larger is taken.
            at = km2.argmin(axis=1)
            km = np.sqrt(km2[np.arange(len(part)), at])
            pairs = zip(self._rows[at].tolist(), km.tolist(), strict=True)
            best += [(row if km < np.inf else -1, km) for row, km in pairs]
        return best

    def _named(self, row: int, disc: int) -> City | None:
        """The curated city of a row: named place, country, disc, then first-order division."""
        number, admin1 = self._gazetteer.index.ids[row], self._gazetteer.index.admin1[row]
        for curated in self._curated:
            if curated.whole_country or number in curated.places:
                return curated.city
        if disc >= 0:
            return self._discs[disc].city
        return next((c.city for c in self._curated if admin1 in c.admin1), None)

    def _disc_of(self, points: Floats) -> list[int]:
        """The curated disc each point lies in, by smallest distance/radius; -1 for none."""
        if not self._discs:
            return [-1] * len(points)
        found: list[int] = []
        for part in _chunks(points, len(self._discs)):
            share = np.nan_to_num(_squared_km(part, self._disc_xyz), nan=np.inf)
            share = share / self._disc_km**2
            at = share.argmin(axis=1)
            best = share[np.arange(len(part)), at]
            found += np.where(best <= 1, at, -1).tolist()
        return found

    def rule_at(self, place: Place) -> City | None:
        """The city that the rule gives a point without inhabitants, if any."""
        point = _unit(np.array([place.latitude]), np.array([place.longitude]))
        centre = self._join(point, np.zeros(1))[0]
        return None if centre < 0 else self._city(int(self._rows[self._root[centre]]))

    def _rule(self, where: Floats) -> list[int]:
        """The root of each place (positions in this country) under the rule."""
        roots: list[int] = []
        for part in _chunks(where, len(self._centres)):
            joined = self._join(self._xyz[part], self._population[part])
            roots += [
                int(self._root[centre]) if centre >= 0 else int(own)
                for own, centre in zip(part, joined, strict=True)
            ]
        return roots

    def _join(self, points: Floats, population: Floats) -> list[int]:
        """The centre (number in `_centres`) that draws each point most; -1 for none."""
        centres = self._centres
        if not len(centres):
            return [-1] * len(points)
        km2 = np.nan_to_num(_squared_km(points, self._xyz[centres]), nan=np.inf)
        size = self._population[centres]
        reach = np.minimum(REACH_KM * (size / 1000) ** REACH_EXPONENT, REACH_LIMIT_KM)
        allowed = (size[None, :] >= RANK_RATIO * population[:, None]) & (km2 <= reach**2)
        # 1 km: the same spot under two names must not divide by zero.
        pull = np.where(allowed, size / np.maximum(km2, 1.0), 0.0)
        at = pull.argmax(axis=1)
        joined: list[int] = np.where(pull[np.arange(len(points)), at] > 0, at, -1).tolist()
        return joined

    @functools.cached_property
    def _centres(self) -> Any:
        """Positions of the places that may draw others: populous and in no curated city."""
        populous = np.flatnonzero(self._population >= CENTRE_POPULATION)
        inside = self._disc_of(self._xyz[populous])
        free = [
            position
            for position, disc in zip(populous.tolist(), inside, strict=True)
            if self._named(int(self._rows[position]), disc) is None
        ]
        return np.array(free, dtype=np.int64)

    @functools.cached_property
    def _root(self) -> Any:
        """The position each centre's chain ends at; a parent is larger, so chains end."""
        parents = self._join(self._xyz[self._centres], self._population[self._centres])
        roots = np.array(self._centres)
        # Larger centres come first, so a parent's root is known before it is needed.
        for i, parent in enumerate(parents):
            if parent >= 0:
                roots[i] = roots[parent]
        return roots

    def _city(self, row: int) -> City:
        return city_of_place(self._gazetteer.place_at(row))


def _unit(latitude: Floats, longitude: Floats) -> Floats:
    """Points on the unit sphere, shape (n, 3); what is no coordinate becomes NaN."""
    wrong = ~((np.abs(latitude) <= 90) & (np.abs(longitude) <= 360))
    latitude, longitude = np.where(wrong, np.nan, latitude), np.where(wrong, np.nan, longitude)
    phi, theta = np.radians(latitude), np.radians(longitude)
    return np.stack(
        [np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], axis=-1
    ).reshape(-1, 3)


def _squared_km(a: Floats, b: Floats) -> Floats:
    """Squared chord lengths, shape (len(a), len(b)); within 0.001 % of the arc below 60 km.

    Written out by axis: a matrix product's last digits would depend on the batch.
    """
    total = np.zeros((len(a), len(b)))
    for axis in range(3):
        step = a[:, axis, None] - b[None, :, axis]
        total += step * step
    return total * EARTH_KM**2


def _chunks(values: Floats, width: int) -> Iterator[Floats]:
    size = max(1, CHUNK // max(1, width))
    for start in range(0, len(values), size):
        yield values[start : start + size]

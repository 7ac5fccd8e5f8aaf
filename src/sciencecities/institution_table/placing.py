"""Where each institution of a table is: one city, several, or none that is known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sciencecities.errors import SourceError
from sciencecities.institution_table.known import known, name_key
from sciencecities.locate import cities as definitions
from sciencecities.locate.gaz_tables import family
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.locator import Locator
from sciencecities.locate.model import Affiliation, City, CityDefinition, Entry, Place, Unit
from sciencecities.locate.registry import ACTIVE, ROR_PREFIX, Registry
from sciencecities.locate.text import fold, slug

SEVERAL = "several-cities"
OUTSIDE = "outside-cities"
WITHOUT_PLACE = "institution-without-place"
UNRESOLVED = "unresolved-affiliation"

BRACKET = re.compile(r"\s*\(([^()]*)\)\s*$")
TOWN_POPULATION = 100_000
"""From this size on, a bracket that names a town of the country is no abbreviation."""

# A registered body (universities apart: their branches are small) is in several cities if its
# children are in at least so many cities, and fewer than half of them in its own.
CHILDREN, CHILD_CITIES = 6, 4
WITH_CAMPUSES = "education"

CHINA = "CN"
"""Published tables count Hong Kong, Macao and at times Taiwan under its name."""


@dataclass(frozen=True, slots=True)
class Where:
    """An institution under its id, and its place and city, or the reason why it has none."""

    institution_id: str
    root_institution_id: str
    institution: str
    country: str | None
    place: Place | None
    city: City | None
    method: str
    score: float | None
    reason: str | None


class Placer:
    """Places institutions by their names and countries; equal pairs get equal answers."""

    def __init__(
        self, gazetteer: Gazetteer, definition: CityDefinition, registry: Registry | None
    ) -> None:
        self._gazetteer = gazetteer
        self._definition = definition
        self._registry = registry
        self._locator = Locator(gazetteer, registry)
        self._registered = _by_name(registry) if registry else {}
        self._spread: dict[str, bool] = {}

    def country(self, text: str) -> str | None:
        """The ISO 3166-1 alpha-2 code of a country's name or code; None where it is unknown."""
        for name in (text, BRACKET.sub("", text)):
            folded = fold(name)
            if code := self._gazetteer.tables.countries.get(folded):
                return code
            if code := self._gazetteer.tables.iso3.get(folded):
                return code
        code = text.strip().upper()
        return code if code in set(self._gazetteer.tables.countries.values()) else None

    def bare(self, name: str, country: str | None) -> str:
        """The name without a bracketed abbreviation at its end; a bracketed town stays."""
        match = BRACKET.search(name)
        if match is None or not name[: match.start()].strip():
            return name.strip()
        inside, rest = match[1], name[: match.start()].strip()
        towns = self._gazetteer.search(inside, country)
        if towns and self._population(towns[0]) >= TOWN_POPULATION and self.country(inside) is None:
            return f"{rest}, {inside}"
        return rest

    def key(self, name: str, country: str | None) -> str:
        """Under which two tables' names of one institution are equal."""
        return name_key(self.bare(name, country))

    def place(self, name: str, country_name: str) -> Where:
        """Where an institution of that name and country is."""
        country = self.country(country_name)
        bare = self.bare(name, country)
        unit = self._unit(bare, country, country_name)
        entry = known(bare, country)
        if entry is None and unit and unit.institution_id and self._is_spread(unit.institution_id):
            if not self._is_named(unit.institution_id, bare):  # a body above the one meant
                return self._by_unit(bare, country, self._listed(bare, country))
            return self._where(bare, country, unit, None, "registry:children", SEVERAL)
        if entry is None:
            return self._by_unit(bare, country, unit)
        if not entry.geonames_id:
            return self._where(bare, country, unit, None, f"table:{entry.reason}", SEVERAL)
        place = self._gazetteer.place(entry.geonames_id)
        return self._where(bare, country, unit, place, f"table:{entry.reason}", WITHOUT_PLACE)

    def in_city(self, name: str, country_name: str, city: str, line: str) -> Where:
        """An institution in a city that is given by its name. Raises SourceError naming `line`."""
        country = self.country(country_name)
        found = definitions.find(self._definition, self._gazetteer, city)
        found = [c for c in found if c.country == country] or found
        if not found:
            raise SourceError(
                f"{line}: no city {city!r}; write its English name or gn:<GeoNames id>"
            )
        bare = self.bare(name, country)
        own = f"name:{slug(bare)}"
        return Where(own, own, bare, found[0].country, None, found[0], "split", None, None)

    def _unit(self, bare: str, country: str | None, country_name: str) -> Unit | None:
        """What the locator makes of the name: the surest registered unit, else a placed one."""
        written = BRACKET.sub("", country_name)
        # Tables count Hong Kong and Macao under China: the name says which.
        code = None if country and len(family(country)) > 1 else country
        listed = self._gazetteer.tables.institutions
        whole = f"{bare} {written}"  # "Northeastern University China" is listed beside the US one
        is_listed = fold(bare) in listed or fold(whole) in listed
        name = whole if fold(whole) in listed else bare
        text = f"{name}, {written}" if written else bare
        ror = self._registered.get((name_key(bare), country)) if country else None
        units = self._locator.locate(Affiliation(text, (Entry(None, ror, name, code, None),)))
        if country is not None:
            is_part = country != CHINA and country in family(CHINA)
            near = {country} if is_part else family(country)
            units = [u for u in units if u.place is None or u.place.country in near]
        units.sort(key=lambda u: (u.place is None, -(u.score or 0.0)))
        if not units or (units[0].place is None and is_listed):
            return self._listed(bare, country) or (units[0] if units else None)
        return self._where_registered(units[0], ror) if ror and not is_listed else units[0]

    def _listed(self, bare: str, country: str | None) -> Unit | None:
        """An institution of which the gazetteer's own table knows the town."""
        entry = self._gazetteer.tables.institutions.get(fold(bare))
        if entry is None or country not in (entry.country, None):
            return None
        place = self._gazetteer.place(entry.geonames_id)
        return Unit(None, None, None, place, entry.country, None, "unregistered+table", None, None)

    def _where_registered(self, unit: Unit, ror: str) -> Unit:
        """The unit at the registry's place, unless that is a namesake of the town meant.

        A name is no address: "Gulf Coast State College" is not in State College.
        """
        place = self._registry.place(ror) if self._registry else None
        if unit.institution_id != ror or place is None or unit.place in (None, place):
            return unit
        named = fold(place.name)
        small = self._population(place) < TOWN_POPULATION
        is_region = small and named in self._gazetteer.tables.regions
        if unit.place is not None and (is_region or fold(unit.place.name) == named):
            return unit
        return unit._replace(place=place, country=place.country, method="name+registry")

    def _by_unit(self, bare: str, country: str | None, unit: Unit | None) -> Where:
        if unit is None:
            return self._where(bare, country, None, None, "none", UNRESOLVED)
        reason = unit.reason or WITHOUT_PLACE
        return self._where(bare, country, unit, unit.place, unit.method, reason)

    def _where(
        self,
        bare: str,
        country: str | None,
        unit: Unit | None,
        place: Place | None,
        method: str,
        reason: str,
    ) -> Where:
        """The answer; `reason` holds where there is no place."""
        registered = unit if unit and (unit.institution_id or "").startswith(ROR_PREFIX) else None
        own = f"name:{slug(bare) or 'unnamed'}"
        [found] = self._definition.assign([place]) if place else [None]
        return Where(
            registered.institution_id or own if registered else own,
            registered.root_institution_id or own if registered else own,
            registered.institution or bare if registered else bare,
            place.country if place else country or (unit.country if unit else None),
            place,
            found.city if found else None,
            method,
            registered.score if registered else None,
            None if found else OUTSIDE if place else reason,
        )

    def _is_spread(self, ror: str) -> bool:
        if ror not in self._spread:
            self._spread[ror] = self._has_children_elsewhere(ror)
        return self._spread[ror]

    def _is_named(self, ror: str, bare: str) -> bool:
        """Whether the name is one of the organisation's own."""
        record = self._registry.get(ror) if self._registry else None
        names = record.names if record else ()
        return name_key(bare) in {name_key(name.value) for name in names}

    def _has_children_elsewhere(self, ror: str) -> bool:
        """Whether the registry's children of a body are in many cities, mostly not in its own."""
        registry = self._registry
        record = registry.get(ror) if registry else None
        if registry is None or record is None or WITH_CAMPUSES in record.types:
            return False
        places = [place for child in record.related("child") if (place := registry.place(child))]
        cities = self._cities_of(places)
        own = self._cities_of(filter(None, [registry.place(ror)]))
        n_own = sum(cities[city_id] for city_id in own)
        return (
            cities.total() >= CHILDREN
            and len(cities) >= CHILD_CITIES
            and (2 * n_own < cities.total())
        )

    def _cities_of(self, places: Iterable[Place]) -> Counter[str]:
        found = self._definition.assign(list(places))
        return Counter(a.city.city_id for a in found if a)

    def _population(self, place: Place) -> int:
        return self._gazetteer.population(int(place.place_id.removeprefix("gn:")))


def _by_name(registry: Registry) -> dict[tuple[str, str], str]:
    """(Name key, country) -> the only active organisation there of that name, acronyms apart."""
    found: dict[tuple[str, str], set[str]] = {}
    for ror, record in registry.items():
        if record.status != ACTIVE:
            continue
        names = {name_key(n.value) for n in record.names if "acronym" not in n.types}
        for country in record.countries:
            for name in names:
                found.setdefault((name, country), set()).add(ror)
    return {key: min(rors) for key, rors in found.items() if len(rors) == 1}

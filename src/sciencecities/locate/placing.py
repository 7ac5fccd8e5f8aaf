"""Where an institution of an affiliation is: its registry's location against the string's town."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from sciencecities.locate.gaz_tables import family
from sciencecities.locate.gazetteer import Gazetteer, distance_km
from sciencecities.locate.model import Place
from sciencecities.locate.name_words import GENERIC, name_words
from sciencecities.locate.place_parse import Segment
from sciencecities.locate.place_resolve import KNOWN
from sciencecities.locate.place_text import Found, Reading, parser_of
from sciencecities.locate.text import LOOKED_AT, UMBRELLA, fold

NEAR_KM = 50.0
NAMESAKE_TIMES = 10
NAMESAKE_POPULATION = 100_000
REMEMBERED = 20_000  # strings, some kilobytes each


class Placed(NamedTuple):
    """A place, or none, and how it was found."""

    place: Place | None
    method: str
    score: float  # 0 to 1; of a registered place, given that the institution is the right one


NOWHERE = Placed(None, "none", 0.0)
NAMESAKE = "registry-namesake"
IN_NAME = "text-name"
REGISTERED = 0.98  # a registered location that no town of the string contradicts
CONFIRMED = 0.99  # one that the string names too
CURATED = 0.9  # that of the package's own table


class TextPlaces:
    """What strings say about places; each distinct string is read once while remembered."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        parser = parser_of(gazetteer)
        self._read = lru_cache(REMEMBERED)(partial(Reading, parser))

    def read(self, text: str) -> Reading:
        """The string's reading; of the longest strings the beginning alone is remembered."""
        return self._read(text[:LOOKED_AT])

    def find(self, text: str, country: str | None = None) -> Found:
        """The place that the string names, in the country if one is given and names can be."""
        reading = self.read(text)
        found = reading.find()
        if country is None or (found.place and found.place.country == country):
            return found
        return reading.find(country)

    def countries(self, text: str) -> frozenset[str]:
        """The countries that the string clearly names, each with those written under its name.

        None where an organisation of several stands without its country: an institution of
        another country may be that one.
        """
        reading = self.read(text)
        groups = reading.groups
        if len(groups) > 1 and any(_lacks_country(group) for group in groups):
            return frozenset()
        named = {country for group in groups for s in group for country in s.countries}
        found = reading.find()
        if found.place and found.method in ("text-city-region", "text-city-country"):
            named.add(found.place.country)
        return frozenset(other for country in named for other in family(country))

    def hinted(self, text: str) -> frozenset[str]:
        """The countries that words inside other names mean: "Muscat, Oman and Department of …"."""
        groups = self.read(text).groups
        return frozenset(country for group in groups for s in group for country in s.hints)

    def about(self, text: str, names: Sequence[str]) -> str:
        """The part of the string that names the institution; all of it where none or all do."""
        groups = self.read(text).groups
        if len(groups) < 2:
            return text
        folded = [_padded(name) for name in names]
        parts = [", ".join(segment.text for segment in group) for group in groups]
        own = [part for part in parts if any(name in f" {fold(part)} " for name in folded)]
        return "; ".join(own) or text

    def towns_alone(self, text: str, places: Sequence[Place], town: Place) -> list[Place]:
        """Those places whose name stands in the string by itself, outside organisations' names.

        Not as that of the region of a town far from there: "Ribeirão Preto, São Paulo".
        """
        region = town.country, self.gazetteer.admin1(_geonames_id(town))
        segments = [segment for group in self.read(text).groups for segment in group]
        elsewhere = [segment for segment in segments if region not in segment.regions]
        return [
            p
            for p in places
            if any(
                _is_town(s, _folded(p.name)) for s in (segments if _near(p, town) else elsewhere)
            )
        ]


def choose_place(
    texts: TextPlaces,
    text: str,
    names: Sequence[str],
    countries: frozenset[str],
    registered: Sequence[Place],
) -> Placed:
    """The institution's place by what the string says and where the registry has it.

    A town of the string wins if it is in one of the institution's `countries` (any, if none is
    known); first one that stands beside one of the institution's `names`, and of several one at
    or near a registered place. Under one name, the registry's place and id stand, unless it is a
    small namesake far from a large town, or of a province. A town that only stands in an
    organisation's name is weaker than the registry's: Washington University is in St. Louis. So
    is the town of a known institution that is not this one: "University of North Carolina |
    at Pembroke".
    Where the registry has a namesake of the town far from it, the method ends in
    `+registry-namesake`, so that such records can be found and reported to the registry.
    """
    for part in dict.fromkeys((texts.about(text, names), text)):
        found = texts.find(part, min(countries) if len(countries) == 1 else None)
        place = found.place
        if place is not None and (not countries or place.country in countries):
            credible = [known for known in registered if not _is_region(texts.gazetteer, known)]
            if credible and _is_own_name(found, names):
                found = found._replace(method=IN_NAME)
                is_weak = True
            else:
                is_weak = _is_of_another(found, names, part)
            chosen = _weigh(texts, part, found, place, credible, is_weak=is_weak)
            if _is_elsewhere(texts.gazetteer, registered, chosen.place):
                return chosen._replace(method=f"{chosen.method}+{NAMESAKE}")
            return chosen
    if not registered:
        return NOWHERE
    own = _known_elsewhere(texts.gazetteer, names, registered[0])
    if own:
        return Placed(own, f"{KNOWN}+{NAMESAKE}", CURATED)
    return Placed(registered[0], "registry", REGISTERED)


def _known_elsewhere(gazetteer: Gazetteer, names: Sequence[str], registered: Place) -> Place | None:
    """The town of a curated institution of one of the names, if the registry has its namesake."""
    for name in names:
        known = gazetteer.tables.institutions.get(_folded(name))
        if known is None or known.country != registered.country:
            continue
        place = gazetteer.place(known.geonames_id)
        if place and _is_namesake(gazetteer, registered, place):
            return place
    return None


def _weigh(
    texts: TextPlaces,
    text: str,
    found: Found,
    place: Place,
    registered: Sequence[Place],
    *,
    is_weak: bool,
) -> Placed:
    """Decide between the string's surest town, its other towns and the registered places."""
    method = f"text:{found.method}"
    if not registered:
        return Placed(place, method, found.score)
    towns = (place, *texts.read(text).all(place.country))
    for other in towns:
        for known in registered:
            if _is_same(known, other):
                return Placed(known, method, CONFIRMED)
    for known in registered:
        if not found.is_sure and _is_namesake_of(texts.gazetteer, known, place):
            return Placed(known, method, CONFIRMED)
    for known in texts.towns_alone(text, registered, place):
        if not _is_namesake(texts.gazetteer, known, place):
            return Placed(known, method, CONFIRMED)
    if is_weak and not _is_namesake(texts.gazetteer, registered[0], place):
        return Placed(registered[0], "registry", REGISTERED)
    for other in towns:
        if any(_near(known, other) for known in registered):
            return Placed(other, method, found.score)
    return Placed(place, method, found.score)


def _is_elsewhere(gazetteer: Gazetteer, registered: Sequence[Place], chosen: Place | None) -> bool:
    """Whether the registry's main place is a namesake of the chosen one, or of its province."""
    if chosen is None or not registered or chosen in registered:
        return False
    return _is_namesake(gazetteer, registered[0], chosen) or _is_region(gazetteer, registered[0])


def _is_own_name(found: Found, names: Sequence[str]) -> bool:
    """Whether the town is but a word of the institution's name, as "Manado" is of its university's.

    A place of such a name alone in the string is none either: "PEMEX, Villahermosa".
    """
    if found.method == KNOWN:
        return False
    town = found.name
    if town:
        return any(f" {town} " in _padded(name) for name in names)
    own = _folded(found.place.name) if found.place else ""
    if any(own == _folded(name) for name in names):
        return True
    return not found.is_sure and any(own == _bare(name) for name in names)


def _is_of_another(found: Found, names: Sequence[str], text: str) -> bool:
    """Whether the town is that of another organisation, known or named after it.

    Not where the institution is an academy, council or the like, whose institutes lie anywhere.
    """
    if found.method == KNOWN:
        known, own = f" {found.name} ", [_padded(name) for name in names]
        if any(name in known for name in own):
            return False  # itself, or a part of it
        if not any(known in name for name in own):
            padded = f" {fold(text)} "
            if not any(name in padded for name in own):
                return False  # it is named by no other words
    elif found.method != IN_NAME:
        return False
    return not any(word in _folded(name) for name in names for word in UMBRELLA)


@lru_cache(REMEMBERED)
def _bare(name: str) -> str:
    """Folded, without the country behind a company's name: Roche (United Kingdom)."""
    return fold(name.partition(" (")[0])


@lru_cache(REMEMBERED)
def _folded(name: str) -> str:
    return fold(name)


@lru_cache(REMEMBERED)
def _padded(name: str) -> str:
    """Folded, between spaces, so that whole words can be looked for."""
    return f" {fold(name)} "


def _is_namesake_of(gazetteer: Gazetteer, known: Place, named: Place) -> bool:
    """Whether the registry's town bears the name read as another town of the country."""
    if known.country != named.country or not _same_name(known, named):
        return False
    return not _is_namesake(gazetteer, known, named)


def _lacks_country(group: Sequence[Segment]) -> bool:
    return any(s.is_organisation for s in group) and not any(s.countries for s in group)


def _is_same(known: Place, named: Place) -> bool:
    return known.place_id == named.place_id or (_same_name(known, named) and _near(known, named))


def _near(one: Place, other: Place) -> bool:
    return _distance(one, other) <= NEAR_KM


def _distance(one: Place, other: Place) -> float:
    return distance_km(one.latitude, one.longitude, other.latitude, other.longitude)


def _same_name(one: Place, other: Place) -> bool:
    return _folded(one.name) == _folded(other.name)


def _is_namesake(gazetteer: Gazetteer, known: Place, named: Place) -> bool:
    """Whether the registry has taken a small place for the large one of the same name."""
    if not _same_name(known, named) or _near(known, named):
        return False
    population = gazetteer.population(_geonames_id(known))
    larger = gazetteer.population(_geonames_id(named))
    return population < NAMESAKE_POPULATION and larger >= NAMESAKE_TIMES * population


def _is_region(gazetteer: Gazetteer, known: Place) -> bool:
    """Whether the registry has taken a village for the province of that name: Shanxi, Hunan."""
    regions = gazetteer.tables.regions.get(_folded(known.name), ())
    if all(country != known.country for country, _ in regions):
        return False
    return gazetteer.population(_geonames_id(known)) < NAMESAKE_POPULATION


def _geonames_id(place: Place) -> int:
    return int(place.place_id.removeprefix("gn:"))


def _is_town(segment: Segment, town: str) -> bool:
    """Whether the segment begins with the town and names no organisation: "Beijing 100875"."""
    folded = " ".join(segment.words)
    if folded != town and not folded.startswith(f"{town} "):
        return False
    rest = name_words(folded.removeprefix(town))
    return len(rest) <= 3 and not any(word in GENERIC for word in rest)

"""How well each place of a name fits where the name stands."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sciencecities.locate.gaz_tables import County
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.place_context import Context
from sciencecities.locate.place_names import AREA, EDGE, INSIDE, LONE, REGION, WHOLE, Name
from sciencecities.locate.place_parse import Segment
from sciencecities.locate.place_words import SAINTS
from sciencecities.locate.text import fold

KIND_WEIGHT = {WHOLE: 6.0, AREA: 4.2, EDGE: 4.0, LONE: 3.0, INSIDE: 2.0, REGION: 3.0}
LOOSE_POPULATION = {
    WHOLE: 10_000,
    AREA: 50_000,
    EDGE: 15_000,
    LONE: 500_000,
    INSIDE: 40_000,
    REGION: 100_000,
}
KNOWN_POPULATION = {WHOLE: 0, AREA: 0, EDGE: 1_000, LONE: 50_000, INSIDE: 20_000, REGION: 100_000}
# A smaller town outside the named state is not meant.
STRICT_COUNTRIES = {"US": 300_000, "CA": 300_000, "AU": 300_000, "CN": 1_000_000}
# Elsewhere a province bears its chief town's name, which is written for the town.
STATE_COUNTRIES = frozenset({"US", "CA", "AU", "CN", "IN", "JP", "DE", "BR", "NG", "MY"})
# "Halle (Saale)", "Offenbach am Main" are called by their first word alone.
# There many towns have a state's name as another one of theirs, and are not meant by it.
LOOSE_REGIONS = frozenset({"BR", "JP", "IN"})
REGION_ONLY = frozenset({"selangor"})
BY = frozenset({"am", "an", "im", "in", "bei", "ob", "auf", "vor", "upon", "nad", "aan"})
EDGE_OF_NAME = 40_000  # "Paris Observatory": needed where neither country nor language is known
SPOKEN = 1.5  # in a country of the string's language
# Elsewhere than where the string's language is spoken.
FOREIGN_POPULATION = {
    WHOLE: 50_000,
    AREA: 100_000,
    EDGE: 1_000_000,
    LONE: 2_000_000,
    INSIDE: 2_000_000,
    REGION: 1_000_000,
}
# Salamanca is no district of Madrid; yet a small town beside a large one may be the one meant.
NEARLY = 0.4
INDEPENDENT_POPULATION = 50_000
OWN_NAME = 0.7  # outweighs fifteen times the inhabitants
ALIAS = 1.5  # a name that the curated table gives to the place
SPELT_POPULATION = 5_000
# How well known a Chinese division counts, as inhabitants: said to be a district, or bare.
COUNTY_SAID, COUNTY_BARE, DISTRICT_BARE = 1_000_000, 300_000, 150_000


class Candidate(NamedTuple):
    """One reading of one name."""

    score: float
    row: int
    position: int
    kind: str
    in_region: bool
    name: str  # as written, folded


class Judge:
    """Scores the readings of names in one organisation's segments."""

    def __init__(self, gazetteer: Gazetteer, context: Context) -> None:
        self.gazetteer = gazetteer
        self.context = context

    def read(
        self, name: Name, segment: Segment, position: int, allowed: frozenset[str] | None
    ) -> Candidate | None:
        """The best reading of the name within the allowed countries, or None."""
        context = self.context
        is_twice = name.kind == REGION and context.is_named_twice(segment)
        base = self._base(name, segment, position)
        found = [*self._towns(name, segment, allowed), *self._counties(name, segment, allowed)]
        if not found:
            return None
        score, row = self._surest(found)
        in_region = self._region(row) in context.regions
        kind = WHOLE if is_twice else name.kind
        return Candidate(base + score, row, position, kind, in_region, name.text)

    def _surest(self, found: list[tuple[float, int]]) -> tuple[float, int]:
        """The best reading; a part of a larger town gives way to a namesake almost as good."""
        score, row = best = max(found, key=lambda reading: (reading[0], -reading[1]))
        index = self.gazetteer.index
        for other_score, other in found:
            if other == row or other_score < score - NEARLY:
                continue
            is_large = index.populations[other] >= INDEPENDENT_POPULATION
            same_country = index.countries[other] == index.countries[row]
            if is_large and same_country and self.gazetteer.is_part(row):
                return score, other
        return best

    def _base(self, name: Name, segment: Segment, position: int) -> float:
        base = KIND_WEIGHT[name.kind] + 1.0 * (position + 1) / len(self.context.group)
        if segment.is_street and name.kind != WHOLE:
            base -= 2.5
        if segment.is_department and name.kind != WHOLE:
            base -= 2.0 if name.kind == EDGE else 0.5
        if name.kind == WHOLE and name.text in self.gazetteer.tables.regions:
            base -= 3.0
        if name.kind == WHOLE and "ku" in segment.words:
            base -= 3.0  # a ward: many cities have a Chuo-ku
        return base

    def _towns(
        self, name: Name, segment: Segment, allowed: frozenset[str] | None
    ) -> Iterator[tuple[float, int]]:
        index = self.gazetteer.index
        codes: Iterable[int] = name.codes
        if allowed is not None:
            countries = index.countries
            codes = [code for code in codes if countries[code >> 1] in allowed]
        aliases = self.gazetteer.aliases.get(name.text, ())
        for code in codes:
            row = code >> 1
            if name.counties and self._is_village_beside(name, row):
                continue
            if self._is_credible(name, segment, code, allowed):
                score = 0.6 * math.log10(index.populations[row] + 10)
                if not code & 1 or self._is_own_name(name, code):
                    score += OWN_NAME
                if code in aliases:
                    score += ALIAS
                yield score + self._fit(row), row

    def _counties(
        self, name: Name, segment: Segment, allowed: frozenset[str] | None
    ) -> Iterator[tuple[float, int]]:
        """Readings as a division of mainland China, where that is known to be meant."""
        if not name.counties or segment.is_street or "CN" not in (allowed or self.context.weak):
            return
        if "CN" not in self.context.exact and not self.context.has_region_in("CN"):
            return
        if not _is_said(name) and any(map(self._is_seat, name.codes)):
            return  # a prefecture of that name is better known
        for order, county in enumerate(name.counties):
            row = self.gazetteer.row(county.geonames_id)
            if row is None or self._is_outside(row):
                continue
            score = OWN_NAME + 0.6 * math.log10(_standing(name, county)) - 0.05 * order
            score += 3.0 if self._is_named(row, segment) else 0.0
            yield score + self._fit(row), row

    def _is_seat(self, code: int) -> bool:
        """Whether a place is a Chinese prefecture's, in a province that may be meant."""
        row = code >> 1
        is_seat = self.gazetteer.index.ids[row] in self.gazetteer.tables.seats
        return is_seat and not self._is_outside(row)

    def _is_village_beside(self, name: Name, row: int) -> bool:
        """Whether a place is a namesake of a district that is said to be one."""
        if self.gazetteer.index.countries[row] != "CN" or not _is_said(name):
            return False
        return any(c.kind == "district" for c in name.counties)

    def _is_named(self, row: int, beside: Segment) -> bool:
        """Whether another segment is that place's name: the prefecture of a district."""
        return any(
            code >> 1 == row
            for segment in self.context.group
            for name in segment.names
            if segment is not beside and name.kind == WHOLE
            for code in name.codes
        )

    def _is_outside(self, row: int) -> bool:
        context = self.context
        return context.has_region_in("CN") and self._region(row) not in context.regions

    def _region(self, row: int) -> tuple[str, str]:
        index = self.gazetteer.index
        return index.countries[row], index.admin1[row]

    def _is_own_name(self, name: Name, code: int) -> bool:
        """Whether an alternate name is the own one's short form: Halle for Halle (Saale)."""
        own = self.gazetteer.index.own_names[code >> 1]
        rest = fold(own).removeprefix(f"{name.text} ").split()
        return len(rest) < len(fold(own).split()) and (rest[0] in BY or "(" in own)

    def _fit(self, row: int) -> float:
        """How well the place's region and country agree with those named."""
        context = self.context
        country, _ = region = self._region(row)
        score = 0.0
        if region in context.regions:
            score += 4.0
        elif region in context.hint_regions:
            score += 1.5
        elif context.has_region_in(country):
            score -= 2.0
        if country in context.named or country == context.hint:
            score += 1.0
        elif country in context.weak:
            score += 2.0
        if not context.exact and country in context.spoken:
            score += SPOKEN
        return score

    def _is_credible(
        self, name: Name, segment: Segment, code: int, allowed: frozenset[str] | None
    ) -> bool:
        """Whether a place of that size can be meant where the name stands."""
        context = self.context
        country, _ = region = self._region(code >> 1)
        in_region = region in context.regions
        population = self.gazetteer.index.populations[code >> 1]
        if name.is_spelt:
            is_outside = context.has_region_in(country) and not in_region
            return population >= SPELT_POPULATION and country in context.exact and not is_outside
        if self._is_saint(name, segment) and not in_region:
            return population >= KNOWN_POPULATION[LONE] and allowed is not None
        if name.kind == REGION:
            elsewhere = country not in context.region_countries
            return (in_region and population >= 50_000 and self._bears(name, code)) or (
                elsewhere and country in context.exact
            )
        if in_region:
            return population >= (0 if name.kind == WHOLE else 2_000)
        if population < STRICT_COUNTRIES.get(country, 0) and context.has_region_in(country):
            return False
        if allowed is None:
            if name.kind == WHOLE and region in context.hint_regions:
                return population >= 5_000  # "University of California, Davis"
            return population >= self._needed(name, country, segment)
        if name.kind == EDGE and segment.is_organisation:
            return population >= 15_000
        if name.kind == WHOLE and country == "US" and name.text in self.gazetteer.tables.alone:
            return population >= 50_000
        return population >= KNOWN_POPULATION[name.kind]

    def _is_saint(self, name: Name, segment: Segment) -> bool:
        """Whether a saint's name is rather a hospital's: not where towns stand, at the end."""
        if name.kind != WHOLE or name.text.split()[0] not in SAINTS or segment.is_location is False:
            return False
        later = self.context.group[self.context.group.index(segment) + 1 :]
        return any(s.is_organisation for s in later)

    def _bears(self, name: Name, code: int) -> bool:
        """Whether the town itself is called as its region is, in some language."""
        own = fold(self.gazetteer.index.own_names[code >> 1])
        region = self._region(code >> 1)
        if name.text in REGION_ONLY:
            return False
        if region[0] not in LOOSE_REGIONS or own.startswith(f"{name.text} "):
            return True
        return not code & 1 or region in self.gazetteer.tables.regions.get(own, ())

    def _needed(self, name: Name, country: str, segment: Segment) -> int:
        """The population that makes a name credible where no country is known."""
        context = self.context
        is_last = segment is context.group[-1]
        needed = LOOSE_POPULATION[name.kind]
        if name.kind == EDGE and segment.is_organisation and country not in context.spoken:
            needed = EDGE_OF_NAME
        if context.spoken and country not in context.spoken and country not in context.weak:
            needed = max(FOREIGN_POPULATION[name.kind], needed)
        if name.text in self.gazetteer.tables.alone and name.kind != INSIDE:
            return max(needed, 150_000)
        if country in context.weak or (is_last and name.kind == WHOLE and len(context.group) > 1):
            needed //= 10
        return needed


def _is_said(name: Name) -> bool:
    """Whether the kind of division is written: "Xihu District"."""
    return name.kind in (AREA, EDGE) or name.text.endswith(" district")


def _standing(name: Name, county: County) -> int:
    if _is_said(name):
        return COUNTY_SAID
    return DISTRICT_BARE if county.kind == "district" else COUNTY_BARE

"""Deciding which place one organisation's segments name."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from sciencecities.locate.gaz_tables import Institution, Region, family
from sciencecities.locate.model import Place
from sciencecities.locate.place_parse import (
    AREA,
    EDGE,
    INSIDE,
    LONE,
    REGION,
    WHOLE,
    Name,
    Parser,
    Segment,
)
from sciencecities.locate.place_scan import scan, slips
from sciencecities.locate.place_words import UK_AREAS

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
STRICT_COUNTRIES = frozenset({"US", "CA", "AU"})  # a town outside the named state is not meant
SLIP_POPULATION = 50_000
# Capitals that bear their country's name.
NAMESAKES = {"LU": 2960316, "PA": 3703443, "GT": 3598132, "KW": 285787, "DJ": 223817}
CITY_STATES = {"SG": 1880252, "HK": 1819729, "MO": 1821274, "MC": 2993458, "GI": 2411585}


class Found(NamedTuple):
    """The answer for a string: `country` may be known where no place is."""

    place: Place | None
    country: str | None
    method: str
    score: float


class Candidate(NamedTuple):
    """One reading of one name."""

    score: float
    row: int
    position: int
    kind: str
    in_region: bool


class Resolver:
    """Decides one organisation's place from its segments."""

    def __init__(
        self, parser: Parser, group: list[Segment], hint: str | None, weak_hint: str | None
    ) -> None:
        self.parser = parser
        self.gazetteer = parser.gazetteer
        self.group = group
        self.named = self._named_countries()
        self.regions: frozenset[Region] = frozenset(r for s in group for r in s.regions)
        self.hint = hint
        self.exact = self.named or ((hint,) if hint else ())
        self.weak = self._weak_countries(weak_hint)
        self.hint_regions = frozenset(r for s in group for r in s.hint_regions)

    def answer(self) -> Found:
        """The group's place and country."""
        institution = self._institution()
        allowed = self._allowed()
        best = self._best(self._candidates(allowed))
        if best is None and not self.named and self.hint:
            # A region or town that only fits elsewhere outweighs a hint.
            best = self._best(c for c in self._candidates(None) if c.in_region and c.kind == WHOLE)
        if best and best.kind in (INSIDE, REGION, LONE) and institution and self._fits(institution):
            best = None
        if best is None and institution and self._fits(institution):
            return self._result_of_institution(institution)
        best = best or self._scan(allowed) or self._postcode_area(allowed)
        if best is None or best.kind in (INSIDE, REGION, LONE):
            state = self._city_state()
            if state:
                return state
        if best is None:
            best = self._misspelt(allowed)
        if best is None:
            return Found(None, self._country(), "none", 0.0)
        return self._result(best)

    def _city_state(self) -> Found | None:
        named = [c for s in self.group for c in s.countries] or ([self.hint] if self.hint else [])
        for country in named:
            if country in CITY_STATES:
                place = self.gazetteer.place(CITY_STATES[country])
                return Found(place, country, "text-city-country", 0.98)
        for country, town in NAMESAKES.items():
            if named.count(country) > 1:  # "Luxembourg, Luxembourg"
                return Found(self.gazetteer.place(town), country, "text-city-country", 0.9)
        return None

    def _misspelt(self, allowed: frozenset[str] | None) -> Candidate | None:
        """A large town of the country written with one slip ("Edmonon", "Patiyala")."""
        if allowed is None:
            return None
        for position in range(len(self.group) - 1, 0, -1):
            for name in slips(self.parser, self.group[position]):
                codes = tuple(c for c in name.codes if self._is_plausible_slip(c, name.text))
                found = self._read(
                    Name(name.text, codes, WHOLE),
                    self.group[position],
                    position,
                    len(self.group),
                    allowed,
                )
                if found:
                    return found
        return None

    def _is_plausible_slip(self, code: int, name: str) -> bool:
        index = self.gazetteer.index
        needed = SLIP_POPULATION if len(name) >= 7 else 10 * SLIP_POPULATION
        return index.populations[code >> 1] >= needed and index.countries[code >> 1] in self.exact

    def _named_countries(self) -> tuple[str, ...]:
        named = [c for s in self.group for c in s.countries]
        if not named:
            return ()
        last = named[-1]
        if last == "GE" and any(r == ("US", "GA") for s in self.group for r in s.regions):
            sure = [c for c in named if c != "GE"]
            return (sure[-1],) if sure else ("GE", "US")
        return (last,)

    def _weak_countries(self, weak_hint: str | None) -> tuple[str, ...]:
        inside = [c for s in self.group for c in s.hints]
        if any(s.area in UK_AREAS for s in self.group):
            inside.append("GB")
        return (*([weak_hint] if weak_hint else []), *inside)

    def _allowed(self) -> frozenset[str] | None:
        if self.named:
            return frozenset().union(*map(family, self.named))
        if self.hint:
            return family(self.hint)
        return None

    def _candidates(self, allowed: frozenset[str] | None) -> list[Candidate]:
        found = []
        n = len(self.group)
        for position, segment in enumerate(self.group):
            for name in segment.names:
                candidate = self._read(name, segment, position, n, allowed)
                if candidate:
                    found.append(candidate)
                    break  # the longest name of a segment that fits
        return found

    def _read(
        self, name: Name, segment: Segment, position: int, n: int, allowed: frozenset[str] | None
    ) -> Candidate | None:
        index = self.gazetteer.index
        kind = WHOLE if name.kind == REGION and self._is_named_twice(segment) else name.kind
        base = KIND_WEIGHT[name.kind] + 1.0 * (position + 1) / n
        if segment.is_street and name.kind != WHOLE:
            base -= 2.5
        if segment.is_department and name.kind != WHOLE:
            base -= 2.0 if name.kind == EDGE else 0.5
        is_region = name.kind == WHOLE and name.text in self.gazetteer.tables.regions
        best: Candidate | None = None
        for code in name.codes:
            row = code >> 1
            country = index.countries[row]
            if allowed is not None and country not in allowed:
                continue
            population = index.populations[row]
            region = (country, index.admin1[row])
            in_region = region in self.regions
            if not self._is_credible(name, segment, code, allowed, in_region):
                continue
            score = base + 0.6 * math.log10(population + 10)
            if in_region:
                score += 4.0
            elif region in self.hint_regions:
                score += 1.5
            elif self._has_region_in(country):
                score -= 2.0
            if not code & 1:
                score += 0.7
            if country in self.named or country == self.hint:
                score += 1.0
            elif allowed is None and country in self.weak:
                score += 2.0
            if is_region:
                score -= 3.0
            if best is None or score > best.score:
                best = Candidate(score, row, position, kind, in_region)
        return best

    def _is_named_twice(self, segment: Segment) -> bool:
        """Whether another segment names the same region: "New York, NY", "Madrid, Madrid"."""
        return any(s is not segment and set(s.regions) & set(segment.regions) for s in self.group)

    def _is_credible(
        self,
        name: Name,
        segment: Segment,
        code: int,
        allowed: frozenset[str] | None,
        in_region: bool,
    ) -> bool:
        """Whether a place of that size can be meant where the name stands."""
        index = self.gazetteer.index
        country = index.countries[code >> 1]
        population = index.populations[code >> 1]
        if name.kind == REGION:
            elsewhere = country not in {c for c, _ in self.regions}
            return (in_region and population >= 50_000) or (elsewhere and country in self.exact)
        if in_region:
            return population >= (0 if name.kind == WHOLE else 2_000)
        if country in STRICT_COUNTRIES and population < 300_000 and self._has_region_in(country):
            return False
        if allowed is None:
            if name.kind == WHOLE and (country, index.admin1[code >> 1]) in self.hint_regions:
                return population >= 5_000  # "University of California, Davis"
            return population >= self._needed(name, country, segment is self.group[-1])
        if name.kind == EDGE and segment.is_organisation:
            return population >= 15_000
        if name.kind == WHOLE and country == "US" and name.text in self.gazetteer.tables.alone:
            return population >= 50_000
        return population >= KNOWN_POPULATION[name.kind]

    def _needed(self, name: Name, country: str, is_last: bool) -> int:
        """The population that makes a name credible where no country is known."""
        needed = LOOSE_POPULATION[name.kind]
        if name.text in self.gazetteer.tables.alone and name.kind != INSIDE:
            return max(needed, 150_000)
        if country in self.weak or (is_last and name.kind == WHOLE and len(self.group) > 1):
            needed //= 10
        return needed

    def _has_region_in(self, country: str) -> bool:
        return any(c == country for c, _ in self.regions)

    def _best(self, candidates: Iterable[Candidate]) -> Candidate | None:
        found = list(candidates)
        if not found:
            return None
        best = max(found, key=lambda c: (c.score, -c.row))
        return self._more_specific(best, found)

    def _more_specific(self, best: Candidate, found: list[Candidate]) -> Candidate:
        """In "San Giovanni Rotondo, Foggia, Italy" the town comes before its province's."""
        index = self.gazetteer.index
        country = index.countries[best.row]
        if best.kind != WHOLE or country in ("CN", "TW", "US"):
            return best
        for other in found:
            if other.position != best.position - 1 or other.kind != WHOLE or other.row == best.row:
                continue
            distance = self.gazetteer.distance_km(
                other.row, index.latitudes[best.row], index.longitudes[best.row]
            )
            if index.admin1[other.row] == index.admin1[best.row] and 8 < distance < 80:
                return other
        return best

    def _institution(self) -> Institution | None:
        for segment in self.group:
            found = self.parser.institution(segment.words)
            if found:
                return found
        return None

    def _fits(self, institution: Institution) -> bool:
        allowed = self._allowed()
        return allowed is None or institution.country in allowed

    def _scan(self, allowed: frozenset[str] | None) -> Candidate | None:
        best: Candidate | None = None
        n = len(self.group)
        for position, segment in enumerate(self.group):
            if not segment.is_organisation or segment.is_street:
                continue
            for order, name in enumerate(scan(self.parser, segment)):
                found = self._read(name, segment, position, n, allowed)
                if found and self._is_large_enough(found, allowed):
                    found = found._replace(score=found.score - 0.5 * order)
                    best = max(best, found, key=lambda c: (c.score, -c.row)) if best else found
        return best

    def _is_large_enough(self, found: Candidate, allowed: frozenset[str] | None) -> bool:
        population = self.gazetteer.index.populations[found.row]
        country = self.gazetteer.index.countries[found.row]
        if found.kind == LONE:
            return found.in_region and population >= 50_000
        if found.in_region:
            return population >= 5_000
        if allowed is not None:
            return population >= (20_000 if country != "US" else 50_000)
        return population >= 100_000 or (country in self.weak and population >= 50_000)

    def _postcode_area(self, allowed: frozenset[str] | None) -> Candidate | None:
        if allowed is None or "GB" not in allowed:
            return None
        for position, segment in enumerate(self.group):
            town = UK_AREAS.get(segment.area or "")
            if town:
                codes = self.gazetteer.codes(town.lower())
                name = Name(town, codes, INSIDE)
                return self._read(name, segment, position, len(self.group), frozenset({"GB"}))
        return None

    def _country(self) -> str | None:
        if self.named:
            return self.named[-1]
        if self.hint:
            return self.hint
        countries = {c for c, _ in self.regions}
        if len(countries) == 1:
            return countries.pop()
        return None

    def _result(self, best: Candidate) -> Found:
        place = self.gazetteer.place_at(best.row)
        if best.kind in (INSIDE, LONE):
            method = "text-name"
        elif self.named:
            method = "text-city-country"
        elif best.in_region:
            method = "text-city-region"
        else:
            method = "text-city"
        return Found(place, place.country, method, _confidence(best, method))

    def _result_of_institution(self, institution: Institution) -> Found:
        place = self.gazetteer.place(institution.geonames_id)
        score = 0.9 if self.named or self.hint else 0.8
        return Found(place, institution.country, "known-institution", score)


def _confidence(best: Candidate, method: str) -> float:
    base = {
        "text-city-country": 0.93,
        "text-city-region": 0.95,
        "text-city": 0.85,
        "text-name": 0.75,
    }[method]
    if best.in_region and method == "text-city-country":
        base += 0.05
    if best.kind == EDGE:
        base -= 0.05
    return round(base, 3)

"""Deciding which place one organisation's segments name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sciencecities.locate.gaz_tables import Institution
from sciencecities.locate.model import Place
from sciencecities.locate.place_context import Context
from sciencecities.locate.place_judge import STATE_COUNTRIES, Candidate, Judge
from sciencecities.locate.place_names import EDGE, INSIDE, LONE, REGION, WHOLE, Name
from sciencecities.locate.place_parse import Known, Parser, Segment
from sciencecities.locate.place_scan import scan, slips
from sciencecities.locate.place_words import OF, UK_AREAS
from sciencecities.locate.text import fold

SLIP_POPULATION = 50_000
BRANCH_POPULATION = 100_000
BRANCH_SCORE = 0.85
FIRST_POPULATION = 5_000  # of a town that may begin a string before its province
SIZE_SCORES = ((1_000_000, 0.92), (300_000, 0.88), (100_000, 0.78), (30_000, 0.58), (0, 0.4))
# Institutes and hospitals are named after them, or after parts of their own city.
PERSONS = frozenset({"zhongshan", "sun yat sen", "tongren", "chaoyang", "koto", "fukui"})
# Capitals that bear their country's name.
NAMESAKES = {"LU": 2960316, "PA": 3703443, "GT": 3598132, "KW": 285787, "DJ": 223817}
KNOWN = "known-institution"
BRANCHES = frozenset(
    {
        "branch",
        "campus",
        "center",
        "centre",
        "college",
        "dental",
        "graduate",
        "hospital",
        "innovation",
        "institute",
        "international",
        "medical",
        "research",
        "school",
    }
)
STATE_ALONE = frozenset({"US"})  # a university of one state has no branch in another
CITY_STATES = {"SG": 1880252, "HK": 1819729, "MO": 1821274, "MC": 2993458, "GI": 2411585}


class Found(NamedTuple):
    """The answer for a string: `country` may be known where no place is."""

    place: Place | None
    country: str | None
    method: str
    score: float
    name: str = ""  # folded: of the place where it stands beside other words, or the institution
    is_sure: bool = False  # named with its region


class Resolver:
    """Decides one organisation's place from its segments."""

    def __init__(
        self, parser: Parser, group: list[Segment], hint: str | None, weak_hint: str | None
    ) -> None:
        self.parser = parser
        self.gazetteer = parser.gazetteer
        self.group = group
        self.context = Context(group, hint, weak_hint, parser.tables.postcodes)
        self.judge = Judge(parser.gazetteer, self.context)

    def answer(self) -> Found:
        """The group's place and country."""
        allowed = self.context.allowed
        found = self._candidates(allowed)
        best = self._best(found)
        if best is None and not self.context.named and self.context.hint:
            # A region or town that only fits elsewhere outweighs a hint.
            best = self._best(c for c in self._candidates(None) if c.in_region and c.kind == WHOLE)
        position, known = self._institution()
        is_vague = best is None or not self._is_written(best) or self._is_within(best, known)
        own = self._own_town(best, found, known)
        if own:
            return self._result(own)
        is_vague = is_vague or (known is not None and self._is_its_town(best, known))
        if known and is_vague and self._is_in_regions(known.institution):
            branch = self._branch(position, known, allowed)
            if branch is None:
                return self._result_of(known)
            result = self._result(branch)
            if branch.position != position:
                return result
            return result._replace(method="text-branch", score=BRANCH_SCORE)
        best = best or self._scan(allowed) or self._postcode_area(allowed)
        if best is None or best.kind in (INSIDE, REGION, LONE):
            state = self._city_state()
            if state:
                return state
        if best is None:
            best = self._misspelt(allowed)
        if best is None and known:
            return self._result_of(known)
        if best is None:
            return Found(None, self.context.country(), "none", 0.0)
        return self._result(best)

    def _branch(
        self, position: int, known: Known, allowed: frozenset[str] | None
    ) -> Candidate | None:
        """The town of the institution's part or partner: "Kaohsiung | Chang Gung Hospital"."""
        for i, segment in enumerate(self.group):
            if not (segment.is_organisation or segment.is_department):
                continue
            if segment.is_street and i != position:
                continue
            if i > position and any(w.startswith("universi") for w in segment.words):
                continue  # another one
            for name in scan(self.parser, segment):
                own = known if i == position else None
                if name.text in PERSONS or not self._marks_branch(segment, name, own):
                    continue
                found = self.judge.read(name, segment, i, allowed)
                if found and self.gazetteer.index.ids[found.row] == known.institution.geonames_id:
                    return None
                if found and self._is_partner(found, known.institution):
                    return found
        return None

    def _marks_branch(self, segment: Segment, name: Name, known: Known | None) -> bool:
        """Whether the town stands at an edge of the segment and outside the known name in it.

        Also between that name and a word of branches: "Peking University Shenzhen Graduate School".
        """
        words, n = segment.words, len(name.text.split())
        if known and words[known.end : known.end + n] == tuple(name.text.split()):
            following = words[known.end + n : known.end + n + 1]
            is_region = name.text in self.gazetteer.tables.regions  # "Université Laval Québec"
            return bool(following and following[0] in BRANCHES) or not is_region
        if segment.is_street:
            return False
        is_first = " ".join(words[:n]) == name.text
        is_last = " ".join(words[-n:]) == name.text
        if known:
            before, after = known.start >= n, known.end <= len(words) - n
            return (is_first and before) or (is_last and after)
        if segment.is_department:  # "School of Medicine of Ribeirão Preto"
            return is_last and len(words) > n + 1 and words[-n - 1] in OF
        return is_first

    def _is_partner(self, found: Candidate, institution: Institution) -> bool:
        index = self.gazetteer.index
        country, region = index.countries[found.row], index.admin1[found.row]
        # "University of Hong Kong Shenzhen Hospital", but no "Hang" for Hangzhou.
        is_across = country == "CN" and institution.country in ("HK", "MO")
        is_across = is_across and found.name == fold(index.own_names[found.row])
        if country != institution.country and not is_across:
            return False
        is_near = region == self.gazetteer.admin1(institution.geonames_id)
        if country in STATE_ALONE and not is_near:
            return False  # "Columbia University Irving Medical Center"
        return index.populations[found.row] >= BRANCH_POPULATION // (10 if is_near else 1)

    def _is_written(self, best: Candidate) -> bool:
        """Whether a town stands by itself, not in a name; also one that names its province."""
        if best.kind == REGION:
            segment, index = self.group[best.position], self.gazetteer.index
            own, country = fold(index.own_names[best.row]), index.countries[best.row]
            is_town = any(
                own == n.text or (country == "MX" and own.endswith(f" {n.text}"))
                for n in segment.names
            )
            return is_town and segment.is_location and country not in STATE_COUNTRIES
        return best.kind not in (INSIDE, LONE)

    def _is_within(self, best: Candidate, known: Known | None) -> bool:
        """Whether the town is a word of the known institution's name: Université Laval."""
        if known is None or best.kind == WHOLE:
            return False
        words = self.group[best.position].words
        own = self.group[best.position].known
        if own is None or own.institution != known.institution:
            return False
        return f" {best.name} " in f" {' '.join(words[own.start : own.end])} "

    def _own_town(
        self, best: Candidate | None, found: list[Candidate], known: Known | None
    ) -> Candidate | None:
        """The institution's own town, also before that of its region: "KAUST, Thuwal, Makkah"."""
        if known is None or best is None:
            return None
        ids, wanted = self.gazetteer.index.ids, known.institution.geonames_id
        if best.kind not in (INSIDE, LONE) and ids[best.row] == wanted:
            return best
        before = [c for c in found if c.kind == WHOLE and c.position == best.position - 1]
        return next((c for c in before if ids[c.row] == wanted), None)

    def _is_its_town(self, best: Candidate | None, known: Known) -> bool:
        """Whether the institution's town bears the written name, no country said."""
        if best is None or self.context.exact or best.in_region:
            return False
        row = self.gazetteer.row(known.institution.geonames_id)
        return any(code >> 1 == row for code in self.gazetteer.codes(best.name))

    def _city_state(self) -> Found | None:
        named = [c for s in self.group for c in s.countries] or (
            [self.context.hint] if self.context.hint else []
        )
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
                name = Name(name.text, codes, WHOLE)
                found = self.judge.read(name, self.group[position], position, allowed)
                if found:
                    return found
        return None

    def _is_plausible_slip(self, code: int, name: str) -> bool:
        index = self.gazetteer.index
        needed = SLIP_POPULATION if len(name) >= 7 else 10 * SLIP_POPULATION
        return (
            index.populations[code >> 1] >= needed
            and index.countries[code >> 1] in self.context.exact
        )

    def _candidates(self, allowed: frozenset[str] | None) -> list[Candidate]:
        found = []
        for position, segment in enumerate(self.group):
            for name in segment.names:
                candidate = self.judge.read(name, segment, position, allowed)
                if candidate:
                    found.append(candidate)
                    break  # the longest name of a segment that fits
        return found

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
        farthest = 130 if country in ("IT", "ES") else 80  # the length of a province
        for other in found:
            if other.position != best.position - 1 or other.kind != WHOLE or other.row == best.row:
                continue
            if other.position == 0 and index.populations[other.row] < FIRST_POPULATION:
                continue  # "Pemex, Villahermosa" begins with a company
            distance = self.gazetteer.distance_km(
                other.row, index.latitudes[best.row], index.longitudes[best.row]
            )
            if index.admin1[other.row] == index.admin1[best.row] and 8 < distance < farthest:
                return other
        return best

    def _institution(self) -> tuple[int, Known | None]:
        """The first known institution that may be meant, and its segment's position."""
        for position, segment in enumerate(self.group):
            found = segment.known
            if found and self._fits(found.institution):
                return position, found
        return 0, None

    def _fits(self, institution: Institution) -> bool:
        allowed = self.context.allowed
        return allowed is None or institution.country in allowed

    def _is_in_regions(self, institution: Institution) -> bool:
        """Whether it lies in a region that is named, or its town bears such a region's name."""
        country, region = institution.country, self.gazetteer.admin1(institution.geonames_id)
        if country == "CN" or not self.context.has_region_in(country):
            return True  # Chinese universities have hospitals in other provinces
        if (country, region) in self.context.regions:
            return True
        row = self.gazetteer.row(institution.geonames_id)
        names = (n for s in self.group for n in s.names if n.kind == REGION)
        return any(code >> 1 == row for name in names for code in name.codes)

    def _scan(self, allowed: frozenset[str] | None) -> Candidate | None:
        best: Candidate | None = None
        for position, segment in enumerate(self.group):
            if not segment.is_organisation or segment.is_street:
                continue
            for order, name in enumerate(scan(self.parser, segment)):
                found = self.judge.read(name, segment, position, allowed)
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
        likely = country in self.context.weak or country in self.context.spoken
        return population >= 100_000 or (likely and population >= 50_000)

    def _postcode_area(self, allowed: frozenset[str] | None) -> Candidate | None:
        if allowed is None or "GB" not in allowed:
            return None
        for position, segment in enumerate(self.group):
            town = UK_AREAS.get(segment.area or "")
            if town:
                codes = self.gazetteer.codes(town.lower())
                name = Name(town, codes, INSIDE)
                return self.judge.read(name, segment, position, frozenset({"GB"}))
        return None

    def _result(self, best: Candidate) -> Found:
        place = self.gazetteer.place_at(best.row)
        if best.kind in (INSIDE, LONE):
            method = "text-name"
        elif self.context.named:
            method = "text-city-country"
        elif best.in_region:
            method = "text-city-region"
        else:
            method = "text-city"
        name = "" if best.kind == WHOLE else best.name
        score = _confidence(best, method)
        if not self.context.exact and not best.in_region and best.kind != WHOLE:
            score = _confidence_of_size(self.gazetteer.index.populations[best.row])
        return Found(place, place.country, method, score, name, best.in_region)

    def _result_of(self, known: Known) -> Found:
        place = self.gazetteer.place(known.institution.geonames_id)
        score = 0.9 if self.context.named or self.context.hint else 0.8
        return Found(place, known.institution.country, KNOWN, score, known.name)


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


def _confidence_of_size(population: int) -> float:
    """The score of a town inside a name where no country or region is written.

    Measured on names of the research organisation registry, by the town's size (docs/PLACES.md).
    """
    return next(score for least, score in SIZE_SCORES if population >= least)

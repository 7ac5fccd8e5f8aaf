"""What an organisation's segments say together: its country, its regions, how sure that is."""

from __future__ import annotations

from collections.abc import Iterable

from sciencecities.locate.gaz_tables import Region, family
from sciencecities.locate.place_codes import Codes, code_regions
from sciencecities.locate.place_names import WHOLE
from sciencecities.locate.place_parse import Segment
from sciencecities.locate.place_words import UK_AREAS

# Written before the country whose part they are: "Hong Kong, China".
TERRITORIES = {
    "HK": "CN", "MO": "CN", "TW": "CN", "PR": "US", "GU": "US", "VI": "US", "RE": "FR", "GP": "FR",
    "MQ": "FR", "GF": "FR", "NC": "FR", "PF": "FR", "CW": "NL", "AW": "NL", "GL": "DK", "FO": "DK",
}  # fmt: skip
STRICT = frozenset({"HK", "MO", "TW", "PR"})  # their strings name no place of the mainland


class Context:
    """The named and hinted countries and regions of one organisation's segments."""

    def __init__(
        self,
        group: list[Segment],
        hint: str | None,
        weak_hint: str | None,
        postcodes: Codes | None = None,
    ) -> None:
        self.group = group
        self.hint = hint
        self.named = named_countries(group)
        self.regions: frozenset[Region] = _union(s.regions for s in group if s.regions)
        self.region_countries = {country for country, _ in self.regions}
        self.hint_regions: frozenset[Region] = _union(
            s.hint_regions for s in group if s.hint_regions
        )
        self.exact = self.named or ((hint,) if hint else ())
        codes = [code for s in group if s.postcodes for code in s.postcodes]
        if codes and postcodes:
            for country in self.exact:
                self.hint_regions |= frozenset(code_regions(postcodes, country, codes))
        self.weak = _weak_countries(group, weak_hint)
        self.allowed = self._allowed()
        spoken = [s.languages for s in group if s.languages]
        self.spoken: frozenset[str] = frozenset()
        if spoken:
            self.spoken = frozenset.intersection(*spoken) or frozenset().union(*spoken)

    def has_region_in(self, country: str) -> bool:
        """Whether a region of that country is named."""
        return country in self.region_countries

    def is_named_twice(self, segment: Segment) -> bool:
        """Whether another segment names the same region: "New York, NY", "Madrid, Madrid"."""
        return any(s is not segment and set(s.regions) & set(segment.regions) for s in self.group)

    def country(self) -> str | None:
        """The country as far as known without a place."""
        if self.named:
            return self.named[-1]
        if self.hint:
            return self.hint
        countries = self.region_countries
        return next(iter(countries)) if len(countries) == 1 else None

    def _allowed(self) -> frozenset[str] | None:
        if len(self.named) == 1:
            return _alone_or_family(self.named[0])
        if self.named:
            return frozenset().union(*map(_alone_or_family, self.named))
        return family(self.hint) if self.hint else None


def _union(sets: Iterable[Iterable[Region]]) -> frozenset[Region]:
    return frozenset().union(*sets)


def _alone_or_family(country: str) -> frozenset[str]:
    return frozenset({country}) if country in STRICT else family(country)


def named_countries(group: list[Segment]) -> tuple[str, ...]:
    """The country that a group names, as a rule one: the last, or the territory before it."""
    named = [(position, c) for position, s in enumerate(group) if s.countries for c in s.countries]
    if not named:
        return ()
    position, last = named[-1]
    if last == "GE" and any(r == ("US", "GA") for s in group for r in s.regions):
        sure = [c for _, c in named if c != "GE"]
        return (sure[-1],) if sure else ("GE", "US")
    for before, country in named[:-1]:
        between = group[before + 1 : position]
        is_apart = any(n.kind == WHOLE for s in between for n in s.names)
        if TERRITORIES.get(country) == last and not is_apart and group[before].is_location:
            return (country,)
    return (last,)


def _weak_countries(group: list[Segment], weak_hint: str | None) -> tuple[str, ...]:
    inside = [c for s in group for c in s.hints]
    if any(s.area in UK_AREAS for s in group if s.area):
        inside.append("GB")
    return (*([weak_hint] if weak_hint else []), *inside)

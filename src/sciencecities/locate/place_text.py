"""The place named in an affiliation string, found with the gazetteer alone."""

from __future__ import annotations

import functools
import re

from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.model import Place
from sciencecities.locate.place_context import named_countries
from sciencecities.locate.place_parse import Parser, Segment
from sciencecities.locate.place_resolve import Found, Resolver
from sciencecities.locate.text import clean

__all__ = ["Found", "Reading", "find_place", "parser_of", "places_in"]

MAIL_COUNTRY = re.compile(r"@[\w.-]{1,80}?\.([a-z]{2}|edu|gov|mil)(?![\w.]*\w)", re.IGNORECASE)
NOT_COUNTRY_DOMAINS = frozenset({"IO", "CO", "ME", "AI", "TV", "CC", "EU", "AC", "SO", "LY", "FM"})


NOTHING = Found(None, None, "none", 0.0)


class Reading:
    """One string read once: what it says of places, under any hint of a country."""

    def __init__(self, parser: Parser, text: str) -> None:
        self._parser = parser
        self.groups: list[list[Segment]] = parser.groups(clean(text))
        self._mail = _mail_country(text) if "@" in text else None
        self._found: dict[str | None, list[Found]] = {}
        self._of_group: dict[tuple[int, str | None, str | None], Found] = {}

    def find(self, country: str | None = None) -> Found:
        """The place of the first organisation that names one."""
        first = named = placed = None
        for found in self._answers(country):
            if found.place is None:
                first = first or (found if found.country else None)
            elif found.method != "text-name":
                named = found
                break
            else:
                placed = placed or found
        return named or placed or first or NOTHING

    def all(self, country: str | None = None) -> list[Place]:
        """All distinct towns named, one for each organisation, surest first."""
        placed = [f for f in self._answers(country) if f.place]
        placed.sort(key=lambda f: -f.score)
        return list({f.place.place_id: f.place for f in placed if f.place}.values())

    def _answers(self, country: str | None) -> list[Found]:
        found = self._found.get(country)
        if found is None:
            found = self._found[country] = self._answers_new(country)
        return found

    def _answers_new(self, country: str | None) -> list[Found]:
        mail = self._mail if country is None else None
        found: list[Found] = []
        later: str | None = None  # a country named after a group serves it too
        for number in range(len(self.groups) - 1, -1, -1):
            group = self.groups[number]
            answer = self._answer(number, country, later or mail)
            found.append(answer)
            if any(s.countries for s in group):
                later = answer.country or later
        return found[::-1]

    def _answer(self, number: int, hint: str | None, weak_hint: str | None) -> Found:
        """A group's answer; to be told the country that it names itself changes nothing."""
        group = self.groups[number]
        if hint is not None and hint in named_countries(group):
            hint = None
        key = number, hint, weak_hint
        found = self._of_group.get(key)
        if found is None:
            found = Resolver(self._parser, group, hint, weak_hint).answer()
            self._of_group[key] = found
        return found


def find_place(gazetteer: Gazetteer, text: str, *, country: str | None = None) -> Found:
    """The place named in the string: the first organisation's that names one.

    `country` (ISO 3166-1 alpha-2) decides where the string names no country. Score is between 0
    and 1. Methods: text-city-country, text-city-region, text-city, known-institution, text-branch
    (a town in that one's name), text-name (the town stands in an organisation's name) and none.
    """
    return Reading(parser_of(gazetteer), text).find(country)


def places_in(gazetteer: Gazetteer, text: str, country: str | None = None) -> list[Place]:
    """All distinct towns named, one for each organisation, surest first."""
    return Reading(parser_of(gazetteer), text).all(country)


@functools.lru_cache(maxsize=4)
def parser_of(gazetteer: Gazetteer) -> Parser:
    """The gazetteer's parser, which remembers the segments it has read."""
    return Parser(gazetteer)


def _mail_country(text: str) -> str | None:
    domains = [d.upper() for d in MAIL_COUNTRY.findall(text)]
    same = {"UK": "GB", "EDU": "US", "GOV": "US", "MIL": "US"}
    known = [same.get(d, d) for d in domains if d not in NOT_COUNTRY_DOMAINS]
    return known[0] if known else None

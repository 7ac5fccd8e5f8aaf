"""The place named in an affiliation string, found with the gazetteer alone."""

from __future__ import annotations

import functools
import re

from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.model import Place
from sciencecities.locate.place_parse import Parser
from sciencecities.locate.place_resolve import Found, Resolver
from sciencecities.locate.text import clean

__all__ = ["Found", "find_place", "places_in"]

MAIL_COUNTRY = re.compile(r"@[\w.-]{1,80}?\.([a-z]{2}|edu|gov|mil)(?![\w.]*\w)", re.IGNORECASE)
NOT_COUNTRY_DOMAINS = frozenset({"IO", "CO", "ME", "AI", "TV", "CC", "EU", "AC", "SO", "LY", "FM"})


NOTHING = Found(None, None, "none", 0.0)


def find_place(gazetteer: Gazetteer, text: str, *, country: str | None = None) -> Found:
    """The place named in the string: the first organisation's that names one.

    `country` (ISO 3166-1 alpha-2) decides where the string names no country. Score is between 0
    and 1. Methods: text-city-country, text-city-region, text-city, known-institution, text-name
    (the town stands in the organisation's name) and none.
    """
    found = _found(gazetteer, text, country)
    placed = [f for f in found if f.place]
    named = [f for f in placed if f.method != "text-name"]
    return (named or placed or [f for f in found if f.country] or [NOTHING])[0]


def places_in(gazetteer: Gazetteer, text: str, country: str | None = None) -> list[Place]:
    """All distinct towns named, one for each organisation, surest first."""
    placed = [f for f in _found(gazetteer, text, country) if f.place]
    placed.sort(key=lambda f: -f.score)
    return list({f.place.place_id: f.place for f in placed if f.place}.values())


@functools.lru_cache(maxsize=4)
def _parser(gazetteer: Gazetteer) -> Parser:
    return Parser(gazetteer)


def _found(gazetteer: Gazetteer, text: str, country: str | None) -> list[Found]:
    parser = _parser(gazetteer)
    groups = parser.groups(clean(text))
    mail = _mail_country(text) if country is None and "@" in text else None
    found: list[Found] = []
    later: str | None = None  # a country named after a group serves it too
    for group in reversed(groups):
        answer = Resolver(parser, group, country, later or mail).answer()
        found.append(answer)
        if any(s.countries for s in group):
            later = answer.country or later
    return found[::-1]


def _mail_country(text: str) -> str | None:
    domains = [d.upper() for d in MAIL_COUNTRY.findall(text)]
    same = {"UK": "GB", "EDU": "US", "GOV": "US", "MIL": "US"}
    known = [same.get(d, d) for d in domains if d not in NOT_COUNTRY_DOMAINS]
    return known[0] if known else None

"""What is asked of the method lab: an edition's choices, in words, as address and as command.

Only names that the edition's manifest lists are taken, those of the deployer's boundaries and the
hash of uploaded ones: an address never names a file.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlencode

from sciencecities.edition.read import OVERALL
from sciencecities.errors import ConfigError, UnknownCityError
from sciencecities.method.choices import DIMENSIONS, SCHEMES, Choice
from sciencecities.publish.request import Query
from sciencecities.publish.shown import Shown
from sciencecities.publish.wording import Wording
from sciencecities.scopes.issn import issn_problem

MAX_NAME = 200
MAX_ISSNS = 400
"""Journals that an address holds; longer lists are for the command line."""

OWN_FILE = "journals.csv"
"""Stands in commands for a file with the reader's own journals."""

OWN_BOUNDARY = "boundary.geojson"
"""Stands in commands for the file that the reader uploaded."""

ISSN = re.compile(r"(?<![0-9])([0-9]{4})[-‐–]?([0-9]{3}[0-9Xx])(?![0-9])")

STANDS_FOR = {"issns": ("journals", OWN_FILE), "boundary": ("cities", OWN_BOUNDARY)}

QUESTIONS = {
    "scheme": ("How is a paper split?", "论文怎样分？"),
    "cities": ("Where does a city end?", "城市到哪里为止？"),
    "journals": ("Which journals?", "算哪些期刊？"),
    "documents": ("Which documents?", "算哪些文献？"),
}

TITLES = {
    "scheme": ("Counting scheme", "计数办法"),
    "cities": ("City boundary", "城市边界"),
    "journals": ("Journal set", "期刊范围"),
    "documents": ("Document types", "文献类型"),
}

WORDS = {
    "nature-index": (
        "Nature Index",
        "自然指数式",
        "authors, then their places",
        "先按作者，再按单位",
    ),
    "leiden": ("Leiden", "莱顿式", "author, affiliation, institution", "作者、单位、机构逐级均分"),
    "institution": ("By institution", "按机构", "equal parts", "各机构均分"),
    "city": ("By city", "按城市", "equal parts", "各城市均分"),
    "full": ("In full", "整篇计", "1 to each city", "每座城市各计1"),
    "first-author": ("First author only", "只算第一作者", "", ""),
    "corresponding-author": ("Corresponding author", "通讯作者", "", ""),
    "metro": ("Metro", "都市区", "with what belongs to it", "含所属区域"),
    "place": ("Place", "地名所指", "as named", "按地名本身"),
    "all": ("All journals", "全部期刊", "", ""),
    "natural-82": ("82 titles", "82种期刊", "no health", "不含健康科学"),
    "nature-index-145": ("145 titles", "145种期刊", "with health", "含健康科学"),
    "articles": ("Articles", "论文", "", ""),
    "articles+reviews": ("Articles and reviews", "论文和综述", "", ""),
}
"""English, Chinese, and a word of explanation in both."""


class Named(NamedTuple):
    """A choice in words."""

    value: str
    name: str
    note: str


def named(value: str, say: Wording) -> Named:
    """A choice in a language; a file of the build's bears its own name."""
    en, zh, note_en, note_zh = WORDS.get(value, (value, value, "", ""))
    return Named(value, say.t(en, zh), say.t(note_en, note_zh))


def has_lab(shown: Shown) -> bool:
    """Whether the edition holds works to count anew."""
    return shown.edition.kind == "computed" and "method" in shown.edition.manifest


def choices(shown: Shown) -> dict[str, list[str]]:
    """The choices there are by dimension, the edition's own first."""
    said, base = shown.edition.manifest["method"], base_of(shown)
    found = {}
    for dimension in DIMENSIONS:
        own = getattr(base, dimension)
        there = [str(c) for c in said["choices"][dimension]]
        if dimension == "cities":
            there += [name for name in shown.outside.named if name not in there]
        order = {name: n for n, name in enumerate(SCHEMES)}
        others = sorted((c for c in there if c != own), key=lambda c: (order.get(c, 0), c))
        found[dimension] = [own, *others]
    return found


def base_of(shown: Shown) -> Choice:
    """The edition's own choice."""
    own = shown.edition.manifest["method"]["base"]
    return Choice(*(str(own[name]) for name in Choice._fields))


@dataclass(frozen=True, slots=True)
class Asked:
    """A choice of method for a scope and year, and the city that is looked at."""

    choice: Choice
    base: Choice
    scope: str
    year: int
    newest: int
    city_id: str | None = None
    issns: tuple[str, ...] = ()  # the reader's own journals, in place of a journal set
    boundary: str = ""  # hash of the reader's own boundaries, in place of a city definition

    def changed(self) -> dict[str, str]:
        """What differs from the edition's own method."""
        found = {n: v for n, v in self.choice._asdict().items() if v != getattr(self.base, n)}
        if self.issns:
            found.pop("journals", None)
            found["issns"] = " ".join(self.issns)
        if self.boundary:
            found.pop("cities", None)
            found["boundary"] = self.boundary
        return found

    def values(self, city: str | None = None) -> dict[str, str]:
        """The query: what differs from the default, `city` by its name in addresses."""
        found = self.changed()
        if self.scope != OVERALL:
            found["scope"] = self.scope
        if self.year != self.newest:
            found["year"] = str(self.year)
        if city:
            found["city"] = city
        return found

    def query(self, city: str | None = None) -> str:
        """The query as text; empty for the default."""
        return urlencode(self.values(city))

    def command(self, edition: str, city: str | None = None) -> str:
        """The command line that prints the same."""
        words = ["sciencecities", "lab", edition]
        for name, value in self.values(city).items():
            if name in STANDS_FOR:
                name, value = STANDS_FOR[name]
            words += [f"--{name}", value]
        return shlex.join(words)

    def but(self, dimension: str, value: str) -> Asked:
        """The same with one choice changed."""
        return replace(self, choice=self.choice._replace(**{dimension: value}))


def read(shown: Shown, query: Query) -> Asked:
    """What a query asks. Raises ConfigError, UnknownCityError naming what there is, and
    GoneError."""
    known = {*Choice._fields, "issns", "boundary", "scope", "year", "city"}
    if strange := sorted(set(query) - known):
        raise ConfigError(
            f"no parameter {strange[0][:MAX_NAME]!r}; there are: {', '.join(sorted(known))}"
        )
    base = base_of(shown)
    there = choices(shown)
    chosen = {}
    for dimension in DIMENSIONS:
        value = query.get(dimension, "").strip() or getattr(base, dimension)
        if value not in there[dimension]:
            raise ConfigError(
                f"no {dimension} {value[:MAX_NAME]!r}; there are: {', '.join(there[dimension])}"
            )
        chosen[dimension] = value
    scope = query.get("scope", "").strip() or OVERALL
    if scope not in shown.edition.scopes:
        raise ConfigError(
            f"no scope {scope[:MAX_NAME]!r}; there are: {', '.join(shown.edition.scopes)}"
        )
    years = {str(y): y for y in shown.edition.years}
    year = query.get("year", "").strip() or str(shown.year)
    if year not in years:
        raise ConfigError(f"no data year {year[:MAX_NAME]!r}; there are: {', '.join(years)}")
    city = query.get("city", "").strip()
    if len(city) > MAX_NAME:
        raise UnknownCityError("the name of the city is too long")
    city_id = (shown.city_of(city) or shown.edition.find_city(city)) if city else None
    own = issns_in(query.get("issns", ""))
    boundary = query.get("boundary", "").strip()
    if boundary:
        shown.outside.upload(boundary)
        chosen["cities"] = base.cities
    return Asked(Choice(**chosen), base, scope, years[year], shown.year, city_id, own, boundary)


def issns_in(text: str) -> tuple[str, ...]:
    """The ISSNs of a pasted list, each once, in order. Raises ConfigError naming a wrong one.

    They may be parted by anything but digits, and may stand in lines of a table beside titles.
    """
    found = sorted({f"{a}-{b.upper()}" for a, b in ISSN.findall(text)})
    for issn in found:
        if problem := issn_problem(issn):
            raise ConfigError(f"your journals: {problem}")
    if len(found) > MAX_ISSNS:
        raise ConfigError(
            f"{len(found):,} ISSNs; an address holds at most {MAX_ISSNS}, longer lists are for "
            f"`sciencecities lab EDITION --journals {OWN_FILE}`"
        )
    if text.strip() and not found:
        raise ConfigError("no ISSN in your list of journals; they look like 0028-0836")
    return tuple(found)


def single(shown: Shown) -> Iterator[tuple[str, str, str]]:
    """(name in addresses, dimension, value) of the choices that change one thing."""
    for dimension, values in choices(shown).items():
        for value in values[1:]:
            yield f"{dimension}-{_slug(value)}", dimension, value


def _slug(value: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in value)

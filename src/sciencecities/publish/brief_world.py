"""What all parts of a brief draw on: the edition, the city, its facts, the language, sources."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sciencecities.edition.read import OVERALL
from sciencecities.publish.brief_parts import Phrase, Words
from sciencecities.publish.shown import Shown
from sciencecities.publish.wording import HTML_LANG, Wording

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition
    from sciencecities.observatory.city import Observatory
    from sciencecities.observatory.model import Fact, Text

Row = dict[str, Any]
T = TypeVar("T")
FOLD = re.compile(r"(?<=[\u3001-\u9fff，。；：、”）]) (?=[\u3001-\u9fff“（])")
COUNT_WORDS = (
    *("no", "one", "two", "three", "four", "five"),
    *("six", "seven", "eight", "nine", "ten"),
)


def count_word(number: int) -> str:
    """A small number in words.

    >>> count_word(6), count_word(11)
    ('six', '11')
    """
    return COUNT_WORDS[number] if number < len(COUNT_WORDS) else f"{number:,}"


class World:
    """The edition's newest (or the given) year seen from one city, in one language."""

    def __init__(
        self,
        edition: Edition,
        city: str,
        observatory: Observatory | None,
        lang: Literal["en", "zh"],
        year: int | None,
        on: date,
        shown: Shown | None = None,
    ) -> None:
        """Find the city and its rows; `shown` is the edition where it is open already.

        Raises UnknownCityError, ConfigError.
        """
        self.edition = edition
        self.shown = shown or Shown(edition, edition.name)
        self.city_id = edition.find_city(city)
        self.observatory = observatory
        self.lang: Literal["en", "zh"] = lang
        self.say = Wording(lang)
        self.year = edition.resolve_year(year)
        self.on = on
        self.cited = Cited(self)

    def t(self, en: str, zh: str) -> str:
        """The text in the brief's language."""
        return zh if self.lang == "zh" else en

    @property
    def is_published(self) -> bool:
        """Whether somebody else made the ranking."""
        return self.shown.is_published

    def row(self, scope: str = OVERALL) -> Row | None:
        """The city's row in a scope, if it is ranked there."""
        return self.shown.row(self.city_id, scope, self.year)

    def once(self, what: str, make: Callable[[], T]) -> T:
        """What `make` reads of the edition for this city and year, read once for both languages."""
        return self.shown.once((what, self.city_id, str(self.year)), make)

    @property
    def name(self) -> str:
        """The city's name."""
        return self.say.city(self.shown.cities[self.city_id])

    def scope_title(self, scope: str) -> str:
        """A scope's title in the brief's language."""
        return self.edition.title(scope, self.lang)

    def text(self, text: Text, *facts: Fact) -> Phrase:
        """A bilingual text as a phrase, marked where it is in the other language, with sources."""
        words, lang = text.get(self.lang)
        if lang == "zh":
            words = FOLD.sub("", words)  # where a folded line of YAML ended
        own = None if lang == self.lang else HTML_LANG[lang]
        refs = tuple(dict.fromkeys(n for f in facts for n in self.cited.refs(f.sources)))
        return Phrase(words, own, refs)

    def label(self, text: Text, *facts: Fact) -> Phrase:
        """As `text`, the first letter large, for headings and rows."""
        found = self.text(text, *facts)
        large = found.text[:1].upper() + found.text[1:] if found.lang is None else found.text
        return Phrase(large, found.lang, found.refs)

    def cities_of(self, country: str | None, number: int) -> str:
        """So many cities of a country: `Six Chinese cities`, `中国有6座城市`."""
        english, chinese, adjective = countries().get(country or "", (country or "", "", ""))
        if self.lang == "zh":
            return f"{chinese or english}有{number}座城市"
        count = count_word(number)
        noun = "city" if number == 1 else "cities"
        if adjective:
            return f"{count.capitalize()} {adjective} {noun}"
        return f"{count.capitalize()} {noun} of {english}"


class Cited:
    """Sources by number, in the order in which they are first cited."""

    def __init__(self, world: World) -> None:
        """Nothing is cited yet."""
        self._world = world
        self._numbers: dict[str, int] = {}
        self._words: dict[str, tuple[Words, ...]] = {}
        self._at: dict[str, str] = {}

    def refs(self, keys: tuple[str, ...]) -> tuple[int, ...]:
        """The numbers of observatory sources, in order, each once."""
        observatory = self._world.observatory
        urls = [observatory.sources[k].url if observatory else None for k in keys]
        return tuple(sorted({self.number(k, url=u) for k, u in zip(keys, urls, strict=True)}))

    def number(self, key: str, words: tuple[Words, ...] = (), url: str | None = None) -> int:
        """The number of a source; `words` describe one that is not the observatory's.

        Two sources at one address are one.
        """
        key = self._at.setdefault(url, key) if url else key
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers) + 1
            self._words[key] = words
        return self._numbers[key]

    def lines(self) -> list[tuple[int, tuple[Words, ...]]]:
        """Every source cited, by number."""
        return [(n, self._words[key] or self._fact_source(key)) for key, n in self._numbers.items()]

    def _fact_source(self, key: str) -> tuple[Words, ...]:
        world = self._world
        if world.observatory is None:
            return (key,)
        source = world.observatory.sources[key]
        title, publisher = world.text(source.title), world.text(source.publisher)
        linked = Phrase(title.text, title.lang, href=source.url)
        number = world.t(f", {source.number}", f"，{source.number}") if source.number else ""
        stop = world.t(". ", "，")
        return (linked, stop, publisher, f"{world.t(', ', '，')}{source.date}{number}")


def joined_words(world: World, phrases: list[Phrase]) -> tuple[Words, ...]:
    """Phrases in a row, a comma between them; "–" for none."""
    found: list[Words] = []
    for phrase in phrases:
        if found:
            found.append(world.t(", ", "、"))
        found.append(phrase)
    return tuple(found) or ("–",)


@cache
def countries() -> dict[str, tuple[str, str, str]]:
    """Country code → English name, simplified Chinese name, English adjective."""
    from sciencecities.edition.views import country_names
    from sciencecities.locate.city_tables import data_text

    found = {code: (name, "", "") for code, name in country_names().items()}
    for row in csv.DictReader(io.StringIO(data_text("gaz_countries.csv"))):
        names = row["names"].split("|")
        chinese = next((n for n in names if all("\u4e00" <= c <= "\u9fff" for c in n)), "")
        code = row["country"]
        english = found.get(code, (code, "", ""))[0]
        found[code] = (english, chinese, row["adjectives"].split("|")[0])
    return found

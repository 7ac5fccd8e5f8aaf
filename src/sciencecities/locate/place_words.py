"""Words of address lines in the languages of affiliations, all folded (gaz_words.csv)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from importlib.resources import files

_TABLE = files("sciencecities.locate") / "data" / "gaz_words.csv"
_ROWS = list(csv.DictReader(_TABLE.read_text(encoding="utf-8").splitlines()))


def _words(name: str) -> frozenset[str]:
    return frozenset(row["word"] for row in _ROWS if row["list"] == name)


def _pairs(name: str) -> dict[str, str]:
    return {row["word"]: row["full"] for row in _ROWS if row["list"] == name}


OF = _words("of")  # prepositions and articles that tie a name to what stands before it
ORGANISATION = _words("organisation")  # whole words, or their first six letters
DEPARTMENT = _words("department")  # first words of a part of an organisation
STREET = _words("street")
ADMIN_SUFFIXES = _words("admin_suffixes")  # "City", "-shi", "Province"
AREA_SUFFIXES = _words("area_suffixes")  # those of them that mean more than the town
TOWN_PREFIXES = _words("town_prefixes")
SAINTS = _words("saints")
DIRECTIONS = _words("directions")  # "Aarhus N", "Budapest IX"
NOT_SENTENCE_ENDS = _words("not_sentence_ends")
OTHER_BEFORE = _words("other_before")  # words that make another institution of a known one
VAGUE = _words("vague")  # known institutions whose names are parts of many others
FULL_WORDS = _pairs("full_words")
UK_AREAS = _pairs("uk_areas")  # postcode area -> town
LANGUAGES: dict[str, frozenset[str]] = {}  # organisation's word -> where it is written so
for _row in _ROWS:
    if _row["list"] == "language":
        LANGUAGES[_row["word"]] = LANGUAGES.get(_row["word"], frozenset()).union(
            _row["full"].split()
        )
SCRIPTS = tuple(
    (re.compile(row["word"]), frozenset(row["full"].split()))
    for row in _ROWS
    if row["list"] == "script"
)

ORGANISATION_WORD, STREET_WORD, NUMBER_WORD, LANGUAGE_WORD = 1, 2, 4, 8
REMEMBERED = 200_000


class _WordKinds(dict[str, int]):
    """Word -> what it marks its segment as, in bits; filled as words are met."""

    def __missing__(self, word: str) -> int:
        kind = 0
        if word in ORGANISATION or word[:6] in ORGANISATION:
            kind |= ORGANISATION_WORD
        if word in STREET or word.endswith(("strasse", "straat", "gatan", "str")):
            kind |= STREET_WORD
        if any(c.isdigit() for c in word):
            kind |= NUMBER_WORD
        if word in LANGUAGES:
            kind |= LANGUAGE_WORD
        if len(self) >= REMEMBERED:
            self.clear()
        self[word] = kind
        return kind


WORD_KINDS = _WordKinds()


def language_countries(text: str, words: Iterable[str]) -> frozenset[str]:
    """Countries in whose language a text is written, by its script and words; none if unknown."""
    if not text.isascii():
        for script, countries in SCRIPTS:
            if script.search(text):
                return countries
    found = [LANGUAGES[w] for w in words if w in LANGUAGES]
    common = frozenset.intersection(*found) if found else frozenset()
    return common or frozenset().union(*found)

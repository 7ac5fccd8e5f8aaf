"""Town names inside an organisation's name ("Guangzhou Institute of …"), and misspelt ones."""

from __future__ import annotations

from collections.abc import Iterator

from sciencecities.locate.gaz_tables import County
from sciencecities.locate.place_names import (
    INSIDE,
    LONE,
    MAX_NAME_WORDS,
    WHOLE,
    Name,
    Names,
    strip_postcodes,
)
from sciencecities.locate.place_parse import Parser, Segment
from sciencecities.locate.place_words import LANGUAGES

# "University of Reading": after these even a name that is a word is the town.
CITY_STATES = frozenset({"singapore", "hong kong", "macau", "macao", "luxembourg", "kuwait"})
# "Shuyang People's Hospital": before these a Chinese division is named.
PUBLIC = frozenset(
    {"people", "peoples", "first", "second", "central", "traditional", "maternal", "maternity",
     "county", "district", "city", "municipal", "hospital"}
)  # fmt: skip
# Ending of a town's name before "university" -> where it is written so.
DECLENSIONS = (("s", frozenset({"SE", "DK", "NO"})), ("i", frozenset({"HU"})))
HEBREW_IN = "\u05d1"  # the letter bet, "in", written together with the name
NAMING = frozenset({"of", "de", "di", "da", "at", "in", "von", "zu"})


def scan(parser: Parser, segment: Segment) -> Iterator[Name]:
    """The names of towns met from left to right, the longest at each word."""
    words = segment.words
    tables = parser.tables
    i = 0
    while i < len(words):
        step = 1
        for n in range(min(MAX_NAME_WORDS, len(words) - i), 0, -1):
            name = " ".join(words[i : i + n])
            if n == 1 and (name in tables.never or len(name) < 4):
                break
            is_lone = n == 1 and name in tables.alone and not _is_named_after(words, i)
            if name in tables.countries and name not in CITY_STATES:
                step = n
                break
            codes = parser.gazetteer.codes(name) or (_declined(parser, words, i) if n == 1 else ())
            if name in tables.regions:
                codes = parser.names.large(codes)
                step = n
            is_said = words[i + n : i + n + 1] in (("county",), ("district",))
            counties = _counties(parser.names, words[i : i + n + 1], n) if n < 3 else ()
            counties = counties if is_said or not codes else ()
            if codes or counties:
                yield Name(name, codes, LONE if is_lone else INSIDE, counties)
                step = n
                break
            if step > 1:
                break
        i += step


def _declined(parser: Parser, words: tuple[str, ...], i: int) -> tuple[int, ...]:
    """The town of a genitive or adjective: "Göteborgs universitet", "Szegedi Egyetem"."""
    word, following = words[i], words[i + 1 : i + 2]
    spoken = LANGUAGES.get(following[0], frozenset()) if following else frozenset()
    for ending, countries in DECLENSIONS:
        if word.endswith(ending) and spoken & countries:
            codes = parser.gazetteer.codes(word.removesuffix(ending))
            return tuple(c for c in codes if parser.gazetteer.index.countries[c >> 1] in spoken)
    if word[0] == HEBREW_IN and len(word) > 3:
        return parser.gazetteer.codes(word[1:])
    return ()


def _counties(names: Names, words: tuple[str, ...], n: int) -> tuple[County, ...]:
    """The Chinese divisions named by the first n words, if the next is one of public bodies."""
    if len(words) <= n or words[n] not in PUBLIC or words[n - 1] in PUBLIC:
        return ()
    return names.counties(list(words)) or names.counties(list(words[:n]))


def slips(parser: Parser, segment: Segment) -> Iterator[Name]:
    """Names one letter away from the segment's, without its postcode and tail."""
    words, _, _, _ = parser.strip_tail(list(segment.words), segment.text)
    core = strip_postcodes(words)
    name = " ".join(core)
    if not 6 <= len(name) <= 24 or len(core) > 3 or segment.is_organisation:
        return
    if segment.is_department or all(w in parser.tables.never for w in core):
        return
    for near in _one_letter_away(name):
        codes = parser.gazetteer.codes(near)
        if codes:
            yield Name(near, codes, WHOLE)


def _one_letter_away(name: str) -> Iterator[str]:
    for i in range(1, len(name) + 1):  # the first letter is rarely wrong
        left, right = name[:i], name[i:]
        if right:
            yield left + right[1:]
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        for letter in "abcdefghijklmnopqrstuvwxyz":
            if right:
                yield left + letter + right[1:]
            yield left + letter + right


def _is_named_after(words: tuple[str, ...], i: int) -> bool:
    return (
        i >= 2
        and words[i - 1] in NAMING
        and words[i - 2][:5] in ("unive", "colle", "hospi", "infir")
    )

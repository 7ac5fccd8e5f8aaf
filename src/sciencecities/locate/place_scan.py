"""Town names inside an organisation's name: "Guangzhou Institute of Geochemistry"."""

from __future__ import annotations

from collections.abc import Iterator

from sciencecities.locate.place_parse import INSIDE, MAX_NAME_WORDS, Name, Parser, Segment

# "University of Reading": after these even a name that is a word is the town.
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
            if n == 1 and name in tables.alone and not _is_named_after(words, i):
                break
            if name in tables.countries:
                step = n
                break
            codes = parser.gazetteer.codes(name)
            if name in tables.regions:
                codes = parser.large(codes)
                step = n
            if codes:
                yield Name(name, codes, INSIDE)
                step = n
                break
            if step > 1:
                break
        i += step


def _is_named_after(words: tuple[str, ...], i: int) -> bool:
    return i >= 2 and words[i - 1] in NAMING and words[i - 2][:5] in ("unive", "colle", "hospi", "infir")

"""Town names in a segment's words: the whole of it, or at its edges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sciencecities.locate.gaz_tables import County
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.place_words import (
    ADMIN_SUFFIXES,
    AREA_SUFFIXES,
    DIRECTIONS,
    NUMBER_WORD,
    OF,
    SAINTS,
    TOWN_PREFIXES,
    WORD_KINDS,
)

WHOLE, EDGE, INSIDE, REGION = "whole", "edge", "inside", "region"
AREA = "area"  # a town's name used for its county or province
LONE = "lone"  # a name that is also a word or a person's, at the end of a segment
MAX_NAME_WORDS = 5
ACRONYM_POPULATION = 100_000
REGION_TOWN = 150_000
SPELT_LENGTH = (7, 24)
COUNTY_WORDS = {"district": "district", "county": "county", "country": "county", "city": "city"}
# Countries whose name is their chief town's too.
TOWN_COUNTRIES = frozenset(
    {"singapore", "luxembourg", "hong kong", "hongkong", "macau", "macao", "monaco", "san marino",
     "gibraltar", "djibouti", "kuwait", "panama", "guatemala", "mexico", "singapur", "luxemburg",
     "香港", "澳门", "新加坡"}
)  # fmt: skip


class Name(NamedTuple):
    """A town's name as met: the codes it may mean and where in its segment it stands."""

    text: str
    codes: tuple[int, ...]
    kind: str
    counties: tuple[County, ...] = ()  # Chinese divisions of that name
    is_spelt: bool = False  # written in one word for two, or in two for one


class Names:
    """Finds names of the gazetteer in words."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.tables = gazetteer.tables

    def names(
        self, core: list[str], text: str, *, is_part: bool, is_street: bool
    ) -> tuple[Name, ...]:
        """The whole at best; else those at the edges, the longest first.

        `is_part`: the segment is an organisation or a department, whose first words are no town.
        """
        if not core:
            return ()
        whole = self._whole(core, text, is_part)
        if whole:
            return () if _is_acronym(text, whole[0], self.gazetteer) else whole
        edges = (*self._at_end(core), *(() if is_part else self._at_start(core, is_street)))
        return tuple(n for n in edges if not _is_acronym(text, n, self.gazetteer))

    def large(self, codes: tuple[int, ...]) -> tuple[int, ...]:
        """The towns large enough to be meant by a region's name inside another name."""
        populations = self.gazetteer.index.populations
        return tuple(c for c in codes if populations[c >> 1] >= REGION_TOWN and not c & 1)

    def counties(self, words: list[str]) -> tuple[County, ...]:
        """The Chinese divisions of that name; "Fei County" is listed as Feixian."""
        if not words:
            return ()
        kind = COUNTY_WORDS.get(words[-1]) if len(words) > 1 else None
        name = "".join(words[:-1] if kind else words)
        found = self.tables.counties.get(name, ())
        if kind == "county":
            found += self.tables.counties.get(f"{name}xian", ())
        # Young districts are still called counties, and cities by their district's name.
        same = tuple(c for c in found if c.kind == kind)
        return same or (found if kind in (None, "county") else ())

    def _at_end(self, core: list[str]) -> Iterator[Name]:
        never, alone = self.tables.never, self.tables.alone
        size = len(core)
        if core[-1] in ("district", "county") and size > 2:
            for n in (2, 3):
                counties = self.counties(core[size - n :])
                if counties:
                    yield Name(" ".join(core[size - n :]), (), EDGE, counties)
                    break
        for n in range(min(MAX_NAME_WORDS, size - 1), 0, -1):
            words = core[size - n :]
            if n > 1 and " ".join(words) in self.tables.countries:
                return  # "National Hospital of Sri Lanka"
            if n == 1 and words[0] in never:
                continue
            codes = self._codes(words)
            if not codes:
                continue
            before = core[size - n - 1]
            kind = INSIDE if before in OF and before not in ("at", "in") else EDGE
            if kind == EDGE and ((n == 1 and words[0] in alone) or words[0] in SAINTS):
                kind = LONE
            if " ".join(words) in self.tables.regions:
                codes = self.large(codes)
                kind = INSIDE
            yield Name(" ".join(words), codes, kind)

    def _at_start(self, core: list[str], is_street: bool) -> Iterator[Name]:
        size = len(core)
        for n in range(min(MAX_NAME_WORDS, size - 1), 0, -1):
            words = core[:n]
            if n == 1 and (words[0] in self.tables.never or words[0] in self.tables.alone):
                continue
            codes = self._codes(words)
            if codes:
                kind = EDGE if size <= 3 and not is_street else INSIDE
                yield Name(" ".join(words), codes, kind)
                return

    def _whole(self, core: list[str], text: str, is_part: bool) -> tuple[Name, ...]:
        if len(core) > MAX_NAME_WORDS + 2:
            return ()
        if len(core) == 1 and core[0] in self.tables.never and text.isascii():
            return ()  # but "Ås" is no "as"
        counties = self.counties(core) if len(core) <= 4 and not is_part else ()
        for words, kind in _forms(core):
            codes = self._codes(words, short=True)
            if codes:
                return (Name(" ".join(words), codes, kind, counties),)
        if counties:
            return (Name(" ".join(core), (), WHOLE, counties),)
        if is_part or len(core) > 3:
            return ()
        codes = tuple(self._spelt_apart(core))
        return (Name(" ".join(core), codes, WHOLE, is_spelt=True),) if codes else ()

    def _spelt_apart(self, core: list[str]) -> Iterator[int]:
        """Towns of the same letters with other spaces: "Newdelhi", "Hyder abad"."""
        name = "".join(core)
        if not SPELT_LENGTH[0] <= len(name) <= SPELT_LENGTH[1] or not name.isalpha():
            return
        if len(core) > 1:
            yield from self.gazetteer.codes(name)
        if len(core) > 2:
            return
        written = " ".join(core)
        for i in range(3, len(written) - 2):
            yield from self.gazetteer.codes(f"{written[:i].rstrip()} {written[i:].lstrip()}")

    def _codes(self, words: list[str], short: bool = False) -> tuple[int, ...]:
        name = " ".join(words)
        if len(name) < 3 and not short:
            return ()
        if name in self.tables.countries and name not in TOWN_COUNTRIES:
            return ()
        codes = self.gazetteer.codes(name)
        if not codes and len(words) == 2 and len(words[0]) <= 6:
            codes = tuple(  # "Guang Zhou", "Shi Jiazhuang"
                c
                for c in self.gazetteer.codes("".join(words))
                if self.gazetteer.index.countries[c >> 1] in ("CN", "KR", "TW")
            )
        return codes


def strip_postcodes(words: list[str]) -> list[str]:
    """Words without postcodes, box numbers and compass letters at both ends."""
    end = len(words)
    while end and (is_postcode(words, end) or (words[end - 1] in DIRECTIONS and end > 1)):
        end -= 1
    start = 0
    while start < end and (
        _is_leading_code(words, start) or (words[start] in TOWN_PREFIXES and start + 1 < end)
    ):
        start += 1
    return words[start:end]


def is_postcode(words: list[str], end: int) -> bool:
    """Whether the word before `end` has digits as postcodes have."""
    word = words[end - 1]
    return bool(WORD_KINDS[word] & NUMBER_WORD) and len(word) <= 10


def _is_leading_code(words: list[str], start: int) -> bool:
    word = words[start]
    if WORD_KINDS[word] & NUMBER_WORD:
        return len(word) <= 10
    following = words[start + 1 : start + 2]
    # "CH 8091 Zürich"
    return len(word) <= 3 and bool(following) and following[0].isdigit() and len(following[0]) > 2


def _forms(core: list[str]) -> Iterator[tuple[list[str], str]]:
    """The words as they stand, and without "City", "Shi", "-ku", "City of", "and"."""
    yield core, WHOLE
    words, kind = core, WHOLE
    if words[0] in ("and", "the", "in", "at") and len(words) > 1:
        words = words[1:]
        yield words, WHOLE
    if len(words) > 2 and words[1] == "of" and words[0] in ADMIN_SUFFIXES:
        yield words[2:], WHOLE
    while len(words) > 1 and words[-1] in ADMIN_SUFFIXES:
        if words[-1] in AREA_SUFFIXES:
            kind = AREA
        words = words[:-1]
        yield words, kind
    if len(words) > 1 and words[0] in ("greater", "downtown", "central"):
        yield words[1:], WHOLE


def _is_acronym(text: str, name: Name, gazetteer: Gazetteer) -> bool:
    """A short word with capitals inside ("GeM", "IGE") is an acronym unless a large town's."""
    if len(name.text) > 4 or not name.codes:
        return False
    start = text.casefold().rfind(name.text)
    if start < 0 or not any(c.isupper() for c in text[start + 1 : start + len(name.text)]):
        return False
    return gazetteer.index.populations[min(name.codes) >> 1] < ACRONYM_POPULATION

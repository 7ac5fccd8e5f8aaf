"""An affiliation string cut into segments, and what each segment says about a place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sciencecities.locate import place_cjk
from sciencecities.locate.gaz_tables import Institution, Region, Tables
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.place_split import split_groups, split_segments
from sciencecities.locate.place_words import (
    ADMIN_SUFFIXES,
    AREA_SUFFIXES,
    DEPARTMENT,
    DIRECTIONS,
    FULL_WORDS,
    OF,
    ORGANISATION,
    SAINTS,
    STREET,
    TOWN_PREFIXES,
)
from sciencecities.locate.text import fold

WHOLE, EDGE, INSIDE, REGION = "whole", "edge", "inside", "region"
AREA = "area"  # a town's name used for its county or province
LONE = "lone"  # a name that is also a word or a person's, at the end of a segment
MAX_NAME_WORDS = 5
ACRONYM_POPULATION = 100_000
REGION_TOWN = 150_000
MEMO_LIMIT = 200_000
UK_POSTCODE = re.compile(r"\b([A-Z]{1,2})\d[\dA-Z]?\s?\d[A-Z]{2}\b")


@dataclass(frozen=True, slots=True)
class Name:
    """A town's name as met: the codes it may mean and where in its segment it stands."""

    text: str
    codes: tuple[int, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Segment:
    """What one piece between commas says."""

    text: str
    countries: tuple[str, ...] = ()  # named at its end
    regions: tuple[Region, ...] = ()
    hints: tuple[str, ...] = ()  # countries met inside a name ("National University of Singapore")
    hint_regions: tuple[Region, ...] = ()
    is_location: bool = False  # nothing but country, region, postcode or town
    is_organisation: bool = False
    is_department: bool = False
    is_street: bool = False
    names: tuple[Name, ...] = ()
    area: str | None = None  # UK postcode area
    words: tuple[str, ...] = field(default=(), repr=False)


class Parser:
    """Reads segments, each distinct one once."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.tables: Tables = gazetteer.tables
        self._memo: dict[str, Segment] = {}
        self._starts: dict[str, int] = {}
        for name in self.tables.institutions:
            words = name.split()
            self._starts[words[0]] = max(self._starts.get(words[0], 0), len(words))

    def groups(self, text: str) -> list[list[Segment]]:
        """The segments of each organisation's part of a cleaned string."""
        groups: list[list[Segment]] = []
        for part in split_groups(text):
            segments = [self.segment(s) for s in split_segments(part) if s]
            for group in _cut_after_country(segments):
                if groups and all(s.is_location or not s.words for s in group):
                    groups[-1] += group  # "University of Turku; Turku; Finland"
                elif group:
                    groups.append(group)
        return groups

    def segment(self, text: str) -> Segment:
        """What a segment says."""
        found = self._memo.get(text)
        if found is None:
            found = self._read(text)
            if len(self._memo) >= MEMO_LIMIT:
                self._memo.clear()
            self._memo[text] = found
        return found

    def institution(self, words: tuple[str, ...]) -> Institution | None:
        """The first curated institution named in the words."""
        institutions = self.tables.institutions
        words = tuple(FULL_WORDS.get(w, w) for w in words)
        for i, word in enumerate(words):
            longest = self._starts.get(word, 0)
            for n in range(min(longest, len(words) - i), 0, -1):
                found = institutions.get(" ".join(words[i : i + n]))
                if found:
                    return found
        return None

    def _read(self, text: str) -> Segment:
        if place_cjk.is_cjk(text):
            return self._read_cjk(text)
        words = fold(text).split()
        is_organisation = any(w in ORGANISATION or w[:6] in ORGANISATION for w in words)
        is_street = _is_street(words)
        is_department = _is_department(words)
        area = UK_POSTCODE.search(text)
        rest, countries, regions, region_names = self.strip_tail(words, text)
        core = strip_postcodes(rest)
        names = self._names(core, text, is_organisation, is_department, is_street)
        hints, hint_regions = self._hints(core)
        is_whole = any(n.kind == WHOLE for n in names)
        # The region itself may be the town: New York, Madrid, Chiba.
        names += tuple(Name(n, self.gazetteer.codes(n), REGION) for n in region_names)
        return Segment(
            text,
            countries,
            regions,
            hints,
            hint_regions,
            is_location=bool(words) and (not core or is_whole),
            names=names,
            area=area.group(1) if area else None,
            words=tuple(words),
            is_organisation=is_organisation,
            is_department=is_department,
            is_street=is_street,
        )

    def _read_cjk(self, text: str) -> Segment:
        found = place_cjk.read(self.gazetteer, text)
        return Segment(
            text,
            found.countries,
            found.regions,
            is_location=found.is_location,
            is_organisation=not found.is_location,
            names=tuple(Name(n, c, WHOLE if found.is_location else EDGE) for n, c in found.names),
            words=tuple(found.words),
        )

    def strip_tail(
        self, words: list[str], text: str
    ) -> tuple[list[str], tuple[str, ...], tuple[Region, ...], list[str]]:
        """Take countries, regions and postcodes from the end."""
        countries: tuple[str, ...] = ()
        region_names: list[str] = []
        regions: tuple[Region, ...] = ()
        end = len(words)
        while end:
            if _is_postcode(words, end):
                end -= 1
                continue
            taken = 0
            longest = 9 if words[end - 1] == "ireland" else 5
            for n in range(min(longest, end), 0, -1):
                name = " ".join(words[end - n : end])
                country = self.tables.countries.get(name)
                if n > 1 and not country and name in self.gazetteer.aliases:
                    break  # "México D.F." ends with no region
                region = self.tables.regions.get(name) or self._abbreviation(name, text, end == n)
                if not region and n > 1 and words[end - 1] in ADMIN_SUFFIXES:
                    if words[end - 1] == "city" and self.gazetteer.codes(name):
                        break  # Iowa City, Quebec City
                    region = self.tables.regions.get(" ".join(words[end - n : end - 1]), ())
                if n == 1 and end == 1 and not country and len(name) == 3 and name.upper() in text:
                    country = self.tables.iso3.get(name)
                if country and len(name) == 2 and name.upper() not in text:
                    country = None
                if country or region:
                    if end > n and _is_preposition(words[end - n - 1], text):
                        break  # "University of New Mexico": a name, no address
                    countries = (*((country,) if country else ()), *countries)
                    regions = regions or region
                    if region and len(name) > 3:
                        region_names.append(name)
                    taken = n
                    break
            if not taken:
                break
            end -= taken
        return words[:end], countries, regions, region_names

    def _abbreviation(self, name: str, text: str, alone: bool) -> tuple[Region, ...]:
        found = self.tables.abbreviations.get(name)
        if not found:
            return ()
        written = name.upper() if len(name) <= 3 and alone is False else None
        if written is None:
            written = name.upper() if len(name) <= 2 else None
        if written and written not in text:
            return ()
        return found

    def _names(
        self,
        core: list[str],
        text: str,
        is_organisation: bool,
        is_department: bool,
        is_street: bool,
    ) -> tuple[Name, ...]:
        """Town names at the edges of what is left, the longest first; the whole of it at best."""
        if not core:
            return ()
        whole = self._whole(core, text)
        if whole:
            return () if _is_acronym(text, whole[0], self.gazetteer) else whole
        names: list[Name] = []
        never, alone = self.tables.never, self.tables.alone
        size = len(core)
        for n in range(min(MAX_NAME_WORDS, size - 1), 0, -1):
            words = core[size - n :]
            if n == 1 and words[0] in never:
                continue
            codes = self._codes(words)
            if codes:
                before = core[size - n - 1]
                kind = INSIDE if before in OF and before not in ("at", "in") else EDGE
                if kind == EDGE and ((n == 1 and words[0] in alone) or words[0] in SAINTS):
                    kind = LONE
                if " ".join(words) in self.tables.regions:
                    codes = self.large(codes)
                    kind = INSIDE
                names.append(Name(" ".join(words), codes, kind))
        if not is_organisation and not is_department:
            for n in range(min(MAX_NAME_WORDS, size - 1), 0, -1):
                words = core[:n]
                if n == 1 and (words[0] in never or words[0] in alone):
                    continue
                codes = self._codes(words)
                if codes:
                    kind = EDGE if size <= 3 and not is_street else INSIDE
                    names.append(Name(" ".join(words), codes, kind))
                    break
        return tuple(names)

    def large(self, codes: tuple[int, ...]) -> tuple[int, ...]:
        """The towns large enough to be meant by a region's name inside another name."""
        populations = self.gazetteer.index.populations
        return tuple(c for c in codes if populations[c >> 1] >= REGION_TOWN and not c & 1)

    def _whole(self, core: list[str], text: str) -> tuple[Name, ...]:
        if len(core) > MAX_NAME_WORDS + 2:
            return ()
        if len(core) == 1 and core[0] in self.tables.never and text.isascii():
            return ()  # but "Ås" is no "as"
        for words, kind in _forms(core):
            codes = self._codes(words, short=True)
            if codes:
                return (Name(" ".join(words), codes, kind),)
        return ()

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

    def _hints(self, core: list[str]) -> tuple[tuple[str, ...], tuple[Region, ...]]:
        countries: list[str] = []
        regions: list[Region] = []
        for i, word in enumerate(core):
            if word in self.tables.adjectives:
                countries.append(self.tables.adjectives[word])
            for n in (1, 2, 3):
                name = " ".join(core[i : i + n])
                if name in self.tables.countries and len(name) > 3:
                    countries.append(self.tables.countries[name])
                regions += self.tables.regions.get(name, ())
        return tuple(countries), tuple(regions)


# Countries whose name is their chief town's too.
TOWN_COUNTRIES = frozenset(
    {"singapore", "luxembourg", "hong kong", "hongkong", "macau", "macao", "monaco", "san marino",
     "gibraltar", "djibouti", "kuwait", "panama", "guatemala", "mexico", "singapur", "luxemburg",
     "香港", "澳门", "新加坡"}
)  # fmt: skip


def _cut_after_country(segments: list[Segment]) -> list[list[Segment]]:
    """A country ends an organisation's address if an organisation follows."""
    groups: list[list[Segment]] = [[]]
    for segment in segments:
        if groups[-1] and _begins_anew(groups[-1][-1], segment):
            groups.append([])
        groups[-1].append(segment)
    return groups


def _begins_anew(last: Segment, segment: Segment) -> bool:
    if not last.is_location or segment.is_location or not segment.words:
        return False
    if last.countries:
        return not segment.is_street
    named = segment.is_organisation or segment.is_department
    return named and (bool(last.regions) or segment.words[0] == "and")


def strip_postcodes(words: list[str]) -> list[str]:
    """Words without postcodes, box numbers and compass letters at both ends."""
    end = len(words)
    while end and (_is_postcode(words, end) or (words[end - 1] in DIRECTIONS and end > 1)):
        end -= 1
    start = 0
    while start < end and (
        _is_leading_code(words, start) or (words[start] in TOWN_PREFIXES and start + 1 < end)
    ):
        start += 1
    return words[start:end]


def _is_postcode(words: list[str], end: int) -> bool:
    word = words[end - 1]
    if any(c.isdigit() for c in word):
        return len(word) <= 10
    return False


def _is_leading_code(words: list[str], start: int) -> bool:
    word = words[start]
    if any(c.isdigit() for c in word):
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


def _is_preposition(word: str, text: str) -> bool:
    """Whether "in", "on", "de" join a name, or stand for Indiana, Ontario, Delaware."""
    return word in OF and (len(word) != 2 or f" {word.upper()} " not in text)


def _is_acronym(text: str, name: Name, gazetteer: Gazetteer) -> bool:
    """A short word with capitals inside ("GeM", "IGE") is an acronym unless a large town's."""
    if len(name.text) > 4:
        return False
    start = text.casefold().find(name.text)
    if start < 0 or not any(c.isupper() for c in text[start + 1 : start + len(name.text)]):
        return False
    return gazetteer.index.populations[min(name.codes) >> 1] < ACRONYM_POPULATION


def _is_department(words: list[str]) -> bool:
    start = words[1:2] if words[:1] == ["the"] else words[:1]
    return bool(start) and start[0] in DEPARTMENT


def _is_street(words: list[str]) -> bool:
    if (
        len(words) > 1
        and words[-1].isdigit()
        and len(words[-1]) < 4
        and words[-2] not in TOWN_PREFIXES
    ):
        return True  # a house number
    return any(w in STREET or w.endswith(("strasse", "straat", "gatan", "str")) for w in words)

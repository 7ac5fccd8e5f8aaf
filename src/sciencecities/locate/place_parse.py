"""An affiliation string cut into segments, and what each segment says about a place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from sciencecities.locate import place_cjk
from sciencecities.locate.gaz_tables import Institution, Region, Tables
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.place_codes import code_regions, postcodes
from sciencecities.locate.place_names import (
    EDGE,
    REGION,
    WHOLE,
    Name,
    Names,
    is_postcode,
    strip_postcodes,
)
from sciencecities.locate.place_split import split_groups, split_segments
from sciencecities.locate.place_words import (
    ADMIN_SUFFIXES,
    DEPARTMENT,
    FULL_WORDS,
    LANGUAGE_WORD,
    NUMBER_WORD,
    OF,
    ORGANISATION_WORD,
    OTHER_BEFORE,
    STREET_WORD,
    TOWN_PREFIXES,
    VAGUE,
    WORD_KINDS,
    language_countries,
)
from sciencecities.locate.text import fold

MEMO_LIMIT = 200_000
MAX_SEGMENTS, MANY_SEGMENTS = 80, 30  # of one organisation; addresses have some ten
# "Johns Hopkins University of Medicine" is no other university.
PARTS_OF = frozenset({"the", "medicine", "school", "nursing", "public", "chinese"})
# Abbreviations of states and institutions that are also words in affiliations.
WORDLIKE = frozenset({"in", "or", "me", "la", "de", "co", "hi", "ok", "oh", "id", "as", "on", "al",
                      "ma", "pa", "se", "es", "to", "am", "do", "mit"})  # fmt: skip
# Institutes of Paris whose name others bear with their town behind.
BRANCHED = frozenset({"institut pasteur", "ecole normale superieure"})
BRACKETED = re.compile(r"(\b[^\W\d_]{3,20}) \(([^\W\d_]{2,20})\)")
CAMPUS = re.compile(r"([^\s,;，；()（）][^,;，；()（）]{2,60}?)\s?[(（]([^()（）]{2,20})[)）]")
UK_POSTCODE = re.compile(r"\b([A-Z]{1,2})\d[\dA-Z]?\s?\d[A-Z]{2}\b")


class Known(NamedTuple):
    """A curated institution, and the words that name it: from `start` up to `end`."""

    institution: Institution
    start: int
    end: int
    name: str  # folded, abbreviations written out


@dataclass(slots=True, eq=False)  # made by the million: neither frozen nor compared
class Segment:
    """What one piece between commas says; one object for each distinct text."""

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
    known: Known | None = None  # the first curated institution named
    postcodes: tuple[str, ...] = ()  # words that may be one, of any country
    languages: frozenset[str] = frozenset()  # countries in whose language it is written
    words: tuple[str, ...] = field(default=(), repr=False)


class Parser:
    """Reads segments, each distinct one once."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.tables: Tables = gazetteer.tables
        self.names = Names(gazetteer)
        self._memo: dict[str, Segment] = {}
        self._starts: dict[str, int] = {}
        for name in self.tables.institutions:
            words = name.split()
            self._starts[words[0]] = max(self._starts.get(words[0], 0), len(words))
        self._named_words = frozenset(self._starts).union(FULL_WORDS)
        # Most words end no address and begin no country's name: one look-up says so.
        tables = self.tables
        tails = (tables.countries, tables.regions, tables.abbreviations, tables.iso3)
        self._tail_words = frozenset(n.rpartition(" ")[2] for t in tails for n in t)
        self._tail_words |= ADMIN_SUFFIXES
        hints = (tables.countries, tables.regions, tables.adjectives)
        self._hint_words = frozenset(n.partition(" ")[0] for t in hints for n in t)

    def groups(self, text: str) -> list[list[Segment]]:
        """The segments of each organisation's part of a cleaned string."""
        groups: list[list[Segment]] = []
        if "(" in text or "（" in text:
            text = BRACKETED.sub(self._joined, text)
            text = CAMPUS.sub(self._named, text)
        for part in split_groups(text):
            segments = [self.segment(s) for s in split_segments(part)[:MAX_SEGMENTS] if s]
            if len(segments) > MANY_SEGMENTS:
                segments = list(dict.fromkeys(segments))  # hostile: one name a thousand times
            for group in _cut_after_country(segments):
                if groups and all(s.is_location or not s.words for s in group):
                    groups[-1] += group  # "University of Turku; Turku; Finland"
                elif group:
                    groups.append(group)
        return groups

    def _joined(self, match: re.Match[str]) -> str:
        """The words without brackets if they are one town's own name: "Frankfurt (Oder)"."""
        name = f"{match.group(1)} {match.group(2)}"
        is_town = any(not code & 1 for code in self.gazetteer.codes(fold(name)))
        return name if is_town else match.group()

    def _named(self, match: re.Match[str]) -> str:
        """The words without brackets if a curated institution is named so: 香港中文大学（深圳）."""
        name, campus = match.groups()
        joined = f"{name} {campus}"
        return joined if fold(joined) in self.tables.institutions else match.group()

    def segment(self, text: str) -> Segment:
        """What a segment says."""
        found = self._memo.get(text)
        if found is None:
            found = self._read(text)
            if len(self._memo) >= MEMO_LIMIT:
                self._memo.clear()
            self._memo[text] = found
        return found

    def institution(self, words: tuple[str, ...], text: str) -> Known | None:
        """The first curated institution named in the words."""
        if self._named_words.isdisjoint(words):
            return None
        institutions = self.tables.institutions
        words = tuple([FULL_WORDS.get(w, w) for w in words])
        starts = self._starts
        for i, word in enumerate(words):
            if word not in starts:
                continue
            for n in range(min(starts[word], len(words) - i), 0, -1):
                name = " ".join(words[i : i + n])
                found = institutions.get(name)
                if found and not (
                    (name in WORDLIKE and not _is_acronym(name, words, i + n, text))
                    or _is_another(name, words[:i], words[i + n :])
                    or self._is_other_name(found, words[i + n - 1 : i + n + 2])
                ):
                    ends = i + n + (words[i + n : i + n + 1] == ("university",))
                    return Known(found, i, ends, name)
        return None

    def _is_other_name(self, found: Institution, words: tuple[str, ...]) -> bool:
        """Whether a known name goes on to another one: "Zhejiang University | of Finance"."""
        if len(words) < 3 or words[1] not in ("of", "for", "de"):
            return False
        country = self.tables.countries.get(words[2])
        if country:  # "Universidad del Valle | de México" is not the one of Cali
            return country != found.country
        ends = words[0] in ("university", "universidad", "universidade", "college", "institute")
        return ends and words[1] != "de" and words[2] not in PARTS_OF

    def _read(self, text: str) -> Segment:
        if place_cjk.is_cjk(text):
            return self._read_cjk(text)
        words = fold(text).split()
        kinds = 0
        for word in words:
            kinds |= WORD_KINDS[word]
        is_organisation = bool(kinds & ORGANISATION_WORD)
        has_digits = bool(kinds & NUMBER_WORD)
        is_street = bool(kinds & STREET_WORD) or (has_digits and _ends_with_house(words))
        is_foreign = bool(kinds & LANGUAGE_WORD) or not text.isascii()
        is_department = _is_department(words)
        area = UK_POSTCODE.search(text) if has_digits else None
        rest, countries, regions, region_names = self.strip_tail(words, text)
        if region_names and _is_block(words):
            regions, region_names = (), []
        core = strip_postcodes(rest)
        is_part = is_organisation or is_department
        names = self.names.names(core, text, is_part=is_part, is_street=is_street)
        hints, hint_regions = self._hints(core)
        codes = tuple(postcodes(words)) if has_digits else ()
        if codes:  # no other country is as often left out where such a code is written
            hint_regions += code_regions(self.tables.postcodes, "CN", codes)
        is_whole = any(n.kind == WHOLE and n.codes and not n.is_spelt for n in names)
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
            known=self.institution(tuple(words), text),
            languages=language_countries(text, words) if is_foreign else frozenset(),
            postcodes=codes,
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
            known=self.institution(tuple(found.words), text),
            languages=language_countries(text, ()),
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
            if is_postcode(words, end):
                end -= 1
                continue
            if words[end - 1] not in self._tail_words:
                break
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
                if country == "IL" and end > n and words[end - n - 1] in ("beth", "bet"):
                    break  # a hospital's name
                if region and not country and self._is_town(words[end - n - 1 : end], region):
                    break  # Banda Aceh, New Delhi
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

    def _is_town(self, words: list[str], region: tuple[Region, ...]) -> bool:
        """Whether a region's name with the word before it is a town of that region."""
        if len(words) < 2 or len(words[-1]) < 4:
            return False
        index = self.gazetteer.index
        return any(
            not code & 1 and (index.countries[code >> 1], index.admin1[code >> 1]) in region
            for code in self.gazetteer.codes(" ".join(words))
        )

    def _abbreviation(self, name: str, text: str, alone: bool) -> tuple[Region, ...]:
        found = self.tables.abbreviations.get(name)
        if not found:
            return ()
        written = name.upper() if len(name) <= 3 and alone is False else None
        if written is None:
            written = name.upper() if len(name) <= 2 else None
        if written and written not in text:
            # In a key of comparison, all lower case, "ca" is California, "in" is a word.
            return found if text.islower() and name not in WORDLIKE else ()
        return found

    def _hints(self, core: list[str]) -> tuple[tuple[str, ...], tuple[Region, ...]]:
        countries: list[str] = []
        regions: list[Region] = []
        if self._hint_words.isdisjoint(core):
            return (), ()
        for i, word in enumerate(core):
            if word not in self._hint_words:
                continue
            if word in self.tables.adjectives:
                countries.append(self.tables.adjectives[word])
            for n in (1, 2, 3):
                name = " ".join(core[i : i + n])
                if name in self.tables.countries and len(name) > 3:
                    countries.append(self.tables.countries[name])
                regions += self.tables.regions.get(name, ())
        return tuple(countries), tuple(regions)


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


def _is_acronym(name: str, words: tuple[str, ...], end: int, text: str) -> bool:
    """Whether a name that is also a word stands alone, or in capitals at the end: "at MIT"."""
    return len(words) == 1 or (end == len(words) and name.upper() in text)


def _is_another(name: str, before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Whether words around a known name make it another one: "Texas | Wesleyan University"."""
    if before and before[-1] in OTHER_BEFORE:
        return True
    if name in VAGUE:
        is_named = bool(before) and before[-1] not in OF and before[-1] != "us"
        return is_named or after[:1] in (("on",), ("for",), ("of",), ("de",))
    return name in BRANCHED and after[:1] in (("de",), ("du",), ("of",), ("in",), ("da",))


def _is_block(words: list[str]) -> bool:
    """Whether a Japanese block is numbered, no region named: "1-23-1 Toyama" is in Tokyo."""
    return len(words) > 2 and all(w.isdigit() and len(w) < 4 for w in words[:2])


def _is_preposition(word: str, text: str) -> bool:
    """Whether "in", "on", "de" join a name, or stand for Indiana, Ontario, Delaware."""
    return word in OF and (len(word) != 2 or f" {word.upper()} " not in text)


def _is_department(words: list[str]) -> bool:
    start = words[1:2] if words[:1] == ["the"] else words[:1]
    return bool(start) and start[0] in DEPARTMENT


def _ends_with_house(words: list[str]) -> bool:
    return (
        len(words) > 1
        and words[-1].isdigit()
        and len(words[-1]) < 4
        and words[-2] not in TOWN_PREFIXES
    )

"""An affiliation string cut into segments, and what each segment says about a place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sciencecities.locate import place_cjk
from sciencecities.locate.gaz_tables import Institution, Region, Tables
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.place_words import (
    ADMIN_SUFFIXES,
    DEPARTMENT,
    DIRECTIONS,
    NOT_SENTENCE_ENDS,
    OF,
    ORGANISATION,
    STREET,
    TOWN_PREFIXES,
    UK_AREAS,
)
from sciencecities.locate.text import fold

WHOLE, EDGE, INSIDE, REGION = "whole", "edge", "inside", "region"
MAX_NAME_WORDS = 5
ACRONYM_POPULATION = 100_000
REGION_TOWN = 150_000
MEMO_LIMIT = 200_000
INITIALS = re.compile(r"\b(?:[A-Za-z]\.[ ]?){2,5}(?=\W|$|[A-Z][a-z])")
SENTENCE = re.compile(r"(\w+)\.\s+(?=[A-Z0-9])")
GLUED = re.compile(r"(?<=[a-z]{2})(?=\d{4,6}\b)|(?<=\d{5})(?=[A-Z][a-z])")
SEPARATORS = re.compile(r"[,，、;；|()（）\[\]{}/\n\t•·:：]+|\s[-–—~]+\s|。")
GROUPS = re.compile(r"[;；|\n]+|。")
POSTCODE = re.compile(r"^[a-z]{0,3}\d[\da-z]*$")
UK_POSTCODE = re.compile(r"\b([A-Z]{1,2})\d[\dA-Z]?\s?\d[A-Z]{2}\b")
LETTER_DIGIT = re.compile(r"^(?:[a-z]\d[a-z]|\d[a-z]\d|\d[a-z]{2})$")


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
        for part in GROUPS.split(text):
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
        for i, word in enumerate(words):
            longest = self._starts.get(word, 0)
            for n in range(min(longest, len(words) - i), 0, -1):
                found = institutions.get(" ".join(words[i : i + n]))
                if found:
                    return found
        return None

    def slips(self, segment: Segment) -> Iterator[Name]:
        """Names one letter away from the segment's, without its postcode and tail."""
        words, _, _, _ = self._strip_tail(list(segment.words), segment.text)
        core = _strip_postcodes(words)
        name = " ".join(core)
        if not 6 <= len(name) <= 24 or len(core) > 3 or segment.is_organisation:
            return
        if segment.is_department or any(w in self.tables.never for w in core):
            return
        for near in _one_letter_away(name):
            codes = self.gazetteer.codes(near)
            if codes:
                yield Name(near, codes, WHOLE)

    def _read(self, text: str) -> Segment:
        if place_cjk.is_cjk(text):
            return self._read_cjk(text)
        words = fold(text).split()
        kinds = {
            "is_organisation": any(w in ORGANISATION or w[:6] in ORGANISATION for w in words),
            "is_department": bool(words) and (words[0] in DEPARTMENT or words[:1] == ["the"] and words[1:2] != [] and words[1] in DEPARTMENT),
            "is_street": _is_street(text, words),
        }
        area = UK_POSTCODE.search(text)
        rest, countries, regions, region_names = self._strip_tail(words, text)
        core = _strip_postcodes(rest)
        names = self._names(core, text, bool(regions or countries), kinds)
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
            is_location=not core or is_whole,
            names=names,
            area=area.group(1) if area else None,
            words=tuple(words),
            **kinds,
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

    def _strip_tail(
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
                region = self.tables.regions.get(name) or self._abbreviation(name, text, end == n)
                if not region and n > 1 and words[end - 1] in ADMIN_SUFFIXES:
                    if words[end - 1] == "city" and self.gazetteer.codes(name):
                        break  # Iowa City, Quebec City
                    region = self.tables.regions.get(" ".join(words[end - n : end - 1]), ())
                if country and len(name) == 2 and name.upper() not in text:
                    country = None
                if country or region:
                    if end > n and words[end - n - 1] in OF:
                        break  # "University of New Mexico": a name, no address
                    countries = countries or ((country,) if country else ())
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
        self, core: list[str], text: str, has_tail: bool, kinds: dict[str, bool]
    ) -> tuple[Name, ...]:
        """Town names at the edges of what is left, the longest first; the whole of it at best."""
        if not core:
            return ()
        whole = self._whole(core)
        if whole:
            return () if _is_acronym(text, whole[0], self.gazetteer) else whole
        names: list[Name] = []
        never, alone = self.tables.never, self.tables.alone
        size = len(core)
        for n in range(min(MAX_NAME_WORDS, size - 1), 0, -1):
            words = core[size - n :]
            if n == 1 and (words[0] in never or (words[0] in alone and not has_tail)):
                continue
            codes = self._codes(words)
            if codes:
                before = core[size - n - 1]
                kind = INSIDE if before in OF and before not in ("at", "in") else EDGE
                if " ".join(words) in self.tables.regions:
                    codes = self.large(codes)
                    kind = INSIDE
                names.append(Name(" ".join(words), codes, kind))
        if not kinds["is_organisation"] and not kinds["is_department"]:
            for n in range(min(MAX_NAME_WORDS, size - 1), 0, -1):
                words = core[:n]
                if n == 1 and (words[0] in never or words[0] in alone):
                    continue
                codes = self._codes(words)
                if codes:
                    names.append(Name(" ".join(words), codes, INSIDE if kinds["is_street"] else EDGE))
                    break
        return tuple(names)

    def large(self, codes: tuple[int, ...]) -> tuple[int, ...]:
        """The towns large enough to be meant by a region's name inside another name."""
        populations = self.gazetteer.index.populations
        return tuple(c for c in codes if populations[c >> 1] >= REGION_TOWN and not c & 1)

    def _whole(self, core: list[str]) -> tuple[Name, ...]:
        if len(core) > MAX_NAME_WORDS + 2 or (len(core) == 1 and core[0] in self.tables.never):
            return ()
        for words in _forms(core):
            codes = self._codes(words, short=True)
            if codes:
                return (Name(" ".join(words), codes, WHOLE),)
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


TOWN_COUNTRIES = frozenset(
    "singapore luxembourg hong kong|hong kong|hongkong|macau|macao|monaco|san marino|gibraltar|"
    "djibouti|kuwait|panama|guatemala|mexico|singapur|luxemburg|香港|澳门|新加坡|andorra".split("|")
) | {"singapore", "luxembourg"}


def split_segments(text: str) -> list[str]:
    """Cut at commas, brackets, slashes, dashes and ends of sentences."""
    if "." in text:
        text = INITIALS.sub(lambda m: m.group().replace(".", "").replace(" ", "") + " ", text)
        text = SENTENCE.sub(_sentence_end, text)
    if any(c.isdigit() for c in text):
        text = GLUED.sub(" ", text)
    return [s.strip(" .-–*&\"'") for s in SEPARATORS.split(text)]


def _sentence_end(match: re.Match[str]) -> str:
    word = match.group(1)
    if len(word) <= 3 and not word.isdigit() and not word.isupper():
        return match.group()
    return match.group() if word.lower() in NOT_SENTENCE_ENDS else f"{word}, "


def _cut_after_country(segments: list[Segment]) -> list[list[Segment]]:
    """A country ends an organisation's address if an organisation follows."""
    groups: list[list[Segment]] = [[]]
    for segment in segments:
        last = groups[-1]
        if last and last[-1].countries and last[-1].is_location and segment.words and not segment.is_location and not segment.is_street:
            groups.append([])
        groups[-1].append(segment)
    return groups


def _strip_postcodes(words: list[str]) -> list[str]:
    """Words without postcodes, box numbers and compass letters at both ends."""
    end = len(words)
    while end and (_is_postcode(words, end) or words[end - 1] in DIRECTIONS and end > 1):
        end -= 1
    start = 0
    while start < end and (_is_leading_code(words, start) or (words[start] in TOWN_PREFIXES and start + 1 < end)):
        start += 1
    return words[start:end]


def _is_postcode(words: list[str], end: int) -> bool:
    word = words[end - 1]
    if any(c.isdigit() for c in word):
        return len(word) <= 10
    # The letters of "1012 AB", "SW7 2AZ".
    return len(word) == 2 and end > 1 and words[end - 2].isdigit() and len(words[end - 2]) == 4


def _is_leading_code(words: list[str], start: int) -> bool:
    word = words[start]
    if any(c.isdigit() for c in word):
        return len(word) <= 10
    following = words[start + 1 : start + 2]
    if len(word) <= 3 and following and following[0].isdigit() and len(following[0]) >= 3:
        return True  # "CH 8091 Zürich"
    return len(word) == 2 and start > 0 and words[start - 1].isdigit() and len(words[start - 1]) == 4


def _forms(core: list[str]) -> list[list[str]]:
    """The words as they stand, and without "City", "Shi", "-ku", "City of", "and"."""
    forms = [core]
    words = core
    if words[0] in ("and", "the", "in", "at") and len(words) > 1:
        words = words[1:]
        forms.append(words)
    if len(words) > 2 and words[1] == "of" and words[0] in ADMIN_SUFFIXES:
        forms.append(words[2:])
    while len(words) > 1 and words[-1] in ADMIN_SUFFIXES:
        words = words[:-1]
        forms.append(words)
    if len(words) > 1 and words[0] in ("greater", "downtown", "central"):
        forms.append(words[1:])
    return forms


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


def _is_acronym(text: str, name: Name, gazetteer: Gazetteer) -> bool:
    """A short word with capitals inside ("GeM", "IGE") is an acronym unless a large town's."""
    if len(name.text) > 4 or text[1:].islower() or not any(c.isupper() for c in text[1:4]):
        return False
    return gazetteer.index.populations[min(name.codes) >> 1] < ACRONYM_POPULATION


def _is_street(text: str, words: list[str]) -> bool:
    return any(w in STREET or w.endswith(("strasse", "straat", "gatan", "str")) for w in words)

"""The resolver's index: a registry's names, places and ties as flat arrays of numbers."""

from __future__ import annotations

import functools
import gzip
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from sciencecities.locate.gaz_tables import family, load_tables
from sciencecities.locate.name_words import (
    COMPANY_WORDS,
    FIELD_WORDS,
    GENERIC,
    UNIT_WORDS,
    name_words,
)
from sciencecities.locate.org_table import add_all, new_table
from sciencecities.locate.registry import ACTIVE, WITHDRAWN, Organisation, Registry
from sciencecities.locate.word_likeness import likenesses

MAX_NAME_WORDS = 30
MOST_POSTINGS = 1_500
"""A word in more names than this leads to none of them; those it makes up are found whole."""

LEAST_WEIGHT = 4.3
"""Nor do words that are usually in so many."""

WORDS_FILE = "resolver_words.txt.gz"
BACKGROUND = 20_000
RARE_SHARE = 2e-5
"""The usual share of a word that is not in WORDS_FILE."""

STATE_COUNTRIES = ("US", "CA", "AU", "BR")

LABEL, ALIAS, SHORT, ACRONYM = 0, 1, 2, 3
"""How a name belongs to its organisation: SHORT is without its town or legal form."""

TYPES = (
    "education", "facility", "funder", "company", "nonprofit", "government", "healthcare",
    "archive",
)  # fmt: skip
KIND_WORDS = (
    "university", "institute institutes polytechnic technology", "hospital clinic infirmary",
    "college school", "laboratory center observatory facility", "academy",
    "ministry department agency council bureau administration office commission",
    "company corporation limited " + " ".join(sorted(COMPANY_WORDS)),
    "foundation society association museum library network",
)  # fmt: skip
"""Words that say what kind of organisation a name is of; each group is one kind, from 1."""

KIND_OF = {word: number for number, words in enumerate(KIND_WORDS, 1) for word in words.split()}


class OrgIndex(NamedTuple):
    """Arrays by word, by name (`key`) and by organisation (`org`); `*_off` cut flat ones."""

    like_hash: np.ndarray  # see word_likeness
    like_word: np.ndarray
    idf: np.ndarray
    word_kind: np.ndarray
    word_flags: np.ndarray  # 1 generic, 2 field, 4 unit
    post_off: np.ndarray  # word -> the names that hold it
    post_key: np.ndarray
    key_off: np.ndarray  # name -> its words, in order
    key_word: np.ndarray
    key_weight: np.ndarray
    key_rare: np.ndarray  # weight of its words that lead to it
    key_org_off: np.ndarray
    key_org: np.ndarray
    key_kind: np.ndarray  # LABEL ... ACRONYM, of each (name, organisation)
    org_country_off: np.ndarray
    org_country: np.ndarray
    org_town_off: np.ndarray
    org_town: np.ndarray  # location names, as ids
    org_region_off: np.ndarray
    org_region: np.ndarray
    org_point_off: np.ndarray
    org_point: np.ndarray  # latitude, longitude in turn
    org_types: np.ndarray  # bits, by TYPES
    org_active: np.ndarray
    org_fame: np.ndarray  # names, ties and links, as log2
    org_children: np.ndarray
    org_above_off: np.ndarray
    org_above: np.ndarray  # ancestors, as organisation numbers
    name_hash: np.ndarray  # words in a row -> name
    name_key: np.ndarray
    loc_hash: np.ndarray  # words in a row -> location name
    loc_key: np.ndarray  # 2 * its number, plus 1 if it must stand by itself: "MA"
    country_kin: np.ndarray  # whether places of one may be written under the other's name
    loc_country: np.ndarray  # of a location name that is a country's, else -1


class OrgNames(NamedTuple):
    """What goes with the arrays: words, countries and organisations by number."""

    words: list[str]
    countries: list[str]
    rors: list[str]
    labels: list[str]
    domains: dict[str, int]  # web domain -> organisation


class _Known(NamedTuple):
    ror: str
    label: str
    record: Organisation


def build(registry: Registry) -> tuple[OrgIndex, OrgNames]:
    """The index of a registry: some seconds for a hundred thousand organisations."""
    return _Builder(registry).build()


class _Builder:
    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.word_no: dict[str, int] = {}
        self.country_no: dict[str, int] = {}
        self.known: list[_Known] = []
        self.org_no: dict[str, int] = {}
        self.keys: dict[tuple[str, ...], dict[int, int]] = defaultdict(dict)
        self.locations: dict[tuple[str, ...], int] = {}
        self.loc_country: list[int] = []

    def build(self) -> tuple[OrgIndex, OrgNames]:
        self._name_all()
        in_countries = [[self._country(c) for c in k.record.countries] for k in self.known]
        towns, regions = self._locate_all()
        codes = self._state_codes()
        keys = sorted(self.keys)
        for words in (*keys, *self.locations, *codes):
            for word in words:
                self.word_no.setdefault(word, len(self.word_no))
        spelled = list(self.word_no)
        key_off, key_word = _flat([[self.word_no[w] for w in key] for key in keys], np.int32)
        by_word: list[list[int]] = [[] for _ in spelled]
        for number, key in enumerate(keys):
            for word in dict.fromkeys(key):
                by_word[self.word_no[word]].append(number)
        sizes = np.array([len(b) for b in by_word])
        idf = word_weights(spelled, sizes, len(keys))
        leads = (sizes <= MOST_POSTINGS) & (idf > LEAST_WEIGHT)
        post_off, post_key = _flat(
            [b if lead else [] for b, lead in zip(by_word, leads, strict=True)], np.int32
        )
        weights = [[idf[self.word_no[w]] for w in key] for key in keys]
        rare = [[idf[n] for w in key if leads[n := self.word_no[w]]] for key in keys]
        named = [sorted(self.keys[key].items()) for key in keys]
        key_org_off, key_org = _flat([[org for org, _ in pairs] for pairs in named], np.int32)
        points = [
            [v for p in self.registry.places(one.ror) for v in (p.latitude, p.longitude)]
            for one in self.known
        ]
        above = [
            sorted(self.org_no[a] for a in self.registry.ancestors(one.ror) if a in self.org_no)
            for one in self.known
        ]
        name_hash, name_key = _table(key_off, key_word)
        spoken = {words: 2 * number for words, number in self.locations.items()}
        spoken |= {words: 2 * number + 1 for words, number in codes.items()}
        loc_off, loc_word = _flat([[self.word_no[w] for w in k] for k in spoken], np.int32)
        loc_hash, loc_slot = _table(loc_off, loc_word)
        loc_key = np.where(loc_slot >= 0, np.array(list(spoken.values()), np.int32)[loc_slot], -1)
        index = OrgIndex(
            *likenesses(spelled),
            idf,
            np.array([KIND_OF.get(w, 0) for w in spelled], np.int8),
            np.array([_flags(w) for w in spelled], np.uint8),
            post_off,
            post_key,
            key_off,
            key_word,
            np.array([sum(w) for w in weights], np.float32),
            np.array([sum(w) for w in rare], np.float32),
            key_org_off,
            key_org,
            np.array([kind for pairs in named for _, kind in pairs], np.int8),
            *_flat(in_countries, np.int16),
            *_flat(towns, np.int32),
            *_flat(regions, np.int32),
            *_flat(points, np.float32),
            np.array([_types(k.record) for k in self.known], np.uint8),
            np.array([k.record.status == ACTIVE for k in self.known], np.uint8),
            np.array([_fame(k.record) for k in self.known], np.float32),
            np.array([len(k.record.related("child")) for k in self.known], np.int16),
            *_flat(above, np.int32),
            name_hash,
            name_key,
            loc_hash,
            loc_key.astype(np.int32),
            self._kin(),
            np.array(self.loc_country, np.int16),
        )
        names = OrgNames(
            spelled,
            list(self.country_no),
            [k.ror for k in self.known],
            [k.label for k in self.known],
            _domains(self.known),
        )
        return index, names

    # --- names -----------------------------------------------------------------------------

    def _name_all(self) -> None:
        for ror, organisation in self.registry.items():
            today = self.registry.successor(ror)
            if today == ror and organisation.status == WITHDRAWN:
                continue
            org = self._org(ror, today, organisation)
            towns = self._town_words(self.known[org].record)
            for value, kind in named(organisation):
                words = tuple(name_words(value))
                if not words or len(words) > MAX_NAME_WORDS:
                    continue
                self._put(words, org, kind)
                if kind != ACRONYM:
                    for other in shortened(words, towns):
                        self._put(other, org, SHORT)

    def _org(self, ror: str, today: str, organisation: Organisation) -> int:
        if today not in self.org_no:
            record = self.registry.get(today) or organisation
            label = self.registry.name(today) or self.registry.label(ror, today) or record.name
            self.org_no[today] = len(self.known)
            self.known.append(_Known(today, " ".join(label.split()), record))
        return self.org_no[today]

    def _put(self, words: tuple[str, ...], org: int, kind: int) -> None:
        found = self.keys[words]
        found[org] = min(kind, found.get(org, ACRONYM))

    def _town_words(self, record: Organisation) -> list[tuple[str, ...]]:
        return [tuple(name_words(w.geonames_details.name)) for w in record.locations]

    # --- locations -------------------------------------------------------------------------

    def _locate_all(self) -> tuple[list[list[int]], list[list[int]]]:
        towns, regions = [], []
        for one in self.known:
            here = [where.geonames_details for where in one.record.locations]
            towns.append(self._ids(place.name for place in here))
            regions.append(self._ids(place.country_subdivision_name or "" for place in here))
        for name, country in sorted(load_tables().countries.items()):
            number = self._location(name)
            if number is not None and country in self.country_no:
                self.loc_country[number] = self.country_no[country]
        return towns, regions

    def _ids(self, names: Iterable[str]) -> list[int]:
        return sorted({loc for name in names if (loc := self._location(name)) is not None})

    def _location(self, name: str) -> int | None:
        words = tuple(name_words(name))
        if not words:
            return None
        if words not in self.locations:
            self.locations[words] = len(self.loc_country)
            self.loc_country.append(-1)
        return self.locations[words]

    def _state_codes(self) -> dict[tuple[str, ...], int]:
        """ "MA" and its like, to the location name that they abbreviate."""
        found: dict[tuple[str, ...], int] = {}
        for one in self.known:
            for where in one.record.locations:
                here = where.geonames_details
                code, name = here.country_subdivision_code, here.country_subdivision_name
                if code and name and code.isalpha() and here.country_code in STATE_COUNTRIES:
                    words = tuple(name_words(code))
                    number = self._location(name)
                    if words and words not in self.locations and number is not None:
                        found.setdefault(words, number)
        return found

    def _kin(self) -> np.ndarray:
        codes = list(self.country_no)
        return np.array([[b in family(a) for b in codes] for a in codes], np.uint8).reshape(
            len(codes), len(codes)
        )

    def _country(self, code: str) -> int:
        return self.country_no.setdefault(code, len(self.country_no))


# --- words ------------------------------------------------------------------------------------


def word_weights(words: list[str], counts: np.ndarray, n_names: int) -> np.ndarray:
    """How much each word tells: the negative log of its share among names.

    Shares are those of the registry at hand and of a large one (`word_shares`), as if BACKGROUND
    names of the latter stood beside: so that a word weighs much the same in a small registry.
    """
    usual = word_shares()
    shares = np.array([usual.get(word, RARE_SHARE) for word in words])
    mixed = (counts + BACKGROUND * shares) / (n_names + BACKGROUND)
    return np.asarray((-np.log(mixed)).clip(0.3, 12), np.float32)


@functools.cache
def word_shares() -> dict[str, float]:
    """The usual share of names that hold a word, of the commoner words in names."""
    content = (files("sciencecities.locate") / "data" / WORDS_FILE).read_bytes()
    lines = gzip.decompress(content).decode("utf-8").split("\n")
    pairs = (line.split(" ") for line in lines if line)
    return {word: float(share) for word, share in pairs}


# --- names -----------------------------------------------------------------------------------


def named(organisation: Organisation) -> Iterator[tuple[str, int]]:
    """Names to look for, with their kind; also without a closing "(United States)"."""
    countries = {where.geonames_details.country_name for where in organisation.locations}
    for name in organisation.names:
        value = name.value.strip()
        if value.endswith(")") and value[value.rfind("(") + 1 : -1] in countries:
            value = value[: value.rfind("(")].strip()
        if "acronym" in name.types or looks_acronym(value):
            yield value, ACRONYM
        else:
            yield value, ALIAS if name.types == ("alias",) else LABEL


def looks_acronym(value: str) -> bool:
    """Whether a name is one short word in capitals."""
    return len(value) <= 6 and " " not in value and value.isascii() and value.isupper()


def shortened(words: tuple[str, ...], towns: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Other forms of a name: Washington University [in St. Louis], Harbour Optics [Ltd]."""
    for town in towns:
        if town and len(words) > len(town) + 1 and words[-len(town) :] == town:
            yield words[: -len(town)]
    if len(words) == 2 and "university" in words:
        yield words[::-1]
    if words[-1] in COMPANY_WORDS and len(words) > 2:
        yield words[:-1]


def _types(organisation: Organisation) -> int:
    return sum(1 << bit for bit, kind in enumerate(TYPES) if kind in organisation.types)


def _fame(organisation: Organisation) -> float:
    """How much the registry has to tell of it."""
    ties = len(organisation.relationships)
    return math.log2(1 + len(organisation.names) + ties + 2 * len(organisation.links))


def _domains(known: list[_Known]) -> dict[str, int]:
    """Web domains that lead to one organisation only."""
    found: dict[str, set[int]] = defaultdict(set)
    for number, one in enumerate(known):
        for domain in one.record.web_domains:
            found[domain].add(number)
    return {domain: min(orgs) for domain, orgs in sorted(found.items()) if len(orgs) == 1}


def _flags(word: str) -> int:
    return (word in GENERIC) + 2 * (word in FIELD_WORDS) + 4 * (word in UNIT_WORDS)


def _flat(lists: list[list[int]] | list[list[float]], dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """Offsets and the lists one after another."""
    offsets = np.zeros(len(lists) + 1, np.int64)
    np.cumsum([len(one) for one in lists], out=offsets[1:])
    return offsets.astype(np.int32), np.array([v for one in lists for v in one], dtype)


def _table(offsets: np.ndarray, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    hashes, slots = new_table(len(offsets) - 1)
    add_all(offsets, words, hashes, slots)
    return hashes, slots

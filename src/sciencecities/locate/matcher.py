"""A first matcher of affiliation strings to registry organisations: exact names and evidence.

Names and strings are compared word by word after folding, expansion of usual abbreviations and
removal of small words. The longest name wins; country and town decide between namesakes. It
prefers silence to a wrong answer.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from sciencecities.locate.model import Place
from sciencecities.locate.name_words import (
    EDGE,
    GENERIC,
    NEXT,
    SMALL_CONTINUE,
    UNIT_WORDS,
    Words,
    capitals,
    name_words,
    string_words,
)
from sciencecities.locate.registry import ACTIVE, WITHDRAWN, Organisation, Registry
from sciencecities.locate.text import clean

MAX_NAME_WORDS = 30
NEAR_DEGREES = 0.4

LABEL, ALIAS, ACRONYM = 0, 1, 2
"""How a name belongs to its organisation, best first."""

WHOLE, PART, LOOSE = 0, 1, 2
"""How a name sits: between marks; beside a small or a unit word; beside any other word."""

YES, UNKNOWN, NO = 1, 0, -1


class Match(NamedTuple):
    """An organisation found in a string. `score`: 0 to 1, how sure the match is."""

    ror: str
    name: str
    score: float


class _Known(NamedTuple):
    """What the matcher keeps of an organisation (of its successor where it has one)."""

    ror: str
    name: str
    active: bool
    countries: tuple[str, ...]
    towns: tuple[str, ...]  # as words, between spaces
    points: tuple[tuple[str, float, float], ...]  # place id, latitude, longitude


class _Named(NamedTuple):
    """An organisation under one of its names."""

    known: _Known
    kind: int


class _Evidence(NamedTuple):
    """What a string says besides names."""

    words: str  # all its words, between spaces
    country: str | None
    place: Place | None


class _Span(NamedTuple):
    """A registry name in the string: its words from start to end."""

    start: int
    end: int
    key: str


class Matcher:
    """Finds registry organisations in affiliation strings. Building it takes some seconds."""

    def __init__(self, registry: Registry) -> None:
        self._names: dict[str, tuple[_Named, ...]] = {}
        self._acronyms: dict[str, tuple[_Named, ...]] = {}
        self._index(registry)
        self._lengths = _lengths(self._names)

    def match(
        self, text: str, country: str | None = None, *, place: Place | None = None
    ) -> list[Match]:
        """The organisations named in the string, in their order in it, each once.

        `country` (ISO 3166-1 alpha-2) and `place` are what the string is known to say.
        """
        text = clean(text)
        words = string_words(text)
        seen = _Evidence(f" {' '.join(words.words)} ", country, place)
        found: dict[str, Match] = {}
        for span in self._spans(words):
            match = self._decide(span, words, seen)
            if match and (match.ror not in found or str(found[match.ror].score) < str(match.score)):
                found[match.ror] = match
        for match in self._by_acronym(text, seen):
            found.setdefault(match.ror, match)
        return list(found.values())

    # --- building --------------------------------------------------------------------------

    def _index(self, registry: Registry) -> None:
        names: dict[str, dict[str, _Named]] = defaultdict(dict)
        acronyms: dict[str, dict[str, _Named]] = defaultdict(dict)
        towns = _place_names(registry)
        for ror, organisation in registry.items():
            known = _known(registry, ror, organisation)
            if known is None:
                continue
            for value, kind in _names(organisation):
                if kind == ACRONYM:
                    _put(acronyms[value], known, kind)
                    continue
                words = name_words(value)
                key = " ".join(words)
                if key and len(words) <= MAX_NAME_WORDS and key not in towns:
                    _put(names[key], known, kind)
        self._names = {key: tuple(named.values()) for key, named in names.items()}
        self._acronyms = {key: tuple(named.values()) for key, named in acronyms.items()}

    # --- finding names ---------------------------------------------------------------------

    def _spans(self, words: Words) -> list[_Span]:
        """The names in the string in their order; where names overlap, the longest."""
        taken = bytearray(len(words.words))
        kept = []
        for span in sorted(self._all_spans(words), key=lambda s: (s.start - s.end, s.start)):
            if not any(taken[span.start : span.end]):
                taken[span.start : span.end] = b"\1" * (span.end - span.start)
                kept.append(span)
        return sorted(kept)

    def _all_spans(self, words: Words) -> Iterator[_Span]:
        tokens, n = words.words, len(words.words)
        for start, word in enumerate(tokens):
            lengths = self._lengths.get(word, ())
            if start + 1 < n:
                lengths = self._lengths.get(f"{word} {tokens[start + 1]}", ()) + lengths
            for length in lengths:
                end = start + length
                if end <= n and words.part[start] == words.part[end - 1]:
                    key = " ".join(tokens[start:end])
                    if key in self._names:
                        yield _Span(start, end, key)
                        break

    # --- deciding --------------------------------------------------------------------------

    def _decide(self, span: _Span, words: Words, seen: _Evidence) -> Match | None:
        sits = _sits(span, words)
        if sits is None:
            return None
        named = self._campus(span, words) or self._names[span.key]
        chosen, evidence = _choose(named, seen)
        if chosen is None:
            return None
        country, town = evidence
        generic = all(w in GENERIC for w in span.key.split(" "))
        single = span.end - span.start == 1
        if (generic or (single and sits != WHOLE)) and town != YES:
            return None
        if country == NO and town != YES:
            return None
        if sits == LOOSE and not (country == YES or town == YES):
            return None
        score = _score(chosen.kind, sits, country, town, shared=len(named) > 1, generic=generic)
        return Match(chosen.known.ror, chosen.known.name, score)

    def _campus(self, span: _Span, words: Words) -> tuple[_Named, ...] | None:
        """The name continued by a word further on: University of California, …, Berkeley."""
        tokens = words.words
        for start in range(span.end, min(len(tokens), span.end + 12)):
            if words.before[start] == EDGE and words.part[start] == words.part[span.start]:
                for end in (start + 2, start + 1):
                    key = f"{span.key} {' '.join(tokens[start:end])}"
                    if key in self._names:
                        return self._names[key]
        return None

    def _by_acronym(self, text: str, seen: _Evidence) -> Iterator[Match]:
        for word in capitals(text):
            named = self._acronyms.get(word)
            if not named:
                continue
            chosen, (country, town) = _choose(named, seen)
            if chosen and (town == YES or (country == YES and len(word) >= 4)):
                score = 0.8 if town == YES else 0.6
                yield Match(chosen.known.ror, chosen.known.name, score)


# --- evidence --------------------------------------------------------------------------------


def _choose(named: tuple[_Named, ...], seen: _Evidence) -> tuple[_Named | None, tuple[int, int]]:
    """The one organisation that country and town leave, or None where several remain."""
    best: list[tuple[_Named, tuple[int, int]]] = []
    best_rank: tuple[int, ...] = ()
    for one in named:
        evidence = _country(one.known, seen), _town(one.known, seen)
        rank = (*evidence, one.known.active)
        if not best or rank > best_rank:
            best, best_rank = [(one, evidence)], rank
        elif rank == best_rank:
            best.append((one, evidence))
    return best[0] if len(best) == 1 else (None, (UNKNOWN, UNKNOWN))


def _country(known: _Known, seen: _Evidence) -> int:
    if seen.country is None or not known.countries:
        return UNKNOWN
    return YES if seen.country in known.countries else NO


def _town(known: _Known, seen: _Evidence) -> int:
    if any(town in seen.words for town in known.towns):
        return YES
    if seen.place is None:
        return UNKNOWN
    here = seen.place
    for place_id, latitude, longitude in known.points:
        near = abs(latitude - here.latitude) + abs(longitude - here.longitude) < NEAR_DEGREES
        if near or place_id == here.place_id:
            return YES
    return NO


def _sits(span: _Span, words: Words) -> int | None:
    """How the name sits in the string; None where it is but the middle of another name."""
    left, right = words.before[span.start], words.before[span.end]
    if right == SMALL_CONTINUE:
        return None
    if left == EDGE and right == EDGE:
        return WHOLE
    left_fits = left != NEXT or words.words[span.start - 1].isdigit()
    following = words.words[span.end] if right == NEXT else ""
    right_fits = right != NEXT or following.isdigit() or following in UNIT_WORDS
    return PART if left_fits and right_fits else LOOSE


def _score(
    kind: int, sits: int, country: int, town: int, *, shared: bool, generic: bool
) -> float:
    return 0.9


# --- names -----------------------------------------------------------------------------------


def _names(organisation: Organisation) -> Iterator[tuple[str, int]]:
    """Names to look for, with their kind; also without a closing "(United States)"."""
    countries = {where.geonames_details.country_name for where in organisation.locations}
    for name in organisation.names:
        value = name.value.strip()
        if value.endswith(")") and value[value.rfind("(") + 1 : -1] in countries:
            value = value[: value.rfind("(")].strip()
        if "acronym" in name.types or _looks_acronym(value):
            yield value, ACRONYM
        else:
            yield value, ALIAS if name.types == ("alias",) else LABEL


def _looks_acronym(value: str) -> bool:
    return len(value) <= 6 and " " not in value and value.isascii() and value.isupper()


def _known(registry: Registry, ror: str, organisation: Organisation) -> _Known | None:
    """The organisation as it is today; None for a record withdrawn without a successor."""
    today = registry.successor(ror)
    if today == ror and organisation.status == WITHDRAWN:
        return None
    current = registry.get(today) or organisation
    towns = (name_words(where.geonames_details.name) for where in current.locations)
    points = ((p.place_id, p.latitude, p.longitude) for p in registry.places(today))
    return _Known(
        today,
        current.name if today in registry else registry.label(ror, today) or current.name,
        current.status == ACTIVE,
        current.countries,
        tuple(f" {' '.join(town)} " for town in towns if town),
        tuple(points),
    )


def _place_names(registry: Registry) -> set[str]:
    """Names of towns, regions and countries, which name no organisation by themselves."""
    found = set()
    for _, organisation in registry.items():
        for where in organisation.locations:
            here = where.geonames_details
            found |= {here.name, here.country_name, here.country_subdivision_name}
    return {" ".join(name_words(name)) for name in found if name}


def _put(named: dict[str, _Named], known: _Known, kind: int) -> None:
    """Keep an organisation once per name, under its best kind."""
    old = named.get(known.ror)
    if old is None or kind < old.kind:
        named[known.ror] = _Named(known, kind)


def _lengths(names: dict[str, tuple[_Named, ...]]) -> dict[str, tuple[int, ...]]:
    """First two words (or the only one) -> lengths of the names that begin so, longest first."""
    found: dict[str, set[int]] = defaultdict(set)
    for name in names:
        words = name.split(" ", 2)
        found[" ".join(words[:2])].add(name.count(" ") + 1)
    return {head: tuple(sorted(lengths, reverse=True)) for head, lengths in found.items()}

"""A first matcher of affiliation strings to registry organisations: exact names and evidence.

Names and strings are compared word by word after folding, expansion of usual abbreviations and
removal of small words. The longest name wins; country and town decide between namesakes. It
prefers silence to a wrong answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from sciencecities.locate.model import Place
from sciencecities.locate.name_words import (
    COMPANY_WORDS,
    COUNTRY_ACRONYMS,
    EDGE,
    FIELD_WORDS,
    GENERIC,
    NEXT,
    SMALL_CONTINUE,
    UNIT_WORDS,
    Words,
    acronym,
    name_words,
    string_words,
)
from sciencecities.locate.registry import ACTIVE, WITHDRAWN, Organisation, Registry
from sciencecities.locate.text import clean

MAX_NAME_WORDS = 30
NEAR_DEGREES = 0.4
ACRONYM = -1
_FIRST_CJK, _LAST_CJK = "\u2fff", "\ua000"
_BEFORE_CJK = frozenset("省市区县州国部系院所室团校会")

LABEL, ALIAS, SHORT = 0, 1, 2
"""How a name belongs to its organisation: SHORT is without its town, which must then be named."""

WHOLE, PART, LOOSE, SHORTHAND = 0, 1, 2, 3
"""How a name sits: between marks; beside a small or a unit word; beside any other word; as an
acronym between marks."""

# Set by hand near the shares of right matches in 15,082 labelled strings (S2AFF, AffilGood, and
# ROR's Springer, APS and log sets), where an ancestor or a descendant passed as right. The rules
# were made on the same strings, so expect less on others. Columns: label, alias, short.
SCORES = {
    WHOLE: (0.95, 0.92, 0.92),
    PART: (0.9, 0.82, 0.82),
    LOOSE: (0.88, 0.8, 0.82),
    SHORTHAND: (0.8, 0.8, 0.8),
}

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


class _Seen(NamedTuple):
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
        self._places = _place_names(registry)
        self._index(registry)
        self._lengths = _lengths(self._names)

    def match(
        self, text: str, country: str | None = None, *, place: Place | None = None
    ) -> list[Match]:
        """The organisations named in the string, in their order in it, each once.

        `country` (ISO 3166-1 alpha-2) and `place` are what the string is known to say.
        """
        words = string_words(clean(text))
        found: dict[str, Match] = {}
        covered = set()
        for span in self._spans(words):
            match = self._decide(span, words, country, place)
            if match:
                covered.update(words.segment[span.start : span.end])
                if match.ror not in found or found[match.ror].score < match.score:
                    found[match.ror] = match
        for match in self._by_acronym(words, covered, country, place):
            found.setdefault(match.ror, match)
        return list(found.values())

    # --- building --------------------------------------------------------------------------

    def _index(self, registry: Registry) -> None:
        names: dict[str, dict[str, _Named]] = defaultdict(dict)
        acronyms: dict[str, dict[str, _Named]] = defaultdict(dict)
        short: list[tuple[str, _Known]] = []
        for ror, organisation in registry.items():
            known = _known(registry, ror, organisation)
            if known is None:
                continue
            for value, kind in _names(organisation):
                words = name_words(value)
                if kind == ACRONYM:
                    _put(acronyms[value], known, LABEL)
                elif words and len(words) <= MAX_NAME_WORDS:
                    _put(names[" ".join(words)], known, kind)
                    short += [(" ".join(other), known) for other in _shortened(words, known)]
        for key, known in short:
            _put(names[key], known, SHORT)
        for key in self._places & names.keys():
            del names[key]
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
                if end <= n and _may_span(words, start, end):
                    key = " ".join(tokens[start:end])
                    if key in self._names:
                        yield _Span(start, end, key)
                        break

    # --- deciding --------------------------------------------------------------------------

    def _decide(
        self, span: _Span, words: Words, country: str | None, place: Place | None
    ) -> Match | None:
        sits = self._sits(span, words)
        if sits is None:
            return None
        tokens = words.words
        around = f" {' '.join(tokens[: span.start])} | {' '.join(tokens[span.end :])} "
        chosen = _choose(self._names[span.key], _Seen(around, country, place))
        if chosen is None:
            return None
        named, in_country, in_town = chosen
        if in_country == NO and in_town != YES:
            return None
        generic = all(w in GENERIC for w in tokens[span.start : span.end])
        if in_town != YES:
            alone = span.end - span.start == len(tokens)
            single = span.end - span.start == 1
            if generic or (single and (sits != WHOLE or not (in_country == YES or alone))):
                return None
            if sits == LOOSE and in_country != YES:
                return None
        elif generic and (sits == LOOSE or (sits == PART and named.kind != LABEL)):
            return None
        score = _score(named.kind, sits, in_country, in_town)
        return Match(named.known.ror, named.known.name, score)

    def _sits(self, span: _Span, words: Words) -> int | None:
        """How the name sits in the string; None where it is but a part of another name."""
        left, right = words.before[span.start], words.before[span.end]
        if right == SMALL_CONTINUE:
            return None
        if left == EDGE and right == EDGE:
            return WHOLE
        before = words.words[span.start - 1] if left == NEXT else ""
        after = words.words[span.end] if right == NEXT else ""
        if after == "hospital" and words.words[span.end - 1] == "university":
            return None  # a university's name with "Hospital" behind it is the hospital's
        if _FIRST_CJK < span.key < _LAST_CJK:
            begins = not before or before in _BEFORE_CJK
            return PART if begins and span.end - span.start > 2 else None
        fits_left = not before or before.isdigit() or before in FIELD_WORDS
        fits_right = not after or after.isdigit() or after in UNIT_WORDS or after in self._places
        return PART if fits_left and fits_right else LOOSE

    def _by_acronym(
        self, words: Words, covered: set[int], country: str | None, place: Place | None
    ) -> Iterator[Match]:
        """Segments that are an acronym, with evidence; not one that only repeats a name."""
        seen = None
        for number, (mark, segment) in enumerate(words.segments):
            word = acronym(segment)
            if not word or word not in self._acronyms or number in covered:
                continue
            if word.lower() in self._places or word in COUNTRY_ACRONYMS:
                continue
            if mark in "([" and number - 1 in covered:
                continue
            seen = seen or _Seen(f" {' '.join(words.words)} ", country, place)
            chosen = _choose(self._acronyms[word], seen)
            if chosen and (chosen[2] == YES or chosen[1] == YES):
                named, in_country, in_town = chosen
                yield Match(
                    named.known.ror,
                    named.known.name,
                    _score(named.kind, SHORTHAND, in_country, in_town),
                )


# --- evidence --------------------------------------------------------------------------------


def _may_span(words: Words, start: int, end: int) -> bool:
    """A name may run over a comma only if it begins behind a mark, and never over a semicolon."""
    if words.segment[start] == words.segment[end - 1]:
        return True
    return words.part[start] == words.part[end - 1] and words.before[start] != NEXT


def _choose(named: tuple[_Named, ...], seen: _Seen) -> tuple[_Named, int, int] | None:
    """The one organisation that country and town leave, with both; None where several remain."""
    best: list[tuple[_Named, int, int]] = []
    best_rank: tuple[int, ...] = ()
    for one in named:
        in_country, in_town = _country(one.known, seen), _town(one.known, seen)
        if one.kind == SHORT and (in_town != YES or in_country == NO):
            continue
        rank = (in_country, in_town, one.known.active, -one.kind)
        if not best or rank > best_rank:
            best, best_rank = [(one, in_country, in_town)], rank
        elif rank == best_rank:
            best.append((one, in_country, in_town))
    return best[0] if len(best) == 1 else None


def _country(known: _Known, seen: _Seen) -> int:
    if seen.country is None or not known.countries:
        return UNKNOWN
    return YES if seen.country in known.countries else NO


def _town(known: _Known, seen: _Seen) -> int:
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


def _score(kind: int, sits: int, in_country: int, in_town: int) -> float:
    score = SCORES[sits][kind] + 0.02 * (in_town == YES) - 0.08 * (in_country == NO)
    return round(score, 2)


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


def _shortened(words: list[str], known: _Known) -> Iterator[list[str]]:
    """Other forms of a name that stand only with its town: Washington University, St. Louis."""
    for town in known.towns:
        end = town.split()
        if len(words) > len(end) + 1 and words[-len(end) :] == end:
            yield words[: -len(end)]
    if len(words) == 2 and "university" in words:
        yield words[::-1]
    if words[-1] in COMPANY_WORDS and len(words) > 2:
        yield words[:-1]


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

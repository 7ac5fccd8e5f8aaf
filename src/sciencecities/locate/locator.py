"""The units of an affiliation: which institutions it names and where each of them is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from sciencecities.errors import ConfigError
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.matcher import Asked, Match, Matcher
from sciencecities.locate.model import Affiliation, Entry, Place, Unit
from sciencecities.locate.place_text import Found
from sciencecities.locate.placing import NOWHERE, REGISTERED, Placed, TextPlaces, choose_place
from sciencecities.locate.registry import Registry, canonical_ror, mended
from sciencecities.locate.text import fold, normalise, organisation, slug

Mode = Literal["text-then-registry", "registry", "text"]
MODES: tuple[Mode, ...] = ("text-then-registry", "registry", "text")

WITHOUT_PLACE = "institution-without-place"
UNRESOLVED = "unresolved-affiliation"
CONFLICT = "id-conflict"
STRAIT = frozenset({"CN", "TW"})


class Named(NamedTuple):
    """An institution named in an affiliation, before it is placed."""

    institution_id: str
    name: str | None
    names: tuple[str, ...]  # under which the string may name it
    aliases: frozenset[str]  # every id under which lineages may name it
    ancestors: frozenset[str]
    root: str
    countries: frozenset[str]  # where it may be, as far as known
    places: tuple[Place, ...]  # where the registry has it, the main place first
    text: str  # the string that may name its place
    method: str
    score: float | None = None


class Locator:
    """Turns affiliations into units. The answer is a function of the affiliation alone."""

    def __init__(
        self,
        gazetteer: Gazetteer,
        registry: Registry | None = None,
        *,
        mode: str = "text-then-registry",
        match: bool = True,
        keep_ancestors: bool = False,
        min_score: float | None = None,
    ) -> None:
        """`mode` is one of MODES; without a registry, `registry` takes the places from the text.

        With `match` False the record's ids stand as they are and strings are matched to nothing.
        Matches scored below `min_score` are left out. Raises ConfigError for an unknown mode.
        """
        if mode not in MODES:
            raise ConfigError(f"no locate mode {mode!r}; there are {', '.join(MODES)}")
        self.registry = registry or Registry(())
        self.has_registry = registry is not None
        self.mode = mode
        self.match = match
        self.keep_ancestors = keep_ancestors
        self._texts = TextPlaces(gazetteer)
        self.min_score = min_score
        self._matched: dict[Asked, list[Match]] = {}
        self._by_ror: dict[str, Named] = {}  # at most one each of the registry's
        self._matcher = Matcher(registry) if registry is not None and match else None

    def prepare(self, strings: Iterable[str]) -> None:
        """Match many strings at once, which is faster; what is known of former ones is forgotten.

        Changes no answer: those that are asked for later are matched one by one otherwise.
        """
        if self._matcher is not None:
            found = [(text, self._texts.find(text)) for text in dict.fromkeys(strings)]
            asked = [Asked(text, one.country, one.place) for text, one in found]
            asked += [Asked(text) for text, one in found if _is_guessed(one)]
            answers = self._matcher.match_many(asked, self.min_score)
            self._matched = dict(zip(asked, answers, strict=True))

    def locate(self, affiliation: Affiliation) -> list[Unit]:
        """The affiliation's distinct units; none where it has neither text nor institution."""
        named, strings = self._found(affiliation)
        return self._units(named if self.keep_ancestors else pruned(named), strings)

    def named(self, affiliation: Affiliation) -> list[Unit]:
        """All units, also those of ancestors of others, which come last."""
        named, strings = self._found(affiliation)
        kept = pruned(named)
        return self._units([*kept, *(one for one in named if one not in kept)], strings)

    def _found(self, affiliation: Affiliation) -> tuple[list[Named], list[Unit]]:
        text = affiliation.text or ""
        if not affiliation.entries:
            named, strings = self._by_string(text)
        else:
            named, strings = self._read(affiliation.entries, text)
        return merged(named), strings

    def _units(self, named: Sequence[Named], strings: Sequence[Unit]) -> list[Unit]:
        units: dict[str, Unit] = {}
        for unit in [*map(self._unit, named), *strings]:
            units.setdefault(unit.key, unit)
        return list(units.values())

    def place_only(self, text: str) -> Unit | None:
        """The string as a unit at the place that it names, whatever institution it names."""
        found = self._texts.find(text)
        if found.place is None or not self._places_strings:
            return None
        where, key = found.place.country, normalise(text)
        score = found.score
        return Unit(None, None, None, found.place, where, None, "place-only", None, key, score)

    def _read(self, entries: Sequence[Entry], text: str) -> tuple[list[Named], list[Unit]]:
        """What the entries name: institutions, and strings that name none."""
        rejected = {e for e in entries if self.match and self._contradicts(e, text)}
        known = [e for e in entries if _own_id(e) and e not in rejected]
        named = [self._by_id(entry, text) for entry in known]
        strings: list[Unit] = []
        for entry in entries:
            if _own_id(entry) is None:
                found, own = self._by_name(entry, text, is_resolved=bool(known))
                named.extend(found)
                strings.extend(own)
        if rejected:
            found, own = self._by_string(text)
            named += [one._replace(method=f"{one.method}+{CONFLICT}") for one in found]
            if not known:  # else the string is resolved, and adds nothing of its own
                strings += [unit._replace(method=f"{unit.method}+{CONFLICT}") for unit in own]
        return named, strings

    # --- institutions by id ----------------------------------------------------------------

    def _by_id(self, entry: Entry, text: str) -> Named:
        recorded = _own_id(entry) or ""
        mapped = self.registry.successor(recorded) if self.match else recorded
        lineage = tuple((entry.lineage or "").split())
        ancestors = frozenset(lineage) or self._ancestors(mapped, recorded)
        aliases = {recorded, mapped, (entry.institution_id or "").strip()} - {""}
        name = self.registry.name(mapped) or self.registry.label(recorded, mapped)
        return Named(
            institution_id=mapped,
            name=name or entry.name,
            names=(*self._names(mapped), *self._names(recorded), *filter(None, [entry.name])),
            aliases=frozenset(aliases),
            ancestors=(frozenset(canonical_ror(a) or a for a in ancestors) | ancestors) - aliases,
            root=self._root(mapped, entry.institution_id, lineage),
            countries=self._countries(entry, recorded, mapped),
            places=tuple(self.registry.places(mapped) or self.registry.places(recorded)),
            text=text,
            method="id" if mapped == recorded else "id-successor",
        )

    def _ancestors(self, *rors: str) -> frozenset[str]:
        found = (self.registry.ancestors(ror, successors=self.match) for ror in rors)
        return frozenset().union(*found)

    def _root(self, ror: str, source: str | None = None, lineage: Sequence[str] = ()) -> str:
        if ror in self.registry:
            return self.registry.root(ror)
        above = [a for a in lineage if a != source]  # some sources end it with the institution
        return above[-1] if above else ror

    def _countries(self, entry: Entry, *rors: str) -> frozenset[str]:
        found = {country for ror in rors for country in self._registered_in(ror)}
        return frozenset(found or ({entry.country.upper()} if entry.country else ()))

    def _names(self, ror: str) -> tuple[str, ...]:
        found = self.registry.get(ror)
        return tuple(name.value for name in found.names) if found else ()

    def _registered_in(self, ror: str) -> tuple[str, ...]:
        organisation = self.registry.get(ror)
        return organisation.countries if organisation else ()

    def _contradicts(self, entry: Entry, text: str) -> bool:
        """Whether the text clearly names countries, and nowhere the institution's."""
        ror = _own_id(entry) or ""
        if not ror:
            return False
        known = {entry.country.upper()} if entry.country else set()
        known.update(self._registered_in(ror))
        if not known or not text:
            return False
        named = self._texts.countries(text)
        return bool(named) and not named & known and not self._texts.hinted(text) & known

    # --- strings ---------------------------------------------------------------------------

    def _by_name(
        self, entry: Entry, text: str, *, is_resolved: bool
    ) -> tuple[list[Named], list[Unit]]:
        """What an entry without id is: its display name, or else the affiliation's text."""
        string = entry.name if entry.name and normalise(entry.name) else text
        if is_resolved and normalise(string) == normalise(text):
            return [], []  # the string is resolved by another entry
        return self._by_string(string, entry.country, text)

    def _by_string(
        self, string: str, country: str | None = None, context: str = ""
    ) -> tuple[list[Named], list[Unit]]:
        """The registry's organisations named in a string, or else the string as a unit.

        `context` is the affiliation in which the string stands; it may name the town.
        """
        key = normalise(string)
        if not key:
            return [], []
        country = country.upper() if country else None
        found = self._texts.find(string, country)
        if found.place is None and context:
            found = self._texts.find(context, country)
        matches = [
            m for m in self._matches(string, country, found) if not self._is_across(m, found)
        ]
        if matches:
            return [self._by_match(match, context or string) for match in matches], []
        place = found.place if self._places_strings else None
        unit = self._unregistered(string, key, place, found)
        return [], [unit or self._unresolved(string, key, country)]

    def _matches(self, string: str, country: str | None, found: Found) -> list[Match]:
        matches = self._asked(Asked(string, found.country or country, found.place))
        if country is not None or not _is_guessed(found):
            return matches
        # "MIT, Cambridge": is it one of another town of that name?
        others = self._asked(Asked(string))
        best = max(others, key=lambda match: match.score, default=None)
        if best is None or any(match.score >= best.score for match in matches):
            return matches
        return others if self._is_in_namesake(best, found.place) else matches

    def _asked(self, asked: Asked) -> list[Match]:
        if self._matcher is None:
            return []
        known = self._matched.get(asked)
        return self._matcher.match_many([asked], self.min_score)[0] if known is None else known

    def _is_across(self, match: Match, found: Found) -> bool:
        """Whether string and organisation are on two sides of the Taiwan Strait.

        No organisation of the registry has places on both, and many share a name.
        """
        side = found.place.country if found.place else None
        if side not in STRAIT:
            return False
        known = STRAIT & set(self._registered_in(match.ror))
        return bool(known) and side not in known

    def _is_in_namesake(self, match: Match, place: Place | None) -> bool:
        """Whether the registry has it in another town that bears the name of the place."""
        if place is None:
            return False
        towns = self.registry.places(match.ror)
        return any(fold(t.name) == fold(place.name) and t.country != place.country for t in towns)

    def _by_match(self, match: Match, text: str) -> Named:
        named = self._by_ror.get(match.ror)
        if named is None:
            named = self._by_ror[match.ror] = self._matched_named(match)
        return named._replace(name=match.name, text=text, score=match.score)

    def _matched_named(self, match: Match) -> Named:
        """What the registry says of a matched organisation, whatever the string."""
        return Named(
            institution_id=match.ror,
            name=match.name,
            names=self._names(match.ror),
            aliases=frozenset({match.ror}),
            ancestors=self._ancestors(match.ror),
            root=self._root(match.ror),
            countries=frozenset(self._registered_in(match.ror)),
            places=tuple(self.registry.places(match.ror)),
            text="",
            method="match",
        )

    @property
    def _places_strings(self) -> bool:
        """Whether the gazetteer places strings of which the registry knows nothing."""
        return self.mode != "registry" or (self.match and not self.has_registry)

    def _unregistered(
        self, string: str, key: str, place: Place | None, found: Found
    ) -> Unit | None:
        """The organisation part of the string, under an id of its name, at the string's place."""
        name = organisation(string, (place.name,)) if place else None
        if place is None or name is None or not slug(name):
            return None
        own = f"name:{slug(name)}"
        method = f"unregistered+text:{found.method}"
        # The key lets an equal string of the author that is resolved by id take its place.
        return Unit(own, own, name, place, place.country, None, method, None, key, found.score)

    def _unresolved(self, string: str, key: str, country: str | None) -> Unit:
        """The string itself, compared and placed by its normalised text, the key, alone.

        So equal keys have equal places, whatever case or affiliation the string comes in.
        """
        found = self._texts.find(key)
        place = found.place if self._places_strings else None
        country = found.country or self._texts.find(string).country or country
        if place:
            where, method = place.country, "place-only"
            return Unit(None, None, None, place, where, None, method, None, key, found.score)
        return Unit(None, None, None, None, country, UNRESOLVED, "unresolved", None, key)

    # --- places ----------------------------------------------------------------------------

    def _unit(self, named: Named) -> Unit:
        place, method, score = self._place(named)
        if method == "registry" and named.score is not None:  # right if the institution is
            score *= named.score
        country = place.country if place else self._country(named)
        return Unit(
            named.institution_id,
            named.root,
            named.name,
            place,
            country,
            None if place else WITHOUT_PLACE,
            f"{named.method}+{method}",
            named.score,
            place_score=round(score, 4) if place else None,
        )

    def _place(self, named: Named) -> Placed:
        if self.mode == "registry" and self.has_registry:
            where = named.places[:1]
            return Placed(where[0], "registry", REGISTERED) if where else NOWHERE
        registered: Sequence[Place] = ()
        if self.mode == "text-then-registry":
            registered = mended(named.institution_id, named.places)
        return choose_place(self._texts, named.text, named.names, named.countries, registered)

    def _country(self, named: Named) -> str | None:
        if named.countries:
            return min(named.countries)
        return self._texts.find(named.text).country if named.text else None


def _is_guessed(found: Found) -> bool:
    """Whether the country is but that of the likeliest of several towns of the name."""
    return found.method == "text-city" and not found.is_sure


def _own_id(entry: Entry) -> str | None:
    """The canonical ROR id, else the source's own id, else None."""
    source = (entry.institution_id or "").strip()
    ror = canonical_ror(entry.ror) or (canonical_ror(source) if "ror.org/" in source else None)
    return ror or source or None


def merged(named: Iterable[Named]) -> list[Named]:
    """The institutions with those of one id made one, in order of their first mention."""
    found: dict[str, Named] = {}
    for one in named:
        first = found.get(one.institution_id)
        if first is not None:
            one = first._replace(
                aliases=first.aliases | one.aliases,
                ancestors=first.ancestors | one.ancestors,
                countries=first.countries | one.countries,
            )
        found[one.institution_id] = one
    return list(found.values())


def pruned(named: Sequence[Named]) -> list[Named]:
    """The institutions without those that are an ancestor of another one among them.

    Of institutions that are ancestors of each other, the one of the smallest id stays.
    """
    called: dict[str, set[str]] = defaultdict(set)
    for one in named:
        for alias in one.aliases:
            called[alias].add(one.institution_id)
    parents = {
        one.institution_id: {i for a in one.ancestors & called.keys() for i in called[a]}
        for one in named
    }
    above = {one: _reached(one, parents) for one in parents}
    dropped = {
        mine
        for other, ancestors in above.items()
        for mine in ancestors
        if other not in above[mine] or other < mine
    }
    return [one for one in named if one.institution_id not in dropped]


def _reached(start: str, parents: Mapping[str, set[str]]) -> set[str]:
    """Everything above, through each other too, without the start itself."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = parents[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return found - {start}

"""The oracle's reading of a record: an author's affiliations and their units, in plain Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Json = dict[str, Any]


class Placed(NamedTuple):
    """Where a unit is."""

    place_id: str
    city_id: str
    country: str


Placer = Callable[[str | None, str | None], "Placed | str"]
"""(institution id or None, affiliation text or None) -> where it is, or why it has no place."""


class Unit(NamedTuple):
    """An institution at its place, an unresolved string, or what stands for a missing one."""

    institution: str | None
    text: str | None
    place: str | None
    city: str | None
    reason: str | None

    @property
    def key(self) -> str:
        if self.institution is None:
            return f"text:{self.text or ''}"
        return f"{self.institution}@{self.place or ''}"

    @property
    def label(self) -> str | None:
        """What the `institution` scheme tells apart: the institution wherever it is."""
        return self.institution or (f"text:{self.text}" if self.text else None)


class Entry(NamedTuple):
    """An institution named in an affiliation."""

    source_id: str | None
    ror: str | None
    name: str | None
    lineage: frozenset[str] | None

    @property
    def unit_id(self) -> str | None:
        return self.ror or self.source_id


class Affiliation(NamedTuple):
    """One affiliation as the record gives it; `key` is its string as strings are compared."""

    text: str | None
    entries: tuple[Entry, ...]

    @property
    def key(self) -> str:
        return text_key(self.text)


def text_key(text: str | None) -> str:
    """The string as strings are compared: no e-mail, "Electronic address", case, punctuation."""
    bare = re.sub(r"\S+@\S+", " ", text or "").casefold().replace("electronic address", " ")
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())


def entry(institution: Json) -> Entry:
    lineage = institution.get("lineage")
    return Entry(
        institution.get("id") or None,
        institution.get("ror") or None,
        institution.get("display_name") or None,
        frozenset(lineage) if lineage else None,
    )


def affiliations(authorship: Json) -> list[Affiliation]:
    """The authorship's affiliations, from whichever of the three schemas it is in."""
    institutions = [entry(i) for i in authorship.get("institutions") or []]
    if authorship.get("affiliations"):
        found = _new_affiliations(authorship["affiliations"], institutions)
    elif authorship.get("raw_affiliation_strings"):
        texts = authorship["raw_affiliation_strings"]
        if institutions:
            found = [Affiliation("; ".join(t for t in texts if t), tuple(institutions))]
        else:
            found = [Affiliation(text, ()) for text in texts]
    else:
        found = [Affiliation(authorship.get("raw_affiliation_string"), tuple(institutions))]
    return [a for a in found if a.key or a.entries]


def _new_affiliations(items: list[Json], institutions: list[Entry]) -> list[Affiliation]:
    by_id = {e.source_id: e for e in institutions if e.source_id}
    found = []
    named: set[str] = set()
    for item in items:
        ids = [i for i in item.get("institution_ids") or [] if i]
        named.update(ids)
        entries = tuple(by_id.get(i, Entry(i, None, None, None)) for i in ids)
        found.append(Affiliation(item.get("raw_affiliation_string"), entries))
    rest = tuple(e for e in institutions if e.source_id not in named)
    return [*found, Affiliation(None, rest)] if rest else found


def prune(entries: Sequence[Entry], parents: Mapping[str, Sequence[str]]) -> list[Entry]:
    """The entries without those that are an ancestor of another one (and not also below it)."""
    above = {e: (e.lineage or registry_ancestors(e.ror, parents)) for e in entries}

    def is_above(one: Entry, other: Entry) -> bool:
        return one.source_id in above[other] or one.ror in above[other]

    def is_dropped(one: Entry) -> bool:
        others = (e for e in entries if e.unit_id != one.unit_id)
        return any(is_above(one, other) and not is_above(other, one) for other in others)

    return [e for e in entries if not is_dropped(e)]


def registry_ancestors(ror: str | None, parents: Mapping[str, Sequence[str]]) -> frozenset[str]:
    found: set[str] = set()
    todo = [ror] if ror else []
    while todo:
        for parent in parents.get(todo.pop(), ()):
            if parent not in found:
                found.add(parent)
                todo.append(parent)
    return frozenset(found)


def author_units(
    authorship: Json, place: Placer, parents: Mapping[str, Sequence[str]], *, keep_ancestors: bool
) -> list[tuple[str, frozenset[Unit]]]:
    """The author's distinct affiliations, each as its string and its units."""
    mine = affiliations(authorship)
    resolved = {a.key for a in mine if any(e.unit_id for e in a.entries)}
    distinct: dict[tuple[str, frozenset[Unit]], None] = {}
    for affiliation in mine:
        entries: Sequence[Entry] = affiliation.entries
        if not keep_ancestors:
            entries = prune(entries, parents)
        units = {_institution(e.unit_id, affiliation, place) for e in entries if e.unit_id}
        strings = {text_key(e.name) or affiliation.key for e in entries if not e.unit_id}
        if not affiliation.entries:
            strings = {affiliation.key}
        units |= {_string(s, affiliation, place) for s in strings - resolved - {""}}
        if units:
            distinct[affiliation.key, frozenset(units)] = None
    return list(distinct)


def _institution(unit_id: str, affiliation: Affiliation, place: Placer) -> Unit:
    where = place(unit_id, affiliation.text)
    if isinstance(where, Placed):
        return Unit(unit_id, None, where.place_id, where.city_id, None)
    return Unit(unit_id, None, None, None, where)


def _string(text: str, affiliation: Affiliation, place: Placer) -> Unit:
    where = place(None, affiliation.text)
    if isinstance(where, Placed):
        return Unit(None, text, where.place_id, where.city_id, None)
    return Unit(None, text, None, None, where)

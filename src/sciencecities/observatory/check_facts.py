"""Checks of single facts and of the ties between them: ids, names, references, units."""

from __future__ import annotations

from collections.abc import Iterator

from sciencecities.observatory.model import (
    Axis,
    Claim,
    Company,
    Corridor,
    Facility,
    Fact,
    Plan,
)
from sciencecities.observatory.names import folded, names_of
from sciencecities.observatory.problems import Problem
from sciencecities.observatory.read import Entry, Reading

Step = str | int

DOERS = ("platform", "company", "programme", "facility")
REFERENCES: dict[str, tuple[str, ...]] = {
    "at": ("platform", "facility", "axis", "pole"),
    "hosts": DOERS,
    "by": DOERS,
    "industries": ("industry",),
    "plan": ("plan",),
    "part_of": ("claim",),
    "disagrees_with": ("claim",),
}
"""Fields that name other facts, and of which kinds these may be."""
COUNTED_REFERENCES: dict[str, tuple[str, ...]] = {
    "industries": ("industry",),
    "hosts": DOERS,
    "area": ("axis", "pole", "corridor", "platform"),
}
"""The same in a claim's `counts`."""


def fact_problems(reading: Reading) -> Iterator[Problem]:
    """Problems of ids, names, references and units."""
    yield from _ids(reading)
    yield from _names(reading)
    yield from _same_ids(reading)
    yield from _sources(reading)
    yield from _references(reading)
    for entry in reading.entries:
        yield from _own(entry)


def _ids(reading: Reading) -> Iterator[Problem]:
    seen: dict[str, Entry] = {}
    for entry in reading.entries:
        first = seen.setdefault(entry.fact.id, entry)
        if first is not entry:
            where = f"{first.path.name}:{first.tree.line}"
            yield entry.problem(f"the id is taken by the {first.fact.kind} in {where}", "id")
    keys: set[str] = set()
    for source in reading.sources:
        if source.key in keys:
            yield source.problem("the key is taken by a source in another file")
        keys.add(source.key)


def _names(reading: Reading) -> Iterator[Problem]:
    """One thing entered twice, be it once in English and once in Chinese."""
    seen: dict[tuple[str, str], Entry] = {}
    for entry in reading.entries:
        if not (entry.fact.name.en or entry.fact.name.zh):
            yield entry.problem("the name is empty; give `en`, `zh` or both", "name")
        if isinstance(entry.fact, Claim):
            continue
        for name in names_of(entry.fact):
            first = seen.setdefault((entry.fact.kind, folded(name)), entry)
            if first is not entry:
                yield entry.problem(_twice(name, first), "name")
                break


def _twice(name: str, first: Entry) -> str:
    where = f"{first.path.name}:{first.tree.line}"
    return f"'{name}' is also {first.fact.id!r} ({where}); make one entry, with both names"


def _same_ids(reading: Reading) -> Iterator[Problem]:
    seen: dict[str, Entry] = {}
    for entry in reading.entries:
        for key in ("ror", "wikidata"):
            value = getattr(entry.fact, key, None)
            first = seen.setdefault(value, entry) if value else entry
            if first is not entry:
                where = f"{first.path.name}:{first.tree.line}"
                yield entry.problem(f"{value} is also that of {first.fact.id!r} ({where})", key)
        ror = getattr(entry.fact, "ror", None)
        if ror and not is_ror(ror):
            yield entry.problem(f"{ror} has wrong check digits; copy it again", "ror")


def is_ror(ror: str) -> bool:
    """Whether the two check digits of a ROR id are right (ISO/IEC 7064, as ROR documents).

    >>> is_ror("https://ror.org/0064kty71"), is_ror("https://ror.org/0064kty17")
    (True, False)
    """
    digits = ror[-9:]
    value = 0
    for letter in digits[:7]:
        value = value * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    return 98 - value * 100 % 97 == int(digits[7:])


def _sources(reading: Reading) -> Iterator[Problem]:
    known = {source.key for source in reading.sources}
    for entry in reading.entries:
        if entry.fact.source not in known:
            yield entry.problem(_no_source(entry.fact.source), "source")
        for number, key in enumerate(entry.fact.also):
            if key not in known:
                yield entry.problem(_no_source(key), "also", number)
        for path, key in own_sources(entry.fact):
            if key not in known:
                yield entry.problem(_no_source(key), *path, "source")


def _no_source(key: str) -> str:
    return f"no source '{key}'; add it under `sources:`"


def own_sources(fact: Fact) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Parts of a fact that name a source of their own: path and key."""
    for name in ("floor_area", "construction_period", "site"):
        part = getattr(fact, name, None)
        if part is not None and part.source:
            yield (name,), part.source
    for name in ("figures", "milestones", "events", "spine", "products", "listings"):
        for number, part in enumerate(getattr(fact, name, ())):
            if part.source:
                yield (name, number), part.source


def _references(reading: Reading) -> Iterator[Problem]:
    kinds = {entry.fact.id: entry.fact.kind for entry in reading.entries}
    for entry in reading.entries:
        fact = entry.fact
        for name, allowed in REFERENCES.items():
            yield from _named(entry, (name,), getattr(fact, name, None), allowed, kinds)
        if isinstance(fact, Claim):
            for name, allowed in COUNTED_REFERENCES.items():
                value = getattr(fact.counts, name)
                yield from _named(entry, ("counts", name), value, allowed, kinds)
    yield from _circles(reading, "at")
    yield from _circles(reading, "part_of")


def _named(
    entry: Entry,
    path: tuple[str, ...],
    value: str | list[str] | None,
    allowed: tuple[str, ...],
    kinds: dict[str, str],
) -> Iterator[Problem]:
    if not value:
        return
    ids = [value] if isinstance(value, str) else value
    for number, target in enumerate(ids):
        at: tuple[Step, ...] = path if isinstance(value, str) else (*path, number)
        kind = kinds.get(target)
        if kind is None:
            yield entry.problem(f"`{path[-1]}` names '{target}', which no entry has as id", *at)
        elif kind not in allowed:
            wanted = " or ".join(allowed)
            yield entry.problem(f"`{path[-1]}` names the {kind} '{target}'; {wanted} needed", *at)
        elif target == entry.fact.id:
            yield entry.problem(f"`{path[-1]}` names the entry itself", *at)


def _circles(reading: Reading, name: str) -> Iterator[Problem]:
    """Chains of one reference that come back to where they began (longer than one step)."""
    following = {e.fact.id: v for e in reading.entries if (v := getattr(e.fact, name, None))}
    for entry in reading.entries:
        seen = [entry.fact.id]
        here = following.get(entry.fact.id)
        while here and here not in seen:
            seen.append(here)
            here = following.get(here)
        if here == entry.fact.id and len(seen) > 1:
            chain = " → ".join([*seen, here])
            yield entry.problem(f"`{name}` goes in a circle: {chain}", name)


def _own(entry: Entry) -> Iterator[Problem]:
    fact = entry.fact
    if isinstance(fact, Facility):
        for name, unit in (("floor_area", "m2"), ("construction_period", "year")):
            quantity = getattr(fact, name)
            if quantity and quantity.unit != unit:
                yield entry.problem(f"`{name}` is given in {unit}", name, "unit")
    elif isinstance(fact, Plan) and fact.first_year and fact.last_year:
        if fact.first_year > fact.last_year:
            yield entry.problem("the plan ends before it begins", "last_year")
    elif isinstance(fact, Axis) and len(fact.spine) == 1:
        yield entry.problem("one point makes no line; give two or none", "spine")
    elif isinstance(fact, Company) and fact.listings and fact.listed is False:
        yield entry.problem("not listed, and yet with listings", "listed")
    elif isinstance(fact, Corridor):
        yield from _cities(entry, fact)


def _cities(entry: Entry, corridor: Corridor) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, member in enumerate(corridor.cities):
        if member.city_id in seen:
            yield entry.problem(f"the city {member.name} stands twice", "cities", number)
        seen.add(member.city_id)
    if corridor.complete and len(corridor.cities) < 2:
        text = "fewer than two cities; list them, or say `complete: false`"
        yield entry.problem(text, "cities")

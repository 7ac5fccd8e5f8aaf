"""Claims as a table: what a source states, beside what is listed here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sciencecities.observatory import model
from sciencecities.observatory.words import quantity
from sciencecities.publish.brief_parts import Claim, Claims, Words
from sciencecities.publish.brief_world import World

MOST_RINGS = 24
SYSTEM = re.compile(r"(\d+(?:\+\d+)*)\+N", re.IGNORECASE)


def claims_table(world: World, caption: str, claims: Iterable[model.Claim]) -> Claims:
    """Claims as rows; those that are part of another one here are set under it."""
    listed = list(claims)
    here = {c.id for c in listed}
    groups = _groups(listed)
    rows = (_claim(world, c, c.part_of in here, groups.get(c.id, "")) for c in listed)
    return Claims(caption, tuple(rows))


def _groups(claims: Sequence[model.Claim]) -> dict[str, str]:
    """Which figure of a system such as "2+2+N" a part stands for: by order and value, else N."""
    found: dict[str, str] = {}
    for whole in claims:
        system = SYSTEM.search(str(whole.name))
        wanted = system[1].split("+") if system else []
        for part in claims:
            if system and part.part_of == whole.id:
                fits = bool(wanted) and part.value == int(wanted[0])
                found[part.id] = wanted.pop(0) if fits else "N"
    return found


def _claim(world: World, claim: model.Claim, part: bool, group: str) -> Claim:
    observatory = world.observatory
    assert observatory is not None
    found = observatory.listed(claim) if observatory.is_listable(claim) else None
    names: tuple[Words, ...] = ()
    rings = None
    if found is not None and claim.unit == "1" and claim.value <= MOST_RINGS:
        names = tuple(world.text(f.name, f) for f in found)
        more = claim.comparator in (">", "≥")
        rings = (int(claim.value), min(len(found), int(claim.value)), more)
    label = world.label(claim.name, claim)
    stated = quantity(claim, world.lang)
    percent = claim.value / 100 if claim.unit == "%" else None
    number = None if found is None else len(found)
    return Claim(label, stated, number, names, rings, part, percent, group)

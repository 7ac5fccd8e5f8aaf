"""Sets of cities as one: those that the observatory names, and those that an address names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sciencecities.compare.groups import Group
from sciencecities.observatory.city import Observatory
from sciencecities.observatory.model import Corridor
from sciencecities.publish import ground, region
from sciencecities.publish.shown import Shown
from sciencecities.publish.wording import Lang

MOST = 20
"""Cities that an address may name."""


@dataclass(frozen=True, slots=True)
class Named:
    """A set of cities by name: those of the edition among them, and who named it."""

    id: str
    name: dict[Lang, str]
    city_ids: tuple[str, ...]
    missing: dict[Lang, tuple[str, ...]]
    facts: Observatory | None = None
    corridor: Corridor | None = None


def named(shown: Shown) -> dict[str, Named]:
    """Id → a set that the observatory names, of which the edition has two cities or more."""
    found: dict[str, Named] = {}
    for facts in ground.observatories().values():
        for corridor in region.groups_of(facts):
            here = tuple(m.city_id for m in corridor.cities if m.city_id in shown.cities)
            lost = [m.name for m in corridor.cities if m.city_id not in shown.cities]
            if len(here) > 1:
                found[corridor.id] = Named(
                    corridor.id,
                    {"en": corridor.name.get("en")[0], "zh": corridor.name.get("zh")[0]},
                    here,
                    {
                        "en": tuple(n.get("en")[0] for n in lost),
                        "zh": tuple(n.get("zh")[0] for n in lost),
                    },
                    facts,
                    corridor,
                )
    return found


def asked(shown: Shown, text: str) -> Named:
    """The set of cities that an address names, divided by commas.

    Raises UnknownCityError for a name, ValueError for fewer than two or more than MOST.
    """
    for mark in "，、；;":
        text = text.replace(mark, ",")
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(names) > MOST:
        raise ValueError(len(names))
    ids = tuple(dict.fromkeys(shown.edition.find_city(name) for name in names))
    if len(ids) < 2:
        raise ValueError(len(ids))
    rows = [shown.cities[c] for c in ids]
    english = "–".join(str(r["city"] or r["city_zh"]) for r in rows)
    chinese = "—".join(str(r["city_zh"] or r["city"]) for r in rows)
    return Named("asked", {"en": english, "zh": chinese}, ids, {"en": (), "zh": ()})


def pair(group: Group, a: str, b: str) -> dict[str, object] | None:
    """The row of two members in either order."""
    wanted = {a, b}
    return next((p for p in group.pairs if {p["city_a"], p["city_b"]} == wanted), None)


def affinities(group: Group) -> Sequence[float]:
    """The affinities of the members' pairs that wrote together."""
    return [p["affinity"] for p in group.pairs if p["affinity"]]

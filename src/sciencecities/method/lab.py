"""The method lab: the ranking under one choice of method, recomputed from an edition's parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from sciencecities.method.choices import Choice
from sciencecities.method.cube import Cube, Definition, Works, principal_places
from sciencecities.method.grid import Group, groups_of
from sciencecities.method.ranks import rank_units
from sciencecities.method.sums import Array, Groups, Sums
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    from sciencecities.scopes.model import JournalSet

LAB_COLUMNS = {
    "data_year": pa.int32(),
    "scope": pa.string(),
    "rank": pa.int64(),
    "city_id": pa.string(),
    "city": pa.string(),
    "city_zh": pa.string(),
    "country": pa.string(),
    "latitude": pa.float64(),
    "longitude": pa.float64(),
    "share": pa.float64(),
    "count": pa.int64(),
    "world_share": pa.float64(),
    "edition_city_id": pa.string(),
    "edition_rank": pa.int64(),
    "edition_share": pa.float64(),
    "rank_change": pa.int64(),
}
"""As in `rankings`; `edition_*` are of the edition's city that this one stands for, null for none;
rank_change = edition_rank − rank: positive if the city stands better here."""


class Lab(NamedTuple):
    """The ranking under one choice."""

    choice: Choice
    works: int
    unassigned: float  # works without a city; not beside Shares under `full`
    table: pa.Table  # LAB_COLUMNS, by rank


class Question(NamedTuple):
    """What is asked: a choice for one year and scope; `listed` are the user's own journals."""

    choice: Choice
    year: int
    scope: str
    base: Choice
    listed: JournalSet | None = None
    letters: str = "letters"


def compute(cube: Cube, asked: Question, definition: Definition, rankings: pa.Table) -> Lab:
    """The ranking that a build with that choice would print, from the tables alone.

    `definition` is that of the choice; `rankings` are the edition's rows of the year and scope.
    A user's own list of journals keeps the edition's subjects.
    """
    works = cube.works(asked.year)
    is_member = members(cube, works, asked)
    sums = _sums(cube, works, asked.choice.scheme, definition, is_member)
    order, ranks = rank_units(sums.high[0, 1:], sums.low[0, 1:])
    n_works = int(is_member.sum())
    edition = _edition_rows(cube, asked, definition, rankings, (works, is_member))
    rows = []
    for city, rank in zip((order + 1).tolist(), ranks.tolist(), strict=True):
        facts, units = definition.cities[city - 1], sums.units(0, city)
        own = edition.get(city, {})
        own_rank = own.get("rank")
        rows.append(
            facts
            | {
                "data_year": asked.year,
                "scope": asked.scope,
                "rank": rank,
                "share": units / UNITS_PER_WORK,
                "count": int(sums.works[0, city]),
                "world_share": units / (n_works * UNITS_PER_WORK),
                "edition_city_id": own.get("city_id"),
                "edition_rank": own_rank,
                "edition_share": own.get("share"),
                "rank_change": None if own_rank is None else own_rank - rank,
            }
        )
    schema = pa.schema(list(LAB_COLUMNS.items()))
    table = pa.Table.from_pylist(rows, schema=schema)
    return Lab(asked.choice, n_works, sums.units(0, 0) / UNITS_PER_WORK, table)


def members(cube: Cube, works: Works, asked: Question) -> Array:
    """Which of a year's works are counted under the choice, in the scope."""
    choice = asked.choice
    journals = asked.base.journals if asked.listed else choice.journals
    starts = groups_of(cube, [Group(journals, choice.documents, asked.scope)]).starts
    inside: Array = (starts[1:] > starts[:-1])[works.set_no]
    if asked.listed is None:
        return inside
    table = asked.listed.issn_table(asked.letters).to_pydict()
    only = dict(zip(table["issn"], table["letters_only"], strict=True))
    whole = np.zeros(len(cube.journals) + 1, bool)
    letters = np.zeros(len(cube.journals) + 1, bool)
    for row in cube.journals:
        found = [only[i] for i in (row["issns"] or "").split() if i in only]
        whole[row["journal_no"]] = not all(found)
        letters[row["journal_no"]] = bool(found)
    journal = works.journal_no
    taken: Array = inside & (whole[journal] | (letters[journal] & works.is_letter))
    return taken


def _sums(
    cube: Cube,
    works: Works,
    scheme: str,
    definition: Definition,
    is_member: Array,
    targets: tuple[Array, int] | None = None,
) -> Sums:
    groups = Groups(np.array([0, 0, 1]), np.array([0]))
    return cube.sums(
        works,
        scheme,
        definition.city_of_place,
        groups,
        1,
        set_of_work=is_member.astype(np.int64),
        targets=targets,
    )


def _edition_rows(
    cube: Cube,
    asked: Question,
    definition: Definition,
    rankings: pa.Table,
    counted: tuple[Works, Array],
) -> dict[int, dict[str, Any]]:
    """City → the edition's row of the city it stands for.

    That is the one that holds its principal place, if it is itself the city in which that one's
    principal place lies: Cambridge, by itself, does not stand for Boston.
    """
    base = cube.definitions[asked.base.cities]
    by_id = {row["city_id"]: row for row in rankings.to_pylist()}
    if definition.name == base.name:
        return {n: by_id[c] for n, c in enumerate(definition.city_ids, 1) if c in by_id}
    principal = [row["place_no"] for row in definition.cities]
    if None in principal:
        everywhere = (np.arange(len(cube.places) + 1), len(cube.places))
        shares = _sums(cube, counted[0], asked.choice.scheme, definition, counted[1], everywhere)
        ids = [row["place_id"] for row in cube.places]
        principal = principal_places(definition, ids, shares)
    found = {}
    for number, place in enumerate(principal, 1):
        city = int(base.city_of_place[place])
        if not city:
            continue
        twin = definition.city_of_place[base.cities[city - 1]["place_no"]]
        if twin == number and base.city_ids[city - 1] in by_id:
            found[number] = by_id[base.city_ids[city - 1]]
    return found

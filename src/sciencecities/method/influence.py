"""What one journal does to a ranking: each left out in turn (journal_influence)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from sciencecities.method.choices import ARTICLES, Choice
from sciencecities.method.cube import Cube, Definition, Works, table_of
from sciencecities.method.grid import LEADING, MAX_CELLS, Group, groups_of
from sciencecities.method.ranks import rank_units
from sciencecities.method.sums import HALF, Array, Groups, Sums
from sciencecities.tables import JOURNAL_INFLUENCE, UNITS_PER_WORK

if TYPE_CHECKING:
    import pyarrow as pa

CANDIDATES = 1_000
"""Journals that are left out in turn: those with most works in the scope."""

KEPT = 10
"""Journals kept for each city."""


def journal_influence(cube: Cube, base: Choice, rankings: pa.Table) -> pa.Table:
    """For each leading city the journals without which its rank or Share would differ most."""
    if not rankings.num_rows:
        return JOURNAL_INFLUENCE.schema().empty_table()
    definition = cube.definitions[base.cities]
    number = {city_id: n for n, city_id in enumerate(definition.city_ids, 1)}
    leading: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    names = ("data_year", "scope", "city_id", "rank")
    columns = (rankings.column(n).to_pylist() for n in names)
    for year, scope, city_id, rank in zip(*columns, strict=True):
        if rank <= LEADING:
            leading[year, scope].append((number[city_id], rank))
    rows: list[tuple[Any, ...]] = []
    for year in sorted({year for year, _ in leading}):
        works = cube.works(year)
        journals = _Journals(cube, works)
        for scope in sorted(scope for y, scope in leading if y == year):
            cities = leading[year, scope]
            for row in _of_scope(cube, works, journals, base, definition, scope, cities):
                rows.append((year, scope, *row))
    return table_of(JOURNAL_INFLUENCE.schema(), sorted(rows, key=lambda row: row[:4]))


class _Journals:
    """The journals of a year's works: one number for all that share an id."""

    def __init__(self, cube: Cube, works: Works) -> None:
        ids = [row["journal_id"] for row in cube.journals]
        self.ids = sorted(set(ids))
        number = {journal_id: n for n, journal_id in enumerate(self.ids)}
        self.titles = {row["journal_id"]: row["journal"] for row in cube.journals}
        by_no = np.array([number[i] for i in ids] + [-1], np.int64)
        self.of_work: Array = by_no[works.journal_no]


def _of_scope(
    cube: Cube,
    works: Works,
    journals: _Journals,
    base: Choice,
    definition: Definition,
    scope: str,
    leading: list[tuple[int, int]],
) -> list[tuple[Any, ...]]:
    inside = _inside(cube, works, base, scope)
    counted = journals.of_work[inside & (journals.of_work >= 0)]
    sizes = np.bincount(counted, minlength=len(journals.ids))
    ordered = np.lexsort((np.arange(len(sizes)), -sizes))
    candidates = [int(n) for n in ordered[:CANDIDATES] if sizes[n]]
    whole = _sums(cube, works, base, definition, np.where(inside, 0, 1), 1)
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    step = max(1, MAX_CELLS // (len(definition.city_ids) + 1))
    for start in range(0, len(candidates), step):
        chunk = candidates[start : start + step]
        parts = _sums(cube, works, base, definition, _sets_of(journals, inside, chunk), len(chunk))
        for at, journal in enumerate(chunk):
            for city, rank, without in _without(whole, parts, at, leading):
                units = parts.units(at, city)
                if units or without != rank:
                    size, journal_id = int(sizes[journal]), journals.ids[journal]
                    found[city].append((journal_id, size, units, without, rank - without))
    return [
        (definition.city_ids[city - 1], journal_id, journals.titles[journal_id], size,
         units / UNITS_PER_WORK, without, change)
        for city, rows in found.items()
        for journal_id, size, units, without, change in sorted(rows, key=_weight)[:KEPT]
    ]  # fmt: skip


def _weight(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The largest change of rank first, then the largest Share."""
    journal_id, _, units, _, change = row
    return (-abs(change), -units, journal_id)


def _inside(cube: Cube, works: Works, base: Choice, scope: str) -> Array:
    """Which works the edition counts in the scope."""
    starts = groups_of(cube, [Group(base.journals, ARTICLES, scope)]).starts
    is_member: Array = (starts[1:] > starts[:-1])[works.set_no]
    return is_member


def _sets_of(journals: _Journals, inside: Array, chunk: list[int]) -> Array:
    """Each work's journal by its position in the chunk, behind it for all others."""
    position = np.full(len(journals.ids) + 1, len(chunk), np.int64)
    position[chunk] = np.arange(len(chunk))
    return np.where(inside, position[journals.of_work], len(chunk))


def _sums(
    cube: Cube,
    works: Works,
    base: Choice,
    definition: Definition,
    set_of_work: Array,
    n: int,
) -> Sums:
    """Sums by city of the first n of several sets of works, each set a group."""
    groups = Groups(np.array([*range(n + 1), n], np.int64), np.arange(n, dtype=np.int64))
    return cube.sums(
        works, base.scheme, definition.city_of_place, groups, n, set_of_work=set_of_work
    )


def _without(
    whole: Sums, parts: Sums, at: int, leading: list[tuple[int, int]]
) -> list[tuple[int, int, int]]:
    """(city, rank, rank without the journal) of the leading cities."""
    high, low = whole.high[0] - parts.high[at], whole.low[0] - parts.low[at]
    high, low = high + low // HALF, low % HALF
    cities = np.array([city for city, _ in leading])
    floor = int(high[cities].min())
    rivals = np.flatnonzero(whole.high[0] >= floor)
    rivals = rivals[rivals > 0]
    order, ranks = rank_units(high[rivals], low[rivals])
    place = np.full(len(high), len(order) + 1, np.int64)
    place[rivals[order]] = ranks
    return [(city, rank, int(place[city])) for city, rank in leading]

"""Every choice of method that a corpus allows: method_rankings, and best and worst ranks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from sciencecities.method.choices import ARTICLES, MIN_MARKED, SCHEMES, Choice, speaks
from sciencecities.method.cube import Cube, Definition, Works
from sciencecities.method.ranks import rank_units
from sciencecities.method.sums import Array, Groups
from sciencecities.tables import METHOD_RANKINGS, UNITS_PER_WORK

if TYPE_CHECKING:
    from sciencecities.progress import Progress

LEADING = 200
"""Cities to this rank, and the counterparts of the edition's, are kept of each choice."""

MAX_CELLS = 4_000_000
"""Sums held at once (groups × cities): 96 MB."""

Key = tuple[int, str, str]  # data year, scope, city id or country
Range = tuple[int, int]  # best, worst rank


class Group(NamedTuple):
    """Works that are ranked together."""

    journals: str
    documents: str
    scope: str


class Grid(NamedTuple):
    """What came of all choices."""

    rankings: pa.Table  # method_rankings
    cities: dict[Key, Range]
    countries: dict[Key, Range]
    left_out: list[dict[str, Any]]


def run_grid(
    cube: Cube,
    base: Choice,
    rankings: pa.Table,
    country_rankings: pa.Table,
    progress: Progress,
) -> Grid:
    """All choices for every data year and scope of the edition's rankings.

    `base` is the edition's own choice. A city's rank under another city definition is that of its
    counterpart: the city in which its principal place lies.
    """
    if not rankings.num_rows:
        return Grid(METHOD_RANKINGS.schema().empty_table(), {}, {}, [])
    years = sorted(set(rankings.column("data_year").to_pylist()))
    parts, left_out = [METHOD_RANKINGS.schema().empty_table()], []
    ranges: dict[str, dict[Key, Range]] = {"cities": {}, "countries": {}}
    counterparts = counterparts_of(cube, cube.definitions[base.cities])
    for year in years:
        works = cube.works(year)
        groups, thin = allowed_groups(cube, works, base)
        schemes, unmarked = allowed_schemes(cube, works, base)
        left_out += [{"data_year": year} | row for row in (*thin, *unmarked)]
        ranks = _BaseRanks(year, base, cube.definitions[base.cities], rankings, country_rankings)
        for definition in cube.definitions.values():
            for scheme in SCHEMES:
                if scheme in schemes:
                    own = counterparts[definition.name]
                    for chunk in _chunks(groups, len(definition.city_ids)):
                        parts += _cities(cube, works, scheme, definition, chunk, ranks, own, year)
                        _countries(cube, works, scheme, definition, chunk, ranks)
                progress.advance(1)
        for name, found in ranks.ranges().items():
            ranges[name] |= found
    order = [(c, "ascending") for c in METHOD_RANKINGS.key]
    table = pa.concat_tables(parts).sort_by(order)
    return Grid(table, ranges["cities"], ranges["countries"], left_out)


def counterparts_of(cube: Cube, base: Definition) -> dict[str, Array]:
    """By definition, the number of the city that stands for each of the base's (0 for none)."""
    principal = [row["place_no"] for row in base.cities]
    return {
        name: definition.city_of_place[np.array(principal, np.int64)]
        for name, definition in cube.definitions.items()
    }


def groups_of(cube: Cube, groups: list[Group]) -> Groups:
    """Which of the groups each set of works counts in."""
    number = {group: n for n, group in enumerate(groups)}
    members: dict[int, list[int]] = defaultdict(list)
    for row in cube.sets:
        group = Group(row["journals"], row["documents"], row["scope"])
        if group in number:
            members[row["set_no"]].append(number[group])
    lists = [members[n] for n in range(cube.n_sets)]
    starts = np.cumsum([0, *(len(one) for one in lists)])
    return Groups(starts.astype(np.int64), np.array([n for one in lists for n in one], np.int64))


# --- which choices there are ------------------------------------------------------------------


def allowed_groups(
    cube: Cube, works: Works, base: Choice
) -> tuple[list[Group], list[dict[str, Any]]]:
    """The groups of a year that speak for their scope; of those left out overall, why."""
    n_works = np.bincount(works.set_no, minlength=cube.n_sets)
    size: dict[Group, int] = defaultdict(int)
    for row in cube.sets:
        size[Group(row["journals"], row["documents"], row["scope"])] += int(n_works[row["set_no"]])
    groups, left_out = [], []
    for group in sorted(size):
        counted = size[Group(base.journals, ARTICLES, group.scope)]
        n = size[Group(group.journals, ARTICLES, group.scope)]
        if counted and speaks(n, counted):
            groups.append(group)
        elif counted and group.scope == "overall" and group.documents == ARTICLES:
            why = f"{n:,} works of {counted:,}: a rank would say which works fell into the set"
            left_out.append({"dimension": "journals", "choice": group.journals, "why": why})
    return groups, left_out


def allowed_schemes(
    cube: Cube, works: Works, base: Choice
) -> tuple[list[str], list[dict[str, Any]]]:
    """The schemes that a year's works support; of those left out, why."""
    scheme = "corresponding-author"
    if base.scheme == scheme:
        return list(SCHEMES), []
    marked, counted = _marked(cube, works, base)
    if marked and marked >= MIN_MARKED * counted:
        return list(SCHEMES), []
    why = f"{marked:,} of {counted:,} works with a placed author have a placed corresponding author"
    row = {"dimension": "scheme", "choice": scheme, "why": why}
    return [s for s in SCHEMES if s != scheme], [row]


def _marked(cube: Cube, works: Works, base: Choice) -> tuple[int, int]:
    """Counted works with a placed corresponding author, and those with any placed author."""
    groups = groups_of(cube, [Group(base.journals, ARTICLES, "overall")])
    everywhere = np.ones(len(cube.places) + 1, np.int64)
    everywhere[0] = 0
    found = [
        int(cube.sums(works, scheme, everywhere, groups, 1).works[0, 1])
        for scheme in ("corresponding-author", "nature-index")
    ]
    return found[0], found[1]


def _chunks(groups: list[Group], n_cities: int) -> Iterator[list[Group]]:
    size = max(1, MAX_CELLS // (n_cities + 1))
    for start in range(0, len(groups), size):
        yield groups[start : start + size]


# --- ranks under one choice -------------------------------------------------------------------


class _BaseRanks:
    """The edition's ranks of a year, and the best and worst found for each so far."""

    def __init__(
        self,
        year: int,
        base: Choice,
        definition: Definition,
        rankings: pa.Table,
        country_rankings: pa.Table,
    ) -> None:
        self._year = year
        self.city_ids = definition.city_ids
        number = {city_id: n for n, city_id in enumerate(self.city_ids)}
        self.cities = _by_scope(rankings, year, "city_id", number)
        self.country_codes = sorted(set(country_rankings.column("country").to_pylist()))
        number = {code: n for n, code in enumerate(self.country_codes)}
        self.countries = _by_scope(country_rankings, year, "country", number)
        self._best = {kind: _copies(own) for kind, own in self._kinds()}
        self._worst = {kind: _copies(own) for kind, own in self._kinds()}

    def _kinds(self) -> list[tuple[str, dict[str, tuple[Array, Array]]]]:
        return [("cities", self.cities), ("countries", self.countries)]

    def note(self, kind: str, scope: str, ranks: Array) -> None:
        """Widen the ranges of a scope by its entities' ranks under a choice."""
        np.minimum(self._best[kind][scope], ranks, out=self._best[kind][scope])
        np.maximum(self._worst[kind][scope], ranks, out=self._worst[kind][scope])

    def ranges(self) -> dict[str, dict[Key, Range]]:
        """(data year, scope, id) → best and worst rank, of cities and of countries."""
        names = {"cities": self.city_ids, "countries": self.country_codes}
        return {
            kind: {
                (self._year, scope, names[kind][n]): (int(best), int(worst))
                for scope, (numbers, _) in own.items()
                for n, best, worst in zip(
                    numbers, self._best[kind][scope], self._worst[kind][scope], strict=True
                )
            }
            for kind, own in self._kinds()
        }


def _copies(own: dict[str, tuple[Array, Array]]) -> dict[str, Array]:
    return {scope: ranks.copy() for scope, (_, ranks) in own.items()}


def _by_scope(
    table: pa.Table, year: int, column: str, number: dict[str, int]
) -> dict[str, tuple[Array, Array]]:
    """Scope → (numbers, ranks) of a year's rows, by rank."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    names = ("data_year", "scope", column, "rank")
    for y, scope, entity, rank in zip(*(table.column(n).to_pylist() for n in names), strict=True):
        if y == year:
            found[scope].append((number[entity], rank))
    return {
        scope: (np.array([n for n, _ in rows]), np.array([r for _, r in rows]))
        for scope, rows in found.items()
    }


def ranks_of(n: int, order: Array, ranks: Array) -> Array:
    """The rank of each of n; behind all where it is not in the order."""
    found = np.full(n, len(order) + 1, np.int64)
    found[order] = ranks
    return found


def _cities(
    cube: Cube,
    works: Works,
    scheme: str,
    definition: Definition,
    groups: list[Group],
    base: _BaseRanks,
    counterparts: Array,
    year: int,
) -> list[pa.Table]:
    """Note every base city's rank under these choices; return the leading rows of each."""
    n = len(definition.city_ids)
    members = groups_of(cube, groups)
    sums = cube.sums(works, scheme, definition.city_of_place, members, len(groups))
    tables = []
    for number, group in enumerate(groups):
        if group.scope not in base.cities:
            continue
        order, ranks = rank_units(sums.high[number, 1:], sums.low[number, 1:])
        everyone = np.concatenate(([len(order) + 1], ranks_of(n, order, ranks)))
        cities, own_ranks = base.cities[group.scope]
        twins = counterparts[cities]
        # A city that is absent stands behind all, but is never the better for it.
        absent = everyone[twins] > len(order)
        noted = np.where(absent, np.maximum(everyone[twins], own_ranks), everyone[twins])
        base.note("cities", group.scope, noted)
        kept = np.zeros(n + 1, bool)
        kept[1:] = everyone[1:] <= LEADING
        kept[twins[own_ranks <= LEADING]] = True
        rows = [(i + 1, r) for i, r in zip(order, ranks, strict=True) if kept[i + 1]]
        tables.append(
            pa.table(
                {
                    "data_year": pa.array([year] * len(rows), pa.int32()),
                    "scope": [group.scope] * len(rows),
                    "scheme": [scheme] * len(rows),
                    "cities": [definition.name] * len(rows),
                    "journals": [group.journals] * len(rows),
                    "documents": [group.documents] * len(rows),
                    "rank": pa.array([r for _, r in rows], pa.int64()),
                    "city_id": [definition.city_ids[i - 1] for i, _ in rows],
                    "share": [sums.units(number, i) / UNITS_PER_WORK for i, _ in rows],
                },
                schema=METHOD_RANKINGS.schema(),
            )
        )
    return tables


def _countries(
    cube: Cube,
    works: Works,
    scheme: str,
    definition: Definition,
    groups: list[Group],
    base: _BaseRanks,
) -> None:
    """Note every country's rank under these choices."""
    codes, numbers = cube.country_of_place
    at = {code: n for n, code in enumerate(codes)}
    members = groups_of(cube, groups)
    targets = (numbers, len(codes))
    sums = cube.sums(works, scheme, definition.city_of_place, members, len(groups), targets=targets)
    for number, group in enumerate(groups):
        if group.scope not in base.countries:
            continue
        order, ranks = rank_units(sums.high[number, 1:], sums.low[number, 1:])
        everyone = ranks_of(len(codes), order, ranks)
        countries, own_ranks = base.countries[group.scope]
        found = everyone[[at[base.country_codes[c]] for c in countries]]
        absent = found > len(order)
        base.note("countries", group.scope, np.where(absent, np.maximum(found, own_ranks), found))


def with_ranges(table: pa.Table, ranges: dict[Key, Range], column: str) -> pa.Table:
    """A ranking table with method_rank_best and method_rank_worst filled."""
    keys = zip(*(table.column(c).to_pylist() for c in ("data_year", "scope", column)), strict=True)
    found = [ranges[key] for key in keys]
    for i, name in enumerate(("method_rank_best", "method_rank_worst")):
        position = table.schema.get_field_index(name)
        values = pa.array([pair[i] for pair in found], pa.int64())
        table = table.set_column(position, table.schema.field(position), values)
    return table

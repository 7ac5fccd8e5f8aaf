"""Which work counts how much for what: the rows that the re-draws of a year add up.

They come from the engine in runs of works, unsorted and unjoined; joins, sums by work and scopes
are made here in compiled loops over arrays, which takes a tenth of the time of SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sciencecities.engines.base import Engine
from sciencecities.rank.order import CITY, COUNTRY, Listing
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

ROWS_PER_RUN = 500_000

WEIGHTS = "SELECT work_no, unit_no, units FROM weights WHERE work_no BETWEEN {first} AND {last}"
MEMBERS = "SELECT work_no, scope_no FROM members WHERE work_no BETWEEN {first} AND {last}"
KEYS = "SELECT work_no, work_key FROM selected WHERE work_no BETWEEN {first} AND {last}"


class Rows(NamedTuple):
    """A run of works: their keys; then, row by row, a work (numbered within them), the group that
    it counts for and how much, in units of a work. Units of −1 stand for the work as a whole."""

    keys: Numbers
    work: Numbers
    group: Numbers
    units: Numbers


class Groups:
    """Numbers every item of some lists of one year, one after the other, then each scope's works.

    `parts` are the groups of each list, `world` the group of each scope's works, `n` how many
    groups there are.
    """

    def __init__(self, engine: Engine, lists: Sequence[Listing]) -> None:
        ends = np.cumsum([0, *(len(one.numbers) for one in lists)]).tolist()
        self.parts = [slice(a, b) for a, b in pairwise(ends)]
        scopes = sorted({one.scope for one in lists})
        self.world = {scope: ends[-1] + i for i, scope in enumerate(scopes)}
        self.n = ends[-1] + len(scopes)
        self._engine = engine
        names, numbers = _columns(engine, "SELECT scope, scope_no FROM scope_names")
        number = dict(zip(names.tolist(), numbers.tolist(), strict=True))
        self._lists, self._number = lists, number
        self._row_of_scope = np.full(max(number.values(), default=0) + 1, -1, np.int64)
        for row, scope in enumerate(scopes):
            self._row_of_scope[number[scope]] = row
        units, targets, countries = _columns(
            engine, "SELECT unit_no, target_no, country_no FROM unit_targets"
        )
        placed = targets > 0
        self._least = int(units.min(initial=0))
        self._item_of_unit = {
            CITY: _lookup(units - self._least, np.where(placed, targets, 0)),
            COUNTRY: _lookup(units - self._least, np.where(placed, countries, 0)),
        }
        self._group_of = {k: self._lookup_of(k, lists, scopes) for k in (CITY, COUNTRY)}
        self._worlds = np.array([[self.world[s]] for s in scopes], np.int32)

    def _lookup_of(
        self, kind: int, lists: Sequence[Listing], scopes: Sequence[str]
    ) -> NDArray[np.int32]:
        """The group of each scope (row) and item, −1 where it is in no list."""
        n_items = int(self._item_of_unit[kind].max(initial=0)) + 1
        table = np.full((len(scopes), n_items), -1, np.int32)
        for one, part in zip(lists, self.parts, strict=True):
            if one.kind == kind:
                table[scopes.index(one.scope), one.numbers] = np.arange(part.start, part.stop)
        return table

    def table(self) -> pa.Table:
        """The groups for a join: scope_no, kind (−1: the scope's works), item_no, group_no."""
        import pyarrow as pa

        rows = [
            (self._number[one.scope], one.kind, item, group)
            for one, part in zip(self._lists, self.parts, strict=True)
            for item, group in zip(one.numbers, range(part.start, part.stop), strict=True)
        ]
        rows += [(self._number[scope], -1, 0, group) for scope, group in self.world.items()]
        names = ("scope_no", "kind", "item_no", "group_no")
        columns = zip(*rows, strict=True)
        return pa.table({n: pa.array(c, pa.int64()) for n, c in zip(names, columns, strict=True)})

    def runs(self, year: int) -> Iterator[Rows]:
        """The rows of the year, in runs of works; the next is made while one is worked on."""
        with ThreadPoolExecutor(1) as pool:
            waiting: Future[Rows] | None = None
            for first, last in _ranges(self._engine, year):
                coming = pool.submit(self._run, first, last)
                if waiting:
                    yield waiting.result()
                waiting = coming
            if waiting:
                yield waiting.result()

    def _run(self, first: int, last: int) -> Rows:
        from sciencecities.rank.kernels import combine, spread

        between = {"first": first, "last": last}
        n_works = last - first + 1
        keys = np.zeros(n_works, np.int64)
        numbers, values = _columns(self._engine, KEYS.format(**between))
        keys[numbers - first] = values
        work, scope = _columns(self._engine, MEMBERS.format(**between))
        row = self._row_of_scope[scope]
        work, scope = _by_work(n_works, work[row >= 0] - first, row[row >= 0])
        starts = np.concatenate([[0], np.cumsum(np.bincount(work, minlength=n_works))])
        parts = [(work, self._worlds[scope, 0], np.full(len(work), -1, np.int64))]
        own, unit, units = _columns(self._engine, WEIGHTS.format(**between))
        own, unit, units = _by_work(n_works, own - first, unit - self._least, units)
        for kind, table in self._group_of.items():
            items = self._item_of_unit[kind][unit]
            # Several cities of a country count 1 at most in it, as in its Share.
            mine, item, total = combine(own, items, units, table.shape[1], UNITS_PER_WORK)
            rows, groups = spread(mine, item, starts, scope, table)
            parts.append((mine[rows], groups, total[rows]))
        return Rows(keys, *(np.concatenate(column) for column in zip(*parts, strict=True)))


def _by_work(n_works: int, work: Numbers, *columns: Numbers) -> tuple[Numbers, ...]:
    """Columns sorted by work, which they are already as a rule."""
    from sciencecities.rank.kernels import sorted_places

    if (work[1:] >= work[:-1]).all():
        return work, *columns
    places = sorted_places(work, n_works)
    return work[places], *(c[places] for c in columns)


def _lookup(keys: Numbers, values: Numbers) -> Numbers:
    """values[i] at keys[i], 0 elsewhere."""
    found = np.zeros(int(keys.max(initial=0)) + 1, np.int64)
    found[keys] = values
    return found


def span(engine: Engine, year: int) -> tuple[int, int]:
    """The first and the last of the year's work numbers."""
    facts = engine.fetch(
        f"SELECT MIN(work_no) AS first, MAX(work_no) AS last FROM selected "
        f"WHERE data_year = {int(year)}"
    ).to_pylist()[0]
    return facts["first"], facts["last"]


def _ranges(engine: Engine, year: int) -> list[tuple[int, int]]:
    """Ranges of the year's work numbers with about ROWS_PER_RUN weights each."""
    first, last = span(engine, year)
    rows = engine.fetch(
        f"SELECT COUNT(*) AS n FROM weights WHERE work_no BETWEEN {first} AND {last}"
    ).column("n")[0]
    n_runs = max(1, -(-rows.as_py() // ROWS_PER_RUN))
    step = -(-(last - first + 1) // n_runs)
    return [(a, min(a + step - 1, last)) for a in range(first, last + 1, step)]


def _columns(engine: Engine, sql: str) -> list[NDArray[np.int64]]:
    """The columns of a query, whole numbers as 64-bit ones."""
    found = [c.to_numpy() for c in engine.fetch(sql).columns]
    return [c.astype(np.int64, copy=False) if c.dtype.kind in "iu" else c for c in found]

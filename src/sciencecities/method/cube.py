"""Reading the method tables of an edition: works by year, parts in runs, places and cities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sciencecities.errors import EditionError
from sciencecities.method.choices import LINEAR
from sciencecities.method.sums import Array, Groups, Sums
from sciencecities.tables import METHOD_CITIES, METHOD_PLACES

if TYPE_CHECKING:
    from sciencecities.locate.model import Assignment, City, CityDefinition, Place

ROWS_PER_RUN = 8_000_000
"""Rows of method_parts held at once: 64 MB a column, of which a question needs three or four."""


YEARS = 2
"""Data years of which the works are kept: 17 bytes a work."""


class Works(NamedTuple):
    """The located works of a data year, in the order of their numbers from `first` on."""

    first: int
    set_no: Array
    journal_no: Array  # −1 for none
    is_letter: Array


@dataclass(frozen=True, slots=True)
class Definition:
    """Where each place's city is: numbers from 1 in the order of city ids, 0 for none."""

    name: str
    city_ids: list[str]
    city_of_place: Array  # by place number
    cities: list[dict[str, Any]]  # rows of method_cities, in the same order

    def number(self, city_id: str) -> int:
        """The number of a city. Raises ValueError if it holds no place."""
        return self.city_ids.index(city_id) + 1


class _File:
    """A Parquet file. All raise EditionError if it is damaged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._told():
            file = pq.ParquetFile(path)
        self._file, self.metadata, self.names = file, file.metadata, file.schema_arrow.names

    def read(self, columns: list[str] | None = None, groups: list[int] | None = None) -> pa.Table:
        """Columns (of all, if none is named) of row groups (all, if none is named)."""
        with self._told():
            if groups is None:
                return self._file.read(columns=columns)
            return self._file.read_row_groups(groups, columns=columns)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise EditionError(
                f"{self._path}: cannot be read ({str(error).splitlines()[0]}); build it again"
            ) from error


class Cube:
    """The method tables in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[tuple[tuple[int, ...], str], Array] = {}
        self.works = lru_cache(YEARS)(self._works)

    def _file(self, table: str) -> _File:
        return _File(self._folder / f"{table}.parquet")

    # --- works --------------------------------------------------------------------------------

    def years(self) -> list[int]:
        """Data years, oldest first."""
        column = self._file("method_works").read(["data_year"]).column(0)
        return [int(y) for y in np.unique(column.to_numpy())]

    def _works(self, year: int) -> Works:
        """The works of a data year."""
        file = self._file("method_works")
        columns = ["work_no", "data_year", "set_no", "journal_no", "is_letter"]
        table = file.read(columns, _groups(file, "data_year", year, year))
        years = table.column("data_year").to_numpy()  # in order
        low, high = np.searchsorted(years, [year, year + 1])
        table = table.slice(low, high - low)
        first = table.column("work_no")[0].as_py() if table.num_rows else 1
        journals = table.column("journal_no").fill_null(-1).to_numpy()
        letters = table.column("is_letter").to_numpy()
        return Works(first, _int64(table.column("set_no")), journals, letters)

    @cached_property
    def sets(self) -> list[dict[str, Any]]:
        """Rows of method_sets."""
        rows: list[dict[str, Any]] = self._file("method_sets").read().to_pylist()
        return rows

    @cached_property
    def n_sets(self) -> int:
        """How many distinct sets of memberships there are."""
        return 1 + max((row["set_no"] for row in self.sets), default=-1)

    @cached_property
    def journals(self) -> list[dict[str, Any]]:
        """Rows of method_journals, by number."""
        rows: list[dict[str, Any]] = self._file("method_journals").read().to_pylist()
        return rows

    # --- sums ---------------------------------------------------------------------------------

    def sums(
        self,
        works: Works,
        scheme: str,
        city_of_place: Array,
        groups: Groups,
        n_groups: int,
        *,
        set_of_work: Array | None = None,
        targets: tuple[Array, int] | None = None,
    ) -> Sums:
        """Sums of a year's parts by group and city, or by group and what `targets` makes of places.

        `set_of_work` takes the place of the works' own sets; `targets` are the numbers (from 1) of
        places' targets and how many there are.
        """
        from sciencecities.method.kernel import add_parts  # loads the compiler

        if set_of_work is None:
            set_of_work = works.set_no
        target_of_place, n_targets = targets or (city_of_place, int(city_of_place.max(initial=0)))
        sums = Sums.zero(n_groups, n_targets + 1)
        for parts in self._runs(works, scheme):
            add_parts(sums, scheme, parts, set_of_work, groups, city_of_place, target_of_place)
        return sums.carried()

    def _runs(self, works: Works, scheme: str) -> Iterator[tuple[Array, Array, Array, Array]]:
        """Parts of a year's works in runs of whole works: work (from 0), place, units, n_units."""
        last = works.first + len(works.set_no) - 1
        file = self._file("method_parts")
        groups = _groups(file, "work_no", works.first, last)
        units = LINEAR.get(scheme, "n_units")
        columns = ["work_no", "place_no", *dict.fromkeys((units, "n_units"))]
        if units != "n_units":
            columns.remove("n_units")
        carried: list[Array] | None = None
        runs = _runs_of(file, groups)
        for number, run in enumerate(runs):
            arrays = self._read(file, run, columns, keep=len(runs) == 1)
            if carried is not None:
                arrays = [np.concatenate(pair) for pair in zip(carried, arrays, strict=True)]
            end = len(arrays[0])
            if number < len(runs) - 1:  # its last work may go on in the next run
                end = int(np.searchsorted(arrays[0], arrays[0][-1]))
                carried = [a[end:] for a in arrays]
            start, end = np.searchsorted(arrays[0][:end], [works.first, last + 1])
            work, place, own = (a[start:end] for a in arrays)
            yield work - works.first, place, own, own

    def _read(self, file: _File, run: list[int], columns: list[str], *, keep: bool) -> list[Array]:
        """Columns of row groups; those of a year that is one run are kept for the next pass."""
        at = tuple(run)
        kept = self._kept
        found = {c: kept[at, c] for c in columns if (at, c) in kept}
        if missing := [c for c in columns if c not in found]:
            table = file.read(missing, run)
            found |= {c: _int64(table.column(c)) for c in missing}
        if keep:  # put in place at once: a server asks from several threads
            others = {key: a for key, a in kept.items() if key[0] == at}
            self._kept = others | {(at, c): a for c, a in found.items()}
        return [found[c] for c in columns]

    # --- places and cities ----------------------------------------------------------------------

    @cached_property
    def places(self) -> list[dict[str, Any]]:
        """Rows of method_places under its first definition, by place number (from 1)."""
        rows = self._place_rows
        first = rows[0]["cities"] if rows else None
        return [row for row in rows if row["cities"] == first]

    @cached_property
    def _place_rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._file("method_places").read().to_pylist()
        return rows

    @cached_property
    def country_of_place(self) -> tuple[list[str], Array]:
        """Countries in order, and by place number the number (from 1) of its country."""
        codes = [row["country"] for row in self.places]
        return _numbered(codes)

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """The city definitions there are, by name."""
        cities: dict[str, list[dict[str, Any]]] = {}
        for row in self._file("method_cities").read().to_pylist():
            cities.setdefault(row["cities"], []).append(row)
        of_place: dict[str, list[str | None]] = {}
        for row in self._place_rows:
            of_place.setdefault(row["cities"], []).append(row["city_id"])
        found = {}
        for name, city_ids in of_place.items():
            ids, numbers = _numbered(city_ids)
            found[name] = Definition(name, ids, numbers, cities.get(name, []))
        return found


def define(
    definition: CityDefinition, places: list[Place], name: str
) -> tuple[Definition, pa.Table, pa.Table]:
    """A definition over places (in the order of their ids), with its rows of method_places and
    method_cities; principal places are left to `with_principal_places`."""
    return defined(definition.assign(places), places, name)


def defined(
    assigned: Sequence[Assignment | None], places: list[Place], name: str
) -> tuple[Definition, pa.Table, pa.Table]:
    """The same of places whose cities are known."""
    city_ids = [a.city.city_id if a else None for a in assigned]
    place_rows = [
        (name, n, p.place_id, p.name, p.country, p.latitude, p.longitude, city_id)
        for n, (p, city_id) in enumerate(zip(places, city_ids, strict=True), 1)
    ]
    found: dict[str, City] = {a.city.city_id: a.city for a in assigned if a}
    city_rows = [
        (name, c.city_id, c.name, c.name_zh, c.country, c.latitude, c.longitude, None)
        for _, c in sorted(found.items())
    ]
    ids, numbers = _numbered(city_ids)
    of_cities = table_of(METHOD_CITIES.schema(), city_rows)
    facts = of_cities.to_pylist()
    return (
        Definition(name, ids, numbers, facts),
        table_of(METHOD_PLACES.schema(), place_rows),
        of_cities,
    )


def principal_places(definition: Definition, places: list[str], sums: Sums) -> list[int]:
    """The place number that stands for each city: that of its id, else the one with most Share.

    `places` are place ids in order, `sums` one group of Shares by place.
    """
    numbers = {place_id: n for n, place_id in enumerate(places, 1)}
    heaviest: dict[int, tuple[int, int]] = {}
    for place_no in range(1, len(places) + 1):
        city = int(definition.city_of_place[place_no])
        units = sums.units(0, place_no)
        if city not in heaviest or units > heaviest[city][0]:
            heaviest[city] = (units, place_no)
    found = []
    for number, city_id in enumerate(definition.city_ids, 1):
        own = numbers.get(city_id, 0)
        is_own = own > 0 and definition.city_of_place[own] == number and sums.units(0, own) > 0
        found.append(own if is_own else heaviest[number][1])
    return found


def table_of(schema: pa.Schema, rows: list[tuple[Any, ...]]) -> pa.Table:
    """Rows as an Arrow table."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def _numbered(values: list[str | None] | list[str]) -> tuple[list[str], Array]:
    """Distinct values in order, and the number (from 1, 0 for none) of each, behind a 0."""
    distinct = sorted({v for v in values if v is not None})
    number = {v: n for n, v in enumerate(distinct, 1)}
    return distinct, np.array([0, *(number.get(v or "", 0) for v in values)], np.int64)


def _int64(column: pa.ChunkedArray) -> Array:
    """One type for all columns, so that the kernel is compiled once."""
    values: Array = column.to_numpy()
    return values.astype(np.int64, copy=False)


def _groups(file: _File, column: str, low: int, high: int) -> list[int]:
    """Row groups that may hold values of the column between low and high."""
    meta, at = file.metadata, file.names.index(column)
    found = []
    for group in range(meta.num_row_groups):
        stats = meta.row_group(group).column(at).statistics
        if stats is None or (stats.min <= high and stats.max >= low):
            found.append(group)
    return found


def _runs_of(file: _File, groups: list[int]) -> list[list[int]]:
    """The row groups in runs of about ROWS_PER_RUN rows."""
    runs: list[list[int]] = []
    rows = ROWS_PER_RUN
    for group in groups:
        if rows >= ROWS_PER_RUN:
            runs.append([])
            rows = 0
        runs[-1].append(group)
        rows += file.metadata.row_group(group).num_rows
    return runs

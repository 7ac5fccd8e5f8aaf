"""What a city's Share of one scope and year consists of: work × institution, with the subjects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any

from sciencecities.errors import ShareNotConservedError
from sciencecities.explain.legs import Point
from sciencecities.scopes.definitions import SUBJECT_NAMES
from sciencecities.scopes.model import NONE, OVERALL
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    import pyarrow as pa

Cell = tuple[str | None, str]
"""Institution id and subject."""

SAME = 1e-9

WORKS_SQL = """
WITH mine AS MATERIALIZED (
    SELECT work_id, institution_id, MIN(doi) AS doi, MIN(institution) AS institution,
           CAST(SUM(CAST(units AS DECIMAL(19,0))) AS BIGINT) AS units
    FROM contributions WHERE city_id = $city AND data_year = $year
    GROUP BY work_id, institution_id
), tagged AS (
    SELECT work_id, string_agg(scope, '|' ORDER BY scope) FILTER (list_contains($subjects, scope))
               AS subjects,
           bool_or(scope = $scope) AS is_in
    FROM work_scopes WHERE work_id IN (SELECT work_id FROM mine) GROUP BY work_id
)
SELECT m.work_id, m.doi, m.institution_id, m.institution, m.units,
       COALESCE({subjects}, '') AS subjects
FROM mine AS m JOIN tagged AS t ON t.work_id = m.work_id WHERE t.is_in
"""

CELLS_SQL = """
SELECT institution_id, subjects, MIN(institution) AS institution,
       CAST(SUM(CAST(units AS DECIMAL(19,0))) AS VARCHAR) AS units
FROM works GROUP BY institution_id, subjects
"""


@dataclass(frozen=True, slots=True)
class Amount:
    """A city's Share at one point, cut by institution and subject.

    `cells` hold integers of which `unit` make one work, so that they add up exactly.
    """

    cells: dict[Cell, int]
    unit: int
    names: dict[str | None, str | None]

    @property
    def share(self) -> Fraction:
        """The whole, in works."""
        return Fraction(sum(self.cells.values()), self.unit)

    def cell(self, cell: Cell) -> Fraction:
        """One part, in works; 0 where it has none."""
        return Fraction(self.cells.get(cell, 0), self.unit)


def city_works(point: Point, city_id: str, scope: str) -> pa.Table:
    """The city's works of the scope: one row per work and institution.

    Columns: work_id, doi, institution_id, institution, units, subjects (joined by `|`). Inside a
    subject, that subject alone is named: a work counts there in full.
    """
    subjects = [s for s in point.edition.scopes if s in SUBJECT_NAMES]
    column = f"'{scope}'" if scope in subjects else "t.subjects"
    values = {"city": city_id, "year": point.year, "scope": scope, "subjects": subjects or [NONE]}
    return point.edition.query(WORKS_SQL.format(subjects=column), values)


def amount(point: Point, city_id: str, scope: str, works: pa.Table | None) -> Amount:
    """The city's Share at a point by institution and subject.

    `works` are its `city_works`; None for an edition that has only institutions. Raises
    ShareNotConservedError if the parts are not the Share that the edition states.
    """
    made = _from_institutions(point, city_id, scope) if works is None else _from_works(works)
    stated = stated_share(point, city_id, scope)
    if abs(float(made.share) - stated) > SAME * max(1.0, stated):
        raise ShareNotConservedError(
            f"{point.edition.path}: the works of {city_id} add up to {float(made.share)!r}, the "
            f"rankings say {stated!r}; `sciencecities verify` lists what is damaged"
        )
    return made


def stated_share(point: Point, city_id: str, scope: str) -> float:
    """The Share that the rankings state; 0 for a city that is absent."""
    rows = point.edition.query(
        "SELECT share FROM rankings WHERE city_id = $city AND data_year = $year AND scope = $scope",
        {"city": city_id, "year": point.year, "scope": scope},
    )
    return float(rows.column("share")[0].as_py()) if rows.num_rows else 0.0


def scratch(**tables: pa.Table) -> Any:
    """A query engine of its own that knows these tables."""
    import duckdb

    connection = duckdb.connect(":memory:")
    for name, table in tables.items():
        connection.register(name, table)
    return connection


def _from_works(works: pa.Table) -> Amount:
    with scratch(works=works) as connection:
        rows = connection.execute(CELLS_SQL).fetchall()
    split = [(r[0], r[1].split("|") if r[1] else [NONE], int(r[3])) for r in rows]
    # A work in k subjects gives 1/k to each: in units of which lcm(1, …, k) make an old one.
    finer = lcm(*range(1, max((len(s) for _, s, _ in split), default=1) + 1))
    cells: dict[Cell, int] = defaultdict(int)
    for institution_id, subjects, units in split:
        for subject in subjects:
            cells[institution_id, subject] += units * finer // len(subjects)
    return Amount(dict(cells), UNITS_PER_WORK * finer, _names((r[0], r[2]) for r in rows))


def _from_institutions(point: Point, city_id: str, scope: str) -> Amount:
    """Of a table of institutions nothing finer is known; its subject is the scope's."""
    rows = point.edition.query(
        "SELECT institution_id, institution, share FROM city_institutions "
        "WHERE city_id = $city AND data_year = $year AND scope = $scope",
        {"city": city_id, "year": point.year, "scope": scope},
    ).to_pylist()
    subject = NONE if scope == OVERALL else scope
    cells: dict[Cell, int] = defaultdict(int)
    for row in rows:
        cells[row["institution_id"], subject] += round(Fraction(row["share"]) * UNITS_PER_WORK)
    names = _names((r["institution_id"], r["institution"]) for r in rows)
    return Amount(dict(cells), UNITS_PER_WORK, names)


def _names(pairs: Iterable[tuple[str | None, str | None]]) -> dict[str | None, str | None]:
    names: dict[str | None, str | None] = {}
    for institution_id, name in sorted(pairs, key=lambda p: (p[0] or "", p[1] or "")):
        names.setdefault(institution_id, name)
    return names

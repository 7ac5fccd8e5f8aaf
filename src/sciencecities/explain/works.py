"""What a city's Share of one scope and year consists of: work × institution, with the subjects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sciencecities.engines.duckdb import path_literal
from sciencecities.errors import ShareNotConservedError
from sciencecities.explain.legs import Point
from sciencecities.scopes.definitions import SUBJECT_NAMES
from sciencecities.scopes.model import NONE, OVERALL
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    from sciencecities.edition.session import Session

Cell = tuple[str | None, str]
"""Institution id and subject."""
Names = dict[str | None, str | None]
"""Institution id -> name."""

SAME = 1e-9

# The city's rows at one point, then the same with the subjects of their works as bits. Two steps:
# with the rows in a WITH it takes a third longer. Every work is of the scope overall.
ROWS_SQL = """
CREATE TEMP TABLE {name}_rows AS
SELECT work_id, doi, institution_id, units FROM {contributions}
WHERE city_id = $city AND data_year = $year
"""
SIDE_SQL = """
CREATE TEMP TABLE {name} AS
WITH works AS (
    SELECT work_id, bit_or({subject_bit}) AS subjects FROM {work_scopes}
    WHERE scope IN ({scopes}) AND work_id IN (SELECT work_id FROM {name}_rows)
    GROUP BY work_id {in_scope}
)
SELECT r.*, COALESCE(w.subjects, 0) AS subjects
FROM {name}_rows AS r {join} JOIN works AS w ON w.work_id = r.work_id
"""

CELLS_SQL = """
SELECT institution_id, subjects, CAST(SUM(units) AS VARCHAR) AS units
FROM {name} GROUP BY institution_id, subjects
"""

INSTITUTIONS_SQL = """
SELECT institution_id, institution, share FROM city_institutions
WHERE city_id = $city AND data_year = $year AND scope = $scope
"""


@dataclass(frozen=True, slots=True)
class Amount:
    """A city's Share at one point, cut by institution and subject.

    `cells` hold integers of which `unit` make one work, so that they add up exactly.
    """

    cells: dict[Cell, int]
    unit: int
    names: Names

    @property
    def share(self) -> Fraction:
        """The whole, in works."""
        return Fraction(sum(self.cells.values()), self.unit)

    def cell(self, cell: Cell) -> Fraction:
        """One part, in works; 0 where it has none."""
        return Fraction(self.cells.get(cell, 0), self.unit)


def read_side(session: Session, name: str, point: Point, city_id: str, scope: str) -> None:
    """Make the temporary table `name` of the city's rows at a point: work_id, doi, institution_id,
    units, subjects.

    Inside a subject, that subject alone is named: a work counts there in full.
    """
    folder = point.edition.path
    named = [scope] if scope in SUBJECT_NAMES else SUBJECT_NAMES
    cases = " ".join(f"WHEN '{s}' THEN {1 << SUBJECT_NAMES.index(s)}" for s in named)
    is_overall = scope == OVERALL
    sql = SIDE_SQL.format(
        name=name,
        subject_bit=f"CASE scope {cases} ELSE 0 END",
        scopes=", ".join(f"'{s}'" for s in named) + ("" if is_overall else ", $scope"),
        in_scope="" if is_overall else "HAVING bool_or(scope = $scope)",
        join="LEFT" if is_overall else "",
        work_scopes=_rows_of(folder, "work_scopes"),
    )
    rows = ROWS_SQL.format(name=name, contributions=_rows_of(folder, "contributions"))
    session.execute(rows, {"city": city_id, "year": point.year}, of=folder)
    session.execute(sql, {} if is_overall else {"scope": scope}, of=folder)


def _rows_of(folder: Path, table: str) -> str:
    """SQL for the rows of a table of the edition there."""
    path = path_literal(folder / f"{table}.parquet")
    return f"read_parquet([{path}], hive_partitioning = false)"


def subjects_of(bits: int) -> list[str]:
    """The subjects that the bits name; `none` for none."""
    return [s for i, s in enumerate(SUBJECT_NAMES) if bits >> i & 1] or [NONE]


def amount(point: Point, city_id: str, scope: str, session: Session, side: str | None) -> Amount:
    """The city's Share at a point by institution and subject; by institution where an edition has
    no works, and so no table `side` in the session. Raises ShareNotConservedError if the parts are
    not the Share that it states.
    """
    institutions = _institutions(point, city_id, scope)
    names = _names((r["institution_id"], r["institution"]) for r in institutions)
    made = (
        _from_works(session, side, names)
        if side
        else _from_institutions(institutions, scope, names)
    )
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


def _institutions(point: Point, city_id: str, scope: str) -> list[dict[str, Any]]:
    values = {"city": city_id, "year": point.year, "scope": scope}
    rows: list[dict[str, Any]] = point.edition.query(INSTITUTIONS_SQL, values).to_pylist()
    return rows


def _from_works(session: Session, side: str, names: Names) -> Amount:
    found = session.query(CELLS_SQL.format(name=side))
    rows = zip(*(c.to_pylist() for c in found.columns), strict=True)
    split = [(institution, subjects_of(bits), int(units)) for institution, bits, units in rows]
    # A work in k subjects gives 1/k to each: in units of which lcm(1, …, k) make an old one.
    finer = lcm(*range(1, max((len(s) for _, s, _ in split), default=1) + 1))
    cells: dict[Cell, int] = defaultdict(int)
    for institution_id, subjects, units in split:
        for subject in subjects:
            cells[institution_id, subject] += units * finer // len(subjects)
    return Amount(dict(cells), UNITS_PER_WORK * finer, names)


def _from_institutions(rows: Iterable[dict[str, Any]], scope: str, names: Names) -> Amount:
    """Of a table of institutions nothing finer is known; its subject is the scope's."""
    subject = NONE if scope == OVERALL else scope
    cells: dict[Cell, int] = defaultdict(int)
    for row in rows:
        cells[row["institution_id"], subject] += round(Fraction(row["share"]) * UNITS_PER_WORK)
    return Amount(dict(cells), UNITS_PER_WORK, names)


def _names(pairs: Iterable[tuple[str | None, str | None]]) -> Names:
    names: Names = {}
    for institution_id, name in sorted(pairs, key=lambda p: (p[0] or "", p[1] or "")):
        names.setdefault(institution_id, name)
    return names

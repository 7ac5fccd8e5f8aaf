"""The works behind a data revision: added, removed, placed or sorted otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from sciencecities.explain.legs import Point
from sciencecities.scopes.model import OVERALL
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    from sciencecities.edition.session import Session

Change = Literal["added", "removed", "re-placed", "re-dated", "re-tagged", "re-attributed"]
CHANGES: tuple[Change, ...] = (
    "added", "removed", "re-placed", "re-dated", "re-tagged", "re-attributed",
)  # fmt: skip
"""New in the edition; gone from it; another weight in this city; moved to or from another data
year; moved to or from another scope; the same weight under another institution or subject."""

# Works whose part in the city differs between the two sides; `cut` tells institutions and subjects.
DIFFERING_SQL = """
WITH differing AS MATERIALIZED (
    SELECT DISTINCT work_id FROM (
        SELECT {part}, units FROM {old} UNION ALL SELECT {part}, -units FROM {new}
    ) GROUP BY {part} HAVING SUM(units) <> 0
), o AS ({old_cut}), n AS ({new_cut})
SELECT d.work_id, COALESCE(n.doi, o.doi), o.units, n.units, o.cut, n.cut
FROM differing AS d LEFT JOIN o ON o.work_id = d.work_id LEFT JOIN n ON n.work_id = d.work_id
ORDER BY d.work_id
"""
PART = "work_id, institution_id, subjects"
CUT_SQL = """
SELECT work_id, MIN(doi) AS doi, CAST(SUM(units) AS BIGINT) AS units,
       CAST(list((institution_id, subjects, units) ORDER BY ALL) AS VARCHAR) AS cut
FROM (
    SELECT {part}, SUM(units) AS units, MIN(doi) AS doi FROM {name}
    WHERE work_id IN (FROM differing) GROUP BY {part}
) GROUP BY work_id
"""

KNOWN_SQL = """
SELECT work_id, MIN(doi) AS doi, MIN(data_year) AS data_year FROM contributions
WHERE work_id IN (SELECT unnest($ids)) OR doi IN (SELECT unnest($dois))
GROUP BY work_id ORDER BY work_id
"""
IN_SCOPE_SQL = """
SELECT work_id FROM work_scopes WHERE scope = $scope AND work_id IN (SELECT unnest($ids))
"""


@dataclass(frozen=True, slots=True)
class RevisedWork:
    """A work whose part in the city is another one; units are 10^-18 works."""

    change: Change
    work_id: str
    doi: str | None
    before: int
    after: int

    @property
    def delta_share(self) -> float:
        """What it adds to the city's Share, in works."""
        return (self.after - self.before) / UNITS_PER_WORK


@dataclass(frozen=True, slots=True)
class _Side:
    work_id: str
    doi: str | None
    units: int
    cut: str


def revised_works(
    before: Point, after: Point, scope: str, session: Session, sides: tuple[str, str]
) -> list[RevisedWork]:
    """The city's works that a revision changed, the largest change first.

    Both are of one year; `sides` are the session's tables of their works (works.read_side). Works
    are the same if their id is, else if their DOI is.
    """
    old, new = sides
    old_cut, new_cut = (CUT_SQL.format(part=PART, name=name) for name in sides)
    sql = DIFFERING_SQL.format(part=PART, old=old, new=new, old_cut=old_cut, new_cut=new_cut)
    columns = session.query(sql).columns
    rows = list(zip(*(c.to_pylist() for c in columns), strict=True))
    both, gone, come = _by_side(rows)
    found = [_changed(o, n) for o, n in both]
    by_doi = {o.doi: o for o in gone if o.doi}
    pairs = [(by_doi[n.doi], n) for n in come if n.doi in by_doi]
    found += [_changed(o, n) for o, n in pairs if o.cut != n.cut]
    paired = {o.work_id for o, _ in pairs}, {n.work_id for _, n in pairs}
    gone = [o for o in gone if o.work_id not in paired[0]]
    come = [n for n in come if n.work_id not in paired[1]]
    for side, change in zip(gone, _why(gone, after, scope, "removed"), strict=True):
        found.append(RevisedWork(change, side.work_id, side.doi, side.units, 0))
    for side, change in zip(come, _why(come, before, scope, "added"), strict=True):
        found.append(RevisedWork(change, side.work_id, side.doi, 0, side.units))
    return sorted(found, key=lambda w: (-abs(w.after - w.before), w.work_id))


def counts(works: Sequence[RevisedWork]) -> dict[Change, tuple[int, float]]:
    """Change -> number of works and what they add to the Share; only changes that occur."""
    found: dict[Change, tuple[int, float]] = {}
    for change in CHANGES:
        those = [w.after - w.before for w in works if w.change == change]
        if those:
            found[change] = (len(those), sum(those) / UNITS_PER_WORK)
    return found


def _by_side(
    rows: list[tuple[Any, ...]],
) -> tuple[list[tuple[_Side, _Side]], list[_Side], list[_Side]]:
    both, gone, come = [], [], []
    for work_id, doi, old_units, new_units, old_cut, new_cut in rows:
        old = _Side(work_id, doi, old_units or 0, old_cut or "")
        new = replace(old, units=new_units or 0, cut=new_cut or "")
        if old_cut is None:
            come.append(new)
        elif new_cut is None:
            gone.append(old)
        else:
            both.append((old, new))
    return both, gone, come


def _changed(old: _Side, new: _Side) -> RevisedWork:
    change: Change = "re-attributed" if old.units == new.units else "re-placed"
    return RevisedWork(change, new.work_id, new.doi, old.units, new.units)


def _why(sides: Sequence[_Side], other: Point, scope: str, absent: Change) -> Iterator[Change]:
    """Why each work has a part on this side alone, by what the other edition says of it."""
    if not sides:
        return
    values = {
        "ids": [s.work_id for s in sides],
        "dois": [s.doi for s in sides if s.doi] or [""],
    }
    known = other.edition.query(KNOWN_SQL, values).to_pylist()
    inside = {r["work_id"] for r in known}
    if scope != OVERALL and known:
        asked = {"scope": scope, "ids": sorted(inside)}
        inside = set(other.edition.query(IN_SCOPE_SQL, asked).column(0).to_pylist())
    by_id = {r["work_id"]: r for r in known}
    by_doi = {r["doi"]: r for r in known if r["doi"]}
    for side in sides:
        row = by_id.get(side.work_id) or by_doi.get(side.doi)
        if row is None:
            yield absent
        elif row["data_year"] != other.year:
            yield "re-dated"
        elif row["work_id"] not in inside:
            yield "re-tagged"
        else:
            yield "re-placed"

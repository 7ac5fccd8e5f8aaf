"""Tables of an edition that the engine writes straight to Parquet, row by row."""

from __future__ import annotations

from pathlib import Path

from sciencecities.engines.base import Engine
from sciencecities.tables import UNITS_PER_WORK

CONTRIBUTIONS_SQL = f"""
SELECT CAST(s.data_year AS INTEGER) AS data_year, s.work_id, s.doi,
       w.author_position, t.text AS affiliation,
       u.institution_id, u.root_institution_id, u.institution, u.place_id, g.city_id,
       w.units, CAST(w.units AS DOUBLE) / {UNITS_PER_WORK}e0 AS weight,
       p.method, g.reason AS unassigned_reason
FROM weights AS w
JOIN selected AS s ON s.work_no = w.work_no
JOIN unit_targets AS x ON x.unit_no = w.unit_no
JOIN targets AS g ON g.target_no = x.target_no
LEFT JOIN units AS u ON u.unit_no = w.unit_no
LEFT JOIN affiliation_texts AS t ON t.affiliation_key = w.affiliation_key
LEFT JOIN placements AS p
  ON p.affiliation_key = w.affiliation_key AND p.unit_no = w.unit_no
ORDER BY w.work_no, w.author_position NULLS FIRST, w.unit_no, w.affiliation NULLS FIRST
"""

AFFILIATION_TEXTS = """
SELECT affiliation_key, MIN(text) AS text FROM affiliation_entries
WHERE text IS NOT NULL GROUP BY affiliation_key
"""

WORK_SCOPES_SQL = """
SELECT s.work_id, m.scope FROM work_scopes_no AS m
JOIN selected AS s ON s.work_no = m.work_no
ORDER BY s.work_id, m.scope
"""


# Places of works that only the method range takes in are left to its own tables.
PLACES_SQL = """
SELECT p.* FROM places AS p
JOIN (SELECT DISTINCT u.place_id FROM units AS u
      JOIN (SELECT DISTINCT unit_no FROM weights) AS w ON w.unit_no = u.unit_no) AS used
  ON used.place_id = p.place_id
ORDER BY p.place_id
"""


def write_large_tables(engine: Engine, folder: Path) -> None:
    """Write contributions, work_scopes and places in key order.

    The engine must know weights, selected, unit_targets, targets, units, placements,
    places, affiliation_entries, work_scopes_no.
    """
    engine.table("affiliation_texts", AFFILIATION_TEXTS)
    engine.write(CONTRIBUTIONS_SQL, folder / "contributions.parquet")
    engine.write(WORK_SCOPES_SQL, folder / "work_scopes.parquet")
    engine.write(PLACES_SQL, folder / "places.parquet")

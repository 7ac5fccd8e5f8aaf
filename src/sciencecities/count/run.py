"""Count stage: the weight that each unit of each work carries."""

from __future__ import annotations

from pathlib import Path

from sciencecities.count.rules import SPECIAL_UNITS, weights_sql
from sciencecities.engines.base import Distributed, Engine
from sciencecities.files import remove
from sciencecities.progress import Progress
from sciencecities.tables import Column, Table

ROWS_PER_BATCH = 9_000_000
"""Affiliation rows counted at a time: bounds memory whatever the size of the corpus."""

WEIGHTS = Table(
    "weights",
    "One row per work, author and unit, as numbers; sorted by its key.",
    ("work_no", "author_position", "unit_no", "affiliation"),
    (
        Column("work_no", "int64", "number of the selected work"),
        Column("author_position", "int32", "null where the part belongs to no single author"),
        Column("unit_no", "int64", "number of the unit; negative: see SPECIAL_UNITS"),
        Column("affiliation", "int32", "first affiliation of the author that names the unit"),
        Column("affiliation_key", "int64", "see affiliations"),
        Column("units", "int64", "1/10^18 of a work"),
    ),
)

# Where each unit's weight goes: a city, or a reason and country. `country` of a placed unit is
# that of its place.
AIMED_UNITS = """
SELECT u.unit_no, u.institution_no,
       u.institution_id IS NOT NULL AND u.institution_id NOT LIKE 'name:%' AS is_resolved,
       CASE WHEN u.institution_id IS NULL THEN 0 ELSE u.institution_no END AS listed_no, p.city_id,
       CASE WHEN u.place_id IS NOT NULL THEN p.country ELSE u.country END AS country,
       CASE WHEN p.city_id IS NOT NULL THEN NULL
            WHEN u.place_id IS NOT NULL THEN 'outside-cities' ELSE u.reason END AS reason
FROM units AS u LEFT JOIN places AS p ON p.place_id = u.place_id
UNION ALL
SELECT unit_no, unit_no, FALSE, 0, NULL, NULL, reason FROM special_units
"""

# One row per city (numbered from 1 in order of id), then one per reason and country (from −1 down).
TARGETS = """
SELECT CAST(ROW_NUMBER() OVER (ORDER BY city_id) AS BIGINT) AS target_no, city_id,
       CAST(NULL AS STRING) AS reason, CAST(NULL AS STRING) AS country
FROM (SELECT DISTINCT city_id FROM aimed_units WHERE city_id IS NOT NULL) AS cities_present
UNION ALL
SELECT -CAST(ROW_NUMBER() OVER (ORDER BY reason, COALESCE(country, '')) AS BIGINT), NULL,
       reason, country
FROM (SELECT DISTINCT reason, country FROM aimed_units WHERE city_id IS NULL) AS reasons_present
"""

COUNTRIES = """
SELECT CAST(ROW_NUMBER() OVER (ORDER BY country) AS BIGINT) AS country_no, country
FROM (SELECT DISTINCT country FROM aimed_units WHERE country IS NOT NULL) AS countries_present
"""

UNIT_TARGETS = """
SELECT a.unit_no, COALESCE(c.target_no, r.target_no) AS target_no, a.institution_no, a.listed_no,
       COALESCE(n.country_no, 0) AS country_no, a.is_resolved,
       a.city_id IS NOT NULL AS is_placed, COALESCE(c.target_no, 0) AS city_no
FROM aimed_units AS a
LEFT JOIN targets AS c ON c.city_id = a.city_id
LEFT JOIN countries AS n ON n.country = a.country
LEFT JOIN targets AS r
  ON a.city_id IS NULL AND r.reason = a.reason
 AND COALESCE(r.country, '') = COALESCE(a.country, '')
"""

SORTED = """
SELECT * FROM {weights} AS weights
ORDER BY work_no, author_position NULLS FIRST, unit_no, affiliation NULLS FIRST
"""


def aim_units(engine: Engine) -> None:
    """Make targets, countries and unit_targets from units and places: where weight goes."""
    import pyarrow as pa

    special = {"unit_no": list(SPECIAL_UNITS), "reason": list(SPECIAL_UNITS.values())}
    engine.put("special_units", pa.table(special))
    engine.table("aimed_units", AIMED_UNITS)
    engine.table("targets", TARGETS)
    engine.table("countries", COUNTRIES)
    engine.table("unit_targets", UNIT_TARGETS)


def count(engine: Engine, scheme: str, folder: Path, progress: Progress) -> None:
    """Write `weights.parquet` to `folder`: batch by batch of records, then sorted.

    The engine must know selected, authorships, affiliations, placements, unit_targets. Batches
    that a killed run has finished are kept.
    """
    ranges = record_ranges(engine)
    progress.stage("count", len(ranges) + (len(ranges) > 1), "batches")
    whole = folder / "weights.parquet"
    if len(ranges) == 1:
        weights = weights_sql(scheme, *ranges[0])
        # Nothing goes through a distributed engine in runs, so its order is free.
        is_free = isinstance(engine, Distributed)
        engine.keep(weights if is_free else SORTED.format(weights=f"({weights})"), whole)
        progress.advance(1)
        return
    parts = []
    for number, (first, last) in enumerate(ranges):
        path = folder / f"weights-{number:06d}.parquet"
        if not path.exists():
            engine.keep(weights_sql(scheme, first, last), path)
        parts.append(path)
        progress.advance(1)
    engine.view("weight_parts", parts, WEIGHTS)
    engine.keep(SORTED.format(weights="weight_parts"), whole)
    progress.advance(1)
    for path in parts:
        remove(path)


def record_ranges(engine: Engine) -> list[tuple[int, int]]:
    """Ranges of record ids with about ROWS_PER_BATCH affiliation rows each, all ids covered.

    One range where the engine takes all at once.
    """
    if isinstance(engine, Distributed):
        return [(0, 2**63 - 1)]
    parts = engine.fetch(
        "SELECT record_id // 16777216 AS part, COUNT(*) AS n FROM affiliations "
        "GROUP BY record_id // 16777216 ORDER BY part"
    ).to_pylist()
    bounds, rows = [0], 0
    for part in parts:
        if rows and rows + part["n"] > ROWS_PER_BATCH:
            bounds.append(part["part"] * 16777216)
            rows = 0
        rows += part["n"]
    ends = [b - 1 for b in bounds[1:]] + [2**63 - 1]
    return list(zip(bounds, ends, strict=True))

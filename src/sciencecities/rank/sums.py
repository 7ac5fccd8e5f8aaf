"""Sums of weights by year, scope and city, institution, country or pair of cities.

`weights` is sorted by work, so it is summed in runs of works: memory stays bounded whatever its
size, and the partial sums are added at the end. A work's own sum fits in 64 bits (10^18); sums
over works are DECIMAL(38,0), since a plain sum of BIGINT wraps silently on one engine.
"""

from __future__ import annotations

from collections.abc import Collection

from sciencecities.engines.base import Distributed, Engine
from sciencecities.progress import Progress
from sciencecities.tables import UNITS_PER_WORK

ROWS_PER_RUN = 1_000_000
"""Small enough that a run's tables stay in cache, which halves the time."""

SCOPES_PER_MASK = 62

# One row per set of scopes that some work of a year has, numbered by its first work; few, so that
# sums over works are made by set and spread to scopes at the end.
SCOPE_SETS = """
SELECT MIN(work_no) AS set_no, data_year, {masks} FROM work_masks GROUP BY data_year, {masks}
"""

WORK_SETS = """
SELECT m.work_no, s.set_no FROM work_masks AS m
JOIN scope_sets AS s ON s.data_year = m.data_year AND {same}
"""

SET_SCOPES = """
SELECT s.set_no, m.data_year, m.scope_no
FROM scope_sets AS s JOIN members AS m ON m.work_no = s.set_no
"""

RUN = """
SELECT w.work_no, u.target_no, u.listed_no AS institution_no, u.country_no, w.units
FROM weights AS w
JOIN unit_targets AS u ON u.unit_no = w.unit_no
WHERE w.work_no BETWEEN {first} AND {last}
"""

WORK_TARGETS = """
SELECT work_no, target_no, CAST(SUM(units) AS BIGINT) AS units
FROM run GROUP BY work_no, target_no
"""

_TOTAL = "SUM(CAST(x.units AS DECIMAL(19,0))) AS units, COUNT(*) AS works"

BY_TARGET = f"""
SELECT s.set_no, x.target_no, {_TOTAL}
FROM work_targets AS x JOIN work_sets AS s ON s.work_no = x.work_no
GROUP BY s.set_no, x.target_no
"""

BY_INSTITUTION = f"""
SELECT s.set_no, x.target_no, x.institution_no, {_TOTAL}
FROM (
    SELECT work_no, target_no, institution_no, CAST(SUM(units) AS BIGINT) AS units
    FROM run WHERE target_no > 0 GROUP BY work_no, target_no, institution_no
) AS x JOIN work_sets AS s ON s.work_no = x.work_no
GROUP BY s.set_no, x.target_no, x.institution_no
"""

# A country with several cities of a work: under the scheme `full` it too has 1, not one for each.
BY_COUNTRY = f"""
SELECT s.set_no, x.country_no, {_TOTAL}
FROM (
    SELECT work_no, country_no,
           CAST(LEAST(SUM(CAST(units AS DECIMAL(19,0))), {UNITS_PER_WORK}) AS BIGINT) AS units
    FROM run WHERE target_no > 0 AND country_no > 0 GROUP BY work_no, country_no
) AS x JOIN work_sets AS s ON s.work_no = x.work_no
GROUP BY s.set_no, x.country_no
"""

# The sum of both cities' Shares over their joint works; target numbers follow the order of ids.
BY_PAIR = """
SELECT s.set_no, x.target_no AS target_a, y.target_no AS target_b,
       SUM(CAST(x.units + y.units AS DECIMAL(19,0))) AS units, COUNT(*) AS works
FROM work_targets AS x
JOIN work_targets AS y ON y.work_no = x.work_no AND y.target_no > x.target_no
JOIN work_sets AS s ON s.work_no = x.work_no
WHERE x.target_no > 0
GROUP BY s.set_no, x.target_no, y.target_no
"""

SUMS = {
    "by_target": (BY_TARGET, "x.target_no"),
    "by_institution": (BY_INSTITUTION, "x.target_no, x.institution_no"),
    "by_country": (BY_COUNTRY, "x.country_no"),
    "by_pair": (BY_PAIR, "x.target_a, x.target_b"),
}

TOTAL_OVER_RUNS = """
SELECT s.data_year, s.scope_no, {key}, SUM(CAST(x.units AS DECIMAL(38,0))) AS units,
       CAST(SUM(x.works) AS BIGINT) AS works
FROM ({parts}) AS x JOIN set_scopes AS s ON s.set_no = x.set_no
GROUP BY s.data_year, s.scope_no, {key}
"""


def sum_weights(engine: Engine, progress: Progress, only: Collection[str] = tuple(SUMS)) -> None:
    """Make by_target, by_institution, by_country, by_pair.

    Each has data_year, scope_no, its key, units (DECIMAL) and works.
    The engine must know weights, unit_targets, members (work_no, data_year, scope_no).
    """
    wanted = {name: SUMS[name] for name in SUMS if name in only}
    _make_sets(engine)
    runs = _runs(engine)
    progress.stage("rank", len(runs) + 1, "runs")
    # One run is not worth being kept between its parts: the sums over it are the sums.
    keep = engine.name if isinstance(engine, Distributed) else engine.table
    keep_targets = engine.table if "by_pair" in wanted else keep  # pairs read it twice
    for number, (first, last) in enumerate(runs):
        keep("run", RUN.format(first=first, last=last))
        keep_targets("work_targets", WORK_TARGETS)
        for name, (sql, _) in wanted.items():
            keep(f"{name}_{number}", sql)
        progress.advance(1)
    for name, (_, key) in wanted.items():
        parts = " UNION ALL ".join(f"SELECT * FROM {name}_{n}" for n in range(len(runs)))
        engine.table(name, TOTAL_OVER_RUNS.format(key=key, parts=parts))
        for number in range(len(runs)):
            engine.drop(f"{name}_{number}")
    for name in ("run", "work_targets", "work_sets", "work_masks"):
        engine.drop(name)
    progress.advance(1)


def _make_sets(engine: Engine) -> None:
    """Make scope_sets, work_sets and set_scopes from members."""
    last = engine.fetch("SELECT MAX(scope_no) AS n FROM members").column("n")[0].as_py() or 0
    starts = range(0, last + 1, SCOPES_PER_MASK)
    names = [f"mask_{n}" for n in range(len(starts))]
    columns = [f"{_mask(start)} AS {n}" for n, start in zip(names, starts, strict=True)]
    engine.table(
        "work_masks",
        f"SELECT work_no, data_year, {', '.join(columns)} FROM members GROUP BY work_no, data_year",
    )
    same = " AND ".join(f"s.{n} = m.{n}" for n in names)
    engine.table("scope_sets", SCOPE_SETS.format(masks=", ".join(names)))
    engine.table("work_sets", WORK_SETS.format(same=same))
    engine.table("set_scopes", SET_SCOPES)


def _mask(start: int) -> str:
    """One bit for each of the work's scopes from `start` on (a work is in a scope once)."""
    cases = " ".join(f"WHEN {start + n} THEN {2**n}" for n in range(SCOPES_PER_MASK))
    return f"CAST(SUM(CASE scope_no {cases} ELSE 0 END) AS BIGINT)"


def _runs(engine: Engine) -> list[tuple[int, int]]:
    """Ranges of work numbers that hold about ROWS_PER_RUN rows each; else one with all."""
    if isinstance(engine, Distributed):
        return [(1, 2**63 - 1)]
    facts = engine.fetch("SELECT COUNT(*) AS n, MAX(work_no) AS last FROM weights").to_pylist()[0]
    last = facts["last"] or 0
    n_runs = max(1, -(-facts["n"] // ROWS_PER_RUN))
    step = max(1, -(-last // n_runs))
    return [(first, first + step - 1) for first in range(1, max(last, 1) + 1, step)]

"""Sums of weights by year, scope and city, institution, country or pair of cities.

`weights` is sorted by work, so it is summed in runs of works: memory stays bounded whatever its
size, and the partial sums are added at the end. A work's own sum fits in 64 bits (10^18); sums
over works are DECIMAL(38,0), since a plain sum of BIGINT wraps silently on one engine.
"""

from __future__ import annotations

from sciencecities.engines.base import Engine
from sciencecities.progress import Progress
from sciencecities.tables import UNITS_PER_WORK

ROWS_PER_RUN = 10_000_000

# One row per work, target, institution and country of the run.
RUN = """
SELECT w.work_no, u.target_no, u.institution_no, u.country, CAST(SUM(w.units) AS BIGINT) AS units
FROM weights AS w
JOIN unit_targets AS u ON u.unit_no = w.unit_no
WHERE w.work_no BETWEEN {first} AND {last}
GROUP BY w.work_no, u.target_no, u.institution_no, u.country
"""

WORK_TARGETS = """
SELECT work_no, target_no, CAST(SUM(units) AS BIGINT) AS units
FROM run GROUP BY work_no, target_no
"""

_TOTAL = "SUM(CAST(units AS DECIMAL(19,0))) AS units, COUNT(*) AS works"

BY_TARGET = f"""
SELECT m.data_year, m.scope_no, x.target_no, {_TOTAL}
FROM work_targets AS x JOIN members AS m ON m.work_no = x.work_no
GROUP BY m.data_year, m.scope_no, x.target_no
"""

BY_INSTITUTION = f"""
SELECT m.data_year, m.scope_no, x.target_no, x.institution_no, {_TOTAL}
FROM (
    SELECT work_no, target_no, institution_no, CAST(SUM(units) AS BIGINT) AS units
    FROM run WHERE target_no > 0 GROUP BY work_no, target_no, institution_no
) AS x JOIN members AS m ON m.work_no = x.work_no
GROUP BY m.data_year, m.scope_no, x.target_no, x.institution_no
"""

# A country with several cities of a work: under the scheme `full` it too has 1, not one for each.
BY_COUNTRY = f"""
SELECT m.data_year, m.scope_no, x.country, {_TOTAL}
FROM (
    SELECT work_no, country,
           CAST(LEAST(SUM(CAST(units AS DECIMAL(19,0))), {UNITS_PER_WORK}) AS BIGINT) AS units
    FROM run WHERE target_no > 0 AND country IS NOT NULL GROUP BY work_no, country
) AS x JOIN members AS m ON m.work_no = x.work_no
GROUP BY m.data_year, m.scope_no, x.country
"""

# The sum of both cities' Shares over their joint works; target numbers follow the order of ids.
BY_PAIR = """
SELECT m.data_year, m.scope_no, x.target_no AS target_a, y.target_no AS target_b,
       SUM(CAST(x.units + y.units AS DECIMAL(19,0))) AS units, COUNT(*) AS works
FROM work_targets AS x
JOIN work_targets AS y ON y.work_no = x.work_no AND y.target_no > x.target_no
JOIN members AS m ON m.work_no = x.work_no
WHERE x.target_no > 0
GROUP BY m.data_year, m.scope_no, x.target_no, y.target_no
"""

SUMS = {
    "by_target": (BY_TARGET, "data_year, scope_no, target_no"),
    "by_institution": (BY_INSTITUTION, "data_year, scope_no, target_no, institution_no"),
    "by_country": (BY_COUNTRY, "data_year, scope_no, country"),
    "by_pair": (BY_PAIR, "data_year, scope_no, target_a, target_b"),
}


def sum_weights(engine: Engine, progress: Progress) -> None:
    """Make by_target, by_institution, by_country and by_pair: their keys, units, works.

    The engine must know weights, unit_targets, members (work_no, data_year, scope_no).
    """
    runs = _runs(engine)
    progress.stage("rank", len(runs) + 1, "runs")
    for number, (first, last) in enumerate(runs):
        engine.table("run", RUN.format(first=first, last=last))
        engine.table("work_targets", WORK_TARGETS)
        for name, (sql, _) in SUMS.items():
            engine.table(f"{name}_{number}", sql)
        progress.advance(1)
    for name, (_, key) in SUMS.items():
        partial = " UNION ALL ".join(f"SELECT * FROM {name}_{n}" for n in range(len(runs)))
        engine.table(
            name,
            f"SELECT {key}, SUM(CAST(units AS DECIMAL(38,0))) AS units, "
            f"CAST(SUM(works) AS BIGINT) AS works FROM ({partial}) AS partial GROUP BY {key}",
        )
        for number in range(len(runs)):
            engine.drop(f"{name}_{number}")
    for name in ("run", "work_targets"):
        engine.drop(name)
    progress.advance(1)


def _runs(engine: Engine) -> list[tuple[int, int]]:
    """Ranges of work numbers that hold about ROWS_PER_RUN rows each."""
    facts = engine.fetch("SELECT COUNT(*) AS n, MAX(work_no) AS last FROM weights").to_pylist()[0]
    last = facts["last"] or 0
    n_runs = max(1, -(-facts["n"] // ROWS_PER_RUN))
    step = max(1, -(-last // n_runs))
    return [(first, first + step - 1) for first in range(1, max(last, 1) + 1, step)]

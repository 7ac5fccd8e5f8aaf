"""Re-draws of an edition's works, from its contributions: for questions asked after the build."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sciencecities.draws import work_key
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition
    from sciencecities.rank.replicates import Replicates

# A work counts for a set of cities what it counts in them, and 1 at most (scheme `full`).
PARTS = f"""
SELECT work_id, item, CAST(LEAST(SUM(units), {UNITS_PER_WORK}) AS BIGINT) AS units
FROM (
    SELECT c.work_id, g.item, CAST(c.units AS DECIMAL(38,0)) AS units
    FROM contributions AS c
    JOIN (SELECT unnest($cities) AS city_id, unnest($items) AS item) AS g ON g.city_id = c.city_id
    WHERE c.data_year = $year
      AND ($scope = 'overall' OR c.work_id IN (
          SELECT work_id FROM work_scopes WHERE scope = $scope))
)
GROUP BY work_id, item ORDER BY work_id, item
"""

WORKS = """
SELECT DISTINCT work_id FROM contributions
WHERE data_year = $year
  AND ($scope = 'overall' OR work_id IN (SELECT work_id FROM work_scopes WHERE scope = $scope))
ORDER BY work_id
"""


def redraw(edition: Edition, items: Mapping[str, int], scope: str, year: int) -> Replicates:
    """The re-draws of a scope and year, with the build's seed and number of replicates.

    `items` is city id → number of the row (0, 1, …) that its works count for, so that cities can
    count as one. The draws are those of the build: a function of seed, work and replicate.
    """
    from sciencecities.rank.replicates import Sums, scale_for

    values = {"year": year, "scope": scope}
    works = edition.query(WORKS, values).column("work_id").to_pylist()
    number = {work_id: n for n, work_id in enumerate(works)}
    rows = edition.query(
        PARTS, values | {"cities": list(items), "items": list(items.values())}
    ).to_pydict()
    n_items = max(items.values(), default=-1) + 1
    configuration = edition.manifest.get("configuration", {})
    scale = scale_for(max(1, len(works)))
    sums = Sums(
        n_items + 1,
        replicates=int(configuration.get("replicates") or 1000),
        scale=scale,
        seed=int(configuration.get("seed") or 0),
        threads=2,
    )
    keys = np.array([work_key(w) for w in works], np.int64)
    own = np.array([number[w] for w in rows["work_id"]], np.int64)
    everyone = np.arange(len(works), dtype=np.int64)
    try:
        sums.add(
            keys,
            np.concatenate([own, everyone]),
            np.concatenate([np.array(rows["item"], np.int64), np.full(len(works), n_items)]),
            np.concatenate([np.array(rows["units"], np.int64), np.full(len(works), -1)]),
        )
    finally:
        sums.close()
    return sums.replicates(slice(0, n_items), n_items, len(works))

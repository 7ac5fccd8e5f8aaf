"""Re-draws of an edition's works, from its contributions: for questions asked after the build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sciencecities.edition.read import Edition
    from sciencecities.rank.replicates import Replicates

IN_SCOPE = """
data_year = $year
AND ($scope = 'overall' OR work_id IN (SELECT work_id FROM work_scopes WHERE scope = $scope))
"""

# The key is `draws.work_key`; the numbers are in no order, since sums of integers need none.
WORKS = f"""
CREATE TEMP TABLE drawn AS
SELECT work_id, CAST(ROW_NUMBER() OVER () - 1 AS BIGINT) AS number,
       CAST('0x' || LEFT(sha256(work_id), 16) AS UBIGINT) AS key
FROM (SELECT DISTINCT work_id FROM contributions WHERE {IN_SCOPE} {{of_cities}})
"""

KEYS = "SELECT key FROM drawn ORDER BY number"

# A work counts for a set of cities what it counts in them, and 1 at most (scheme `full`).
PARTS = f"""
SELECT d.number, g.item, CAST(LEAST(SUM(CAST(c.units AS DECIMAL(38,0))), {UNITS_PER_WORK})
                              AS BIGINT) AS units
FROM contributions AS c
JOIN (SELECT unnest($cities) AS city_id, CAST(unnest($items) AS BIGINT) AS item) AS g
  ON g.city_id = c.city_id
JOIN drawn AS d ON d.work_id = c.work_id
WHERE c.data_year = $year
GROUP BY d.number, g.item
"""


def redraw(edition: Edition, items: Mapping[str, int], scope: str, year: int) -> Replicates:
    """The re-draws of a scope and year, with the build's seed and number of replicates.

    `items` is city id → number of the row (0, 1, …) that its works count for, so that cities can
    count as one. The draws are those of the build: a function of seed, work and replicate.
    """
    return _redraw(edition, items, scope, year, "")


@dataclass(frozen=True, slots=True)
class CityDraws:
    """Every ranked city of a scope and year in every re-draw: what sets of cities are held
    against."""

    edition: Edition
    scope: str
    year: int
    city_ids: Sequence[str]
    draws: Replicates

    def as_one(self, city_ids: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Share of the cities as one in each re-draw, and its rank among all others."""
        from sciencecities.rank.kernels import rank_beside

        own = _redraw(
            self.edition, dict.fromkeys(city_ids, 0), self.scope, self.year,
            "AND list_contains($cities, city_id)", self.draws.scale,
        ).sums[0]  # fmt: skip
        members = set(city_ids)
        others = np.array([c not in members for c in self.city_ids], bool)
        factor = self.draws.n_works / np.maximum(self.draws.works, 1) / self.draws.scale
        return own * factor, rank_beside(self.draws.sums, others, np.ascontiguousarray(own))


def city_draws(edition: Edition, scope: str, year: int) -> CityDraws:
    """The re-draws of all ranked cities, each by itself."""
    ids = edition.rankings(scope, year).column("city_id").to_pylist()
    items = {city_id: n for n, city_id in enumerate(ids)}
    return CityDraws(edition, scope, year, ids, redraw(edition, items, scope, year))


def _redraw(
    edition: Edition,
    items: Mapping[str, int],
    scope: str,
    year: int,
    of_cities: str,
    scale: int | None = None,
) -> Replicates:
    """Rows of sums by item; `of_cities` bounds the works that count as the world's."""
    from sciencecities.rank.replicates import Sums, scale_for

    n_items = max(items.values(), default=-1) + 1
    asked = {"year": year, "cities": list(items)}
    in_scope = {"year": year, "scope": scope} | ({"cities": list(items)} if of_cities else {})
    with edition.session() as session:
        session.execute(WORKS.format(of_cities=of_cities), in_scope, edition.path)
        keys = session.query(KEYS).column(0).to_numpy()
        rows = session.query(PARTS, asked | {"items": list(items.values())})
    work, item, units = (rows.column(n).to_numpy() for n in ("number", "item", "units"))
    configuration = edition.manifest.get("configuration", {})
    sums = Sums(
        n_items + 1,
        replicates=int(configuration.get("replicates") or 1000),
        scale=scale or scale_for(max(1, len(keys))),
        seed=int(configuration.get("seed") or 0),
        threads=2,
    )
    everyone = np.arange(len(keys), dtype=np.int64)
    try:
        sums.add(
            keys,
            np.concatenate([work, everyone]),
            np.concatenate([item, np.full(len(keys), n_items)]),
            np.concatenate([units, np.full(len(keys), -1)]),
        )
    finally:
        sums.close()
    return sums.replicates(slice(0, n_items), n_items, len(keys))

"""What each located work puts at each place under every scheme: method_parts.

The weights are those of the counting rules (count/rules.py), summed by place: where cities end does
not change them, so every city definition is a sum of places. `city` and `full` follow from which
cities a work has, and from the number of its units in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sciencecities.count.rules import links_sql, weights_sql
from sciencecities.engines.base import Engine
from sciencecities.files import remove
from sciencecities.method.choices import LINEAR
from sciencecities.progress import Progress
from sciencecities.tables import METHOD_PARTS

# Place 0 stands for every unit without a place; special units are not in `units` at all.
UNIT_PLACES = """
SELECT u.unit_no, COALESCE(p.place_no, 0) AS place_no
FROM unit_targets AS u
LEFT JOIN units AS x ON x.unit_no = u.unit_no
LEFT JOIN place_numbers AS p ON p.place_id = x.place_id
"""

PLACE_NUMBERS = """
SELECT CAST(ROW_NUMBER() OVER (ORDER BY place_id) AS INTEGER) AS place_no, place_id FROM places
"""

# Each author's units are all there under `nature-index`, so they are counted under it; a work that
# only `corresponding-author` leaves without an author has no unit.
PARTS = """
SELECT w.work_no, u.place_no,
       CAST(COUNT(DISTINCT CASE WHEN w.scheme_no = 0 THEN w.unit_no END) AS INTEGER) AS n_units,
       {sums}
FROM ({weights}) AS w JOIN unit_places AS u ON u.unit_no = w.unit_no
GROUP BY w.work_no, u.place_no
"""

_SUM = "CAST(SUM(CASE WHEN w.scheme_no = {number} THEN w.units ELSE 0 END) AS BIGINT) AS {column}"


def write_parts(
    engine: Engine, ranges: Sequence[tuple[int, int]], folder: Path, progress: Progress
) -> None:
    """Write `method_parts.parquet` to `folder`, batch by batch of records, then sorted.

    The engine must know candidates, authorships, affiliations, placements, unit_targets, units,
    places. Batches that a killed run has finished are kept.
    """
    engine.table("place_numbers", PLACE_NUMBERS)
    engine.table("unit_places", UNIT_PLACES)
    paths = []
    for number, (first, last) in enumerate(ranges):
        path = folder / f"method_parts-{number:06d}.parquet"
        if not path.exists():
            engine.table("links", links_sql(first, last, "candidates"))
            engine.keep(_parts_sql(first, last), path)
        paths.append(path)
        progress.advance(1)
    engine.drop("links")
    engine.view("unsorted_parts", paths, METHOD_PARTS)
    order = ", ".join(METHOD_PARTS.key)
    engine.write(f"SELECT * FROM unsorted_parts ORDER BY {order}", folder / "method_parts.parquet")
    progress.advance(1)
    for path in paths:
        remove(path)


def _parts_sql(first: int, last: int) -> str:
    weights = " UNION ALL ".join(
        f"SELECT work_no, unit_no, units, {number} AS scheme_no "
        f"FROM ({weights_sql(scheme, first, last, works='candidates', has_links=True)}) AS x"
        for number, scheme in enumerate(LINEAR)
    )
    sums = [_SUM.format(number=n, column=column) for n, column in enumerate(LINEAR.values())]
    return PARTS.format(weights=weights, sums=", ".join(sums))

"""Cut the land of Natural Earth 1:10m to the regions that the observatory's maps show.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python scripts/build_region_land.py package/land-10m.json

Writes `src/sciencecities/publish/data/land-regions.json`: per built-in city the box that its maps
need and the rings of the land in it, in degrees. Land only: there is no border in the source.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from shapely.geometry import Polygon, box
from shapely.ops import unary_union

from sciencecities.observatory import built_in, load
from sciencecities.publish.land import decoded, parts
from sciencecities.publish.region import maps_of

OUT = Path(__file__).parents[1] / "src/sciencecities/publish/data/land-regions.json"
TOLERANCE = 0.003
"""Degrees by which a coast may be drawn wrong: a third of a kilometre."""


def main() -> None:
    """Cut and write."""
    polygons = decoded(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    found = {}
    for name in built_in():
        boxes = [m.box for m in maps_of(load(name))]
        if not boxes:
            continue
        corners = [f(b[i] for b in boxes) for i, f in enumerate((min, min, max, max))]
        edges = [round(v + d, 2) for v, d in zip(corners, (-0.1, -0.1, 0.1, 0.1), strict=True)]
        land = unary_union([p.intersection(box(*edges)) for p in polygons])
        rings = [r for p in parts(land.simplify(TOLERANCE)) for r in _rings(p)]
        found[name] = {"box": edges, "rings": rings}
    OUT.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")


def _rings(polygon: Polygon) -> list[list[tuple[float, float]]]:
    return [
        [(round(x, 3), round(y, 3)) for x, y in ring.coords]
        for ring in (polygon.exterior, *polygon.interiors)
    ]


if __name__ == "__main__":
    main()

"""Cut the land of Natural Earth 1:10m to the regions that the observatory's maps show.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python scripts/build_region_land.py package/land-10m.json

Writes `src/sciencecities/publish/data/land-regions.json`: per built-in city with a corridor the
rings of the land in its box, in degrees. Land only: there is no border in the source.
"""

from __future__ import annotations

import json
import sys
from itertools import accumulate
from pathlib import Path
from typing import Any

from shapely import make_valid
from shapely.geometry import Polygon, box
from shapely.ops import unary_union

from sciencecities.observatory import built_in, load
from sciencecities.publish.region import corridor_of, frame, places_of

OUT = Path(__file__).parents[1] / "src/sciencecities/publish/data/land-regions.json"
TOLERANCE = 0.003
"""Degrees by which a coast may be drawn wrong: a third of a kilometre."""


def main() -> None:
    """Cut and write."""
    polygons = _polygons(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    found: dict[str, list[list[tuple[float, float]]]] = {}
    for name in built_in():
        observatory = load(name)
        if corridor_of(observatory) is None:
            continue
        edges = box(*frame(places_of(observatory)))
        near = [p if p.is_valid else make_valid(p) for p in polygons if _near(p, edges)]
        land = unary_union([p.intersection(edges) for p in near])
        found[name] = [
            [(round(x, 3), round(y, 3)) for x, y in ring.coords]
            for polygon in _parts(land.simplify(TOLERANCE))
            for ring in (polygon.exterior, *polygon.interiors)
        ]
    OUT.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")


def _parts(shape: Any) -> list[Polygon]:
    return [g for g in getattr(shape, "geoms", [shape]) if isinstance(g, Polygon)]


def _polygons(topology: dict[str, Any]) -> list[Any]:
    """The land of a quantised TopoJSON."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        xs, ys = accumulate(p[0] for p in arc), accumulate(p[1] for p in arc)
        arcs.append([(x * sx + tx, y * sy + ty) for x, y in zip(xs, ys, strict=True)])

    def ring(indices: list[int]) -> list[tuple[float, float]]:
        points: list[tuple[float, float]] = []
        for i in indices:
            arc = arcs[i] if i >= 0 else arcs[~i][::-1]
            points += arc[1:] if points else arc
        return points

    found: list[Any] = []
    for geometry in topology["objects"]["land"]["geometries"]:
        many = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for rings in many:
            found.append(Polygon(ring(rings[0]), [ring(r) for r in rings[1:]]))
    return found


def _near(shape: Any, edges: Any) -> bool:
    west, south, east, north = shape.bounds
    left, low, right, high = edges.bounds
    return bool(west <= right and east >= left and south <= high and north >= low)


if __name__ == "__main__":
    main()

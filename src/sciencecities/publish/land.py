"""Land without borders, as rings of degrees: Natural Earth at the scale that a map needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Any

Box = tuple[float, float, float, float]
"""West, south, east, north, degrees."""

Ring = list[tuple[float, float]]

COARSE_FROM = 25.0
"""Degrees of width from which 1:110m is fine enough."""


def within(box: Box) -> list[Ring]:
    """The land in a box, outer rings and lakes alike (fill by the even-odd rule)."""
    for region in _regions().values():
        west, south, east, north = region["box"]
        if west <= box[0] and south <= box[1] and east >= box[2] and north >= box[3]:
            return [[(x, y) for x, y in ring] for ring in region["rings"]]
    name = "land-110m" if box[2] - box[0] > COARSE_FROM else "land-50m"
    return list(cut(name, box))


def scale_of(box: Box) -> str:
    """Scale of the land that `within` gives, in words of a source line."""
    for region in _regions().values():
        west, south, east, north = region["box"]
        if west <= box[0] and south <= box[1] and east >= box[2] and north >= box[3]:
            return "1:10m"
    return "1:110m" if box[2] - box[0] > COARSE_FROM else "1:50m"


def cut(name: str, box: Box) -> Iterator[Ring]:
    """The rings of a shipped TopoJSON in a box."""
    from shapely.geometry import box as rectangle

    edges = rectangle(*box)
    for polygon in polygons(name):
        if not polygon.intersects(edges):
            continue
        for part in parts(polygon.intersection(edges)):
            yield from (list(ring.coords) for ring in (part.exterior, *part.interiors))


@cache
def polygons(name: str) -> list[Any]:
    """The land of a shipped file as valid shapely polygons."""
    return decoded(topology(name))


def decoded(topology: dict[str, Any]) -> list[Any]:
    """The land of a quantised TopoJSON as valid shapely polygons."""
    from shapely import make_valid
    from shapely.geometry import Polygon

    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        xs, ys = accumulate(p[0] for p in arc), accumulate(p[1] for p in arc)
        arcs.append([(x * sx + tx, y * sy + ty) for x, y in zip(xs, ys, strict=True)])

    def ring(indices: list[int]) -> Ring:
        points: Ring = []
        for i in indices:
            arc = arcs[i] if i >= 0 else arcs[~i][::-1]
            points += arc[1:] if points else arc
        return points

    found: list[Any] = []
    for geometry in topology["objects"]["land"]["geometries"]:
        many = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for rings in many:
            shape = Polygon(ring(rings[0]), [ring(r) for r in rings[1:]])
            found += parts(shape if shape.is_valid else make_valid(shape))
    return found


def parts(shape: Any) -> list[Any]:
    """The polygons of a shape, however nested."""
    if shape.geom_type == "Polygon":
        return [shape]
    return [polygon for part in getattr(shape, "geoms", ()) for polygon in parts(part)]


def topology(name: str) -> dict[str, Any]:
    """A shipped TopoJSON file."""
    found: dict[str, Any] = json.loads(_text(f"{name}.json"))
    return found


@cache
def _regions() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(_text("land-regions.json"))
    return found


def _text(name: str) -> str:
    return (files("sciencecities.publish") / "data" / name).read_text(encoding="utf-8")

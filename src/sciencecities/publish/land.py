"""Land as rings of degrees: Natural Earth without borders at the scale that a map needs, or the
base map of whoever runs the site."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from sciencecities.errors import ConfigError

Box = tuple[float, float, float, float]
"""West, south, east, north, degrees."""

Ring = list[tuple[float, float]]

COARSE_FROM = 25.0
"""Degrees of width from which 1:110m is fine enough."""


BASE_MAP, APPROVAL = "SCIENCECITIES_BASE_MAP", "SCIENCECITIES_MAP_APPROVAL"
"""Settings of whoever runs the site: a GeoJSON file, and the number under which it was approved."""


@dataclass(frozen=True)
class Base:
    """A base map of the deployer: land (shapely polygons), lines such as boundaries, approval."""

    polygons: list[Any]
    lines: list[Any]
    approval: str


@cache
def base() -> Base | None:
    """The deployer's base map, if one is set. Raises ConfigError if it cannot be read."""
    path = os.environ.get(BASE_MAP)
    if not path:
        return None
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        shapes = [valid(shape(f["geometry"])) for f in data["features"] if f["geometry"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ShapelyError) as error:
        raise ConfigError(
            f"{BASE_MAP}={path}: is no GeoJSON FeatureCollection that can be read ({error}); name "
            "another file or unset it"
        ) from error
    polygons = [p for s in shapes for p in parts(s)]
    if not polygons:
        raise ConfigError(f"{BASE_MAP}={path}: holds no polygon; land is needed for a base map")
    return Base(polygons, [line for s in shapes for line in parts(s, "LineString")],
                os.environ.get(APPROVAL, ""))  # fmt: skip


def credit(box: Box | None, lang: str) -> str:
    """Whose land a map shows, as a sentence of its source line; no box: the whole world."""
    own = base()
    if own:
        if lang == "zh":
            return f"底图由本站运行者提供{'，审图号：' + own.approval if own.approval else ''}。"
        more = f", approval number {own.approval}" if own.approval else ""
        return f" Base map: of the operator of this site{more}."
    scale = "1:110m" if box is None or box[2] - box[0] > COARSE_FROM else "1:50m"
    if box and _region(box):
        scale = "1:10m"
    return f"底图：Natural Earth {scale}。" if lang == "zh" else f" Land: Natural Earth {scale}."


def within(box: Box) -> list[Ring]:
    """The land in a box, outer rings and lakes alike (fill by the even-odd rule)."""
    from shapely.geometry import box as rectangle

    own = base()
    if own:
        return list(cut(own.polygons, box))
    if region := _region(box):
        return [[(x, y) for x, y in ring] for ring in region["rings"]]
    name = "land-110m" if box[2] - box[0] > COARSE_FROM else "land-50m"
    found: list[Ring] = []
    for turn in (-360.0, 0.0, 360.0):
        turned = (box[0] + turn, box[1], box[2] + turn, box[3])
        near = _tree(name).query(rectangle(*turned))  # its own tests are of boxes
        rings = cut([polygons(name)[n] for n in sorted(near)], turned)
        found += [[(x - turn, y) for x, y in ring] for ring in rings]
    return found


def lines_within(box: Box) -> list[Ring]:
    """The lines of the deployer's base map in a box; our own has none."""
    from shapely.geometry import box as rectangle

    own = base()
    edges = rectangle(*box)
    found = [line.intersection(edges) for line in own.lines] if own else []
    return [list(part.coords) for line in found for part in parts(line, "LineString")]


def _region(box: Box) -> dict[str, Any] | None:
    for region in _regions().values():
        west, south, east, north = region["box"]
        if west <= box[0] and south <= box[1] and east >= box[2] and north >= box[3]:
            return region
    return None


def cut(shapes: Iterable[Any], box: Box) -> Iterator[Ring]:
    """The rings of polygons in a box."""
    from shapely.geometry import box as rectangle

    edges = rectangle(*box)
    for polygon in shapes:
        if not polygon.intersects(edges):
            continue
        for part in parts(polygon.intersection(edges)):
            yield from (list(ring.coords) for ring in (part.exterior, *part.interiors))


@cache
def polygons(name: str) -> list[Any]:
    """The land of a shipped file as valid shapely polygons."""
    return decoded(topology(name))


@cache
def _tree(name: str) -> Any:
    """Finds the polygons of a shipped file by their boxes."""
    from shapely import STRtree

    return STRtree(polygons(name))


def decoded(topology: dict[str, Any]) -> list[Any]:
    """The land of a quantised TopoJSON as valid shapely polygons.

    What crosses the date line goes on beyond 180°.
    """
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
        return unwrapped(points)

    found: list[Any] = []
    for geometry in topology["objects"]["land"]["geometries"]:
        many = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for rings in many:
            found += parts(valid(Polygon(ring(rings[0]), [ring(r) for r in rings[1:]])))
    return found


def unwrapped(ring: Ring) -> Ring:
    """A ring that goes on where its file leaps from one side of the date line to the other.

    One around a pole, which does not come back to its beginning, stays as it is.

    >>> unwrapped([(170.0, 65.0), (180.0, 65.0), (-180.0, 66.0), (-170.0, 66.0), (170.0, 65.0)])
    [(170.0, 65.0), (180.0, 65.0), (180.0, 66.0), (190.0, 66.0), (170.0, 65.0)]
    """
    turn, found = 0.0, ring[:1]
    for (before, _), (x, y) in pairwise(ring):
        if abs(x - before) > 180:
            turn += 360 if x < before else -360
        found.append((x + turn, y))
    return ring if turn else found


def parts(shape: Any, kind: str = "Polygon") -> list[Any]:
    """The polygons (or lines) of a shape, however nested."""
    if shape.geom_type == kind:
        return [shape]
    return [one for part in getattr(shape, "geoms", ()) for one in parts(part, kind)]


def valid(shape: Any) -> Any:
    """The shape, mended where its rings cross."""
    from shapely import make_valid

    return shape if shape.is_valid else make_valid(shape)


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

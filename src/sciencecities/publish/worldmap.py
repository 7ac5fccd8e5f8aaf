"""The map of the world: Equal Earth, land only, circles for cities, names with leaders.

The Atlantic is in the middle of English maps, the Pacific of Chinese ones. Projection: Šavrič,
Patterson and Jenny 2019, International Journal of Geographical Information Science 33, 454.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import asin, cos, radians, sin, sqrt

from markupsafe import Markup, escape

from sciencecities.publish import labels, land
from sciencecities.publish.figures import Drawing
from sciencecities.publish.maps import NARROW, WIDE, Dot, named
from sciencecities.publish.wording import Lang

CENTRE = {"en": 0.0, "zh": 155.0}
"""Longitude in the middle, degrees east."""

SOUTH, NORTH = -56.5, 83.0
"""What a map shows: no ranked city lies beyond."""

TOLERANCE = 0.35
"""Px by which a coast may be drawn wrong on a wide map."""

_A = (1.340264, -0.081106, 0.000893, 0.003796)


def project(longitude: float, latitude: float, centre: float = 0.0) -> tuple[float, float]:
    """Equal Earth on a unit sphere, y to the north.

    >>> [round(v, 4) for v in project(180, 0)]
    [2.7066, 0.0]
    """
    a1, a2, a3, a4 = _A
    turned = (longitude - centre + 180) % 360 - 180
    if turned == -180 and longitude > centre:
        turned = 180.0
    at = asin(sqrt(3) / 2 * sin(radians(latitude)))
    square = at * at
    six = square**3
    bent = sqrt(3) * (9 * a4 * six * square + 7 * a3 * six + 3 * a2 * square + a1)
    x = 2 * radians(turned) * sqrt(3) * cos(at) / (bent * sqrt(3))
    return x, at * (a4 * six * square + a3 * six + a2 * square + a1)


_HALF = project(180, 0)[0]


def height(width: float) -> float:
    """Of a map of that width, px."""
    return round((project(0, NORTH)[1] - project(0, SOUTH)[1]) * width / (2 * _HALF))


def place(longitude: float, latitude: float, centre: float, width: float) -> tuple[float, float]:
    """Position on a map of that width, px."""
    x, y = project(longitude, latitude, centre)
    scale = width / (2 * _HALF)
    return (x + _HALF) * scale, (project(0, NORTH)[1] - y) * scale


@cache
def coast(lang: Lang) -> str:
    """The land as the `d` of a path on a wide map."""
    from shapely.affinity import translate
    from shapely.geometry import Polygon, box

    centre = CENTRE[lang]
    edges = box(centre - 180, SOUTH, centre + 180, NORTH)
    found = []
    own = land.base()
    for polygon in own.polygons if own else land.polygons("land-110m"):
        west, low, east, top = polygon.bounds
        if east - west > 300 and top - low < 20:
            continue  # an island on the date line, which the file wraps around the whole world
        for turn in (-360, 0, 360):
            for part in land.parts(translate(polygon, xoff=turn).intersection(edges)):
                rings = [
                    [place(_inside(x, centre), y, centre, WIDE) for x, y in ring.coords]
                    for ring in (part.exterior, *part.interiors)
                ]
                flat = Polygon(rings[0], rings[1:]).simplify(TOLERANCE)
                found += [ring for p in land.parts(flat) for ring in (p.exterior, *p.interiors)]
    return "".join(
        f"M{'L'.join(f'{x:.1f} {y:.1f}' for x, y in ring.coords[:-1])}Z"
        for ring in found
        if len(ring.coords) > 4 or ring.length > 6
    )


@cache
def borders(lang: Lang) -> str:
    """The lines of the deployer's base map as the `d` of a path; empty on our own."""
    centre = CENTRE[lang]
    found = []
    for turn in (-360.0, 0.0, 360.0):
        box = (centre - 180 - turn, SOUTH, centre + 180 - turn, NORTH)
        for line in land.lines_within(box):
            points = [place(_inside(x + turn, centre), y, centre, WIDE) for x, y in line]
            found.append(f"M{'L'.join(f'{x:.1f} {y:.1f}' for x, y in points)}")
    return "".join(found)


def _inside(longitude: float, centre: float) -> float:
    """Keeps the eastern edge at the east."""
    return min(longitude, centre + 180 - 1e-6)


@dataclass(frozen=True, slots=True)
class WorldMap:
    """Circles, of which those with a name are labelled, the first the most freely; and lines."""

    dots: Sequence[Dot]
    lines: Sequence[tuple[Dot, Dot, float]] = ()
    on_phone: int = 5
    """Names on a narrow map."""

    def drawing(self, lang: Lang, width: float = WIDE, *, shared: bool = False) -> Drawing:
        """The map; with `shared` the land is that which `defs` puts on the page once."""
        high = height(width)
        turn = f' transform="scale({width / WIDE:g})"' if width != WIDE else ""
        ground = '<use href="#coast"/>' if shared else f'<path d="{coast(lang)}"/>'
        parts = [f'<g class="land2"{turn}>{ground}</g>']
        if lines := borders(lang):
            parts.append(f'<g{turn}><path class="border" d="{lines}"/></g>')

        def at(dot: Dot) -> tuple[float, float]:
            return place(dot.longitude, dot.latitude, CENTRE[lang], width)

        shrink = 1.0 if width == WIDE else 0.6
        for a, b, wide in self.lines:
            (x1, y1), (x2, y2) = at(a), at(b)
            parts.append(
                f'<path class="link f" stroke-width="{max(1.0, wide * shrink):.1f}" '
                f'd="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'
            )
        spots: list[labels.Spot] = []
        for dot in self.dots:
            x, y = at(dot)
            radius = max(2.0, dot.radius * shrink)
            parts.append(f'<circle class="{dot.kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>')
            if dot.name and (width == WIDE or len(spots) < self.on_phone):
                spots.append(labels.Spot(x, y, radius, dot.name))
        parts += [named(label, "halo") for label in labels.place(spots, width, high)]
        return Drawing("".join(parts), width, high)

    def markup(self, lang: Lang, label: str) -> Markup:
        """The map as inline SVG for wide and narrow screens; the land is on the page once."""
        said = escape(label)
        once = (
            '<svg class="defs" aria-hidden="true" focusable="false"><defs>'
            f'<path id="coast" d="{coast(lang)}"/></defs></svg>'
        )
        both = "".join(
            f'<svg class="map {kind}" viewBox="0 0 {drawn.width:g} {drawn.height:g}" role="img" '
            f'aria-label="{said}">{drawn.body}</svg>'
            for kind, drawn in (
                ("wide", self.drawing(lang, shared=True)),
                ("narrow", self.drawing(lang, NARROW, shared=True)),
            )
        )
        return Markup(once + both)

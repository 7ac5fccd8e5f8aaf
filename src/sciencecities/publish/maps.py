"""Maps of a region: points and lines over land, drawn as SVG.

Land only, without borders. Plate carrée with true distances along the middle parallel: regions are
small. Geometry in attributes, looks in classes of the style sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, log10, radians

from markupsafe import Markup, escape

from sciencecities.publish import labels, land
from sciencecities.publish.figures import Drawing
from sciencecities.publish.land import Box, Ring
from sciencecities.publish.wording import Lang

WIDE, NARROW = 760.0, 328.0
"""Widths at which a map is drawn, px; names keep their size."""

TALLEST = 0.75
"""Height of a map in widths; wider land is shown beside a tall region."""

MARGIN = 0.14
"""Of the region's extent, around it."""

SMALLEST = 0.3
"""Degrees that a map is wide at least."""

WIDEST_NAME = 0.46
"""Of the map's width; a longer name would leave it, and stands whole in the figure's numbers."""

KM = 111.19
"""Kilometres in a degree of latitude."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A named point, degrees; `kind` is the class of its mark, `radius` px."""

    name: str
    longitude: float
    latitude: float
    radius: float = 7.0
    kind: str = "dot"


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, degrees; `kind` is its class, `width` px or the class's own."""

    points: Sequence[tuple[float, float]]
    kind: str = "line"
    width: float | None = None


@dataclass(frozen=True, slots=True)
class RegionMap:
    """A drawn map: what is in it, and which land."""

    dots: Sequence[Dot]
    lines: Sequence[Line] = ()

    @property
    def box(self) -> Box:
        """What the map shows, degrees."""
        points = [(d.longitude, d.latitude) for d in self.dots]
        points += [p for line in self.lines for p in line.points]
        west, east = min(p[0] for p in points), max(p[0] for p in points)
        south, north = min(p[1] for p in points), max(p[1] for p in points)
        shrink = cos(radians((south + north) / 2))
        span = max((east - west) * shrink, north - south, SMALLEST) * (1 + 2 * MARGIN)
        wide = max(span / TALLEST, (east - west) * shrink * (1 + 2 * MARGIN)) / shrink
        high = max(0.6 * wide * shrink, (north - south) * (1 + 2 * MARGIN))
        x, y = (west + east) / 2, (south + north) / 2
        return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2

    def drawing(
        self, lang: Lang, width: float = WIDE, ground: Sequence[Ring] | None = None
    ) -> Drawing:
        """The map with its names and a scale bar; `ground` is the land where it is known."""
        west, south, east, north = box = self.box
        scale = width / (east - west)
        stretch = scale / cos(radians((south + north) / 2))
        height = round((north - south) * stretch)

        def xy(longitude: float, latitude: float) -> tuple[float, float]:
            return (longitude - west) * scale, (north - latitude) * stretch

        def path(points: Sequence[tuple[float, float]]) -> str:
            return "L".join(f"{x:.1f} {y:.1f}" for x, y in (xy(*p) for p in points))

        rings = land.within(box) if ground is None else ground
        coast = "".join(f"M{path(ring)}Z" for ring in rings)
        parts = [
            f'<svg width="{width:g}" height="{height}"><rect class="sea" width="{width:g}" '
            f'height="{height}"/><path class="land2" d="{coast}"/></svg>'
        ]
        for ring in land.lines_within(box):
            parts.append(f'<path class="border" d="M{path(ring)}"/>')
        for line in self.lines:
            wide = f' stroke-width="{line.width:g}"' if line.width else ""
            parts.append(f'<path class="{line.kind}"{wide} d="M{path(line.points)}"/>')
        spots = []
        for dot in self.dots:
            x, y = xy(dot.longitude, dot.latitude)
            parts.append(
                f'<circle class="{dot.kind}" cx="{x:.1f}" cy="{y:.1f}" r="{dot.radius:.1f}"/>'
            )
            if dot.name:
                name = labels.cut(dot.name, WIDEST_NAME * width)
                spots.append(labels.Spot(x, y, dot.radius, name))
        parts += [named(label, "halo") for label in labels.place(spots, width, height)]
        parts.append(_scale_bar(stretch / KM, width, height, lang))
        return Drawing("".join(parts), width, height)

    def markup(self, lang: Lang, label: str) -> Markup:
        """The map as inline SVG for wide and narrow screens, with one sentence for readers."""
        ground = land.within(self.box)
        both = [(kind, self.drawing(lang, width, ground))
                for kind, width in (("wide", WIDE), ("narrow", NARROW))]  # fmt: skip
        return Markup("").join(
            Markup(
                f'<svg class="map {kind}" viewBox="0 0 {drawn.width:g} {drawn.height:g}" '
                f'role="img" aria-label="{escape(label)}">{drawn.body}</svg>'
            )
            for kind, drawn in both
        )


def named(label: labels.Label, kind: str) -> str:
    """A placed name with its leader line."""
    line = ""
    if label.leader:
        x1, y1, x2, y2 = label.leader
        line = f'<path class="lead" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'
    end = "" if label.left else " e"
    return (
        f'{line}<text class="{kind}{end}" x="{label.x:.1f}" y="{label.y:.1f}">'
        f"{escape(label.text)}</text>"
    )


def _scale_bar(px_per_km: float, width: float, height: float, lang: Lang) -> str:
    most = 0.25 * width / px_per_km
    power = 10.0 ** int(log10(most)) if most >= 1 else 1.0
    km = next(power * step for step in (5, 2, 1) if power * step <= most or step == 1)
    x, y = 12, height - 12
    unit = "公里" if lang == "zh" else " km"
    return (
        f'<path class="tick" d="M{x} {y}H{x + km * px_per_km:.1f}"/>'
        f'<text class="note halo" x="{x}" y="{y - 7}">{km:g}{unit}</text>'
    )

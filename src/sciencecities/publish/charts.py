"""Charts and maps: Vega-Lite specifications rendered to SVG on the server.

Colours are the style sheet's variables, so that a chart follows light and dark; text takes the
page's fonts. Each chart is made for a wide and a narrow screen, and the style sheet shows one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup, escape

from sciencecities.publish.figures import Drawing, light
from sciencecities.publish.wording import Lang

WIDE, NARROW = 760, 328
"""Widths at which charts are rendered, px."""

CENTRE = {"en": 0, "zh": 155}
"""Longitude in the middle of a world map, degrees east: the Atlantic, the Pacific."""

_CONFIG = {
    "view": {"stroke": None},
    "axis": {
        "domainColor": "var(--mark)", "gridColor": "var(--rule)", "tickColor": "var(--mark)",
        "labelColor": "var(--ink-3)", "titleColor": "var(--ink-3)", "labelFontSize": 13,
        "titleFontSize": 13, "titleFontWeight": "normal", "labelFont": "inherit",
        "titleFont": "inherit",
    },
    "text": {"fontSize": 13, "font": "inherit", "color": "var(--ink-2)"},
    "legend": {"disable": True},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chart:
    """A Vega-Lite specification that depends on the width, and the sentence that it says."""

    label: str
    wide: dict[str, Any]
    narrow: dict[str, Any]

    def markup(self) -> Markup:
        """Both widths as inline SVG."""
        return self._svg(self.wide, "map wide") + self._svg(self.narrow, "map narrow")

    def drawing(self) -> Drawing:
        """The wide one alone, with its colours written out, for a file."""
        svg = light(render(self.wide))
        found = re.match(
            r'<svg class="marks" viewBox="0 0 ([\d.]+) ([\d.]+)">(.*)</svg>', svg, re.S
        )
        if found is None:
            raise ValueError("a rendered chart is no svg with a viewBox from 0 0")
        return Drawing(found[3], float(found[1]), float(found[2]))

    def _svg(self, spec: dict[str, Any], classes: str) -> Markup:
        svg = render(spec)
        head = f'<svg class="{classes}" role="img" aria-label="{escape(self.label)}"'
        return Markup(svg.replace('<svg class="marks"', head, 1))


def render(spec: dict[str, Any]) -> str:
    """SVG of a specification: no fixed size, no ids, coordinates to a tenth of a pixel."""
    return _rendered(json.dumps({"background": None, "padding": 2, "config": _CONFIG} | spec))


@lru_cache(32)
def _rendered(spec: str) -> str:
    """Of equal charts, one is drawn: the front page is an edition's ranking."""
    import vl_convert

    svg = str(vl_convert.vegalite_to_svg(spec))
    svg = re.sub(
        r"<svg [^>]*?viewBox=\"([^\"]*)\">", r'<svg class="marks" viewBox="\1">', svg, count=1
    )
    svg = re.sub(r"-?\d+\.\d{2,}", lambda m: f"{float(m[0]):.1f}".removesuffix(".0"), svg)
    svg = re.sub(r' (?:aria-[a-z]+|role|pointer-events)="[^"]*"', "", svg)
    svg = re.sub(r'<path class="(?:foreground|background)"[^>]*/>', "", svg)
    return svg.replace(' font-family="inherit"', "")


@cache
def land() -> dict[str, Any]:
    """The land of the world as TopoJSON, without borders."""
    text = (files("sciencecities.publish") / "data" / "land-110m.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def world_map(points: Sequence[dict[str, Any]], *, lang: Lang, label: str) -> Chart:
    """Cities as circles whose area is their Share; `points` have longitude, latitude, share,
    name, rank and focus (bool). Named are the first few.
    """

    def spec(width: int) -> dict[str, Any]:
        named = [p for p in points if p["rank"] <= 10 or p["focus"]]
        place = {
            "longitude": {"field": "longitude", "type": "quantitative"},
            "latitude": {"field": "latitude", "type": "quantitative"},
        }
        hot = {"condition": {"test": "datum.focus", "value": "var(--cobalt)"}}
        largest = 500 if width == WIDE else 200
        layers: list[dict[str, Any]] = [
            {
                "data": {"values": land(), "format": {"type": "topojson", "feature": "land"}},
                "mark": {"type": "geoshape", "fill": "var(--land)", "stroke": None},
            },
            {
                "data": {"values": list(points)},
                "mark": {"type": "circle", "opacity": 0.6, "stroke": "var(--paper)"},
                "encoding": place
                | {
                    "size": {
                        "field": "share", "type": "quantitative",
                        "scale": {"rangeMin": 4, "rangeMax": largest, "zero": True},
                    },
                    "color": hot | {"value": "var(--mark)"},
                },
            },
        ]  # fmt: skip
        if width == WIDE:
            layers += _names(named, place, hot)
        return {
            "width": width,
            "height": round(width * 0.46),
            "projection": {"type": "equalEarth", "rotate": [-CENTRE[lang], 0, 0]},
            "layer": layers,
        }

    return Chart(label, spec(WIDE), spec(NARROW))


def _names(
    named: Sequence[dict[str, Any]], place: dict[str, Any], hot: dict[str, Any]
) -> list[dict[str, Any]]:
    """A label beside each named point; of close ones the later stand lower."""
    layers = []
    taken: list[tuple[float, float]] = []
    for point in named:
        x, y = float(point["longitude"]), float(point["latitude"])
        crowd = sum(1 for a, b in taken if abs(a - x) < 16 and abs(b - y) < 9)
        taken.append((x, y))
        layers.append(
            {
                "data": {"values": [point]},
                "mark": {"type": "text", "align": "left", "dx": 14, "dy": (crowd - 1) * 15},
                "encoding": place
                | {
                    "text": {"field": "label", "type": "nominal"},
                    "color": hot | {"value": "var(--ink-2)"},
                },
            }
        )
    return layers


def bump(rows: Sequence[dict[str, Any]], years: Sequence[int], *, label: str) -> Chart:
    """Ranks over years, a line a city; `rows` have year, rank, name, focus (bool).

    The rank axis points down. First and last points bear the name.
    """

    def spec(width: int) -> dict[str, Any]:
        worst = max((r["rank"] for r in rows), default=10)
        x = {"field": "year", "type": "ordinal", "axis": {"title": None, "orient": "top",
             "labelAngle": 0, "grid": False, "domain": False, "ticks": False}}  # fmt: skip
        y = {"field": "rank", "type": "quantitative", "axis": None,
             "scale": {"domain": [1, worst], "reverse": True, "nice": False}}  # fmt: skip
        hot = {"condition": {"test": "datum.focus", "value": "var(--cobalt)"}}
        base = {"x": x, "y": y, "detail": {"field": "city_id", "type": "nominal"}}
        line = hot | {"value": "var(--mark)"}
        text = {
            "text": {"field": "label", "type": "nominal"},
            "color": hot | {"value": "var(--ink-2)"},
        }
        ends = [(years[0], "right", -10), (years[-1], "left", 10)]
        return {
            "width": width - 190,
            "height": 24 * min(worst, 24),
            "data": {"values": list(rows)},
            "layer": [
                {"mark": {"type": "line", "strokeWidth": 1.75}, "encoding": base | {"color": line}},
                {"mark": {"type": "circle", "size": 60, "opacity": 1},
                 "encoding": base | {"color": line}},
                *({"transform": [{"filter": f"datum.year == {year}"}],
                   "mark": {"type": "text", "align": align, "dx": dx}, "encoding": base | text}
                  for year, align, dx in ends),
            ],
        }  # fmt: skip

    return Chart(label, spec(WIDE), spec(NARROW + 100))

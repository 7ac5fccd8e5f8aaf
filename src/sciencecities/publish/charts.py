"""Charts: Vega-Lite specifications rendered to SVG on the server.

Colours are the style sheet's variables, so that a chart follows light and dark; text takes the
page's fonts. Each chart is made for a wide and a narrow screen, and the style sheet shows one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from sciencecities.publish.figures import Drawing, light

WIDE, NARROW = 760, 328
"""Widths at which charts are rendered, px."""

NAMES = 190
"""What names take of it, px."""

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


FAR = 20
"""Ranks drawn to scale in a chart of ranks over years; those beyond stand at its foot."""


def lines_of(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the `line` that each takes in its year: its rank, as far as `FAR`.

    Farther and equal ranks take one line each, in their order, so that no two names overlap.
    """
    taken: dict[int, int] = {}
    placed = []
    for row in sorted(rows, key=lambda r: (r["year"], r["rank"], r["city_id"])):
        line = max(taken.get(row["year"], 0) + 1, min(row["rank"], FAR + 1))
        taken[row["year"]] = line
        placed.append(row | {"line": line})
    return placed


def bump(rows: Sequence[dict[str, Any]], years: Sequence[int], *, label: str) -> Chart:
    """Ranks over years, a line a city; `rows` have year, rank, name, focus (bool).

    The rank axis points down; lines are those of `lines_of`. First and last points bear the name;
    on a phone the first ones have room for the rank alone.
    """

    placed = lines_of(rows)
    last = max((r["line"] for r in placed), default=10)

    def spec(width: int, first: str) -> dict[str, Any]:
        """`first` is what stands beside the first points."""
        x = {"field": "year", "type": "ordinal", "axis": {"title": None, "orient": "top",
             "offset": 12, "labelAngle": 0, "grid": False, "domain": False,
             "ticks": False}}  # fmt: skip
        y = {"field": "line", "type": "quantitative", "axis": None,
             "scale": {"domain": [1, last], "reverse": True, "nice": False}}  # fmt: skip
        hot = {"condition": {"test": "datum.focus", "value": "var(--cobalt)"}}
        base = {"x": x, "y": y, "detail": {"field": "city_id", "type": "nominal"}}
        line = hot | {"value": "var(--mark)"}
        ink = hot | {"value": "var(--ink-2)"}
        ends = [(years[0], "right", -10, first), (years[-1], "left", 10, "label")]
        return {
            "width": width,
            "height": 24 * last,
            "data": {"values": placed},
            "layer": [
                {"mark": {"type": "line", "strokeWidth": 1.75}, "encoding": base | {"color": line}},
                {"mark": {"type": "circle", "size": 60, "opacity": 1},
                 "encoding": base | {"color": line}},
                *({"transform": [{"filter": f"datum.year == {year}"}],
                   "mark": {"type": "text", "align": align, "dx": dx},
                   "encoding": base | {"text": {"field": said, "type": "nominal"}, "color": ink}}
                  for year, align, dx, said in ends),
            ],
        }  # fmt: skip

    return Chart(label, spec(WIDE - NAMES, "label"), spec(NARROW - NAMES, "rank"))

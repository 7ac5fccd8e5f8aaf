"""A figure to take away: its drawing as SVG and PNG, its numbers as CSV.

A page names its figures while it is made; each is found beside the page, under the page's address
without `.html`: `en/demo/city/guangzhou/why.svg`. What is drawn in a page by classes of the style
sheet is drawn in a file by the same rules, in the light theme.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import escape

from sciencecities.publish.wording import HTML_LANG, Lang, undirected

FORMATS = ("csv", "svg", "png")

WIDTH = 760
"""Width of a drawing, px."""

PADDING = 24
PUNCTUATION = re.compile("[\u00b7\u00d7\u2014\u2018-\u201d\u2026]+")
PNG_SCALE = 2.0
LATIN = "'Source Sans 3', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"

LIGHT = {
    "paper": "#fbfcfd", "glaze": "#f0f4f8", "rule": "#d5dde6", "ink": "#141c28",
    "ink-2": "#3d4a5a", "ink-3": "#5a6878", "mark": "#6c7a8a", "mark-2": "#8594a4",
    "land": "#dde4eb", "cobalt": "#1f3f99", "cobalt-2": "#7890d2", "wash-1": "#e4eaf7",
    "wash-2": "#bccaec", "wash-3": "#86a0da", "wash-4": "#4767bb", "wash-5": "#1f3f99",
}  # fmt: skip
"""The light theme's colours, for files outside the page."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """SVG elements over a field of `width` × `height` px, without the `svg` around them."""

    body: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Figure:
    """What a figure shows: the finding, the measure with unit and year, the source, the numbers."""

    id: str
    title: str
    note: str
    source: str
    lang: Lang
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    draw: Callable[[], Drawing] | None

    @property
    def formats(self) -> tuple[str, ...]:
        """The endings of its files; a table of words has numbers alone."""
        return FORMATS if self.draw else FORMATS[:1]

    @property
    def says(self) -> str:
        """What a screen reader says of the drawing: the title, then what is measured."""
        stop = "" if self.title.endswith((".", "。", "？")) else "。" if self.lang == "zh" else ". "
        return f"{self.title}{stop}{self.note}".strip()

    def make(self, ending: str) -> bytes:
        """The file of that ending: csv, svg or png. Raises KeyError for another."""
        return {"csv": self.csv, "svg": self.svg, "png": self.png}[ending]()

    def csv(self) -> bytes:
        """The numbers at full precision, one row a mark; null is empty."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(["" if v is None else v for v in row] for row in self.rows)
        return text.getvalue().encode()

    def svg(self) -> bytes:
        """The drawing with its title, measure and source, on paper."""
        return self._framed().encode()

    def png(self) -> bytes:
        """The same as pixels, twice as fine."""
        import vl_convert

        return bytes(vl_convert.svg_to_png(self._framed(), scale=PNG_SCALE))

    def _framed(self) -> str:
        if self.draw is None:
            raise KeyError(f"{self.id} is not drawn")
        drawing = self.draw()
        width = WIDTH + 2 * PADDING
        y = PADDING + 18
        head = []
        for line in _lines(self.title, 62):
            head.append(_text(line, y, "title"))
            y += 26
        for line in _lines(self.note, 100):
            head.append(_text(line, y, "note"))
            y += 18
        top = y
        scale = min(1.0, WIDTH / drawing.width)
        y += round(drawing.height * scale) + 24
        for line in _lines(self.source, 100):
            head.append(_text(line, y, "note"))
            y += 18
        height = y + PADDING - 12
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" aria-labelledby="t d" '
            f'lang="{HTML_LANG[self.lang]}" font-family="{LATIN}">'
            f'<title id="t">{escape(self.title)}</title><desc id="d">{escape(self.note)}</desc>'
            f"<style>{_style()}</style><defs>{HATCH}</defs>"
            f'<rect width="{width}" height="{height}" fill="{LIGHT["paper"]}"/>{"".join(head)}'
            f'<g transform="translate({PADDING} {top}) scale({scale:g})">{drawing.body}</g></svg>\n'
        )
        svg = undirected(svg)
        return svg if self.lang == "zh" else re.sub("<text.*?</text>", _narrow, svg)


FRAME = (
    f".frame-title {{ font-size: 20px; font-weight: 600; fill: {LIGHT['ink']}; }} "
    f".frame-note {{ fill: {LIGHT['ink-3']}; }} "
    ".latin { font-family: 'Source Sans 3', 'Liberation Sans', 'DejaVu Sans', Arial, sans-serif; }"
)
HATCH = (
    '<pattern id="h" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><line class="hatch" x1="0" x2="0" y1="0" y2="6"/></pattern>'
)


def in_pixels(svg: str, width: float) -> str:
    """The inside of a row plot, with positions in percent written as pixels of `width`."""
    inner = re.sub(r"^<svg[^>]*>|</svg>$", "", svg)
    focus = svg.startswith('<svg class="focus"')
    inner = re.sub(
        r'(?<==")(-?\d+(?:\.\d+)?)%(?=")', lambda m: f"{float(m[1]) * width / 100:.1f}", inner
    )
    return f'<g class="focus">{inner}</g>' if focus else inner


def light(svg: str) -> str:
    """SVG with the style sheet's variables written out as the light theme's colours."""
    return re.sub(r"var\(--([a-z0-9-]+)\)", lambda m: LIGHT.get(m[1], "inherit"), svg)


def _text(line: str, y: float, kind: str) -> str:
    return f'<text class="frame-{kind}" x="{PADDING}" y="{y}">{escape(line)}</text>'


def _narrow(text: re.Match[str]) -> str:
    """English punctuation in a Latin font: that of a Han font fills a square."""
    return PUNCTUATION.sub(r'<tspan class="latin">\g<0></tspan>', text[0])


def _lines(text: str, limit: int) -> list[str]:
    """Text in lines of at most `limit` Latin characters; a Han character is as wide as two."""
    found, line, width = [], "", 0
    for word in re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+", text):
        wide = sum(2 if c > "\u2e7f" else 1 for c in word)
        if width + wide > limit and line and word not in "，。；：、）”":
            found.append(line.rstrip())
            line, width = "", 0
        line, width = line + word, width + wide
    return [*found, line.rstrip()] if line.strip() else found


@cache
def _style() -> str:
    """The rules of the style sheet that marks are drawn by, for the light theme."""
    sheet = (files("sciencecities.publish") / "static" / "site.css").read_text(encoding="utf-8")
    part = sheet.partition("/* marks */")[2].partition("/* ")[0]
    rules = [r for r in part.splitlines() if r and not r.startswith(("@", ":lang", ".map"))]
    plain = re.sub(r"font: (\d+) (\d+)px/1 var\(--sans\)", r"font-size: \2px", " ".join(rules))
    return f"{light(plain)} {FRAME}"

"""Drawings of row plots for files: what a page shows as a table with marks, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from sciencecities.publish.figures import WIDTH, Drawing, in_pixels
from sciencecities.publish.marks import ROW

LEFT, PLOT = 300, 340
"""Where the plot begins, and how wide it is, px; words stand on both sides."""

LABEL, ALONE = 30, 42
"""Latin characters that a label has room for, beside a number and without."""

LONGEST = 68
"""The same under a mark."""

LINE = 15
"""From one line of a label to the next, px."""

UNDER = 22
"""What a second line takes, px."""


@dataclass(frozen=True, slots=True)
class PlotRow:
    """One row: its label, a number beside it, its mark as a page draws it, and a closing word.

    `under` are a second line of the label and of the mark.
    """

    label: str
    number: str
    mark: Markup
    end: str = ""
    strong: bool = False
    under: tuple[str, str] = ("", "")


def drawing(rows: Sequence[PlotRow], *, axis: Markup | None = None, height: int = ROW) -> Drawing:
    """The rows one below the other, under their axis if there is one."""
    y = 24 if axis is not None else 0
    parts = [] if axis is None else [f'<g transform="translate({LEFT} 0)">{_inside(axis)}</g>']
    for row in rows:
        room = LABEL if row.number else ALONE
        middle = y + height / 2 + 5
        look = ' class="strong"' if row.strong else ""
        lines = _wrapped(row.label, room)
        for n, line in enumerate(lines):
            at = middle + LINE * (n - (len(lines) - 1) / 2)
            parts.append(f'<text x="0" y="{at:g}"{look}>{escape(line)}</text>')
        parts.append(
            f'<text class="e strong" x="{LEFT - 16}" y="{middle:g}">{escape(row.number)}</text>'
        )
        parts.append(f'<g transform="translate({LEFT} {y})">{_inside(row.mark)}</g>')
        if row.end:
            at = LEFT + PLOT + 16
            parts.append(f'<text class="note" x="{at}" y="{middle:g}">{escape(row.end)}</text>')
        y += height
        if any(row.under):
            for x, text in zip((0, LEFT), row.under, strict=True):
                words = escape(_cut(text, ALONE if x == 0 else LONGEST))
                parts.append(f'<text class="note halo" x="{x}" y="{y + UNDER / 2}">{words}</text>')
            y += UNDER
        parts.append(f'<line class="grid" x1="0" x2="{WIDTH}" y1="{y}" y2="{y}"/>')
    return Drawing("".join(parts), WIDTH, y + 4)


def _inside(mark: Markup) -> str:
    return in_pixels(str(mark), PLOT)


def _wrapped(label: str, room: int) -> list[str]:
    """A label on one line, or on two parted at a space, the second cut where it is too long.

    >>> _wrapped("Second Affiliated Hospital of Guangzhou University", 30)
    ['Second Affiliated Hospital of', 'Guangzhou University']
    >>> _wrapped("Paris", 30)
    ['Paris']
    """
    if _cut(label, room) == label or " " not in label:
        return [_cut(label, room)]
    words = label.split(" ")
    n = max((n for n in range(1, len(words)) if len(" ".join(words[:n])) <= room), default=1)
    return [_cut(" ".join(part), room) for part in (words[:n], words[n:])]


def _cut(label: str, limit: int) -> str:
    width, kept = 0, ""
    for letter in label:
        width += 2 if letter > "\u2e7f" else 1
        if width > limit:
            return f"{kept}…"
        kept += letter
    return label

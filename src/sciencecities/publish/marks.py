"""The grammar of marks as inline SVG: dots, intervals, whiskers, rings, hatching, cells.

Geometry stands in attributes and looks in classes, so that a strict Content-Security-Policy holds.
Row plots have no viewBox and x in percent: text keeps its size from a phone up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

ROW = 40
"""Height of a row's plot, px."""

EVENT = 24
"""Height of a dated event's, px."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` over a row's width, with a margin at both ends."""

    low: float
    high: float
    margin: float = 4.0

    def x(self, value: float) -> str:
        """Position of a value, in percent; values outside stop at the edge."""
        span = (self.high - self.low) or 1.0
        part = min(max((value - self.low) / span, 0.0), 1.0)
        return f"{self.margin + part * (100 - 2 * self.margin):.2f}%"

    def ticks(self) -> list[int]:
        """Ranks worth a grid line: the first, then round steps."""
        step = next(s for s in (1, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9)
                    if (self.high - self.low) / s <= 5)  # fmt: skip
        steps = range(step, int(self.high) + 1, step)
        return [int(self.low), *(s for s in steps if s - self.low > 0.6 * step)]


def rank_scale(ranks: Iterable[int | None], shown: Iterable[int | None] = ()) -> Scale:
    """From first place to the worst rank that is shown, at least to tenth.

    With `shown` (the ranks themselves, without the ends of their ranges) the scale ends at three
    times the worst of them, so that one wide range does not press all others together; what goes
    beyond is marked.
    """
    worst = max([10, *(r for r in ranks if r is not None)])
    dots = [r for r in shown if r is not None]
    return Scale(1, min(worst, max(20, 3 * max(dots))) if dots else worst)


def axis(scale: Scale, first: str) -> Markup:
    """The labels above a column of row plots; `first` says where the axis begins."""
    labels = [first, *(f"{t:,}" for t in scale.ticks()[1:])]
    texts = "".join(
        f'<text class="m note" x="{scale.x(tick)}" y="15">{label}</text>'
        for tick, label in zip(scale.ticks(), labels, strict=True)
    )
    return Markup(f'<svg height="20" aria-hidden="true" focusable="false">{texts}</svg>')


def interval(
    scale: Scale,
    value: float,
    bar: tuple[float, float] | None = None,
    whisker: tuple[float, float] | None = None,
    *,
    focus: bool = False,
    stated: bool = False,
    few: bool = False,
    height: int = ROW,
) -> Markup:
    """One row: solid dot = counted here, ring = stated; bar = stability, whisker = other methods.

    A dashed bar marks few works.
    """
    y = height // 2
    parts = [
        f'<line class="grid" x1="{scale.x(t)}" x2="{scale.x(t)}" y1="0" y2="{height}"/>'
        for t in scale.ticks()
    ]
    if whisker:
        low, high = scale.x(whisker[0]), scale.x(whisker[1])
        parts.append(f'<line class="mr" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>')
        parts += [
            f'<line class="mr" x1="{end}" x2="{end}" y1="{y - 4}" y2="{y + 4}"/>'
            for end in (low, high)
        ]
    if bar:
        dashed = " dash" if few else ""
        parts.append(
            f'<line class="iv{dashed}" x1="{scale.x(bar[0])}" x2="{scale.x(bar[1])}" '
            f'y1="{y}" y2="{y}"/>'
        )
    if max(bar[1] if bar else 0, whisker[1] if whisker else 0) > scale.high:
        parts.append(f'<text class="e note" x="100%" y="{y + 4}">›</text>')
    dot = "ring" if stated else "dot"
    parts.append(f'<circle class="{dot}" cx="{scale.x(value)}" cy="{y}" r="6"/>')
    return _row(parts, height, focus)


def histogram(
    scale: Scale,
    counts: Mapping[int, int],
    total: int,
    chosen: int,
    default: int | None,
    *,
    focus: bool = False,
    height: int = 60,
) -> Markup:
    """How many of `total` methods give each rank; below, a dot for the chosen one, a tick for the
    default. Ranks outside the scale are heaped at its edge."""
    foot = height - 19
    heaps: dict[int, int] = {}
    for rank, n in counts.items():
        edge = int(min(max(rank, scale.low), scale.high))
        heaps[edge] = heaps.get(edge, 0) + n
    width = 0.8 * (100 - 2 * scale.margin) / ((scale.high - scale.low) or 1.0)
    parts = [
        f'<line class="grid" x1="{scale.x(t)}" x2="{scale.x(t)}" y1="0" y2="{height}"/>'
        for t in scale.ticks()
    ]
    for rank, n in sorted(heaps.items()):
        tall = max(2.0, (foot - 5) * n / (total or 1))
        left = float(scale.x(rank).rstrip("%")) - width / 2
        parts.append(
            f'<rect class="bar lo" x="{left:.2f}%" y="{foot - tall:.1f}" width="{width:.2f}%" '
            f'height="{tall:.1f}"/>'
        )
    y = height - 10
    if default is not None:
        at = scale.x(default)
        parts.append(f'<line class="mr" x1="{at}" x2="{scale.x(chosen)}" y1="{y}" y2="{y}"/>')
        parts.append(f'<line class="tick" x1="{at}" x2="{at}" y1="{y - 6}" y2="{y + 6}"/>')
    parts.append(f'<circle class="dot" cx="{scale.x(chosen)}" cy="{y}" r="5.5"/>')
    return _row(parts, height, focus)


def dots(scale: Scale, ranks: Iterable[int], own: int | None, *, height: int = ROW) -> Markup:
    """Ranks on one line, `own` as the large dot."""
    found, y = sorted(set(ranks)), height // 2
    parts = [
        f'<line class="grid" x1="{scale.x(t)}" x2="{scale.x(t)}" y1="0" y2="{height}"/>'
        for t in scale.ticks()
    ]
    if found:
        low, high = scale.x(found[0]), scale.x(found[-1])
        parts.append(f'<line class="mr" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>')
    parts += [
        f'<circle class="dot" cx="{scale.x(r)}" cy="{y}" r="{6 if r == own else 4}"/>'
        for r in found
    ]
    return _row(parts, height, focus=True)


def bar(part: float, *, kind: str = "bar", focus: bool = False, height: int = 24) -> Markup:
    """A bar over `part` (0–1) of the row's width; `kind` is bar, hbox (hatched) or open."""
    width = f"{max(0.0, min(1.0, part)) * 100:.2f}%"
    own = f"{kind} f" if focus else kind
    return _row(
        [f'<rect class="{own}" x="0" y="5" width="{width}" height="{height - 10}"/>'], height
    )


def level(scale: Scale, value: float, *, height: int = 34) -> Markup:
    """A sum: a dot at its value."""
    dot = f'<circle class="dot f" cx="{scale.x(value)}" cy="{height // 2}" r="5.5"/>'
    return _row([dot], height)


def step(
    scale: Scale, start: float, end: float, *, focus: bool = False, height: int = 34
) -> Markup:
    """A step of a waterfall: filled where it adds, outlined where it takes away."""
    left, right = sorted(float(scale.x(v).rstrip("%")) for v in (start, end))
    kind = "lose" if end < start else "bar f" if focus else "bar"
    at = scale.x(end)
    return _row(
        [
            f'<rect class="{kind}" x="{left:.2f}%" y="8" width="{max(right - left, 0.25):.2f}%" '
            f'height="{height - 16}"/>',
            f'<line class="axis" x1="{at}" x2="{at}" y1="{height - 8}" y2="{height}"/>',
        ],
        height,
    )


def cells(fell: float, rose: float, *, focus: bool = False) -> Markup:
    """Twenty cells: of twenty re-draws, in how many the city fell, stayed and rose."""
    n_fell, n_rose = round(20 * fell), round(20 * rose)
    n_same = max(0, 20 - n_fell - n_rose)
    kinds = ["cell dn"] * n_fell + ["cell"] * n_same + ["cell up"] * n_rose
    parts = [
        f'<rect class="{kind}{" f" if focus and kind == "cell up" else ""}" '
        f'x="{9 * i + 1}" y="3" width="6" height="12"/>'
        for i, kind in enumerate(kinds[:20])
    ]
    body = "".join(parts)
    return Markup(
        '<svg class="strip" width="182" height="18" aria-hidden="true" focusable="false">'
        f"{body}</svg>"
    )


def rings(claimed: int, listed: int, *, more: bool = False, limit: int = 24) -> Markup:
    """Rings for what is claimed, filled as far as it is listed here; `more` ends in +."""
    n = min(claimed, limit)
    parts = [
        f'<circle class="{"full" if i < listed else "ring"}" cx="{8 + 15 * i}" cy="10" r="5"/>'
        for i in range(n)
    ]
    if more or claimed > limit:
        parts.append(f'<text class="note" x="{6 + 15 * n}" y="15">+</text>')
    body = "".join(parts)
    return Markup(
        f'<svg width="{22 + 15 * n}" height="20" aria-hidden="true" focusable="false">{body}</svg>'
    )


def years(scale: Scale) -> Markup:
    """The years above a column of lives."""
    labels = "".join(
        f'<text class="note m" x="{scale.x(year)}" y="14">{year}</text>'
        for year in _whole_years(scale)
    )
    return Markup(
        f'<svg class="fluid" height="18" aria-hidden="true" focusable="false">{labels}</svg>'
    )


def _whole_years(scale: Scale) -> range:
    """The years worth a label: ten or so."""
    low, high = int(scale.low), int(scale.high)
    return range(low, high + 1, max(1, round((high - low) / 8)))


def event(scale: Scale, at: float, *, planned: bool = False) -> Markup:
    """Something dated on a line of years: a dot, or a ring where it is planned."""
    y = EVENT // 2
    parts = [
        f'<line class="grid" x1="{scale.x(t)}" x2="{scale.x(t)}" y1="0" y2="{EVENT}"/>'
        for t in _whole_years(scale)
    ]
    parts.append(f'<circle class="{"ring" if planned else "dot f"}" cx="{scale.x(at)}" '
                 f'cy="{y}" r="5.5"/>')  # fmt: skip
    return _row(parts, EVENT)


def life(
    scale: Scale, begun: float, until: float, due: float | None, *, overdue: bool = False
) -> Markup:
    """One life over years: solid from `begun` to `until`, dashed from there to a ring at `due`.

    What is overdue has its ring behind the end of the solid line.
    """
    y = 15
    parts = [
        f'<line class="grid" x1="{scale.x(t)}" x2="{scale.x(t)}" y1="0" y2="{2 * y}"/>'
        for t in _whole_years(scale)
    ]
    parts.append(_span("line f", scale, begun, until, y))
    if due is not None:
        if not overdue:
            parts.append(_span("line dash", scale, until, due, y))
        parts.append(f'<circle class="ring" cx="{scale.x(due)}" cy="{y}" r="5.5"/>')
    parts.append(f'<circle class="dot f" cx="{scale.x(begun)}" cy="{y}" r="6"/>')
    body = "".join(parts)
    return Markup(
        f'<svg class="fluid" height="{2 * y}" aria-hidden="true" focusable="false">{body}</svg>'
    )


def _span(kind: str, scale: Scale, low: float, high: float, y: int) -> str:
    return f'<line class="{kind}" x1="{scale.x(low)}" x2="{scale.x(high)}" y1="{y}" y2="{y}"/>'


def _row(parts: list[str], height: int, focus: bool = False) -> Markup:
    own = ' class="focus"' if focus else ""
    body = "".join(parts)
    return Markup(f'<svg{own} height="{height}" aria-hidden="true" focusable="false">{body}</svg>')

"""Why a city's Share moved, as a waterfall whose written parts add up to the written change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sciencecities.edition.show import decimals
from sciencecities.publish import marks, plots
from sciencecities.publish.figures import Figure
from sciencecities.publish.request import Request

LEADING = 6
"""Parts that stand alone; the others are summed."""

CUT_FROM = 0.35
"""An axis that would be empty up to this part of it begins later, and says so."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one institution (in one subject, on the longer page) adds to the city's own change."""

    label: str
    change: float
    works_of: str | None = None
    """The institution to whose works it leads."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row: where the sum stood, where it stands, and the difference in words."""

    label: str
    href: str
    said: str
    start: float
    end: float
    kind: str  # total, world, own, rest


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The rows, their axis, and where it begins if not at 0."""

    steps: Sequence[Step]
    scale: marks.Scale
    begins: str
    figure: Figure


def waterfall(
    request: Request,
    title: str,
    years: tuple[str, str],
    shares: tuple[float, float],
    between: Sequence[Part],
    parts: Sequence[Part],
    city_id: str,
) -> Waterfall:
    """From the first Share to the second.

    `between` are steps that stand first and alone (a revision of the data, the world's growth);
    `parts` are the city's own change, of which the largest stand alone.
    """
    steps = _steps(request, years, shares, between, parts, city_id)
    ends = [v for s in steps for v in (s.start, s.end)]
    low, high = min(ends), max(ends)
    sums = [v for s in steps[1:-1] for v in (s.start, s.end)] or [0.0]
    floor = min(sums)
    begin = floor - 0.05 * (high - floor) if low == 0 and floor > CUT_FROM * high else min(0.0, low)
    scale = marks.Scale(begin, high if high > begin else begin + 1, margin=1.5)
    rows = [(s.kind, s.label, s.start, s.end, s.end - s.start) for s in steps]
    figure = request.figure(
        "why", title,
        request.t(f"Share in works, {years[0]} to {years[1]}; filled adds, outlined takes away",
                  f"份额（篇），{years[0]}—{years[1]}；实心为增，空心为减"),
        ("kind", "part", "from", "to", "change"), rows,
        lambda: plots.drawing(
            [plots.PlotRow(s.label, s.said, mark(scale, s), strong=s.kind == "total")
             for s in steps], height=34),
    )  # fmt: skip
    return Waterfall(steps, scale, request.say.share(begin) if begin > 0 else "", figure)


def mark(scale: marks.Scale, step: Step) -> Markup:
    """The step as a bar, or a dot for a Share."""
    if step.kind == "total":
        return marks.level(scale, step.end)
    return marks.step(scale, step.start, step.end, focus=step.kind == "own")


def _steps(
    request: Request,
    years: tuple[str, str],
    shares: tuple[float, float],
    between: Sequence[Part],
    parts: Sequence[Part],
    city_id: str,
) -> list[Step]:
    ordered = sorted(parts, key=lambda p: (-abs(p.change), p.label))
    alone = sorted(ordered[:LEADING], key=lambda p: (-p.change, p.label))
    rest = ordered[LEADING:]
    rows = [("world", p) for p in between] + [("own", p) for p in alone]
    for up in (True, False):
        found = [p for p in rest if (p.change > 0) == up and p.change]
        if found:
            n, total = len(found), sum(p.change for p in found)
            text = (
                request.t(f"{n:,} more that grew", f"其余{n}项增长")
                if up
                else request.t(f"{n:,} more that shrank", f"其余{n}项减少")
            )
            rows.append(("rest", Part(text, total)))
    digits = decimals([s for s in shares if s])
    say, at = request.say, shares[0]
    share_in = [request.t(f"Share, {y}", f"{y}份额") for y in years]
    steps = [Step(share_in[0], "", say.share(at, digits), 0.0, at, "total")]
    for kind, part in rows:
        # Written numbers are differences of written sums, so they add up as they stand.
        written = round(at + part.change, digits) - round(at, digits)
        end = at + part.change
        said = say.signed(written, digits)
        href = request.works(city_id, institution=part.works_of) if part.works_of else ""
        steps.append(Step(part.label, href, said, at, end, kind))
        at = end
    steps.append(Step(share_in[1], "", say.share(shares[1], digits), 0.0, shares[1], "total"))
    return steps

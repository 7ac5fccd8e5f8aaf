"""Why a city's Share moved, as a waterfall whose parts add up to the change, each rounded."""

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

LEAST_DIGITS = 2

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
    digits: int
    """Decimals of its numbers, and of a table beside it."""
    note: str
    """That the written numbers are rounded, where their sum differs from the written change."""


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
    digits = max(LEAST_DIGITS, decimals([s for s in shares if s]))
    steps = _steps(request, years, shares, between, parts, city_id, digits)
    ends = [v for s in steps for v in (s.start, s.end)]
    low, high = min(ends), max(ends)
    sums = [v for s in steps[1:-1] for v in (s.start, s.end)] or [0.0]
    floor = min(sums)
    begin = floor - 0.05 * (high - floor) if low == 0 and floor > CUT_FROM * high else min(0.0, low)
    scale = marks.Scale(begin, high if high > begin else begin + 1, margin=1.5)
    rows = [(s.kind, s.label, s.start, s.end, s.end - s.start) for s in steps]
    amount, zh = request.shown.edition.whole.shares
    figure = request.figure(
        "why", title,
        request.t(f"{amount}, {years[0]} to {years[1]}; filled adds, outlined takes away",
                  f"{zh}，{years[0]}—{years[1]}；实心为增，空心为减"),
        ("kind", "part", "from", "to", "change"), rows,
        lambda: plots.drawing(
            [plots.PlotRow(s.label, s.said, mark(scale, s), strong=s.kind == "total")
             for s in steps], height=34),
    )  # fmt: skip
    begins = request.say.share(begin) if begin > 0 else ""
    return Waterfall(steps, scale, begins, figure, digits, _note(request, steps, digits))


def growth(request: Request, change: float) -> Part:
    """What the world's growth alone would have changed, named by which way it went."""
    if change < 0:
        return Part(request.t("World shrank; the same slice", "全球产出减少，占比不变"), change)
    return Part(request.t("World grew; the same slice", "全球产出增长，占比不变"), change)


def _note(request: Request, steps: Sequence[Step], digits: int) -> str:
    inner = sum(round(s.end - s.start, digits) for s in steps[1:-1])
    change = round(steps[-1].end, digits) - round(steps[0].end, digits)
    if round(inner - change, digits) == 0:
        return ""
    return request.t(
        "Numbers are rounded each; their sum may differ in the last digit.",
        "各数分别舍入，末位相加可能略有出入。",
    )


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
    digits: int,
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
    say, at = request.say, shares[0]
    share_in = [request.t(f"Share, {y}", f"{y}份额") for y in years]
    steps = [Step(share_in[0], "", say.share(at, digits), 0.0, at, "total")]
    for kind, part in rows:
        end = at + part.change
        said = say.signed(part.change, digits)
        href = request.works(city_id, institution=part.works_of) if part.works_of else ""
        steps.append(Step(part.label, href, said, at, end, kind))
        at = end
    steps.append(Step(share_in[1], "", say.share(shares[1], digits), 0.0, shares[1], "total"))
    return steps

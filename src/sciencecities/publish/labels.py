"""Names beside points of a map: none over another, far ones with a leader line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians, sin

HEIGHT = 17.0
"""Of a line of text, px."""

ANGLES = (0, 180, -40, 40, -140, 140, -75, 75, -105, 105)
WAYS = [(a, cos(radians(a)), sin(radians(a))) for a in ANGLES]
DISTANCES = (8.0, 18.0, 30.0, 44.0, 60.0, 80.0)
LEADER_FROM = 14.0
"""A name nearer than this to its circle needs no line."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Spot:
    """A point to be named, px."""

    x: float
    y: float
    radius: float
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """Where a name stands: its baseline start (`left`) or end, and the leader line if any."""

    text: str
    x: float
    y: float
    left: bool
    leader: Box | None


def place(spots: Sequence[Spot], width: float, height: float) -> list[Label]:
    """A label for each spot, in their order; earlier ones take the better places."""
    circles = [(s.x - s.radius, s.y - s.radius, s.x + s.radius, s.y + s.radius) for s in spots]
    taken: list[Box] = []
    found = []
    for number, spot in enumerate(spots):
        others = [*taken, *circles[:number], *circles[number + 1 :]]
        box, label = _best(spot, others, width, height)
        taken.append(box)
        found.append(label)
    return found


def _best(spot: Spot, others: Sequence[Box], width: float, height: float) -> tuple[Box, Label]:
    """The nearest free place, else the one that costs least."""
    near = _reached(spot, others)
    candidates = _candidates(spot)
    best = next(candidates)
    least = _cost(best, near, width, height)
    while least and (candidate := next(candidates, None)):
        cost = _cost(candidate, near, width, height)
        if cost < least:
            best, least = candidate, cost
    return best


def text_width(text: str) -> float:
    """About how wide a text is at 13 px.

    >>> text_width("Paris") < text_width("广州广州")
    True
    """
    return sum(13.2 if c > "\u2e7f" else 7.0 for c in text)


def cut(text: str, width: float) -> str:
    """A name no wider than `width` px.

    >>> cut("Paris", 100), cut("Guangzhou International Bio Island", 100)
    ('Paris', 'Guangzhou Int…')
    """
    if text_width(text) <= width:
        return text
    while text and text_width(text) + 7.0 > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _reached(spot: Spot, others: Sequence[Box]) -> list[Box]:
    """The boxes that a name of the spot could touch at any of its places."""
    high = spot.radius + DISTANCES[-1] + HEIGHT
    wide = high + text_width(spot.text)
    return [
        (a, b, c, d) for a, b, c, d in others
        if a < spot.x + wide and c > spot.x - wide and b < spot.y + high and d > spot.y - high
    ]  # fmt: skip


def _candidates(spot: Spot) -> Iterator[tuple[Box, Label]]:
    """Places around a spot, the nearest first."""
    wide = text_width(spot.text)
    for distance in DISTANCES:
        reach = spot.radius + distance
        for angle, east, south in WAYS:
            x, y = spot.x + reach * east, spot.y + reach * south
            left = abs(angle) <= 90
            box = (x if left else x - wide, y - HEIGHT / 2, x + wide if left else x, y + HEIGHT / 2)
            edge = (spot.x + spot.radius * east, spot.y + spot.radius * south)
            gap = 3 if left else -3
            leader = (*edge, x - gap, y) if distance > LEADER_FROM else None
            yield box, Label(spot.text, x, y + 4.5, left, leader)


def _cost(
    candidate: tuple[Box, Label], others: Sequence[Box], width: float, height: float
) -> float:
    """Overlap first, then the distance; what leaves the map costs most."""
    box, label = candidate
    outside = max(0, -box[0]) + max(0, box[2] - width) + max(0, -box[1]) + max(0, box[3] - height)
    overlap = _common(box, others)
    length = 0.0
    if label.leader:
        x1, y1, x2, y2 = label.leader
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    return 1e4 * outside + 50 * overlap + length


def _common(box: Box, others: Sequence[Box]) -> float:
    """The area that a box shares with others, added up; most share nothing."""
    left, top, right, bottom = box
    area = 0.0
    for a, b, c, d in others:
        if a < right and c > left and b < bottom and d > top:
            area += (min(c, right) - max(a, left)) * (min(d, bottom) - max(b, top))
    return area

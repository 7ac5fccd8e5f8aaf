"""Matrices of collaboration: who works with whom, as a table and as a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from markupsafe import escape

from sciencecities.compare.groups import Group
from sciencecities.publish.figures import WIDTH, Drawing, Figure
from sciencecities.publish.request import Request
from sciencecities.publish.shown import Row

LEFT = 170
STEPS = 5
"""Tones from few joint works to many."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Two cities: joint works, how many times as many as expected, and the tone (0 none – 5)."""

    works: int
    affinity: float | None
    tone: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Cities by cities; a cell is None on the diagonal. `figure` is the same to take away."""

    cities: Sequence[Row]
    cells: Sequence[Sequence[Cell | None]]
    figure: Figure

    def pairs(self) -> list[tuple[Row, Row, Cell]]:
        """Each pair once, those with most joint works first."""
        found = [
            (a, b, cell)
            for n, (a, line) in enumerate(zip(self.cities, self.cells, strict=True))
            for b, cell in zip(self.cities[n + 1 :], line[n + 1 :], strict=True)
            if cell is not None
        ]
        return sorted(found, key=lambda pair: -pair[2].works)


def of_members(request: Request, group: Group) -> Matrix:
    """The members of a group with each other."""
    pairs = {(p["city_a"], p["city_b"]): p for p in group.pairs}
    title = request.t("Who works with whom", "谁与谁合作")
    return of_pairs(request, "matrix", title, group.members, pairs)


def of_pairs(
    request: Request,
    id_: str,
    title: str,
    cities: Sequence[Row],
    pairs: Mapping[tuple[str, str], Row],
) -> Matrix:
    """Any cities; `pairs` by (smaller id, larger id) have works and affinity."""
    most = max((p["works"] for p in pairs.values()), default=0) or 1

    def cell(a: Row, b: Row) -> Cell | None:
        if a["city_id"] == b["city_id"]:
            return None
        found = pairs.get((min(a["city_id"], b["city_id"]), max(a["city_id"], b["city_id"])))
        works = int(found["works"]) if found else 0
        tone = min(STEPS, 1 + int((STEPS - 0.01) * sqrt(works / most))) if works else 0
        return Cell(works, found["affinity"] if found else None, tone)

    cells = [[cell(a, b) for b in cities] for a in cities]
    names = [request.say.city(c) for c in cities]
    year = request.shown.year
    note = request.t(f"Joint works, data year {year}; the darker, the more",
                     f"合著论文数，数据年份{year}；颜色越深越多")  # fmt: skip
    rows = [
        (a["city_id"], b["city_id"], found.works, found.affinity)
        for a, line in zip(cities, cells, strict=True)
        for b, found in zip(cities, line, strict=True)
        if found and a["city_id"] < b["city_id"]
    ]
    figure = request.figure(
        id_, title, note, ("city_a", "city_b", "works", "affinity"), rows,
        lambda: _drawing(names, cells),
    )  # fmt: skip
    return Matrix(cities, cells, figure)


def _drawing(names: Sequence[str], cells: Sequence[Sequence[Cell | None]]) -> Drawing:
    side = min(64.0, (WIDTH - LEFT) / len(names))
    parts = []
    for n, name in enumerate(names):
        x, y = LEFT + n * side, 150 + n * side
        middle = x + side / 2
        parts.append(
            f'<text transform="translate({middle + 4:.1f} 142) rotate(-50)">{escape(name)}</text>'
        )
        parts.append(
            f'<text class="e" x="{LEFT - 10}" y="{y + side / 2 + 5:.1f}">{escape(name)}</text>'
        )
    for i, line in enumerate(cells):
        for j, cell in enumerate(line):
            if cell is None or not cell.tone:
                continue
            x, y = LEFT + j * side, 150 + i * side
            parts.append(
                f'<rect class="wash-{cell.tone}" x="{x + 1:.1f}" y="{y + 1:.1f}" '
                f'width="{side - 2:.1f}" height="{side - 2:.1f}"/>'
            )
            look = "m inv" if cell.tone > 3 else "m strong"
            parts.append(
                f'<text class="{look}" x="{x + side / 2:.1f}" y="{y + side / 2 + 5:.1f}">'
                f"{cell.works:,}</text>"
            )
    return Drawing("".join(parts), WIDTH, 156 + len(names) * side)

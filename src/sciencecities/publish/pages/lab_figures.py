"""The figures of the method lab, to take away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sciencecities.publish import marks, plots
from sciencecities.publish.asked import Asked
from sciencecities.publish.figures import Drawing, Figure
from sciencecities.publish.marks import Scale
from sciencecities.publish.plots import PlotRow
from sciencecities.publish.request import Request

if TYPE_CHECKING:
    from sciencecities.publish.pages.lab import Line, Moved

TALL = 60
COLUMNS = ("rank", "city_id", "city", "city_zh", "share", "edition_rank", "rank_change",
           "best", "worst", "in_top_10", "methods")  # fmt: skip


def ranks(
    request: Request, title: str, asked: Asked, lines: Sequence[Line], scale: Scale, n_choices: int
) -> Figure:
    """The ranking under the choice, the edition's own, and how many methods give which rank."""

    def draw() -> Drawing:
        rows = [
            PlotRow(
                request.say.city(line.row), request.say.whole(line.row["rank"]),
                marks.histogram(scale, line.counts, n_choices, line.row["rank"],
                                line.row["edition_rank"], height=TALL),
                line.moved,
            )
            for line in lines
        ]  # fmt: skip
        return plots.drawing(rows, axis=marks.axis(scale, request.say.rank(1)), height=TALL)

    note = request.t(
        f"Data year {asked.year}. Dot: this choice. Tick: the edition’s own method. Bars: how many "
        f"of {n_choices} combinations give this rank.",
        f"数据年份{asked.year}。圆点为所选算法，竖线为本期算法，柱为{n_choices}种组合中得此名次的种数。",
    )
    cells = [
        [*(line.row.get(c) for c in COLUMNS[:7]), line.best, line.worst, line.in_top, n_choices]
        for line in lines
    ]
    return request.figure("ranks", title, note, COLUMNS, cells, draw)


def moves(request: Request, title: str, moved: Sequence[Moved], scale: Scale) -> Figure:
    """What each choice alone does to one city."""

    def draw() -> Drawing:
        rows = [
            PlotRow(m.title, "", marks.dots(scale, m.ranks.values(), m.own), under=("", m.said))
            for m in moved
        ]
        return plots.drawing(rows, axis=marks.axis(scale, request.say.rank(1)))

    note = request.t(
        "Rank when one choice changes and the others stay as in the edition. Large dot: the "
        "edition’s own.",
        "只改一处、其余不变时的名次。大圆点为本期。",
    )
    cells = [(m.title, value, rank, rank == m.own)
             for m in moved for value, rank in m.ranks.items()]  # fmt: skip
    return request.figure("moves", title, note, ("dimension", "value", "rank", "is_own"), cells,
                          draw)  # fmt: skip

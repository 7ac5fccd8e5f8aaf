"""Who rose and who fell: the leading cities over the years, with how sure each move is."""

from __future__ import annotations

from markupsafe import Markup

from sciencecities.certainty import WORDS
from sciencecities.edition.read import OVERALL
from sciencecities.publish import drawn, marks, plots
from sciencecities.publish.charts import FAR, Chart, bump
from sciencecities.publish.figures import Drawing, Figure
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Row

LEADING = 20
LINES = 10
YEARS = 6

VERY_LIKELY = next(least for least, word, _ in WORDS if word == "very likely")


def page(request: Request, _name: str) -> Page:
    """Movement of the leading cities between the newest year and the one before."""
    shown = request.shown
    rows = shown.ranking()[:LEADING]
    moved = [r for r in rows if r["rank_change"]]
    return request.render(
        "movement.html",
        title=_title(request, rows, moved),
        section="ranking",
        rows=rows,
        chart=chart(request, rows) if len(shown.edition.years) > 1 else None,
        moves=_moves(request, rows),
        years=shown.edition.years[-YEARS:],
        stated=[r for r in rows if r["p_rose"] is not None],
    )


def _title(request: Request, rows: list[Row], moved: list[Row]) -> str:
    if not any(r["previous_rank"] for r in rows):
        return request.t("No year before to compare with", "没有可比的上一年")
    if request.shown.not_comparable:
        year = request.shown.year
        return request.t(
            f"The ranks of {year} cannot be compared with those of the year before",
            f"{year}年的名次与上一年不可比",
        )
    up = sum(1 for r in moved if r["rank_change"] > 0)
    down = len(moved) - up
    title = request.t(
        f"Of the first {len(rows)} cities, {up} rose and {down} fell",
        f"前{len(rows)}座城市中，{up}升{down}降",
    )
    if not moved or all(r["p_rose"] is None for r in moved):
        return title
    sure = _n_sure(moved)
    return title + request.t(
        f"; {sure or 'none'} of these moves {'is' if sure == 1 else 'are'} very likely real",
        f"，其中{sure}次很可能属实" if sure else "，但没有一次称得上很可能",
    )


MOVED = ("city_id", "city", "city_zh", "rank", "rank_low", "rank_high", "previous_rank",
         "rank_change", "p_rose", "p_fell", "raw_p_rose", "raw_p_fell")  # fmt: skip


def _moves(request: Request, rows: list[Row]) -> Figure:
    """How sure each move is, as cells."""
    stated = any(r["p_rose"] is not None for r in rows)

    def draw() -> Drawing:
        return plots.drawing(
            [
                plots.PlotRow(
                    request.say.city(r), request.say.moved(r),
                    marks.cells(r["p_fell"], r["p_rose"]) if r["p_rose"] is not None else Markup(),
                    request.certainty_of_move(r),
                )
                for r in rows
            ],
            height=32,
        )  # fmt: skip

    return request.figure(
        "moves",
        _moves_title(request, rows) if stated else _plain_title(request, rows),
        request.t(
            "Of twenty re-draws of both years’ works: fell (outlined), same (grey), rose (dark)",
            "两年论文重抽，每20次中下降（空心）、不变（灰）、上升（深色）各几次",
        ) if stated else " ".join(request.notes()),
        MOVED, [[r.get(c) for c in MOVED] for r in rows], draw,
    )  # fmt: skip


def _moves_title(request: Request, rows: list[Row]) -> str:
    """How many of the moves are more than luck."""
    moved = [r for r in rows if r["rank_change"]]
    sure = _n_sure(moved)
    return request.t(
        f"Of {len(moved)} moves, {sure} {'is' if sure == 1 else 'are'} very likely real",
        f"{len(moved)}次变动中，有{sure}次很可能属实",
    )


def _n_sure(moved: list[Row]) -> int:
    """How many of the moves are very likely real or more."""
    return sum(max(r["p_rose"] or 0, r["p_fell"] or 0) >= VERY_LIKELY for r in moved)


def _plain_title(request: Request, rows: list[Row]) -> str:
    """Who rose most, where nothing says how sure that is; no rise where years do not compare."""
    risen = [r for r in rows if (r["rank_change"] or 0) > 0]
    if request.shown.not_comparable or not risen:
        return request.t("Ranks before and now", "上年与本年的名次")
    most = max(risen, key=lambda r: (r["rank_change"], -r["rank"]))
    name, rank = request.say.city(most), request.say.rank(most["rank"])
    before = request.say.rank(most["previous_rank"])
    return request.t(
        f"{name} rose most: from {before} to {rank}", f"{name}上升最多：由{before}到{rank}"
    )


def _stayed(request: Request, rows: list[Row], before: int) -> str:
    """How many of the leading cities led in an earlier year too."""
    earlier = [request.shown.row(r["city_id"], year=before) for r in rows]
    n = sum(1 for r in earlier if r and r["rank"] <= len(rows))
    return request.t(
        f"Of the first {len(rows)}, {n} were among the first {len(rows)} in {before} too",
        f"前{len(rows)}座城市中，有{n}座在{before}年也居前{len(rows)}",
    )


def chart(request: Request, rows: list[Row]) -> tuple[Chart, Figure]:
    """The ranks of the leading cities over the years, as lines."""
    years = request.shown.edition.years[-YEARS:]
    names = {r["city_id"]: request.say.city(r) for r in rows[:LINES]}
    points = [
        {
            "year": r["data_year"],
            "rank": r["rank"],
            "city_id": city_id,
            "rank_low": r["rank_low"],
            "rank_high": r["rank_high"],
            "focus": False,
            "label": f"{r['rank']} {name}",
        }
        for city_id, name in names.items()
        for r in request.shown.history(city_id, OVERALL)
        if r["data_year"] in years
    ]
    label = request.t(
        f"Ranks of the first {len(names)} cities, {years[0]} to {years[-1]}",
        f"前{len(names)}座城市的名次，{years[0]}—{years[-1]}年",
    )
    if any(p["rank"] > FAR for p in points):
        label += request.t(
            f"; ranks beyond {FAR} at the foot, one a line", f"；第{FAR}以后的名次依次列于下端"
        )
    chart = bump(points, years, label=label)
    columns = ("year", "city_id", "label", "rank", "rank_low", "rank_high")
    title = _stayed(request, rows[:LINES], years[0])
    cells = [[p[c] for c in columns] for p in points]
    return chart, drawn.chart(request, "years", title, label, chart, columns, cells)

"""Who rose and who fell: the leading cities over the years, with how sure each move is."""

from __future__ import annotations

from sciencecities.edition.read import OVERALL
from sciencecities.publish.charts import Chart, bump
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Row

LEADING = 20
LINES = 10


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
        chart=_chart(request, rows) if len(shown.edition.years) > 1 else None,
        years=shown.edition.years,
        stated=[r for r in rows if r["p_rose"] is not None],
    )


def _title(request: Request, rows: list[Row], moved: list[Row]) -> str:
    if not any(r["previous_rank"] for r in rows):
        return request.t("No year before to compare with", "没有可比的上一年")
    up = sum(1 for r in moved if r["rank_change"] > 0)
    down = len(moved) - up
    return request.t(
        f"Of the first {len(rows)} cities, {up} rose and {down} fell",
        f"前{len(rows)}座城市中，{up}升{down}降",
    )


def _chart(request: Request, rows: list[Row]) -> Chart:
    years = request.shown.edition.years[-6:]
    names = {r["city_id"]: request.say.city(r) for r in rows[:LINES]}
    points = [
        {
            "year": r["data_year"],
            "rank": r["rank"],
            "city_id": city_id,
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
    return bump(points, years, label=label)

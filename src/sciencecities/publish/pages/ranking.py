"""Rankings: the front page, and one page for each subject and industry."""

from __future__ import annotations

from sciencecities.edition.read import OVERALL
from sciencecities.publish import headlines
from sciencecities.publish.charts import Chart, world_map
from sciencecities.publish.marks import rank_scale
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Row
from sciencecities.publish.site import NoSuchPageError

FIRST = 10
"""Cities on the first screen."""

ON_MAP = 100


def overall(request: Request, _name: str) -> Page:
    """The front page of an edition."""
    return _page(request, OVERALL, "ranking")


def scope(request: Request, name: str) -> Page:
    """The ranking in one subject or industry."""
    if name not in request.shown.edition.scopes:
        raise NoSuchPageError(f"no scope {name!r} in {request.shown.slug}")
    return _page(request, name, "subjects" if name in request.shown.subjects else "industries")


def subjects(request: Request, _name: str) -> Page:
    """The five subjects, each with its leading cities."""
    title = request.t("Five subjects", "五大学科")
    return _scopes(request, title, request.shown.subjects, "subjects")


def industries(request: Request, _name: str) -> Page:
    """The industries and other scopes, each with its leading cities."""
    title = request.t("Industries", "产业")
    return _scopes(request, title, request.shown.industries, "industries")


def _scopes(request: Request, title: str, names: list[str], section: str) -> Page:
    shown = request.shown
    listed = [(s, shown.edition.title(s, request.lang), shown.ranking(s)[:5]) for s in names]
    return request.render("scopes.html", title=title, section=section, listed=listed)


def _page(request: Request, name: str, section: str) -> Page:
    shown, say = request.shown, request.say
    rows = shown.ranking(name)
    top = rows[:FIRST]
    ends = [r[key] for r in top for key in ("rank", "rank_high", "method_rank_worst")]
    return request.render(
        "ranking.html",
        title=headlines.ranking(shown, rows, say),
        description=request.t(
            "Which cities make the world's science, with the range of each rank.",
            "全球科学城市排名、名次区间与变动。",
        ),
        section=section,
        scope=name,
        scope_title=shown.edition.title(name, request.lang),
        rows=rows,
        top=top,
        scale=rank_scale(ends),
        n_works=shown.edition.n_works(name, shown.year),
        unassigned=shown.unassigned(name),
        map=_map(request, rows) if rows else None,
        map_title=_map_title(request, top),
    )


def _map(request: Request, rows: list[Row]) -> Chart | None:
    """The leading hundred on a map of the world, sized by Share."""
    points = [
        {
            "longitude": r["longitude"],
            "latitude": r["latitude"],
            "share": r["share"],
            "rank": r["rank"],
            "label": f"{r['rank']} {request.say.city(r)}",
            "focus": False,
        }
        for r in rows[:ON_MAP]
        if r["longitude"] is not None and r["share"]
    ]
    if not points:
        return None
    label = request.t(
        f"World map of the first {len(points)} cities by Share", f"前{len(points)}座城市份额世界图"
    )
    return world_map(points, lang=request.lang, label=label)


def _map_title(request: Request, top: list[Row]) -> str:
    """In how many countries the first ten stand."""
    n = len({r["country"] for r in top})
    return request.t(
        f"The first {len(top)} stand in {n} countries", f"前{len(top)}名分布在{n}个国家和地区"
    )

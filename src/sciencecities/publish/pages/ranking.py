"""Rankings: the front page, and one page for each subject and industry."""

from __future__ import annotations

from collections import Counter

from markupsafe import Markup

from sciencecities.edition.read import OVERALL
from sciencecities.publish import drawn, headlines, linked
from sciencecities.publish.figures import Figure
from sciencecities.publish.maps import Dot
from sciencecities.publish.order import order
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Row
from sciencecities.publish.site import NoSuchPageError
from sciencecities.publish.worldmap import WorldMap

FIRST = 10
"""Cities on the first screen."""

ON_MAP = 100

LARGEST = 12.0
"""Radius of the largest circle, px."""


def overall(request: Request, _name: str) -> Page:
    """The front page of an edition."""
    return _page(request, OVERALL, "ranking")


def scope(request: Request, name: str) -> Page:
    """The ranking in one subject or industry."""
    if name not in request.shown.edition.scopes:
        raise NoSuchPageError(f"no scope {name!r} in {request.shown.slug}")
    return _page(request, name, "industries" if name in request.shown.industries else "subjects")


def subjects(request: Request, _name: str) -> Page:
    """The five subjects, each with its leading cities."""
    shown = request.shown
    leading = Counter(rows[0]["city_id"] for s in shown.subjects if (rows := shown.ranking(s)))
    title = request.t("Five subjects", "五大学科")
    if leading:
        city_id, n = min(leading.items(), key=lambda item: (-item[1], item[0]))
        name, of = request.say.city(shown.cities[city_id]), leading.total()
        title = request.t(f"{name} leads in {n} of {of} subjects", f"{of}个学科中，{name}{n}科居首")
    return _scopes(request, title, [*shown.subjects, *shown.subjects_otherwise], "subjects")


def industries(request: Request, _name: str) -> Page:
    """The industries and other scopes, each with its leading cities."""
    title = request.t("Industries", "产业")
    return _scopes(request, title, request.shown.industries, "industries")


def _scopes(request: Request, title: str, names: list[str], section: str) -> Page:
    shown = request.shown
    listed = [(s, shown.edition.title(s, request.lang), shown.ranking(s)[:5]) for s in names]
    return request.render("scopes.html", title=title, section=section, listed=listed)


def _page(request: Request, name: str, section: str) -> Page:
    shown = request.shown
    rows = shown.ranking(name)
    top = rows[:FIRST]
    ordered = order(request, top)
    title = headlines.ranking(shown, rows, request.say)
    size = float(shown.edition.size(name, shown.year))
    unassigned = shown.unassigned(name)
    lost = _unassigned_title(request, unassigned, size) if unassigned else ""
    ranks = drawn.ranks(request, "ranks", title, ordered.rows) if top else None
    return request.render(
        "ranking.html",
        title=title,
        description=request.t(
            "Which cities make the world's science, with the range of each rank.",
            "全球科学城市排名、名次区间与变动。",
        ),
        section=section,
        scope=name,
        scope_title=shown.edition.title(name, request.lang),
        rows=rows,
        top=ordered,
        scale=drawn.scale(top),
        size=size,
        unassigned=unassigned,
        unassigned_title=lost,
        map=_map(request, rows, top) if rows else None,
        ranks=ranks,
        embed=linked.snippet(request, ranks) if ranks else "",
        said_to_machines=linked.block(linked.dataset(request)),
        lost=drawn.unassigned(request, lost, unassigned, size) if lost else None,
    )


def _unassigned_title(request: Request, parts: list[tuple[str, float]], size: float) -> str:
    said = request.say.share(100 * sum(part for _, part in parts) / size)
    return request.t(*request.shown.edition.whole.lost(said))


def _map(request: Request, rows: list[Row], top: list[Row]) -> tuple[Markup, Figure] | None:
    """The leading hundred on a map of the world, sized by Share; one size where none is known."""
    placed = [r for r in rows[:ON_MAP] if r["longitude"] is not None]
    if not placed:
        return None
    say, n, year = request.say, len(placed), request.shown.year
    most = max(r["share"] or 0 for r in placed)
    named = {r["city_id"]: f"{r['rank']} {say.city(r)}" for r in top}
    made = WorldMap(
        [
            Dot(named.get(r["city_id"], ""), r["longitude"], r["latitude"],
                max(2.0, LARGEST * (r["share"] / most) ** 0.5) if r["share"] else 4.0, "bub")
            for r in placed
        ]
    )  # fmt: skip
    size = request.t("; the area of a circle is the Share", "，圆面积与份额成正比") if most else ""
    note = request.t(
        f"The first {n} cities{size}, data year {year}. Land only, no borders.",
        f"前{n}座城市{size}，数据年{year}。底图只画陆地，不画界线。",
    )
    title = _map_title(request, top)
    columns = ("city_id", "city", "city_zh", "rank", "rank_low", "rank_high", "longitude",
               "latitude", "share")  # fmt: skip
    cells = [[r[c] for c in columns] for r in placed]
    figure = request.figure("map", title, note, columns, cells, lambda: made.drawing(request.lang))
    return made.markup(request.lang, f"{title}{request.t('. ', '。')}{note}"), figure


def _map_title(request: Request, top: list[Row]) -> str:
    """In how many countries the first ten stand."""
    n = len({r["country"] for r in top})
    return request.t(
        f"The first {len(top)} stand in {n} countries", f"前{len(top)}名，分布在{n}个国家和地区"
    )

"""All cities of an edition, a page at a time; search by name in any language."""

from __future__ import annotations

from dataclasses import replace

from sciencecities.errors import UnknownCityError
from sciencecities.publish import drawn
from sciencecities.publish.order import Order, order
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Shown
from sciencecities.publish.site import NoSuchPageError

PER_PAGE = 100


def n_pages(shown: Shown) -> int:
    """How many pages the cities take."""
    return max(1, -(-len(shown.cities) // PER_PAGE))


def index(request: Request, _name: str) -> Page:
    """The first page of cities, or with `q` the city of that name."""
    asked = request.query.get("q", "").strip()[:200]
    if not asked:
        return _part(request, 1)
    try:
        found = request.shown.edition.find_city(asked)
    except UnknownCityError as error:
        return _page(request, order(request, []), 1, asked, request.say.no_city(error))
    return _page(request, order(request, [request.shown.cities[found]]), 1, asked)


def numbered(request: Request, name: str) -> Page:
    """A further page of cities."""
    if not (name.isascii() and name.isdigit() and 1 <= int(name[:6]) <= n_pages(request.shown)):
        raise NoSuchPageError(f"no page {name!r} of cities; there are {n_pages(request.shown)}")
    return _part(request, int(name))


def _part(request: Request, number: int) -> Page:
    found = order(request, list(request.shown.cities.values()))
    part = found.rows[(number - 1) * PER_PAGE : number * PER_PAGE]
    return _page(request, replace(found, rows=part), number)


def _page(
    request: Request, ordered: Order, number: int, asked: str = "", message: str = ""
) -> Page:
    n_cities, rows = len(request.shown.cities), ordered.rows
    n_now = len(request.shown.ranking())
    by = "" if ordered.by == "rank" else f"?sort={ordered.by}"
    title = request.t("Cities by rank", "按名次排列的城市")
    head = request.t(f"{n_cities:,} cities", f"{n_cities:,}座城市")
    if asked:
        name, rank = (request.say.city(rows[0]), request.say.ranked(rows[0])) if rows else ("", "")
        head = (
            request.t(f"{name}: {rank}", f"{name}：{rank}")
            if rows
            else request.t("No city of this name", "没有这座城市")
        )
    return request.render(
        "cities.html",
        title=head,
        section="cities",
        ordered=ordered,
        n_now=n_now,
        others=0 if request.shown.is_published else n_cities - n_now,
        by=by,
        ranks=drawn.ranks(request, "ranks", title, rows) if rows else None,
        scale=drawn.scale(rows),
        page=number,
        n_pages=n_pages(request.shown),
        asked=asked,
        message=message,
    )

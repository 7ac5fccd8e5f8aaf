"""All cities of an edition, a page at a time; search by name in any language."""

from __future__ import annotations

from sciencecities.errors import UnknownCityError
from sciencecities.publish import drawn
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Row, Shown
from sciencecities.publish.site import NoSuchPageError

PER_PAGE = 100


def n_pages(shown: Shown) -> int:
    """How many pages the cities take."""
    return max(1, -(-len(shown.cities) // PER_PAGE))


def index(request: Request, _name: str) -> Page:
    """The first page of cities, or with `q` the city of that name."""
    asked = request.query.get("q", "").strip()[:200]
    if not asked:
        return _page(request, _part(request, 1), 1)
    try:
        found = request.shown.edition.find_city(asked)
    except UnknownCityError as error:
        return _page(request, [], 1, asked, str(error))
    return _page(request, [request.shown.cities[found]], 1, asked)


def numbered(request: Request, name: str) -> Page:
    """A further page of cities."""
    if not (name.isascii() and name.isdigit() and 1 <= int(name[:6]) <= n_pages(request.shown)):
        raise NoSuchPageError(f"no page {name!r} of cities; there are {n_pages(request.shown)}")
    return _page(request, _part(request, int(name)), int(name))


def _part(request: Request, number: int) -> list[Row]:
    return list(request.shown.cities.values())[(number - 1) * PER_PAGE : number * PER_PAGE]


def _page(
    request: Request, rows: list[Row], number: int, asked: str = "", message: str = ""
) -> Page:
    n_cities = len(request.shown.cities)
    return request.render(
        "cities.html",
        title=request.t(f"{n_cities:,} cities", f"{n_cities}座城市"),
        section="cities",
        rows=rows,
        scale=drawn.scale(rows),
        page=number,
        n_pages=n_pages(request.shown),
        asked=asked,
        message=message,
    )

"""All cities of an edition, with search by name in any language."""

from __future__ import annotations

from sciencecities.errors import UnknownCityError
from sciencecities.publish.marks import rank_scale
from sciencecities.publish.request import Page, Request

PER_PAGE = 100


def index(request: Request, _name: str) -> Page:
    """The cities by rank, a page at a time; `q` names a city, `page` a page."""
    asked = request.query.get("q", "").strip()[:200]
    rows = list(request.shown.cities.values())
    message = ""
    if asked:
        try:
            found = request.shown.edition.find_city(asked)
            rows = [request.shown.cities[found]]
        except UnknownCityError as error:
            rows, message = [], str(error)
    n_cities = len(request.shown.cities)
    n_pages = max(1, -(-len(rows) // PER_PAGE))
    page = min(max(1, _number(request.query.get("page", "1"))), n_pages)
    part = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    scale = rank_scale([r[k] for r in part for k in ("rank", "rank_high", "method_rank_worst")])
    return request.render(
        "cities.html",
        title=request.t(f"{n_cities:,} cities", f"{n_cities}座城市"),
        section="cities", rows=part, scale=scale, page=page, n_pages=n_pages,
        asked=asked, message=message,
    )  # fmt: skip


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1

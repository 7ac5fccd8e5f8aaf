"""The works behind a city's number, with DOI and weight, a page at a time."""

from __future__ import annotations

from sciencecities.edition.read import OVERALL
from sciencecities.edition.views import work_link
from sciencecities.errors import ConfigError
from sciencecities.publish.request import Page, Request
from sciencecities.publish.site import NoSuchPageError

PER_PAGE = 50


def page(request: Request, name: str) -> Page:
    """The works of a city; `scope`, `institution` and `page` say which."""
    shown = request.shown
    city_id = shown.city_of(name)
    if city_id is None:
        raise NoSuchPageError(f"no city {name!r} in {shown.slug}")
    scope = request.query.get("scope", OVERALL)
    asked = request.query.get("institution") or None
    try:
        scope = shown.edition.resolve_scope(scope)
        institution = shown.edition.find_institution(city_id, asked) if asked else None
    except ConfigError as error:
        raise NoSuchPageError(str(error)) from error
    total = shown.edition.trace_total(city_id, scope, shown.year, institution)
    n_pages = max(1, -(-total.works // PER_PAGE))
    text = request.query.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    number = min(max(1, number), n_pages)
    works = shown.edition.works(
        city_id, scope, shown.year, institution, top=PER_PAGE, skip=(number - 1) * PER_PAGE
    )
    row = shown.row(city_id, scope) or shown.cities[city_id]
    return request.render(
        "works.html",
        title=request.t(
            f"The works behind {request.say.city(row)}", f"{request.say.city(row)}背后的论文"
        ),
        section="cities", row=row, city_id=city_id, scope=scope, institution=institution,
        scope_title=shown.edition.title(scope, request.lang), total=total,
        works=[w | {"href": work_link(w)} for w in works.to_pylist()],
        page=number, n_pages=n_pages,
    )  # fmt: skip

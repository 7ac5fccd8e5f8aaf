"""The works behind a city's number, with DOI and weight, a page at a time."""

from __future__ import annotations

from sciencecities.edition.read import OVERALL, TraceTotal
from sciencecities.edition.views import work_link
from sciencecities.errors import ConfigError, UnknownInstitutionError
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import PER_PAGE, Row, Shown
from sciencecities.publish.site import NoSuchPageError


def names(shown: Shown) -> list[str]:
    """Cities whose works can be listed."""
    return [shown.slug_of(city_id) for city_id in shown.with_works]


def page(request: Request, name: str) -> Page:
    """The works of a city; `scope`, `institution` and `page` say which."""
    shown = request.shown
    city_id = shown.city_of(name)
    if city_id is None:
        raise NoSuchPageError(f"no city {name!r} in {shown.slug}")
    if shown.edition.kind != "computed":
        raise NoSuchPageError(f"{shown.slug} holds no works")
    if request.site.is_static:
        return _render(request, city_id, OVERALL, None, *shown.first_works(city_id), 1)
    scope = request.query.get("scope", OVERALL)
    asked = request.query.get("institution") or None
    try:
        scope = shown.edition.resolve_scope(scope)
        institution = shown.edition.find_institution(city_id, asked) if asked else None
    except (ConfigError, UnknownInstitutionError) as error:
        raise NoSuchPageError(str(error)) from error
    total = _total(shown, city_id, scope, institution)
    n_pages = max(1, -(-total.works // PER_PAGE))
    text = request.query.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    number = min(max(1, number), n_pages)
    works = shown.edition.works(
        city_id, scope, shown.year, institution, top=PER_PAGE, skip=(number - 1) * PER_PAGE
    )
    return _render(request, city_id, scope, institution, total, works.to_pylist(), number)


def _address(work: Row) -> str:
    """Where a work can be read about; empty where its id is no address."""
    link = work_link(work)
    return link if link.startswith("https://") else ""


def _total(shown: Shown, city_id: str, scope: str, institution: str | None) -> TraceTotal:
    """What stands behind a number; of a whole city the rankings say it."""
    if institution is not None:
        return shown.edition.trace_total(city_id, scope, shown.year, institution)
    row = shown.row(city_id, scope)
    return TraceTotal(row["count"], row["share"]) if row else TraceTotal(0, 0.0)


def _render(
    request: Request, city_id: str, scope: str, institution: str | None,
    total: TraceTotal, works: list[Row], number: int,
) -> Page:  # fmt: skip
    shown = request.shown
    row = shown.row(city_id, scope) or shown.cities[city_id]
    return request.render(
        "works.html",
        title=request.t(
            f"The works behind {request.say.city(row)}", f"{request.say.city(row)}背后的论文"
        ),
        section="cities", row=row, city_id=city_id, scope=scope, institution=institution,
        scope_title=shown.edition.title(scope, request.lang), total=total,
        works=[w | {"href": _address(w)} for w in works],
        page=number, n_pages=max(1, -(-total.works // PER_PAGE)),
    )  # fmt: skip

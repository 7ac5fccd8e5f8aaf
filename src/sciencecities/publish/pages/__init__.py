"""One module a kind of page; ROUTES says under which addresses each is found."""

from __future__ import annotations

from sciencecities.publish.pages import (
    cities,
    city,
    compare,
    corridor,
    countries,
    data,
    lab,
    method,
    movement,
    observatory,
    ranking,
    why,
    works,
)
from sciencecities.publish.shown import Shown
from sciencecities.publish.site import Route


def only(*names: str):  # type: ignore[no-untyped-def]
    """The names of pages that every edition has once."""
    return lambda _shown: names


def _scopes(shown: Shown) -> list[str]:
    return [*shown.subjects, *shown.subjects_otherwise, *shown.industries]


def _cities(shown: Shown) -> list[str]:
    return [shown.slug_of(city_id) for city_id in shown.with_page]


def _city_pages(shown: Shown) -> list[str]:
    return [str(n) for n in range(2, cities.n_pages(shown) + 1)]


ROUTES: tuple[Route, ...] = (
    Route("", ranking.overall, only("ranking")),
    Route("", ranking.subjects, only("subjects")),
    Route("", ranking.industries, only("industries")),
    Route("scope/", ranking.scope, _scopes),
    Route("", cities.index, only("cities")),
    Route("cities/", cities.numbered, _city_pages),
    Route("city/", city.page, _cities),
    Route("", compare.index, only("compare")),
    Route("compare/", compare.page, compare.names),
    Route("", corridor.index, corridor.index_names),
    Route("corridor/", corridor.page, corridor.names),
    Route("", countries.index, only("countries")),
    Route("country/", countries.page, countries.names),
    Route("", movement.page, only("movement")),
    Route("", lab.index, lab.index_names),
    Route("lab/", lab.page, lab.names),
    Route("", data.page, only("data")),
    Route("", method.page, only("method")),
    Route("observatory/", observatory.page, observatory.names),
    Route("why/", why.page, why.names),
    Route("works/", works.page, works.names),
)
"""Where two prefixes fit, the longer one is meant."""

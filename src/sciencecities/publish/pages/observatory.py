"""The observatory of a city: platforms, facilities, industries, axis and corridor, with sources."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from sciencecities.observatory.city import Observatory
from sciencecities.publish import drawn, ground, ground_figures, land, region
from sciencecities.publish.figures import Figure
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Shown
from sciencecities.publish.site import NoSuchPageError


def names(shown: Shown) -> list[str]:
    """Slugs of the cities of the edition that have facts."""
    return [shown.slug_of(c) for c in ground.observatories() if c in shown.cities]


def page(request: Request, name: str) -> Page:
    """The observatory page of a city by its slug."""
    shown, lang = request.shown, request.lang
    city_id = shown.city_of(name)
    if city_id is None or city_id not in ground.observatories():
        raise NoSuchPageError(f"no facts about a city {name!r} in {shown.slug}")
    made = ground.of_city(shown, city_id, lang, request.site.on)
    facts = made.facts
    n_facts, n_sources = len(facts.facts), len(facts.sources)
    found = ground.lives(facts, lang, request.site.on)
    return request.render(
        "observatory.html",
        title=request.t(
            f"Behind {made.city}’s rank: {n_facts} facts, each with its source",
            f"{made.city}名次背后：{n_facts}条事实，条条有出处",
        ),
        section="cities",
        row=shown.cities[city_id],
        city_id=city_id,
        made=made,
        n_sources=n_sources,
        lives=found,
        years=ground.years(found) if found else None,
        lived=drawn.lives(request, ground.built(made), found, ground.years(found))
        if found
        else None,
        map=_map(request, facts),
        taken=ground_figures.figures(request, made, made.sections),
        key=ground_figures.key,
    )


class Mapped(NamedTuple):
    """The map of a corridor: of which, drawn, as a figure, and where its points come from."""

    corridor: str
    markup: Markup
    figure: Figure
    source: str


POINTS = ("kind", "name", "longitude", "latitude")


def _map(request: Request, facts: Observatory) -> Mapped | None:
    """The first corridor and the axis of the city; None where no corridor is known."""
    corridor, lang = region.corridor_of(facts), request.lang
    if corridor is None:
        return None
    made = region.corridor_map(facts, corridor, lang)
    source = request.t("Points: from the facts; other cities at their GeoNames coordinates.",
                       "点位据事实条目，其他城市取GeoNames坐标。")  # fmt: skip
    source += land.credit(made.box, lang)
    rows = [("city" if d.name else "axis", d.name, d.longitude, d.latitude) for d in made.dots]
    label = region.label(facts, corridor, lang)
    figure = request.figure("region", corridor.name.get(lang)[0], label, POINTS, rows,
                            lambda: made.drawing(lang), source)  # fmt: skip
    return Mapped(corridor.id, made.markup(lang, label), figure, source)

"""The observatory of a city: platforms, facilities, industries, axis and corridor, with sources."""

from __future__ import annotations

from sciencecities.publish import ground, land, region
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
    corridor = region.corridor_of(facts)
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
        map=region.region_map(facts, lang),
        map_of=corridor.id if corridor else "",
        land=land.credit(region.corridor_map(facts, corridor, lang).box, lang) if corridor else "",
    )

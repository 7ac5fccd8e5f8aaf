"""One city: its rank with range, history, subjects, institutions, partners."""

from __future__ import annotations

from sciencecities.edition.read import OVERALL
from sciencecities.publish import ground, headlines
from sciencecities.publish.marks import rank_scale
from sciencecities.publish.request import Page, Request
from sciencecities.publish.site import NoSuchPageError


def page(request: Request, name: str) -> Page:
    """The page of a city by its slug."""
    shown, say = request.shown, request.say
    city_id = shown.city_of(name)
    if city_id is None:
        raise NoSuchPageError(f"no city {name!r} in {shown.slug}")
    row = shown.cities[city_id]
    scopes = [
        (s, shown.edition.title(s, request.lang), found)
        for s in shown.edition.scopes
        if s != OVERALL and (found := shown.row(city_id, s)) is not None
    ]
    ends = [r[k] for _, _, r in scopes for k in ("rank", "rank_high", "method_rank_worst")]
    facts = None
    if city_id in ground.observatories():
        facts = ground.of_city(shown, city_id, request.lang, request.site.on)
    lives = ground.lives(facts.facts, request.lang, request.site.on) if facts else []
    n_institutions, institutions = shown.institutions(city_id, row["scope"])
    return request.render(
        "city.html",
        title=headlines.city(shown, row, say),
        section="cities",
        row=row,
        city_id=city_id,
        history=shown.history(city_id),
        scopes=sorted(scopes, key=lambda s: (s[2]["rank"], s[0])),
        scale=rank_scale(ends),
        ground=facts,
        lives=lives,
        years=ground.years(lives) if lives else None,
        institutions=institutions,
        n_institutions=n_institutions,
        partners=shown.partners(city_id)[1],
    )

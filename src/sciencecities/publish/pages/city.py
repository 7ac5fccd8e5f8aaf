"""One city: its rank with range, history, subjects, institutions, partners."""

from __future__ import annotations

from dataclasses import replace

from sciencecities.edition.read import OVERALL
from sciencecities.publish import drawn, ground, ground_figures, headlines, linked
from sciencecities.publish.brief_parts import Section
from sciencecities.publish.figures import Figure
from sciencecities.publish.ground import Ground
from sciencecities.publish.pages import city_parts
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Row
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
        if s != OVERALL
        and s not in shown.subjects_otherwise
        and (found := shown.row(city_id, s)) is not None
    ]
    facts = None
    if city_id in ground.observatories():
        facts = ground.of_city(shown, city_id, request.lang, request.site.on)
    lives = ground.lives(facts.facts, request.lang, request.site.on) if facts else []
    claimed = _claimed(facts) if facts else None
    scopes.sort(key=lambda s: (s[2]["rank"], s[0]))
    n_institutions, institutions = shown.institutions(city_id, row["scope"])
    made_of = _made_of(request, row, institutions)
    partners = shown.partners(city_id)[1]
    subjects = _subjects(request, scopes)
    return request.render(
        "city.html",
        title=headlines.city(shown, row, say),
        section="cities",
        row=row,
        city_id=city_id,
        history=city_parts.history(request, city_id),
        unassigned=sum(works for _, works in shown.unassigned(row["scope"])),
        size=float(shown.edition.size(row["scope"], row["data_year"])),
        scopes=scopes,
        subjects=subjects,
        made_of=made_of,
        by_institution=drawn.institutions(request, made_of, city_id, institutions)
        if institutions
        else None,
        scale=drawn.scale([r for *_, r in scopes]),
        ground=facts,
        claimed=claimed,
        taken=ground_figures.figures(request, facts, [claimed]) if facts and claimed else {},
        key=ground_figures.key,
        lives=lives,
        years=ground.years(lives) if lives else None,
        lived=drawn.lives(request, ground.built(facts), lives, ground.years(lives))
        if lives and facts
        else None,
        institutions=institutions,
        n_institutions=n_institutions,
        partners=partners,
        fall=city_parts.why(request, city_id, row),
        sites=city_parts.sites(request, city_id, facts.facts if facts else None),
        partner_map=city_parts.partners(request, city_id, partners),
        among=city_parts.among(request, city_id, partners),
        embed=linked.snippet(request, subjects) if subjects else "",
        said_to_machines=linked.block(linked.city(request, row)),
    )


def _claimed(facts: Ground) -> Section | None:
    """The claims on platforms, which the page shows of all sections."""
    platforms = facts.section("platforms")
    if platforms is None:
        return None
    return replace(platforms, blocks=tuple(b for b in platforms.blocks if b.kind == "claims"))


def _made_of(request: Request, row: Row, institutions: list[Row]) -> str:
    """The finding over the institutions: how much of the Share the largest holds."""
    if not institutions or not row["share"]:
        return ""
    first = institutions[0]
    part = request.say.percent(first["share"] / row["share"])
    if first["institution"] is None:
        return request.t(
            f"For {part} of its Share no institution is named", f"份额的{part}未写明单位"
        )
    return request.t(
        f"{first['institution']} holds {part} of its Share",
        f"{first['institution']}占份额的{part}",
    )


def _subjects(request: Request, scopes: list[tuple[str, str, Row]]) -> Figure | None:
    """The city's rank in every scope, as a figure to take away."""
    if not scopes:
        return None
    titles, rows = [title for _, title, _ in scopes], [row for *_, row in scopes]
    return drawn.ranks(request, "subjects", request.best_scope(scopes), rows, titles)

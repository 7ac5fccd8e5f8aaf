"""Why a city's Share and rank moved: the sentences, every part, the cities passed."""

from __future__ import annotations

from sciencecities.edition.read import OVERALL
from sciencecities.explain.movement import Explanation
from sciencecities.explain.wording import institution_name, subject_title
from sciencecities.publish import explained
from sciencecities.publish.explained import Part
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Shown
from sciencecities.publish.site import NoSuchPageError

LEADING = 50
"""Cities of which a static site explains the movement in full; a server does of every city."""

LISTED = 40
PASSED = 20


def names(shown: Shown) -> list[str]:
    """Slugs of the leading cities, where there is a year before."""
    if not shown.has_movement:
        return []
    n = LEADING if shown.n_cities is None else min(LEADING, shown.n_cities)
    rows = [r for r in shown.ranking()[:n] if r["city_id"] in shown.with_page]
    return [shown.slug_of(r["city_id"]) for r in rows]


def page(request: Request, name: str) -> Page:
    """The explanation of a city by its slug, against the data year before."""
    shown, say = request.shown, request.say
    city_id = shown.city_of(name)
    if city_id is None or not shown.has_movement:
        raise NoSuchPageError(f"no movement of a city {name!r} to explain in {shown.slug}")
    found = shown.explanation(city_id)
    row = shown.cities[city_id]
    parts = [_part(request, found, n) for n in range(len(found.parts))]
    title = _title(request, found, say.city(row))
    between = [explained.growth(request, float(found.world_growth))]
    if revision := float(found.of_kind("revision")):
        between.insert(0, Part(request.t("Revised data", "数据修订"), revision))
    fall = explained.waterfall(
        request, title, (str(found.before.point.year), str(found.after.point.year)),
        (float(found.before.share), float(found.after.share)), between,
        [p for p in parts if p.change], city_id,
    )  # fmt: skip
    move = found.move("real")
    return request.render(
        "why.html",
        title=title,
        section="cities",
        row=row,
        city_id=city_id,
        found=found,
        sentences=found.summary[request.lang],
        warnings=found.warnings if request.lang == "en" else (),
        fall=fall,
        parts=[
            (p, request.works(city_id, institution=p.institution_id) if part.works_of else "")
            for p, part in zip(found.parts[:LISTED], parts, strict=False)
        ],
        n_parts=len(found.parts),
        titles={p.subject: subject_title(found, p.subject, request.lang) for p in found.parts},
        names={p.institution_id: institution_name(p, request.lang) for p in found.parts},
        passed=move.passed[:PASSED] if move else (),
        passed_by=move.passed_by[:PASSED] if move else (),
        scope=OVERALL,
    )  # fmt: skip


def _title(request: Request, found: Explanation, name: str) -> str:
    """From which rank to which it went, where it had one in both years."""
    years = found.before.point.year, found.after.point.year
    rows = [request.shown.row(found.city_id, year=year) for year in years]
    if rows[0] is None or rows[1] is None:
        return request.t(f"Why {name} moved", f"{name}为何变动")
    before, after = (request.say.rank(r["rank"]) for r in rows if r)
    if before == after:
        return request.t(
            f"Why {name} is {after} in {years[1]}, as in {years[0]}",
            f"{name}{years[0]}年、{years[1]}年同为{after}，份额为何变动",
        )
    return request.t(
        f"Why {name} went from {before} in {years[0]} to {after} in {years[1]}",
        f"{name}为何由{years[0]}年的{before}到{years[1]}年的{after}",
    )


def _part(request: Request, found: Explanation, number: int) -> Part:
    part = found.parts[number]
    name = institution_name(part, request.lang)
    subject = subject_title(found, part.subject, request.lang)
    label = request.t(f"{name}, {subject}", f"{name}，{subject}")
    return Part(label, float(part.own_change or 0), part.institution_id if part.after else None)

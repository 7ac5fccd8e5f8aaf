"""Two cities side by side; the headline says how likely the one is ahead."""

from __future__ import annotations

from itertools import pairwise

from sciencecities import certainty
from sciencecities.edition.read import OVERALL
from sciencecities.errors import UnknownCityError
from sciencecities.publish import drawn
from sciencecities.publish.headlines import LIKELY
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Row, Shown
from sciencecities.publish.site import NoSuchPageError

LEADING = 10
BETWEEN = "-and-"


def names(shown: Shown) -> list[str]:
    """Pairs of the leading ten, which a static site holds; a server answers to any pair."""
    leading = [shown.slug_of(r["city_id"]) for r in shown.ranking()[:LEADING]]
    return [f"{a}{BETWEEN}{b}" for n, a in enumerate(leading) for b in leading[n + 1 :]]


def index(request: Request, _name: str) -> Page:
    """A form that takes two names, and links to the leading pairs."""
    a, b = (request.query.get(k, "").strip()[:200] for k in ("a", "b"))
    message = ""
    if a and b:
        try:
            first, second = (request.shown.edition.find_city(n) for n in (a, b))
            if first != second:
                return _pair(request, first, second)
            message = request.t("Name two different cities.", "请写两座不同的城市。")
        except UnknownCityError as error:
            message = request.say.no_city(error)
    return request.render(
        "compare_index.html",
        title=request.t("Compare two cities", "比较两座城市"),
        section="cities", a=a, b=b, message=message, pairs=_leading_pairs(request),
    )  # fmt: skip


def page(request: Request, name: str) -> Page:
    """The page of a pair."""
    one, _, two = name.partition(BETWEEN)
    first, second = request.shown.city_of(one), request.shown.city_of(two)
    if first is None or second is None or first == second:
        raise NoSuchPageError(f"no pair of cities {name!r} in {request.shown.slug}")
    return _pair(request, first, second)


def _leading_pairs(request: Request) -> list[tuple[str, str]]:
    rows = request.shown.ranking()[:LEADING]
    return [
        (
            request.link(
                f"compare/{request.shown.slug_of(a['city_id'])}{BETWEEN}"
                f"{request.shown.slug_of(b['city_id'])}.html"
            ),
            request.say.listed([request.say.city(a), request.say.city(b)]),
        )
        for a, b in pairwise(rows)
    ]


def _pair(request: Request, a: str, b: str) -> Page:
    shown = request.shown
    both = []
    for scope in (s for s in shown.edition.scopes if s not in shown.subjects_otherwise):
        one, two = shown.row(a, scope), shown.row(b, scope)
        if one or two:
            both.append((scope, shown.edition.title(scope, request.lang), one, two))
    ranked = [(name, row) for _, name, x, y in both for row in (x, y) if row]
    rows = shown.cities[a], shown.cities[b]
    title = _title(request, *rows)
    labels = [f"{name}{request.t(', ', '，')}{request.say.city(row)}" for name, row in ranked]
    own = [row for _, row in ranked]
    return request.render(
        "compare.html",
        title=title,
        section="cities", a=rows[0], b=rows[1], both=both, scale=drawn.scale(own),
        ranks=drawn.ranks(request, "ranks", title, own, labels, focus=a) if own else None,
    )  # fmt: skip


def _title(request: Request, a: Row, b: Row) -> str:
    say = request.say
    one, two = say.city(a), say.city(b)
    overall = [request.shown.row(r["city_id"], OVERALL) for r in (a, b)]
    if overall[0] is None or overall[1] is None:
        return request.t(f"{one} and {two}", f"{one}与{two}")
    if overall[0]["rank"] > overall[1]["rank"]:
        a, b, one, two = b, a, two, one
    p = request.shown.p_ahead(a["city_id"], b["city_id"])
    if p is None:
        return request.t(f"{one} is ahead of {two}", f"{one}领先{two}")
    if p < LIKELY:
        return request.t(f"{one} and {two} cannot be told apart", f"{one}与{two}难分先后")
    sure = certainty.word(p, request.lang)
    return request.t(f"{one} is {sure} ahead of {two}", f"{one}{sure}领先{two}")

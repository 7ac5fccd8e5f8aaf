"""Rankings: the front page, and one page for each subject and industry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sciencecities.certainty import WORDS, word
from sciencecities.edition.read import OVERALL
from sciencecities.publish import drawn, headlines, linked
from sciencecities.publish.figures import Figure
from sciencecities.publish.maps import Dot
from sciencecities.publish.order import order
from sciencecities.publish.pages import movement
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Row
from sciencecities.publish.site import NoSuchPageError
from sciencecities.publish.worldmap import WorldMap

FIRST = 10
"""Cities on the first screen."""

FIELD = 5
"""Cities of each field on the page of several."""

ON_MAP = 100

VERY_LIKELY = next(least for least, english, _ in WORDS if english == "very likely")

LARGEST = 12.0
"""Radius of the largest circle, px."""


def overall(request: Request, _name: str) -> Page:
    """The front page of an edition."""
    return _page(request, OVERALL, "ranking")


def scope(request: Request, name: str) -> Page:
    """The ranking in one subject or industry."""
    if name not in request.shown.edition.scopes:
        raise NoSuchPageError(f"no scope {name!r} in {request.shown.slug}")
    return _page(request, name, "industries" if name in request.shown.industries else "subjects")


@dataclass(frozen=True, slots=True)
class Field:
    """A scope on the page of several: its leading cities, and how sure the first place is."""

    name: str
    title: str
    rows: list[Row]
    sure: str
    """`almost certainly ahead of Shanghai`; empty where it is not known."""

    @property
    def first(self) -> Row | None:
        """Who is first; None where a published list does not say."""
        return self.rows[0] if self.rows and self.rows[0]["rank"] == 1 else None


def subjects(request: Request, _name: str) -> Page:
    """The five subjects, each with its leading cities."""
    shown = request.shown
    found = [_field(request, s) for s in shown.subjects]
    title = _leader(request, found, "subjects", "学科") or request.t("Five subjects", "五大学科")
    lede = _what_counts(
        request,
        "By the journal a work is in, else by its topic or headings; a journal may have two "
        "subjects, so their Shares do not add up to the overall Share.",
        "按论文所在期刊划分，无期刊表时按主题或主题词；一种期刊可属两个学科，各学科份额之和不等于总份额。",
    )
    otherwise = [_field(request, s) for s in shown.subjects_otherwise]
    return request.render(
        "scopes.html", title=title, section="subjects", listed=found, otherwise=otherwise,
        lede=lede,
    )  # fmt: skip


def industries(request: Request, _name: str) -> Page:
    """The industries and other scopes, each with its leading cities."""
    found = [_field(request, s) for s in request.shown.industries]
    title = _leader(request, found, "industries", "产业")
    if not title:
        title = request.t("No industry is told apart here", "本期未按产业划分")
    lede = _what_counts(
        request,
        "The research in the topics of an industry, not its firms or their sales; a work may "
        "belong to several industries or to none.",
        "所计为各产业相关主题的论文，不是企业或产值；一篇论文可属多个产业，也可不属任何产业。",
    )
    return request.render(
        "scopes.html", title=title, section="industries", listed=found, otherwise=[], lede=lede,
    )  # fmt: skip


def _what_counts(request: Request, en: str, zh: str) -> str:
    """What makes a work belong to a field; a ranking without works has it from its publisher."""
    if request.shown.is_counted:
        return request.t(en, zh)
    return request.t("As the publisher assigns them.", "划分以发布方为准。")


def _field(request: Request, scope: str) -> Field:
    shown, say = request.shown, request.say
    rows = shown.ranking(scope)[:FIELD]
    sure = ""
    if len(rows) > 1 and (p := rows[0]["p_ahead_next"]) is not None:
        second = say.city(rows[1])
        sure = say.t(f"{word(p)} ahead of {second}", f"{word(p, 'zh')}领先{second}")
        if p < headlines.LIKELY:
            sure = say.t(f"cannot be told apart from {second}", f"与{second}难分先后")
    return Field(scope, shown.edition.title(scope, request.lang), rows, sure)


def _leader(request: Request, fields: Sequence[Field], what: str, zh: str) -> str:
    """Which city leads most of the fields, and in how many of them that is very likely."""
    firsts = [f.rows[0] for f in fields if f.first]
    if not firsts:
        return ""
    leading = Counter(r["city_id"] for r in firsts)
    city_id, n = min(leading.items(), key=lambda item: (-item[1], item[0]))
    name, of = request.say.city(request.shown.cities[city_id]), leading.total()
    title = request.t(f"{name} leads in {n} of {of} {what}", f"{of}个{zh}中，{name}在{n}个居首")
    if len(firsts) < sum(1 for f in fields if f.rows):
        return request.t(
            f"{name} leads in {n} of the {of} {what} whose first city is listed",
            f"列有首位的{of}个{zh}中，{name}在{n}个居首",
        )
    known = [r["p_ahead_next"] for r in firsts
             if r["city_id"] == city_id and r["p_ahead_next"] is not None]  # fmt: skip
    if not known:
        return title
    sure = sum(p >= VERY_LIKELY for p in known)
    return title + request.t(
        f", very likely so in {sure or 'none'} of them",
        f"，其中{sure}个很可能属实" if sure else "，但没有一个称得上很可能",
    )


def _page(request: Request, name: str, section: str) -> Page:
    shown = request.shown
    rows = shown.ranking(name)
    top = rows[:FIRST]
    ordered = order(request, top)
    title = headlines.ranking(shown, rows, request.say)
    size = float(shown.edition.size(name, shown.year))
    unassigned = shown.unassigned(name)
    lost = _unassigned_title(request, unassigned, size) if unassigned else ""
    ranks = drawn.ranks(request, "ranks", title, ordered.rows) if top else None
    return request.render(
        "ranking.html",
        title=title,
        section=section,
        scope=name,
        scope_title=shown.edition.title(name, request.lang),
        rows=rows,
        top=ordered,
        scale=drawn.scale(top),
        size=size,
        unassigned=unassigned,
        unassigned_title=lost,
        map=_map(request, rows, top) if rows else None,
        ranks=ranks,
        embed=linked.snippet(request, ranks) if ranks else "",
        said_to_machines=linked.block(linked.dataset(request)),
        moves=movement.chart(request, rows) if _moved(request, name, rows) else None,
        years=shown.edition.years[-movement.YEARS :],
        lost=drawn.unassigned(request, lost, unassigned, size) if lost else None,
    )


def _moved(request: Request, scope: str, rows: list[Row]) -> bool:
    """Whether the front page shows the years: there are several, and they can be compared."""
    shown = request.shown
    return (scope == OVERALL and bool(rows) and shown.year_before is not None
            and not shown.not_comparable)  # fmt: skip


def _unassigned_title(request: Request, parts: list[tuple[str, float]], size: float) -> str:
    said = request.say.share(100 * sum(part for _, part in parts) / size)
    return request.t(*request.shown.edition.whole.lost(said))


def _map(request: Request, rows: list[Row], top: list[Row]) -> tuple[Markup, Figure] | None:
    """The leading hundred on a map of the world, sized by Share; one size where none is known."""
    placed = [r for r in rows[:ON_MAP] if r["longitude"] is not None]
    if not placed:
        return None
    say, n, year = request.say, len(placed), request.shown.year
    most = max(r["share"] or 0 for r in placed)
    named = {r["city_id"]: f"{r['rank']} {_short(say.city(r))}" for r in top}
    made = WorldMap(
        [
            Dot(named.get(r["city_id"], ""), r["longitude"], r["latitude"],
                max(2.0, LARGEST * (r["share"] / most) ** 0.5) if r["share"] else 4.0, "bub")
            for r in placed
        ]
    )  # fmt: skip
    size = request.t("; the area of a circle is the Share", "，圆面积与份额成正比") if most else ""
    which = request.t(f"The first {n} cities", f"前{n}座城市")
    if _has_gaps(placed):
        which = request.t(f"The {n} cities listed here", f"所列{n}座城市")
    note = which + request.t(
        f"{size}, data year {year}. Land only, no borders.",
        f"{size}，数据年份{year}。底图只画陆地，不画界线。",
    )
    title = _map_title(request, top)
    columns = ("city_id", "city", "city_zh", "rank", "rank_low", "rank_high", "longitude",
               "latitude", "share")  # fmt: skip
    cells = [[r[c] for c in columns] for r in placed]
    projection = request.t(" Equal Earth projection.", "投影：Equal Earth。")
    figure = request.figure("map", title, note, columns, cells, lambda: made.drawing(request.lang),
                            request.source_line() + request.land() + projection)  # fmt: skip
    return made.markup(request.lang, f"{title}{request.t('. ', '。')}{note}"), figure


def _short(name: str) -> str:
    """A name as a map has room for."""
    return name.removesuffix(" metropolitan area")


def _map_title(request: Request, top: list[Row]) -> str:
    """In how many countries the first ten stand."""
    n = len({r["country"] for r in top})
    where = "one country" if n == 1 else f"{n} countries"
    if _has_gaps(top):
        return request.t(
            f"The {len(top)} cities listed here stand in {where}",
            f"所列{len(top)}座城市，分布在{n}个国家和地区",
        )
    return request.t(
        f"The first {len(top)} stand in {where}", f"前{len(top)}名，分布在{n}个国家和地区"
    )


def _has_gaps(rows: list[Row]) -> bool:
    """Whether cities between these are not listed, as in many a published ranking."""
    return any(r["rank"] > len(rows) for r in rows)

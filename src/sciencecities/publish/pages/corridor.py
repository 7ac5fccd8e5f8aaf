"""Several cities as one: joint Share and rank, work within, partners, map, movement."""

from __future__ import annotations

from itertools import combinations
from math import ceil
from typing import Any

from sciencecities.compare.groups import Group
from sciencecities.edition.read import OVERALL
from sciencecities.errors import UnknownCityError
from sciencecities.locate.gazetteer import distance_km
from sciencecities.publish import drawn, marks, matrix, plots, region, together
from sciencecities.publish.figures import Drawing, Figure
from sciencecities.publish.land import credit
from sciencecities.publish.maps import Dot, Line, RegionMap
from sciencecities.publish.request import Page, Request, small
from sciencecities.publish.shown import Row, Shown
from sciencecities.publish.site import NoSuchPageError
from sciencecities.publish.together import Named

PARTNERS = 10
MAPPED = ("city_id", "city", "city_zh", "latitude", "longitude", "rank", "rank_low", "rank_high",
          "share")  # fmt: skip
LARGEST = 18.0
"""Radius of the circle of the member with the largest Share, px."""

THICKEST = 9.0
"""Width of the line between the pair that works together most, px."""


HIGH = 1.5
"""From here an affinity is called more than expected; its inverse, less."""


def names(shown: Shown) -> list[str]:
    """Ids of the sets of cities that the observatory names and the edition has."""
    return sorted(together.named(shown))


def index_names(shown: Shown) -> list[str]:
    """The page of all sets: where there is one, or where any can be asked for."""
    computed = shown.edition.kind == "computed" and len(shown.cities) > 1
    return ["corridors"] if computed or names(shown) else []


def index(request: Request, _name: str) -> Page:
    """All sets with their rank as one city; on a server, a form for any other set."""
    text = request.query.get("cities", "").strip()[:400]
    message = ""
    if text:
        try:
            return _page(request, together.asked(request.shown, text))
        except UnknownCityError as error:
            message = request.say.no_city(error)
        except ValueError:
            message = request.t(
                f"Name two to {together.MOST} different cities, divided by commas.",
                f"请写2至{together.MOST}座不同的城市，以逗号分隔。",
            )
    found = together.named(request.shown)
    groups = [(n, _group(request, n) if request.shown.is_counted else None)
              for n in found.values()]  # fmt: skip
    return request.render(
        "corridors.html",
        title=_index_title(request, groups),
        section="corridors", groups=groups, asked=text, message=message,
    )  # fmt: skip


def _index_title(request: Request, groups: list[tuple[Named, Group | None]]) -> str:
    """Which set ranks highest as one city."""
    ranked = [(group.rank, named, group) for named, group in groups if group]
    if not ranked:
        return request.t("Corridors: several cities as one", "走廊：几座城市合为一城")
    _, named, group = min(ranked, key=lambda found: (found[0], found[1].id))
    return _as_one(request, named, group)


def _as_one(request: Request, named: Named, group: Group) -> str:
    """Where a set would rank as one city, with the range of that rank."""
    say, name = request.say, named.name[request.lang]
    rank, span = say.rank_word(group.rank), say.span(group.rank_low, group.rank_high)
    if group.rank_low == group.rank_high:
        span = ""
    more = request.t(f" ({span})", f"（{span}）") if span else ""
    return request.t(
        f"As one city the {name} would be {rank}{more}", f"{name}若为一城，将居{rank}{more}"
    )


def page(request: Request, name: str) -> Page:
    """The page of a set that the observatory names."""
    found = together.named(request.shown).get(name)
    if found is None:
        there = ", ".join(names(request.shown)) or "none"
        raise NoSuchPageError(f"no corridor {name!r} in {request.shown.slug}; there is {there}")
    return _page(request, found)


def _group(request: Request, named: Named, scope: str = OVERALL, year: int | None = None) -> Group:
    return request.shown.group(named.city_ids, scope, year or request.shown.year)


def _page(request: Request, named: Named) -> Page:
    shown = request.shown
    group = _group(request, named) if shown.is_counted else None
    members = group.members if group else _ranked(shown, named)
    title = _title(request, named, group, members)
    history = _history(request, named) if group else []
    map_title = _apart(request, members)
    map_note = _map_note(request, named, group)
    drawn_map = _map(request, named, members, group)
    return request.render(
        "corridor.html",
        title=title,
        section="corridors",
        named=named,
        group=group,
        members=members,
        scale=drawn.scale(members),
        ranks=drawn.ranks(request, "members", _highest(request, members), members),
        inner=_inner(request, group) if group else "",
        matrix=matrix.of_members(request, group) if group and len(members) > 1 else None,
        partners=_partners(request, group) if group else None,
        history=history,
        years=_years(request, history) if history else None,
        scopes=_scopes(request, named) if group else [],
        map=drawn_map.markup(request.lang, f"{map_title}{request.t('. ', '。')}{map_note}"),
        map_figure=request.figure(
            "map", map_title, map_note,
            MAPPED,
            [[m[k] for k in MAPPED] for m in members],
            lambda: drawn_map.drawing(request.lang),
            request.source_line() + credit(drawn_map.box, request.lang),
        ),
    )  # fmt: skip


def _ranked(shown: Shown, named: Named) -> list[Row]:
    rows = [row for c in named.city_ids if (row := shown.row(c))]
    return sorted(rows, key=lambda r: (r["rank"], r["city_id"]))


def _title(request: Request, named: Named, group: Group | None, members: list[Row]) -> str:
    say, name = request.say, named.name[request.lang]
    if group is None:
        cities = say.listed(
            [f"{say.city(m)}{request.t(' ', '第')}{say.whole(m['rank'])}" for m in members]
        )
        return request.t(f"{name}: {cities}", f"{name}：{cities}")
    return _as_one(request, named, group)


def _highest(request: Request, members: list[Row]) -> str:
    """Which member ranks highest."""
    name, rank = request.say.city(members[0]), request.say.ranked(members[0])
    return request.t(f"{name} ranks highest: {rank}", f"{name}名次最高：{rank}")


def _apart(request: Request, members: list[Row]) -> str:
    """How far the members are from each other at most, in tens of kilometres."""
    at = [(m["latitude"], m["longitude"]) for m in members if m["latitude"] is not None]
    farthest = max((distance_km(*a, *b) for a, b in combinations(at, 2)), default=0.0)
    km = 10 * ceil(farthest / 10)
    return request.t(f"They lie within {km:,} km of each other", f"彼此相距不超过{km:,}公里")


def _inner(request: Request, group: Group) -> str:
    """The finding on work within the set."""
    if group.affinity is None:
        return request.t("None writes with another", "成员之间没有合著")
    times = f"{group.affinity:.1f}"
    if group.affinity >= HIGH:
        return request.t(
            f"They work together {times} times as much as expected", f"内部合作为预期的{times}倍"
        )
    if group.affinity <= 1 / HIGH:
        return request.t(
            f"They work together less than expected: {times} times", f"内部合作低于预期：{times}倍"
        )
    return request.t(
        f"They work together about as much as expected: {times} times",
        f"内部合作与预期相当：{times}倍",
    )


# --- partners outside -------------------------------------------------------------------------


def _partners(request: Request, group: Group) -> tuple[list[dict[str, Any]], Figure] | None:
    """The leading links of a member with a city outside, as rows and as a figure."""
    cities = request.shown.cities
    rows = [
        {
            "pair": f"{request.say.city(cities[p['city_a']])}{request.t(' – ', '—')}"
            f"{request.say.city(cities[p['city_b']])}",
            **p,
        }
        for p in group.partners[:PARTNERS]
        if p["city_a"] in cities and p["city_b"] in cities
    ]
    if not rows:
        return None
    title = request.t(f"Outside, most with {_other(request, group)}",
                      f"对外合作最多的是{_other(request, group)}")  # fmt: skip
    note = request.t(
        f"Score: both cities’ Shares over their joint works, data year {group.year}",
        f"得分：两城在合著论文上的份额之和，数据年份{group.year}",
    )
    columns = ("city_a", "city_b", "works", "score", "expected", "affinity")
    cells = [(r["pair"], r["score"], [r[c] for c in columns]) for r in rows]
    figure = drawn.bars(request, "partners", title, note, columns, cells)
    return rows, figure


def _other(request: Request, group: Group) -> str:
    """The city outside that all members together write with most, by score."""
    own = {m["city_id"] for m in group.members}
    sums: dict[str, float] = {}
    for p in group.partners:
        other = p["city_b"] if p["city_a"] in own else p["city_a"]
        sums[other] = sums.get(other, 0.0) + p["score"]
    best = min(sums, key=lambda c: (-sums[c], c))
    return request.say.city(request.shown.cities.get(best, {"city_id": best}))


# --- years and subjects -----------------------------------------------------------------------


def _history(request: Request, named: Named) -> list[Group]:
    """The set in each data year, the newest last."""
    return [_group(request, named, year=year) for year in request.shown.edition.years[-5:]]


def _row(group: Group) -> Row:
    """A group as a row of a ranking, for marks."""
    return {
        "rank": group.rank, "rank_low": group.rank_low, "rank_high": group.rank_high,
        "method_rank_best": None, "method_rank_worst": None, "n_eff": None, "share": group.share,
        "count": group.count, "data_year": group.year, "scope": group.scope,
    }  # fmt: skip


def _years(request: Request, history: list[Group]) -> tuple[Any, list[tuple[str, Row]], Figure]:
    return _plot(
        request, "years", _years_title(request, history),
        request.t(f"World rank as one city; bar: {request.bar()}",
                  f"合为一城的全球名次；粗线为{request.bar()}"),
        [(str(g.year), _row(g)) for g in history],
    )  # fmt: skip


def _years_title(request: Request, history: list[Group]) -> str:
    first, last = history[0], history[-1]
    before, after = request.joint_rank(first), request.joint_rank(last)
    if len(history) < 2:
        return request.t("One data year", "只有一个数据年份")
    if first.rank == last.rank:
        return request.t(
            f"Still {after} in {last.year}, after {before} in {first.year}",
            f"{last.year}年仍为{after}，{first.year}年为{before}",
        )
    return request.t(
        f"From {before} in {first.year} to {after} in {last.year}",
        f"由{first.year}年的{before}到{last.year}年的{after}",
    )


def _scopes(request: Request, named: Named) -> list[Any]:
    """The set in each subject; empty where the edition has none."""
    edition = request.shown.edition
    groups = [_group(request, named, scope) for scope in request.shown.subjects]
    found = [(edition.title(g.scope, request.lang), _row(g)) for g in groups if g.share]
    if not found:
        return []
    found.sort(key=lambda item: item[1]["rank"])
    title = request.t(
        f"As one city, strongest in {small(found[0][0])}", f"合为一城，{found[0][0]}最强"
    )
    note = request.t("World rank as one city, by subject", "合为一城的全球名次，按学科")
    return [_plot(request, "subjects", title, note, found)]


def _plot(
    request: Request, id_: str, title: str, note: str, rows: list[tuple[str, Row]]
) -> tuple[marks.Scale, list[tuple[str, Row]], Figure]:
    scale = drawn.scale([row for _, row in rows])
    say = request.say

    def draw() -> Drawing:
        lines = [
            plots.PlotRow(label, say.whole(row["rank"]), request.interval(scale, row, focus=True),
                          say.span(row["rank_low"], row["rank_high"]) or "–")
            for label, row in rows
        ]  # fmt: skip
        return plots.drawing(lines, axis=marks.axis(scale, say.rank(1)))

    columns = ("data_year", "scope", "rank", "rank_low", "rank_high", "share", "count")
    cells = [[row[c] for c in columns] for _, row in rows]
    return scale, rows, request.figure(id_, title, note, columns, cells, draw)


# --- map --------------------------------------------------------------------------------------


def _map(request: Request, named: Named, members: list[Row], group: Group | None) -> RegionMap:
    """Members sized by Share, joined by lines as thick as their joint works."""
    if group is None and named.facts and named.corridor:
        return region.corridor_map(named.facts, named.corridor, request.lang)
    at = {m["city_id"]: (m["longitude"], m["latitude"]) for m in members
          if m["longitude"] is not None}  # fmt: skip
    most = max((m["share"] or 0 for m in members), default=0) or 1.0
    dots = [
        Dot(request.say.city(m), *at[m["city_id"]],
            radius=max(4.0, LARGEST * ((m["share"] or 0) / most) ** 0.5), kind="bub f")
        for m in members if m["city_id"] in at
    ]  # fmt: skip
    pairs = [p for p in group.pairs if p["works"]] if group else []
    top = max((p["works"] for p in pairs), default=1)
    lines = [
        Line([at[p["city_a"]], at[p["city_b"]]], "link", max(1.0, THICKEST * p["works"] / top))
        for p in pairs if p["city_a"] in at and p["city_b"] in at
    ]  # fmt: skip
    return RegionMap(dots, lines)


def _map_note(request: Request, named: Named, group: Group | None) -> str:
    if group is None:
        return request.t(
            "Cities joined by a line. Land only, no borders.",
            "各城以线相连。底图只画陆地，不画界线。",
        )
    return request.t(
        f"The area of a circle is the Share, the width of a line the joint works, data year "
        f"{group.year}. Land only, no borders.",
        f"圆面积为份额，线宽为合著论文数，数据年份{group.year}。底图只画陆地，不画界线。",
    )

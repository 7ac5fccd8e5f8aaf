"""The sections of a city's page that are drawn: why it moved, where it stands, with whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from sciencecities.observatory.city import Observatory
from sciencecities.publish import drawn, explained, matrix, region
from sciencecities.publish.explained import Part, Waterfall
from sciencecities.publish.figures import Figure
from sciencecities.publish.land import credit
from sciencecities.publish.maps import Dot, Line, RegionMap
from sciencecities.publish.marks import Scale
from sciencecities.publish.request import Request
from sciencecities.publish.shown import Row
from sciencecities.publish.worldmap import WorldMap

AMONG = 7
"""Partners in the matrix, beside the city."""

LARGEST, NAMED_SITES = 22.0, 8
THICKEST = 7.0

NEAR = 45.0
"""Degrees within which partners are shown on the map of a region."""


YEARS = 8


class Plot(NamedTuple):
    """Labelled ranks with their axis and figure, as `rank_plot` takes them."""

    scale: Scale
    rows: list[tuple[str, Row]]
    figure: Figure


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn map with its figure, whose source names whose land it shows."""

    markup: Markup
    figure: Figure


def history(request: Request, city_id: str) -> Plot | None:
    """The city's rank in each data year; None of a single one."""
    rows = request.shown.history(city_id)[-YEARS:]
    if len(rows) < 2:
        return None
    first, last = rows[0], rows[-1]
    before, after = request.say.ranked(first), request.say.ranked(last)
    title = request.t(
        f"{before} in {first['data_year']}, {after} in {last['data_year']}",
        f"{first['data_year']}年{before}，{last['data_year']}年{after}",
    )
    named = [str(r["data_year"]) for r in rows]
    figure = drawn.ranks(request, "years", title, rows, named, years=True)
    return Plot(drawn.scale(rows), list(zip(named, rows, strict=True)), figure)


def why(request: Request, city_id: str, row: Row) -> Waterfall | None:
    """The change of the Share by institution; None without a year before or a place in it."""
    shown = request.shown
    before = shown.year_before
    if not shown.has_movement or before is None or row["scope"] != "overall":
        return None
    old = shown.row(city_id, year=before)
    totals = [shown.edition.size("overall", y) for y in (before, shown.year)]
    if old is None or row["data_year"] != shown.year or not totals[0]:
        return None
    growth = float(totals[1] / totals[0]) - 1
    nameless = request.t("No institution named", "未写明单位")
    parts = [
        Part(
            str(g["institution"] or nameless),
            g["after"] - g["before"] * (1 + growth),
            g["institution_id"] if g["after"] else None,
        )
        for g in shown.gains(city_id)
    ]
    grew = explained.growth(request, old["share"] * growth)
    return explained.waterfall(
        request, _why_title(request, parts), (str(before), str(shown.year)),
        (old["share"], row["share"]), [grew], [p for p in parts if p.change], city_id,
    )  # fmt: skip


def _why_title(request: Request, parts: list[Part]) -> str:
    """Who changed the Share most, after the world's growth."""
    most = max(parts, key=lambda p: (abs(p.change), p.label), default=None)
    if request.shown.not_comparable:
        return request.t("What the difference of the two Shares is made of", "两年份额之差的构成")
    if most is None or not most.change:
        return request.t("Its Share moved as the world’s output did", "份额随全球产出而变")
    said = request.say.signed(most.change, explained.LEAST_DIGITS)
    if most.change > 0:
        return request.t(
            f"Beyond the world’s growth, {most.label} added most: {said}",
            f"扣除全球增长后，{most.label}增加最多：{said}",
        )
    return request.t(
        f"Against the world’s growth, {most.label} fell back most: {said}",
        f"与全球增长相比，{most.label}减少最多：{said}",
    )


# --- where ------------------------------------------------------------------------------------


def sites(request: Request, city_id: str, facts: Observatory | None) -> Drawn | None:
    """The city's places by Share, and the sites that sources state; None for a single place."""
    places = request.shown.sites(city_id)
    stated = region.sites_map(facts, request.lang) if facts else None
    if len(places) < 2 and stated is None:
        return None
    most = max((p["share"] for p in places), default=1.0) or 1.0
    dots = [
        Dot(_place(request, city_id, p) if n < NAMED_SITES else "", p["longitude"], p["latitude"],
            max(3.0, LARGEST * (p["share"] / most) ** 0.5), "bub")
        for n, p in enumerate(places)
    ]  # fmt: skip
    made = RegionMap([*dots, *(stated.dots if stated else ())], stated.lines if stated else ())
    n = len(places)
    title = request.t(f"Its institutions stand in {n} places", f"单位分布在{n}处")
    if n < 2 and stated:
        n_stated = len(stated.dots)
        title = request.t(f"Sources name {n_stated} of its sites", f"来源述及本市{n_stated}处地点")
    counted = request.t(
        "The area of a circle is the Share of the institutions that the registry places there.",
        "圆面积为登记在该地的单位的份额。",
    )
    rings = request.t(
        "Rings are platforms and facilities, as sources state them.",
        "空心圆为平台与设施，据来源所述。",
    )
    if not places:
        counted = ""
    plain = request.t("Land only, no borders.", "底图只画陆地，不画界线。")
    note = request.t(" ", "").join(filter(None, (counted, rings if stated else "", plain)))
    columns = ("kind", "name", "latitude", "longitude", "share")
    rows = [["counted", p["place"], p["latitude"], p["longitude"], p["share"]] for p in places]
    for d in stated.dots if stated else ():
        rows.append(["stated", d.name, d.latitude, d.longitude, None])
    figure = request.figure(
        "places", title, note, columns, rows, lambda: made.drawing(request.lang),
        request.source_line() + credit(made.box, request.lang),
    )  # fmt: skip
    label = f"{title}{request.t('. ', '。')}{note}"
    return Drawn(made.markup(request.lang, label), figure)


def _place(request: Request, city_id: str, place: Row) -> str:
    """A place's name; the city's own, in the page's language, where it is its principal place."""
    if place["place_id"] == city_id:
        return request.say.city(request.shown.cities[city_id])
    return str(place["place"])


# --- with whom --------------------------------------------------------------------------------


def partners(request: Request, city_id: str, rows: list[Row]) -> Drawn | None:
    """The leading partners on a map of the world, joined with the city."""
    cities = request.shown.cities
    here = cities[city_id]
    placed = [(p, cities[p["other_id"]]) for p in rows if p["other_id"] in cities]
    placed = [(p, c) for p, c in placed if c["longitude"] is not None]
    if not placed or here["longitude"] is None:
        return None
    most = max(p["works"] for p, _ in placed)
    own = Dot(request.say.city(here), here["longitude"], here["latitude"], 6.5, "dot f")
    others = [
        (Dot(request.say.city(c), c["longitude"], c["latitude"], 4.5, "dot"), p["works"])
        for p, c in placed
    ]
    made = _reaching(own, others, most)
    title = request.t(f"Its {len(others)} leading partners", f"主要合作城市{len(others)}座")
    note = request.t(
        f"The width of a line is the number of joint works, data year {request.shown.year}",
        f"线宽为合著论文数，数据年份{request.shown.year}",
    )
    columns = ("city_id", "city", "latitude", "longitude", "works", "score")
    cells = [
        [p["other_id"], request.say.city(c), c["latitude"], c["longitude"], p["works"], p["score"]]
        for p, c in placed
    ]
    ground = credit(made.box if isinstance(made, RegionMap) else None, request.lang)
    figure = request.figure(
        "partners", title, note, columns, cells, lambda: made.drawing(request.lang),
        request.source_line() + ground,
    )  # fmt: skip
    label = f"{title}{request.t('. ', '。')}{note}"
    return Drawn(made.markup(request.lang, label), figure)


def _reaching(own: Dot, others: list[tuple[Dot, int]], most: int) -> WorldMap | RegionMap:
    """The map of the world, or of the part of it where all of them are."""
    dots = [own, *(dot for dot, _ in others)]
    thick = [max(1.0, THICKEST * works / most) for _, works in others]
    easts, norths = [d.longitude for d in dots], [d.latitude for d in dots]
    if max(easts) - min(easts) < NEAR and max(norths) - min(norths) < NEAR:
        lines = [
            Line([(own.longitude, own.latitude), (dot.longitude, dot.latitude)], "link f", wide)
            for (dot, _), wide in zip(others, thick, strict=True)
        ]
        return RegionMap(dots, lines)
    links = [(own, dot, wide) for (dot, _), wide in zip(others, thick, strict=True)]
    return WorldMap(dots, links, on_phone=4)


def among(request: Request, city_id: str, rows: list[Row]) -> matrix.Matrix | None:
    """The city and its leading partners, each with each."""
    ids = [city_id, *(p["other_id"] for p in rows[:AMONG])]
    cities = [request.shown.cities[c] for c in ids if c in request.shown.cities]
    if len(cities) < 3:
        return None
    pairs = request.shown.among(ids)
    title = request.t("Its partners work with each other too", "合作城市之间的合作")
    return matrix.of_pairs(request, "among", title, cities, pairs)

"""Countries by Share, and one page for each with its cities."""

from __future__ import annotations

from dataclasses import replace

from sciencecities.publish import drawn, marks, plots
from sciencecities.publish.figures import Drawing, Figure
from sciencecities.publish.marks import Scale, rank_scale
from sciencecities.publish.order import order
from sciencecities.publish.plots import PlotRow
from sciencecities.publish.request import Page, Request
from sciencecities.publish.shown import Row, Shown
from sciencecities.publish.site import NoSuchPageError

CITIES = 50
COLUMNS = ("data_year", "scope", "country", "rank", "rank_low", "rank_high", "share", "count")


def names(shown: Shown) -> list[str]:
    """Codes of the countries that have a ranked city, lower case.

    A published ranking ranks no countries: there those with a city's page, which leads to them.
    """
    rows = [r for r in shown.ranking() if not shown.is_published or r["city_id"] in shown.with_page]
    return sorted({str(r["country"]).lower() for r in rows if r["country"]})


def index(request: Request, _name: str) -> Page:
    """All countries by rank."""
    rows = request.shown.countries()
    title = request.t("No country is ranked", "没有国家和地区的排名")
    if rows:
        first = request.country(rows[0]["country"])
        title = request.t(
            f"{first} is first of {len(rows)} countries", f"{first}在{len(rows)}个国家和地区中居首"
        )
    ends = [r[k] for r in rows[:CITIES] for k in ("rank", "rank_high")]
    scale = rank_scale(ends)
    return request.render(
        "countries.html", title=title, section="cities", rows=rows, scale=scale,
        ranks=_ranks(request, title, rows, scale) if rows else None,
    )  # fmt: skip


def _ranks(request: Request, title: str, rows: list[Row], scale: Scale) -> Figure:
    """All countries as numbers, the leading ones drawn."""
    say = request.say

    def draw() -> Drawing:
        lines = [
            PlotRow(request.country(r["country"]), say.whole(r["rank"]), request.interval(scale, r),
                    say.span(r["rank_low"], r["rank_high"]) or "–")
            for r in rows[:CITIES]
        ]  # fmt: skip
        return plots.drawing(lines, axis=marks.axis(scale, say.rank(1)))

    note = request.t(
        f"World rank of countries, data year {request.shown.year}; bar: {request.bar()}",
        f"国家和地区的全球名次，数据年份{request.shown.year}；粗线为{request.bar()}",
    )
    return request.figure("ranks", title, note, COLUMNS, [[r[c] for c in COLUMNS] for r in rows],
                          draw)  # fmt: skip


def page(request: Request, name: str) -> Page:
    """One country: its rank, and its cities."""
    code = name.upper()
    cities = [r for r in request.shown.ranking() if r["country"] == code]
    if not cities:
        raise NoSuchPageError(f"no country {name!r} in {request.shown.slug}")
    country = next((r for r in request.shown.countries() if r["country"] == code), None)
    title = _title(request, code, cities, len(request.shown.ranking()))
    first = order(request, cities)
    first = replace(first, rows=first.rows[:CITIES])
    return request.render(
        "country.html",
        title=title,
        ranks=drawn.ranks(request, "ranks", title, first.rows),
        section="cities",
        country=country,
        cities=first,
        n_cities=len(cities),
        scale=drawn.scale(first.rows),
    )


def _title(request: Request, code: str, cities: list[Row], n_all: int) -> str:
    name, lead = request.country(code), request.say.city(cities[0])
    top = sum(1 for r in cities if r["rank"] <= 10)
    if top:
        return request.t(
            f"{name} has {top} of the first ten cities", f"前十城市中，{name}有{top}座"
        )
    rank = request.say.rank(cities[0]["rank"])
    of = "" if request.shown.is_published else f" of {n_all:,}"  # of how many is not published
    return request.t(
        f"{lead} leads {name}, {rank}{of} in the world",
        f"{name}以{lead}居首，列全球{rank}",
    )

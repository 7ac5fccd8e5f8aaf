"""The figures of pages that show ranked cities, subjects, institutions, partners, unassigned."""

from __future__ import annotations

from collections.abc import Sequence

from sciencecities.publish import marks, plots
from sciencecities.publish.charts import Chart
from sciencecities.publish.figures import Drawing, Figure
from sciencecities.publish.ground import Life
from sciencecities.publish.marks import Scale, rank_scale
from sciencecities.publish.plots import PlotRow
from sciencecities.publish.request import Request
from sciencecities.publish.shown import Row

RANKED = ("scope", "city_id", "city", "city_zh", "country", "rank", "rank_low", "rank_high",
          "method_rank_best", "method_rank_worst", "share", "previous_rank")  # fmt: skip
ENDS = ("rank", "rank_high", "method_rank_worst")


def scale(rows: Sequence[Row]) -> Scale:
    """The axis that shows the ranks of these rows and, as far as it goes, their ranges."""
    return rank_scale([r[k] for r in rows for k in ENDS], [r["rank"] for r in rows])


def ranks(
    request: Request, id_: str, title: str, rows: Sequence[Row], named: Sequence[str] | None = None,
    *, focus: str = "", years: bool = False,
) -> Figure:  # fmt: skip
    """Ranked rows with their ranges; `named` are the labels where they are not the cities.

    The rows of the city `focus` are coloured. With `years` they are of several data years.
    """
    say = request.say
    labels = named or [say.city(r) for r in rows]
    axis = scale(rows)

    def draw() -> Drawing:
        unknown = request.t("not published", "未公布") if request.shown.is_published else "–"
        lines = [
            PlotRow(label, say.whole(row["rank"]),
                    request.interval(axis, row, focus=row["city_id"] == focus),
                    say.span(row["rank_low"], row["rank_high"]) or unknown)
            for label, row in zip(labels, rows, strict=True)
        ]  # fmt: skip
        return plots.drawing(lines, axis=marks.axis(axis, say.rank(1)))

    columns = ("data_year", *RANKED) if years else RANKED
    return request.figure(id_, title, _rank_note(request, years=years), columns,
                          [[r[c] for c in columns] for r in rows], draw)  # fmt: skip


def _rank_note(request: Request, *, years: bool = False) -> str:
    year = request.t(f"data year {request.shown.year}", f"数据年份{request.shown.year}")
    if years:
        year = request.t("by data year", "按数据年份")
    if request.shown.is_published:
        return request.t(f"World rank as published, {year}", f"公布的全球名次，{year}")
    note = request.t(
        f"World rank, {year}. Dot: rank. Bar: {request.bar()}.",
        f"全球名次，{year}。圆点为名次，粗线为{request.bar()}。",
    )
    if not request.shown.is_counted:
        return note
    return note + request.t(" Whiskers: other methods.", "细线为换一种算法的最好与最差。")


def bars(
    request: Request,
    id_: str,
    title: str,
    note: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str, float, Sequence[object]]],
    *,
    kind: str = "bar",
) -> Figure:
    """Amounts as bars from 0: (label, amount, cells of the CSV), the largest first."""

    def draw() -> Drawing:
        most = max((amount for _, amount, _ in rows), default=1.0) or 1.0
        said = request.say.shares([amount for _, amount, _ in rows])
        lines = [
            PlotRow(label, number, marks.bar(amount / most, kind=kind, height=32))
            for (label, amount, _), number in zip(rows, said, strict=True)
        ]
        return plots.drawing(lines, height=32)

    return request.figure(id_, title, note, columns, [cells for *_, cells in rows], draw)


def unassigned(
    request: Request, title: str, parts: Sequence[tuple[str, float]], n: float
) -> Figure:
    """What no city got, by reason, per 100 works."""
    year = request.shown.year
    whole = request.shown.edition.whole
    caption, zh = whole.lost_by_reason
    columns = ("works", "per_100_works") if whole.of_works else ("share", "per_100")
    return bars(
        request, "unassigned", title,
        request.t(f"{caption}, data year {year}", f"{zh}，数据年份{year}"),
        ("data_year", "reason", *columns),
        [(request.say.reason(reason), 100 * works / n, (year, reason, works, 100 * works / n))
         for reason, works in parts],
        kind="hbox",
    )  # fmt: skip


def institutions(request: Request, title: str, city_id: str, rows: Sequence[Row]) -> Figure:
    """The leading institutions of a city by Share."""
    year = request.shown.year
    shares, zh = request.shown.edition.whole.shares
    nameless = request.t("No institution named", "未写明单位")
    return bars(
        request, "institutions", title,
        request.t(f"{shares} by institution, data year {year}", f"各单位{zh}，数据年份{year}"),
        ("data_year", "city_id", "institution_id", "institution", "share", "count"),
        [(str(r["institution"] or nameless), r["share"],
          (year, city_id, r["institution_id"], r["institution"], r["share"], r["count"]))
         for r in rows],
    )  # fmt: skip


def lives(request: Request, title: str, found: Sequence[Life], scale: Scale) -> Figure:
    """Facilities over the years, as sources state them."""
    on = request.site.on

    def draw() -> Drawing:
        lines = [
            PlotRow(life.name, "", marks.life(scale, life.begun, life.until, life.due,
                                              overdue=life.overdue),
                    under=(life.host, life.words))
            for life in found
        ]  # fmt: skip
        return plots.drawing(lines, axis=marks.years(scale), height=30)

    columns = ("facility", "hosts", "begun", "known_until", "due", "is_overdue", "status")
    return request.figure(
        "facilities",
        title,
        request.t(f"Solid has happened, dashed and ringed is planned; statuses of {on}",
                  f"实线为已发生，虚线与空心圆为规划；状态截至{on}"),
        columns,
        [(life.name, life.host, life.begun, life.until, life.due, life.overdue, life.words)
         for life in found],
        draw,
        request.t("As the sources of the observatory state it; not counted here.",
                  "据观测台所列来源，非本处统计。"),
    )  # fmt: skip


def chart(
    request: Request, id_: str, title: str, note: str, made: Chart,
    columns: Sequence[str], rows: Sequence[Sequence[object]],
) -> Figure:  # fmt: skip
    """A chart of the library, with the numbers behind it."""
    return request.figure(id_, title, note, columns, rows, made.drawing)

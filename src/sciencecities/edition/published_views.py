"""What a ranking that somebody else published says, for reading. It has no ranges and no works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sciencecities.edition.show import QUALITY, Column, View, decimals, ordinal, plural

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition

Row = dict[str, Any]

NO_RANGES = "Rank ranges: not published."
GAPS = "Ranks that no source read here gives are left out."


def about_line(edition: Edition) -> str:
    """Who published the ranking, when, under which titles, of which year's works."""
    about = edition.manifest.get("published", {})
    titles = dict.fromkeys(t for t in (about.get("title_en"), about.get("title_zh")) if t)
    named = " / ".join(titles) or edition.name
    when = f" on {about['published']}" if about.get("published") else ""
    publisher = about.get("publisher_en") or "somebody else"
    years = ", ".join(str(y) for y in edition.years)
    return f"Published by {publisher}{when}, not counted here: {named}. Data year {years}."


def published_rank_view(edition: Edition, scope: str, year: int, top: int | None) -> View:
    """The ranks of a scope as published."""
    everything: list[Row] = edition.rankings(scope, year).to_pylist()
    rows = everything[:top]
    columns = [
        Column("Rank", True), Column("Movement"), Column("City"), Column("城市"),
        Column("Country"), *_numbers(rows),
    ]  # fmt: skip
    cells = [
        [
            f"{r['rank']:,}", _movement(r), r["city"], r["city_zh"] or "–", r["country"] or "–",
            *_number_cells(rows, r),
        ]
        for r in rows
    ]  # fmt: skip
    return View(_rank_title(edition, everything, scope, year), columns, cells, _notes(edition))


def published_city_view(edition: Edition, city_id: str) -> View:
    """One city's published ranks, in every scope."""
    rows: list[Row] = edition.city(city_id).to_pylist()
    columns = [
        Column("Year"), Column("Scope"), Column("学科"), Column("Rank", True), Column("Movement"),
        *_numbers(rows),
    ]  # fmt: skip
    cells = [
        [
            str(r["data_year"]), edition.title(r["scope"]), edition.title(r["scope"], "zh"),
            f"{r['rank']:,}", _movement(r), *_number_cells(rows, r),
        ]
        for r in rows
    ]  # fmt: skip
    first = rows[0]
    name = f"{first['city']}（{first['city_zh']}）" if first["city_zh"] else first["city"]
    where = _where(edition, first["scope"], first["data_year"])
    rank = f"is {ordinal(first['rank'])}{where}{_was(first)}"
    title = f"{name}, {first['country'] or '–'}, {rank}, as {_publisher(edition)} published it."
    return View(title, columns, cells, _notes(edition))


def _rank_title(edition: Edition, rows: Sequence[Row], scope: str, year: int) -> str:
    where = _where(edition, scope, year)
    if not rows:
        return f"No city{where}."
    listed = f"{plural(len(rows), 'city')} listed here"
    first = ordinal(rows[0]["rank"])
    return f"{rows[0]['city']} is {first}{where}{_was(rows[0])}, of {listed}, as published."


def _where(edition: Edition, scope: str, year: int) -> str:
    return f" overall in {year}" if scope == "overall" else f" in {edition.title(scope)} in {year}"


def _was(row: Row) -> str:
    if not row["rank_change"]:
        return ""
    return f", {'up' if row['rank_change'] > 0 else 'down'} from {ordinal(row['previous_rank'])}"


def _movement(row: Row) -> str:
    from sciencecities.edition.views import movement

    return movement(row)


def _publisher(edition: Edition) -> str:
    return str(edition.manifest.get("published", {}).get("publisher_en") or "its publisher")


def _notes(edition: Edition) -> list[str]:
    return [about_line(edition), NO_RANGES, GAPS, *edition.manifest.get("notes", []), QUALITY]


def _numbers(rows: Sequence[Row]) -> list[Column]:
    """Share and Count only where the publisher gave any."""
    titles = {"share": "Share, as published", "count": "Count, as published"}
    return [Column(t, True) for n, t in titles.items() if any(r[n] is not None for r in rows)]


def _number_cells(rows: Sequence[Row], row: Row) -> list[str]:
    cells = []
    shares = [r["share"] for r in rows if r["share"] is not None]
    if shares:
        share = row["share"]
        cells.append("–" if share is None else f"{share:,.{decimals(shares)}f}")
    if any(r["count"] is not None for r in rows):
        cells.append("–" if row["count"] is None else f"{row['count']:,}")
    return cells

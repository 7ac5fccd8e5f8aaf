"""The method lab for reading: a recomputed ranking, what moves a city, where it ends."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sciencecities.edition.show import (
    QUALITY,
    Column,
    View,
    decimals,
    minus,
    nth,
    ordinal,
    percents,
    plural,
)
from sciencecities.edition.views import rank_text
from sciencecities.method.choices import DIMENSIONS, Choice
from sciencecities.method.sensitivity import sensitivity

if TYPE_CHECKING:
    import pyarrow as pa

    from sciencecities.edition.read import Edition
    from sciencecities.method.lab import Lab

Row = dict[str, Any]

OWN_RANGES = "Ranges are those of the edition's own ranks; ranks under another choice have none."


def lab_view(edition: Edition, lab: Lab, scope: str, year: int, top: int | None) -> View:
    """The ranking under a choice, beside the edition's ranks."""
    rows: list[Row] = lab.table.slice(0, top).to_pylist()
    digits = decimals(r["share"] for r in rows)
    own = _own_ranks(edition, scope, year)
    parts = percents([r["world_share"] for r in rows])
    columns = [
        Column("Rank", True), Column("In the edition", True), Column("Moved"), Column("City"),
        Column("城市"), Column("Country"), Column("Share", True), Column("Count", True),
        Column("% of works", True),
    ]  # fmt: skip
    cells = [
        [
            nth(r["rank"]), own.get(r["edition_city_id"], "–"),
            _moved(r), r["city"] or r["city_id"], r["city_zh"] or "–", r["country"] or "–",
            f"{r['share']:,.{digits}f}", f"{r['count']:,}", part,
        ]
        for r, part in zip(rows, parts, strict=True)
    ]  # fmt: skip
    where = f"{edition.title(scope)}, {year}"
    title = f"{changes(edition.method.base, lab.choice)}: no city has a Share ({where})."
    if rows:
        first = [r["city"] or r["city_id"] for r in rows if r["rank"] == 1]
        cities = plural(lab.table.num_rows, "city")
        leads = f"{first[0]} is first of {cities}"
        if len(first) > 1:
            leads = f"{len(first)} of {cities} share the lead"
        title = f"{changes(edition.method.base, lab.choice)}: {leads} ({where})."
    notes = [f"{plural(lab.works, 'work')}; without a city: {lab.unassigned:,.1f}."]
    return View(title, columns, cells, [*notes, *_range_note(edition), QUALITY])


def _range_note(edition: Edition) -> list[str]:
    return [OWN_RANGES] if edition.manifest["configuration"].get("replicates") else []


def _own_ranks(edition: Edition, scope: str, year: int) -> dict[str, str]:
    """By city, the edition's rank with its range."""
    return {r["city_id"]: rank_text(r) for r in edition.rankings(scope, year).to_pylist()}


def changes(base: Choice, choice: Choice) -> str:
    """What differs from the edition's own choice.

    >>> own = Choice("nature-index", "metro", "all", "articles")
    >>> changes(own, own._replace(scheme="leiden", cities="place"))
    'With scheme leiden, cities place'
    >>> changes(own, own)
    "With the edition's own method"
    """
    parts = [
        f"{name} {value}"
        for name, value, own in zip(Choice._fields, choice, base, strict=True)
        if value != own
    ]
    return f"With {', '.join(parts)}" if parts else "With the edition's own method"


def _moved(row: Row) -> str:
    change = row["rank_change"]
    if change is None:
        return "–"
    return "same" if not change else f"{'up' if change > 0 else 'down'} {abs(change):,}"


# --- one city ---------------------------------------------------------------------------------


def mover(rows: list[Row]) -> tuple[str, float] | None:
    """The dimension of method that moves a rank most, and by how many places on average.

    `rows` are ranks under every choice (MethodLab.ranks_of). The mean, over all settings of the
    other dimensions, of worst less best rank; None if nothing moves it. A tie goes to the first.
    """
    spans = {}
    for dimension in DIMENSIONS:
        ranks: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for row in rows:
            ranks[tuple(row[d] for d in DIMENSIONS if d != dimension)].append(row["rank"])
        spans[dimension] = sum(max(r) - min(r) for r in ranks.values()) / max(1, len(ranks))
    best = max(spans, key=lambda d: spans[d], default=None)
    return (best, spans[best]) if best and spans[best] > 0 else None


def method_sentence(edition: Edition, city_id: str, scope: str, year: int) -> str | None:
    """ "Guangzhou is 4th to 9th under 84 choices of method; what moves it most is where the city
    ends (3.1 places on average)."; None for a city that leads under no choice."""
    rows: list[Row] = edition.method.ranks_of(city_id, scope, year).to_pylist()
    if not rows:
        return None
    city = edition.finder[city_id].city
    ranks = [r["rank"] for r in rows]
    place = ordinal(min(ranks))
    if min(ranks) != max(ranks):
        place = f"{place} to {ordinal(max(ranks))}"
    text = f"{city} is {place} under {_of_choices(edition, len(rows), city_id, scope, year)}"
    found = mover(rows)
    if found is None:
        return f"{text}."
    dimension, span = found
    return f"{text}; what moves it most is {DIMENSIONS[dimension]} ({span:.1f} places on average)."


def _of_choices(edition: Edition, n_listed: int, city_id: str, scope: str, year: int) -> str:
    """How many choices list the city, and its worst rank under those that do not."""
    n_choices = edition.method.n_choices(scope, year)
    if n_listed == n_choices:
        return f"{plural(n_listed, 'choice')} of method"
    ranked = edition.query(
        "SELECT method_rank_worst FROM rankings "
        "WHERE city_id = $city AND scope = $scope AND data_year = $year",
        {"city": city_id, "scope": scope, "year": year},
    ).to_pylist()
    worst = ranked[0]["method_rank_worst"] if ranked else None
    at_worst = f", at worst {ordinal(worst)}" if worst else ""
    return (
        f"{n_listed:,} of {n_choices:,} choices of method (under the others it is behind the "
        f"cities listed or has no Share{at_worst})"
    )


def choices_view(edition: Edition, city_id: str, scope: str, year: int) -> View | None:
    """One city's rank with one thing changed at a time, the finding as title."""
    sentence = method_sentence(edition, city_id, scope, year)
    if sentence is None:
        return None
    base = edition.method.base
    cells = []
    for row in edition.method.ranks_of(city_id, scope, year).to_pylist():
        choice = Choice(*(row[name] for name in Choice._fields))
        changed = [n for n, a, b in zip(Choice._fields, choice, base, strict=True) if a != b]
        if len(changed) <= 1:
            what = changed[0] if changed else "edition"
            value = getattr(choice, changed[0]) if changed else "as it is"
            cells.append([what, value, nth(row["rank"]), f"{row['share']:,.1f}"])
    order = {name: n for n, name in enumerate(("edition", *Choice._fields))}
    cells.sort(key=lambda cell: (order[cell[0]], cell[1]))
    columns = [Column("Changed"), Column("To"), Column("Rank", True), Column("Share", True)]
    return View(sentence, columns, cells)


def sensitivity_views(
    edition: Edition,
    city_id: str | None,
    geojson: str | None,
    scope: str,
    year: int,
    top: int,
    *,
    overlaps: str,
) -> tuple[list[View], pa.Table]:
    """Where cities stand under other definitions, and for one city the institutions behind it."""
    table, causes = sensitivity(
        edition.method, city_id, geojson, scope=scope, year=year, overlaps=overlaps
    )
    rows: list[Row] = table.to_pylist()
    shown = rows if city_id else rows[:top]
    ranks = _own_ranks(edition, scope, year)
    columns = [
        Column("City"), Column("Rank", True), Column("Share", True), Column("Cities by"),
        Column("Is"), Column("Rank then", True), Column("Share then", True), Column("Most by"),
    ]  # fmt: skip
    digits = decimals([r[share] for r in shown for share in ("edition_share", "share")])
    cells = [
        [
            r["city"] or r["city_id"], ranks[r["city_id"]],
            f"{r['edition_share']:,.{digits}f}", r["cities"],
            r["counterpart"] or "outside every city",
            "–" if r["rank"] is None else nth(r["rank"]), f"{r['share']:,.{digits}f}",
            _most(r, digits),
        ]
        for r in shown
    ]  # fmt: skip
    own = edition.method.base.cities
    title = f"Where cities end: {own}, and otherwise ({edition.title(scope)}, {year})."
    if city_id and not rows:
        name = edition.finder[city_id].city
        title = f"{name} has no Share by {own} ({edition.title(scope)}, {year})."
    elif city_id:
        moves = "; ".join(
            f"{ordinal(r['rank']) if r['rank'] else 'nowhere'} by {r['cities']}" for r in rows
        )
        title = f"{rows[0]['city']} is {ordinal(rows[0]['edition_rank'])} by {own}; {moves}."
    views = [View(title, columns, cells, [*_range_note(edition), QUALITY])]
    if city_id and causes.num_rows:
        views.append(_causes_view(causes, top))
        return views, causes
    return views, table


def _most(row: Row, digits: int) -> str:
    if row["institution_change"] is None:
        return "–"
    signed = minus(f"{row['institution_change']:+,.{digits}f}")
    return f"{row['institution'] or '(no institution named)'} {signed}"


def _causes_view(causes: pa.Table, top: int) -> View:
    rows: list[Row] = causes.to_pylist()
    digits = max(2, decimals([abs(r["share_change"]) for r in rows]))
    cells, shown = [], dict.fromkeys((r["cities"] for r in rows), 0)
    for r in rows:
        if shown[r["cities"]] < top:
            shown[r["cities"]] += 1
            name = r["institution"] or "(no institution named)"
            cells.append([r["cities"], name, minus(f"{r['share_change']:+,.{digits}f}")])
    columns = [Column("Cities by"), Column("Institution"), Column("Share", True)]
    return View("Institutions it would gain or lose.", columns, cells)

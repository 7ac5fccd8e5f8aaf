"""Rank stage: from summed units to the edition's small tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sciencecities.engines.base import Engine
from sciencecities.errors import ShareNotConservedError
from sciencecities.progress import Progress
from sciencecities.rank.order import CITY, COUNTRY, Listing, rank
from sciencecities.rank.stability import ListKey, Redraws, Stability, measure, movement_note
from sciencecities.rank.sums import sum_weights
from sciencecities.tables import (
    CITY_INSTITUTIONS,
    COLLABORATIONS,
    COUNTRY_RANKINGS,
    ORDER_PROBABILITIES,
    RANKINGS,
    TOTALS,
    UNASSIGNED,
    UNITS_PER_WORK,
    Table,
)

if TYPE_CHECKING:
    import pyarrow as pa

Group = tuple[int, str]  # data year, scope
Sums = Mapping[Group, Mapping[str, tuple[int, int]]]  # name → (units, works)

NO_REDRAWS = Redraws()

# Number 0 stands for placed strings that name no institution.
INSTITUTIONS = """
SELECT institution_no, MIN(institution_id) AS institution_id,
       MIN(root_institution_id) AS root_institution_id, MIN(institution) AS institution
FROM units WHERE institution_id IS NOT NULL GROUP BY institution_no
UNION ALL
SELECT 0, NULL, NULL, NULL
"""


def rank_all(
    engine: Engine, scheme: str, progress: Progress, redraws: Redraws = NO_REDRAWS
) -> dict[str, pa.Table]:
    """The edition's tables that are sums: rankings, country_rankings, … , totals.

    The engine must know weights, unit_targets, targets, countries, units, cities, members,
    scope_names; for re-draws also selected.
    Raises ShareNotConservedError if Shares and unassigned parts do not add up to the works.
    """
    sum_weights(engine, progress)
    totals = _totals(engine)
    cities, unassigned = _shares(engine)
    if scheme != "full":
        check_conserved(totals, cities, unassigned)
    sums = {
        "city_institutions": _city_institutions(engine),
        "collaborations": _collaborations(engine),
        "unassigned": _unassigned(unassigned),
        "totals": _table(TOTALS, ((*group, works) for group, works in sorted(totals.items()))),
    }
    countries = _countries(engine)
    lists = [
        *_listings(CITY, cities, _city_numbers(engine)),
        *_listings(COUNTRY, countries, _country_numbers(engine)),
    ]
    stability = measure(engine, lists, totals, redraws, progress)
    ranked = _Ranked(totals, unassigned, stability)
    return sums | {
        "rankings": _rankings(engine, ranked, cities, lists),
        "country_rankings": _country_rankings(ranked, countries, lists),
        "order_probabilities": _order_probabilities(stability),
    }


def check_conserved(
    totals: dict[Group, int],
    cities: dict[Group, dict[str, tuple[int, int]]],
    unassigned: dict[Group, dict[tuple[str, str], int]],
) -> None:
    """Σ city Share + Σ unassigned = number of works, to the last unit, in each year and scope."""
    for group, works in totals.items():
        placed = sum(units for units, _ in cities.get(group, {}).values())
        rest = sum(unassigned.get(group, {}).values())
        if placed + rest != works * UNITS_PER_WORK:
            raise ShareNotConservedError(
                f"{group[0]} {group[1]}: Shares add up to {_works(placed + rest)!r}, not to "
                f"{works} works; this is a fault of the program, please report it"
            )


def _totals(engine: Engine) -> dict[Group, int]:
    rows = engine.fetch(
        "SELECT m.data_year, n.scope, COUNT(*) AS works FROM members AS m "
        "JOIN scope_names AS n ON n.scope_no = m.scope_no GROUP BY m.data_year, n.scope"
    )
    return {(r["data_year"], r["scope"]): r["works"] for r in rows.to_pylist()}


def _shares(
    engine: Engine,
) -> tuple[dict[Group, dict[str, tuple[int, int]]], dict[Group, dict[tuple[str, str], int]]]:
    """City → (units, works) and (reason, country) → units, in each year and scope."""
    cities: dict[Group, dict[str, tuple[int, int]]] = defaultdict(dict)
    unassigned: dict[Group, dict[tuple[str, str], int]] = defaultdict(dict)
    for row in _rows(
        engine,
        "SELECT s.data_year, n.scope, t.city_id, t.reason, t.country, s.units, s.works "
        "FROM by_target AS s JOIN targets AS t ON t.target_no = s.target_no "
        "JOIN scope_names AS n ON n.scope_no = s.scope_no",
    ):
        year, scope, city, reason, country, units, works = row
        if city is not None:
            cities[year, scope][city] = (int(units), works)
        else:
            unassigned[year, scope][reason, country or ""] = int(units)
    return cities, unassigned


def _city_numbers(engine: Engine) -> dict[str, int]:
    rows = _rows(engine, "SELECT city_id, target_no FROM targets WHERE city_id IS NOT NULL")
    return dict(rows)


def _country_numbers(engine: Engine) -> dict[str, int]:
    return dict(_rows(engine, "SELECT country, country_no FROM countries"))


def _countries(engine: Engine) -> dict[Group, dict[str, tuple[int, int]]]:
    """Country → (units, works), in each year and scope."""
    countries: dict[Group, dict[str, tuple[int, int]]] = defaultdict(dict)
    for year, scope, country, units, works in _rows(
        engine,
        "SELECT s.data_year, n.scope, c.country, s.units, s.works FROM by_country AS s "
        "JOIN countries AS c ON c.country_no = s.country_no "
        "JOIN scope_names AS n ON n.scope_no = s.scope_no",
    ):
        countries[year, scope][country] = (int(units), works)
    return countries


def _listings(kind: int, groups: Sums, numbers: Mapping[str, int]) -> Iterator[Listing]:
    """One list a year and scope, in order."""
    for year, scope in sorted(groups):
        units = {name: u for name, (u, _) in groups[year, scope].items()}
        ranked = rank(units)
        names = [name for _, name in ranked]
        yield Listing(
            year,
            scope,
            kind,
            names,
            [numbers[n] for n in names],
            [r for r, _ in ranked],
            [units[n] for n in names],
        )


def _rankings(engine: Engine, ranked: _Ranked, cities: Sums, lists: Sequence[Listing]) -> pa.Table:
    facts = {r["city_id"]: r for r in engine.fetch("SELECT * FROM cities").to_pylist()}

    def named(city_id: str) -> tuple[Any, ...]:
        c = facts[city_id]
        return (city_id, c["city"], c["city_zh"], c["country"], c["latitude"], c["longitude"])

    return _table(RANKINGS, ranked.rows(CITY, cities, lists, named))


def _country_rankings(ranked: _Ranked, countries: Sums, lists: Sequence[Listing]) -> pa.Table:
    return _table(COUNTRY_RANKINGS, ranked.rows(COUNTRY, countries, lists, lambda c: (c,)))


def _order_probabilities(stability: Mapping[ListKey, Stability]) -> pa.Table:
    rows = (
        (year, scope, *pair)
        for (year, scope, kind), found in sorted(stability.items(), key=lambda item: item[0])
        if kind == CITY
        for pair in found.pairs
    )
    return _table(ORDER_PROBABILITIES, rows)


class _Ranked:
    """Makes the rows of a ranking table in key order; what is not known is null."""

    def __init__(
        self,
        totals: dict[Group, int],
        unassigned: dict[Group, dict[tuple[str, str], int]],
        stability: Mapping[ListKey, Stability],
    ) -> None:
        self._totals = totals
        self._stability = stability
        self._newest = max((year for year, _ in totals), default=0)
        rest = {group: sum(parts.values()) for group, parts in unassigned.items()}
        self._notes = {group: movement_note(group, totals, rest) for group in totals}

    def rows(
        self,
        kind: int,
        sums: Sums,
        lists: Sequence[Listing],
        named: Callable[[str], tuple[Any, ...]],
    ) -> Iterator[tuple[Any, ...]]:
        """Rows of RANKINGS or COUNTRY_RANKINGS; `named` gives the columns that name an item."""
        chosen = [one for one in lists if one.kind == kind]
        place = {(o.year, o.scope): dict(zip(o.names, o.ranks, strict=True)) for o in chosen}
        for one in chosen:
            year, scope = group = (one.year, one.scope)
            before = place.get((year - 1, scope), {})
            works, newest = self._totals[group], self._totals.get((self._newest, scope))
            for i, (position, name) in enumerate(zip(one.ranks, one.names, strict=True)):
                units, n_works = sums[group][name]
                previous = before.get(name)
                width, order, movement = self._uncertain(one, i, previous)
                yield (
                    year,
                    scope,
                    position,
                    *named(name),
                    _works(units),
                    n_works,
                    None if newest is None else _works_scaled(units, newest, works),
                    units / (works * UNITS_PER_WORK),
                    *width,
                    previous,
                    None if previous is None else previous - position,
                    *order,
                    *movement[:2],
                    *(None,) * 2,
                    *movement[2:],
                )

    def _uncertain(
        self, one: Listing, i: int, previous: int | None
    ) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
        """Ranges; probabilities of order; of movement (p_rose, p_fell, raw ones, note)."""
        found = self._stability.get((one.year, one.scope, one.kind))
        note = None if previous is None else self._notes[one.year, one.scope]
        if found is None:
            return (None,) * 5, (None,) * 2, (None, None, None, None, note)
        stated = (None, None) if note else (found.p_rose[i], found.p_fell[i])
        return (
            (
                found.n_eff[i],
                found.share_low[i],
                found.share_high[i],
                found.rank_low[i],
                found.rank_high[i],
            ),
            (found.p_top10[i], found.p_ahead_next[i]),
            (*stated, found.raw_p_rose[i], found.raw_p_fell[i], note),
        )


def _city_institutions(engine: Engine) -> pa.Table:
    engine.table("institutions", INSTITUTIONS)
    rows = _rows(
        engine,
        "SELECT s.data_year, n.scope, t.city_id, i.institution_id, i.root_institution_id, "
        "i.institution, s.units, s.works FROM by_institution AS s "
        "JOIN targets AS t ON t.target_no = s.target_no "
        "JOIN institutions AS i ON i.institution_no = s.institution_no "
        "JOIN scope_names AS n ON n.scope_no = s.scope_no "
        "ORDER BY s.data_year, n.scope, t.city_id, i.institution_id NULLS FIRST",
    )
    return _table(CITY_INSTITUTIONS, ((*r[:6], _works(r[6]), r[7]) for r in rows))


def _collaborations(engine: Engine) -> pa.Table:
    rows = _rows(
        engine,
        "SELECT s.data_year, n.scope, a.city_id AS city_a, b.city_id AS city_b, s.works, s.units "
        "FROM by_pair AS s JOIN targets AS a ON a.target_no = s.target_a "
        "JOIN targets AS b ON b.target_no = s.target_b "
        "JOIN scope_names AS n ON n.scope_no = s.scope_no "
        "ORDER BY s.data_year, n.scope, a.city_id, b.city_id",
    )
    return _table(COLLABORATIONS, ((*r[:5], _works(r[5])) for r in rows))


def _unassigned(unassigned: dict[Group, dict[tuple[str, str], int]]) -> pa.Table:
    rows = (
        (*group, reason, country or None, _works(units))
        for group in sorted(unassigned)
        for (reason, country), units in sorted(unassigned[group].items())
    )
    return _table(UNASSIGNED, rows)


def _works(units: int | Decimal) -> float:
    """Doubles are made once, from exact integers (Python divides these correctly rounded)."""
    return int(units) / UNITS_PER_WORK


def _works_scaled(units: int, numerator: int, denominator: int) -> float:
    return units * numerator / (UNITS_PER_WORK * denominator)


def _rows(engine: Engine, sql: str) -> Iterator[tuple[Any, ...]]:
    for batch in engine.batches(sql):
        yield from zip(*(c.to_pylist() for c in batch.columns), strict=True)


def _table(table: Table, rows: Iterable[tuple[Any, ...]]) -> pa.Table:
    import pyarrow as pa

    schema = table.schema()
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)

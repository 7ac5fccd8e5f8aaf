"""What a city does more of than the world (docs/INDUSTRIES.md, "Specialisation")."""

from __future__ import annotations

from math import exp, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from sciencecities.edition.show import Column, View, decimals, percents
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    import pyarrow as pa

    from sciencecities.edition.read import Edition

Z95 = 1.959963984540054
FEW_WORKS = 10.0

# A work's weight in the city, and the sums over its works, overall and inside each scope.
SUMS_SQL = """
WITH weights AS (
    SELECT work_id, SUM(units)::DOUBLE / $unit AS w FROM contributions
    WHERE city_id = $city AND data_year = $year GROUP BY work_id
)
SELECT s.scope, SUM(w) AS share, SUM(w * w) AS squares
FROM weights JOIN work_scopes AS s ON s.work_id = weights.work_id
GROUP BY s.scope
"""


class Ratio(NamedTuple):
    """A specialisation with its 95 % limits; None where the city has no work in the scope."""

    value: float
    low: float | None
    high: float | None


def ratio(
    share: float, squares: float, total: float, total_squares: float, world_part: float
) -> Ratio:
    """The specialisation from sums of weights and squared weights, in the scope and overall.

    >>> tuple(round(x, 3) for x in ratio(20.0, 10.0, 100.0, 50.0, 0.1))
    (2.0, 1.516, 2.639)
    """
    part = share / total
    if not share:
        return Ratio(0.0, None, None)
    rest = max(0.0, total_squares - squares)
    error = sqrt((1 - part) ** 2 * squares + part**2 * rest) / total
    spread = exp(Z95 * error / part)
    value = part / world_part
    return Ratio(value, value / spread, value * spread)


def specialisation(edition: Edition, city_id: str, year: int) -> pa.Table:
    """One row per scope but `overall`, in the edition's order.

    Columns: data_year, scope, share (works), part (of the city's Share), world_part (of all
    works), specialisation, low, high (95 %), n_eff (effective works), few_works. Empty where no
    works are known.
    """
    import pyarrow as pa

    schema = pa.schema(
        [
            ("data_year", pa.int32()),
            ("scope", pa.string()),
            *((n, pa.float64()) for n in ("share", "part", "world_part")),
            *((n, pa.float64()) for n in ("specialisation", "low", "high", "n_eff")),
            ("few_works", pa.bool_()),
        ]
    )
    values = {"city": city_id, "year": year, "unit": UNITS_PER_WORK}
    sums = {r["scope"]: r for r in edition.query(SUMS_SQL, values).to_pylist()}
    overall = sums.get("overall")
    if overall is None:
        return schema.empty_table()
    rows = [
        _row(edition, year, scope, sums.get(scope), overall)
        for scope in edition.scopes
        if scope != "overall" and edition.n_works(scope, year)
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def _row(
    edition: Edition, year: int, scope: str, sums: dict[str, Any] | None, overall: dict[str, Any]
) -> dict[str, Any]:
    share, squares = (sums["share"], sums["squares"]) if sums else (0.0, 0.0)
    world_part = edition.n_works(scope, year) / edition.n_works("overall", year)
    found = ratio(share, squares, overall["share"], overall["squares"], world_part)
    n_eff = share**2 / squares if squares else 0.0
    return {
        "data_year": year, "scope": scope, "share": share,
        "part": share / overall["share"], "world_part": world_part,
        "specialisation": found.value, "low": found.low, "high": found.high,
        "n_eff": n_eff, "few_works": n_eff < FEW_WORKS,
    }  # fmt: skip


def specialisation_view(edition: Edition, city_id: str, year: int) -> View | None:
    """The scopes that the city works in, most above the world's mix first; None if there is none.

    Scopes of a handful of works come last, since their ratio means little.
    """
    rows = [r for r in specialisation(edition, city_id, year).to_pylist() if r["share"]]
    if not rows:
        return None
    rows.sort(key=lambda r: (r["few_works"], -r["specialisation"], r["scope"]))
    columns = [
        Column("Scope"), Column("× world", True), Column("95 %", True), Column("Share", True),
        Column("% of city", True), Column("% of world", True), Column(""),
    ]  # fmt: skip
    digits = decimals(r["share"] for r in rows)
    parts, world = percents([r["part"] for r in rows]), percents([r["world_part"] for r in rows])
    cells = [
        [
            edition.title(r["scope"]), f"{r['specialisation']:.2f}",
            f"{r['low']:.2f}–{r['high']:.2f}", f"{r['share']:,.{digits}f}", part, of_world,
            "few works" if r["few_works"] else "",
        ]
        for r, part, of_world in zip(rows, parts, world, strict=True)
    ]  # fmt: skip
    title = f"What it does more of than the world in {year}: 1 is the world's mix of works"
    return View(title, columns, cells)

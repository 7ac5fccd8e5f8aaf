"""What the choice of where cities end does to each city, and which institutions cause it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from sciencecities.locate.overlaps import REFUSE
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    from sciencecities.method.cube import Definition
    from sciencecities.method.of_edition import MethodLab

SENSITIVITY = pa.schema(
    [
        ("data_year", pa.int32()),
        ("scope", pa.string()),
        ("city_id", pa.string()),
        ("city", pa.string()),
        ("edition_rank", pa.int64()),
        ("edition_share", pa.float64()),
        ("cities", pa.string()),
        ("counterpart_id", pa.string()),
        ("counterpart", pa.string()),
        ("rank", pa.int64()),
        ("share", pa.float64()),
        ("rank_change", pa.int64()),
        ("share_change", pa.float64()),
        ("institution_id", pa.string()),
        ("institution", pa.string()),
        ("institution_change", pa.float64()),
    ]
)
"""One row per city of the edition and other definition: where it would stand, and the institution
that causes most of the change. rank_change = edition_rank − rank, positive for better."""

CAUSES = pa.schema(
    [
        ("data_year", pa.int32()),
        ("scope", pa.string()),
        ("city_id", pa.string()),
        ("cities", pa.string()),
        ("counterpart_id", pa.string()),
        ("institution_id", pa.string()),
        ("institution", pa.string()),
        ("share_change", pa.float64()),
    ]
)
"""One row per city, other definition and institution that it gains or loses; they add up to the
change of Share. Without institution_id: strings that name none. `DIVISION` stands for what the
schemes `city` and `full` divide otherwise among the cities of a work."""

DIVISION = "(works divided among other cities)"

OF_PLACES = """
SELECT c.place_id, c.institution_id, MIN(c.institution) AS institution,
       CAST(SUM(CAST(c.units AS DECIMAL(19,0))) AS DECIMAL(38,0)) AS units
FROM contributions AS c
JOIN work_scopes AS s ON s.work_id = c.work_id AND s.scope = $scope
WHERE c.data_year = $year AND c.place_id IS NOT NULL
GROUP BY c.place_id, c.institution_id
"""

Cause = tuple[str | None, str | None]  # institution id, name


class Other(NamedTuple):
    """A city of the edition under another definition."""

    definition: Definition
    row: dict[str, Any]  # as SENSITIVITY
    causes: dict[Cause, int]  # units gained


def sensitivity(
    lab: MethodLab,
    city_id: str | None = None,
    geojson: str | None = None,
    *,
    scope: str = "overall",
    year: int | None = None,
    overlaps: str = REFUSE,
) -> tuple[pa.Table, pa.Table]:
    """(SENSITIVITY, CAUSES) of one city, or of all, under every definition that is not the
    edition's own; `geojson` adds that of a file (`overlaps`: see locate/cities.py). Raises
    ConfigError, LocateError for the file."""
    year, scope = lab.edition.resolve_year(year), lab.edition.resolve_scope(scope)
    names = [*lab.cube.definitions, *([geojson] if geojson else [])]
    rankings = lab.edition.rankings(scope, year).to_pylist()
    own = [r for r in rankings if city_id is None or r["city_id"] == city_id]
    of_places = _of_places(lab, scope, year)
    others = [
        other
        for name in names
        if name != lab.base.cities
        for other in _under(lab, lab.definition(name, overlaps), own, of_places, scope, year)
    ]
    others.sort(key=lambda o: (o.row["edition_rank"], o.row["city_id"], o.row["cities"]))
    rows = [o.row | _main_cause(o.causes) for o in others]
    causes = [
        {k: o.row[k] for k in ("data_year", "scope", "city_id", "cities", "counterpart_id")}
        | {"institution_id": i, "institution": n, "share_change": units / UNITS_PER_WORK}
        for o in others
        for (i, n), units in sorted(o.causes.items(), key=_by_size)
    ]
    return pa.Table.from_pylist(rows, SENSITIVITY), pa.Table.from_pylist(causes, CAUSES)


def _of_places(lab: MethodLab, scope: str, year: int) -> dict[int, dict[Cause, int]]:
    """Place number → institution → units, as the edition counts them."""
    number = {row["place_id"]: row["place_no"] for row in lab.cube.places}
    found: dict[int, dict[Cause, int]] = defaultdict(dict)
    for row in lab.edition.query(OF_PLACES, {"scope": scope, "year": year}).to_pylist():
        cause = (row["institution_id"], row["institution"])
        found[number[row["place_id"]]][cause] = int(row["units"])
    return found


def _under(
    lab: MethodLab,
    definition: Definition,
    own: list[dict[str, Any]],
    of_places: dict[int, dict[Cause, int]],
    scope: str,
    year: int,
) -> list[Other]:
    """Each city under one other definition, with what it gains and loses."""
    base = lab.cube.definitions[lab.base.cities]
    table = lab.lab(ends=definition, scope=scope, year=year).table
    by_id = {row["city_id"]: row for row in table.to_pylist()}
    here, there = _places_by_city(base), _places_by_city(definition)
    is_additive = lab.base.scheme not in ("city", "full")
    others = []
    for city in own:
        number = base.number(city["city_id"])
        twin = int(definition.city_of_place[base.cities[number - 1]["place_no"]])
        facts = definition.cities[twin - 1] if twin else {}
        found = by_id.get(facts.get("city_id", ""), {})
        share = found.get("share", 0.0)
        causes: dict[Cause, int] = defaultdict(int)
        for places, sign in ((there[twin] if twin else set(), 1), (here[number], -1)):
            other = here[number] if sign > 0 else (there[twin] if twin else set())
            for place in places - other:
                for cause, units in of_places.get(place, {}).items():
                    causes[cause] += sign * units
        rest = round((share - city["share"]) * UNITS_PER_WORK) - sum(causes.values())
        if not is_additive and rest:
            causes[None, DIVISION] = rest
        rank = found.get("rank")
        row = {
            "data_year": year,
            "scope": scope,
            "city_id": city["city_id"],
            "city": city["city"],
            "edition_rank": city["rank"],
            "edition_share": city["share"],
            "cities": definition.name,
            "counterpart_id": facts.get("city_id"),
            "counterpart": facts.get("city"),
            "rank": rank,
            "share": share,
            "rank_change": None if rank is None else city["rank"] - rank,
            "share_change": share - city["share"],
        }
        others.append(Other(definition, row, {c: u for c, u in causes.items() if u}))
    return others


def _places_by_city(definition: Definition) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for place, city in enumerate(definition.city_of_place.tolist()):
        if place and city:
            found[city].add(place)
    return found


def _by_size(item: tuple[Cause, int]) -> tuple[int, str, str]:
    (institution_id, name), units = item
    return (-abs(units), institution_id or "", name or "")


def _main_cause(causes: dict[Cause, int]) -> dict[str, Any]:
    if not causes:
        return {"institution_id": None, "institution": None, "institution_change": None}
    (institution_id, name), units = min(causes.items(), key=_by_size)
    change = units / UNITS_PER_WORK
    return {"institution_id": institution_id, "institution": name, "institution_change": change}

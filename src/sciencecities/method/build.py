"""The method tables of an edition, from what the stages before have left in the engine."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from sciencecities.engines.base import Engine
from sciencecities.files import write_parquet
from sciencecities.locate.model import CityDefinition, Place
from sciencecities.method.choices import ARTICLES, WITH_REVIEWS, Choice
from sciencecities.method.cube import Cube, Definition, define, principal_places
from sciencecities.method.grid import Group, groups_of, run_grid, with_ranges
from sciencecities.method.influence import journal_influence
from sciencecities.method.memberships import JournalChoice, find_members, works_sql
from sciencecities.method.parts import write_parts
from sciencecities.method.sums import Sums
from sciencecities.progress import Progress
from sciencecities.tables import METHOD_CITIES

if TYPE_CHECKING:
    from sciencecities.method.grid import Grid


class MethodInput(NamedTuple):
    """What decides which choices there are."""

    base: Choice
    journals: Sequence[JournalChoice]  # the edition's own first
    scopes: Sequence[str]
    definitions: dict[str, CityDefinition]  # the edition's own among them
    locate: str
    left_out: Sequence[dict[str, str]]


def write_method_tables(
    engine: Engine,
    given: MethodInput,
    ranges: Sequence[tuple[int, int]],
    tables: dict[str, pa.Table],
    stages: Path,
    folder: Path,
    progress: Progress,
) -> dict[str, Any]:
    """Write every table of tables.METHOD to `folder`; `stages` keeps what a killed build made.

    Fills the method ranges of `rankings` and `country_rankings` among `tables`, and returns what
    the manifest says of the choices. The engine must know candidates, candidate_scopes, work_terms,
    authorships, affiliations, placements, unit_targets, units, places; `ranges` are of record ids.
    """
    progress.stage("method", None, "steps")
    if not (stages / "method_parts.parquet").exists():
        write_parts(engine, ranges, stages, progress)
    _link(stages / "method_parts.parquet", folder / "method_parts.parquet")
    find_members(engine, given.journals, given.scopes, ranges)
    engine.write(works_sql(engine), folder / "method_works.parquet")
    for name in ("method_sets", "method_journals"):
        key = {"method_sets": "set_no, journals, documents, scope", "method_journals": "journal_no"}
        write_parquet(
            folder / f"{name}.parquet", engine.fetch(f"SELECT * FROM {name} ORDER BY {key[name]}")
        )
    _write_places(engine, given, folder)
    cube = Cube(folder)
    rankings, countries = tables["rankings"], tables["country_rankings"]
    grid = run_grid(cube, given.base, rankings, countries, progress)
    write_parquet(folder / "method_rankings.parquet", grid.rankings)
    influence = journal_influence(cube, given.base, rankings)
    write_parquet(folder / "journal_influence.parquet", influence)
    tables["rankings"] = with_ranges(rankings, grid.cities, "city_id")
    tables["country_rankings"] = with_ranges(countries, grid.countries, "country")
    return _said(given, grid)


def _link(path: Path, to: Path) -> None:
    """The same file under a second name, or a copy where the system has no such names."""
    try:
        to.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, to)


def _write_places(engine: Engine, given: MethodInput, folder: Path) -> None:
    """Write method_places and method_cities."""
    rows = engine.fetch("SELECT * FROM places ORDER BY place_id").to_pylist()
    places = [
        Place(r["place_id"], r["place"], r["country"], r["latitude"], r["longitude"]) for r in rows
    ]
    made = {
        name: define(definition, places, name)
        for name, definition in sorted(given.definitions.items())
    }
    write_parquet(
        folder / "method_places.parquet", pa.concat_tables(table for _, table, _ in made.values())
    )
    base = made[given.base.cities][0]
    shares = _shares_of_places(Cube(folder), given.base, base, len(places))
    ids = [p.place_id for p in places]
    parts = []
    for definition, _, cities in made.values():
        principal = principal_places(definition, ids, shares)
        at = METHOD_CITIES.schema().get_field_index("place_no")
        field = METHOD_CITIES.schema().field(at)
        parts.append(cities.set_column(at, field, pa.array(principal, field.type)))
    write_parquet(folder / "method_cities.parquet", pa.concat_tables(parts))


def _shares_of_places(cube: Cube, base: Choice, definition: Definition, n_places: int) -> Sums:
    """The Share of each place in the edition, all years together, as one group."""
    groups = groups_of(cube, [Group(base.journals, ARTICLES, "overall")])
    targets = (np.arange(n_places + 1, dtype=np.int64), n_places)
    total = Sums.zero(1, n_places + 1)
    for year in cube.years():
        own = cube.sums(
            cube.works(year), base.scheme, definition.city_of_place, groups, 1, targets=targets
        )
        total = Sums(*(a + b for a, b in zip(total, own, strict=True)))
    return total.carried()


def _said(given: MethodInput, grid: Grid) -> dict[str, Any]:
    """What the manifest says: the edition's own choice, the choices there are, and are not."""
    names = ("scheme", "cities", "journals", "documents")
    there = {n: sorted(set(grid.rankings.column(n).to_pylist())) for n in names}
    one_mode = {
        "dimension": "locate",
        "choice": "other than the edition's",
        "why": "another mode would locate every affiliation anew; build a second edition with it",
    }
    left_out = [one_mode, *given.left_out, *grid.left_out]
    if WITH_REVIEWS not in there["documents"]:
        why = "no review among the works read"
        left_out.append({"dimension": "documents", "choice": WITH_REVIEWS, "why": why})
    return {
        "base": given.base._asdict() | {"locate": given.locate},
        "choices": there | {"locate": [given.locate]},
        "left_out": left_out,
    }

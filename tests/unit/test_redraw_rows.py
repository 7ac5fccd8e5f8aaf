"""The rows that the re-draws add up: joins in arrays against plain dictionaries."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciencecities.engines.duckdb import DuckDB
from sciencecities.rank import rows as rows_module
from sciencecities.rank.order import CITY, COUNTRY, Listing
from sciencecities.rank.rows import Groups
from sciencecities.tables import UNITS_PER_WORK as W

# unit → (target, country); targets below 1 are not placed, units below 0 stand for no unit.
UNITS = {-2: (-1, 0), 1: (1, 1), 2: (1, 1), 3: (2, 1), 4: (3, 2), 5: (-2, 2), 9: (4, 0)}
LISTS = [
    Listing(2024, "overall", CITY, ["a", "b", "c"], [1, 2, 3], [1, 2, 3], [3, 2, 1]),
    Listing(2024, "overall", COUNTRY, ["x", "y"], [1, 2], [1, 2], [3, 1]),
    Listing(2024, "physics", CITY, ["c", "d"], [3, 4], [1, 2], [2, 1]),
]
SCOPES = {"biology": 0, "overall": 1, "physics": 2}

works = st.lists(
    st.tuples(
        st.sets(st.sampled_from([0, 2])),
        st.lists(
            st.tuples(st.sampled_from(list(UNITS)), st.sampled_from([W, W // 2, W // 3, 7])),
            max_size=5,
        ),
    ),
    min_size=1,
    max_size=8,
)


def expected(drawn: list[Any]) -> dict[tuple[int, int], int]:
    """(work, group) → units, as the definitions say."""
    found: dict[tuple[int, int], int] = defaultdict(int)
    groups = [
        (SCOPES[one.scope], one.kind, number)
        for one in LISTS
        for number in one.numbers
    ]  # fmt: skip
    for work, (scopes, weights) in enumerate(drawn):
        for scope, world in ((1, len(groups)), (2, len(groups) + 1)):
            if scope in scopes | {1}:
                found[work, world] = -1
        for unit, units in weights:
            target, country = UNITS[unit]
            if target < 1:
                continue
            for kind, item in ((CITY, target), (COUNTRY, country)):
                for number, (scope, group_kind, group_item) in enumerate(groups):
                    if (group_kind, group_item) == (kind, item) and scope in scopes | {1}:
                        found[work, number] = min(found[work, number] + units, W)
    return found


@settings(max_examples=15, deadline=None)
@given(drawn=works, order=st.randoms(use_true_random=False))
@pytest.mark.parametrize("rows_per_run", [3, 500_000])
def test_rows_are_those_of_the_definition(drawn: list[Any], order: Any, rows_per_run: int) -> None:
    first = 5  # works of an earlier year come before
    tables = {
        "selected": [(first + w, 2024, 100 + w) for w in range(len(drawn))] + [(4, 2023, 1)],
        "members": [(first + w, 2024, s) for w, (scopes, _) in enumerate(drawn)
                    for s in scopes | {1}],
        "weights": [(first + w, unit, units) for w, (_, weights) in enumerate(drawn)
                    for unit, units in weights] + [(4, 1, W)],
        "unit_targets": [(unit, *aim) for unit, aim in UNITS.items()],
        "scope_names": [(number, name) for name, number in SCOPES.items()],
    }  # fmt: skip
    names = {
        "selected": ("work_no", "data_year", "work_key"),
        "members": ("work_no", "data_year", "scope_no"),
        "weights": ("work_no", "unit_no", "units"),
        "unit_targets": ("unit_no", "target_no", "country_no"),
        "scope_names": ("scope_no", "scope"),
    }
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "ROWS_PER_RUN", rows_per_run)
        engine = DuckDB(memory="100MB", threads=1, spill=Path(folder))
        for name, table in tables.items():
            order.shuffle(table)
            columns = list(zip(*table, strict=True))
            engine.put(name, pa.table(dict(zip(names[name], columns, strict=True))))
        groups = Groups(engine, LISTS)
        found: dict[tuple[int, int], int] = {}
        for run in groups.runs(2024):
            for work, group, units in zip(run.work, run.group, run.units, strict=True):
                key = int(run.keys[work]) - 100, int(group)
                assert key not in found
                found[key] = int(units)
        engine.close()
    assert found == expected(drawn)

"""Rows kept as columns and found by city."""

from __future__ import annotations

import pyarrow as pa

from sciencecities.publish.by_city import ByCity


def test_rows_are_found_by_city() -> None:
    kept = ByCity(
        pa.table({"city_id": ["a", "a", "c"], "other": ["x", "y", "x"], "works": [1, 2, 3]})
    )
    assert kept.of("a") == [{"other": "x", "works": 1}, {"other": "y", "works": 2}]
    assert kept.of("a", other={"y", "z"}) == [{"other": "y", "works": 2}]
    assert kept.of("c", other={"y"}) == kept.of("b") == []


def test_nothing_is_kept_of_nothing() -> None:
    schema = pa.schema([("city_id", pa.string()), ("works", pa.int64())])
    assert ByCity(schema.empty_table()).of("a") == []

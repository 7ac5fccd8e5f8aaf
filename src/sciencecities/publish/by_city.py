"""Rows of an edition kept as columns and found by city: small in memory, no query for a page."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class ByCity:
    """The rows of a table whose column `city_id` is in order."""

    def __init__(self, table: pa.Table) -> None:
        import pyarrow.compute as pc

        runs = pc.run_end_encode(table.column("city_id").combine_chunks())
        ends = [0, *runs.run_ends.to_pylist()]
        self._spans = {
            city_id: (ends[n], ends[n + 1] - ends[n])
            for n, city_id in enumerate(runs.values.to_pylist())
        }
        self._table = table.drop_columns(["city_id"]).combine_chunks()

    def of(self, city_id: str, **among: Collection[str]) -> list[dict[str, Any]]:
        """The rows of a city, of which the columns named in `among` hold one of the values."""
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = self._table.slice(*self._spans.get(city_id, (0, 0)))
        for column, values in among.items():
            wanted = pa.array(sorted(values), rows.schema.field(column).type)
            rows = rows.filter(pc.is_in(rows.column(column), wanted))
        found: list[dict[str, Any]] = rows.to_pylist()
        return found

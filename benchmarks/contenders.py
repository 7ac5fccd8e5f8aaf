"""What contenders of several benchmarks share: DuckDB by hand, making of tables, our rank stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

THREADS = 2


def duckdb_over(folder: str, names: Iterable[str], out: str) -> Any:
    """A connection as a hand would open it, to the folder's Parquet files under their names."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {THREADS}; SET memory_limit = '1.5GB'")
    connection.execute(f"SET temp_directory = '{out}/spill'")
    for name in names:
        connection.execute(f"CREATE VIEW {name} AS FROM '{folder}/{name}.parquet'")
    return connection


def table_writer(folder: Path, setting: str = "") -> Callable[[str, str], None]:
    """A function that writes what a query gives to a Parquet file of that name."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {THREADS}; SET memory_limit = '4GB'")
    connection.execute(f"SET temp_directory = '{folder}/spill'")
    if setting:
        connection.execute(setting)

    def write(name: str, sql: str) -> None:
        connection.execute(
            f"COPY ({sql}) TO '{folder}/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)"
        )

    return write


def rank_cities(engine: Any, n_scopes: int) -> None:
    """Our exact sums of Share and Count by scope and city, in order."""
    from sciencecities.progress import Silent
    from sciencecities.rank.order import rank
    from sciencecities.rank.sums import sum_weights

    sum_weights(engine, Silent(), only=("by_target",))
    shares: dict[int, dict[str, int]] = {}
    for row in engine.fetch("SELECT scope_no, target_no, units FROM by_target").to_pylist():
        shares.setdefault(row["scope_no"], {})[str(row["target_no"])] = int(row["units"])
    assert len({n: rank(s) for n, s in shares.items()}) == n_scopes


def sum_all_tables(engine: Any) -> None:
    """All sums of our rank stage: institutions, countries, pairs of cities, unassigned too."""
    from sciencecities.progress import Silent
    from sciencecities.rank.sums import sum_weights

    sum_weights(engine, Silent())

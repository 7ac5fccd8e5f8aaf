"""How the cost of each stage grows with the number of contributions: time, memory, slopes.

    python benchmarks/growth.py --millions 1 3 10 30 100 --memory 1GB

Each stage runs in a process of its own on the tables of `peers.py` (six scopes, 2,000 cities), with
the given memory limit of the engine and two threads. A slope is that of log seconds on log rows by
least squares: 1 is linear. `count` makes the weights from affiliations; `rank` sums Share and
Count of cities; `rank, all tables` adds institutions, countries, pairs of cities; `re-draws` sums
100 of them, for the cities of every scope.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
from pathlib import Path
from typing import Any

from contenders import THREADS, rank_cities, sum_all_tables
from peers import N_SCOPES, make_data, view_inputs
from side_by_side import Contender, Measured, measure

MEMORY = "SCIENCECITIES_BENCHMARK_MEMORY"
AFFILIATIONS_PER_ROW = 0.89
"""So many rows of affiliations give one row of weights."""


def _engine(folder: str, out: str) -> Any:
    from sciencecities.count.run import WEIGHTS
    from sciencecities.engines.duckdb import DuckDB

    memory = os.environ.get(MEMORY, "1GB")
    engine = DuckDB(memory=memory, threads=THREADS, spill=Path(out) / "spill")
    view_inputs(engine, folder)
    if (weights := Path(folder) / "weights.parquet").exists():
        engine.view("weights", [weights], WEIGHTS)
    return engine


def run_count(folder: str, out: str) -> None:
    from sciencecities.count.run import count
    from sciencecities.progress import Silent

    count(_engine(folder, out), "nature-index", Path(out), Silent())


def run_rank(folder: str, out: str) -> None:
    rank_cities(_engine(folder, out), N_SCOPES)


def run_rank_all(folder: str, out: str) -> None:
    sum_all_tables(_engine(folder, out))


def run_redraws(folder: str, out: str) -> None:
    import pyarrow as pa

    from sciencecities.progress import Silent
    from sciencecities.rank.order import CITY, Listing
    from sciencecities.rank.replicates import redraw
    from sciencecities.rank.sums import sum_weights

    engine = _engine(folder, out)
    engine.table("keyed", "SELECT *, work_no * 2654435761 AS work_key FROM selected")
    engine.table("selected_keyed", "SELECT * FROM keyed")
    engine._connection.execute("CREATE OR REPLACE VIEW selected AS FROM selected_keyed")
    sum_weights(engine, Silent(), only=("by_target",))
    names = [f"s{n}" for n in range(N_SCOPES)]
    engine.put("scope_names", pa.table({"scope_no": list(range(N_SCOPES)), "scope": names}))
    lists, works = [], {}
    for number, scope in enumerate(names):
        rows = engine.fetch(
            f"SELECT target_no, units FROM by_target WHERE scope_no = {number} AND target_no > 0"
        ).to_pylist()
        cities = [r["target_no"] for r in rows]
        units = [int(r["units"]) for r in rows]
        lists.append(Listing(2024, scope, CITY, [str(c) for c in cities], cities, [1], units))
        count = f"SELECT COUNT(*) AS n FROM members WHERE scope_no = {number}"
        works[scope] = engine.fetch(count).column("n")[0].as_py()
    redraw(engine, lists, works, replicates=100, seed=0, threads=THREADS)


STAGES: dict[str, Contender] = {
    "count": run_count,
    "rank": run_rank,
    "rank, all tables": run_rank_all,
    "re-draws": run_redraws,
}


def slope(sizes: list[float], seconds: list[float]) -> float:
    """Of log seconds on log size, by least squares."""
    x, y = ([math.log(v) for v in values] for values in (sizes, seconds))
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    over = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return over / sum((a - mean_x) ** 2 for a in x)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 3, 10])
    parser.add_argument("--memory", default="1GB", help="limit of the engine")
    parser.add_argument("--only", nargs="*", choices=list(STAGES), help="run these alone")
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        name, folder, out = arguments.run
        STAGES[name](folder, out)
        return
    os.environ[MEMORY] = arguments.memory
    print("| stage | million rows | seconds | CPU seconds | peak memory GB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    found: dict[str, list[tuple[float, Measured]]] = {}
    for millions in arguments.millions:
        with tempfile.TemporaryDirectory() as scratch:
            rows = _make(Path(scratch), millions)
            for name in arguments.only or STAGES:
                cost = measure(__file__, name, Path(scratch))
                found.setdefault(name, []).append((rows, cost))
                print(
                    f"| {name} | {rows:.1f} | {cost.wall:.1f} | {cost.cpu:.1f} | {cost.peak:.2f} |",
                    flush=True,
                )
    if len(arguments.millions) > 1:
        print("\n| stage | slope of seconds | slope of CPU seconds | slope of memory |")
        print("| --- | ---: | ---: | ---: |")
        for name, costs in found.items():
            sizes = [rows for rows, _ in costs]
            columns = zip(*((c.wall, c.cpu, c.peak) for _, c in costs), strict=True)
            slopes = " | ".join(f"{slope(sizes, list(values)):.2f}" for values in columns)
            print(f"| {name} | {slopes} |")


def _make(folder: Path, millions: float) -> float:
    """Make the input with its weights; returns the million rows of weights there are."""
    import pyarrow.parquet as pq

    make_data(folder, millions * AFFILIATIONS_PER_ROW)
    run_count(str(folder), str(folder))
    return pq.read_metadata(folder / "weights.parquet").num_rows / 1e6


if __name__ == "__main__":
    main()

"""Stability ranges: our re-draws against numpy and a sparse matrix product, in one run.

    python benchmarks/redraw.py --millions 5

Makes a year of works, each with 1 to 3 of 200 cities (few large, many small). Ours reads the stage
tables through the engine, re-draws 1,000 times, and makes the limits of Share and rank of every
city, for one scope and for six. The others have the rows in memory already, sum doubles, draw from
numpy's generator (not a function of the work), and do no ranks; numpy's own loop is given 20
replicates only, since 1,000 would take 50 times as long. The Shares are summed before, by the
benchmark.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from side_by_side import Contender, main_for

N_CITIES, N_SCOPES, UNITS_PER_WORK = 200, 6, 10**18
REPLICATES, FEW_REPLICATES, THREADS = 1000, 20, 2


def make_data(folder: Path, millions: float) -> None:
    import duckdb

    n_works = int(millions * 1e6)
    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET memory_limit = '2GB'")
    connection.execute(f"SET temp_directory = '{folder}/spill'")
    connection.execute("SELECT setseed(0.5)")

    def write(name: str, sql: str) -> None:
        connection.execute(
            f"COPY ({sql}) TO '{folder}/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)"
        )

    write(
        "unit_targets",
        "SELECT u AS unit_no, u AS target_no, 0 AS country_no "
        f"FROM range(1, {N_CITIES} + 1) AS r(u)",
    )
    write(
        "weights",
        f"SELECT work_no, 1 + CAST(floor({N_CITIES} * pow(random(), 3)) AS BIGINT) AS unit_no, "
        f"{UNITS_PER_WORK} // n + CASE WHEN i <= {UNITS_PER_WORK} % n THEN 1 ELSE 0 END AS units "
        "FROM (SELECT w AS work_no, 1 + (w * 7919) % 3 AS n, unnest(range(1, 2 + (w * 7919) % 3)) "
        f"AS i FROM range(1, {n_works} + 1) AS r(w)) ORDER BY work_no",
    )
    write(
        "selected",
        "SELECT w AS work_no, 2024 AS data_year, "
        "CAST(hash(w) % 9223372036854775807 AS BIGINT) AS work_key "
        f"FROM range(1, {n_works} + 1) AS r(w)",
    )
    write(
        "members",
        "SELECT w AS work_no, 2024 AS data_year, CAST(s AS INTEGER) AS scope_no "
        f"FROM range(1, {n_works} + 1) AS r(w), range(0, {N_SCOPES}) AS t(s) "
        f"WHERE s = 0 OR w % {N_SCOPES - 1} = s - 1 ORDER BY w, s",
    )
    # What the rank stage has summed before it re-draws.
    write(
        "shares",
        "SELECT m.scope_no, w.unit_no AS target_no, SUM(CAST(w.units AS DECIMAL(19,0))) AS units, "
        f"MIN(n.works) AS works FROM '{folder}/weights.parquet' AS w "
        f"JOIN '{folder}/members.parquet' AS m ON m.work_no = w.work_no "
        f"JOIN (SELECT scope_no, COUNT(*) AS works FROM '{folder}/members.parquet' "
        "GROUP BY scope_no) AS n ON n.scope_no = m.scope_no GROUP BY m.scope_no, w.unit_no",
    )


def _ours(folder: str, out: str, n_scopes: int) -> None:
    import numpy as np
    import pyarrow as pa

    from sciencecities.engines.duckdb import DuckDB
    from sciencecities.rank.order import CITY, Listing, rank
    from sciencecities.rank.replicates import redraw
    from sciencecities.rank.stability import assess

    engine = DuckDB(memory="500MB", threads=THREADS, spill=Path(out) / "spill")
    for name in ("weights", "unit_targets", "selected", "shares"):
        engine._connection.execute(f"CREATE VIEW {name} AS FROM '{folder}/{name}.parquet'")
    engine._connection.execute(
        f"CREATE VIEW members AS FROM '{folder}/members.parquet' WHERE scope_no < {n_scopes}"
    )
    names = [f"s{n}" for n in range(n_scopes)]
    engine.put("scope_names", pa.table({"scope_no": range(n_scopes), "scope": names}))
    lists, works = [], {}
    for number, scope in enumerate(names):
        rows = engine.fetch(f"SELECT * FROM shares WHERE scope_no = {number}").to_pylist()
        units = {f"{r['target_no']:03d}": int(r["units"]) for r in rows}
        ranked = rank(units)
        lists.append(
            Listing(
                2024, scope, CITY, [n for _, n in ranked], [int(n) for _, n in ranked],
                [r for r, _ in ranked], [units[n] for _, n in ranked],
            )
        )  # fmt: skip
        works[scope] = rows[0]["works"]
    found = redraw(engine, lists, works, replicates=REPLICATES, seed=0, threads=THREADS)
    for one, sums in zip(lists, found, strict=True):
        assert len(assess(one, sums)[1].rank_low) == N_CITIES
        assert np.abs(sums.shares().mean(axis=1) / [u / 1e18 for u in one.units] - 1).max() < 0.01


def run_ours(folder: str, out: str) -> None:
    _ours(folder, out, 1)


def run_ours_six(folder: str, out: str) -> None:
    _ours(folder, out, N_SCOPES)


def _rows(folder: str):  # type: ignore[no-untyped-def]
    import pyarrow.parquet as pq

    rows = pq.read_table(f"{folder}/weights.parquet")
    work = rows.column("work_no").to_numpy() - 1
    return work, rows.column("unit_no").to_numpy() - 1, rows.column("units").to_numpy() / 1e18


def run_numpy(folder: str, out: str) -> None:
    """One replicate after the other: a number for each work, a weighted count of the rows."""
    import numpy as np

    work, city, weight = _rows(folder)
    rng = np.random.default_rng(0)
    shares = [
        np.bincount(city, weight * rng.poisson(1.0, work[-1] + 1)[work], N_CITIES)
        for _ in range(FEW_REPLICATES)
    ]
    np.save(f"{out}/shares.npy", shares)


def run_sparse(folder: str, out: str) -> None:
    """Works in batches: a sparse matrix (city × work) times their numbers (work × replicate)."""
    import numpy as np
    from scipy.sparse import csr_matrix

    work, city, weight = _rows(folder)
    rng = np.random.default_rng(0)
    shares = np.zeros((N_CITIES, REPLICATES))
    step = 20_000
    for first in range(0, work[-1] + 1, step):
        a, b = np.searchsorted(work, [first, first + step])
        n = int(min(step, work[-1] + 1 - first))
        matrix = csr_matrix((weight[a:b], (city[a:b], work[a:b] - first)), (N_CITIES, n))
        shares += matrix @ rng.poisson(1.0, (n, REPLICATES)).astype(float)
    np.save(f"{out}/shares.npy", shares)


CONTENDERS: dict[str, Contender] = {
    "sciencecities": run_ours,
    "sciencecities, six scopes": run_ours_six,
    "numpy, 20 replicates": run_numpy,
    "scipy sparse product": run_sparse,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--millions", type=float, default=5)
    with tempfile.TemporaryDirectory() as scratch:
        main_for(parser, CONTENDERS, __file__, lambda a: _prepared(Path(scratch), a.millions))


def _prepared(folder: Path, millions: float) -> Path:
    make_data(folder, millions)
    print(f"{millions:g} million works, {N_CITIES} cities, {REPLICATES} replicates\n")
    return folder


if __name__ == "__main__":
    main()

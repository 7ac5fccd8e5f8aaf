"""Summing and ranking contributions: our rank stage against DuckDB, pandas and Polars, in one run.

    python benchmarks/count.py --millions 20

Makes contribution rows (a work has 1 to 12 units in 2,000 cities, sizes as in real data: few large
cities, many small), six scopes, one year. Each contender reads the same Parquet, sums Share and
Count by scope and city and orders the cities; ours moreover sums exactly, and makes the tables of
institutions, countries, pairs of cities and unassigned parts, which the row "with all tables"
shows. Each runs in a process of its own. Ratios are to the DuckDB aggregation.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from contenders import THREADS, duckdb_over, rank_cities, sum_all_tables, table_writer
from side_by_side import Contender, main_for

N_CITIES, N_INSTITUTIONS, N_SCOPES, UNITS_PER_WORK = 2_000, 20_000, 6, 10**18


def make_data(folder: Path, millions: float) -> None:
    """weights, unit_targets, members and the wide table that the others read."""
    n_works = int(millions * 1e6 / 5)
    write = table_writer(folder, "SELECT setseed(0.5)")
    # Unit u belongs to institution u; institutions crowd into the first cities.
    write(
        "unit_targets",
        "SELECT u AS unit_no, u AS institution_no, u AS listed_no, "
        "CAST(1 + u % 60 AS BIGINT) AS country_no, "
        f"1 + CAST(floor({N_CITIES} * pow(u / {N_INSTITUTIONS}.0, 2)) AS BIGINT) AS target_no "
        f"FROM range(0, {N_INSTITUTIONS}) AS r(u)",
    )
    write(
        "weights",
        "SELECT work_no, CAST(i AS INTEGER) AS author_position, "
        f"CAST(floor({N_INSTITUTIONS} * pow(random(), 3)) AS BIGINT) AS unit_no, "
        "CAST(1 AS INTEGER) "
        "AS affiliation, CAST(0 AS BIGINT) AS affiliation_key, "
        f"{UNITS_PER_WORK} // n + CASE WHEN i <= {UNITS_PER_WORK} % n THEN 1 ELSE 0 END AS units "
        "FROM (SELECT w AS work_no, 1 + (w * 7919) % 9 AS n, "
        "unnest(range(1, 2 + (w * 7919) % 9)) AS i "
        f"FROM range(1, {n_works} + 1) AS r(w)) ORDER BY work_no, author_position, unit_no",
    )
    write(
        "members",
        "SELECT w AS work_no, CAST(2024 AS INTEGER) AS data_year, CAST(s AS INTEGER) AS scope_no "
        f"FROM range(1, {n_works} + 1) AS r(w), range(0, {N_SCOPES}) AS t(s) "
        f"WHERE s = 0 OR w % {N_SCOPES - 1} = s - 1 OR (w % 7 = 0 AND s = 1)",
    )


TABLES = ("weights", "unit_targets", "members")


def run_duckdb(folder: str, out: str) -> None:
    """What a hand would write: join, sum as double, count distinct works."""
    connection = duckdb_over(folder, TABLES, out)
    connection.execute(
        f"COPY (SELECT scope_no, target_no, SUM(units / {UNITS_PER_WORK}e0) AS share, "
        "COUNT(DISTINCT work_no) AS works, "
        "RANK() OVER (PARTITION BY scope_no "
        f"ORDER BY SUM(units / {UNITS_PER_WORK}e0) DESC) AS place "
        "FROM weights JOIN unit_targets USING (unit_no) JOIN members USING (work_no) "
        f"GROUP BY scope_no, target_no) TO '{out}/ranking.parquet'"
    )


def run_duckdb_all_tables(folder: str, out: str) -> None:
    """The same hand, writing every table that our rank stage writes."""
    connection = duckdb_over(folder, TABLES, out)
    wide = "weights JOIN unit_targets USING (unit_no) JOIN members USING (work_no)"
    share = f"SUM(units / {UNITS_PER_WORK}e0) AS share, COUNT(DISTINCT work_no) AS works"
    for name, key in (
        ("ranking", "scope_no, target_no"),
        ("institutions", "scope_no, target_no, institution_no"),
        ("countries", "scope_no, country_no"),
    ):
        connection.execute(
            f"COPY (SELECT {key}, {share} FROM {wide} GROUP BY {key}) TO '{out}/{name}.parquet'"
        )
    connection.execute(
        "COPY (WITH x AS (SELECT work_no, target_no, SUM(units) AS units FROM weights "
        "JOIN unit_targets USING (unit_no) GROUP BY work_no, target_no) "
        f"SELECT scope_no, a.target_no, b.target_no AS other, "
        f"SUM((a.units + b.units) / {UNITS_PER_WORK}e0) "
        "AS score, COUNT(*) AS works FROM x AS a JOIN x AS b ON a.work_no = b.work_no "
        "AND a.target_no < b.target_no JOIN members AS m ON m.work_no = a.work_no "
        f"GROUP BY scope_no, a.target_no, b.target_no) TO '{out}/pairs.parquet'"
    )


def _engine(folder: str, out: str):  # type: ignore[no-untyped-def]
    from sciencecities.engines.duckdb import DuckDB

    engine = DuckDB(memory="1GB", threads=THREADS, spill=Path(out) / "spill")
    for name in TABLES:
        engine._connection.execute(f"CREATE VIEW {name} AS FROM '{folder}/{name}.parquet'")
    return engine


def run_ours(folder: str, out: str) -> None:
    """Our sums of the same two columns, exact."""
    rank_cities(_engine(folder, out), N_SCOPES)


def run_ours_all_tables(folder: str, out: str) -> None:
    sum_all_tables(_engine(folder, out))


def run_pandas(folder: str, out: str) -> None:
    import pandas as pd

    weights = pd.read_parquet(f"{folder}/weights.parquet", columns=["work_no", "unit_no", "units"])
    targets = pd.read_parquet(f"{folder}/unit_targets.parquet", columns=["unit_no", "target_no"])
    members = pd.read_parquet(f"{folder}/members.parquet", columns=["work_no", "scope_no"])
    wide = weights.merge(targets, on="unit_no").merge(members, on="work_no")
    wide["share"] = wide["units"] / UNITS_PER_WORK
    found = wide.groupby(["scope_no", "target_no"]).agg(
        share=("share", "sum"), works=("work_no", "nunique")
    )
    found["place"] = found.groupby("scope_no")["share"].rank(ascending=False)
    found.to_parquet(f"{out}/ranking.parquet")


def run_polars(folder: str, out: str) -> None:
    import polars as pl

    (
        pl.scan_parquet(f"{folder}/weights.parquet")
        .join(pl.scan_parquet(f"{folder}/unit_targets.parquet"), on="unit_no")
        .join(pl.scan_parquet(f"{folder}/members.parquet"), on="work_no")
        .group_by("scope_no", "target_no")
        .agg((pl.col("units") / UNITS_PER_WORK).sum().alias("share"), pl.col("work_no").n_unique())
        .with_columns(pl.col("share").rank(descending=True).over("scope_no").alias("place"))
        .collect(engine="streaming")
        .write_parquet(f"{out}/ranking.parquet")
    )


CONTENDERS: dict[str, Contender] = {
    "duckdb, by hand": run_duckdb,
    "sciencecities": run_ours,
    "polars": run_polars,
    "pandas": run_pandas,
    "duckdb, by hand, all tables": run_duckdb_all_tables,
    "sciencecities, all tables": run_ours_all_tables,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--millions", type=float, default=20)
    with tempfile.TemporaryDirectory() as scratch:
        main_for(parser, CONTENDERS, __file__, lambda a: _prepared(Path(scratch), a.millions))


def _prepared(folder: Path, millions: float) -> Path:
    make_data(folder, millions)
    print(f"{millions:g} million contribution rows, {N_SCOPES} scopes, {N_CITIES:,} cities\n")
    return folder


if __name__ == "__main__":
    main()

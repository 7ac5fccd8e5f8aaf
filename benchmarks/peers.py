"""From affiliations to Shares of cities: ours against what others would write, in one run.

    .venv/bin/python scripts/engine_environments.py      # once, for the two Spark rows
    python benchmarks/peers.py --millions 5

Makes works with 1 to 9 authors, who have 1 to 3 affiliations, each of which is 1 or 2 institutions;
six scopes, one year. Everyone divides a work as the scheme `leiden` does: by authors, then by an
author's affiliations, then by an affiliation's institutions. Everyone writes Share and number of
works of each city and scope, and all results are checked to be equal (Shares to a billionth). Ours
counts in exact integers; the others in doubles. Each runs in a process of its own.

"Leiden Ranking SQL" has the steps of the Open Edition of the CWTS Leiden Ranking
(https://github.com/CWTSLeiden/CWTS-Leiden-Ranking-Open-Edition, MIT,
src/sql/calc_leiden_ranking_open_edition.sql): number of authors, weight of an author's affiliation,
weight of its institution, weight of the unit in the work; then the sum by main field.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from contenders import THREADS, duckdb_over, table_writer
from side_by_side import Contender, main_for

N_CITIES, N_INSTITUTIONS, N_SCOPES, WORK = 2_000, 20_000, 6, 10**18
ROOT = Path(__file__).resolve().parents[1]
SPARK = ROOT / ".venv-spark" / "bin" / "python"
# Work w as the record of a file of 200,000, numbered as ingest numbers records, and back.
RECORD = "(w // 200000 * 16777216 + w % 200000)"
WORK_NO = "(record_id // 16777216 * 200000 + record_id % 16777216)"
NAMES = ("selected", "authorships", "affiliations", "placements", "unit_targets", "members")

# A multiplicative hash spreads the numbers; what DuckDB calls random depends on its threads.
SPREAD = "(({n}) * 2654435761 % 4294967296)"


def make_data(folder: Path, millions: float) -> None:
    """The tables that the count stage reads, with about so many million rows of affiliations.

    Counting gives about 1.1 rows of weights for each.
    """
    write = table_writer(folder)
    n_works = int(millions * 1e6 / 8)  # 5 authors with 1.6 affiliations
    n_keys = n_works * 2
    write(
        "selected",
        f"SELECT w AS work_no, {RECORD} AS record_id, CAST(2024 AS INTEGER) AS data_year, "
        f"FALSE AS authors_truncated FROM range(1, {n_works} + 1) AS r(w)",
    )
    write(
        "authorships",
        f"SELECT {RECORD} AS record_id, CAST(unnest(range(1, 2 + w * 7919 % 9)) AS INTEGER) AS "
        "author_position, FALSE AS is_first, FALSE AS is_corresponding "
        f"FROM range(1, {n_works} + 1) AS r(w)",
    )
    who = SPREAD.format(n=f"{WORK_NO} * 16 + author_position")
    key = SPREAD.format(n=f"({WORK_NO} * 16 + author_position) * 4 + i")
    write(
        "affiliations",
        "SELECT record_id, author_position, CAST(i AS INTEGER) AS affiliation, "
        f"{key} % {n_keys} AS affiliation_key FROM (SELECT record_id, author_position, "
        f"unnest(range(1, 2 + greatest({who} % 5 - 2, 0))) AS i "
        f"FROM '{folder}/authorships.parquet')",
    )
    # Institution u is unit u + 1; the first ones are the large ones.
    unit = SPREAD.format(n="k * 2 + j") + " / 4294967296.0"
    write(
        "placements",
        f"SELECT DISTINCT k AS affiliation_key, 1 + CAST(floor({N_INSTITUTIONS} * pow({unit}, 3)) "
        "AS BIGINT) AS unit_no, k AS text_key, k AS cluster_key FROM (SELECT k, "
        f"unnest(range(0, 1 + CAST(k % 4 = 0 AS INTEGER))) AS j FROM range(0, {n_keys}) AS r(k))",
    )
    write(
        "unit_targets",
        "SELECT u AS unit_no, 1 + CAST(floor("
        f"{N_CITIES} * pow((u - 1) / {N_INSTITUTIONS}.0, 2)) AS BIGINT) AS target_no, "
        "u AS institution_no, u AS listed_no, CAST(1 + u % 60 AS BIGINT) AS country_no, "
        f"TRUE AS is_resolved, TRUE AS is_placed FROM range(1, {N_INSTITUTIONS} + 1) AS r(u) "
        "UNION ALL SELECT unit_no, unit_no, 0, 0, 0, FALSE, FALSE FROM range(-3, 0) AS r(unit_no)",
    )
    write(
        "members",
        "SELECT w AS work_no, CAST(2024 AS INTEGER) AS data_year, CAST(s AS INTEGER) AS scope_no "
        f"FROM range(1, {n_works} + 1) AS r(w), range(0, {N_SCOPES}) AS t(s) "
        f"WHERE s = 0 OR w % {N_SCOPES - 1} = s - 1 OR (w % 7 = 0 AND s = 1)",
    )


# --- ours -------------------------------------------------------------------------------------


def view_inputs(engine: Any, folder: str) -> None:
    """Make the tables of `make_data` readable under their names."""
    import pyarrow.parquet as pq

    from sciencecities.tables import Column, Table

    for name in NAMES:
        path = Path(folder) / f"{name}.parquet"
        columns = (Column(f.name, str(f.type), "") for f in pq.read_schema(path))
        engine.view(name, [path], Table(name, "", (), tuple(columns)))


def _ours(engine: Any, folder: str, out: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from sciencecities.count.run import WEIGHTS, count
    from sciencecities.progress import Silent
    from sciencecities.rank.sums import sum_weights

    view_inputs(engine, folder)
    count(engine, "leiden", Path(out), Silent())
    engine.view("weights", [Path(out) / "weights.parquet"], WEIGHTS)
    sum_weights(engine, Silent(), only=("by_target",))
    rows = engine.fetch("SELECT scope_no, target_no, units, works FROM by_target").to_pylist()
    table = {
        "scope_no": [r["scope_no"] for r in rows],
        "target_no": [r["target_no"] for r in rows],
        "share": [int(r["units"]) / WORK for r in rows],
        "works": [r["works"] for r in rows],
    }
    pq.write_table(pa.table(table), f"{out}/result.parquet")
    engine.close()


def run_ours(folder: str, out: str) -> None:
    from sciencecities.engines.duckdb import DuckDB

    _ours(DuckDB(memory="1GB", threads=THREADS, spill=Path(out) / "spill"), folder, out)


def run_ours_on_spark(folder: str, out: str) -> None:
    from sciencecities.engines.spark import Spark

    scratch = Path(out) / "scratch"
    engine = Spark(master=None, remote=None, memory="4GB", threads=THREADS, scratch=scratch)
    _ours(engine, folder, out)


# --- others -----------------------------------------------------------------------------------

LEIDEN_RANKING = """
WITH pub_n_authors AS (
    SELECT a.record_id, COUNT(*) AS n_authors
    FROM authorships AS a JOIN selected AS s ON s.record_id = a.record_id GROUP BY a.record_id
), pub_author_affiliation AS (
    SELECT a.record_id, a.author_position, a.affiliation, a.affiliation_key,
           CAST(1 AS DOUBLE) / (b.n_authors
               * COUNT(*) OVER (PARTITION BY a.record_id, a.author_position)) AS weight
    FROM affiliations AS a JOIN pub_n_authors AS b ON a.record_id = b.record_id
), pub_author_affiliation_institution AS (
    SELECT a.record_id, p.unit_no, a.weight * CAST(1 AS DOUBLE) / COUNT(*) OVER (
               PARTITION BY a.record_id, a.author_position, a.affiliation) AS weight
    FROM pub_author_affiliation AS a JOIN placements AS p ON p.affiliation_key = a.affiliation_key
), pub_city AS (
    SELECT a.record_id, u.target_no, SUM(a.weight) AS weight
    FROM pub_author_affiliation_institution AS a JOIN unit_targets AS u ON u.unit_no = a.unit_no
    GROUP BY a.record_id, u.target_no
)
SELECT m.scope_no, p.target_no, SUM(p.weight) AS share, COUNT(*) AS works
FROM pub_city AS p
JOIN selected AS s ON s.record_id = p.record_id
JOIN members AS m ON m.work_no = s.work_no
GROUP BY m.scope_no, p.target_no
"""


KEPT = "pub_author_affiliation_institution"


def run_leiden_ranking(folder: str, out: str) -> None:
    connection = duckdb_over(folder, NAMES, out)
    connection.execute(f"COPY ({LEIDEN_RANKING}) TO '{out}/result.parquet'")


def _in_two_steps() -> tuple[str, str]:
    """The same, which also keeps what ours keeps: each author's weight of each unit.

    The query of the weights, to be kept as pub_author_affiliation_institution, and that of the
    sums over them.
    """
    steps, rest = LEIDEN_RANKING.split(", pub_city AS (")
    names = "a.author_position, a.affiliation, a.affiliation_key"
    steps = steps.replace(
        "SELECT a.record_id, p.unit_no", f"SELECT a.record_id, {names}, p.unit_no"
    )
    return f"{steps} SELECT * FROM {KEPT}", f"WITH pub_city AS ({rest}"


def run_leiden_ranking_with_weights(folder: str, out: str) -> None:
    connection = duckdb_over(folder, NAMES, out)
    weights, sums = _in_two_steps()
    connection.execute(f"COPY ({weights}) TO '{out}/weights.parquet'")
    connection.execute(f"CREATE VIEW {KEPT} AS FROM '{out}/weights.parquet'")
    connection.execute(f"COPY ({sums}) TO '{out}/result.parquet'")


def run_spark(folder: str, out: str) -> None:
    """The same steps as a Spark job, with the number of partitions of our session."""
    session = _spark_session(folder, out)
    session.sql(LEIDEN_RANKING).coalesce(1).write.parquet(f"{out}/result")
    session.stop()
    next(Path(out, "result").glob("*.parquet")).rename(f"{out}/result.parquet")


def run_spark_with_weights(folder: str, out: str) -> None:
    """The same job, which also keeps each author's weight of each unit."""
    session = _spark_session(folder, out)
    weights, sums = _in_two_steps()
    session.sql(weights).write.parquet(f"{out}/weights")
    session.read.parquet(f"{out}/weights").createOrReplaceTempView(KEPT)
    session.sql(sums).coalesce(1).write.parquet(f"{out}/result")
    session.stop()
    next(Path(out, "result").glob("*.parquet")).rename(f"{out}/result.parquet")


def _spark_session(folder: str, out: str) -> Any:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.memory": "4g",
        "spark.sql.shuffle.partitions": str(2 * THREADS),
        "spark.ui.enabled": "false",
        "spark.local.dir": out,
    }
    builder = SparkSession.builder.master(f"local[{THREADS}]").config(map=settings)
    session = builder.getOrCreate()
    for name in NAMES:
        session.read.parquet(f"{folder}/{name}.parquet").createOrReplaceTempView(name)
    return session


def run_polars(folder: str, out: str) -> None:
    import polars as pl

    tables = {name: pl.scan_parquet(f"{folder}/{name}.parquet") for name in NAMES}
    author, affiliation = ["record_id", "author_position"], ["affiliation"]
    n_authors = tables["authorships"].group_by("record_id").agg(pl.len().alias("n_authors"))
    (
        tables["affiliations"]
        .join(n_authors, on="record_id")
        .with_columns((1 / (pl.col("n_authors") * pl.len().over(author))).alias("weight"))
        .join(tables["placements"], on="affiliation_key")
        .with_columns((pl.col("weight") / pl.len().over(author + affiliation)).alias("weight"))
        .join(tables["unit_targets"], on="unit_no")
        .group_by("record_id", "target_no")
        .agg(pl.col("weight").sum())
        .join(tables["selected"], on="record_id")
        .join(tables["members"], on="work_no")
        .group_by("scope_no", "target_no")
        .agg(pl.col("weight").sum().alias("share"), pl.len().cast(pl.Int64).alias("works"))
        .collect(engine="streaming")
        .write_parquet(f"{out}/result.parquet")
    )


def run_pandas(folder: str, out: str) -> None:
    import pandas as pd

    def read(name: str, *columns: str) -> pd.DataFrame:
        return pd.read_parquet(f"{folder}/{name}.parquet", columns=list(columns))

    author = ["record_id", "author_position"]
    n_authors = read("authorships", "record_id").value_counts("record_id").rename("n_authors")
    rows = read("affiliations", *author, "affiliation", "affiliation_key")
    rows["weight"] = 1 / (
        rows["record_id"].map(n_authors)
        * rows.groupby(author)["affiliation"].transform("size")
    )  # fmt: skip
    rows = rows.merge(read("placements", "affiliation_key", "unit_no"), on="affiliation_key")
    rows["weight"] /= rows.groupby([*author, "affiliation"])["unit_no"].transform("size")
    rows = rows.merge(read("unit_targets", "unit_no", "target_no"), on="unit_no")
    cities = rows.groupby(["record_id", "target_no"], as_index=False)["weight"].sum()
    cities = cities.merge(read("selected", "record_id", "work_no"), on="record_id")
    cities = cities.merge(read("members", "work_no", "scope_no"), on="work_no")
    found = cities.groupby(["scope_no", "target_no"])["weight"].agg(share="sum", works="size")
    found.reset_index().to_parquet(f"{out}/result.parquet")


CONTENDERS: dict[str, Contender] = {
    "Leiden Ranking SQL, DuckDB": run_leiden_ranking,
    "Leiden Ranking SQL with kept weights, DuckDB": run_leiden_ranking_with_weights,
    "sciencecities": run_ours,
    "polars": run_polars,
    "pandas": run_pandas,
    "Leiden Ranking SQL, Spark": run_spark,
    "Leiden Ranking SQL with kept weights, Spark": run_spark_with_weights,
    "sciencecities on Spark": run_ours_on_spark,
}
INTERPRETERS = {name: str(SPARK) for name in CONTENDERS if name.endswith("Spark")}


def read_result(out: Path) -> dict[tuple[int, int], tuple[float, int]]:
    """(scope, city) → (Share, works)."""
    import pyarrow.parquet as pq

    rows = pq.read_table(out / "result.parquet").to_pylist()
    return {(r["scope_no"], r["target_no"]): (r["share"], r["works"]) for r in rows}


def check_equal(name: str, found: Any, expected: Any) -> None:
    if found.keys() != expected.keys():
        raise SystemExit(f"{name}: other cities than the first contender")
    for key, (share, works) in expected.items():
        mine = found[key]
        if mine[1] != works or abs(mine[0] - share) > 1e-9 * max(share, 1):
            raise SystemExit(f"{name}: {key} is {mine}, not {(share, works)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--millions", type=float, default=5, help="rows of affiliations")
    with tempfile.TemporaryDirectory() as scratch:
        main_for(
            parser, CONTENDERS, __file__, lambda a: _prepared(Path(scratch), a.millions),
            interpreters=INTERPRETERS, read_result=read_result, check_equal=check_equal,
        )  # fmt: skip


def _prepared(folder: Path, millions: float) -> Path:
    make_data(folder, millions)
    print(f"{millions:g} million rows of affiliations, {N_SCOPES} scopes, {N_CITIES:,} cities\n")
    return folder


if __name__ == "__main__":
    main()

"""The method lab and the whole method range: ours against DuckDB by hand, in one run.

    python benchmarks/method.py --millions 5

Makes contribution rows (a work has 1 to 9 units at 3,000 places; few large, many small), as parts
of works by place under five schemes; three city definitions, two journal sets, two document types,
six scopes, one year. "One choice" is what the lab does for one question: read the parts, sum Share
and Count by city exactly, order the cities. "All choices" is what a build does: 5 schemes × 3
definitions × 2 journal sets × 2 document types in six scopes, for cities and for countries.
DuckDB by hand sums doubles over the same Parquet files, for cities alone.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from side_by_side import Contender, main_for

N_PLACES, UNITS_PER_WORK, THREADS = 3_000, 10**18, 2
SCOPES = ("overall", "a", "b", "c", "d", "e")
SCHEMES = ("nature-index", "leiden", "institution", "first-author", "city")
DEFINITIONS = {"place": 1, "metro": 3, "fua.geojson": 7}  # places a city, about


def make_data(folder: Path, millions: float) -> None:
    """The method tables of an edition with so many contribution rows."""
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    from sciencecities.tables import METHOD_CITIES, METHOD_JOURNALS, METHOD_PLACES, METHOD_SETS

    n_works = int(millions * 1e6 / 5)
    connection = duckdb.connect()
    connection.execute(f"SET threads = {THREADS}; SET memory_limit = '4GB'")
    connection.execute("SELECT setseed(0.5)")

    def write(name: str, sql: str) -> None:
        connection.execute(
            f"COPY ({sql}) TO '{folder}/{name}.parquet' "
            "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880)"
        )

    # Set s: scope s % 5 beside overall, in the smaller journal set if s % 2, a review if s >= 10.
    write(
        "method_works",
        "SELECT w AS work_no, CAST(2024 AS INTEGER) AS data_year, 'W' || w AS work_id, "
        "CAST(hash(w) % 11 AS INTEGER) AS set_no, "
        "CAST(hash(w + 1) % 3000 AS INTEGER) AS journal_no, "
        f"FALSE AS is_letter FROM range(1, {n_works} + 1) AS r(w)",
    )
    columns = ", ".join(
        f"CAST(SUM({UNITS_PER_WORK} // n + CASE WHEN i <= {UNITS_PER_WORK} % n THEN 1 ELSE 0 END) "
        f"AS BIGINT) AS {name}"
        for name in (
            "nature_index",
            "leiden",
            "institution",
            "first_author",
            "corresponding_author",
        )
    )
    write(
        "method_parts",
        f"SELECT work_no, place_no, CAST(COUNT(*) AS INTEGER) AS n_units, {columns} FROM ("
        f"SELECT *, CAST(floor({N_PLACES} * pow(random(), 3)) AS INTEGER) AS place_no FROM ("
        "SELECT w AS work_no, 1 + (w * 7919) % 9 AS n, unnest(range(1, 2 + (w * 7919) % 9)) AS i "
        f"FROM range(1, {n_works} + 1) AS r(w))) GROUP BY work_no, place_no "
        "ORDER BY work_no, place_no",
    )
    sets = []
    for number in range(11):
        documents = ["articles+reviews"] if number >= 10 else ["articles", "articles+reviews"]
        journals = ["all", "natural-82"] if number % 2 else ["all"]
        scopes = ["overall", SCOPES[1 + number % 5]]
        sets += [(number, j, d, s) for j in journals for d in documents for s in scopes]
    journals = [(n, f"{n:04d}-0000", f"Journal {n}", f"{n:04d}-0000") for n in range(3_000)]
    places, cities = [], []
    for name, size in sorted(DEFINITIONS.items()):
        of = {n: f"gn:{(n - 1) // size * size + 1:07d}" for n in range(1, N_PLACES + 1)}
        places += [
            (name, n, f"gn:{n:07d}", f"Place {n}", f"C{n % 60:02d}", 0.0, 0.0, of[n]) for n in of
        ]
        cities += [(name, i, i, None, "C", 0.0, 0.0, int(i[3:])) for i in sorted(set(of.values()))]
    for table, rows in (
        (METHOD_SETS, sorted(sets)),
        (METHOD_JOURNALS, journals),
        (METHOD_PLACES, places),
        (METHOD_CITIES, cities),
    ):
        arrays = [pa.array(c, f.type) for c, f in zip(zip(*rows), table.schema())]  # noqa: B905
        pq.write_table(pa.table(arrays, schema=table.schema()), folder / f"{table.name}.parquet")


def _question(scheme: str, cities: str):  # type: ignore[no-untyped-def]
    from sciencecities.method.choices import Choice
    from sciencecities.method.lab import Question

    base = Choice("nature-index", "metro", "all", "articles")
    return Question(Choice(scheme, cities, "natural-82", "articles+reviews"), 2024, "overall", base)


def run_lab(folder: str, out: str) -> None:
    """Five questions one after the other in one process; prints the seconds of each."""
    from sciencecities.method.cube import Cube
    from sciencecities.method.lab import compute
    from sciencecities.tables import RANKINGS

    cube = Cube(Path(folder))
    nothing = RANKINGS.schema().empty_table()
    for scheme, cities in (
        ("leiden", "place"), ("leiden", "metro"), ("city", "metro"), ("nature-index", "place"),
        ("full", "fua.geojson"),
    ):  # fmt: skip
        start, used = time.monotonic(), time.process_time()
        compute(cube, _question(scheme, cities), cube.definitions[cities], nothing)
        print(f"  {scheme} {cities}: {_seconds(start, used)}")


def run_own(folder: str, out: str) -> None:
    """The same of a reader's own: every eighth journal, and boundaries as a grid of 4°."""
    import random

    from sciencecities.locate.boundaries import Boundaries
    from sciencecities.locate.model import Place
    from sciencecities.method.cube import Cube, define
    from sciencecities.method.lab import compute
    from sciencecities.scopes.model import JournalSet
    from sciencecities.tables import RANKINGS
    from serve import grid

    cube, where = Cube(Path(folder)), random.Random(5)
    issns = frozenset(f"{n:04d}-0000" for n in range(0, 3_000, 8))
    listed = JournalSet("your journals", issns, frozenset())
    places = [
        Place(r["place_id"], r["place"], r["country"], where.uniform(-60, 70),
              where.uniform(-180, 180))
        for r in cube.places
    ]  # fmt: skip
    nothing = RANKINGS.schema().empty_table()
    start, used = time.monotonic(), time.process_time()
    boundaries = Boundaries.parse(json.dumps(grid()).encode(), "own", "own")
    ends = define(boundaries, places, "own")[0]
    print(f"  boundaries read: {_seconds(start, used)}")
    for scheme in ("leiden", "nature-index", "city", "full"):
        start, used = time.monotonic(), time.process_time()
        asked = _question(scheme, "own")._replace(listed=listed)
        compute(cube, asked, ends, nothing)
        print(f"  {scheme} of both: {_seconds(start, used)}")


def _seconds(start: float, used: float) -> str:
    wall, cpu = time.monotonic() - start, time.process_time() - used
    return f"{wall:.2f} s, {cpu:.2f} s of processor"


def _hand_sql(folder: str, column: str, cities: str, journals: str, documents: str) -> str:
    return (
        "WITH x AS (SELECT s.scope, p.work_no, c.city_id, SUM(p." + column + ") AS units "
        f"FROM '{folder}/method_parts.parquet' AS p "
        f"JOIN '{folder}/method_works.parquet' AS w USING (work_no) "
        f"JOIN '{folder}/method_sets.parquet' AS s USING (set_no) "
        f"JOIN '{folder}/method_places.parquet' AS c USING (place_no) "
        f"WHERE c.cities = '{cities}' AND s.journals = '{journals}' "
        f"AND s.documents = '{documents}' GROUP BY ALL) "
        f"SELECT scope, city_id, SUM(units / {UNITS_PER_WORK}e0) AS share, COUNT(*) AS works, "
        f"RANK() OVER (PARTITION BY scope ORDER BY SUM(units / {UNITS_PER_WORK}e0) DESC) AS place "
        "FROM x GROUP BY scope, city_id"
    )


def _hand(out: str):  # type: ignore[no-untyped-def]
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {THREADS}; SET memory_limit = '2GB'")
    connection.execute(f"SET temp_directory = '{out}/spill'")
    return connection


def run_hand(folder: str, out: str) -> None:
    """The same five questions by hand (the last two schemes as sums, which is easier)."""
    connection = _hand(out)
    for column, cities in (
        ("leiden", "place"), ("leiden", "metro"), ("institution", "metro"),
        ("nature_index", "place"), ("first_author", "fua.geojson"),
    ):  # fmt: skip
        start, used = time.monotonic(), time.process_time()
        sql = _hand_sql(folder, column, cities, "natural-82", "articles+reviews")
        connection.sql(
            sql.replace("GROUP BY ALL", "AND s.scope = 'overall' GROUP BY ALL")
        ).fetchall()
        print(f"  {column} {cities}: {_seconds(start, used)}")


def run_hand_all(folder: str, out: str) -> None:
    """All choices by hand, for cities."""
    connection = _hand(out)
    for column in ("nature_index", "leiden", "institution", "first_author", "corresponding_author"):
        for cities in DEFINITIONS:
            for journals in ("all", "natural-82"):
                for documents in ("articles", "articles+reviews"):
                    connection.sql(
                        _hand_sql(folder, column, cities, journals, documents)
                    ).fetchall()


def run_all(folder: str, out: str) -> None:
    """All choices by ours, for cities and countries."""
    import pyarrow as pa

    from sciencecities.method import grid
    from sciencecities.method.choices import Choice
    from sciencecities.method.cube import Cube
    from sciencecities.progress import Silent
    from sciencecities.tables import COUNTRY_RANKINGS, RANKINGS

    grid.SCHEMES = SCHEMES
    grid.allowed_schemes = lambda *_: (list(SCHEMES), [])
    cube, base = Cube(Path(folder)), Choice("nature-index", "metro", "all", "articles")
    cities = cube.definitions["metro"].city_ids
    rows = [(2024, s, n, c) for s in SCOPES for n, c in enumerate(cities, 1)]
    countries = [(2024, s, n, f"C{n:02d}") for s in SCOPES for n in range(60)]

    def table(schema, rows, name):  # type: ignore[no-untyped-def]
        keys = ("data_year", "scope", "rank", name)
        return pa.Table.from_pylist([dict(zip(keys, r, strict=True)) for r in rows], schema)

    found = grid.run_grid(
        cube, base, table(RANKINGS.schema(), rows, "city_id"),
        table(COUNTRY_RANKINGS.schema(), countries, "country"), Silent(),
    )  # fmt: skip
    choices = found.rankings.group_by(["scheme", "cities", "journals", "documents"]).aggregate([])
    assert choices.num_rows == 60, choices.num_rows


CONTENDERS: dict[str, Contender] = {
    "duckdb by hand, five questions": run_hand,
    "sciencecities, five questions": run_lab,
    "sciencecities, own journals and boundaries": run_own,
    "duckdb by hand, all choices": run_hand_all,
    "sciencecities, all choices": run_all,
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
    print(f"{millions:g} million contribution rows, {len(SCOPES)} scopes, {N_PLACES:,} places\n")
    return folder


if __name__ == "__main__":
    main()

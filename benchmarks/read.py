"""Reading OpenAlex JSON lines into flat tables: our ingest against DuckDB and Polars, in one run.

    python benchmarks/read.py WORKS.jsonl.gz --copies 48

Each contender reads the same gzip files (the given one, copied until about 1 GB lies there) and
writes works, terms, authorships and affiliations as Parquet. Ratios are to the DuckDB query.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from side_by_side import Contender, main_for

COLUMNS = """{
    id: 'VARCHAR', doi: 'VARCHAR', publication_year: 'INTEGER', type: 'VARCHAR',
    updated_date: 'VARCHAR', is_retracted: 'BOOLEAN', is_paratext: 'BOOLEAN', is_xpac: 'BOOLEAN',
    is_authors_truncated: 'BOOLEAN', biblio: 'STRUCT(first_page VARCHAR)',
    primary_location: 'STRUCT(source STRUCT(display_name VARCHAR, issn_l VARCHAR, issn VARCHAR[]))',
    host_venue: 'STRUCT(display_name VARCHAR, issn_l VARCHAR, issn VARCHAR[])',
    primary_topic: 'STRUCT(id VARCHAR, subfield STRUCT(id VARCHAR), field STRUCT(id VARCHAR))',
    authorships: 'STRUCT(author_position VARCHAR, is_corresponding BOOLEAN,
        institutions STRUCT(id VARCHAR, display_name VARCHAR, ror VARCHAR, country_code VARCHAR,
                            lineage VARCHAR[])[],
        raw_affiliation_string VARCHAR, raw_affiliation_strings VARCHAR[],
        affiliations STRUCT(raw_affiliation_string VARCHAR, institution_ids VARCHAR[])[])[]'
}"""

DUCKDB_TABLES = {
    "works": "SELECT record_id, id, doi, updated_date, publication_year, type, is_retracted, "
    "is_paratext, is_xpac, is_authors_truncated, biblio.first_page, "
    "coalesce(primary_location.source.display_name, host_venue.display_name) AS title FROM raw",
    "work_terms": "SELECT record_id, 'issn' AS kind, unnest(coalesce(primary_location.source.issn, "
    "host_venue.issn)) AS term FROM raw UNION ALL "
    "SELECT record_id, 'topic', primary_topic.id FROM raw WHERE primary_topic.id IS NOT NULL UNION ALL "
    "SELECT record_id, 'subfield', primary_topic.subfield.id FROM raw "
    "WHERE primary_topic.id IS NOT NULL UNION ALL "
    "SELECT record_id, 'field', primary_topic.field.id FROM raw WHERE primary_topic.id IS NOT NULL",
    "authorships": "SELECT record_id, generate_subscripts(authorships, 1) AS author_position, "
    "unnest(authorships).author_position AS place, "
    "unnest(authorships).is_corresponding AS is_corresponding FROM raw",
    "affiliations": "SELECT record_id, author_position, unnest(a.affiliations).raw_affiliation_string "
    "AS text, unnest(a.affiliations).institution_ids AS ids FROM people WHERE a.affiliations IS NOT NULL "
    "UNION ALL SELECT record_id, author_position, coalesce(a.raw_affiliation_string, "
    "a.raw_affiliation_strings[1]), NULL FROM people WHERE a.affiliations IS NULL",
    "affiliation_entries": "SELECT record_id, author_position, unnest(a.institutions, recursive := true) "
    "FROM people",
}


def run_duckdb(folder: str, out: str) -> None:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute("SET memory_limit = '4GB'")
    connection.execute(f"SET temp_directory = '{out}/spill'")
    connection.execute(
        f"CREATE TEMP TABLE raw AS SELECT row_number() OVER () AS record_id, * FROM read_json("
        f"'{folder}/*.gz', format = 'newline_delimited', columns = {COLUMNS})"
    )
    connection.execute(
        "CREATE VIEW people AS SELECT record_id, generate_subscripts(authorships, 1) AS author_position, "
        "unnest(authorships) AS a FROM raw"
    )
    for name, sql in DUCKDB_TABLES.items():
        connection.execute(
            f"COPY ({sql}) TO '{out}/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)"
        )


def run_duckdb_parse_only(folder: str, out: str) -> None:
    """The JSON parse with nothing but the nested columns written, as a floor for DuckDB."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute(
        f"COPY (SELECT * FROM read_json('{folder}/*.gz', format = 'newline_delimited', "
        f"columns = {COLUMNS})) TO '{out}/nested.parquet' (FORMAT parquet, COMPRESSION zstd)"
    )


def run_sciencecities(folder: str, out: str) -> None:
    from sciencecities.corpus.ingest import ingest

    ingest([folder], Path(out) / "corpus", threads=2)


CONTENDERS: dict[str, Contender] = {
    "duckdb read_json": run_duckdb,
    "duckdb, nested columns only": run_duckdb_parse_only,
    "sciencecities": run_sciencecities,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("works", nargs="?", type=Path, help="OpenAlex works as .jsonl.gz")
    parser.add_argument("--copies", type=int, default=48)
    with tempfile.TemporaryDirectory() as scratch:
        main_for(parser, CONTENDERS, __file__, lambda a: _copies(Path(scratch), a.works, a.copies))


def _copies(folder: Path, works: Path | None, copies: int) -> Path:
    if works is None:
        raise SystemExit("name a .jsonl.gz file of OpenAlex works")
    for n in range(copies):
        shutil.copyfile(works, folder / f"works-{n:03d}.jsonl.gz")
    size = sum(p.stat().st_size for p in folder.iterdir()) / 1e9
    print(f"{size:.2f} GB of gzip in {copies} files\n")
    return folder


if __name__ == "__main__":
    main()

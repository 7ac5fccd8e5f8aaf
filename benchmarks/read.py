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

# The same tables as our corpus has, as a hand would write them: ids instead of record numbers,
# DuckDB's own hash for the key of an affiliation, no check of types, no rejects.
AFFILIATIONS = """
CREATE TEMP TABLE found AS
WITH people AS (
    SELECT id, generate_subscripts(authorships, 1) AS author_position, unnest(authorships) AS a
    FROM raw
), new_schema AS (
    SELECT id, author_position, generate_subscripts(a.affiliations, 1) AS affiliation,
           unnest(a.affiliations) AS f, a.institutions AS named
    FROM people WHERE a.affiliations IS NOT NULL
), each_one AS (
    SELECT id, author_position, affiliation, f.raw_affiliation_string AS text,
           list_filter(named, lambda i: list_contains(f.institution_ids, i.id)) AS entries
    FROM new_schema
    UNION ALL
    SELECT id, author_position, 1,
           coalesce(a.raw_affiliation_string,
                    list_aggregate(a.raw_affiliation_strings, 'string_agg', '; ')),
           a.institutions
    FROM people WHERE a.affiliations IS NULL
)
SELECT *, hash(text, entries) AS affiliation_key FROM each_one
WHERE text <> '' OR len(entries) > 0
"""

DUCKDB_TABLES = {
    "works": """SELECT id, lower(regexp_replace(doi, '^https?://(dx[.])?doi[.]org/', '')) AS doi,
        epoch_us(CAST(updated_date AS TIMESTAMP)) AS version, publication_year, type,
        type IN ('article', 'journal-article', 'proceedings-article') AS is_primary,
        CASE WHEN is_retracted THEN 'retracted' WHEN is_paratext THEN 'paratext'
             WHEN is_xpac THEN 'xpac' END AS excluded,
        coalesce(is_authors_truncated, FALSE) OR (len(authorships) = 100 AND
            NOT list_contains(list_transform(authorships, lambda a: a.author_position), 'last'))
            AS authors_truncated,
        coalesce(primary_location.source.display_name, host_venue.display_name) AS source_title,
        biblio.first_page FROM raw""",
    "work_terms": """SELECT DISTINCT id, 'issn' AS kind,
        unnest(coalesce(primary_location.source.issn, host_venue.issn)) AS term FROM raw
        UNION ALL SELECT id, 'topic', replace(primary_topic.id, 'https://openalex.org/', '')
        FROM raw WHERE primary_topic.id IS NOT NULL
        UNION ALL SELECT id, 'subfield', split_part(primary_topic.subfield.id, '/', -1)
        FROM raw WHERE primary_topic.id IS NOT NULL
        UNION ALL SELECT id, 'field', split_part(primary_topic.field.id, '/', -1)
        FROM raw WHERE primary_topic.id IS NOT NULL""",
    "authorships": """SELECT id, author_position, a.author_position = 'first' AS is_first,
        a.is_corresponding FROM (
            SELECT id, generate_subscripts(authorships, 1) AS author_position,
                   unnest(authorships) AS a FROM raw)""",
    "affiliations": "SELECT id, author_position, affiliation, affiliation_key FROM found",
    "affiliation_entries": """SELECT affiliation_key, text, e.id, e.ror, e.display_name,
        e.country_code, list_aggregate(e.lineage, 'string_agg', ' ') AS lineage FROM (
            SELECT affiliation_key, text, unnest(entries) AS e FROM (
                SELECT affiliation_key, any_value(text) AS text,
                       any_value(CASE WHEN len(entries) > 0 THEN entries ELSE [NULL] END) AS entries
                FROM found GROUP BY affiliation_key))""",
}


def run_duckdb(folder: str, out: str) -> None:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET memory_limit = '4GB'")
    connection.execute(f"SET temp_directory = '{out}/spill'")
    connection.execute(
        f"CREATE TEMP TABLE raw AS SELECT * FROM read_json('{folder}/*.gz', "
        f"format = 'newline_delimited', columns = {COLUMNS})"
    )
    connection.execute(AFFILIATIONS)
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

"""Reading OpenAlex JSON lines into flat tables: our ingest against others, in one run.

    python benchmarks/read.py WORKS.jsonl.gz --copies 48

Each contender reads the same gzip files (the given one, copied until about 1 GB lies there) and
writes works, authorships and affiliations as Parquet (DuckDB and ours also terms and institutions
of affiliations); pyarrow.json and "nested" write the nested columns alone. All are checked to hold
the same number of works, authorships and affiliations. Ratios are to the DuckDB query.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

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


def _polars_schema() -> dict[str, Any]:
    import polars as pl

    text, texts, flag = pl.String, pl.List(pl.String), pl.Boolean
    venue = pl.Struct({"display_name": text, "issn_l": text, "issn": texts})
    institution = {"id": text, "display_name": text, "ror": text, "country_code": text}
    affiliation = {"raw_affiliation_string": text, "institution_ids": texts}
    author = {
        "author_position": text, "is_corresponding": flag,
        "institutions": pl.List(pl.Struct(institution | {"lineage": texts})),
        "raw_affiliation_string": text, "raw_affiliation_strings": texts,
        "affiliations": pl.List(pl.Struct(affiliation)),
    }  # fmt: skip
    return {
        "id": text, "doi": text, "publication_year": pl.Int32, "type": text, "updated_date": text,
        "is_retracted": flag, "is_paratext": flag, "is_xpac": flag, "is_authors_truncated": flag,
        "biblio": pl.Struct({"first_page": text}), "primary_location": pl.Struct({"source": venue}),
        "host_venue": venue, "authorships": pl.List(pl.Struct(author)),
    }  # fmt: skip


def run_polars(folder: str, out: str) -> None:
    """Works, authorships, affiliations with a key; no terms, no institutions of affiliations."""
    import polars as pl

    for number, path in enumerate(sorted(Path(folder).glob("*.gz"))):
        raw = pl.scan_ndjson(path, schema=_polars_schema()).collect()
        venue = pl.coalesce(
            pl.col("primary_location").struct.field("source").struct.field("display_name"),
            pl.col("host_venue").struct.field("display_name"),
        )
        raw.select(
            "id", pl.col("doi").str.to_lowercase(), "updated_date", "publication_year", "type",
            "is_retracted", "is_paratext", "is_xpac", "is_authors_truncated",
            venue.alias("source_title"), pl.col("biblio").struct.field("first_page"),
        ).write_parquet(f"{out}/works-{number}.parquet")  # fmt: skip
        people = (
            raw.select("id", "authorships")
            .explode("authorships", empty_as_null=False, keep_nulls=False)
            .with_columns(pl.int_range(1, pl.len() + 1).over("id").alias("author_position"))
            .unnest("authorships", separator=".")
        )
        people.select(
            "id", "author_position", "authorships.author_position", "authorships.is_corresponding"
        ).write_parquet(f"{out}/authorships-{number}.parquet")
        old = people.filter(pl.col("authorships.affiliations").is_null()).select(
            "id", "author_position", pl.lit(1, pl.Int64).alias("affiliation"),
            pl.coalesce(
                "authorships.raw_affiliation_string",
                pl.col("authorships.raw_affiliation_strings").list.join("; "),
            ).alias("text"),
            pl.col("authorships.institutions").list.eval(
                pl.element().struct.field("id")).alias("ids"),
        )  # fmt: skip
        new = (
            people.filter(pl.col("authorships.affiliations").is_not_null())
            .select("id", "author_position", pl.col("authorships.affiliations").alias("one"))
            .explode("one", empty_as_null=False)
            .with_columns(
                pl.int_range(1, pl.len() + 1).over("id", "author_position").alias("affiliation")
            )
            .unnest("one")
            .select(
                "id", "author_position", "affiliation",
                pl.col("raw_affiliation_string").alias("text"),
                pl.col("institution_ids").alias("ids"),
            )
        )  # fmt: skip
        found = pl.concat([new, old]).filter(
            (pl.col("text").fill_null("") != "") | (pl.col("ids").list.len().fill_null(0) > 0)
        )
        key = pl.struct("text", pl.col("ids").list.join(" ")).hash().alias("affiliation_key")
        found.select("id", "author_position", "affiliation", key).write_parquet(
            f"{out}/affiliations-{number}.parquet"
        )


def run_pyarrow(folder: str, out: str) -> None:
    """The JSON parse with nothing but the nested columns written, file by file."""
    import pyarrow as pa
    import pyarrow.json as pj
    import pyarrow.parquet as pq

    pa.set_cpu_count(2)
    text, texts, flag = pa.string(), pa.list_(pa.string()), pa.bool_()
    venue = pa.struct({"display_name": text, "issn_l": text, "issn": texts})
    institution = {"id": text, "display_name": text, "ror": text, "country_code": text}
    author = {
        "author_position": text, "is_corresponding": flag,
        "institutions": pa.list_(pa.struct(institution | {"lineage": texts})),
        "raw_affiliation_string": text, "raw_affiliation_strings": texts,
        "affiliations": pa.list_(
            pa.struct({"raw_affiliation_string": text, "institution_ids": texts})),
    }  # fmt: skip
    columns = {
        "id": text, "doi": text, "publication_year": pa.int32(), "type": text,
        "updated_date": text, "is_retracted": flag, "is_paratext": flag, "is_xpac": flag,
        "is_authors_truncated": flag, "biblio": pa.struct({"first_page": text}),
        "primary_location": pa.struct({"source": venue}), "host_venue": venue,
        "authorships": pa.list_(pa.struct(author)),
    }  # fmt: skip
    parsing = pj.ParseOptions(
        explicit_schema=pa.schema(columns.items()), unexpected_field_behavior="ignore"
    )
    reading = pj.ReadOptions(block_size=32 << 20)  # a work must fit into a block
    for number, path in enumerate(sorted(Path(folder).glob("*.gz"))):
        with pa.input_stream(path) as stream:
            table = pj.read_json(stream, reading, parsing)
        pq.write_table(table, f"{out}/nested-{number}.parquet", compression="zstd")


def run_sciencecities(folder: str, out: str) -> None:
    from sciencecities.corpus.ingest import ingest

    ingest([folder], Path(out) / "corpus", threads=2)


CONTENDERS: dict[str, Contender] = {
    "duckdb read_json": run_duckdb,
    "duckdb, nested columns only": run_duckdb_parse_only,
    "pyarrow.json, nested columns only": run_pyarrow,
    "polars": run_polars,
    "sciencecities": run_sciencecities,
}


def read_result(out: Path) -> dict[str, int]:
    """How many works, authorships and affiliations a contender has read."""
    import duckdb

    connection = duckdb.connect()
    names = ("works", "authorships", "affiliations")
    if nested := sorted(map(str, out.glob("nested*.parquet"))):
        connection.execute(f"CREATE VIEW raw AS FROM read_parquet({nested})")
        connection.execute(AFFILIATIONS)
        counts = ("FROM raw", "FROM (SELECT unnest(authorships) FROM raw)", "FROM found")
    else:
        folder = out / "corpus" if (out / "corpus").exists() else out
        within = "/*" if (out / "corpus").exists() else "*"
        counts = tuple(f"FROM '{folder}/{name}{within}.parquet'" for name in names)
    rows = [connection.execute(f"SELECT COUNT(*) {one}").fetchone()[0] for one in counts]
    return dict(zip(names, rows, strict=True))


def check_equal(name: str, found: dict[str, int], expected: dict[str, int]) -> None:
    if found != expected:
        raise SystemExit(f"{name} read {found}, not {expected}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("works", nargs="?", type=Path, help="OpenAlex works as .jsonl.gz")
    parser.add_argument("--copies", type=int, default=48)
    with tempfile.TemporaryDirectory() as scratch:
        main_for(
            parser, CONTENDERS, __file__, lambda a: _copies(Path(scratch), a.works, a.copies),
            read_result=read_result, check_equal=check_equal,
        )  # fmt: skip


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

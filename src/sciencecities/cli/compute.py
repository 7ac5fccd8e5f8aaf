"""Commands that compute: ingest, build."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from sciencecities.cli.common import quiet_option, show, years
from sciencecities.errors import ConfigError
from sciencecities.locate.overlaps import OVERLAPS

YEARS_SHOWN = 5
JOURNALS = "all|natural-82|nature-index-145|FILE.csv"
SCHEMES = (
    *("nature-index", "leiden", "institution", "city"),
    *("full", "first-author", "corresponding-author"),
)
LOCATE_MODES = ("text-then-registry", "registry", "text")
LETTERS = ("letters", "all", "none")

sources_argument = click.argument("sources", nargs=-1, metavar="[SOURCE]...")
threads_option = click.option(
    "--threads", type=click.IntRange(1, 1024), metavar="N", help="[default: one per core]"
)
rejects_option = click.option(
    "--max-rejects", type=click.FloatRange(0, 1), metavar="PART",
    help="Part of the records that may be unreadable, 0 to 1. [default: 0.001]",
)  # fmt: skip
memory_option = click.option(
    "--memory", metavar="SIZE", help="Memory limit of the query engine. [default: 2GB]"
)
engine_option = click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    help="What computes: this machine, or Spark (docs/SPARK.md). [default: duckdb]",
)
master_option = click.option(
    "--master", metavar="URL", help="Spark's master. [default: local, with --threads]"
)
remote_option = click.option(
    "--remote", metavar="sc://HOST:PORT", help="A Spark Connect server instead."
)


@click.command(short_help="Only read the sources, into a corpus.")
@sources_argument
@click.option("--corpus", required=True, metavar="DIR", help="Where the corpus goes.")
@rejects_option
@memory_option
@threads_option
@engine_option
@master_option
@remote_option
@quiet_option
def ingest(sources: tuple[str, ...], corpus: str, quiet: bool, **flags: Any) -> None:
    """Read each SOURCE (file, pattern, folder) into a corpus; `build --corpus DIR` goes on from it.

    What an interrupted run has read is not read again.
    """
    from sciencecities import config, pipeline
    from sciencecities.cli.bars import reporting
    from sciencecities.edition.show import plural

    if not sources:
        raise ConfigError("no sources given; name OpenAlex, PubMed or table files")
    settings = config.make("ingest", sources=list(sources), corpus=corpus, **flags)
    with reporting(quiet) as progress:
        _, note = pipeline.read_corpus(settings, Path(corpus), progress)
    click.echo(
        f"{plural(note.records, 'record')} read from {plural(len(note.files), 'file')}, "
        f"{note.rejects:,} rejected.\n"
        f"Next: sciencecities build --corpus {shlex.quote(corpus)} --out EDITION"
    )


@click.command(short_help="Build an edition from records.")
@sources_argument
@click.option(
    "-c",
    "--config",
    "config_file",
    metavar="FILE",
    help="Read the keys of a sciencecities.toml (`init` writes one); flags win.",
)
@click.option(
    "--out", metavar="EDITION", help="The edition's folder; an older edition is replaced."
)
@click.option("--corpus", metavar="DIR", help="Keep the corpus here, or go on from one.")
@click.option(
    "--years",
    callback=years,
    metavar="YEARS",
    help="Data years: 2024, 2023,2024 or 2020-2024. [default: all]",
)
@click.option(
    "--registry", metavar="FILE", help="ROR v2: JSON, JSONL, .gz or the .zip as published."
)
@click.option("--journals", metavar=JOURNALS, help="Journals whose works count. [default: all]")
@click.option(
    "--letters",
    type=click.Choice(LETTERS),
    help="What counts of journals of which a journal set takes Letters only. [default: letters]",
)
@click.option(
    "--highlights", metavar="FILE", help="DOIs, one a line, that count beside the Letters."
)
@click.option(
    "--cities", metavar="place|metro|FILE.geojson", help="City definition. [default: metro]"
)
@click.option(
    "--overlaps",
    type=click.Choice(OVERLAPS),
    help="Polygons of FILE.geojson that overlap: refuse them, or let the first win. "
    "[default: error]",
)
@click.option(
    "--locate",
    type=click.Choice(LOCATE_MODES),
    help="What says where an affiliation is. [default: text-then-registry]",
)
@click.option("--no-match", is_flag=True, help="Take the records' institution ids as they are.")
@click.option(
    "--scheme", type=click.Choice(SCHEMES), help="How a work is divided. [default: nature-index]"
)
@click.option("--keep-ancestors", is_flag=True, help="Keep a parent beside its child institution.")
@click.option("--scopes", metavar="FILE.toml", help="Subjects and industries to rank by.")
@rejects_option
@click.option(
    "--replicates",
    type=click.IntRange(0, 100_000),
    metavar="N",
    help="Re-draws behind the stability intervals; 0 makes none. [default: 1000]",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), metavar="N", help="Of the re-draws. [default: 0]"
)
@memory_option
@threads_option
@engine_option
@master_option
@remote_option
@click.option("--resume", is_flag=True, help="Go on from an interrupted build.")
@quiet_option
def build(config_file: str | None, resume: bool, quiet: bool, **flags: Any) -> None:
    """Build an edition from each SOURCE: file, pattern or folder of OpenAlex, PubMed or table files.

    An edition appears whole or not at all. It ends with the leading cities, and what no city got.
    """  # noqa: E501
    from sciencecities import config, pipeline
    from sciencecities.cli.bars import reporting

    keys = _keys(**flags)
    settings = (
        config.load(Path(config_file), **keys) if config_file else config.make("build", **keys)
    )
    if settings.out is None:
        raise ConfigError("no edition folder given; say --out EDITION")
    with reporting(quiet) as progress:
        out = pipeline.build(settings, resume=resume, progress=progress)
    summarise(out, top=10)


def summarise(path: Path, top: int) -> None:
    """Print the leading cities of an edition just built, what no city got, and where it is."""
    from sciencecities.edition.read import Edition
    from sciencecities.edition.views import rank_view, unassigned_view

    edition = Edition(path)
    if not edition.years:
        click.echo(
            "Warning: No work was counted: none was read that is of the years and journals asked "
            f"for. The edition has nothing to rank or show.\nEdition: {path}"
        )
        return
    year = edition.newest_year
    show(
        rank_view(edition, "overall", year, top=top, with_unassigned=False),
        unassigned_view(edition, "overall", year),
    )
    click.echo()
    if len(edition.years) > 1:
        newest = sorted(edition.years, reverse=True)[:YEARS_SHOWN]
        works = ", ".join(f"{y}: {edition.n_works(year=y):,}" for y in newest)
        more = len(edition.years) - len(newest)
        click.echo(f"Works by year: {works}{f', and {more} earlier years' if more else ''}")
    for note in edition.manifest.get("notes", []):
        click.echo(f"Note: {note}")
    click.echo(f"Edition: {path}")


def _keys(*, no_match: bool, keep_ancestors: bool, sources: tuple[str, ...], **flags: Any) -> Any:
    """Flags as configuration keys; what was not given is None."""
    return flags | {
        "sources": list(sources) or None,
        "match": False if no_match else None,
        "keep_ancestors": True if keep_ancestors else None,
    }

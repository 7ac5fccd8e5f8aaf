"""Commands that publish: serve, export."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from sciencecities.cli.common import (
    edition_argument,
    open_edition,
    overlaps_option,
    quiet_option,
    year_option,
)

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition
    from sciencecities.publish.site import Site

F = TypeVar("F", bound=Callable[..., Any])


@click.command(short_help="Show editions as a site in the browser.")
@click.argument("editions", metavar="EDITION...", nargs=-1, required=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--base-url", default="", metavar="URL",
              help="Address of the site, for embedding and metadata.")  # fmt: skip
@click.option(
    "--boundaries", multiple=True, type=click.Path(path_type=Path), metavar="FILE.geojson",
    help="City boundaries that the method lab offers under the file's name; repeatable.",
)  # fmt: skip
@overlaps_option
def serve(
    editions: tuple[str, ...],
    host: str,
    port: int,
    base_url: str,
    boundaries: tuple[Path, ...],
    overlaps: str,
) -> None:
    """Serve one or more EDITIONs as a bilingual site, until interrupted."""
    from sciencecities.publish.site import Site

    opened = [_counted(e) for e in editions]
    site = Site(opened, base_url=base_url, boundaries=boundaries, overlaps=overlaps)
    serve_site(site, host, port)


def serve_site(site: Site, host: str, port: int) -> None:
    """Answer with the pages of a site until interrupted.

    Raises SciencecitiesError where it cannot listen there.
    """
    import uvicorn

    from sciencecities.web.app import application
    from sciencecities.web.listen import listening
    from sciencecities.web.warm import warming

    server = uvicorn.Server(uvicorn.Config(application(site), log_level="warning"))
    with listening(host, port) as (socket, address):
        click.echo(f"Serving on {address} (Ctrl-C ends it)", err=True)
        with warming(site), suppress(KeyboardInterrupt):
            server.run(sockets=[socket])


def _counted(path: str) -> Edition:
    """An edition that has something to show. Raises EditionError, also where no work counted."""
    edition = open_edition(path)
    _ = edition.newest_year
    return edition


city_argument = click.argument("city", metavar="CITY")
lang_option = click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True
)
day_option = click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY",
    help="Day of which statuses are told. [default: today]",
)  # fmt: skip
font_option = click.option(
    "--font-path", type=click.Path(path_type=Path, exists=True), metavar="DIR",
    help="Folder with a Chinese font. [default: the system's]",
)  # fmt: skip


def out_option(metavar: str, what: str) -> Callable[[F], F]:
    """Where an export is written."""
    path = click.Path(path_type=Path)
    return click.option("--out", required=True, type=path, metavar=metavar, help=what)


@click.group(short_help="Write editions as a site or as files to take away.")
def export() -> None:
    """Write editions as a site or as files to take away."""


@export.command("site", short_help="Write editions as a static site.")
@click.argument("editions", metavar="EDITION...", nargs=-1, required=True)
@out_option("DIR", "Folder of the site.")
@click.option(
    "--cities",
    "n_cities",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    metavar="N",
    help="Leading cities that get a page of their own.",
)
@click.option("--base-url", default="", metavar="URL", help="Where the site will stand.")
@quiet_option
def export_site(
    editions: tuple[str, ...], out: Path, n_cities: int, base_url: str, quiet: bool
) -> None:
    """Write one or more EDITIONs as a site that works from a folder, without a server."""
    from sciencecities.cli.bars import reporting
    from sciencecities.publish.export import export_site as write_site
    from sciencecities.publish.site import Site

    opened = [open_edition(e) for e in editions]
    site = Site(opened, base_url=base_url, n_cities=n_cities, is_static=True)
    with reporting(quiet) as progress:
        counts = write_site(site, out, progress)
    click.echo(
        f"{out}: {counts['written']:,} files written, {counts['kept']:,} unchanged, "
        f"{counts['removed']:,} removed"
    )


@export.command("brief", short_help="Write one city's brief, in Chinese or English.")
@edition_argument
@city_argument
@out_option("FILE", "The brief: .html or .md.")
@lang_option
@year_option
@click.option("--observatory", "facts", metavar="CITY|DIR",
              help="Facts about the city. [default: those in the package, if any]")  # fmt: skip
@day_option
def export_brief(
    edition: str,
    city: str,
    out: Path,
    lang: Literal["en", "zh"],
    year: int | None,
    facts: str | None,
    on: datetime | None,
) -> None:
    """Write the brief of CITY: ranks, platforms, facilities, industries, axis, corridor.

    EDITION may be any: built here, or published by somebody else (natureindex-2024).
    """
    from sciencecities.observatory import load
    from sciencecities.observatory.names import built_in_named
    from sciencecities.publish.brief import brief
    from sciencecities.publish.brief_render import check_name, write

    check_name(out)
    opened = open_edition(edition)
    found = facts or built_in_named(opened.find_city(city))
    observatory = load(found) if found else None
    write(brief(opened, city, observatory, lang, year=year, on=on.date() if on else None), out)
    click.echo(f"{out}")


@export.command("pdf", short_help="Write one city's brief as a tagged PDF.")
@edition_argument
@city_argument
@out_option("FILE.pdf", "The PDF.")
@lang_option
@year_option
@font_option
@day_option
def export_pdf(
    edition: str,
    city: str,
    out: Path,
    lang: Literal["en", "zh"],
    year: int | None,
    font_path: Path | None,
    on: datetime | None,
) -> None:
    """Write the brief of CITY as a PDF: tagged (PDF/UA-1), fonts embedded, A4.

    Needs the extra `pdf`, and for Chinese a font: fonts-noto-cjk, or --font-path.
    """
    from sciencecities.observatory import load
    from sciencecities.observatory.names import built_in_named
    from sciencecities.publish import ground, typeset
    from sciencecities.publish.brief import brief

    _check_ending(out, ".pdf")
    day = on.date() if on else date.today()
    opened = open_edition(edition)
    found = built_in_named(opened.find_city(city))
    facts = load(found) if found else None
    made = brief(opened, city, facts, lang, year=year, on=day)
    lives = ground.lives(facts, lang, day) if facts else []
    _put(out, typeset.brief_pdf(made, lives, on=day, font_path=font_path))


@export.command("card", short_help="Write one city's card for sharing as a PNG.")
@edition_argument
@city_argument
@out_option("FILE.png", "The card.")
@lang_option
@year_option
@font_option
def export_card(
    edition: str,
    city: str,
    out: Path,
    lang: Literal["en", "zh"],
    year: int | None,
    font_path: Path | None,
) -> None:
    """Write CITY's card, 1,200 by 630 pixels: headline, rank with its range, source."""
    from sciencecities.publish import typeset

    _check_ending(out, ".png")
    made = typeset.card(open_edition(edition), city, lang, year=year)
    _put(out, typeset.card_png(made, on=date.today(), font_path=font_path))


def _check_ending(out: Path, ending: str) -> None:
    from sciencecities.errors import ConfigError

    if out.suffix.lower() != ending:
        raise ConfigError(f"{out}: is written as {ending}; name it so")


def _put(out: Path, content: bytes) -> None:
    """Write a file, whole or not at all, and say where it is."""
    from sciencecities.errors import EditionError
    from sciencecities.files import write_whole

    if out.is_dir():
        raise EditionError(f"{out}: is a folder; name a file")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)

        def write(partial: Path) -> None:
            partial.write_bytes(content)

        write_whole(out, write)
    except OSError as error:
        reason = error.strerror or error
        raise EditionError(f"{out}: cannot be written ({reason}); name another file") from error
    click.echo(f"{out}")


@export.command("data", short_help="Write the tables of an edition as files to take away.")
@edition_argument
@out_option("DIR", "Folder for the files.")
def export_data(edition: str, out: Path) -> None:
    """Write EDITION as CSV, XLSX, Parquet, GeoJSON and a Data Package, with how to cite it."""
    from sciencecities.publish import takeaway

    paths = takeaway.write(open_edition(edition), out)
    click.echo(f"{out}: {len(paths)} files; datapackage.json describes the tables")

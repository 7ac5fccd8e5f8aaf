"""What commands share: argument types, opening an edition, writing results."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from sciencecities.locate.overlaps import OVERLAPS, REFUSE

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console

    from sciencecities.edition.read import Edition
    from sciencecities.edition.show import View

FORMATS = ("table", "csv", "json", "md")
MAX_YEARS = 1000

edition_argument = click.argument("edition", metavar="EDITION")
scope_option = click.option(
    "--scope", default="overall", show_default=True, metavar="NAME",
    help="`overall`, a subject, an industry: a scope of the edition.",
)  # fmt: skip
year_option = click.option("--year", type=int, metavar="Y", help="Data year. [default: the newest]")
format_option = click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True,
    help="csv and json carry every column at full precision.",
)  # fmt: skip
definition_option = click.option(
    "--cities", default="metro", show_default=True, metavar="place|metro|FILE.geojson",
    help="City definition.",
)  # fmt: skip
overlaps_option = click.option(
    "--overlaps", type=click.Choice(OVERLAPS), default=REFUSE, show_default=True,
    help="Polygons of a GeoJSON file that overlap: refuse them, or let the first win.",
)  # fmt: skip
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Report no progress.")


def years(_ctx: click.Context, _param: click.Parameter, value: str | None) -> list[int] | None:
    """The years that `2024`, `2023,2024` or `2020-2024` names, in order, each once."""
    if value is None:
        return None
    found: set[int] = set()
    for part in value.split(","):
        match = re.fullmatch(r"\s*(\d{4})\s*(?:[-–]\s*(\d{4})\s*)?", part, re.ASCII)
        if match is None:
            raise click.BadParameter(f"{value!r} is not like 2024, 2023,2024 or 2020-2024")
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last < first + MAX_YEARS:
            raise click.BadParameter(f"{part.strip()!r} is not a span of years, first to last")
        found.update(range(first, last + 1))
    return sorted(found)


def open_edition(path: str) -> Edition:
    """The edition at a path. Raises EditionError."""
    from sciencecities.edition.read import Edition

    return Edition(path)


def console() -> Console:
    """Where tables are printed: coloured and fitted on a terminal, plain and whole in a pipe."""
    from rich.console import Console

    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=100_000, force_terminal=False, no_color=True)


def show(*views: View) -> None:
    """Print views as text, a blank line between them."""
    import io

    from sciencecities.edition.show import print_text

    target = console()
    for number, view in enumerate(views):
        if number:
            click.echo()
        if target.is_terminal:
            print_text(view, target)
            continue
        target.file = io.StringIO()
        print_text(view, target)
        click.echo(
            "\n".join(line.rstrip() for line in target.file.getvalue().split("\n")), nl=False
        )


def write(form: str, views: list[View], table: pa.Table) -> None:
    """Write a result to stdout: views as text or Markdown, the table as CSV or JSON."""
    from sciencecities.edition.show import markdown, write_csv, write_json

    if form == "table":
        show(*views)
    elif form == "md":
        click.echo("\n".join(markdown(v) for v in views), nl=False)
    elif form == "csv":
        write_csv(table, sys.stdout)
    else:
        write_json(table, sys.stdout)


def write_object(value: dict[str, Any]) -> None:
    """Write one result to stdout as a JSON object."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=1))

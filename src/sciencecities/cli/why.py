"""The command that says why a number moved: explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sciencecities.cli.common import (
    edition_argument,
    format_option,
    open_edition,
    scope_option,
    write,
    write_object,
    year_option,
)

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition


@click.command(short_help="Why a city's number moved.")
@edition_argument
@click.argument("city_name", metavar="CITY")
@click.option(
    "--against", metavar="EDITION|YEAR",
    help="An earlier build, or an earlier data year of EDITION. [default: the year before]",
)  # fmt: skip
@scope_option
@year_option
@click.option(
    "--top", type=click.IntRange(min=1), default=15, show_default=True, metavar="N",
    help="Rows of each table to show; csv and json carry all parts.",
)  # fmt: skip
@format_option
def explain(
    edition: str,
    city_name: str,
    against: str | None,
    scope: str,
    year: int | None,
    top: int,
    form: str,
) -> None:
    """Why the Share and rank of CITY moved: revised data, the world's growth, its own change.

    The parts, by institution and subject, add up exactly to the change. csv carries the parts.
    """
    from sciencecities.explain.views import explanation_views

    opened = open_edition(edition)
    made = opened.explain(city_name, _against(against), scope, year)
    if form == "json":
        write_object(made.to_dict())
    else:
        views = explanation_views(made, top) if form in ("table", "md") else []
        write(form, views, made.table)


def _against(text: str | None) -> Edition | int | None:
    """A year of the same edition where it is four digits and no folder, else an edition."""
    from pathlib import Path

    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) == 4 and not Path(text).exists():
        return int(text)
    return open_edition(text)

"""The command that turns a table of institutions into a city ranking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sciencecities.cli.common import definition_option, overlaps_option, quiet_option, show

if TYPE_CHECKING:
    from sciencecities.edition.show import View
    from sciencecities.institution_table.pieces import Piece

SHOWN = 10


@click.command(short_help="A city ranking from a table of institutions (name, country, share).")
@click.argument("table", metavar="TABLE.csv", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    metavar="EDITION",
    type=click.Path(path_type=Path),
    help="The edition's folder; an older edition is replaced.",
)
@click.option(
    "--split",
    metavar="PARTS.csv",
    type=click.Path(path_type=Path),
    help="Parts of institutions of several cities: institution, part or city, share or weight.",
)
@click.option(
    "--registry",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="ROR v2: JSON, JSONL, .gz or the .zip as published.",
)
@definition_option
@overlaps_option
@click.option(
    "--year",
    type=click.IntRange(1000, 9999),
    metavar="Y",
    help="The year that the table counts, where it has no column year.",
)
@quiet_option
def institutions(
    table: Path,
    out: Path,
    split: Path | None,
    registry: Path | None,
    cities: str,
    overlaps: str,
    year: int | None,
    quiet: bool,
) -> None:
    """A city ranking from TABLE.csv, one institution a row: name, country, share.

    Academies, national centres, armies and systems of several campuses have no single city: they
    are listed, and their Share is unassigned unless --split says which part is where.
    """  # fmt: skip
    from sciencecities.cli.bars import reporting
    from sciencecities.cli.compute import summarise
    from sciencecities.institution_table.build import Settings, build

    with reporting(quiet) as progress:
        pieces = build(Settings(table, split, registry, cities, year, overlaps), out, progress)
    if spread := [piece for piece in pieces if piece.where.reason is not None]:
        show(unplaced_view(spread))
        click.echo()
    summarise(out, top=10)


def unplaced_view(pieces: list[Piece]) -> View:
    """The institutions that no single city got, largest Share first, each with the reason."""
    from sciencecities.edition.show import Column, View, decimals, plural
    from sciencecities.edition.views import REASONS
    from sciencecities.tables import UNITS_PER_WORK

    ordered = sorted(pieces, key=lambda piece: (-piece.units, piece.row.line))
    shares = [piece.units / UNITS_PER_WORK for piece in ordered[:SHOWN]]
    digits = decimals(shares)
    cells = [
        [piece.row.name, piece.where.country or "–", f"{share:,.{digits}f}", _why(piece, REASONS)]
        for piece, share in zip(ordered, shares, strict=False)
    ]
    columns = [Column("Institution"), Column("Country"), Column("Share", True), Column("Why")]
    title = f"{plural(len(ordered), 'institution')} without a single city"
    more = len(ordered) - len(cells)
    notes = [f"and {more:,} more: institution_places in the edition lists all"] if more else []
    return View(title, columns, cells, notes)


def _why(piece: Piece, reasons: dict[str, str]) -> str:
    reason = piece.where.reason or ""
    _, is_table, why = piece.where.method.partition("table:")
    return f"{reasons.get(reason, reason)}{f': {why}' if is_table else ''}"

"""Commands that vary the method: lab, sensitivity."""

from __future__ import annotations

import click

from sciencecities.cli.common import (
    edition_argument,
    format_option,
    open_edition,
    overlaps_option,
    scope_option,
    write,
    year_option,
)
from sciencecities.errors import ConfigError


@click.command(short_help="The ranking under another method.")
@edition_argument
@click.option("--scheme", metavar="NAME", help="How a work is divided.")
@click.option("--cities", metavar="place|metro|FILE.geojson", help="Where cities end.")
@overlaps_option
@click.option("--journals", metavar="NAME|FILE.csv", help="Journals whose works count.")
@click.option("--documents", metavar="articles|articles+reviews", help="Which documents count.")
@click.option("--city", "city_name", metavar="CITY", help="One city: what moves its rank.")
@scope_option
@year_option
@click.option(
    "--top", type=click.IntRange(min=1), metavar="N",
    help="Rows to show. [default: 20; all in csv and json]",
)  # fmt: skip
@format_option
def lab(
    edition: str,
    scheme: str | None,
    cities: str | None,
    overlaps: str,
    journals: str | None,
    documents: str | None,
    city_name: str | None,
    scope: str,
    year: int | None,
    top: int | None,
    form: str,
) -> None:
    """EDITION's ranking recomputed under another choice of method, beside its own.

    Nothing is read again. What is not given is as the edition has it; with --city, csv and json
    carry that city's rank under every choice.
    """
    from sciencecities.method.views import choices_view, lab_view

    opened = open_edition(edition)
    scope, year = opened.resolve_scope(scope), opened.resolve_year(year)
    found = opened.method.lab(
        scheme=scheme,
        cities=cities,
        overlaps=overlaps,
        journals=journals,
        documents=documents,
        scope=scope,
        year=year,
    )
    city_id = opened.finder.find(city_name).city_id if city_name else None
    if form in ("csv", "json"):
        table = opened.method.ranks_of(city_id, scope, year) if city_id else found.table
        write(form, [], table.slice(0, top))
        return
    views = [lab_view(opened, found, scope, year, top or 20)]
    if city_id and (one := choices_view(opened, city_id, scope, year)):
        views.append(one)
    write(form, views, found.table)


@click.command(short_help="What the choice of city boundaries does.")
@edition_argument
@click.argument("city_name", metavar="[CITY]", required=False)
@click.option("--geojson", metavar="FILE", help="Polygons to try beside place and metro.")
@overlaps_option
@scope_option
@year_option
@click.option(
    "--top", type=click.IntRange(min=1), default=20, show_default=True, metavar="N",
    help="Rows, or institutions of each definition, to show.",
)  # fmt: skip
@format_option
def sensitivity(
    edition: str,
    city_name: str | None,
    geojson: str | None,
    overlaps: str,
    scope: str,
    year: int | None,
    top: int,
    form: str,
) -> None:
    """How Share and rank in EDITION change with where cities end: place, metro, a GeoJSON file.

    For one CITY also the institutions that cause it, which csv and json carry.
    """
    from sciencecities.locate.cities import SUFFIXES
    from sciencecities.method.views import sensitivity_views

    if geojson is not None and not geojson.lower().endswith(SUFFIXES):
        raise ConfigError(f"{geojson}: not named as GeoJSON; give a file ending in .geojson")
    opened = open_edition(edition)
    scope, year = opened.resolve_scope(scope), opened.resolve_year(year)
    city_id = opened.finder.find(city_name).city_id if city_name else None
    views, table = sensitivity_views(opened, city_id, geojson, scope, year, top, overlaps=overlaps)
    write(form, views, table)

"""Commands that set rankings or cities side by side: compare, group."""

from __future__ import annotations

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


@click.command(short_help="Rank agreement with a published table.")
@edition_argument
@click.argument("published", metavar="PUBLISHED")
@scope_option
@year_option
@format_option
def compare(edition: str, published: str, scope: str, year: int | None, form: str) -> None:
    """How far EDITION agrees with PUBLISHED: a CSV (city,rank[,share]) or another edition.

    Cities may be named in any language, or by id. csv carries the cities.
    """
    from sciencecities.compare.views import comparison_views

    opened = open_edition(edition)
    found = opened.compare(published, scope, year)
    if form == "json":
        write_object(found.to_dict())
    else:
        views = comparison_views(found, opened.kind) if form in ("table", "md") else []
        write(form, views, found.table)


@click.command(short_help="Several cities as one.")
@edition_argument
@click.argument("cities", metavar="CITY...", nargs=-1)
@click.option("--country", metavar="CODE", help="All cities of a country, by ISO code.")
@click.option("--state", metavar="NAME", help="All cities of a state or province, by name.")
@click.option("--name", default="", metavar="TEXT", help="What the group is called.")
@scope_option
@year_option
@format_option
def group(
    edition: str,
    cities: tuple[str, ...],
    country: str | None,
    state: str | None,
    name: str,
    scope: str,
    year: int | None,
    form: str,
) -> None:
    """CITY and others as one city: Share, rank, range, inner collaboration, partners.

    csv carries the matrix of partners.
    """
    from sciencecities.compare.groups import group as grouped
    from sciencecities.compare.groups import of_country, of_state
    from sciencecities.compare.views import group_views

    opened = open_edition(edition)
    named = list(cities)
    if state:
        named += of_state(opened, state, country, scope, year)
    elif country:
        named += of_country(opened, country, scope, year)
    if not named:
        raise click.UsageError("name the cities, or give --country CODE or --state NAME")
    found = grouped(opened, named, name or state or (country or "").upper(), scope, year)
    if form == "json":
        write_object(found.to_dict())
    else:
        views = group_views(found, opened) if form in ("table", "md") else []
        write(form, views, found.table)

"""Commands that read an edition: rank, city, trace, verify."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from sciencecities.cli.common import (
    edition_argument,
    format_option,
    open_edition,
    scope_option,
    write,
    year_option,
)
from sciencecities.errors import ConfigError

if TYPE_CHECKING:
    from sciencecities.edition.find import NamedCity
    from sciencecities.edition.read import Edition
    from sciencecities.edition.show import View

CHECKED = {
    "computed": "; every work's weights, all Shares, Counts, unassigned parts, totals and ranks "
    "against the contributions",
    "institution-table": "; all Shares and unassigned parts against the table's institutions",
}

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _top_option(what: str, default: int) -> Decorator:
    text = f"{what} to show. [default: {default}; all in csv and json]"
    return click.option("--top", type=click.IntRange(min=1), metavar="N", help=text)


def _top(top: int | None, form: str, default: int) -> int | None:
    return top if top is not None or form in ("csv", "json") else default


@click.command(short_help="The leading cities of an edition.")
@edition_argument
@scope_option
@year_option
@_top_option("Rows", 20)
@click.option("--countries", is_flag=True, help="Rank countries instead of cities.")
@format_option
def rank(
    edition: str, scope: str, year: int | None, top: int | None, countries: bool, form: str
) -> None:
    """The leading cities of EDITION by Share, with their movement against the year before."""
    from sciencecities.edition.views import rank_view

    opened = open_edition(edition)
    scope, year = opened.resolve_scope(scope), opened.resolve_year(year)
    if countries:
        _needs_works(opened, "ranks no countries")
    top = _top(top, form, 20)
    table = opened.country_rankings(scope, year) if countries else opened.rankings(scope, year)
    views = []
    if form in ("table", "md"):
        views = [rank_view(opened, scope, year, top=top, countries=countries)]
    write(form, views, table.slice(0, top))


@click.command(short_help="One city in all scopes and years.")
@edition_argument
@click.argument("city_name", metavar="CITY")
@scope_option
@year_option
@_top_option("Institutions", 10)
@format_option
def city(
    edition: str, city_name: str, scope: str, year: int | None, top: int | None, form: str
) -> None:
    """One CITY (id, or name in any language) in all scopes and years of EDITION.

    With it come the leading institutions of one scope and year (--scope, --year). csv and json
    carry the city's rankings.
    """
    from sciencecities.edition.specialisation import specialisation_view
    from sciencecities.edition.views import city_view, institutions_view

    opened = open_edition(edition)
    scope, year = opened.resolve_scope(scope), opened.resolve_year(year)
    found = opened.finder.find(city_name)
    _say_who_is_meant(opened.finder.named(city_name), city_name, found.label)
    views = []
    if form in ("table", "md") and opened.kind == "published":
        views = [city_view(opened, found.city_id)]
    elif form in ("table", "md"):
        leading = institutions_view(opened, found.city_id, scope, year, top or 10)
        more = specialisation_view(opened, found.city_id, year)
        views = [city_view(opened, found.city_id), leading, *([more] if more else [])]
        if opened.kind == "computed":
            _say_what_moves(opened, found.city_id, scope, year, views[0])
    write(form, views, opened.city(found.city_id))


@click.command(short_help="The works behind a number, with DOI and weight.")
@edition_argument
@click.argument("city_name", metavar="CITY")
@scope_option
@year_option
@click.option("--institution", metavar="ID", help="Only this institution: ROR id, other id, name.")
@_top_option("Works", 20)
@format_option
def trace(
    edition: str,
    city_name: str,
    scope: str,
    year: int | None,
    institution: str | None,
    top: int | None,
    form: str,
) -> None:
    """The works behind the Share of CITY in EDITION, the heaviest first.

    table and md show one row per work; csv and json one row per work, author and institution.
    """
    from sciencecities.edition.views import trace_view

    opened = open_edition(edition)
    _needs_works(opened, "has no works to trace")
    if opened.kind == "institution-table":
        raise ConfigError(
            f"{opened.name}: no works stand behind a table of institutions; `sciencecities city` "
            "shows a city's institutions"
        )
    scope, year = opened.resolve_scope(scope), opened.resolve_year(year)
    found = opened.finder.find(city_name)
    _say_who_is_meant(opened.finder.named(city_name), city_name, found.label)
    if institution is not None:
        institution = opened.find_institution(found.city_id, institution)
    top = _top(top, form, 20)
    if form in ("table", "md"):
        view = trace_view(opened, found.city_id, scope, year, institution, top)
        write(form, [view], opened.totals())
    else:
        write(form, [], opened.trace(found.city_id, scope, year, institution, top=top))


@click.command(short_help="Check an edition: hashes, sums, invariants.")
@edition_argument
def verify(edition: str) -> int:
    """Check that EDITION is what was built: hashes, sums, and what holds between its tables."""
    from sciencecities.edition.verify import verify as check
    from sciencecities.published.builtin import edition_path
    from sciencecities.tables import KINDS

    problems = check(edition_path(edition))
    for problem in problems:
        click.echo(problem)
    if problems:
        click.echo(f"{edition}: not sound; build it again", err=True)
        return 1
    opened = open_edition(edition)
    rows = sum(t["rows"] for t in opened.manifest["tables"].values())
    if opened.kind == "published":
        from sciencecities.edition.published_views import about_line

        click.echo(f"{edition}: sound. Checked: {rows:,} ranks against the manifest's hash.")
        click.echo(about_line(opened))
        return 0
    click.echo(
        f"{edition}: sound. Checked: the content of {len(KINDS[opened.kind])} tables ({rows:,} "
        f"rows) against the manifest's hashes{CHECKED.get(opened.kind, '')}."
    )
    return 0


def _needs_works(edition: Edition, what: str) -> None:
    """Raises ConfigError for a ranking that was only published."""
    if edition.kind == "published":
        raise ConfigError(
            f"{edition.name}: {what}: it is a ranking that somebody else published; "
            "`sciencecities rank` and `city` show its ranks"
        )


def _say_what_moves(edition: Edition, city_id: str, scope: str, year: int, view: View) -> None:
    """A note on the ranks under other methods, where the city leads under any."""
    from sciencecities.method.views import method_sentence

    if sentence := method_sentence(edition, city_id, scope, year):
        view.notes.insert(0, sentence)


def _say_who_is_meant(named: Sequence[NamedCity], asked: str, meant: str) -> None:
    """A line on stderr where the name could mean another city, or is not the city's own."""
    if len(named) > 1:
        others = ", ".join(c.label for c in named[1:])
        click.echo(f"{asked} is taken as {meant}; so named too: {others}", err=True)
    elif not named and asked not in meant:
        click.echo(f"{asked} is taken as {meant}", err=True)

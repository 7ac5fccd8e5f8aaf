"""Commands of the observatory: check, show, schema."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sciencecities.cli.common import FORMATS, overlaps_option, show, write

if TYPE_CHECKING:
    from sciencecities.locate.model import CityDefinition
    from sciencecities.observatory import Observatory
    from sciencecities.observatory.problems import Problem

city_argument = click.argument("city", metavar="[CITY|PATH]", required=False)


@click.group(short_help="Facts about what stands behind a city's rank.")
def observatory() -> None:
    """Dated, sourced facts about a city's science on the ground.

    CITY is one that comes with the package (guangzhou, hefei), PATH a file or folder of YAML.
    """


@observatory.command("check", short_help="Say what is wrong in a city's files, and where.")
@city_argument
@click.option("--registry", metavar="FILE", help="ROR v2, to check ids and names against.")
@click.option(
    "--cities", metavar="metro|FILE.geojson",
    help="City definition, to check coordinates against.",
)  # fmt: skip
@overlaps_option
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True
)
def check_city(
    city: str | None, registry: str | None, cities: str | None, overlaps: str, form: str
) -> None:
    """Check CITY (default: all that come with the package); exit code 1 if anything is wrong."""
    from sciencecities.errors import ObservatoryError
    from sciencecities.observatory import built_in
    from sciencecities.observatory.check import problems_of
    from sciencecities.observatory.read import folder_of, read

    known = None
    if registry:
        from sciencecities.locate.registry import Registry

        known = Registry.load(registry)
    edges = _definition(cities, overlaps) if cities else None
    found: list[Problem] = []
    for name in [city] if city else built_in():
        reading = read(folder_of(name))
        problems = problems_of(reading, registry=known, cities=edges)
        found += problems
        if form == "text" and not problems:
            facts, sources = len(reading.entries), len(reading.sources)
            click.echo(f"{name}: {facts:,} facts, {sources:,} sources, nothing wrong")
    if form == "json":
        click.echo(json.dumps([_as_json(p) for p in found], ensure_ascii=False, indent=1))
    else:
        for problem in found:
            click.echo(f"{_near(problem.path)}:{problem.line}: {problem.entry}: {problem.text}")
    if found:
        files = len({p.path for p in found})
        raise ObservatoryError(f"{len(found)} to mend in {files} file{'s' if files > 1 else ''}")


@observatory.command("show", short_help="A city's facts as a page.")
@city_argument
@click.option("--lang", type=click.Choice(("en", "zh")), default="en", show_default=True)
@click.option("--on", metavar="DATE", help="Day, month or year of the statuses. [default: today]")
@click.option("--table", "name", metavar="NAME", help="One table of docs/OBSERVATORY.md instead.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True,
    help="csv needs --table; json without it has all tables.",
)  # fmt: skip
def show_city(city: str | None, lang: str, on: str | None, name: str | None, form: str) -> None:
    """Show CITY: ranks, platforms claimed and listed, facilities, industries, plans, sources."""
    from sciencecities.errors import ConfigError
    from sciencecities.observatory import built_in, load

    if not city:
        raise ConfigError(f"which city? There are {', '.join(built_in())}; or give a path")
    opened, day = load(city), _day(on)
    if name:
        _one_table(opened, name, day, form)
    elif form == "csv":
        raise ConfigError("csv is one table; name it with --table")
    elif form == "json":
        from sciencecities.observatory.tables import TABLES

        tables = {t: opened.table(t, on=day).to_pylist() for t in TABLES}
        json.dump(tables, sys.stdout, ensure_ascii=False, indent=1, default=str)
        click.echo()
    else:
        from sciencecities.edition.show import markdown
        from sciencecities.observatory.page import Page

        page = Page(opened, lang=lang, on=day)
        if form == "md":
            click.echo(
                "\n".join((f"# {page.headline()}\n", *map(markdown, page.views()))), nl=False
            )
        else:
            click.echo(page.headline() + "\n")
            show(*page.views())


@observatory.command(short_help="Print the JSON Schema of a city's YAML.")
def schema() -> None:
    """The JSON Schema by which editors complete and check a city's YAML."""
    from sciencecities.observatory.model import schema as made

    click.echo(json.dumps(made(), ensure_ascii=False, indent=2))


def _definition(name: str, overlaps: str) -> CityDefinition:
    from sciencecities.locate.cities import load
    from sciencecities.locate.gazetteer import Gazetteer

    return load(name, Gazetteer.load(), overlaps=overlaps)


def _one_table(city: Observatory, name: str, on: date, form: str) -> None:
    from sciencecities.edition.show import Column, View
    from sciencecities.errors import ConfigError
    from sciencecities.observatory.tables import TABLES

    if name not in TABLES:
        raise ConfigError(f"no table '{name}'; there are {', '.join(TABLES)}")
    table = city.table(name, on=on)
    columns = [
        Column(c, TABLES[name].schema().field(c).type in _numbers()) for c in table.schema.names
    ]
    rows = [["" if v is None else str(v) for v in r.values()] for r in table.to_pylist()]
    write(form, [View(TABLES[name].doc, columns, rows)], table)


def _numbers() -> tuple[Any, ...]:
    import pyarrow as pa

    return (pa.float64(), pa.int32())


def _day(text: str | None) -> date:
    from sciencecities.errors import ConfigError
    from sciencecities.observatory.dates import PartialDate

    try:
        return PartialDate.parse(text).last if text else date.today()
    except ValueError as error:
        raise ConfigError(f"--on: {error}") from error


def _as_json(problem: Problem) -> dict[str, Any]:
    return {
        "file": str(problem.path), "line": problem.line,
        "entry": problem.entry, "problem": problem.text,
    }  # fmt: skip


def _near(path: Path) -> Path:
    """The path as the reader would type it: below here, relative."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path

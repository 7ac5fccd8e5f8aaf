"""Commands about city definitions: show a city, check the tables, say whose a place is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sciencecities.cli.common import definition_option, overlaps_option
from sciencecities.cli.common import show as show_views
from sciencecities.errors import UnknownCityError

if TYPE_CHECKING:
    from sciencecities.edition.show import View
    from sciencecities.locate.model import Assignment, Place

SOUTHERN = re.compile(r"-\.?\d")
NAMES_SHOWN = 30
MEANT = 10

form_option = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)


@click.group(short_help="What a city is: show one, check the tables, find whose a place is.")
def cities() -> None:
    """What a city is under a city definition."""


@cities.command(short_help="Extent, principal place, names, source and parts of a city.")
@click.argument("name")
@definition_option
@overlaps_option
@form_option
def show(name: str, cities: str, overlaps: str, form: str) -> None:
    """Extent, principal place, names, source, date, parts and places of the city called NAME."""
    from sciencecities.locate import cities as definitions
    from sciencecities.locate.city_about import about
    from sciencecities.locate.gazetteer import Gazetteer

    gazetteer = Gazetteer.load()
    definition = definitions.load(cities, gazetteer, overlaps=overlaps)
    found = definitions.find(definition, gazetteer, name)
    if not found:
        raise UnknownCityError(
            f"no city {name!r} under {definition.name}; `sciencecities cities where LAT,LON` finds "
            "the city of a point"
        )
    if len(found) > 1:
        others = ", ".join(f"{c.name}, {c.country} ({c.city_id})" for c in found[1:MEANT])
        click.echo(f"{name} is taken as {found[0].name}; so named too: {others}", err=True)
    facts = about(found[0], definition, gazetteer)
    if form == "json":
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        show_views(_view(facts))


def _view(facts: dict[str, Any]) -> View:
    from sciencecities.edition.show import Column, View, plural

    places = sorted(facts["places"], key=lambda p: (-p["population"], p["id"]))
    parts = facts["parts"]
    rows = [
        ["Id", facts["id"]],
        ["Principal place", f"{facts['latitude']:.4f}, {facts['longitude']:.4f}"],
        ["Extent", facts["extent"]],
        ["Source", facts["source"]],
        ["Date", facts["date"] or "–"],
        ["Table", facts["table"] or "–"],
        ["Names", ", ".join(facts["names"]) or "–"],
        [f"Parts ({len(parts)})", _some(parts)],
        [f"Places ({len(places)})", _some([p["name"] for p in places])],
    ]
    chinese = f"（{facts['name_zh']}）" if facts["name_zh"] else ""
    title = f"{facts['name']}{chinese}, {facts['country'] or '–'}: {plural(len(places), 'place')}"
    return View(title, [Column("What"), Column("It is")], rows)


def _some(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more:,} more" if more > 0 else "") or "–"


@cities.command(short_help="Check the tables of `metro`, or a GeoJSON file.")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE.geojson]")
@overlaps_option
@form_option
def check(file: Path | None, overlaps: str, form: str) -> int:
    """Check the tables of the metro definition, or the polygons of FILE.geojson.

    A problem is one line: file, line, what. Exit code 1 if there is one.
    """
    from sciencecities.errors import LocateError
    from sciencecities.locate.boundaries import Boundaries
    from sciencecities.locate.city_check import check_tables
    from sciencecities.locate.gazetteer import Gazetteer

    if file is None:
        problems = check_tables(Gazetteer.load())
    else:
        try:
            problems = []
            Boundaries.read(file, overlaps=overlaps)
        except LocateError as error:
            problems = [str(error)]
    if form == "json":
        click.echo(json.dumps({"problems": problems}, ensure_ascii=False, indent=2))
    else:
        for problem in problems or [f"{file or 'metro'}: sound"]:
            click.echo(problem)
    return 1 if problems else 0


class _TakesPoints(click.Command):
    """A command whose argument may begin with a minus: a point of the southern hemisphere."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move such points behind `--`, where click takes nothing for an option."""
        if "--" not in args:
            points = [a for a in args if SOUTHERN.match(a)]
            args = [*(a for a in args if not SOUTHERN.match(a)), "--", *points]
        return super().parse_args(ctx, args)


@cities.command(cls=_TakesPoints, short_help="The city of a point, a GeoNames id or a name.")
@click.argument("place")
@definition_option
@overlaps_option
@form_option
def where(place: str, cities: str, overlaps: str, form: str) -> None:
    """The city of PLACE: "latitude,longitude", a GeoNames id, or a name, with how it was found."""
    from sciencecities.locate import cities as definitions
    from sciencecities.locate.city_about import cities_of, places_meant
    from sciencecities.locate.gazetteer import Gazetteer

    gazetteer = Gazetteer.load()
    definition = definitions.load(cities, gazetteer, overlaps=overlaps)
    meant = places_meant(place, gazetteer)[:MEANT]
    if not meant:
        raise UnknownCityError(
            f'no place {place!r}; write "latitude,longitude" in degrees, a GeoNames id or a name'
        )
    answers = [
        _answer(p, found)
        for p, found in zip(meant, cities_of(meant, definition, gazetteer), strict=True)
    ]
    if form == "json":
        others = {"others": answers[1:]} if len(answers) > 1 else {}
        result = {"query": place, "definition": definition.name} | answers[0] | others
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        show_views(_answers_view(place, definition.name, answers))


def _answer(place: Place, found: Assignment | None) -> dict[str, Any]:
    city = found.city if found else None
    return {
        "place": {
            "id": place.place_id or None,
            "name": place.name or None,
            "country": place.country or None,
            "latitude": place.latitude,
            "longitude": place.longitude,
        },
        "city": {
            "id": city.city_id, "name": city.name, "name_zh": city.name_zh,
            "country": city.country,
        } if city else None,
        "method": found.method if found else "none",
    }  # fmt: skip


def _answers_view(asked: str, definition: str, answers: list[dict[str, Any]]) -> View:
    from sciencecities.edition.show import Column, View

    first = answers[0]["city"]
    rows = []
    for answer in answers:
        place, city = answer["place"], answer["city"] or {}
        name = place["name"] or f"{place['latitude']:g}, {place['longitude']:g}"
        rows.append([
            name, place["country"] or "–", place["id"] or "–", city.get("name", "–"),
            city.get("name_zh") or "–", city.get("id", "–"), answer["method"],
        ])  # fmt: skip
    columns = [
        Column(title) for title in ("Place", "Country", "Id", "City", "城市", "City id", "Method")
    ]
    title = (
        f"{asked} is in {first['name']} under {definition}"
        if first
        else (f"{asked} is in no city under {definition}")
    )
    return View(title, columns, rows)

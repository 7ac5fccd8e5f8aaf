"""Commands of the observatory: check, show, schema."""

from __future__ import annotations

import json

import click


@click.group(short_help="Facts about what stands behind a city's rank.")
def observatory() -> None:
    """Dated, sourced facts about a city's science on the ground.

    CITY is a city that comes with the package (guangzhou) or the path of a file or folder of YAML.
    """


@observatory.command(short_help="Print the JSON Schema of a city's YAML.")
def schema() -> None:
    """The JSON Schema by which editors complete and check a city's YAML."""
    from sciencecities.observatory.model import schema as made

    click.echo(json.dumps(made(), ensure_ascii=False, indent=2))

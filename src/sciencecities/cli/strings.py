"""The command that says where affiliation strings are."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import BinaryIO

import click

LARGEST_BATCH = 1000


@click.command(short_help="Say which institution, place and city affiliation strings name.")
@click.argument("file", type=click.File("rb"), default="-", metavar="[FILE]")
@click.option(
    "--registry", metavar="FILE", help="ROR v2: JSON, JSONL, .gz or the .zip as published."
)
@click.option(
    "--cities", default="metro", show_default=True, metavar="place|metro|FILE.geojson",
    help="City definition.",
)  # fmt: skip
@click.option(
    "--min-score", type=click.FloatRange(0, 1), metavar="S",
    help="Leave out organisations with a lower score. [default: the resolver's]",
)  # fmt: skip
def resolve(file: BinaryIO, registry: str | None, cities: str, min_score: float | None) -> None:
    """Resolve affiliation strings from FILE (or stdin), one a line, to JSON lines, in order.

    A line of the answer: {"text", "institutions": [{"ror", "name", "score"}], "place", "city"};
    what is not found is null.
    """
    from sciencecities.locate.resolver import Resolver

    resolver = Resolver(registry, cities=cities, min_score=min_score)
    for batch in _batches(file):
        for answer in resolver.resolve(batch):
            click.echo(json.dumps(answer, ensure_ascii=False))
        sys.stdout.flush()


def _batches(file: BinaryIO) -> Iterator[list[str]]:
    """Lines as text, in batches that grow, so that the first answers come at once."""
    size = 1
    batch: list[str] = []
    for number, line in enumerate(file):
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        batch.append(text.removeprefix("\ufeff") if number == 0 else text)
        if len(batch) >= size:
            yield batch
            batch, size = [], 1 if file.isatty() else min(2 * size, LARGEST_BATCH)
    if batch:
        yield batch

"""The command that says where affiliation strings are."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import BinaryIO

import click

from sciencecities.cli.common import definition_option, overlaps_option
from sciencecities.errors import ConfigError

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
LARGEST_BATCH = 1000


@click.command(short_help="Say which institution, place and city affiliation strings name.")
@click.argument("file", type=click.File("rb"), default="-", metavar="[FILE]")
@click.option(
    "--registry", metavar="FILE", help="ROR v2: JSON, JSONL, .gz or the .zip as published."
)
@definition_option
@overlaps_option
@click.option(
    "--min-score", type=click.FloatRange(0, 1), metavar="S",
    help="Leave out organisations with a lower score. [default: the resolver's]",
)  # fmt: skip
@click.option(
    "--threads", type=click.IntRange(min=1), metavar="N",
    help="Processes for many strings. [default: one for each core]",
)  # fmt: skip
@click.option("--no-cache", is_flag=True, help="Neither use nor keep answers of earlier runs.")
def resolve(
    file: BinaryIO,
    registry: str | None,
    cities: str,
    overlaps: str,
    min_score: float | None,
    threads: int | None,
    no_cache: bool,
) -> None:
    """Resolve affiliation strings from FILE (or stdin), one a line, to JSON lines, in order.

    A line of the answer: {"text", "institutions": [{"ror", "name", "score"}], "place", "city"};
    what is not found is null.
    """
    from sciencecities.locate.answers import Answers, Asked
    from sciencecities.locate.resolve_many import resolve_many
    from sciencecities.workers import n_cores

    asked = Asked(registry, cities, min_score, overlaps)
    try:
        kept = None if no_cache else Answers(asked)
    except OSError:
        kept = None  # the resolver says what is wrong with the file
    for answers in resolve_many(asked, _batches(file), threads=threads or n_cores(), kept=kept):
        for answer in answers:
            click.echo(json.dumps(answer, ensure_ascii=False))
        sys.stdout.flush()


def _batches(file: BinaryIO) -> Iterator[list[str]]:
    """Lines as text, in batches that grow, so that the first answers come at once.

    Raises ConfigError for UTF-16. Other lines that are not UTF-8 are read as far as they are, and
    told at the end.
    """
    size, damaged, first_damaged = 1, 0, 0
    batch: list[str] = []
    for number, line in enumerate(file, start=1):
        if number == 1 and line.startswith(UTF_16):
            raise ConfigError(f"{file.name}: is UTF-16; save it as UTF-8")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode("utf-8", "replace")
            damaged, first_damaged = damaged + 1, first_damaged or number
        text = text.rstrip("\r\n")
        batch.append(text.removeprefix("\ufeff") if number == 1 else text)
        if len(batch) >= size:
            yield batch
            batch, size = [], 1 if file.isatty() else min(2 * size, LARGEST_BATCH)
    if batch:
        yield batch
    if damaged:
        lines = "1 line is" if damaged == 1 else f"{damaged:,} lines are"
        click.echo(
            f"Warning: {lines} not UTF-8 (the first: {first_damaged:,}), and not read well; "
            "save the file as UTF-8",
            err=True,
        )

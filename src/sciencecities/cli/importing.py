"""Command that takes in a ranking which somebody else published: import."""

from __future__ import annotations

import re
from pathlib import Path

import click

from sciencecities.cli.common import definition_option, open_edition, overlaps_option


def _date(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", value, re.ASCII):
        raise click.BadParameter(f"{value!r} is not like 2025, 2025-11 or 2025-11-16")
    return value


@click.command("import", short_help="An edition of ranks that somebody else published.")
@click.argument("ranks", metavar="RANKS.csv")
@click.option("--out", required=True, metavar="EDITION", help="The edition's folder.")
@click.option("--title", required=True, metavar="TEXT", help="What the ranking is called.")
@click.option("--title-zh", metavar="TEXT", help="Its Chinese title. [default: --title]")
@click.option("--publisher", required=True, metavar="TEXT", help="Who published it.")
@click.option("--publisher-zh", metavar="TEXT", help="In Chinese. [default: --publisher]")
@click.option("--date", "published", required=True, metavar="DATE", callback=_date,
              help="When: 2025, 2025-11 or 2025-11-16.")  # fmt: skip
@click.option("--year", "data_year", required=True, type=click.IntRange(1000, 9999), metavar="Y",
              help="Data year: the year of the works that were ranked.")  # fmt: skip
@click.option("--source", metavar="URL", default="", help="Where it can be read.")
@click.option("--previous", metavar="EDITION", help="The edition before, for the movement.")
@definition_option
@overlaps_option
def import_ranks(
    ranks: str,
    out: str,
    title: str,
    title_zh: str | None,
    publisher: str,
    publisher_zh: str | None,
    published: str,
    data_year: int,
    source: str,
    previous: str | None,
    cities: str,
    overlaps: str,
) -> None:
    """Make an edition of a ranking that somebody published: RANKS.csv with columns city, rank.

    Further columns: scope (overall, a subject, an industry), country, city_id, city_zh, share,
    count. Names may be in any language. The edition says everywhere who published it, has no
    ranges and no works; `rank`, `city` and `export brief` read it as any other.
    """
    import hashlib

    from sciencecities.edition.show import plural
    from sciencecities.published.earlier import of_edition
    from sciencecities.published.model import About, Source
    from sciencecities.published.read import read_ranks
    from sciencecities.published.write import write_edition

    before = of_edition(open_edition(previous)) if previous else []
    found = read_ranks(Path(ranks), cities, overlaps=overlaps, year=data_year)
    about = About(
        title_en=title,
        title_zh=title_zh or title,
        publisher_en=publisher,
        publisher_zh=publisher_zh or publisher,
        published=published,
        data_year=data_year,
        sources={"source": Source(publisher, title, source, published)} if source else {},
    )
    data = Path(ranks).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    inputs = [{"name": Path(ranks).name, "bytes": len(data), "sha256": digest}]
    notes = [found.overlap_note] if found.overlap_note else []
    write_edition(
        Path(out), about, found.ranks, cities=cities, before=before, inputs=inputs, notes=notes
    )
    for line in found.taken_as:
        click.echo(line, err=True)
    scopes = len({r.scope for r in found.ranks})
    click.echo(
        f"{plural(len(found.ranks), 'rank')} in {plural(scopes, 'scope')}, published by "
        f"{publisher} ({published}).\nEdition: {out}"
    )

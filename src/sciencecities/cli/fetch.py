"""The command `fetch`: getting open records over the network."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sciencecities.cli.common import quiet_option, years
from sciencecities.cli.fetch_bars import reporting
from sciencecities.edition.show import plural
from sciencecities.errors import ConfigError

if TYPE_CHECKING:
    from sciencecities.fetch.http import Manners
    from sciencecities.fetch.report import Report
    from sciencecities.fetch.works_query import Estimate

KEY = "OPENALEX_API_KEY"
JOURNALS = "all|natural-82|nature-index-145|FILE.csv"

F = TypeVar("F", bound=Callable[..., Any])


def service_options(variable: str, what: str, default: str) -> Callable[[F], F]:
    """Where a service is, and how politely and how patiently it is asked."""
    options = (
        click.option(
            "--base-url", envvar=variable, metavar="URL",
            help=f"Another address of {what}. [default: {default}]",
        ),
        click.option(
            "--rate", type=click.FloatRange(0.01, 1000), default=10.0, show_default=True,
            metavar="N", help="Requests a second at most.",
        ),
        click.option(
            "--timeout", type=click.FloatRange(0.1, 3600), default=60.0, show_default=True,
            metavar="SECONDS", help="Silence after which a request is tried again.",
        ),
        click.option(
            "--attempts", type=click.IntRange(1, 100), default=8, show_default=True, metavar="N",
            help="Tries of a request, with growing pauses, before the fetch stops.",
        ),
        click.option("--backoff", type=click.FloatRange(0, 60), default=1.0, hidden=True),
        quiet_option,
    )  # fmt: skip

    def with_options(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return with_options


openalex_options = service_options(
    "SCIENCECITIES_OPENALEX_URL", "the API", "https://api.openalex.org"
)
out_option = click.option("--out", required=True, metavar="DIR", help="Where the files go.")


@click.group(short_help="Get records over the network: OpenAlex, its snapshot, ROR, journals.")
def fetch() -> None:
    """Get open records over the network, politely, so that nothing is fetched twice.

    Whatever stops a fetch (Ctrl-C, a lost line, a full disk, the end of a budget), the same
    command goes on from where it stopped. DIR/fetch.json tells what was asked, what came (sizes
    and sha256 of each file) and what it cost. docs/FETCH.md has costs and sizes.
    """


@fetch.command("openalex", short_help="Works of chosen journals and years, over the API.")
@click.option("--journals", required=True, metavar=JOURNALS, help="Journals, as for `build`.")
@click.option(
    "--years", required=True, callback=years, metavar="YEARS",
    help="Publication years: 2024, 2023,2024 or 2020-2024.",
)  # fmt: skip
@out_option
@click.option(
    "--budget", type=click.FloatRange(0), default=1.0, show_default=True, metavar="USD",
    help="Dollars that this run may spend.",
)  # fmt: skip
@click.option(
    "--yes", is_flag=True, help="If the budget is too small for all, fetch what it pays for."
)
@click.option(
    "--types", default="article,review", show_default=True, metavar="TYPES",
    help="Document types, or `all`. Reviews are for the method's range only.",
)  # fmt: skip
@click.option(
    "--from-updated", metavar="DATE", help="Only works changed since; OpenAlex wants a paid plan."
)
@openalex_options
def openalex(
    journals: str, years: list[int], out: str, budget: float, yes: bool, types: str,
    from_updated: str | None, base_url: str | None, quiet: bool, **manners: float,
) -> None:  # fmt: skip
    """Fetch works into gzip JSON lines that `build DIR` reads.

    The key is taken from the environment variable OPENALEX_API_KEY (free at
    openalex.org/settings/api; without one the service gives a tenth). Lists cost ten cents per
    1,000 pages of 100 works, a free key gives a dollar a day. What the fetch will cost is said
    before it begins; above --budget it asks, or stops where nobody can answer.
    """
    from sciencecities.errors import BudgetEndedError
    from sciencecities.fetch.openalex import fetch_works
    from sciencecities.fetch.works_query import BASE_URL, WorksQuery

    query = WorksQuery(
        journals=journals,
        years=years,
        types=_types(types),
        from_updated=_date("--from-updated", from_updated),
        base_url=_address("--base-url", base_url or BASE_URL),
    )
    key = _api_key()
    with reporting(quiet) as report:
        if key is None:
            report.say(f"{KEY} is not set: without a key OpenAlex gives $0.10 a day")
        try:
            note = fetch_works(
                query,
                Path(out),
                budget=budget,
                key=key,
                agree=_asker(yes, report),
                manners=_manners(manners),
                report=report,
            )
        except BudgetEndedError as error:
            raise BudgetEndedError(f"{error}. Then: {_this_command()}") from error
    service = note["service"]
    click.echo(
        f"{plural(note['works'], 'work')} in {plural(len(note['parts']), 'file')}, "
        f"${service['cost_usd']:.4f} for {plural(service['requests'], 'request')}.\n"
        f"Next: sciencecities build {shlex.quote(out)} --out EDITION"
    )


@fetch.command("openalex-snapshot", short_help="All of OpenAlex, or the partitions since a day.")
@out_option
@click.option("--entity", default="works", show_default=True, metavar="NAME", help="Which records.")
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "parquet"]), default="jsonl", show_default=True,
    help="Which of the two copies.",
)  # fmt: skip
@click.option("--since", metavar="DATE", help="Only partitions of records changed on or after.")
@click.option(
    "--columns", type=click.Choice(["needed", "all"]), default="needed", show_default=True,
    help="Of Parquet works: what `build` reads, by ranges of bytes, or whole files.",
)  # fmt: skip
@click.option(
    "--restart", is_flag=True, help="Begin the newer release that replaced the one begun here."
)
@service_options("SCIENCECITIES_SNAPSHOT_URL", "the bucket", "https://openalex.s3.amazonaws.com")
def snapshot(
    out: str, entity: str, form: str, since: str | None, columns: str, restart: bool,
    base_url: str | None, quiet: bool, **manners: float,
) -> None:  # fmt: skip
    """Fetch the public snapshot, free and without a key, into a folder that `build DIR` reads.

    It is large: some 670 GB for the works. The manifest is read first, each file is checked against
    the size and hash that are given, and a release that is replaced in the middle is noticed.
    """
    from sciencecities.fetch.release import BASE_URL
    from sciencecities.fetch.snapshot import SnapshotQuery, fetch_snapshot

    if not re.fullmatch(r"[a-z-]+", entity):
        raise ConfigError(f"--entity: '{entity}' is no entity; like works, sources, institutions")
    query = SnapshotQuery(
        entity=entity,
        format=form,
        since=_date("--since", since),
        columns=columns,
        base_url=_address("--base-url", base_url or BASE_URL),
    )
    with reporting(quiet) as report:
        note = fetch_snapshot(
            query, Path(out), restart=restart, manners=_manners(manners), report=report
        )
    click.echo(
        f"Release {note['release']}: {plural(note['records'], 'record')} in "
        f"{plural(len(note['files']), 'file')}, {note['bytes'] / 1e9:,.2f} GB.\n"
        + (
            f"Next: sciencecities build {shlex.quote(out)} --out EDITION"
            if entity == "works"
            else f"They are in {out}."
        )
    )


@fetch.command("ror", short_help="The newest dump of the registry of research organisations.")
@out_option
@service_options("SCIENCECITIES_ZENODO_URL", "Zenodo", "https://zenodo.org")
def ror(out: str, base_url: str | None, quiet: bool, **manners: float) -> None:
    """Fetch the newest ROR dump (schema 2) for `build --registry`, checked against its MD5."""
    from sciencecities.fetch.ror import BASE_URL, fetch_ror

    with reporting(quiet) as report:
        note = fetch_ror(
            Path(out),
            base_url=_address("--base-url", base_url or BASE_URL),
            manners=_manners(manners),
            report=report,
        )
    path = shlex.quote(str(Path(out) / note["file"]))
    click.echo(
        f"ROR {note['release'] or ''}: {note['organisations']:,} organisations.\n"
        f"Next: sciencecities build SOURCE --registry {path} --out EDITION"
    )


@fetch.command("journals", short_help="Complete the ISSNs of a list of journals.")
@click.option(
    "--journals", required=True, metavar="natural-82|nature-index-145|FILE.csv",
    help="The list; of a file, a column `title` or `issn` is enough.",
)  # fmt: skip
@click.option("--out", required=True, metavar="FILE.csv", help="The completed list.")
@click.option(
    "--budget", type=click.FloatRange(0), default=1.0, show_default=True, metavar="USD",
    help="A title searched for costs a tenth of a cent, an ISSN next to nothing.",
)  # fmt: skip
@openalex_options
def journals(
    journals: str, out: str, budget: float, base_url: str | None, quiet: bool, **manners: float
) -> None:
    """Look up each journal at OpenAlex and write a list with all its ISSNs for `--journals`.

    Subjects and subsets of the list are kept. Titles that no journal, or more than one, has are
    told and left out.
    """
    from sciencecities.fetch.journals import fetch_journals
    from sciencecities.fetch.works_query import BASE_URL

    with reporting(quiet) as report:
        missing = fetch_journals(
            journals,
            Path(out),
            base_url=_address("--base-url", base_url or BASE_URL),
            key=_api_key(),
            budget=budget,
            manners=_manners(manners),
            report=report,
        )
    for journal in missing:
        kept = "kept as given" if journal.issns else "left out: give its ISSN"
        name = journal.title or ";".join(journal.issns)
        click.echo(f"not found: {name} ({kept})", err=True)
    click.echo(f"{out} written.\nNext: sciencecities build SOURCE --journals {shlex.quote(out)} …")


def _api_key() -> str | None:
    return os.environ.get(KEY, "").strip() or None


def _types(text: str) -> tuple[str, ...]:
    types = [t for part in text.split(",") if (t := part.strip().lower())]
    for name in types:
        if not re.fullmatch(r"[a-z-]+", name):
            raise ConfigError(f"--types: '{name}' is no document type; like article,review or all")
    return () if types == ["all"] else tuple(types)


def _date(flag: str, text: str | None) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError as error:
        raise ConfigError(f"{flag}: '{text}' is no date like 2026-10-01") from error


def _address(flag: str, url: str) -> str:
    if not re.match(r"https?://[^/\s]+", url):
        raise ConfigError(f"{flag}: '{url}' is no address like https://api.openalex.org")
    return url.rstrip("/")


def _manners(given: dict[str, float]) -> Manners:
    from sciencecities.fetch.http import Manners

    return Manners(
        rate=given["rate"],
        timeout=given["timeout"],
        attempts=int(given["attempts"]),
        backoff=given["backoff"],
    )


def _asker(yes: bool, report: Report) -> Callable[[Estimate], bool]:
    def agree(estimate: Estimate) -> bool:
        if yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
            return yes
        left = "" if estimate.left_usd is None else f", ${estimate.left_usd:.2f} left today"
        return click.confirm(
            f"All costs ${estimate.cost_usd:.2f}, above the budget of ${estimate.budget_usd:.2f} "
            f"for one run{left}. Fetch what it pays for?",
            err=True,
        )

    return agree


def _this_command() -> str:
    """What was typed, for typing it again; keys are never part of it."""
    return shlex.join(["sciencecities", *sys.argv[1:]])

"""The commands that measure how good the software's answers are."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sciencecities.cli.common import (
    definition_option,
    format_option,
    overlaps_option,
    quiet_option,
    write,
)

if TYPE_CHECKING:
    from sciencecities.edition.show import View
    from sciencecities.locate.benchmark import Interval, Quality, SetResult


@click.group(short_help="Measure how good the answers are, on labelled data.")
def benchmark() -> None:
    """Measure how good the software's answers are, on labelled data."""


@benchmark.command(short_help="The resolver on labelled affiliation strings.")
@click.argument("gold", nargs=-1, required=True, metavar="GOLD.jsonl...")
@click.option(
    "--registry", required=True, metavar="FILE",
    help="ROR v2: JSON, JSONL, .gz or the .zip as published.",
)  # fmt: skip
@definition_option
@overlaps_option
@click.option(
    "--min-score", type=click.FloatRange(0, 1), metavar="S",
    help="Leave out organisations with a lower score. [default: the resolver's]",
)  # fmt: skip
@click.option("--single/--several", "single", default=None, help=(
    "Whether the sets label but one of the organisations that a string names. "
    "[default: by the share of strings with several labels]"
))  # fmt: skip
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD",
    help="Leave out records made after that day: what the labels could know.",
)  # fmt: skip
@format_option
@quiet_option
def resolve(
    gold: tuple[str, ...],
    registry: str,
    cities: str,
    overlaps: str,
    min_score: float | None,
    single: bool | None,
    as_of: datetime | None,
    form: str,
    quiet: bool,
) -> None:
    """Measure `sciencecities resolve` on labelled strings: GOLD files of JSON lines, also gzip.

    A line: {"text": "...", "ror": ["https://ror.org/...", ...]}; no ids = names no organisation.
    docs/RESOLVER.md says how answers are judged.
    """
    import pyarrow as pa

    from sciencecities.cli.bars import reporting
    from sciencecities.locate.benchmark import mean_f1, measure
    from sciencecities.locate.gold import read_gold
    from sciencecities.locate.registry import Registry
    from sciencecities.locate.resolver import Resolver

    sets = [read_gold(Path(path)) for path in gold]
    if single is not None:
        sets = [one._replace(is_single=single) for one in sets]
    known = Registry.load(registry)
    if as_of is not None:
        known = known.as_of(as_of.date().isoformat())
    resolver = Resolver(known, cities=cities, overlaps=overlaps, min_score=min_score)
    results = []
    with reporting(quiet) as bars:
        for one in sets:
            bars.stage(one.name, len({row.text for row in one.rows}), "strings")
            results.append(measure(resolver, one, advance=bars.advance))
    write(form, [_view(results, mean_f1(results))], pa.Table.from_pylist(_rows(results)))


def _view(results: list[SetResult], mean: Interval) -> View:
    from sciencecities.edition.show import Column, View

    names = (
        "set", "strings", "P", "R", "F1", "95 %", "exact", "strict F1", "strict exact", "city",
        "wrong|none", "wrong|outside", "ECE", "strings/s",
    )  # fmt: skip
    columns = [Column(name, name != "set") for name in names]
    n = len(results)
    strict = sum(r.strict.f1.value for r in results) / n
    cities = [r.right_city.value for r in results if r.right_city]
    title = f"Mean F1 {mean.value:.3f} ({mean.low:.3f} to {mean.high:.3f})"
    title += f", strict {strict:.3f}"
    title += f", right city {sum(cities) / len(cities):.3f}" if cities else ""
    return View(title, columns, [_cells(r) for r in results], _notes(results))


def _cells(r: SetResult) -> list[str]:
    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.3f}"

    return [
        r.name,
        f"{r.n_known + r.n_none + r.n_outside:,}",
        share(r.fair.precision),
        share(r.fair.recall),
        share(r.fair.f1.value),
        f"{r.fair.f1.low:.3f}–{r.fair.f1.high:.3f}",
        share(r.fair.exact),
        share(r.strict.f1.value),
        share(r.strict.exact),
        share(r.right_city.value if r.right_city else None),
        share(r.answered_none),
        share(r.answered_outside),
        share(r.ece),
        f"{r.per_second:,.0f}",
    ]


def _notes(results: list[SetResult]) -> list[str]:
    import numpy as np

    from sciencecities.locate.benchmark import calibration_error

    scored = np.concatenate([r.scored for r in results])
    single = ", ".join(r.name for r in results if r.is_single) or "none"
    return [
        f"ECE over all sets {calibration_error(scored):.3f}.",
        f"Labelled with one organisation of each string: {single}. There, further ones beside "
        "the labelled one are no errors; nor, in any set, are those above or below a labelled one.",
        "Strict: each answer that is not labelled is wrong, and so is any answer where the "
        "registry lacks every labelled organisation (outside).",
    ]


def _rows(results: list[SetResult]) -> list[dict[str, object]]:
    def quality(prefix: str, q: Quality) -> dict[str, object]:
        names = ("precision", "recall", "f1", "f1_low", "f1_high", "exact")
        values = (q.precision, q.recall, *q.f1, q.exact)
        return {f"{prefix}{n}": v for n, v in zip(names, values, strict=True)}

    return [
        {
            "set": r.name,
            "is_single": r.is_single,
            "n_known": r.n_known,
            "n_none": r.n_none,
            "n_outside": r.n_outside,
            **quality("", r.fair),
            **quality("strict_", r.strict),
            "right_city": r.right_city.value if r.right_city else None,
            "right_city_low": r.right_city.low if r.right_city else None,
            "right_city_high": r.right_city.high if r.right_city else None,
            "answered_none": r.answered_none,
            "answered_outside": r.answered_outside,
            "ece": r.ece,
            "strings_per_second": r.per_second,
        }
        for r in results
    ]

"""How often the stability ranges hold what they should: works drawn from a known population.

    python scripts/study_coverage.py EDITION [--year 2021] [--samples 200]
    python scripts/study_coverage.py --ties

The works of an edition (scope overall) are the population; a sample is as many works drawn from it
with replacement. Shares and ranks of each sample get ranges by the code of the rank stage, on the
weights of the edition. Counted is how often they hold the population's Share and rank, by band of
the population's rank. `--ties` takes an invented population of 400 cities in groups whose Shares
are equal or nearly so. Prints Markdown.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sciencecities.rank import intervals
from sciencecities.rank.order import CITY, Listing, rank
from sciencecities.rank.replicates import Sums, scale_for
from sciencecities.tables import UNITS_PER_WORK

BANDS = ((1, 1), (2, 10), (11, 50), (51, 200), (201, 500), (501, 10**9))


@dataclass
class Population:
    """Works as rows (work, city, units), sorted by work; cities are numbered."""

    n_works: int
    n_cities: int
    work: np.ndarray
    city: np.ndarray
    units: np.ndarray

    def shares(self) -> np.ndarray:
        """Share of each city, in works."""
        return np.bincount(self.city, self.units / UNITS_PER_WORK, self.n_cities)

    def sample(self, rng: np.random.Generator) -> Population:
        """As many works, drawn with replacement; each is a work of its own."""
        starts = np.searchsorted(self.work, np.arange(self.n_works + 1))
        drawn = rng.integers(0, self.n_works, self.n_works)
        sizes = starts[drawn + 1] - starts[drawn]
        offsets = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        rows = np.repeat(starts[drawn], sizes) + offsets
        work = np.repeat(np.arange(self.n_works), sizes)
        return Population(self.n_works, self.n_cities, work, self.city[rows], self.units[rows])


def population_of(edition: Path, year: str | None) -> Population:
    """The works of an edition's year (the newest by default), or of all."""
    import duckdb

    file = edition / "contributions.parquet"
    year = year or duckdb.sql(f"SELECT max(data_year) FROM '{file}'").fetchall()[0][0]
    chosen = "true" if year == "all" else f"data_year = {int(year)}"
    rows = duckdb.sql(
        f"""SELECT dense_rank() OVER (ORDER BY work_id) - 1 AS work, city_id, units FROM (
            SELECT work_id, city_id, SUM(units)::BIGINT AS units FROM '{file}'
            WHERE {chosen} GROUP BY work_id, city_id) ORDER BY work, city_id"""
    ).fetchnumpy()
    _, city = np.unique(np.ma.filled(rows["city_id"].astype(str), ""), return_inverse=True)
    placed = ~np.ma.getmaskarray(rows["city_id"])
    n_works = int(rows["work"].max()) + 1
    used, city = np.unique(city[placed], return_inverse=True)
    return Population(
        n_works, len(used), rows["work"][placed].astype(np.int64), city,
        rows["units"][placed].astype(np.int64),
    )  # fmt: skip


def tied_population() -> Population:
    """Cities with 400, 150, 60, 25, 8 and 2 works each: 10, 40, 50, 100, 100, 100 of them.

    In every second group the k-th city has k mod 3 works more (near ties).
    """
    works: list[int] = []
    for group, (n_works, n_cities) in enumerate(
        [(400, 10), (150, 40), (60, 50), (25, 100), (8, 100), (2, 100)]
    ):
        works += [n_works + (k % 3 if group % 2 else 0) for k in range(n_cities)]
    city = np.repeat(np.arange(len(works)), works)
    units = np.full(len(city), UNITS_PER_WORK)
    return Population(len(city), len(works), np.arange(len(city)), city, units)


def competition_ranks(values: np.ndarray) -> np.ndarray:
    """1 + how many are larger (by more than the tie rule allows)."""
    order = np.sort(values)[::-1]
    return 1 + np.searchsorted(-order, -values * (1 + 1e-9), side="left")


@dataclass
class Found:
    """Ranges of one sample's cities."""

    city: np.ndarray
    n_eff: np.ndarray
    share: tuple[np.ndarray, np.ndarray]
    percentile: tuple[np.ndarray, np.ndarray]  # Share, plain bootstrap
    ranks: dict[str, tuple[np.ndarray, np.ndarray]]


def ranges(sample: Population, replicates: int, number: int, threads: int) -> Found:
    """The rank stage's ranges of a sample."""
    present = np.unique(sample.city)
    units = np.zeros(sample.n_cities, object)
    np.add.at(units, sample.city, sample.units.astype(object))
    totals = {f"{c:06d}": int(units[c]) for c in present}
    ranked = rank(totals)
    city = np.array([int(name) for _, name in ranked])
    group = np.full(sample.n_cities, -1)
    group[city] = np.arange(len(city))
    sums = Sums(
        len(city) + 1, replicates=replicates, scale=scale_for(sample.n_works), seed=number,
        threads=threads,
    )  # fmt: skip
    keys = np.random.default_rng([7, number]).integers(0, 2**63, sample.n_works)
    every = np.arange(sample.n_works)
    sums.add(
        keys,
        np.concatenate([sample.work, every]),
        np.concatenate([group[sample.city], np.full(sample.n_works, len(city))]),
        np.concatenate([sample.units, np.full(sample.n_works, -1)]),
    )
    sums.close()
    one = sums.replicates(slice(0, len(city)), len(city), sample.n_works)
    listing = Listing(
        2024, "overall", CITY, [n for _, n in ranked], city.tolist(), [r for r, _ in ranked],
        [totals[n] for _, n in ranked],
    )  # fmt: skip
    shares = np.array([u / UNITS_PER_WORK for u in listing.units])
    n_eff = np.array(intervals.effective_works(listing.units, one.squares, one.scale))
    replicate_ranks = intervals.replicate_ranks(one.sums)
    observed = np.array(listing.ranks, np.int64)
    plain = intervals.limits(replicate_ranks)
    return Found(
        city, n_eff, intervals.share_limits(one, shares, n_eff), intervals.limits(one.shares()),
        {
            "plain": (np.minimum(plain[0], observed), np.maximum(plain[1], observed)),
            "published": intervals.rank_limits(one, replicate_ranks, shares, observed),
        },
    )  # fmt: skip


def holds(limits: tuple[np.ndarray, np.ndarray], truth: np.ndarray) -> np.ndarray:
    """Where the limits hold the truth."""
    return (limits[0] <= truth) & (truth <= limits[1])


def study(
    population: Population, samples: int, replicates: int, threads: int
) -> list[dict[str, Any]]:
    """One row per sample and listed city: what held."""
    truth, rows = population.shares(), []
    whole_rank = competition_ranks(truth)
    for number in range(samples):
        found = ranges(
            population.sample(np.random.default_rng([3, number])), replicates, number, threads
        )
        listed_rank = competition_ranks(truth[found.city])
        row: dict[str, Any] = {
            "rank": whole_rank[found.city],
            "n_eff": found.n_eff,
            "share": holds(found.share, truth[found.city]),
            "share_plain": holds(found.percentile, truth[found.city]),
        }
        for name, limits in found.ranks.items():
            row[f"rank_{name}"] = holds(limits, listed_rank)
            row[f"width_{name}"] = limits[1] - limits[0] + 1
        row["rank_whole"] = holds(found.ranks["published"], whole_rank[found.city])
        rows.append(row)
    return rows


def report(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The table, line by line."""
    every = {k: np.concatenate([r[k] for r in rows]) for k in rows[0]}
    parts = [
        (f"rank {a}" if a == b else f"rank {a}–{b}" if b < 10**9 else f"rank {a} and beyond",
         (every["rank"] >= a) & (every["rank"] <= b))
        for a, b in BANDS
    ]  # fmt: skip
    n = every["n_eff"]
    parts += [("n_eff ≥ 30", n >= 30), ("n_eff 10–30", (n >= 10) & (n < 30)),
              ("n_eff < 10", n < 10), ("n_eff < 30", n < 30), ("all", n > 0)]  # fmt: skip
    yield (
        "| cities (rank in the population) | rows | Share | Share, percentiles alone | rank | "
        "rank, percentiles alone | rank among all cities | median width of the rank range | "
        "of percentiles alone |"
    )
    yield "| --- |" + " ---: |" * 8
    for name, chosen in parts:
        if not chosen.any():
            continue
        values = [
            f"{100 * every[k][chosen].mean():.1f} %"
            for k in ("share", "share_plain", "rank_published", "rank_plain", "rank_whole")
        ]
        widths = [f"{np.median(every[k][chosen]):.0f}" for k in ("width_published", "width_plain")]
        yield f"| {name} | {chosen.sum():,} | " + " | ".join([*values, *widths]) + " |"


CURVES = (
    ("share", "#0b3d91", "", "Share"),
    ("rank_published", "#a23b00", "", "rank"),
    ("share_plain", "#0b3d91", "4 3", "Share, percentiles alone"),
    ("rank_plain", "#a23b00", "4 3", "rank, percentiles alone"),
)
"""What is drawn: column of a row, colour, dashes, name."""
STEPS = 2
"""Points of a curve for each doubling of the rank, from the tenth."""


def figure(rows: list[dict[str, Any]]) -> str:
    """How often the limits held, over the rank in the population (log scale), as SVG."""
    every = {k: np.concatenate([r[k] for r in rows]) for k in rows[0]}
    last = int(every["rank"].max())
    edges = [
        1,
        4,
        *(round(10 * 2 ** (n / STEPS)) for n in range(64) if 10 * 2 ** (n / STEPS) < last),
    ]
    left, top, width, height, low = 44, 16, 560, 220, 0.85

    def at(rank: float, held: float) -> str:
        x = left + width * np.log(rank) / np.log(last)
        return f"{x:.1f},{top + height * (1 - (max(held, low) - low) / (1 - low)):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 16} 320" '
        'font-family="sans-serif" font-size="11" role="img">',
        "<title>How often the ranges hold the true Share and rank, by rank of the city</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for held in (0.85, 0.9, 0.95, 1):
        start, end = at(1, held), at(last, held)
        weight = 'stroke="#444"' if held == 0.95 else 'stroke="#ddd"'
        parts.append(f'<path d="M{start}L{end}" fill="none" {weight}/>')
        y = float(start.split(",")[1])
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{held:.0%}</text>')
    for tick in (t for t in (1, 10, 100, 1000) if t < last):
        x = at(tick, 1).split(",")[0]
        parts.append(f'<text x="{x}" y="{top + height + 16}" text-anchor="middle">{tick:,}</text>')
    for number, (column, colour, dashes, name) in enumerate(CURVES):
        points = []
        for a, b in zip(edges, [*edges[1:], last + 1], strict=True):
            chosen = (every["rank"] >= a) & (every["rank"] < b)
            if chosen.any():
                points.append(at(float(np.sqrt(a * (b - 1))), float(every[column][chosen].mean())))
        look = f'fill="none" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dashes}"'
        x, y = left + 270 * (number // 2), 282 + 18 * (number % 2)
        parts.append(f'<polyline points="{" ".join(points)}" {look}/>')
        parts.append(f'<path d="M{x} {y - 4}h28" {look}/><text x="{x + 34}" y="{y}">{name}</text>')
    return "\n".join([*parts, "</svg>\n"])


def main() -> None:
    """Run as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("edition", nargs="?", type=Path)
    parser.add_argument("--year", help="a data year, or all of them as one population")
    parser.add_argument("--ties", action="store_true")
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--figure", type=Path, help="write the curves as SVG too")
    arguments = parser.parse_args()
    if arguments.ties:
        population = tied_population()
    else:
        population = population_of(arguments.edition, arguments.year)
    print(
        f"{population.n_works:,} works, {population.n_cities:,} cities, "
        f"{arguments.samples} samples, {arguments.replicates} replicates\n"
    )
    rows = study(population, arguments.samples, arguments.replicates, arguments.threads)
    print("\n".join(report(rows)))
    if arguments.figure:
        arguments.figure.write_text(figure(rows), encoding="utf-8")


if __name__ == "__main__":
    main()

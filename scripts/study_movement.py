"""Whether p_rose is right as often as it says, on invented histories with known truth.

    python scripts/study_movement.py [--histories 60] [--figure docs/reliability.svg]

A history is two years of cities. Their true Shares are spread as a real ranking's (power law); the
true change in log Share of a city is normal with 0.5, 1 or 2 times the standard error of its
observed change. Works (whole ones, or in parts of a half, third, quarter) are Poisson; re-draws,
shrinkage and ranks are those of the rank stage. A rise is true if the rank by true Shares is better
in the second year. Prints tables of reliability, raw and shrunk, and draws them as SVG.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from sciencecities.draws import work_key
from sciencecities.rank import movement
from sciencecities.rank.intervals import replicate_ranks
from sciencecities.rank.replicates import Sums, scale_for
from sciencecities.tables import UNITS_PER_WORK

N_CITIES, LARGEST = 300, 3000.0
TIMES = {"small": 0.5, "equal": 1.0, "large": 2.0}
EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0001)
PARTS = np.array([1, 2, 3, 4])
N_WORLD = 40_000  # works of a year, those of no listed city among them


def ranks(values: np.ndarray) -> np.ndarray:
    """1 + how many are larger."""
    return 1 + np.searchsorted(np.sort(-values), -values)


def year(shares: np.ndarray, rng: np.random.Generator, seed: int) -> movement.Side:
    """A year in which each city has about so many works, and its re-draws."""
    mean_weight = (1 / PARTS).mean()
    n = rng.poisson(shares / mean_weight)
    city = np.repeat(np.arange(N_CITIES), n)
    units = UNITS_PER_WORK // PARTS[rng.integers(0, len(PARTS), len(city))]
    keys = np.array([work_key(f"{seed}/{i}") for i in range(N_WORLD)], np.int64)
    work = rng.integers(0, N_WORLD, len(city))
    sums = Sums(N_CITIES + 1, replicates=500, scale=scale_for(N_WORLD), seed=seed, threads=1)
    sums.add(
        keys,
        np.concatenate([work, np.arange(N_WORLD)]),
        np.concatenate([city, np.full(N_WORLD, N_CITIES)]),
        np.concatenate([units, np.full(N_WORLD, -1)]),
    )
    sums.close()
    one = sums.replicates(slice(0, N_CITIES), N_CITIES, N_WORLD)
    observed = np.bincount(city, units / UNITS_PER_WORK, N_CITIES)
    return movement.Side(one, observed, replicate_ranks(one.sums))


def history(times: float, number: int) -> tuple[np.ndarray, ...]:
    """p_rose raw and shrunk of the cities listed in both years, and whether each truly rose."""
    rng = np.random.default_rng([11, number, int(10 * times)])
    before = LARGEST / (1 + np.arange(N_CITIES)) ** 0.9 * np.exp(rng.normal(0, 0.15, N_CITIES))
    weight = (1 / PARTS**2).mean() / (1 / PARTS).mean()
    noise = 2 * weight / before  # variance of the observed change in log Share
    after = before * np.exp(rng.normal(0, times * np.sqrt(noise)))
    sides = year(before, rng, 2 * number), year(after, rng, 2 * number + 1)
    rows = np.flatnonzero((sides[0].shares > 0) & (sides[1].shares > 0))
    pairs = np.column_stack([rows, rows])
    raw = movement.support(sides[0].ranks[rows], sides[1].ranks[rows])
    shrunk = movement.shrunk_support(*sides, pairs)
    rose = ranks(after)[rows] < ranks(before)[rows]
    fell = ranks(after)[rows] > ranks(before)[rows]
    return (
        np.concatenate([raw.rose, raw.fell]),
        np.concatenate([shrunk.rose, shrunk.fell]),
        np.concatenate([rose, fell]),
    )


def reliability(p: np.ndarray, true: np.ndarray) -> Iterator[tuple[float, float, int]]:
    """Mean of p, part that is true, number, for each range of p."""
    for low, high in pairwise(EDGES):
        chosen = (p >= low) & (p < high)
        if chosen.sum() >= 30:
            yield float(p[chosen].mean()), float(true[chosen].mean()), int(chosen.sum())


Curves = dict[tuple[str, str], list[tuple[float, float, int]]]


def figure(curves: Curves) -> str:
    """Reliability diagrams side by side: ring and dashes raw, dots and line shrunk."""
    side, gap = 200, 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {3 * (side + gap) + gap} 290" '
        'font-family="sans-serif" font-size="11" role="img">',
        "<title>How often a movement was true, by the probability stated: shrunk on the diagonal, "
        "raw support beside it</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for number, name in enumerate(TIMES):
        x0, y0 = gap + number * (side + gap), 30 + side
        parts.append(
            f'<text x="{x0}" y="18">true changes: {TIMES[name]} × the noise</text>'
            f'<path d="M{x0} {y0 - side}V{y0}H{x0 + side}" fill="none" stroke="#444"/>'
            f'<path d="M{x0} {y0}L{x0 + side} {y0 - side}" stroke="#aaa"/>'
        )
        for tick in (0, 0.5, 1):
            parts.append(
                f'<text x="{x0 + tick * side}" y="{y0 + 14}" text-anchor="middle">{tick}</text>'
                f'<text x="{x0 - 4}" y="{y0 - tick * side + 4}" text-anchor="end">{tick}</text>'
            )
        for kind, look in (
            ("raw", 'fill="none" stroke="#777" stroke-dasharray="4 3"'),
            ("shrunk", 'fill="none" stroke="#0b3d91" stroke-width="1.5"'),
        ):
            points = [(x0 + p * side, y0 - t * side) for p, t, _ in curves[name, kind]]
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            parts.append(f'<polyline points="{line}" {look}/>')
            fill, stroke = ("#fff", "#777") if kind == "raw" else ("#0b3d91", "#0b3d91")
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{fill}" stroke="{stroke}"/>'
                for x, y in points
            ]
    parts.append(
        f'<text x="{gap}" y="280">Across: probability stated. Up: part that was true. '
        "Dots and line: p_rose and p_fell, shrunk; rings and dashes: raw support.</text></svg>\n"
    )
    return "\n".join(parts)


def main() -> None:
    """Run as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--histories", type=int, default=60)
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    curves: Curves = {}
    print("| true changes | kind | " + " | ".join(f"{e:g} and more" for e in EDGES[:-1]) + " |")
    print("| --- | --- |" + " ---: |" * (len(EDGES) - 1))
    for name, times in TIMES.items():
        rows = [history(times, n) for n in range(arguments.histories)]
        raw, shrunk, true = (np.concatenate(c) for c in zip(*rows, strict=True))
        for kind, p in (("raw", raw), ("shrunk", shrunk)):
            curves[name, kind] = list(reliability(p, true))
            cells = [f"{100 * a:.1f} → {100 * b:.1f} ({n:,})" for a, b, n in curves[name, kind]]
            print(f"| {times} × noise | {kind} | " + " | ".join(cells) + " |", flush=True)
    if arguments.figure:
        arguments.figure.write_text(figure(curves), encoding="utf-8")


if __name__ == "__main__":
    main()

"""How sure each rank is: limits of Share and rank, and probabilities of order and movement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sciencecities.certainty import is_incomplete
from sciencecities.engines.base import Engine
from sciencecities.progress import Progress
from sciencecities.rank.order import CITY, Listing
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sciencecities.rank.movement import Side
    from sciencecities.rank.replicates import Replicates

Group = tuple[int, str]  # data year, scope
ListKey = tuple[int, str, int]  # data year, scope, kind

CELLS = 40_000_000
"""Sums of one year held at a time (0.3 GB); with more, scopes take turns."""

TOP = 10
LEADING = 50
"""Of so many rows from the top the order is given pair by pair."""

UNASSIGNED_MOVED = 0.02
"""Where the unassigned part of the works moved by more, a movement may be one of coverage."""

INCOMPLETE, MOVED = "incomplete-year", "unassigned-moved"


class Redraws(NamedTuple):
    """How to re-draw: how often (0 = not at all), from which seed, on how many threads."""

    replicates: int = 0
    seed: int = 0
    threads: int = 1


@dataclass(slots=True)
class Stability:
    """Columns of one list in order of rank; values are None where nothing can be said."""

    n_eff: list[float]
    share_low: list[float]
    share_high: list[float]
    rank_low: list[int]
    rank_high: list[int]
    p_top10: list[float]
    p_ahead_next: list[float | None]
    p_rose: list[float | None] = field(default_factory=list)
    p_fell: list[float | None] = field(default_factory=list)
    raw_p_rose: list[float | None] = field(default_factory=list)
    raw_p_fell: list[float | None] = field(default_factory=list)
    pairs: list[tuple[str, str, float]] = field(default_factory=list)
    """(a, b, p): probability that a is ahead of b, of the leading cities, a < b by id."""


def measure(
    engine: Engine,
    lists: Sequence[Listing],
    totals: Mapping[Group, int],
    redraws: Redraws,
    progress: Progress,
) -> dict[ListKey, Stability]:
    """The stability of each list; nothing if no re-draws are asked for.

    The engine must know what `replicates.redraw` reads.
    """
    found: dict[ListKey, Stability] = {}
    if not redraws.replicates:
        return found
    turns = list(_turns(lists, redraws.replicates))
    years = sorted({one.year for one in lists})
    progress.stage("redraw", len(turns) * len(years), "years")
    for scopes in turns:
        earlier: dict[tuple[str, int], tuple[Listing, Side]] = {}
        for year in years:
            chosen = [one for one in lists if one.year == year and one.scope in scopes]
            before = {k: v for k, v in earlier.items() if v[0].year == year - 1}
            earlier = {}
            for one, side, stability in _year(engine, chosen, totals, redraws, before):
                earlier[one.scope, one.kind] = (one, side)
                found[one.year, one.scope, one.kind] = stability
            progress.advance(1)
    return found


def movement_note(
    group: Group, totals: Mapping[Group, int], unassigned: Mapping[Group, int]
) -> str | None:
    """Why no certainty is stated of movements into this year and scope; None if nothing forbids it.

    `unassigned` is in units.
    """
    year, scope = group
    now, before = totals.get(group, 0), totals.get((year - 1, scope), 0)
    if not now or not before:
        return None
    whole, whole_before = (
        totals.get((year, "overall"), now),
        totals.get((year - 1, "overall"), before),
    )
    if is_incomplete(whole_before, whole):
        return INCOMPLETE
    parts = (
        unassigned.get(group, 0) / (now * UNITS_PER_WORK),
        unassigned.get((year - 1, scope), 0) / (before * UNITS_PER_WORK),
    )
    return MOVED if abs(parts[0] - parts[1]) > UNASSIGNED_MOVED else None


def _turns(lists: Sequence[Listing], replicates: int) -> Iterator[set[str]]:
    """Sets of scopes whose sums of one year fit in memory together; one at least."""
    size: dict[str, int] = {}
    for scope in dict.fromkeys(one.scope for one in lists):
        by_year: dict[int, int] = {}
        for one in lists:
            if one.scope == scope:
                by_year[one.year] = by_year.get(one.year, 0) + len(one.numbers)
        size[scope] = max(by_year.values())
    turn: set[str] = set()
    cells = 0
    for scope, n in size.items():
        if turn and cells + n * replicates > CELLS:
            yield turn
            turn, cells = set(), 0
        turn.add(scope)
        cells += n * replicates
    if turn:
        yield turn


def _year(
    engine: Engine,
    lists: Sequence[Listing],
    totals: Mapping[Group, int],
    redraws: Redraws,
    before: Mapping[tuple[str, int], tuple[Listing, Side]],
) -> Iterator[tuple[Listing, Side, Stability]]:
    from sciencecities.rank.replicates import redraw

    if not lists:
        return
    n_works = {one.scope: totals[one.year, one.scope] for one in lists}
    replicates = redraw(
        engine, lists, n_works,
        replicates=redraws.replicates, seed=redraws.seed, threads=redraws.threads,
    )  # fmt: skip

    def describe(pair: tuple[Listing, Replicates]) -> tuple[Listing, Side, Stability]:
        one, sums = pair
        side, stability = assess(one, sums)
        if (one.scope, one.kind) in before:
            move(stability, one, side, *before[one.scope, one.kind])
        else:
            nothing: list[float | None] = [None] * len(one.names)
            stability.p_rose = stability.p_fell = nothing
            stability.raw_p_rose = stability.raw_p_fell = nothing
        return one, side, stability

    with ThreadPoolExecutor(redraws.threads) as pool:
        yield from pool.map(describe, zip(lists, replicates, strict=True))


def assess(one: Listing, replicates: Replicates) -> tuple[Side, Stability]:
    """Limits and probabilities of order within one year."""
    from sciencecities.rank.intervals import (
        effective_works,
        rank_limits,
        replicate_ranks,
        share_limits,
    )
    from sciencecities.rank.movement import Side

    shares = np.array([u / UNITS_PER_WORK for u in one.units])
    n_eff = effective_works(one.units, replicates.squares, replicates.scale)
    ranks = replicate_ranks(replicates.sums)
    share_low, share_high = share_limits(replicates, shares, np.array(n_eff))
    observed = np.array(one.ranks, np.int64)
    rank_low, rank_high = rank_limits(replicates, ranks, shares, observed)
    ahead = ahead_of(ranks[:-1], ranks[1:]).tolist()
    stability = Stability(
        n_eff,
        share_low.tolist(),
        share_high.tolist(),
        rank_low.tolist(),
        rank_high.tolist(),
        (ranks <= TOP).mean(axis=1).tolist(),
        [*ahead, None],
    )
    if one.kind == CITY:
        stability.pairs = _pairs(one.names[:LEADING], ranks[:LEADING])
    return Side(replicates, shares, ranks), stability


def ahead_of(a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.float64]:
    """Probability, row by row, that a is ahead of b; equal ranks count half."""
    halves = 2 * (a < b).sum(axis=1) + (a == b).sum(axis=1)
    found: NDArray[np.float64] = halves / (2 * a.shape[-1])
    return found


def _pairs(names: list[str], ranks: NDArray[np.int32]) -> list[tuple[str, str, float]]:
    order = sorted(range(len(names)), key=names.__getitem__)
    return [
        (names[i], names[j], p)
        for place, i in enumerate(order)
        for j, p in zip(
            order[place + 1 :], ahead_of(ranks[i], ranks[order[place + 1 :]]).tolist(), strict=True
        )
    ]


def move(
    stability: Stability, one: Listing, side: Side, earlier: Listing, earlier_side: Side
) -> None:
    """Fill in the probabilities of rise and fall since the year before."""
    from sciencecities.rank.movement import shrunk_support, support

    row = {name: i for i, name in enumerate(earlier.names)}
    pairs = np.array(
        [(row[name], i) for i, name in enumerate(one.names) if name in row], np.int64
    ).reshape(-1, 2)
    columns: dict[str, list[Any]] = {}
    if len(pairs):
        raw = support(earlier_side.ranks[pairs[:, 0]], side.ranks[pairs[:, 1]])
        shrunk = shrunk_support(earlier_side, side, pairs)
        columns = {
            "p_rose": shrunk.rose.tolist(),
            "p_fell": shrunk.fell.tolist(),
            "raw_p_rose": raw.rose.tolist(),
            "raw_p_fell": raw.fell.tolist(),
        }
    for name in ("p_rose", "p_fell", "raw_p_rose", "raw_p_fell"):
        values: list[float | None] = [None] * len(one.names)
        for (_, i), value in zip(pairs.tolist(), columns.get(name, []), strict=True):
            values[i] = value
        setattr(stability, name, values)

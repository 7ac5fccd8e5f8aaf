"""How well the resolver answers labelled strings: precision, recall, cities, calibration, speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sciencecities.locate.gold import KNOWN, NONE, OUTSIDE, GoldSet, Judge, Verdict
from sciencecities.locate.registry import ROR_PREFIX, Registry

if TYPE_CHECKING:
    import numpy as np

    from sciencecities.locate.resolver import Resolver

BATCH = 2_000
REPLICATES = 1_000
SEED = 20261125
BINS = 10


class Interval(NamedTuple):
    """A figure with the 2.5 % and 97.5 % limits of a bootstrap over strings."""

    value: float
    low: float
    high: float


class Quality(NamedTuple):
    """Precision, recall and F1 over all answers (micro), and the share of strings all right."""

    precision: float
    recall: float
    f1: Interval
    exact: float


class SetResult(NamedTuple):
    """What was measured on one set; docs/RESOLVER.md says how each figure is judged.

    Counts are of strings: `n_known` with a labelled organisation of the registry, `n_none`
    labelled as no organisation, `n_outside` with labelled organisations that the registry lacks.
    Shares are None where there is nothing to divide by.
    """

    name: str
    is_single: bool
    n_known: int
    n_none: int
    n_outside: int
    fair: Quality
    strict: Quality
    right_city: Interval | None
    answered_none: float | None
    answered_outside: float | None
    ece: float
    per_second: float
    tallies: np.ndarray  # fair right, wrong, missed of each string that counts
    scored: np.ndarray  # score and whether right, of each answer that is judged


def measure(
    resolver: Resolver, gold: GoldSet, *, advance: Callable[[int], None] | None = None
) -> SetResult:
    """Resolve the set's distinct strings and judge the answers.

    `advance` is told how many strings are done. Needs a resolver with a registry.
    """
    import numpy as np

    texts = list(dict.fromkeys(row.text for row in gold.rows))
    answers: dict[str, dict[str, Any]] = {}
    seconds = 0.0
    resolver.resolve(texts[:1])  # what is loaded at the first string says nothing of the speed
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        before = time.process_time()
        found = resolver.resolve(batch)
        seconds += time.process_time() - before
        answers.update(zip(batch, found, strict=True))
        if advance:
            advance(len(batch))
    judge = Judge(resolver.registry)
    given = [_rors(answers[row.text]) for row in gold.rows]
    pairs = list(zip(gold.rows, given, strict=True))
    fair = [judge.fair(row, rors, is_single=gold.is_single) for row, rors in pairs]
    strict = [judge.strict(row, rors) for row, rors in pairs]
    scored = [
        (score, ror in verdict.right)
        for verdict, rors in zip(fair, given, strict=True)
        for ror, score in rors.items()
        if verdict.kind != OUTSIDE and ror not in verdict.excused
    ]
    tallies = _tallies(fair, (KNOWN, NONE))
    known, none, outside = (sum(v.kind == kind for v in fair) for kind in (KNOWN, NONE, OUTSIDE))
    return SetResult(
        gold.name,
        gold.is_single,
        known,
        none,
        outside,
        _quality(tallies),
        _quality(_tallies(strict, (KNOWN, NONE, OUTSIDE))),
        _right_city(resolver, judge, gold, answers),
        _answered(fair, NONE),
        _answered(fair, OUTSIDE),
        calibration_error(np.array(scored, float).reshape(-1, 2)),
        len(texts) / max(seconds, 1e-9),
        tallies,
        np.array(scored, float).reshape(-1, 2),
    )


def mean_f1(results: Sequence[SetResult]) -> Interval:
    """The mean over sets of the fair F1, each set resampled by itself."""
    import numpy as np

    draws = np.mean([f1_draws(result.tallies) for result in results], axis=0)
    value = sum(result.fair.f1.value for result in results) / len(results)
    return interval(value, draws)


def calibration_error(scored: np.ndarray) -> float:
    """Expected calibration error: mean distance of score and share right, over ten equal bins.

    `scored` has a row for each answer: its score and whether it is right.
    """
    import numpy as np

    if not len(scored):
        return 0.0
    bins = np.minimum((scored[:, 0] * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, scored[:, 0] - scored[:, 1], BINS)
    return float(np.abs(gaps).sum() / len(scored))


def _rors(answer: dict[str, Any]) -> dict[str, float]:
    return {one["ror"]: one["score"] or 0.0 for one in answer["institutions"] if one["ror"]}


def _tallies(verdicts: Sequence[Verdict], kinds: tuple[str, ...]) -> np.ndarray:
    import numpy as np

    counts = [(len(v.right), len(v.wrong), len(v.missed)) for v in verdicts if v.kind in kinds]
    return np.array(counts, np.int64).reshape(-1, 3)


def _quality(tallies: np.ndarray) -> Quality:
    right, wrong, missed = map(int, tallies.sum(axis=0))
    exact = float((tallies[:, 1:] == 0).all(axis=1).mean()) if len(tallies) else 0.0
    return Quality(
        right / max(1, right + wrong),
        right / max(1, right + missed),
        interval(float(f1_of(tallies.sum(axis=0))), f1_draws(tallies)),
        exact,
    )


def f1_of(sums: np.ndarray) -> np.ndarray:
    """F1 of sums of right, wrong and missed (the last axis)."""
    import numpy as np

    right, wrong, missed = sums[..., 0], sums[..., 1], sums[..., 2]
    return np.asarray(2 * right / np.maximum(2 * right + wrong + missed, 1))


def f1_draws(tallies: np.ndarray) -> np.ndarray:
    """F1 of each bootstrap replicate over strings (rows: right, wrong, missed of each)."""
    import numpy as np

    if not len(tallies):
        return np.zeros(REPLICATES)
    kinds, counts = np.unique(tallies, axis=0, return_counts=True)
    rng = np.random.default_rng(SEED)
    drawn = rng.multinomial(counts.sum(), counts / counts.sum(), REPLICATES)
    return f1_of(drawn @ kinds)


def interval(value: float, draws: np.ndarray) -> Interval:
    """The value with the 2.5 % and 97.5 % quantiles of the draws."""
    import numpy as np

    low, high = np.quantile(draws, (0.025, 0.975))
    return Interval(value, float(low), float(high))


def _answered(verdicts: Sequence[Verdict], kind: str) -> float | None:
    """Share of the strings of that kind for which anything wrong is answered."""
    wrong = [bool(v.wrong) for v in verdicts if v.kind == kind]
    return sum(wrong) / len(wrong) if wrong else None


def _right_city(
    resolver: Resolver, judge: Judge, gold: GoldSet, answers: dict[str, dict[str, Any]]
) -> Interval | None:
    """Share of strings answered with the city of a place of a labelled organisation."""
    import numpy as np

    cities = _cities_of(resolver, {ror for row in gold.rows for ror in judge.gold(row)})
    right = []
    for row in gold.rows:
        expected = set().union(*(cities.get(ror, set()) for ror in judge.gold(row)))
        if expected:
            city = answers[row.text]["city"]
            right.append(city is not None and city["id"] in expected)
    if not right:
        return None
    share = sum(right) / len(right)
    draws = np.random.default_rng(SEED).binomial(len(right), share, REPLICATES) / len(right)
    return interval(share, draws)


def _cities_of(resolver: Resolver, rors: set[str]) -> dict[str, set[str]]:
    """The ids of the cities in which the registry has each organisation."""
    registry: Registry = resolver.registry
    placed = [(ror, place) for ror in sorted(rors) for place in registry.places(ror)]
    assigned = resolver.cities.assign([place for _, place in placed])
    found: dict[str, set[str]] = {}
    for (ror, _), one in zip(placed, assigned, strict=True):
        if one and ror.startswith(ROR_PREFIX):
            found.setdefault(ror, set()).add(one.city.city_id)
    return found

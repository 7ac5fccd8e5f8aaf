"""Train the resolver's decision from labelled strings: writes locate/data/resolver_model.npz.

    python scripts/train_resolver.py --words --registry ror.jsonl.gz gold/*.jsonl.gz

Needs the extra `train` (lightgbm). Takes some 10 minutes of one core. docs/RESOLVER.md tells what
is done here and why.
"""

from __future__ import annotations

import argparse
import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from resolver_rows import (
    FOLDS,
    KIN,
    OTHER,
    RIGHT,
    Rows,
    Strings,
    rows_of,
    strings_of,
    thinned,
    write_kept,
)
from sciencecities.locate.benchmark import f1_draws, f1_of, interval
from sciencecities.locate.gold import GoldSet, read_gold
from sciencecities.locate.matcher import select
from sciencecities.locate.name_words import name_words
from sciencecities.locate.org_evidence import FEATURES
from sciencecities.locate.org_index import ACRONYM, WORDS_FILE, named, word_shares
from sciencecities.locate.org_model import MODEL_FILE, Model
from sciencecities.locate.registry import Registry

PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.08,
    "num_leaves": 31,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 7,
}
ROUNDS = 160
KIN_WEIGHT, OTHER_WEIGHT, PART_WEIGHT = 0.3, 0.6, 0.4
SLACK = 0.002
"""So much of the best mean F1 is given for fewer answers where nothing should be answered."""

NONE_WEIGHT = 3.0
LIKELY, SURE, HOPELESS = 0.35, 0.9, -4.5
LEAST_SHARE = 6e-5
POINTS = 60


def main() -> None:
    """Train, calibrate on strings not trained on, write the model, print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gold", nargs="+", help="JSON lines with text and ror, also gzip")
    parser.add_argument("--registry", required=True)
    parser.add_argument("--out", type=Path, default=_model_path())
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--words", action="store_true", help="write the usual shares of words anew")
    parser.add_argument("--leave-out", action="store_true", help="judge trees on unseen sets, too")
    parser.add_argument("--kept", type=Path, help="write the strings kept apart there, and stop")
    options = parser.parse_args()
    if options.kept:
        write_kept(options.gold, options.kept)
        return
    sets = [read_gold(path) for path in options.gold]
    registry = Registry.load(options.registry)
    if options.words:
        _write_words(registry, options.out.with_name(WORDS_FILE))
    strings = strings_of(sets)
    whole = rows_of(registry, sets, strings, None)
    parts = [whole, *(rows_of(part, sets, strings, whole) for part in thinned(registry, sets))]
    first = _cross_validated(parts, strings, None, options.rounds)
    second = _cross_validated(parts, strings, first, options.rounds)
    calibration = _calibrate(whole, strings, second[0])
    scores = [np.interp(raw, *calibration) for raw in second]
    threshold = _best_threshold(parts[:2], strings, scores[:2], sets)
    booster = _fit(parts, strings, ~strings.is_final, first, options.rounds)
    model = Model(*_flat_trees(booster), calibration.astype(np.float32), threshold)
    arrays = model._asdict() | {"features": np.array(FEATURES), "threshold": np.array(threshold)}
    np.savez_compressed(options.out, **arrays)
    print(f"{options.out}: {options.out.stat().st_size:,} bytes, threshold {threshold}")
    for name, mask, found in (
        ("cross-validated", ~strings.is_final, scores[0]),
        ("kept apart", strings.is_final, model.scores(whole.features)),
    ):
        figures = _f1(whole, strings, found, threshold, mask, sets)
        shown = ", ".join(f"{s.name} {f:.3f}" for s, f in zip(sets, figures, strict=True))
        print(f"{name}: mean F1 {np.mean(figures):.4f} ({shown})")
    if options.leave_out:
        _leave_out(parts, strings, sets, first, model, options.rounds)


def _model_path() -> Path:
    import sciencecities.locate

    return Path(sciencecities.locate.__file__).parent / "data" / MODEL_FILE


def _write_words(registry: Registry, path: Path) -> None:
    """The share of a registry's names that hold each of the commoner words."""
    names = {
        tuple(name_words(value))
        for _, one in registry.items()
        for value, kind in named(one)
        if kind != ACRONYM
    }
    counts = Counter(word for name in names for word in set(name))
    shares = ((word, n / len(names)) for word, n in sorted(counts.items()))
    lines = [f"{word} {share:.6f}" for word, share in shares if share >= LEAST_SHARE]
    path.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    word_shares.cache_clear()


# --- training ----------------------------------------------------------------------------------


def _weights(rows: Rows, strings: Strings, likely: np.ndarray | None) -> np.ndarray:
    """What each candidate counts. Kin and unsaid ones, likely to be right too, count less.

    So do those for strings labelled as naming no organisation that are all but sure: most such
    labels are older than the record. Of the hopeless ones every third stands for three.
    """
    weight = strings.weight[rows.text].copy()
    is_single, is_none = strings.is_single[rows.text], strings.n_gold[rows.text] == 0
    weight[rows.label == KIN] *= np.where(is_single[rows.label == KIN], 0.0, KIN_WEIGHT)
    weight[is_none] *= NONE_WEIGHT
    if likely is None:
        weight[rows.apart] *= 0.25
        return weight
    probability = 1 / (1 + np.exp(-likely))
    weight[rows.apart] *= np.where(probability[rows.apart] > LIKELY, 0.0, OTHER_WEIGHT)
    weight[is_none & (probability > SURE)] = 0.0
    hopeless = np.flatnonzero((rows.label == OTHER) & (likely < HOPELESS))
    weight[hopeless] *= np.where(np.arange(len(hopeless)) % 3 == 0, 3.0, 0.0)
    return weight


def _fit(
    parts: list[Rows],
    strings: Strings,
    texts: np.ndarray,
    likely: list[np.ndarray] | None,
    rounds: int,
) -> lightgbm.Booster:
    features, labels, weights = [], [], []
    for number, rows in enumerate(parts):
        weight = _weights(rows, strings, likely[number] if likely else None)
        own = texts[rows.text] & (weight > 0)
        features.append(rows.features[own])
        labels.append(rows.label[own] == RIGHT)
        weights.append(weight[own] * (PART_WEIGHT if number else 1.0))
    data = lightgbm.Dataset(
        np.concatenate(features), np.concatenate(labels), weight=np.concatenate(weights)
    )
    return lightgbm.train(PARAMETERS, data, rounds)


def _cross_validated(
    parts: list[Rows], strings: Strings, likely: list[np.ndarray] | None, rounds: int
) -> list[np.ndarray]:
    """Raw scores of all candidates, each by trees that did not see its string."""
    raw = [np.zeros(len(rows.text)) for rows in parts]
    for fold in range(FOLDS):
        booster = _fit(parts, strings, ~strings.is_final & (strings.fold != fold), likely, rounds)
        for scores, rows in zip(raw, parts, strict=True):
            own = strings.fold[rows.text] == fold
            scores[own] = booster.predict(rows.features[own], raw_score=True)
    return raw


def _calibrate(rows: Rows, strings: Strings, raw: np.ndarray) -> np.ndarray:
    """Raw scores and the share of right ones at each, rising, from the selected candidates.

    Strings count by their set's weight; candidates that nobody has judged do not count.
    """
    from sklearn.isotonic import IsotonicRegression

    chosen = np.array(select(rows.rows, raw, -4.0), int)
    unsaid = rows.apart[chosen] | (rows.label[chosen] == KIN)
    chosen = chosen[~unsaid & ~strings.is_final[rows.text[chosen]]]
    fitted = IsotonicRegression(y_min=0.001, y_max=0.999, out_of_bounds="clip").fit(
        raw[chosen], rows.label[chosen] == RIGHT, strings.weight[rows.text[chosen]]
    )
    at = np.quantile(raw[chosen], np.linspace(0, 1, POINTS))
    smooth = np.convolve(np.pad(fitted.predict(at), 2, "edge"), np.ones(5) / 5, "valid")
    at, smooth = np.append(-12.0, at), np.append(0.0005, smooth)
    return np.stack([at, np.maximum.accumulate(smooth)])


def _best_threshold(
    parts: list[Rows], strings: Strings, scores: list[np.ndarray], sets: list[GoldSet]
) -> float:
    """The highest one whose F1, the mean over sets and parts, is within SLACK of the best."""
    choices = np.arange(0.3, 0.86, 0.05)
    dev, means = ~strings.is_final, []
    for choice in choices:
        found = [
            (
                np.mean(_f1(rows, strings, own, choice, dev, sets)),
                *_answered(rows, strings, own, choice),
            )
            for rows, own in zip(parts, scores, strict=True)
        ]
        means.append(np.mean([f1 for f1, _, _ in found]))
        shown = "; ".join(f"F1 {f:.4f}, none {n:.3f}, outside {o:.3f}" for f, n, o in found)
        print(f"threshold {choice:.2f}: {shown}")
    good = np.flatnonzero(np.array(means) >= max(means) - SLACK)
    return round(float(choices[good[-1]]), 2)


def _tallies(rows: Rows, strings: Strings, scores: np.ndarray, least: float) -> np.ndarray:
    """Right, wrong and missed of each string, as `sciencecities benchmark resolve` judges."""
    n = len(strings.asked)
    chosen = np.array(select(rows.rows, scores, least), int)
    label, text = rows.label[chosen], rows.text[chosen]
    right = np.bincount(text, label == RIGHT, n)
    wrong = np.bincount(text, label == OTHER, n)
    wrong[strings.is_single & (right > 0)] = 0
    return np.stack([right, wrong, rows.n_known - right], 1).astype(int)


def _f1(
    rows: Rows,
    strings: Strings,
    scores: np.ndarray,
    least: float,
    texts: np.ndarray,
    sets: list[GoldSet],
) -> list[float]:
    """F1 of each set."""
    tallies = _tallies(rows, strings, scores, least)
    texts = texts & _counts(rows, strings)
    own = [texts & (strings.set_of == number) for number in range(len(sets))]
    return [float(f1_of(tallies[one].sum(axis=0))) for one in own]


def _counts(rows: Rows, strings: Strings) -> np.ndarray:
    """Strings with a labelled organisation of the registry, or labelled as naming none."""
    return (rows.n_known > 0) | (strings.n_gold == 0)


def _answered(
    rows: Rows, strings: Strings, scores: np.ndarray, least: float
) -> tuple[float, float]:
    """Share of strings wrongly answered: of those without organisation, of those outside."""
    wrong = _tallies(rows, strings, scores, least)[:, 1] > 0
    none, outside = strings.n_gold == 0, ~_counts(rows, strings)
    dev = ~strings.is_final
    return float(wrong[none & dev].mean()), float(wrong[outside & dev].mean())


def _leave_out(
    parts: list[Rows],
    strings: Strings,
    sets: list[GoldSet],
    likely: list[np.ndarray],
    model: Model,
    rounds: int,
) -> None:
    """F1 of each set by trees that saw no string of it, nor of one of the same kind."""
    kinds = np.array([one.name.partition("_")[0] for one in sets])
    draws, values = [], []
    for kind in dict.fromkeys(kinds.tolist()):
        booster = _fit(parts, strings, kinds[strings.set_of] != kind, likely, rounds)
        raw = np.asarray(booster.predict(parts[0].features, raw_score=True))
        scores = np.interp(raw, *model.calibration)
        tallies = _tallies(parts[0], strings, scores, model.threshold)
        for number in np.flatnonzero(kinds == kind).tolist():
            own = tallies[(strings.set_of == number) & _counts(parts[0], strings)]
            right, wrong, missed = own.sum(axis=0).tolist()
            found = interval(float(f1_of(own.sum(axis=0))), f1_draws(own))
            draws.append(f1_draws(own))
            values.append(found.value)
            shown = f"F1 {found.value:.3f} ({found.low:.3f}-{found.high:.3f})"
            shown += f", P {right / (right + wrong):.3f}, R {right / (right + missed):.3f}"
            print(f"without {kind}: {sets[number].name} {shown}")
    mean = interval(float(np.mean(values)), np.mean(draws, axis=0))
    print(f"left out, mean F1 {mean.value:.3f} ({mean.low:.3f}-{mean.high:.3f})")


def _flat_trees(booster: lightgbm.Booster) -> tuple[np.ndarray, ...]:
    feature: list[int] = []
    cut: list[float] = []
    left: list[int] = []
    right: list[int] = []
    value: list[float] = []
    roots: list[int] = []

    def add(node: dict[str, Any]) -> int:
        if "leaf_value" in node:
            value.append(node["leaf_value"])
            return ~(len(value) - 1)
        at = len(feature)
        feature.append(node["split_feature"])
        cut.append(node["threshold"])
        left.append(0)
        right.append(0)
        left[at] = add(node["left_child"])
        right[at] = add(node["right_child"])
        return at

    for tree in booster.dump_model()["tree_info"]:
        roots.append(add(tree["tree_structure"]))
    return (
        np.array(feature, np.int16),
        np.array(cut, np.float32),
        np.array(left, np.int32),
        np.array(right, np.int32),
        np.array(value, np.float32),
        np.array(roots, np.int32),
    )


if __name__ == "__main__":
    main()

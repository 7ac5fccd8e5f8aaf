"""The labelled strings of `train_resolver.py`, and the candidates for each of them."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.gold import GoldSet, Judge
from sciencecities.locate.matcher import Asked, Matcher
from sciencecities.locate.org_model import Model
from sciencecities.locate.placing import TextPlaces
from sciencecities.locate.registry import Registry

FINAL, FOLDS = 7, 3
"""One string in FINAL is kept apart to the end; the others are trained on in FOLDS turns."""

OTHER, RIGHT, KIN = 0, 1, 2


class Rows(NamedTuple):
    """Candidates of all strings with one registry. `label`: OTHER, RIGHT, or KIN of a right one.

    `apart` marks those that overlap no labelled organisation of a string of which only one is
    labelled: nobody has said whether they are right. `n_known` is by string: how many of its
    labelled organisations the registry holds.
    """

    text: np.ndarray
    rows: np.ndarray
    features: np.ndarray
    label: np.ndarray
    apart: np.ndarray
    n_known: np.ndarray


class Strings(NamedTuple):
    """The labelled strings of all sets, one after another."""

    asked: list[Asked]
    set_of: np.ndarray
    is_single: np.ndarray
    n_gold: np.ndarray
    weight: np.ndarray
    is_final: np.ndarray
    fold: np.ndarray


def thinned(registry: Registry, sets: list[GoldSet]) -> Iterator[Registry]:
    """Half of the registry; and all of it but one and the other half of what is labelled.

    Where the right organisation is not there, its namesakes and neighbours are wrong.
    """
    judge = Judge(registry)
    labelled = {ror for one in sets for row in one.rows for ror in judge.gold(row)}
    yield Registry(one for ror, one in registry.items() if hash_of(ror) % 2 == 0)
    for side in range(2):
        gone = {ror for ror in labelled if hash_of(f"t{ror}") % 2 == side}
        yield Registry(one for ror, one in registry.items() if ror not in gone)


def write_kept(paths: list[str], folder: Path) -> None:
    """The lines of each set that are kept apart, under the set's name, for `benchmark resolve`."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            kept = [line for line in stream if split_of(json.loads(line)["text"]) % FINAL == 0]
        name = Path(path).name.removesuffix(".gz")
        (folder / name).write_text("".join(kept), encoding="utf-8")


def split_of(text: str) -> int:
    """By which a string is kept apart or falls in a fold; words in other order give the same."""
    return hash_of(" ".join(sorted(text.lower().split())))


def hash_of(text: str) -> int:
    """A number of 32 bits that is the same everywhere."""
    return int(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8], 16)


def strings_of(sets: list[GoldSet]) -> Strings:
    """The strings of all sets with the places that they name."""
    places = TextPlaces(Gazetteer.load())
    asked, set_of, n_gold, split = [], [], [], []
    for number, one in enumerate(sets):
        for row in one.rows:
            found = places.find(row.text)
            asked.append(Asked(row.text, found.country, found.place))
            set_of.append(number)
            n_gold.append(len(row.rors))
            split.append(split_of(row.text))
    of, hashed = np.array(set_of), np.array(split)
    sizes = np.bincount(of)
    return Strings(
        asked,
        of,
        np.array([one.is_single for one in sets])[of],
        np.array(n_gold),
        np.sqrt(np.median(sizes) / sizes)[of],
        hashed % FINAL == 0,
        hashed // FINAL % FOLDS,
    )


def rows_of(registry: Registry, sets: list[GoldSet], strings: Strings, whole: Rows | None) -> Rows:
    """The candidates of all strings in a registry; `whole`: those in the one it is a part of."""
    model: Any = None  # only candidates are asked for
    matcher = Matcher(registry, model=model or _NO_MODEL)
    rows, features = [], []
    for start in range(0, len(strings.asked), 2_000):
        found = matcher.candidates(strings.asked[start : start + 2_000])
        rows.append(found.rows + np.array([start, 0, 0, 0], np.int32))
        features.append(found.features)
    table = np.concatenate(rows)
    judge = Judge(registry)
    gold = [judge.gold(row) for one in sets for row in one.rows]
    above = [frozenset[str]().union(*map(registry.ancestors, one)) for one in gold]
    label = np.array(
        [
            _label(registry, matcher.names.rors[org], gold[text], above[text])
            for text, org, _, _ in table.tolist()
        ],
        np.int8,
    )
    apart = _apart(table, label, strings, whole)
    known = np.array([sum(ror in registry for ror in one) for one in gold])
    return Rows(table[:, 0], table, np.concatenate(features), label, apart, known)


def _label(registry: Registry, ror: str, gold: frozenset[str], above: frozenset[str]) -> int:
    if ror in gold:
        return RIGHT
    return KIN if ror in above or (gold and registry.ancestors(ror) & gold) else OTHER


def _apart(
    table: np.ndarray, label: np.ndarray, strings: Strings, whole: Rows | None
) -> np.ndarray:
    """Where the registry lacks the labelled organisation, the whole one says where it stands."""
    known_rows, known_label = (whole.rows, whole.label) if whole else (table, label)
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for text, _, start, end in known_rows[known_label == RIGHT].tolist():
        spans[text].append((start, end))
    unsaid = strings.is_single[table[:, 0]] & (strings.n_gold[table[:, 0]] > 0) & (label == OTHER)
    found = np.zeros(len(table), bool)
    for at in np.flatnonzero(unsaid).tolist():
        text, _, start, end = table[at].tolist()
        found[at] = all(end <= first or start >= last for first, last in spans[text])
    return found


_NO_MODEL = Model(*(np.zeros(0) for _ in range(7)), 0.5)

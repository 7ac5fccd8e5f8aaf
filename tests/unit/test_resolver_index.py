"""The parts of the resolver's search: words, hash table, trees, selection, what is kept on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ror_records import BOSTON, LYON, PARIS, record, registry, ror

from sciencecities.locate import cache, org_cache
from sciencecities.locate import registry as registry_module
from sciencecities.locate.matcher import Asked, Matcher, select
from sciencecities.locate.org_evidence import FEATURES, N_FEATURES
from sciencecities.locate.org_index import OrgIndex, OrgNames, word_weights
from sciencecities.locate.org_kernel import MAX_CANDIDATES, predict
from sciencecities.locate.org_model import load_model
from sciencecities.locate.org_table import EMPTY, add_all, look_up, new_table, ngram_hash
from sciencecities.locate.registry import Registry
from sciencecities.locate.word_likeness import likenesses, one_slip, shape_hash, shapes

RECORDS = (
    record(1, "Foghorn University", BOSTON, aliases=["Foghorn College"], acronyms=["FGU"]),
    record(2, "Université des  Tilleuls", PARIS, labels=["University of Lindens"]),
    record(3, "Tilleul Institute of Optics", LYON, parents=[2]),
    record(4, "Old Tilleul School", PARIS, successors=[2], status="withdrawn"),
)
WORDS = st.text("abc", min_size=1, max_size=6)


def edits(word: str) -> set[str]:
    """By hand: all that a letter more, less, other or swapped makes of a word of a, b, c."""
    found = {word}
    for i in range(len(word) + 1):
        found |= {word[:i] + c + word[i:] for c in "abc"}
        if i < len(word):
            found |= {word[:i] + c + word[i + 1 :] for c in "abc"} | {word[:i] + word[i + 1 :]}
        if i + 1 < len(word):
            found.add(word[:i] + word[i + 1] + word[i] + word[i + 2 :])
    return found


@given(WORDS, WORDS)
def test_one_slip_is_one_edit(one: str, other: str) -> None:
    assert one_slip(one, other) == (one[0] == other[0] and other in edits(one))
    if one_slip(one, other):
        assert shapes(one) & shapes(other)


def test_likenesses_lead_to_long_words_only() -> None:
    hashes, numbers = likenesses(["college", "short", "x12345"])
    assert set(numbers.tolist()) == {0}
    assert list(hashes) == sorted(hashes)
    assert shape_hash("colege") in hashes


@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4), unique_by=tuple))
@settings(max_examples=30, deadline=None)
def test_the_table_finds_what_was_entered(rows: list[list[int]]) -> None:
    offsets = np.cumsum([0, *map(len, rows)]).astype(np.int32)
    words = np.array([w for row in rows for w in row], np.int32)
    hashes, slots = new_table(len(rows))
    add_all(offsets, words, hashes, slots)
    for number, row in enumerate([*rows, [7, 7, 7]]):
        hashed = np.uint64(0)
        for word in row:
            hashed = np.uint64(ngram_hash(hashed, np.int32(word)))
        assert look_up(hashes, slots, hashed) == (number if number < len(rows) else EMPTY)


def test_trees_by_hand() -> None:
    # one tree: x0 <= 1 ? 5 : (x1 <= 2 ? 6 : 7), and one that is a single leaf of 10
    trees = (
        np.array([0, 1], np.int16),
        np.array([1, 2], np.float32),
        np.array([~0, ~1], np.int32),
        np.array([1, ~2], np.int32),
        np.array([5, 6, 7, 10], np.float32),
        np.array([0, ~3], np.int32),
    )
    rows = np.array([[1, 9], [2, 2], [2, 3]], np.float32)
    assert predict(rows, *trees).tolist() == [15, 16, 17]


def test_the_shipped_model_fits_the_features() -> None:
    model = load_model()
    assert N_FEATURES == len(set(FEATURES)) > model.feature.max()
    assert 0 < model.threshold < 1
    at, probability = model.calibration
    assert (np.diff(at) >= 0).all()
    assert (np.diff(probability) >= 0).all()
    assert 0 <= probability[0] <= probability[-1] <= 1


def test_selection_keeps_one_for_the_same_words() -> None:
    rows = np.array(
        [[0, 5, 0, 2], [0, 6, 0, 2], [0, 7, 0, 3], [1, 5, 0, 2], [1, 8, 4, 5]], np.int32
    )
    scores = np.array([0.6, 0.9, 0.7, 0.4, 0.5])
    assert select(rows, scores, 0.5) == [1, 2, 4]
    assert select(rows, scores, 0.95) == []


def test_words_weigh_much_the_same_in_a_small_registry() -> None:
    small = word_weights(["university", "foghorn"], np.array([1, 1]), 4)
    large = word_weights(["university", "foghorn"], np.array([15_000, 3]), 140_000)
    assert small[0] == pytest.approx(large[0], abs=0.7)
    assert small[1] > 9 < large[1]


def test_candidates_are_bounded_and_ordered_by_string() -> None:
    matcher = Matcher(registry(*RECORDS))
    texts = ["Foghorn University, Boston", "", "Univ. of Lindens; FGU", "Foghorn " * 300]
    found = matcher.candidates([Asked(text) for text in texts])
    assert found.features.shape == (len(found.rows), N_FEATURES)
    assert list(found.rows[:, 0]) == sorted(found.rows[:, 0])
    assert np.bincount(found.rows[:, 0]).max() <= MAX_CANDIDATES
    assert np.isfinite(found.features).all()


def test_answers_do_not_depend_on_the_batch() -> None:
    matcher = Matcher(registry(*RECORDS))
    texts = ["Foghorn University, Boston", "Univ. of Lindens, Paris", "Tilleul Inst. of Optics"]
    asked = [Asked(text) for text in texts]
    alone = [matcher.match(text) for text in texts]
    assert matcher.match_many(asked) == alone
    assert matcher.match_many(asked[::-1]) == alone[::-1]
    assert Matcher(registry(*RECORDS[::-1])).match_many(asked) == alone


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(registry_module, "CACHED_FROM_BYTES", 1)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda _: str(tmp_path / "cache"))
    path = tmp_path / "ror.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in RECORDS))
    return path


def test_a_registry_from_the_cache_is_the_same(kept: Path, tmp_path: Path) -> None:
    first, second = Registry.load(kept), Registry.load(kept)
    assert list((tmp_path / "cache").glob("registry-*.npz"))
    assert dict(first.items()) == dict(second.items()) == dict(registry(*RECORDS).items())
    assert (len(second), ror(1) in second, ror(99) in second) == (4, True, False)
    assert second.get(ror(99)) is None
    assert second.successor(ror(4)) == ror(2)
    assert second.ancestors(ror(3)) == {ror(2)}


def test_an_index_from_the_cache_is_the_same(kept: Path, tmp_path: Path) -> None:
    known = Registry.load(kept)
    built, read = org_cache.index_for(known), org_cache.index_for(known)
    assert list((tmp_path / "cache").glob("resolver-*.npz"))
    for name in OrgIndex._fields:
        assert np.array_equal(getattr(built[0], name), getattr(read[0], name)), name
    for name in OrgNames._fields:
        assert getattr(built[1], name) == getattr(read[1], name), name


def test_a_damaged_cache_is_made_anew(kept: Path, tmp_path: Path) -> None:
    Registry.load(kept)
    for file in (tmp_path / "cache").iterdir():
        file.write_bytes(b"PK\x03\x04 no zip")
    assert len(Registry.load(kept)) == 4


def test_another_file_has_another_cache(kept: Path) -> None:
    assert len(Registry.load(kept)) == 4
    kept.write_text(json.dumps(RECORDS[0]) + "\n")
    assert len(Registry.load(kept)) == 1


def test_a_cache_that_cannot_be_written_stops_nothing(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda _: str(tmp_path / "file"))
    assert len(Registry.load(kept)) == 4


def test_only_the_newest_files_of_a_kind_stay(kept: Path, tmp_path: Path) -> None:
    for number in range(cache.KEPT + 3):
        cache.write("kind", f"key{number}", {"a": np.array([number])})
    assert len(list((tmp_path / "cache").glob("kind-*.npz"))) == cache.KEPT
    assert cache.read("kind", f"key{cache.KEPT + 2}") == {"a": np.array([cache.KEPT + 2])}
    assert cache.read("kind", "absent") is None

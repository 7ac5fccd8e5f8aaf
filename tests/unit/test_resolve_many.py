"""Many strings: by one process or several, with kept answers or without, the answers are equal."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from ror_records import BOSTON, record, registry

from sciencecities.cli import cli
from sciencecities.errors import ConfigError, LocateError
from sciencecities.locate import answers as kept_answers
from sciencecities.locate import org_words
from sciencecities.locate import resolve_many as many
from sciencecities.locate.answers import Answers, Asked
from sciencecities.locate.matcher import Matcher
from sciencecities.locate.org_words import WordNumbers
from sciencecities.locate.resolver import Resolver

ASKED = Asked(None, "place", None)
TEXTS = ["Kite Institute, Lyon, France", "广州市天河区", "", "\ud800 \x00", "Lyon, France"] * 2


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept_answers.cache, "folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def expected() -> list[dict]:
    return Resolver(None, cities="place").resolve(TEXTS)


def resolved(kept: Answers | None, threads: int = 1) -> list[dict]:
    batches = [TEXTS[:3], TEXTS[3:5], TEXTS[5:]]
    return [
        a for some in many.resolve_many(ASKED, batches, threads=threads, kept=kept) for a in some
    ]


def test_several_processes_give_the_same_in_order(expected, monkeypatch):
    monkeypatch.setattr(many, "PARALLEL_FROM", 1)
    assert resolved(None, threads=2) == expected


def test_kept_answers_are_the_same_and_not_resolved_again(expected, monkeypatch):
    assert resolved(Answers(ASKED)) == expected

    def never(*_):
        raise AssertionError("resolved again")

    monkeypatch.setattr(many, "_resolver", never)
    again = resolved(Answers(ASKED))
    assert again == expected
    assert [list(a) for a in again] == [list(a) for a in expected]


def test_another_question_has_answers_of_its_own(tmp_path):
    registry = tmp_path / "ror.json"
    registry.write_text("[]")
    asked = [ASKED, Asked(None, "metro", None), Asked(None, "place", 0.5)]
    asked += [Asked(str(registry), "place", None)]
    keys = {kept_answers.key(one) for one in asked}
    registry.write_text("[ ]")
    assert len(keys | {kept_answers.key(asked[-1])}) == len(asked) + 1


def test_a_file_that_is_not_there_has_no_answers(tmp_path):
    """A mistyped registry was taken for none, as long as all strings were known."""
    strings = tmp_path / "strings.txt"
    strings.write_text("Lyon, France\n")
    run = partial(CliRunner().invoke, cli, catch_exceptions=True)
    assert run(["resolve", str(strings), "--cities", "place"]).exit_code == 0
    result = run(["resolve", str(strings), "--cities", "place", "--registry", "nowhere.json"])
    assert (result.stdout, type(result.exception)) == ("", LocateError)


def test_what_is_not_utf8_is_said(tmp_path):
    strings = tmp_path / "strings.txt"
    strings.write_bytes("Lyon, France\nUniversité de Lyon\nÅbo\n".encode("latin-1"))
    result = CliRunner().invoke(cli, ["resolve", str(strings), "--cities", "place"])
    assert len(result.stdout.splitlines()) == 3
    assert "2 lines are not UTF-8 (the first: 2)" in result.stderr
    strings.write_bytes("Lyon, France\n".encode("utf-16"))
    result = CliRunner().invoke(cli, ["resolve", str(strings)])
    assert type(result.exception) is ConfigError
    assert "UTF-16" in str(result.exception)


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100])
def test_a_damaged_file_costs_time_only(expected, own_cache, damage):
    resolved(Answers(ASKED))
    [path] = own_cache.glob("*.sqlite")
    for each in own_cache.iterdir():
        each.unlink()
    path.write_bytes(damage)
    assert resolved(Answers(ASKED)) == expected


def test_a_damaged_answer_costs_time_only(expected, own_cache):
    resolved(Answers(ASKED))
    [path] = own_cache.glob("*.sqlite")
    with sqlite3.connect(path) as base:
        base.execute("UPDATE answers SET answer = x'00'")
    assert resolved(Answers(ASKED)) == expected


def test_no_folder_no_answers(expected, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for folder in (None, tmp_path / "file" / "under"):
        monkeypatch.setattr(kept_answers.cache, "folder", lambda folder=folder: folder)
        assert resolved(Answers(ASKED)) == expected


def test_writers_at_once():
    def write(number: int) -> None:
        own = Answers(ASKED)
        for i in range(20):
            own.keep([{"text": f"{number} {i}", "place": i}])
        own.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    texts = [f"{number} {i}" for number in range(4) for i in range(20)]
    assert {t: a["place"] for t, a in Answers(ASKED).known(texts).items()} == {
        text: int(text.split()[1]) for text in texts
    }


def test_a_full_file_begins_anew(monkeypatch):
    monkeypatch.setattr(kept_answers, "MOST", 10)
    own = Answers(ASKED)
    own.keep([{"text": str(i)} for i in range(10)])
    assert len(own.known([str(i) for i in range(10)])) == 10
    own.keep([{"text": "one more"}])
    assert own.known(["1", "one more"]) == {}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(codec=None), max_size=20), max_size=8))
def test_any_string_is_kept_as_it_is(texts):
    own = Answers(ASKED)
    own.keep(
        [
            {"text": text, "institutions": [text.encode("utf-8", "replace").decode()]}
            for text in texts
        ]
    )
    assert set(own.known(texts)) == set(texts)
    own.close()


def test_the_command(tmp_path, own_cache):
    lines = tmp_path / "lines.txt"
    lines.write_text("Lyon, France\n" * 3, encoding="utf-8")
    runs = [
        CliRunner().invoke(cli, ["resolve", str(lines), *options]).output
        for options in (["--no-cache"], [], [], ["--threads", "2"])
    ]
    assert len(set(runs)) == 1 and len(runs[0].splitlines()) == 3
    assert len(list(own_cache.glob("*.sqlite"))) == 1


def test_the_order_of_shapes_changes_no_answer(monkeypatch):
    """ "Lanternx" is one slip from either word; a set's order differs between processes."""
    names = ("Lantenx Institute", "Lantern Institute")
    matcher = Matcher(registry(*(record(i, n, BOSTON) for i, n in enumerate(names, 1))))
    shapes = org_words.shapes
    seen = set()
    for is_reversed in (False, True):
        order = partial(sorted, reverse=is_reversed)
        monkeypatch.setattr(org_words, "shapes", lambda word, order=order: order(shapes(word)))
        seen.add(WordNumbers(matcher.index, matcher.names).number("lanternx"))
    assert len(seen) == 1 and seen != {-1}

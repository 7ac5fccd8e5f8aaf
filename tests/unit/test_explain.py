"""Why a number moved: hand-reckoned cases on real builds, exact sums on generated ones."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import small_world as world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sciencecities as sc
from sciencecities.cli import run
from sciencecities.explain.passing import Standing, rank_with
from sciencecities.explain.sureness import Sureness

GOLDEN = Path(__file__).parents[1] / "golden" / "explain"
PHYS = "0031-9007"  # a journal of physics
Works = list[tuple[int, str, list[Any]]]
Capture = pytest.CaptureFixture[str]

THEN: Works = [
    (2023, world.JACS, [world.GZ]),
    (2023, "", [world.GZ, world.BJ]),
    (2023, "", [world.BJ]),
    (2023, "", [world.PA]),
]
# Of 2023 the second work is now Guangzhou's alone, the third is gone, a fifth is new.
NOW: Works = [
    THEN[0],
    (2023, "", [world.GZ]),
    (0, "", []),
    THEN[3],
    (2023, "", [world.GZ, world.PA]),
    *[(2024, world.JACS, [world.GZ]) for _ in range(4)],
    (2024, "", [world.BJ]),
    (2024, "", [world.PA]),
    (2024, "", [world.PA]),
]


def built(folder: Path, works: Works, **changes: Any) -> sc.Edition:
    """Work n keeps its id; a year of 0 leaves it out."""
    folder.mkdir(parents=True)
    records = [world._work(n, *w) for n, w in enumerate(works, 1) if w[0]]
    source = world._write_lines(folder / "works.jsonl", records)
    registry = world.write_registry(folder / "ror.jsonl")
    keys: dict[str, Any] = {"registry": registry, "threads": 1, "replicates": 0}
    return sc.build(sources=[source], out=folder / folder.name, **(keys | changes))


@pytest.fixture(scope="module")
def then(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    return built(tmp_path_factory.mktemp("a") / "then", THEN)


@pytest.fixture(scope="module")
def now(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    return built(tmp_path_factory.mktemp("b") / "now", NOW)


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("SCIENCECITIES_WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


# --- by hand --------------------------------------------------------------------------------


def test_revision_and_real_change_apart(then: sc.Edition, now: sc.Edition) -> None:
    # Guangzhou: 1 + 1/2 = 3/2, revised to 1 + 1 + 1/2 = 5/2 of 4 works, then 4 of 7 works.
    why = now.explain("广州", against=then)
    assert why.delta == Fraction(5, 2)
    assert {(p.kind, p.subject): p.delta for p in why.parts} == {
        ("revision", "none"): 1,
        ("real", "chemistry"): 3,
        ("real", "none"): Fraction(-3, 2),
    }
    assert why.world_growth == Fraction(5, 2) * Fraction(3, 4)
    assert why.own_change == Fraction(3, 2) - Fraction(15, 8)
    changes = {(w.change, w.doi): w.after - w.before for w in why.revised}
    assert changes == {
        ("re-placed", "10.5555/work.2"): 10**18 // 2,
        ("added", "10.5555/work.5"): 10**18 // 2,
    }


def test_a_city_absent_from_one_side_has_share_0(then: sc.Edition, now: sc.Edition) -> None:
    # Beijing: 3/2, revised to nothing (one work re-placed, one removed), then 1.
    why = now.explain("Beijing", against=then)
    assert [m.from_rank for m in why.moves] == [1, None]
    assert (why.of_kind("revision"), why.of_kind("real")) == (Fraction(-3, 2), 1)
    assert {w.change for w in why.revised} == {"re-placed", "removed"}
    assert why.world_growth == 0
    why = now.explain("Beijing", against=2023)
    assert (why.before.share, why.before.standing, why.delta) == (0, None, 1)
    assert "in 2023 it had no Share" in why.summary["en"]


def test_against_the_same_year_all_is_revision(then: sc.Edition, now: sc.Edition) -> None:
    why = now.explain("Guangzhou", against=then.path, year=2023)
    assert {p.kind for p in why.parts} == {"revision"}
    assert (why.delta, why.world_growth, why.own_change) == (1, 0, 0)


def test_inside_a_subject_a_work_counts_in_full(tmp_path: Path) -> None:
    both = "0021-9606"  # The Journal of Chemical Physics: two subjects
    edition = built(tmp_path / "e", [(2023, both, [world.PA]), (2024, both, [world.GZ])])
    subjects = {r["scope"] for r in edition.rankings("all", 2024).to_pylist()} - {"overall"}
    parts = edition.explain("Guangzhou").parts
    assert {p.subject: p.delta for p in parts} == {s: Fraction(1, len(subjects)) for s in subjects}
    for subject in subjects:
        inside = edition.explain("Guangzhou", scope=subject).parts
        assert [(p.subject, p.delta) for p in inside] == [(subject, 1)]


def test_cities_passed_and_the_rank_with_own_share_held_still(tmp_path: Path) -> None:
    # 2023: Beijing 3, Paris 2, Guangzhou 1. 2024, as many works: Guangzhou 3, Beijing 2, Paris 1.
    def year(y: int, **n: int) -> Works:
        return [(y, "", [getattr(world, c)]) for c, k in n.items() for _ in range(k)]

    works = [*year(2023, BJ=3, PA=2, GZ=1), *year(2024, GZ=3, BJ=2, PA=1)]
    why = built(tmp_path / "e", works).explain("Guangzhou")
    rank = why.to_dict()["rank"]
    assert (rank["from"], rank["to"], rank["change"]) == (3, 1, 2)
    # At its old Share of 1 it would share second place with Paris.
    assert (rank["held_still"], rank["by_own"], rank["by_others"]) == (2, 1, 1)
    causes = {p["city"]: p["cause"] for p in rank["passed"]}
    assert causes == {"Beijing": "own", "Paris": "either"}
    assert rank["passed_by"] == []
    assert why.world_growth == 0


def test_held_still_without_a_share_is_no_rank() -> None:
    standings = {"a": Standing("a", "A", None, 1, None, None, Fraction(2))}
    assert rank_with(standings, "b", Fraction(0)) is None
    assert rank_with(standings, "b", Fraction(3)) == 1
    assert rank_with(standings, "b", Fraction(2)) == 1
    assert rank_with(standings, "b", Fraction(1)) == 2


# --- always ---------------------------------------------------------------------------------

organisations = st.sampled_from([*world.ORGANISATIONS, world.FERN, None])
generated = st.lists(
    st.tuples(
        st.sampled_from([2023, 2024]),
        st.sampled_from(["", world.JACS, PHYS, "0021-9606"]),
        st.lists(organisations, max_size=4),
    ),
    min_size=2,
    max_size=9,
)


def check(why: Any) -> None:
    """What must hold of every explanation."""
    assert sum((p.delta for p in why.parts), Fraction(0)) == why.delta
    told = why.to_dict()
    assert abs(sum(p["delta_share"] for p in told["parts"]) - told["delta_share"]) < 1e-9
    assert why.world_growth + why.own_change == why.of_kind("real")
    for kind, moved in ((m.kind, m) for m in why.moves):
        if moved.change is not None:
            assert len(moved.passed) - len(moved.passed_by) == moved.change, kind
            assert moved.by_others + moved.by_own == moved.change
    if why.path.leg("revision"):
        revised = sum(w.after - w.before for w in why.revised)
        assert Fraction(revised, 10**18) == why.of_kind("revision")


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(generated, generated)
def test_parts_add_up(first: Works, second: Works) -> None:
    years = ((2023, "", [world.BJ]), (2024, "", [world.BJ]))
    with tempfile.TemporaryDirectory() as folder:
        old = built(Path(folder) / "old", [*years, *first])
        new = built(Path(folder) / "new", [*years, *second])
        for edition in (old, new):
            for city in edition.rankings(year="all").column("city_id").unique().to_pylist():
                check(new.explain(city, against=old, year=2024))
                if city in new.finder:
                    check(new.explain(city))
                check(new.explain(city, against=old, year=2023, scope="physical"))


# --- shown ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("both.txt", ["Guangzhou", "--against", "THEN"]),
        ("real.md", ["Paris", "--format", "md"]),
        ("revision.txt", ["Guangzhou", "--against", "THEN", "--year", "2023"]),
        ("parts.csv", ["Guangzhou", "--against", "2023", "--format", "csv"]),
    ],
)
def test_texts(
    name: str, args: list[str], then: sc.Edition, now: sc.Edition, capsys: Capture
) -> None:
    args = [str(then.path) if a == "THEN" else a for a in args]
    assert run(["explain", str(now.path), *args]) == 0
    golden(name, capsys.readouterr().out)


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    """2023: Beijing 4, Paris 3, Guangzhou 1, Cambridge 1; 2024: Guangzhou 4, Beijing and Paris 2,
    New York 1."""
    years = {
        2023: [world.BJ] * 4 + [world.PA] * 3 + [world.GZ, world.CA],
        2024: [world.GZ] * 4 + [world.BJ, world.PA] * 2 + [world.NY],
    }
    works: Works = [(y, "", [o]) for y, all_of_it in years.items() for o in all_of_it]
    return built(tmp_path_factory.mktemp("c") / "moving", works)


# What is said of each kind of movement, by the certainty that the re-draws give it.
SAID: list[tuple[str, str, dict[str, Any]]] = [
    ("rose, almost certain", "Guangzhou", {"p_rose": 0.9971, "p_fell": 0.0}),
    ("rose, likely", "Guangzhou", {"p_rose": 0.93, "p_fell": 0.02}),
    ("rose, probable", "Guangzhou", {"p_rose": 0.6, "p_fell": 0.3}),
    ("rose, not sure", "Guangzhou", {"p_rose": 0.52, "p_fell": 0.3}),
    ("rose, unassigned part moved", "Guangzhou", {"p_rose": 0.99, "reason": "unassigned-moved"}),
    ("rose, year incomplete", "Guangzhou", {"p_rose": 0.99, "reason": "incomplete-year"}),
    ("fell into a tie", "Beijing", {"p_rose": 0.01, "p_fell": 0.87}),
    ("stayed, now tied", "Paris", {"p_rose": 0.2, "p_fell": 0.4}),
    ("new", "New York", {}),
    ("vanished", "Cambridge", {}),
]


def test_what_is_said_of_every_kind_of_movement(moving: sc.Edition) -> None:
    said = []
    for kind, city, sure in SAID:
        why = replace(moving.explain(city), sureness=Sureness(**sure))
        said += [f"{kind}", why.summary["en"], why.summary["zh"], ""]
        if "reason" in sure:
            assert " is real is not said" in why.summary["en"] and "p =" not in why.summary["en"]
            assert "不判断" in why.summary["zh"] and "属实（" not in why.summary["zh"]
    golden("sentences.txt", "\n".join(said))


def test_the_real_change_is_said_where_the_world_and_the_city_go_apart(
    then: sc.Edition, now: sc.Edition
) -> None:
    # From 5/2 of 4 works to 4 of 7: +3/2, of which the world's growth is 15/8, its own part −3/8.
    summary = now.explain("Guangzhou", against=then).summary
    assert "of the real change of +1.5 growth of the world's output made +1.9" in summary["en"]
    assert "真实变动+1.5中，全球产出的增长占+1.9" in summary["zh"]


def test_scheme_full_has_no_world_that_adds_up_but_the_parts_do(tmp_path: Path) -> None:
    """Under `full` every city of a work has 1; so have its institutions together."""
    works: Works = [
        (2023, "", [world.GZ, world.BJ]),
        (2024, "", [world.GZ, world.BJ]),
        (2024, world.JACS, [world.GZ, world.PA]),
    ]
    edition = built(tmp_path / "full", works, scheme="full")
    why = edition.explain("Guangzhou")
    assert (why.before.share, why.after.share) == (1, 2)
    check(why)
    assert why.world_growth == 1 and why.own_change == 0


def test_json_is_the_documented_shape(now: sc.Edition, capsys: Capture) -> None:
    assert run(["explain", str(now.path), "广州", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {
        *("city_id", "from", "to", "delta_share", "parts", "world_growth", "rank", "summary"),
    } <= told.keys()
    assert set(told["summary"]) == {"en", "zh"}
    for part in told["parts"]:
        assert {"kind", "institution_id", "institution", "subject", "delta_share"} <= part.keys()


def test_reads_as_an_arrow_table(now: sc.Edition) -> None:
    why = now.explain("Guangzhou")
    assert pa.table(why).column("delta_share").to_pylist() == [float(p.delta) for p in why.parts]
    assert why.num_rows == len(why.parts)
    assert repr(why).startswith("Guangzhou ")
    assert "<table>" in why._repr_html_()


def test_what_cannot_be_compared_is_refused(
    then: sc.Edition, now: sc.Edition, tmp_path: Path, capsys: Capture
) -> None:
    with pytest.raises(sc.ConfigError, match="no data year before 2023"):
        then.explain("Guangzhou")
    with pytest.raises(sc.ConfigError, match="not before the year"):
        now.explain("Guangzhou", against=2024)
    with pytest.raises(sc.ConfigError, match=r"no data year 1999 in now; there are: 2023, 2024"):
        now.explain("Guangzhou", against=1999)
    with pytest.raises(sc.UnknownCityError, match="close: Paris"):
        now.explain("Pariss", against=then)
    other = built(tmp_path / "other", THEN, cities="place")
    assert run(["explain", str(now.path), "Paris", "--against", str(other.path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "differ in their city definition (metro, place)" in said
    other = built(tmp_path / "located", THEN, locate="registry")
    warned = now.explain("Paris", against=other).warnings
    assert len(warned) == 1
    assert "way of locating (registry, then text-then-registry)" in warned[0]

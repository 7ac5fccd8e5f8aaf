"""Each counting rule on works small enough to weigh by hand: hand = oracle = engine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from invented_registry import (
    BEI,
    BEIJING,
    INSTITUTE,
    NYC,
    PAR,
    institution,
    read_registry_file,
    write_registry,
)
from oracle_units import Placed
from real_build import Tables, differences, run, write_works
from record_cases import RECORD_CASES
from rule_cases import COUNTING_CASES, YEARS, B, Case, F, G, N, P, Parts
from work_records import at, author, old_author, old_work, work, work_id

from oracle import SCHEMES, Options, rank, tally

CASES = COUNTING_CASES + RECORD_CASES
EXPECTATIONS = [
    pytest.param(case, scheme, id=f"{scheme}: {case.name}")
    for case in CASES
    for scheme in case.expected
]
Build = Callable[..., Tables]


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    return write_registry(tmp_path_factory.mktemp("registry") / "ror.jsonl")


@pytest.fixture(scope="module")
def build(registry, tmp_path_factory) -> Build:
    """All cases as one corpus, built once for each scheme and choice about ancestors."""
    folder = tmp_path_factory.mktemp("cases")
    source = write_works(folder / "works.jsonl", [w for case in CASES for w in case.works])
    done: dict[tuple[str, bool], Tables] = {}

    def build(scheme: str, keep: bool = False) -> Tables:
        if (scheme, keep) not in done:
            out = folder / f"{scheme}-{keep}"
            done[scheme, keep] = run(
                [source], out, registry, years=list(YEARS), scheme=scheme, keep_ancestors=keep
            )
        return done[scheme, keep]

    return build


def by_number(case: Case, parts: dict[str, dict[str, F]]) -> Parts:
    """The parts of the case's works alone, by work number."""
    numbers = {work_id(n): n for n in range(1000)}
    mine = {w["id"] for w in case.works}
    return {numbers[w]: dict(p) for w, p in parts.items() if w in mine}


def test_cases_do_not_share_works():
    ids = [{w["id"] for w in case.works} for case in CASES]
    assert len(set().union(*ids)) == sum(map(len, ids))


@pytest.mark.parametrize(("case", "scheme"), EXPECTATIONS)
def test_oracle_agrees_with_the_hand(case, scheme, registry):
    known = read_registry_file(registry)
    options = Options(scheme, frozenset(YEARS), case.keep_ancestors)
    years = tally(case.works, known.place, options, known.parents)
    parts = {w: p for year in years.values() for w, p in year.by_work.items()}
    assert by_number(case, parts) == case.expected[scheme]


@pytest.mark.parametrize(("case", "scheme"), EXPECTATIONS)
def test_engine_agrees_with_the_hand(case, scheme, build):
    parts = by_number(case, build(scheme, case.keep_ancestors).parts())
    rounded = {
        number: {where: pytest.approx(float(weight), abs=1e-12) for where, weight in mine.items()}
        for number, mine in case.expected[scheme].items()
    }
    assert {n: {w: float(x) for w, x in mine.items()} for n, mine in parts.items()} == rounded


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("keep", [False, True], ids=["prune", "keep"])
def test_engine_agrees_with_the_oracle_on_all_cases_together(scheme, keep, build, registry):
    known = read_registry_file(registry)
    works = [w for case in CASES for w in case.works]
    expected = tally(works, known.place, Options(scheme, frozenset(YEARS), keep), known.parents)
    assert differences(build(scheme, keep), expected, scheme) == []


# --- ranks ----------------------------------------------------------------------------------


def test_ties_share_a_rank_and_are_listed_by_city_id():
    share = {"gn:3": F(2), "gn:2": F(1), "gn:10": F(1), "gn:4": F(1, 2)}
    assert list(rank(share).items()) == [("gn:3", 1), ("gn:10", 2), ("gn:2", 2), ("gn:4", 4)]


def test_ties_chain_over_gaps_of_a_billionth_of_the_smaller():
    step = F(1, 10**9)
    share = {"c": F(1), "b": 1 + step, "a": (1 + step) * (1 + step), "d": 1 - step}
    # d is below c by more than a billionth of d.
    assert list(rank(share).items()) == [("a", 1), ("b", 1), ("c", 1), ("d", 4)]


def test_ranks_movement_and_adjusted_shares(registry, tmp_path):
    """Works and Shares by year (what is left is unresolved).

    2023, 5 works: Paris 2, Beijing 1, New York 1, Guangzhou 1/2.
    2024, 8 works: Beijing 3, Guangzhou 1, Paris 1, New York three thirds.
    """
    nowhere = author(("Somewhere", []))
    before = [
        work(1, at(PAR)),
        work(2, at(PAR)),
        work(3, at(BEI)),
        work(4, at(NYC)),
        work(5, at(INSTITUTE), nowhere),
    ]
    for one in before:
        one["publication_year"] = 2023
    # Three thirds, each cut from an integer, still tie with a whole work.
    thirds = [work(10 + i, nowhere, at(NYC), nowhere) for i in range(3)]
    whole = [at(BEI), at(BEI), at(BEI), at(INSTITUTE), at(PAR)]
    after = [work(20 + i, one) for i, one in enumerate(whole)]
    source = write_works(tmp_path / "works.jsonl", [*before, *thirds, *after])
    tables = run([source], tmp_path / "edition", registry)
    rows = [
        (
            *(r["data_year"], r["rank"], r["city_id"], r["count"]),
            *(r["previous_rank"], r["rank_change"]),
        )
        for r in tables["rankings"]
    ]
    assert rows == [
        (2023, 1, P, 2, None, None),
        (2023, 2, B, 1, None, None),
        (2023, 2, N, 1, None, None),
        (2023, 4, G, 1, None, None),
        (2024, 1, B, 3, 2, 1),
        (2024, 2, G, 1, 4, 2),
        (2024, 2, P, 1, 1, -1),
        (2024, 2, N, 3, 2, 0),
    ]
    shares = {(r["data_year"], r["city_id"]): r for r in tables["rankings"]}
    assert shares[2023, P]["adjusted_share"] == pytest.approx(2 * 8 / 5, abs=1e-12)
    assert shares[2023, G]["world_share"] == pytest.approx(0.5 / 5, abs=1e-12)
    assert shares[2024, N]["share"] == pytest.approx(1, abs=1e-12)
    assert [(r["data_year"], r["share"]) for r in tables["unassigned"]] == [
        (2023, pytest.approx(0.5, abs=1e-12)),
        (2024, pytest.approx(2, abs=1e-12)),
    ]


# --- beside the schemes -----------------------------------------------------------------------


def test_an_institution_at_several_places_splits_its_part():
    """On the oracle alone: by the registry an institution is at one place."""
    campuses = {"Here": Placed("gn:1", "one", "FR"), "There": Placed("gn:2", "two", "FR")}
    two_campuses = work(1, author(("Here", [PAR]), ("There", [PAR]), ("Here", [BEI])))

    def parts(scheme):
        years = tally([two_campuses], lambda _, text: campuses[text], Options(scheme))
        return dict(years[2024].share)

    assert parts("nature-index") == {"one": F(2, 3), "two": F(1, 3)}
    assert parts("institution") == {"one": F(3, 4), "two": F(1, 4)}
    assert parts("city") == {"one": F(1, 2), "two": F(1, 2)}


def test_journal_set_takes_any_issn_of_the_primary_location(registry, tmp_path):
    known = read_registry_file(registry)
    venue = {"issn_l": "2222-2227", "issn": ["2222-2227", "3333-3335"]}
    works = [
        work(1, at(PAR)),
        work(2, at(PAR), primary_location={"source": venue}),
        old_work(3, at(PAR), host_venue=venue),
        work(4, at(PAR), primary_location={"source": None}),
    ]
    chosen = tmp_path / "journals.csv"
    chosen.write_text("title,issn\nA Journal,3333-3335\n", encoding="utf-8")
    expected = tally(works, known.place, Options(journals=frozenset({"3333-3335"})))
    assert expected[2024].works == [work_id(2), work_id(3)]
    source = write_works(tmp_path / "works.jsonl", works)
    tables = run([source], tmp_path / "edition", registry, journals=str(chosen))
    assert differences(tables, expected, "nature-index") == []


def test_a_registry_file_changed_in_place_is_read_again(tmp_path):
    path = tmp_path / "ror.jsonl"
    source = write_works(tmp_path / "works.jsonl", [work(1, at(PAR))])
    found = []
    for number, towns in enumerate([{}, {PAR.number: BEIJING}]):
        write_registry(path, towns)
        tables = run([source], tmp_path / f"edition{number}", path)
        found.append([row["city_id"] for row in tables["rankings"]])
    assert found == [[P], [B]]


def test_an_institution_is_not_its_own_ancestor(registry, tmp_path):
    """Named with and without its registry id: its lineage, which holds itself, drops neither."""
    twice = old_author("X", institution(PAR), institution(PAR, ror=None))
    source = write_works(tmp_path / "works.jsonl", [old_work(1, twice)])
    parts = run([source], tmp_path / "edition", registry).parts()
    assert parts == {work_id(1): {P: F(1, 2), "institution-without-place": F(1, 2)}}

"""The matcher: which registry organisations an affiliation string names."""

from __future__ import annotations

import pytest
from ror_records import BEIJING, BOSTON, GUANGZHOU, LYON, PARIS, ST_LOUIS, record, registry, ror

from sciencecities.locate.matcher import Matcher

REGISTRY = registry(
    record(1, "Foghorn University", BOSTON, aliases=["Foghorn College"], acronyms=["FGU"]),
    record(2, "Université des Tilleuls", PARIS, labels=["University of Lindens"]),
    record(3, "Lantern Academy of Sciences", BEIJING, labels=["灯笼科学院"], acronyms=["LAS"]),
    record(4, "Lantern Institute of Estuaries", GUANGZHOU, labels=["灯笼河口研究所"], parents=[3]),
    record(5, "Institute of Physics", PARIS),
    record(6, "Institute of Physics", BEIJING),
    record(7, "Saint Agnes Hospital", PARIS),
    record(8, "Saint Agnes Hospital", BOSTON),
    record(9, "Saint Agnes Hospital", ST_LOUIS),
    record(10, "Harbour Optics (United States)", BOSTON),
    record(11, "Old Tilleul School", PARIS, successors=[2], status="withdrawn"),
    record(12, "Vanished School of Kites", PARIS, status="withdrawn"),
    record(13, "Closed School of Sails", PARIS, status="inactive"),
    record(14, "Bridge University in St. Louis", ST_LOUIS),
    record(15, "Foghorn University of Optics", BOSTON),
    record(16, "University of Kestrel, Lyon", LYON),
    record(17, "University of Kestrel", PARIS),
    record(18, "National Kite Centre", LYON, acronyms=["FGU"]),
    record(19, "Boston", BOSTON),
    record(20, "Acme", BOSTON),
    record(21, "Department of Health", BOSTON),
)
MATCHER = Matcher(REGISTRY)


def found(text: str, country: str | None = None) -> list[str]:
    return [match.name for match in MATCHER.match(text, country)]


@pytest.mark.parametrize(
    ("text", "country", "names"),
    [
        # whole names, labels, aliases, in any case, with or without accents and marks
        ("Foghorn University, Boston, USA", "US", ["Foghorn University"]),
        ("FOGHORN COLLEGE, BOSTON", "US", ["Foghorn University"]),
        ("Universite des tilleuls, Paris", "FR", ["Université des Tilleuls"]),
        ("Dept. of Botany, Univ. of Lindens, Paris", "FR", ["Université des Tilleuls"]),
        ("灯笼河口研究所, 广州", "CN", ["Lantern Institute of Estuaries"]),
        ("灯笼科学院海洋研究中心, 北京", "CN", ["Lantern Academy of Sciences"]),
        # the longest name wins
        ("Foghorn University of Optics, Boston", "US", ["Foghorn University of Optics"]),
        # several organisations, ancestors too
        (
            "Lantern Institute of Estuaries, Lantern Academy of Sciences, Guangzhou, China",
            "CN",
            ["Lantern Institute of Estuaries", "Lantern Academy of Sciences"],
        ),
        (
            "University of Lindens and Saint Agnes Hospital, Paris, France",
            "FR",
            ["Université des Tilleuls", "Saint Agnes Hospital"],
        ),
        (
            "Harbour Optics, Boston, USA | Univ Lindens (Paris); Foghorn University, Boston",
            None,
            ["Harbour Optics (United States)", "Université des Tilleuls", "Foghorn University"],
        ),
        # names without the country in brackets, companies with their suffix
        ("Harbour Optics Inc., Boston, USA", "US", ["Harbour Optics (United States)"]),
        # a name does not run over a comma in the middle of another
        ("Academy of Kites, University of Lindens", "FR", ["Université des Tilleuls"]),
        # a town later in the string completes a name
        (
            "Bridge University School of Law, St. Louis, MO",
            "US",
            ["Bridge University in St. Louis"],
        ),
        ("Bridge University Library, Boston", "US", []),
        ("Dept. of Birds, University of Kestrel, Lyon", "FR", ["University of Kestrel, Lyon"]),
        # slips of the pen, abbreviations, another order of words, glued words
        ("Foghron University, Boston", "US", ["Foghorn University"]),
        ("Nat. Kite Ctr., Lyon, France", "FR", ["National Kite Centre"]),
        ("Dept. of Botany, University Foghorn, Boston", "US", ["Foghorn University"]),
        ("InstitutionFoghorn University, Boston, USA", "US", ["Foghorn University"]),
        ("University of Kestrel, Dept. of Birds, Paris", "FR", ["University of Kestrel"]),
        # successors, records without one
        ("Old Tilleul School, Paris", "FR", ["Université des Tilleuls"]),
        ("Vanished School of Kites, Paris", "FR", []),
        ("Closed School of Sails, Paris", "FR", ["Closed School of Sails"]),
    ],
)
def test_names(text: str, country: str | None, names: list[str]) -> None:
    assert found(text, country) == names


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("Saint Agnes Hospital, Paris, France", "FR", [ror(7)]),
        ("St. Agnes Hospital, France", "FR", [ror(7)]),
        ("Saint Agnes Hospital, Boston, USA", "US", [ror(8)]),
        ("Saint Agnes Hospital", None, []),
    ],
)
def test_namesakes_are_told_apart_by_country_and_town(
    text: str, country: str | None, expected: list[str]
) -> None:
    assert [match.ror for match in MATCHER.match(text, country)] == expected


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("Institute of Physics, Paris, France", "FR", [ror(5)]),
        ("Institute of Physics, Beijing, China", "CN", [ror(6)]),
        ("Institute of Physics", None, []),
        ("Department of Health, Foghorn University", "US", [ror(1)]),
    ],
)
def test_generic_names_need_their_town(text: str, country: str | None, expected: list[str]) -> None:
    assert [match.ror for match in MATCHER.match(text, country)] == expected


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("FGU, Boston, USA", "US", [ror(1)]),
        ("FGU, Lyon, France", "FR", [ror(18)]),
        ("FGU", None, []),
        ("FGU, Beijing, China", "CN", []),
        # only repeats the name before it, which is not its own
        ("Lantern Academy of Sciences (FGU), Beijing and Boston", "CN", [ror(3)]),
    ],
)
def test_acronyms_need_evidence(text: str, country: str | None, expected: list[str]) -> None:
    assert [match.ror for match in MATCHER.match(text, country)] == expected


def test_another_country_speaks_against_a_name() -> None:
    assert found("Foghorn University, Lyon, France", "FR") == []
    assert found("Boston, USA", "US") == []  # a town is no organisation
    assert found("Acme", None) == ["Acme"]
    assert found("the acme of biology", None) == []


def test_scores_are_probabilities_that_order_the_evidence() -> None:
    here = MATCHER.match("Foghorn University, Boston, USA", "US")[0].score
    bare = MATCHER.match("Foghorn University", min_score=0.0)[0].score
    part = MATCHER.match("Foghorn College Library Boston", min_score=0.0)[0].score
    assert 1 > here > bare > part > 0


def test_what_scores_less_is_left_out() -> None:
    text = "Foghorn University, Boston, USA"
    [match] = MATCHER.match(text, "US", min_score=0.0)[:1]
    assert match in MATCHER.match(text, "US", min_score=match.score)
    assert match not in MATCHER.match(text, "US", min_score=min(1.0, match.score + 0.01))


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ",;|/()", "," * 10_000, "Zebra " * 20_000, "\x00\x1b[31m\u202e", "a" * 100_000,
        "\ud800\udfff lone", "Zebra;" * 10_000, "\u202eytisrevinU", "(" * 5_000, "aB" * 5_000,
    ],
)  # fmt: skip
def test_hostile_strings_name_nothing(text: str) -> None:
    assert MATCHER.match(text) == []


def test_a_name_said_a_thousand_times_is_weighed_a_few_times() -> None:
    assert len(MATCHER.match("Foghorn University; " * 1_000, min_score=0.0)) <= 16


@pytest.mark.parametrize(
    ("doubtful", "clear"),
    [
        # a longer unknown name; a name that two organisations of the country bear
        ("Foghorn University of Kites, Boston", "Foghorn University, Boston"),
        ("Saint Agnes Hospital, USA", "Saint Agnes Hospital, Boston, USA"),
    ],
)
def test_doubt_shows_in_the_score(doubtful, clear):
    [less], [more] = MATCHER.match(doubtful, "US"), MATCHER.match(clear, "US")
    assert less.score < more.score - 0.2

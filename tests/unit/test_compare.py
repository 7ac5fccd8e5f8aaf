"""Agreement with published rankings and cities taken together; expected values by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import small_world as world
from hypothesis import given
from hypothesis import strategies as st

import sciencecities as sc
from sciencecities.cli import run
from sciencecities.compare import agreement
from sciencecities.compare.groups import group, of_country, of_state


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    return sc.open(world.build(tmp_path_factory.mktemp("world"), replicates=200))


def table(folder: Path, text: str) -> Path:
    path = folder / "published.csv"
    path.write_text(text, encoding="utf-8")
    return path


# --- measures -------------------------------------------------------------------------------


def test_measures_by_hand() -> None:
    # One of three pairs is in the other order: (2 − 1) / 3; ρ = 1 − 6·2 / (3·8).
    assert agreement.kendall([1, 2, 3], [1, 3, 2]) == pytest.approx(1 / 3)
    assert agreement.spearman([1, 2, 3], [1, 3, 2]) == pytest.approx(0.5)
    # τ-b with a tie: 2 concordant, 0 discordant of 3 pairs, one tied in a: 2 / √(2 · 3).
    assert agreement.kendall([1, 1, 2], [1, 2, 3]) == pytest.approx(2 / math.sqrt(6))
    # Webber 2010, eq. 32, with X = 0, 2, p = 0.5: 1 · 0.25 + 0.5 / 0.5 · (1 · 0.25).
    assert agreement.rank_biased_overlap("ab", "ba", 2, p=0.5) == pytest.approx(0.5)
    assert agreement.overlap([1, 2, 11], [2, 12, 1], 10) == 1


@given(st.permutations(range(8)), st.permutations(range(8)))
def test_overlap_is_symmetric_and_bounded(a: list[int], b: list[int]) -> None:
    found = agreement.rank_biased_overlap(a, b, 8)
    assert found == agreement.rank_biased_overlap(b, a, 8)
    assert 0 <= found <= 1
    assert (found == pytest.approx(1)) == (a == b)


# --- compare --------------------------------------------------------------------------------


def test_tables_as_others_write_them(edition: sc.Edition, tmp_path: Path) -> None:
    chinese = table(tmp_path, "排名,城市,份额\n1,北京市,9.5\n2,纽约都市圈,3\n3,巴黎,1\n")
    found = edition.compare(chinese)
    assert [r["city"] for r in found.cities] == ["Beijing", "New York", "Paris"]
    assert found.cities[0]["published_share"] == 9.5
    odd = table(
        tmp_path,
        "Position;Science city;Country/territory\n1;PEKING ;China\n2;Pékin, Chine;\n"
        "3;New York metropolitan area;USA\n4;Νέα Υόρκη;\n5;París;France\n",
    )
    found = edition.compare(odd)
    assert [r["city"] for r in found.cities] == ["Beijing", "New York", "Paris"]
    assert [m["reason"].split("'")[0] for m in found.not_found] == ["is the same city as "] * 2


def test_a_table_of_several_years_and_scopes(edition: sc.Edition, tmp_path: Path) -> None:
    head = "data_year,scope,rank,city,country_code\n"
    overall = "2024,overall,1,Beijing,CN\n2022,overall,1,Paris,FR\n2022,overall,2,Beijing,CN\n"
    path = table(tmp_path, f"{head}{overall}2022,化学,1,Guangzhou,CN\n")
    found = edition.compare(path, year=2024)
    assert [(r["city"], r["published_rank"]) for r in found.cities] == [("Beijing", 1)]
    assert found.notes == []
    chemistry = edition.compare(path, scope="chemistry", year=2024)
    assert [r["city"] for r in chemistry.cities] == ["Guangzhou"]
    assert chemistry.notes == ["The published ranking is of data year 2022, ours of 2024."]


def test_names_in_any_language(edition: sc.Edition, tmp_path: Path) -> None:
    path = table(tmp_path, "city,rank,share\n北京,1,9.5\nParis,2,\nCanton,3,1\nAtlantis,4,\n")
    found = edition.compare(path)
    rows = {r["city"]: r for r in found.cities}
    assert list(rows) == ["Beijing", "Paris", "Guangzhou"]
    ranks = {r["city"]: r["rank"] for r in edition.rankings().to_pylist()}
    assert [rows[c]["rank"] for c in rows] == [ranks[c] for c in rows]
    assert rows["Guangzhou"]["difference"] == 3 - ranks["Guangzhou"]
    assert rows["Beijing"]["published_share"] == 9.5
    assert [r["name"] for r in found.not_found] == ["Atlantis"]
    assert found.table.num_rows == 3
    for measure in found.measures:
        assert measure.low is None or measure.low <= measure.high  # type: ignore[operator]


def test_an_edition_agrees_with_itself(edition: sc.Edition) -> None:
    found = edition.compare(edition)
    values = {m.name: m.value for m in found.measures}
    assert values["spearman"] == values["kendall_tau_b"] == 1
    assert values["rank_biased_overlap"] == pytest.approx(1)
    assert all(c["inside"] for c in found.cities)
    assert found.not_found == []


def test_a_published_ranking_beside_an_edition(
    edition: sc.Edition, capsys: pytest.CaptureFixture[str]
) -> None:
    """The built-in ranking has no Shares, so that the edition's stand beside nothing."""
    assert run(["compare", "natureindex-2024", str(edition.path)]) == 0
    text = capsys.readouterr().out
    assert "Our Share" not in text
    assert "Worst to best" not in text


def test_limits_hold_the_measure(tmp_path: Path) -> None:
    """Of nine cities with 12, 11, … works hardly any re-draw keeps the order."""
    cities = ["Paris", "Lyon", "Berlin", "Munich", "Rome", "Milan", "Madrid", "Oxford", "Tokyo"]
    rows = [
        f"{c}{n},2024,1,{c} University {c}" for i, c in enumerate(cities) for n in range(12 - i)
    ]
    source = tmp_path / "works.csv"
    source.write_text("\n".join(["work_id,year,author_position,affiliation", *rows]))
    edition = sc.build(sources=[str(source)], out=str(tmp_path / "edition"), replicates=100)
    measures = {m.name: m for m in edition.compare(edition).measures}
    assert measures["spearman"].value == measures["spearman"].high == 1
    for m in measures.values():
        assert m.low is not None
        assert m.low <= m.value <= m.high, m.name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("town,rank\nParis,1\n", "has no column `city`; columns found: town, rank"),
        ("city,rank\nParis,first\n", "row 2: rank 'first' is no whole number"),
        ("city,rank\n,1\n", "row 2: names no city"),
        ("city,rank\nAtlantis,1\n", "none of its 1 cities is ranked"),
        ("", "has no column `city`"),
        ("city,rank\nParis,1\nBeijing,2\nparis,3\n", "row 4: 'paris' is in row 2 too; keep one"),
    ],
)
def test_bad_tables_are_one_line(
    edition: sc.Edition, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    path = table(tmp_path, text)
    assert run(["compare", str(edition.path), str(path)]) in (1, 2)
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_a_city_twice_is_listed(edition: sc.Edition, tmp_path: Path) -> None:
    found = edition.compare(table(tmp_path, "city,rank\nParis,1\n巴黎,2\nBeijing,3\n"))
    assert [(r["name"], r["reason"]) for r in found.not_found] == [
        ("巴黎", "is the same city as 'Paris'")
    ]


# --- groups ---------------------------------------------------------------------------------


def test_a_group_sums_its_members(edition: sc.Edition) -> None:
    names = ["Guangzhou", "北京"]
    found = group(edition, names)
    expected = world.SHARES_2024["Guangzhou"] + world.SHARES_2024["Beijing"]
    assert found.share == pytest.approx(float(expected), abs=1e-12)
    works = [set(edition.works(n).column("work_id").to_pylist()) for n in names]
    assert found.count == len(works[0] | works[1])
    assert found.joint_works == len(works[0] & works[1])
    assert (found.rank, found.n_ranked) == (1, len(world.SHARES_2024) - 1)
    assert found.share_low is not None
    assert found.share_high is not None
    assert found.share_low <= found.share <= found.share_high
    assert found.rank_low == 1


def test_a_group_of_one_is_the_city(edition: sc.Edition) -> None:
    row = next(r for r in edition.rankings().to_pylist() if r["city"] == "Paris")
    found = edition.group(["Paris"])
    assert (found.share, found.count, found.rank) == (row["share"], row["count"], row["rank"])
    assert found.pairs == []


def test_a_state_is_a_group(edition: sc.Edition) -> None:
    guangzhou, new_york = edition.find_city("Guangzhou"), edition.find_city("New York")
    assert of_state(edition, "广东", None, "overall", None) == [guangzhou]
    assert of_state(edition, "NY", "us", "overall", None) == [new_york]
    with pytest.raises(sc.ConfigError, match=r"'Punjab' is known; there is one in IN, PK; say"):
        of_state(edition, "Punjab", None, "overall", None)
    with pytest.raises(sc.ConfigError, match="'Guandong' is known; close: guangdong"):
        of_state(edition, "Guandong", None, "overall", None)
    with pytest.raises(sc.ConfigError, match="no city of Bavaria is ranked here"):
        of_state(edition, "Bavaria", None, "overall", None)


def test_expected_joint_works(edition: sc.Edition) -> None:
    links = edition.query(
        "SELECT city_a, city_b, works FROM collaborations "
        "WHERE data_year = 2024 AND scope = 'overall'"
    ).to_pylist()
    ids = [edition.find_city(n) for n in ("Guangzhou", "Beijing")]
    own = [sum(x["works"] for x in links if c in (x["city_a"], x["city_b"])) for c in ids]
    total = 2 * sum(x["works"] for x in links)
    pair = edition.group(ids).pairs[0]
    assert pair["expected"] == pytest.approx(own[0] * own[1] / total)


def test_a_country_is_a_group(edition: sc.Edition, capsys: pytest.CaptureFixture[str]) -> None:
    china = of_country(edition, "cn", "overall", 2024)
    assert set(china) == {edition.find_city(n) for n in ("Guangzhou", "Beijing")}
    assert run(["group", str(edition.path), "--country", "CN", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["name"] == "CN"
    assert said["share"] == edition.group(china).share
    with pytest.raises(sc.ConfigError, match="no city of country 'XX'"):
        of_country(edition, "XX", "overall", 2024)
    assert run(["group", str(edition.path)]) == 2

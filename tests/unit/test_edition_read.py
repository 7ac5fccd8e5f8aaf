"""Reading an edition of seventeen hand-written works; expected figures from `small_world`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import small_world as world

import sciencecities as sc
from sciencecities.edition import show, views
from sciencecities.edition.apart import told_apart
from sciencecities.edition.find import CityFinder, NamedCity


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    return sc.open(world.build(tmp_path_factory.mktemp("world")))


def shares(table: Any) -> dict[str, float]:
    return {r["city"]: r["share"] for r in table.to_pylist()}


def as_floats(expected: dict[str, Any]) -> dict[str, Any]:
    return {name: pytest.approx(float(share), abs=1e-12) for name, share in expected.items()}


def test_what_there_is(edition: sc.Edition) -> None:
    assert edition.years == [2023, 2024]
    assert edition.newest_year == 2024
    assert edition.scopes[0] == "overall"
    assert {"physical", "biological", "chemistry", "earth-environmental", "health"} < set(
        edition.scopes
    )
    assert edition.n_works() == 11
    assert edition.n_works("chemistry", 2023) == 1


def test_rankings_are_those_of_the_newest_year(edition: sc.Edition) -> None:
    table = edition.rankings()
    assert shares(table) == as_floats(world.SHARES_2024)
    assert set(table.column("data_year").to_pylist()) == {2024}
    assert shares(edition.rankings(year=2023)) == as_floats(world.SHARES_2023)
    assert shares(edition.rankings(scope="化学")) == as_floats(world.CHEMISTRY_2024)


def test_rankings_of_all_years_and_scopes(edition: sc.Edition) -> None:
    rows = edition.rankings(scope="all", year="all").to_pylist()
    assert rows[0]["data_year"] == 2024
    assert rows[0]["scope"] == "overall"
    assert len(rows) == len({(r["data_year"], r["scope"], r["city_id"]) for r in rows})
    assert {(r["data_year"], r["scope"]) for r in rows} >= {(2023, "chemistry"), (2024, "overall")}


def test_ranks_and_ties(edition: sc.Edition) -> None:
    rows = edition.rankings().to_pylist()
    assert [r["rank"] for r in rows] == [1, 2, 2, 4, 5]
    assert [r["previous_rank"] for r in rows] == [3, 1, 4, 2, None]


def test_countries(edition: sc.Edition) -> None:
    rows = edition.country_rankings().to_pylist()
    assert {r["country"]: round(r["share"], 9) for r in rows} == {
        "CN": 6.166666667,
        "US": 2.0,
        "FR": 1.333333333,
        "GB": 0.5,
    }


def test_columns_are_the_documented_ones(edition: sc.Edition) -> None:
    from sciencecities.tables import COUNTRY_RANKINGS, RANKINGS

    assert edition.rankings().schema == RANKINGS.schema()
    assert edition.country_rankings().schema == COUNTRY_RANKINGS.schema()


def test_a_city_in_all_scopes_and_years(edition: sc.Edition) -> None:
    rows = edition.city("Guangzhou").to_pylist()
    assert [(r["data_year"], r["scope"]) for r in rows] == [
        (2024, "overall"),
        (2024, "chemistry"),
        (2023, "overall"),
    ]


def test_institutions_make_the_share(edition: sc.Edition) -> None:
    rows = edition.institutions("Guangzhou").to_pylist()
    assert [r["institution_id"] for r in rows] == [world.GZ.ror, "name:riverside-fern-laboratory"]
    assert sum(r["share"] for r in rows) == pytest.approx(float(world.SHARES_2024["Guangzhou"]))


def test_unassigned_and_totals_complete_the_works(edition: sc.Edition) -> None:
    rows = edition.unassigned().to_pylist()
    assert {r["reason"]: r["share"] for r in rows} == as_floats(world.UNASSIGNED_2024)
    totals = {(r["data_year"], r["scope"]): r["works"] for r in edition.totals().to_pylist()}
    assert totals[2024, "overall"] == 11
    placed = sum(edition.rankings().column("share").to_pylist())
    assert placed + sum(r["share"] for r in rows) == pytest.approx(11)


@pytest.mark.parametrize(
    ("scope", "year"), [("overall", None), ("overall", 2023), ("chemistry", 2024)]
)
def test_traced_weights_add_up_to_the_share(
    edition: sc.Edition, scope: str, year: int | None
) -> None:
    for row in edition.rankings(scope, year).to_pylist():
        traced = edition.trace(row["city_id"], scope, year).to_pylist()
        assert sum(t["weight"] for t in traced) == pytest.approx(row["share"], abs=1e-12)
        assert len({t["work_id"] for t in traced}) == row["count"]
        weights = [t["weight"] for t in traced]
        assert weights == sorted(weights, reverse=True)
        works, share = edition.trace_total(row["city_id"], scope, year)
        assert works == row["count"]
        assert share == pytest.approx(row["share"], abs=1e-12)


def test_trace_of_one_institution(edition: sc.Edition) -> None:
    for asked in (world.GZ.ror, world.GZ.ror.rpartition("/")[2], "mangrove UNIVERSITY"):
        traced = edition.trace("Guangzhou", institution=asked).to_pylist()
        assert {t["institution_id"] for t in traced} == {world.GZ.ror}
        assert sum(t["weight"] for t in traced) == pytest.approx(3 + 1 / 6)
    with pytest.raises(
        sc.UnknownInstitutionError, match=r"no institution 'Mangrove Uni'.*close: Mangrove"
    ):
        edition.trace("Guangzhou", institution="Mangrove Uni")


def test_trace_columns_and_top(edition: sc.Edition) -> None:
    table = edition.trace("Guangzhou", top=3)
    assert table.column_names == [
        *("data_year", "work_id", "doi", "institution_id", "institution"),
        *("affiliation", "author_position", "weight"),
    ]
    assert len(set(table.column("work_id").to_pylist())) == 3
    works = edition.works("Guangzhou", top=3).to_pylist()
    assert [round(w["weight"], 6) for w in works] == [1.0, 1.0, 0.666667]
    assert works[2]["n_authors"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "gn:1809858",
        "1809858",
        "Guangzhou",
        "GUANGZHOU",
        "guàngzhōu",
        "广州",
        "广州市",
        "Guangzhou, CN",
    ],
)
def test_find_city(edition: sc.Edition, text: str) -> None:
    assert edition.find_city(text) == "gn:1809858"


@pytest.mark.parametrize("text", ["廣州", "Kanton", "Гуанчжоу"])
def test_find_city_by_any_name_the_gazetteer_knows(edition: sc.Edition, text: str) -> None:
    assert edition.find_city(text) == "gn:1809858"


def test_unknown_city_names_close_ones(edition: sc.Edition) -> None:
    with pytest.raises(sc.UnknownCityError, match=r"^no city 'Pariss' in edition; close: Paris$"):
        edition.city("Pariss")
    with pytest.raises(LookupError, match="lists the cities there are"):
        edition.city("zzzzzz")


def test_a_known_city_outside_the_edition_is_no_namesake_elsewhere(edition: sc.Edition) -> None:
    with pytest.raises(sc.UnknownCityError):
        edition.find_city("Oxford")


def test_namesakes() -> None:
    cities = [NamedCity("a", "Cambridge", None, "US"), NamedCity("b", "Cambridge", "剑桥", "GB")]
    finder = CityFinder("x", cities, {"gn:5": ("Trumpington", "b")}, "file")
    assert finder.find("cambridge").city_id == "a"
    assert finder.find("Cambridge, GB").city_id == "b"
    assert finder.find("剑桥").city_id == "b"
    assert finder.find("Trumpington").city_id == finder.find("gn:5").city_id == "b"
    assert [c.city_id for c in finder.named("Cambridge")] == ["a", "b"]


def test_unknown_scope_and_year(edition: sc.Edition) -> None:
    with pytest.raises(sc.ConfigError, match="no scope 'alchemy'"):
        edition.rankings("alchemy")
    with pytest.raises(sc.ConfigError, match="no data year 1999 in edition; there are: 2023, 2024"):
        edition.rankings(year=1999)


def test_folders_that_are_no_edition(edition: sc.Edition, tmp_path: Path) -> None:
    with pytest.raises(sc.EditionError, match="no such edition"):
        sc.open(tmp_path / "nothing")
    with pytest.raises(sc.EditionError, match=r"no manifest\.json"):
        sc.open(tmp_path)
    copy = Path(shutil.copytree(edition.path, tmp_path / "copy"))
    manifest = json.loads((copy / "manifest.json").read_text("utf-8"))
    (copy / "manifest.json").write_text(json.dumps(manifest | {"format": 99}), "utf-8")
    with pytest.raises(sc.EditionError, match="format 99"):
        sc.open(copy)
    with pytest.raises(sc.EditionError, match="is a file, no edition"):
        sc.open(copy / "manifest.json")
    (copy / "manifest.json").write_text("{}", "utf-8")
    with pytest.raises(
        sc.EditionError, match=r"manifest\.json: damaged, .*; build the edition again"
    ):
        sc.open(copy)
    (copy / "manifest.json").write_text("{cut", "utf-8")
    with pytest.raises(sc.EditionError, match="build the edition again"):
        sc.open(copy)
    (copy / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (copy / "totals.parquet").write_bytes(b"PAR1 no longer")
    with pytest.raises(
        sc.EditionError, match=r"totals\.parquet: cannot be read .*; build it again"
    ):
        sc.open(copy).rankings()
    (copy / "totals.parquet").unlink()
    with pytest.raises(sc.EditionError, match="incomplete, without totals"):
        sc.open(copy)


def test_a_path_with_quotes_and_glob_characters(edition: sc.Edition, tmp_path: Path) -> None:
    copy = shutil.copytree(edition.path, tmp_path / "it's [1]*")
    assert sc.open(copy).rankings().num_rows == 5


def test_reprs(edition: sc.Edition) -> None:
    assert repr(edition).startswith(
        "Edition edition: years 2023 to 2024, 12 scopes, 11 works in 2024; 1 Guangzhou (4.2), "
        "2 Beijing (2.0), 2 New York (2.0)"
    )
    html = edition._repr_html_()
    assert html.count("<tr>") == 6
    assert "not its quality" in html


def test_hostile_names_are_harmless_when_shown() -> None:
    view = show.View("A\x1b[31m", [show.Column("x|y")], [["<script>|\x07\n"]], ["note"])
    text = show.markdown(view)
    assert "\x1b" not in text
    assert "<script" not in text
    assert "\\|" in text
    assert show.printable("a\tb\x00") == "a b\N{REPLACEMENT CHARACTER}"


def test_ranges_are_shown_where_they_are_known() -> None:
    row = {"rank": 6, "rank_low": 4, "rank_high": 8, "n_eff": 10.0}
    assert views.rank_text(row) == "6th (4–8)"
    assert views.rank_text(row | {"rank_low": None, "n_eff": None}) == "6th"
    assert views.rank_text(row | {"n_eff": 9.99}) == "6th (4–8), few works"


def test_movement_words() -> None:
    p = {"p_rose": 0.97, "p_fell": 0.01}
    assert views.movement({"previous_rank": 8, "rank_change": 2, **p}) == (
        "up 2 from 8th, almost certainly (p = 0.97)"
    )
    assert views.movement({"previous_rank": 1, "rank_change": -3, **p}) == (
        "down 3 from 1st, hard to say (p = 0.01)"
    )
    assert views.movement({"previous_rank": 4, "rank_change": 0, **p}) == "same"
    unknown = {"p_rose": None, "p_fell": None}
    assert views.movement({"previous_rank": 8, "rank_change": 2, **unknown}) == "up 2 from 8th"
    assert views.movement({"previous_rank": None, "rank_change": None, **unknown}) == "–"


def test_names_of_the_package() -> None:
    for name in sc.__all__:
        assert getattr(sc, name) is not None
    assert set(sc.__all__) <= set(dir(sc))
    assert sc.__version__
    with pytest.raises(AttributeError):
        sc.nothing  # noqa: B018


def test_build_takes_a_config_or_a_file_or_keys(tmp_path: Path) -> None:
    world.write_works(tmp_path / "works.jsonl")
    file = tmp_path / "sciencecities.toml"
    file.write_text('sources = ["works.jsonl"]\nout = "a"\nthreads = 1\n', "utf-8")
    from_file = sc.build(file)
    config = sc.Config(sources=[str(tmp_path / "works.jsonl")], threads=1)
    from_config = sc.build(config, out=tmp_path / "b")
    assert from_file.manifest["tables"] == from_config.manifest["tables"]
    with pytest.raises(sc.ConfigError, match=r"unknown field `source`.*known keys"):
        sc.build(source="x")


def test_build_takes_a_dict_with_paths(tmp_path: Path) -> None:
    works = world.write_works(tmp_path / "works.jsonl")
    keys = {"sources": works, "out": tmp_path / "out", "replicates": 0}
    assert sc.build(keys).n_works(year=2024) == sc.build(sc.Config(**keys)).n_works(year=2024)
    with pytest.raises(sc.ConfigError, match="expected a Config, a dict or the path"):
        sc.build(3)  # type: ignore[arg-type]


def test_scopes_that_say_the_same_are_shown_once() -> None:
    class Titles:
        def title(self, scope: str) -> str:
            return scope.upper()

    def row(year: int, scope: str, share: float) -> dict[str, object]:
        rest = {"rank": 3, "count": 2, "rank_low": 1, "rank_high": 5}
        return {"data_year": year, "scope": scope, "share": share} | rest

    rows = [
        row(2024, "health", 2.0), row(2024, "health-by-journal", 2.0),
        row(2024, "physical", 1.0), row(2024, "physical-by-journal", 1.0),
        row(2023, "health", 1.5), row(2023, "health-by-journal", 1.5),
        row(2023, "physical", 1.0), row(2023, "physical-by-journal", 0.5),
    ]  # fmt: skip
    shown, left_out = told_apart(Titles(), rows)  # type: ignore[arg-type]
    assert left_out == ["HEALTH-BY-JOURNAL"]
    assert [r["scope"] for r in shown if r["data_year"] == 2024] == [
        "health", "physical", "physical-by-journal",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "city_id"),
    [
        ("guang zhou", "gn:1"),
        ("St. Petersburg", "gn:2"),
        ("Saint Louis", "gn:3"),
        ("XI AN", "gn:4"),
    ],
)
def test_a_city_is_found_in_any_spelling(asked: str, city_id: str) -> None:
    """The largest city of a name goes before a smaller one's district of that name."""
    cities = [
        NamedCity("gn:1", "Guangzhou", "广州", "CN"),
        NamedCity("gn:2", "Saint Petersburg", None, "RU"),
        NamedCity("gn:3", "St. Louis", None, "US"), NamedCity("gn:4", "Xi'an", "西安", "CN"),
        NamedCity("gn:5", "Tampa", None, "US"),
    ]  # fmt: skip
    finder = CityFinder("made up", cities, {"gn:6": ("St. Petersburg", "gn:5")}, "metro")
    assert finder.find(asked).city_id == city_id

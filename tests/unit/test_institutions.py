"""A table of institutions with Shares, turned into cities.

Names and cities of the golden table are public knowledge in the style in which published tables
write them; its Shares are invented. Other expected values are hand calculations.
"""

from __future__ import annotations

import csv
import json
import os
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sciencecities as sc
from sciencecities.cli import run
from sciencecities.edition.read import Edition
from sciencecities.edition.verify import verify
from sciencecities.errors import SourceError
from sciencecities.files import read_json
from sciencecities.institution_table import build as job
from sciencecities.institution_table.known import known
from sciencecities.institution_table.pieces import divided
from sciencecities.institution_table.placing import Placer
from sciencecities.institution_table.ranges import ranges
from sciencecities.institution_table.read import read_table
from sciencecities.locate import cities as definitions
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.registry import Registry
from sciencecities.tables import UNITS_PER_WORK as W

SHARED = Path(
    os.environ.get("SCIENCECITIES_SHARED", Path(__file__).resolve().parents[3] / "shared")
)
GOLDEN = Path(__file__).parents[1] / "golden" / "institution_table.csv"


def made(folder: Path, table: str, parts: str | None = None, **more: Any) -> Path:
    """An edition made from the text of a table."""
    path = folder / "table.csv"
    path.write_text(table, encoding="utf-8")
    split = None
    if parts is not None:
        split = folder / "parts.csv"
        split.write_text(parts, encoding="utf-8")
    more.setdefault("year", 2024)
    job.build(job.Settings(path, split, **more), folder / "edition")
    return folder / "edition"


def rows_of(edition: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(edition / f"{name}.parquet").to_pylist()
    return rows


@pytest.fixture(scope="module")
def placer() -> Placer:
    gazetteer = Gazetteer.load()
    return Placer(gazetteer, definitions.load("metro", gazetteer), None)


def test_every_institution_of_the_table_is_in_its_city(tmp_path: Path) -> None:
    job.build(job.Settings(GOLDEN, year=2024), tmp_path / "edition")
    with GOLDEN.open(encoding="utf-8", newline="") as stream:
        wanted = list(csv.DictReader(stream))
    places = rows_of(tmp_path / "edition", "institution_places")
    cities = {r["city_id"]: r["city"] for r in rows_of(tmp_path / "edition", "rankings")}
    found = [cities.get(r["city_id"]) or f"*{r['reason']}" for r in places]
    marked = [r["city"].replace("*", "*several-cities") for r in wanted]
    wrong = [(r["name"], f, m) for r, f, m in zip(wanted, found, marked, strict=True) if f != m]
    assert wrong == []
    assert len(wanted) > 650
    assert verify(tmp_path / "edition") == []
    total = sum(Decimal(r["share"]) for r in wanted)
    assert sum(r["share"] for r in places) == pytest.approx(float(total), abs=1e-9)


TABLE = """name,country,share
Chinese Academy of Sciences (CAS),China,100
Sun Yat-sen University (SYSU),China,60.5
Peking University (PKU),China,80
Max Planck Society,Germany,70
LMU Munich,Germany,30
Harvard University,USA,90.25
No Such Thing Anywhere,Atlantis,5
"""


def test_what_is_placed_and_what_is_not(tmp_path: Path) -> None:
    edition = Edition(made(tmp_path, TABLE))
    ranked = edition.rankings().to_pylist()
    found = [(r["rank"], r["city"], r["share"], r["count"]) for r in ranked]
    assert found == [
        (1, "Boston", 90.25, None),
        (2, "Beijing", 80.0, None),
        (3, "Guangzhou", 60.5, None),
        (4, "Munich", 30.0, None),
    ]
    unassigned = [(r["reason"], r["country"], r["share"]) for r in edition.unassigned().to_pylist()]
    assert unassigned == [
        ("several-cities", "CN", 100.0),
        ("several-cities", "DE", 70.0),
        ("unresolved-affiliation", None, 5.0),
    ]
    assert edition.kind == "institution-table"
    assert [(r["country"], r["share"]) for r in edition.country_rankings().to_pylist()] == [
        ("CN", 240.5), ("DE", 100.0), ("US", 90.25),
    ]  # fmt: skip
    assert verify(edition.path) == []


def test_ranges_hold_all_or_nothing_of_the_unassigned(tmp_path: Path) -> None:
    """The 5 of no country may lie anywhere, the 100 in Chinese cities, the 70 in German ones."""
    ranked = {r["city"]: r for r in Edition(made(tmp_path, TABLE)).rankings().to_pylist()}
    spans = {
        city: (r["share_low"], r["share_high"], r["rank_low"], r["rank_high"])
        for city, r in ranked.items()
    }
    assert spans == {
        # At worst both Chinese cities pass it (gaps 10.25 and 29.75) and Munich (60.25 < 75).
        "Boston": (90.25, 95.25, 1, 4),
        # A Chinese city not named may pass the next two: 80.5 + 5 of 80, 100 + 5 of 60.5.
        "Beijing": (80.0, 185.0, 1, 5),
        "Guangzhou": (60.5, 165.5, 1, 5),
        # Three Chinese cities not named (105 of 30) and two German ones (75 of 30).
        "Munich": (30.0, 105.0, 1, 9),
    }


def test_countries_that_are_not_known_are_said(tmp_path: Path) -> None:
    table = "name,country,share\nPeking University,China,3\nKite Institute,Atlantis,2\n"
    edition = made(tmp_path, table)
    notes = json.loads((edition / "manifest.json").read_text("utf-8"))["notes"]
    assert any("1 (the first: 'Atlantis', line 3)" in note for note in notes)
    (edition.parent / "known").mkdir()
    known = made(edition.parent / "known", table.replace("Atlantis", "Republic of Korea"))
    notes = json.loads((known / "manifest.json").read_text("utf-8"))["notes"]
    assert not any("not known" in note for note in notes)


def test_what_lies_outside_every_polygon_widens_no_range(tmp_path: Path) -> None:
    """Of China only Beijing is a city here: Guangzhou's 60.5 lie outside, the 105 may be in it."""
    ring = [[115, 39], [118, 39], [118, 41], [115, 41], [115, 39]]
    feature = {
        "type": "Feature",
        "properties": {"id": "bj", "name": "Beijing", "country": "CN"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path = tmp_path / "one.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    edition = Edition(made(tmp_path, TABLE, cities=str(path)))
    [beijing] = edition.rankings().to_pylist()
    assert (beijing["share"], beijing["share_high"]) == (80.0, 185.0)
    outside = [r for r in edition.unassigned().to_pylist() if r["reason"] == "outside-cities"]
    assert {r["country"]: r["share"] for r in outside} == {"CN": 60.5, "DE": 30.0, "US": 90.25}
    assert verify(edition.path) == []


def test_parts_with_shares_and_weights(tmp_path: Path) -> None:
    parts = """institution,part,city,share,weight
Chinese Academy of Sciences,Guangzhou Institute of Geochemistry,,20,
Chinese Academy of Sciences,,Beijing,,3
Chinese Academy of Sciences,,上海,,1
Max Planck Society,,Munich,25,
"""
    edition = Edition(made(tmp_path, TABLE, parts))
    shares = {r["city"]: r["share"] for r in edition.rankings().to_pylist()}
    assert shares == {
        "Beijing": 140.0, "Boston": 90.25, "Guangzhou": 80.5, "Munich": 55.0, "Shanghai": 20.0,
    }  # fmt: skip
    rest = [(r["reason"], r["share"]) for r in edition.unassigned().to_pylist()]
    assert rest == [("several-cities", 45.0), ("unresolved-affiliation", 5.0)]
    in_guangzhou = edition.institutions("Guangzhou").to_pylist()
    assert [r["institution"] for r in in_guangzhou] == [
        "Sun Yat-sen University", "Guangzhou Institute of Geochemistry",
    ]  # fmt: skip
    assert in_guangzhou[1]["root_institution_id"] == "name:chinese-academy-of-sciences"
    assert verify(edition.path) == []


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            "institution,city,share\nMax Planck Society,Munich,71\n",
            "have 71, the institution has 70",
        ),
        ("institution,city,weight\nOxford,Oxford,1\n", r"parts\.csv line 2: 'Oxford' is not in"),
        ("institution,city,weight\nMax Planck Society,Xyzzy,1\n", r"line 2: no city 'Xyzzy'"),
        ("institution,city,weight\nMax Planck Society,Munich,0\n", "are all 0"),
        ("institution,weight\nMax Planck Society,1\n", "neither a column part nor a column city"),
        ("institution,city\nMax Planck Society,Munich\n", "neither a column share nor a column w"),
        ("institution,city,share\nMax Planck Society,,1\n", "needs an institution and its part"),
    ],
)
def test_wrong_parts_are_named(tmp_path: Path, parts: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        made(tmp_path, TABLE, parts)
    assert not (tmp_path / "edition").exists()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("name,country,share\nA,US,x\n", r"table\.csv line 2: share 'x' is no number"),
        ("name,country,share\nA,US,1\n,US,1\n", r"line 3: no name"),
        ("name,country,share\nA,US,-1\n", r"line 2: share '-1'"),
        ("name,country,share\nA,US,nan\n", r"line 2: share 'nan'"),
        ("name,country,share\nA,US,1e300\n", r"line 2: share '1e300'"),
        ("name,country,share\nA,US\n", r"line 2: 2 fields where the header has 3"),
        ("name,country\nA,US\n", r"has no column share; found name, country"),
        ("name,share 2023,share 2024\nA,1,2\n", r"name the one to use `share`"),
        ("name,name,share\nA,A,1\n", r"column name is there twice"),
        ("name,share,year\nA,1,soon\n", r"line 2: year 'soon' is no year"),
        ("name,share\n", r"has no rows"),
        ("", r"is empty"),
        ('name,share\n"A,1\n', r"line 2: not readable as CSV"),
    ],
)
def test_wrong_tables_are_named(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        made(tmp_path, table)
    assert not (tmp_path / "edition").exists()


@pytest.mark.parametrize(
    ("header", "row", "year"),
    [
        ("Institution;Country/territory;Share 2023", "ETH Zurich;Switzerland;1,234.5", 2023),
        ("Rank\tInstitution name\tLocation\tShare", "1\tETH Zurich\tCH\t1234.50", 0),
        ("\ufeff机构,国家,份额,年份", 'ETH Zurich,瑞士,"1,234.5",2022', 2022),
    ],
)
def test_names_of_columns(tmp_path: Path, header: str, row: str, year: int) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{header}\n\n{row}\n", encoding="utf-8")
    [found] = read_table(path, None)
    assert (found.name, found.units, found.year) == ("ETH Zurich", 1234_5 * W // 10, year)


def test_two_years_and_scopes(tmp_path: Path) -> None:
    table = """name,country,share,year,subject
ETH Zurich,Switzerland,10,2023,
EPFL,Switzerland,20,2023,
ETH Zurich,Switzerland,30,2024,
EPFL,Switzerland,20,2024,
ETH Zurich,Switzerland,7,2024,chemistry
"""
    edition = Edition(made(tmp_path, table, year=None))
    newest = edition.rankings().to_pylist()
    assert [(r["city"], r["rank"], r["previous_rank"], r["rank_change"]) for r in newest] == [
        ("Zurich", 1, 2, 1), ("Lausanne", 2, 1, -1),
    ]  # fmt: skip
    # 30 works' worth in 2023, 50 in 2024: adjusted 20 × 50 / 30.
    older = edition.rankings(year=2023).to_pylist()
    assert older[0]["adjusted_share"] == pytest.approx(100 / 3)
    assert edition.scopes == ["overall", "chemistry"]
    assert verify(edition.path) == []


def test_an_unnamed_year_is_said(tmp_path: Path) -> None:
    notes = read_json(made(tmp_path, TABLE, year=None) / "manifest.json")["notes"]
    assert any("names no year" in note for note in notes)


def test_hong_kong_counts_under_china_in_some_tables(placer: Placer) -> None:
    names = {
        "The University of Hong Kong (HKU)": "Hong Kong",
        "University of Macau (UM)": "Macao",
        "The Chinese University of Hong Kong, Shenzhen (CUHK-Shenzhen)": "Shenzhen",
    }
    found = {name: placer.place(name, "China").city for name in names}
    assert {name: city and city.name for name, city in found.items()} == names


@pytest.mark.parametrize(
    ("name", "country", "bare"),
    [
        ("The University of Tokyo (UTokyo)", "JP", "The University of Tokyo"),
        ("China University of Petroleum (Beijing)", "CN", "China University of Petroleum, Beijing"),
        ("Icahn School of Medicine (Mount Sinai)", "US", "Icahn School of Medicine"),
        ("Google (United States)", "US", "Google"),
        ("(CNRS)", "FR", "(CNRS)"),
    ],
)
def test_bracketed_abbreviations(placer: Placer, name: str, country: str, bare: str) -> None:
    assert placer.bare(name, country) == bare


def test_a_country_that_is_not_the_names_own(placer: Placer) -> None:
    """Of two universities called York the table's country says which."""
    assert placer.country("United States of America (USA)") == "US"
    assert placer.country("Republic of Korea") == "KR"
    assert placer.country("GB") == "GB"
    assert placer.country("Atlantis") is None
    city = placer.place("University of York", "United Kingdom (UK)").city
    assert city is not None
    assert city.name == "York"


def test_systems_of_campuses() -> None:
    several = ("University of California", "Texas A&M University System", "University of Y System")
    assert all(entry and not entry.geonames_id for entry in (known(n, "US") for n in several))
    single = (
        "University of California, San Diego", "Geisinger Health System", "System University",
        "University of Miami Health System", "University System of Maryland at Hagerstown",
    )  # fmt: skip
    assert [known(name, "US") for name in single] == [None] * len(single)


@pytest.mark.shared
def test_with_the_registry_too(tmp_path: Path) -> None:
    registry = SHARED / "data" / "ror" / "ror-v2-part.jsonl.gz"
    if not registry.exists():
        pytest.skip(f"needs the development data: {registry}")
    job.build(job.Settings(GOLDEN, registry=registry, year=2024), tmp_path / "edition")
    cities = {r["city_id"]: r["city"] for r in rows_of(tmp_path / "edition", "rankings")}
    with GOLDEN.open(encoding="utf-8", newline="") as stream:
        wanted = [row["city"] for row in csv.DictReader(stream)]
    places = rows_of(tmp_path / "edition", "institution_places")
    assert [cities.get(r["city_id"], "*") for r in places] == wanted
    assert sum(r["institution_id"].startswith("https://ror.org/") for r in places) > 200


CITIES = st.lists(st.integers(1, 12), min_size=1, max_size=4)
POOL = st.integers(0, 12)


@given(CITIES, st.lists(st.integers(1, 12), max_size=3), POOL, POOL)
@settings(max_examples=200, deadline=None)
def test_worst_rank_is_the_worst_of_all_divisions(
    ours: list[int], theirs: list[int], pool: int, their_pool: int
) -> None:
    """Against every choice of cities to lift, with what is left going to cities not named."""
    placed, country = _placed(ours, theirs)
    found = ranges(placed, country, {"a": UNIT * pool, "b": UNIT * their_pool})
    for city_id, units in placed.items():
        assert found[city_id].worst == _worst(placed, country, city_id, pool, their_pool, 0)
        high = units + UNIT * (pool if country[city_id] == "a" else their_pool)
        assert found[city_id].high == high
        assert found[city_id].best == 1 + sum(u > high for c, u in placed.items() if c != city_id)


@given(CITIES, st.lists(st.integers(1, 12), max_size=3), POOL, POOL, st.integers(1, 6))
@settings(max_examples=100, deadline=None)
def test_worst_rank_holds_wherever_a_share_without_a_country_lies(
    ours: list[int], theirs: list[int], pool: int, their_pool: int, anywhere: int
) -> None:
    placed, country = _placed(ours, theirs)
    pools = {"a": UNIT * pool, "b": UNIT * their_pool, None: UNIT * anywhere}
    found = ranges(placed, country, pools)
    for first in range(anywhere + 1):
        for second in range(anywhere + 1 - first):
            more = pool + first, their_pool + second, anywhere - first - second
            for city_id in placed:
                assert found[city_id].worst >= _worst(placed, country, city_id, *more)


def test_a_city_in_no_list_may_stand_ahead() -> None:
    """Of 2,700 without a city, two can have more than 900 or 1,000, three more than 899."""
    for units, worst in ((1000, 3), (900, 3), (899, 4), (2700, 1)):
        found = ranges({"tokyo": units}, {"tokyo": "JP"}, {"CN": 2700})
        assert found["tokyo"].worst == worst


UNIT = 1000
"""Of Share: far more than there are cities, so that one unit more than another is next to none."""


def _placed(ours: list[int], theirs: list[int]) -> tuple[dict[str, int], dict[str, str | None]]:
    placed = {f"a{i}": UNIT * n for i, n in enumerate(ours)}
    placed |= {f"b{i}": UNIT * n for i, n in enumerate(theirs)}
    return placed, {city_id: city_id[0] for city_id in placed}


def _worst(
    placed: dict[str, int], country: dict[str, str | None], city_id: str, *pools: int
) -> int:
    worst = 1
    for name, pool in zip("abc", pools, strict=True):
        others = [u for c, u in placed.items() if country[c] == name and c != city_id]
        worst += _ahead(others, placed[city_id], UNIT * pool)
    return worst


def _ahead(others: list[int], units: int, pool: int) -> int:
    """Most that end above `units`: any of the others, each raised just above it, and new ones."""
    found = 0
    for n in range(len(others) + 1):
        for lifted in combinations(others, n):
            cost = sum(max(0, units + 1 - value) for value in lifted)
            if cost <= pool:
                found = max(found, n + (pool - cost) // (units + 1))
    return found


@given(st.integers(0, 10**21), st.lists(st.integers(0, 10**18), max_size=6))
def test_division_is_exact(units: int, weights: list[int]) -> None:
    parts = divided(units, weights)
    assert sum(parts) == (units if any(weights) else 0)
    assert all(p >= 0 for p in parts)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE, encoding="utf-8")
    out = str(tmp_path / "e")
    assert run(["institutions", str(path), "--out", out, "--year", "2024", "-q"]) == 0
    text = capsys.readouterr().out
    assert "3 institutions without a single city" in text
    assert "over 100 institutes in some 25 cities" in text
    assert "Boston is first of 4 cities overall in 2024" in text
    assert "by where the Shares of a country that have no single city may lie" in text
    assert run(["rank", out]) == 0
    assert run(["city", out, "广州"]) == 0
    assert run(["verify", out]) == 0
    capsys.readouterr()
    assert run(["trace", out, "Boston"]) == 2
    assert "no works stand behind" in capsys.readouterr().err
    assert run(["institutions", str(tmp_path / "none.csv"), "--out", out, "-q"]) == 1
    assert "none.csv: no such file" in capsys.readouterr().err
    assert Edition(out).years == [2024]


def test_same_input_same_hashes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = read_json(made(tmp_path / "a", TABLE) / "manifest.json")["tables"]
    lines = TABLE.splitlines()
    assert one == read_json(made(tmp_path / "b", TABLE) / "manifest.json")["tables"]
    # Row order decides nothing but the line numbers in institution_places.
    turned = "\n".join([lines[0], *lines[:0:-1]]) + "\n"
    (tmp_path / "c").mkdir()
    other = read_json(made(tmp_path / "c", turned) / "manifest.json")["tables"]
    differ = {name for name in one if one[name] != other[name]}
    assert differ == {"institution_places"}


def test_the_function_gives_the_edition_of_the_command(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    edition = sc.institutions(tmp_path / "table.csv", out=tmp_path / "edition", year=2024)
    assert [r["city"] for r in edition.rankings().to_pylist()][:2] == ["Boston", "Beijing"]
    with pytest.raises(sc.ConfigError, match="no such file"):
        sc.institutions(tmp_path / "table.csv", out=tmp_path / "e", registry=tmp_path / "none")


def test_a_name_of_two_countries_is_placed_by_the_country(placer: Placer) -> None:
    cities = [
        placer.place("Northeastern University (NEU)", country).city for country in ("USA", "China")
    ]
    assert [city.name for city in cities if city] == ["Boston", "Shenyang"]


@pytest.mark.shared
def test_a_body_above_the_one_meant_is_no_answer() -> None:
    """The registry part lacks the Berlin institute, and the university of Kaohsiung."""
    path = SHARED / "data" / "ror" / "ror-v2-part.jsonl.gz"
    if not path.is_file():
        pytest.skip("no development registry beside the checkout")
    gazetteer = Gazetteer.load()
    placer = Placer(gazetteer, definitions.load("metro", gazetteer), Registry.load(path))
    found = [
        placer.place("Fritz Haber Institute of the Max Planck Society", "Germany"),
        placer.place("National Sun Yat-sen University (NSYSU)", "Taiwan"),
        placer.place("Max Planck Society", "Germany"),
    ]
    assert [w.city.name if w.city else w.reason for w in found] == [
        "Berlin", "Kaohsiung", "several-cities",
    ]  # fmt: skip

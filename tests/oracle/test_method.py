"""The method lab against real builds with each choice, to the last digit; ranges; influence."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from invented_registry import (
    NYC,
    ORGANISATIONS,
    Town,
    write_registry,
)
from oracle_units import Json
from real_build import run, write_works
from strategies import corpora
from work_records import at, author, work

import sciencecities
from oracle import SCHEMES
from sciencecities.cli import run as command
from sciencecities.edition.verify import verify
from sciencecities.method.grid import Group, groups_of
from sciencecities.method.ranks import rank_units
from sciencecities.method.sums import HALF
from sciencecities.method.views import mover
from sciencecities.rank.order import rank

# Bunkyō-ku and Tokyo, Foshan and Guangzhou, Cambridge and Boston: one city under metro or not.
FOSHAN = Town(1812545, "Foshan", "CN", "China", 23.02677, 113.13148)
BOSTON = Town(4930956, "Boston", "US", "United States", 42.35843, -71.05977)
CAMBRIDGE = Town(4931972, "Cambridge", "US", "United States", 42.3751, -71.10561)
MOVED = {3: FOSHAN, 6: BOSTON, 7: CAMBRIDGE}

JACS, PRB, LANCET, OWN = "0002-7863", "2469-9950", "0140-6736", "1111-1119"
YEARS = [2023, 2024]


def some_works(n: int, seed: int) -> list[Json]:
    """Works of many shapes: reviews, journals taken in part, authors in several cities."""
    chance = random.Random(seed)
    texts = ("Lake Station, Somewhere", "Hill Hospital", "Department of Physics, Guangzhou, China")
    made = []
    for number in range(n):
        authors: list[Json] = []
        for _ in range(chance.choice([0, 1, 1, 2, 3, 4, 7])):
            places = chance.sample(ORGANISATIONS, chance.choice([0, 1, 1, 2, 3]))
            one = at(*places, is_corresponding=chance.random() < 0.4)
            if chance.random() < 0.3:
                one = author((chance.choice(texts), []), *((f"{o.name}, x", [o]) for o in places))
            authors.append(one)
        issn = chance.choice([JACS, PRB, PRB, LANCET, OWN])
        source = {"display_name": f"Journal {issn}", "issn_l": issn, "issn": [issn]}
        page = chance.choice(["L123", "1234", None])
        made.append(
            work(
                number,
                *authors,
                publication_year=chance.choice(YEARS),
                type=chance.choice(["article"] * 5 + ["review"]),
                is_authors_truncated=chance.random() < 0.05,
                primary_location={"source": source},
                biblio={"first_page": page},
            )
        )
    return made


class World(NamedTuple):
    """A corpus, the same with every review as an article, and the edition of the first."""

    works: Path
    all_articles: Path
    registry: Path
    boundaries: Path
    journals: Path
    folder: Path
    edition: sciencecities.Edition


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("method")
    works = some_works(160, seed=3)
    articles = [w | {"type": "article"} for w in works]
    square = [[113.0, 22.9], [113.6, 22.9], [113.6, 23.3], [113.0, 23.3], [113.0, 22.9]]
    paris = [[2.2, 48.8], [2.5, 48.8], [2.5, 49.0], [2.2, 49.0], [2.2, 48.8]]
    features = [
        {
            "type": "Feature",
            "properties": {"id": i, "name": i},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for i, ring in (("delta", square), ("lutetia", paris))
    ]
    boundaries = folder / "own.geojson"
    boundaries.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    journals = folder / "mine.csv"
    journals.write_text(f"title,issn,subset\nOne,{JACS},\nTwo,{PRB},letters\n")
    registry = write_registry(folder / "ror.jsonl", MOVED)
    source = write_works(folder / "works.jsonl", works)
    run([source], folder / "edition", registry, cities="metro", threads=1)
    return World(
        source,
        write_works(folder / "articles.jsonl", articles),
        registry,
        boundaries,
        journals,
        folder,
        sciencecities.open(folder / "edition"),
    )


# Journals and documents in turn; `city` and `full` depend on where cities end.
PAIRS = [
    *((scheme, "place") for scheme in SCHEMES),
    *((scheme, "metro") for scheme in ("city", "full", "leiden")),
    *((scheme, "FILE") for scheme in ("city", "full", "institution")),
]
CHOICES = [
    (*pair, ("all", "natural-82", "nature-index-145", "FILE")[n % 4], n % 3 == 0)
    for n, pair in enumerate(PAIRS)
]


@pytest.mark.parametrize(("scheme", "cities", "journals", "reviews"), CHOICES)
def test_lab_is_a_build_with_that_choice(
    world: World, tmp_path: Path, scheme: str, cities: str, journals: str, reviews: bool
) -> None:
    choice = {
        "scheme": scheme,
        "cities": str(world.boundaries) if cities == "FILE" else cities,
        "journals": str(world.journals) if journals == "FILE" else journals,
    }
    source = world.all_articles if reviews else world.works
    run([source], tmp_path / "built", world.registry, threads=1, **choice)
    built = sciencecities.open(tmp_path / "built")
    documents = "articles+reviews" if reviews else "articles"
    assert built.scopes[0] == "overall"
    compared = 0
    for year in built.years:
        for scope in built.scopes:
            expected = built.rankings(scope, year)
            found = world.edition.lab(**choice, documents=documents, scope=scope, year=year)
            names = ["rank", "city_id", "city", "share", "count", "world_share"]
            assert found.select(names).to_pylist() == expected.select(names).to_pylist()
            compared += found.num_rows
    assert compared > 5
    if journals != "FILE":
        group = Group(journals, documents, "overall")
        compare_countries(world.edition, scheme, choice["cities"], group, built)


def compare_countries(
    edition: sciencecities.Edition,
    scheme: str,
    cities: str,
    group: Group,
    built: sciencecities.Edition,
) -> None:
    """Country sums of the cube against a build (whose `city` cuts are unit by unit)."""
    cube = edition.method.cube
    codes, numbers = cube.country_of_place
    where = edition.method.definition(cities).city_of_place
    year, groups = built.newest_year, groups_of(cube, [group])
    sums = cube.sums(cube.works(year), scheme, where, groups, 1, targets=(numbers, len(codes)))
    found = {code: sums.units(0, n) / 10**18 for n, code in enumerate(codes, 1)}
    rows = built.country_rankings(year=year).to_pylist()
    assert rows
    expected = {r["country"]: r["share"] for r in rows}
    assert {c: s for c, s in found.items() if s} == pytest.approx(expected, abs=1e-15)
    counts = {code: int(sums.works[0, n]) for n, code in enumerate(codes, 1)}
    assert {c: n for c, n in counts.items() if n} == {r["country"]: r["count"] for r in rows}


def test_the_edition_is_sound_and_says_its_choices(world: World) -> None:
    assert verify(world.folder / "edition") == []
    said = world.edition.manifest["method"]
    assert said["base"]["cities"] == "metro"
    assert said["choices"]["journals"] == ["all", "natural-82", "nature-index-145"]
    assert said["choices"]["documents"] == ["articles", "articles+reviews"]
    assert said["choices"]["scheme"] == sorted(SCHEMES)


def ranks_under_every_choice(
    edition: sciencecities.Edition, scope: str, year: int
) -> dict[str, list[int]]:
    """City → its rank under each choice, from the lab alone."""
    said = edition.manifest["method"]["choices"]
    own = {r["city_id"]: r["rank"] for r in edition.rankings(scope, year).to_pylist()}
    n_works = {}
    found: dict[str, list[int]] = defaultdict(list)
    for journals in said["journals"]:
        lab = edition.method.lab(journals=journals, scope=scope, year=year)
        n_works[journals] = lab.works
        if lab.works < 0.2 * n_works["all"]:
            continue
        for scheme in said["scheme"]:
            for cities in said["cities"]:
                for documents in said["documents"]:
                    table = edition.lab(
                        scheme=scheme, cities=cities, journals=journals,
                        documents=documents, scope=scope, year=year,
                    )  # fmt: skip
                    ranks = {r["edition_city_id"]: r["rank"] for r in table.to_pylist()}
                    for city, own_rank in own.items():
                        found[city].append(ranks.get(city, max(own_rank, table.num_rows + 1)))
    return found


def test_ranges_are_the_best_and_worst_of_every_choice(world: World) -> None:
    for scope, year in (("overall", 2024), ("overall", 2023), ("chemistry", 2024)):
        ranks = ranks_under_every_choice(world.edition, scope, year)
        for row in world.edition.rankings(scope, year).to_pylist():
            found = ranks[row["city_id"]]
            expected = (min(found), max(found))
            assert (row["method_rank_best"], row["method_rank_worst"]) == expected, row["city"]


def test_countries_have_ranges_that_hold_their_rank(world: World) -> None:
    rows = world.edition.country_rankings(year="all", scope="all").to_pylist()
    assert rows
    assert all(r["method_rank_best"] <= r["rank"] <= r["method_rank_worst"] for r in rows)


def test_influence_is_the_ranking_without_the_journal(world: World, tmp_path: Path) -> None:
    works = [json.loads(line) for line in world.works.read_text().splitlines()]
    influence = pq.read_table(world.folder / "edition" / "journal_influence.parquet").to_pylist()
    rows = [r for r in influence if (r["data_year"], r["scope"]) == (2024, "overall")]
    left = [w for w in works if w["primary_location"]["source"]["issn_l"] != PRB]
    source = write_works(tmp_path / "left.jsonl", left)
    tables = run([source], tmp_path / "without", world.registry, cities="metro", threads=1)
    without = {r["city_id"]: r for r in tables["rankings"] if r["data_year"] == 2024}
    compared = 0
    for whole in world.edition.rankings(year=2024).to_pylist():
        for row in rows:
            if (row["city_id"], row["journal_id"]) == (whole["city_id"], PRB):
                assert row["rank_without"] == without[row["city_id"]]["rank"]
                share = whole["share"] - without[row["city_id"]]["share"]
                assert row["share"] == pytest.approx(share, abs=1e-9)
                assert row["rank_change"] == whole["rank"] - row["rank_without"]
                compared += 1
    assert compared > 3


def test_a_choice_that_is_not_there_is_refused_with_those_that_are(world: World) -> None:
    for key, value in {"scheme": "fair", "cities": "fua", "journals": "best"}.items():
        with pytest.raises(sciencecities.ConfigError, match="there are: "):
            world.edition.lab(**{key: value})
    with pytest.raises(sciencecities.ConfigError, match=r"nowhere\.geojson: no such file"):
        world.edition.lab(cities="nowhere.geojson")


@pytest.mark.parametrize("geojson", [False, True])
def test_institutions_add_up_to_what_a_boundary_changes(world: World, geojson: bool) -> None:
    file = str(world.boundaries) if geojson else None
    table, causes = world.edition.sensitivity(geojson=file, year=2024)
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for row in causes.to_pylist():
        sums[row["city_id"], row["cities"]] += row["share_change"]
    rows = table.to_pylist()
    ranked = world.edition.rankings(year=2024).to_pylist()
    assert len(rows) == len(ranked) * (1 + geojson)
    for row in rows:
        expected = sums.get((row["city_id"], row["cities"]), 0.0)
        assert row["share_change"] == pytest.approx(expected, abs=1e-9)
    moved = [r for r in rows if r["share_change"]]
    assert moved
    assert all(r["institution_change"] for r in moved)


def test_sensitivity_of_boston_names_what_lies_in_cambridge(world: World) -> None:
    """Metro Boston is Boston and Cambridge, where organisation 7 is put."""
    table, causes = world.edition.sensitivity("Boston", year=2024)
    row = table.to_pylist()[0]
    boston = next(r for r in world.edition.rankings(year=2024).to_pylist() if r["city"] == "Boston")
    place = world.edition.lab(cities="place", year=2024).to_pylist()
    alone = {r["city"]: r["share"] for r in place}
    assert (row["counterpart"], row["share"]) == ("Boston", alone["Boston"])
    assert row["share_change"] == pytest.approx(-alone["Cambridge"], abs=1e-9)
    assert boston["share"] == pytest.approx(alone["Boston"] + alone["Cambridge"], abs=1e-9)
    assert [c["institution_id"] for c in causes.to_pylist()] == [NYC.ror]


def test_commands_say_what_moves_a_city(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    edition = str(world.folder / "edition")
    assert (
        command(["lab", edition, "--scheme", "full", "--cities", "place", "--city", "Boston"]) == 0
    )
    text = capsys.readouterr().out
    assert text.startswith("With scheme full, cities place: ")
    assert re.search(r"choices of method( \(under the others .*\))?; what moves it most is ", text)
    assert command(["lab", edition, "--journals", str(world.journals), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    table = world.edition.lab(journals=str(world.journals))
    assert [r["city_id"] for r in rows] == table.column("city_id").to_pylist()
    assert command(["sensitivity", edition, "Boston", "--geojson", str(world.boundaries)]) == 0
    assert "Institutions it would gain or lose." in capsys.readouterr().out
    assert command(["lab", edition, "--cities", "fua"]) == 2
    assert "there are: metro, place" in capsys.readouterr().err


def test_what_moves_a_city_most() -> None:
    """Ranks 4 and 5 by scheme, 4 and 9, 5 and 8 by cities: 1 place, and (5 + 3) / 2."""
    own = {"journals": "all", "documents": "articles"}
    rows = [
        own | {"scheme": scheme, "cities": cities, "rank": rank}
        for scheme, cities, rank in (
            ("leiden", "place", 4),
            ("full", "place", 5),
            ("leiden", "metro", 9),
            ("full", "metro", 8),
        )
    ]
    assert mover(rows) == ("cities", 4.0)
    assert mover(rows[:1]) is None


few = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=3,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@given(works=corpora(min_size=40, max_size=70), scheme=st.sampled_from(SCHEMES))
@few
def test_editions_of_generated_works_are_sound(tmp_path_factory, works, scheme):  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("sound")
    registry = write_registry(folder / "ror.jsonl", MOVED)
    source = write_works(folder / "works.jsonl", works)
    run([source], folder / "edition", registry, cities="metro", scheme=scheme, threads=1)
    assert verify(folder / "edition") == []


ties = st.integers(10**18, 10**18 + 3 * 10**9)


@given(st.lists(st.one_of(st.integers(0, 30), ties, ties.map(lambda u: u * 40)), max_size=40))
@settings(derandomize=True, database=None, deadline=None)
def test_ranks_of_arrays_are_the_rule(units: list[int]) -> None:
    import numpy as np

    high = np.array([u // HALF for u in units], np.int64)
    low = np.array([u % HALF for u in units], np.int64)
    order, ranks = rank_units(high, low)
    names = {f"{n:03d}": u for n, u in enumerate(units) if u}
    assert [(r, f"{i:03d}") for i, r in zip(order, ranks, strict=True)] == rank(names)

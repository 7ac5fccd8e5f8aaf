"""Generated corpora: the engine against the oracle, and what must hold whatever the input."""

from __future__ import annotations

import gzip
import json
import random
from fractions import Fraction
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from invented_registry import (
    BEIJING,
    GUANGZHOU,
    NEW_YORK,
    NYC,
    PAR,
    PARIS,
    Registry,
    Town,
    read_registry_file,
    write_registry,
)
from oracle_units import Json
from real_build import built, differences, run, write_works
from strategies import corpora, distinct_works
from work_records import NEWER, at, work

from oracle import SCHEMES, Options, Year, tally

ADDITIVE = [s for s in SCHEMES if s not in ("city", "full")]
ORDERLESS = [s for s in SCHEMES if s not in ("first-author", "corresponding-author")]

quick = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=40,
    suppress_health_check=list(HealthCheck),
)
# A build costs about a second: few examples of many works (the first is always a trivial one). No
# shrinking: a difference names its work, which is printed alone.
engine = settings(quick, max_examples=6, phases=[Phase.explicit, Phase.generate])
many = partial(corpora, min_size=60, max_size=90)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    return write_registry(tmp_path_factory.mktemp("registry") / "ror.jsonl")


@pytest.fixture(scope="module")
def known(registry) -> Registry:
    return read_registry_file(registry)


def report(found: list[str], works: list[Json]) -> str:
    """The differences, and the records they are about."""
    named = [w for w in works if any(w["id"] in line for line in found)]
    return "\n".join([*found[:20], *(json.dumps(w, ensure_ascii=False) for w in named[:5])])


@pytest.mark.parametrize("scheme", SCHEMES)
@given(works=many(), keep=st.booleans(), years=st.sampled_from([None, [2023, 2024], [2024]]))
@engine
def test_engine_equals_oracle(scheme, registry, known, works, keep, years):
    options = Options(scheme, frozenset(years) if years else None, keep)
    expected = tally(works, known.place, options, known.parents)
    choices = {"scheme": scheme, "keep_ancestors": keep, "years": years}
    with built(works, registry=registry, **choices) as tables:
        found = differences(tables, expected, scheme)
        assert not found, report(found, works)


# --- invariants of the rules, on the oracle ---------------------------------------------------


def shares(years: dict[int, Year]) -> dict[tuple[int, str], Fraction]:
    """(year, city or reason) -> Share."""
    return {
        (year, where): share
        for year, result in years.items()
        for where, share in [*result.share.items(), *result.unassigned.items()]
    }


def added(*parts: dict[tuple[int, str], Fraction]) -> dict[tuple[int, str], Fraction]:
    keys = set().union(*parts)
    return {key: sum((p.get(key, Fraction(0)) for p in parts), Fraction(0)) for key in keys}


@pytest.mark.parametrize("scheme", [s for s in SCHEMES if s != "full"])
@given(works=corpora())
@quick
def test_shares_and_unassigned_sum_to_the_works(scheme, known, works):
    for year in tally(works, known.place, Options(scheme), known.parents).values():
        assert sum(year.share.values()) + sum(year.unassigned.values()) == len(year.works)


@pytest.mark.parametrize("scheme", ORDERLESS)
@given(works=corpora())
@quick
def test_author_order_is_irrelevant(scheme, known, works):
    backwards = [w | {"authorships": w["authorships"][::-1]} for w in works]
    one, other = (
        tally(corpus, known.place, Options(scheme), known.parents) for corpus in (works, backwards)
    )
    assert {y: r.share for y, r in one.items()} == {y: r.share for y, r in other.items()}
    assert {y: r.count for y, r in one.items()} == {y: r.count for y, r in other.items()}


@pytest.mark.parametrize("scheme", SCHEMES)
@given(works=corpora(), seed=st.integers())
@quick
def test_record_order_is_irrelevant(scheme, known, works, seed):
    shuffled = random.Random(seed).sample(works, len(works))
    one, other = (
        tally(corpus, known.place, Options(scheme), known.parents) for corpus in (works, shuffled)
    )
    assert one == other


@pytest.mark.parametrize("scheme", SCHEMES)
@given(works=distinct_works())
@quick
def test_halves_add_up(scheme, known, works):
    whole, odd, even = (
        shares(tally(part, known.place, Options(scheme), known.parents))
        for part in (works, works[::2], works[1::2])
    )
    assert whole == added(odd, even)


def merge(city: str) -> str:
    return PARIS.city_id if city == NEW_YORK.city_id else city


@pytest.mark.parametrize("scheme", ADDITIVE)
@given(works=corpora())
@quick
def test_merged_cities_add_their_shares(scheme, known, works):
    apart = shares(tally(works, known.place, Options(scheme), known.parents))
    merged = tally(works, known.in_cities(merge).place, Options(scheme), known.parents)
    for (year, city), share in shares(merged).items():
        parts = [apart.get((year, c), 0) for c in {city} | set(TWINS.get(city, ()))]
        assert share == sum(parts)


TWINS = {PARIS.city_id: [NEW_YORK.city_id]}


# --- the same on the engine -------------------------------------------------------------------


def real_shares(tables) -> dict[tuple[int, str], float]:
    found: dict[tuple[int, str], float] = {}
    for row in tables["rankings"]:
        found[row["data_year"], row["city_id"]] = row["share"]
    for row in tables["unassigned"]:
        key = row["data_year"], row["reason"]
        found[key] = found.get(key, 0.0) + row["share"]
    return found


@given(works=distinct_works(40, 60))
@settings(engine, max_examples=2)
def test_engine_halves_add_up(registry, works):
    parts = []
    for corpus in (works, works[::2], works[1::2]):
        with built(corpus, registry=registry) as tables:
            parts.append(real_shares(tables))
    whole, *halves = parts
    assert whole == pytest.approx(added(*halves), abs=1e-12)


@pytest.mark.parametrize("scheme", ["nature-index", "leiden", "city"])
@given(works=many())
@settings(engine, max_examples=2)
def test_engine_ignores_author_order(scheme, registry, works):
    backwards = [w | {"authorships": w["authorships"][::-1]} for w in works]
    with built(works, registry=registry, scheme=scheme) as one:
        forth = real_shares(one)
    with built(backwards, registry=registry, scheme=scheme) as other:
        assert real_shares(other) == pytest.approx(forth, abs=1e-12)


def boundaries(**features: list[Town]) -> Json:
    """A GeoJSON city definition: each feature is a box of half a degree around its towns."""

    def box(town: Town) -> list[list[list[float]]]:
        x, y, r = town.longitude, town.latitude, 0.25
        corners = [(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r), (x - r, y - r)]
        return [[list(corner) for corner in corners]]

    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": name,
                "properties": {"id": name, "name": name},
                "geometry": {"type": "MultiPolygon", "coordinates": [box(t) for t in towns]},
            }
            for name, towns in features.items()
        ],
    }


@pytest.mark.parametrize("scheme", SCHEMES)
@given(works=many())
@settings(engine, max_examples=2)
def test_engine_counts_in_cities_of_polygons(scheme, registry, known, tmp_path_factory, works):
    """Two towns in one city; Guangzhou outside every city."""
    path = tmp_path_factory.mktemp("cities") / "cities.geojson"
    definition = boundaries(north=[BEIJING], atlantic=[PARIS, NEW_YORK])
    path.write_text(json.dumps(definition), encoding="utf-8")
    names = {BEIJING.city_id: "north", PARIS.city_id: "atlantic", NEW_YORK.city_id: "atlantic"}
    places = known.in_cities(lambda city: names.get(city, city))

    def place(institution_id, text):
        where = places.place(institution_id, text)
        outside = not isinstance(where, str) and where.place_id == GUANGZHOU.city_id
        return "outside-cities" if outside else where

    expected = tally(works, place, Options(scheme), known.parents)
    with built(works, registry=registry, scheme=scheme, cities=str(path)) as tables:
        found = differences(tables, expected, scheme)
        assert not found, report(found, works)


# --- order, files and threads -----------------------------------------------------------------


@given(works=many(), seed=st.integers(0, 2**32))
@settings(engine, max_examples=2)
def test_engine_tables_do_not_depend_on_order_files_or_threads(
    registry, tmp_path_factory, works, seed
):
    folder = tmp_path_factory.mktemp("order")
    # Same id and date, other content: whichever record wins must not hang on their order.
    works = [
        *works,
        work(900, at(PAR), updated_date=NEWER),
        work(900, at(NYC), updated_date=NEWER),
        work(901, at(PAR), updated_date=NEWER, doi="10.5555/901"),
        work(902, at(NYC), updated_date=NEWER, doi="10.5555/901"),
    ]
    one = write_works(folder / "all.jsonl", works)
    shuffled = random.Random(seed).sample(works, len(works))
    several = []
    for number in range(3):
        lines = "".join(json.dumps(w) + "\n" for w in shuffled[number::3])
        several.append(folder / f"part{2 - number}.jsonl.gz")
        several[-1].write_bytes(gzip.compress(lines.encode()))
    first = run([one], folder / "a", registry, threads=1).hashes()
    assert len(first) >= 10
    assert run([one], folder / "b", registry, threads=2).hashes() == first
    assert run(several, folder / "c", registry, threads=2).hashes() == first
    assert run(several[::-1], folder / "d", registry, threads=1).hashes() == first

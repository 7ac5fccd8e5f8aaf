"""The rules on an engine: equal to the oracle, and to the digits that DuckDB gives.

Here the engine is DuckDB; `test_other_engines.py` runs this file on Spark and on Sail.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from invented_registry import read_registry_file, write_registry
from real_build import Tables, run, write_works
from rule_cases import YEARS
from test_hand_written import CASES
from test_method import some_works

import sciencecities
from oracle import SCHEMES, Options, tally
from sciencecities import config, pipeline
from sciencecities.corpus.select import open_corpus, scope_works, select_works
from sciencecities.corpus.store import Corpus
from sciencecities.count.rules import weights_sql
from sciencecities.count.run import WEIGHTS, aim_units, count
from sciencecities.edition.verify import verify
from sciencecities.engines.base import Engine
from sciencecities.locate.run import Settings, locate
from sciencecities.progress import Silent
from sciencecities.rank.sums import SUMS, sum_weights
from sciencecities.scopes import load
from sciencecities.scopes.load import terms_table
from sciencecities.tables import CITIES, PLACEMENTS, PLACES, UNITS

ENGINE = os.environ.get("SCIENCECITIES_TEST_ENGINE", "duckdb")  # or spark, or sc://host:port
WORK = 10**18
ALL = (0, 2**63 - 1)
SMALL: dict[str, Any] = {"threads": 1, "memory": "1GB", "replicates": 40}
LETTERS = {"issn": ["2469-9950", "0002-7863"], "letters_only": [True, False]}
HIGHLIGHTS = ["10.1/highlight"]


def settings(engine: str) -> dict[str, Any]:
    """An engine as a configuration names it."""
    if engine.startswith("sc://"):
        return {"engine": "spark", "remote": engine}
    return {"engine": engine}


def opened(engine: str, scratch: Path) -> Engine:
    return pipeline.open_engine(config.make(**settings(engine), **SMALL), scratch)


class World:
    """One corpus: the hand-written cases and generated works of many shapes, with Letters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.works = [w for case in CASES for w in case.works] + some_works(40, seed=4)
        self.works[-1] |= {"doi": f"https://doi.org/{HIGHLIGHTS[0]}"}
        self.registry = write_registry(folder / "ror.jsonl")
        self.source = write_works(folder / "works.jsonl", self.works)

    def build(self, engine: str) -> Tables:
        out = self.folder / "editions" / engine.replace("/", "-")
        out.parent.mkdir(exist_ok=True)
        return run([self.source], out, self.registry, cities="metro", **settings(engine), **SMALL)

    def prepare(self, engine: Engine) -> None:
        """Everything before counting."""
        corpus = Corpus(self.folder / "corpus")
        if corpus.note() is None:
            from sciencecities.corpus.ingest import ingest

            ingest([str(self.source)], corpus.folder, threads=1)
        open_corpus(engine, corpus)
        select_works(engine, years=list(YEARS), journals=None, highlights=HIGHLIGHTS)
        scope_works(engine, terms_table(load(None)))
        stages = self.folder / type(engine).__name__
        stages.mkdir()
        how = Settings(str(self.registry), "registry", False, False)
        locate(engine, how, "place", stages, overlaps="error", threads=1, progress=Silent())
        for table in (UNITS, PLACEMENTS, PLACES, CITIES):
            engine.view(table.name, [stages / f"{table.name}.parquet"], table)
        aim_units(engine)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def edition(world: World) -> Tables:
    return world.build(ENGINE)


@pytest.fixture(scope="module")
def duckdb(world: World, tmp_path_factory) -> Iterator[Engine]:
    engine = opened("duckdb", tmp_path_factory.mktemp("duckdb"))
    world.prepare(engine)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def engine(edition, duckdb: Engine, world: World, tmp_path_factory) -> Iterator[Engine]:
    """The engine that is tested. (A build ends its session, so the edition comes before.)"""
    if ENGINE == "duckdb":
        yield duckdb
        return
    engine = opened(ENGINE, tmp_path_factory.mktemp("scratch"))
    world.prepare(engine)
    yield engine
    engine.close()


def rows(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    table = engine.fetch(sql)
    return sorted(zip(*(c.to_pylist() for c in table.columns), strict=True), key=repr)


# --- whole editions ---------------------------------------------------------------------------


def test_edition_is_right(edition: Tables):
    assert verify(edition.folder) == []


def test_edition_has_the_hashes_of_duckdb(edition: Tables, world: World):
    expected = edition if ENGINE == "duckdb" else world.build("duckdb")
    assert edition.hashes() == expected.hashes()


def test_edition_of_no_works_has_the_hashes_of_duckdb(world: World, tmp_path: Path):
    """An engine may write no file at all where there are no rows."""
    hashes = [
        run(
            [world.source],
            tmp_path / name.replace("/", "-"),
            world.registry,
            years=[1999],
            **settings(name),
            **SMALL,
        ).hashes()
        for name in {"duckdb", ENGINE}
    ]
    assert all(found == hashes[0] for found in hashes)


def test_edition_has_the_column_types_of_duckdb(edition: Tables, world: World):
    import pyarrow.parquet as pq

    own = {p.name: pq.read_schema(p) for p in edition.folder.glob("*.parquet")}
    folder = edition.folder if ENGINE == "duckdb" else edition.folder.parent / "duckdb"
    for path in folder.glob("*.parquet"):
        schema = pq.read_schema(path)
        assert dict(zip(own[path.name].names, own[path.name].types, strict=True)) == dict(
            zip(schema.names, schema.types, strict=True)
        ), path.name


@pytest.mark.parametrize("is_first", [True, False], ids=["begun", "ended"])
def test_a_stopped_build_goes_on_under_another_engine(
    is_first: bool, edition: Tables, world: World, tmp_path: Path, monkeypatch
):
    """Stopped behind counting; what the first engine located and counted is the second's."""
    if ENGINE == "duckdb":
        pytest.skip("one engine alone")
    engines = [ENGINE, "duckdb"] if is_first else ["duckdb", ENGINE]

    def build(engine: str, **how: Any) -> Tables:
        out = tmp_path / "edition"
        how |= {"cities": "metro", **settings(engine), **SMALL}
        return run([world.source], out, world.registry, **how)

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sciencecities.rank.run.rank_all", stop)
        with pytest.raises(KeyboardInterrupt):
            build(engines[0])
    for stage in ("sciencecities.count.run.count", "sciencecities.pipeline._locate"):
        monkeypatch.setattr(stage, stop)  # neither is done again
    assert build(engines[1], resume=True).hashes() == edition.hashes()


def test_what_broke_before_going_on_is_made_again(
    edition: Tables, world: World, tmp_path: Path, monkeypatch
):
    """One bit flipped in the weights and in the units, which an engine may keep in a folder."""
    out = tmp_path / "edition"
    how = {"cities": "metro", **settings(ENGINE), **SMALL}

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sciencecities.rank.run.rank_all", stop)
        with pytest.raises(KeyboardInterrupt):
            run([world.source], out, world.registry, **how)
    for name in ("weights.parquet", "units.parquet"):
        kept = tmp_path / ".edition.building" / "stages" / name
        file = max(kept.glob("*.parquet"), key=lambda p: p.stat().st_size, default=kept)
        data = bytearray(file.read_bytes())
        data[len(data) // 3] ^= 1
        file.write_bytes(data)
    again = run([world.source], out, world.registry, resume=True, **how)
    assert again.hashes() == edition.hashes()


# --- reading ---------------------------------------------------------------------------------


def test_corpus_is_that_of_one_machine(world: World, tmp_path: Path):
    """Of several files, one of them of works that cannot be read, and again after a part broke."""
    inputs = [
        str(write_works(tmp_path / f"works-{n}.jsonl", world.works[n::3])) for n in range(3)
    ] + [str(tmp_path / "broken.jsonl")]
    Path(inputs[-1]).write_text('{"id": 5}\n', encoding="utf-8")
    how = {"sources": inputs, "max_rejects": 1.0, **SMALL}
    notes = []
    for engine in ("duckdb", ENGINE):
        folder = tmp_path / engine.replace("/", "-") / "corpus"
        given = config.make(corpus=str(folder), **settings(engine), **how)
        notes.append(pipeline.read_corpus(given, folder, Silent())[1])
        damaged = max(folder.glob("works/*.parquet"), key=lambda p: p.stat().st_size)
        damaged.write_bytes(damaged.read_bytes()[:-9])
        notes.append(pipeline.read_corpus(given, folder, Silent())[1])
        Corpus(folder).check(notes[-1])
    assert all(note == notes[0] for note in notes)
    assert (notes[0].records, notes[0].rejects) == (len(world.works) + 1, 1)


def test_reading_that_was_killed_goes_on(world: World, tmp_path: Path):
    """Killed as soon as a file is read; tasks of a server may still be writing then."""
    inputs = [
        str(write_works(tmp_path / f"works-{n:02}.jsonl", world.works)) for n in range(24)
    ]  # fmt: skip
    given = config.make(sources=inputs, **settings(ENGINE), **SMALL)
    how = [f"--{key}={value}" for key, value in settings(ENGINE).items()]
    folder = tmp_path / "corpus"
    command = [sys.executable, "-m", "sciencecities", "ingest", *inputs, "--corpus", str(folder)]
    with subprocess.Popen([*command, *how, "--threads=1"]) as reading:
        while reading.poll() is None and not list(folder.glob("files/*.json")):
            time.sleep(0.001)
        reading.kill()
    assert not (folder / "corpus.json").exists(), "ended before it was killed"
    note = pipeline.read_corpus(given, folder, Silent())[1]
    assert note == pipeline.read_corpus(given, tmp_path / "other", Silent())[1]
    Corpus(folder).check(note)
    assert not list(folder.rglob("*.partial"))


def test_a_cut_file_is_one_clear_line(tmp_path: Path, world: World):
    cut = tmp_path / "works.jsonl.gz"
    cut.write_bytes(gzip.compress(write_works(tmp_path / "w.jsonl", world.works).read_bytes())[:-9])
    given = config.make(sources=[str(cut)], **settings(ENGINE), **SMALL)
    with pytest.raises(sciencecities.SourceError, match="ends early") as caught:
        pipeline.read_corpus(given, tmp_path / "corpus", Silent())
    assert "\n" not in str(caught.value)


# --- counting ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
def test_weights_are_those_of_the_oracle(scheme: str, engine: Engine, world: World):
    parts: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    weights = weights_sql(scheme, *ALL)
    for work, city, reason, units in rows(
        engine,
        "SELECT s.work_id, t.city_id, t.reason, w.units "
        f"FROM ({weights}) AS w JOIN selected AS s ON s.work_no = w.work_no "
        "JOIN unit_targets AS u ON u.unit_no = w.unit_no "
        "JOIN targets AS t ON t.target_no = u.target_no",
    ):
        parts[work][city or reason] += Fraction(units, WORK)
    known = read_registry_file(world.registry)
    years = tally(world.works, known.place, Options(scheme, frozenset(YEARS)), known.parents)
    expected = {w: p for year in years.values() for w, p in year.by_work.items()}
    assert parts.keys() == expected.keys()
    for work, mine in expected.items():
        found = {where: float(weight) for where, weight in parts[work].items()}
        assert found == pytest.approx({k: float(v) for k, v in mine.items()}, abs=1e-12), work


@pytest.mark.parametrize("scheme", SCHEMES)
def test_weights_are_those_of_duckdb(scheme: str, engine: Engine, duckdb: Engine):
    sql = weights_sql(scheme, *ALL)
    assert rows(engine, sql) == rows(duckdb, sql)


def test_batches_of_records_give_the_weights_of_one_query(
    engine: Engine, tmp_path: Path, monkeypatch
):
    records = rows(engine, "SELECT record_id FROM selected")
    middle = records[len(records) // 2][0]
    ranges = [(0, middle), (middle + 1, ALL[1])]
    monkeypatch.setattr("sciencecities.count.run.record_ranges", lambda _: ranges)
    count(engine, "leiden", tmp_path, Silent())
    engine.view("counted", [tmp_path / "weights.parquet"], WEIGHTS)
    assert [p.name for p in tmp_path.iterdir()] == ["weights.parquet"]
    columns = ", ".join(WEIGHTS.names)
    whole = rows(engine, f"SELECT {columns} FROM ({weights_sql('leiden', *ALL)}) AS w")
    assert rows(engine, f"SELECT {columns} FROM counted") == whole


@pytest.mark.parametrize("highlights", [[], HIGHLIGHTS], ids=["letters", "highlights"])
def test_letters_and_highlights(highlights, engine: Engine, duckdb: Engine):
    found = []
    for one in (engine, duckdb):
        select_works(one, years=[2024], journals=pa.table(LETTERS), highlights=highlights)
        found.append(rows(one, "SELECT work_no, work_id, is_letter, document FROM candidates"))
    assert found[0] == found[1]
    assert {is_letter for *_, is_letter, _ in found[0]} == {True, False}


# --- sums -------------------------------------------------------------------------------------


def test_sums_of_more_works_than_64_bits_hold(tmp_path: Path, engine: Engine):
    """Eleven works of 10^18 units are above 2^63 = 9.22 × 10^18; a third of one splits unevenly."""
    thirds = [WORK // 3 + 1, WORK // 3, WORK // 3]
    weights = [(n, 1, WORK) for n in range(1, 12)] + [(12, u + 1, t) for u, t in enumerate(thirds)]
    columns = dict(zip(("work_no", "unit_no", "units"), zip(*weights, strict=True), strict=True))
    engine.put("weights", pa.table(columns))
    units = {
        "unit_no": [1, 2, 3], "target_no": [1, 1, -1], "listed_no": [7, 8, 9],
        "country_no": [5, 5, 0],
    }  # fmt: skip
    engine.put("unit_targets", pa.table(units))
    members = {"work_no": list(range(1, 13)), "data_year": [2024] * 12, "scope_no": [0] * 12}
    engine.put("members", pa.table(members))
    sum_weights(engine, Silent())
    found = {
        name: {
            tuple(row[2:-2]): (int(row[-2]), row[-1])
            for row in rows(engine, f"SELECT * FROM {name}")
        }
        for name in SUMS
    }
    placed = 11 * WORK + sum(thirds[:2])
    assert placed > 2**63
    assert found["by_target"] == {(1,): (placed, 12), (-1,): (thirds[2], 1)}
    assert found["by_country"] == {(5,): (placed, 12)}
    assert found["by_institution"] == {
        (1, 7): (11 * WORK + thirds[0], 12),
        (1, 8): (thirds[1], 1),
    }


def test_a_query_that_fails_is_one_clear_line(engine: Engine):
    with pytest.raises(sciencecities.EngineError, match="failed") as caught:
        engine.fetch("SELECT nothing FROM nowhere")
    assert "\n" not in str(caught.value)
    assert "nowhere" in str(caught.value) or "nothing" in str(caught.value)

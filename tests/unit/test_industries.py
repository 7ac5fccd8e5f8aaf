"""The six future industries as scopes."""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_world import BJ, GZ, _work, write_registry

import sciencecities as sc
from sciencecities.edition.specialisation import ratio
from sciencecities.errors import ConfigError
from sciencecities.scopes import load
from sciencecities.scopes.industries import INDUSTRIES, INDUSTRY_NAMES
from sciencecities.scopes.load import loads
from sciencecities.scopes.tables import rows

TITLES = {
    "intelligent-unmanned-systems": "智能无人系统",
    "embodied-intelligence": "具身智能",
    "cell-and-gene": "细胞与基因",
    "future-networks-and-quantum": "未来网络与量子科技",
    "advanced-materials": "前沿新材料",
    "deep-sea-and-deep-space": "深海深空",
}
CRISPR, ROBOT_ARMS, SATELLITE_LINKS, EDUCATION = "T10878", "T10653", "T12042", "T10001"


def test_titles_are_those_of_the_plan() -> None:
    assert {s.name: s.title_zh for s in INDUSTRIES} == TITLES
    assert {s.kind for s in INDUSTRIES} == {"industry"}


def test_every_row_has_a_well_formed_term_a_name_and_a_reason() -> None:
    table = rows("industries")
    shapes = {"topic": r"T1\d{4}", "mesh": r"D\d{6,9}"}
    assert all(re.fullmatch(shapes[r["kind"]], r["term"]) for r in table)
    assert all(r["name"] and r["why"] for r in table)
    keys = [(r["scope"], r["term"]) for r in table]
    assert len(keys) == len(set(keys))
    assert {r["scope"] for r in table if r["kind"] == "topic"} == set(INDUSTRY_NAMES)


def test_mesh_headings_are_named_as_in_the_subject_table() -> None:
    known = {r["ui"]: r["name"] for r in rows("mesh_subjects")}
    mesh = [r for r in rows("industries") if r["kind"] == "mesh"]
    assert all(known.get(r["term"], r["name"]) == r["name"] for r in mesh)
    assert sum(r["term"] in known for r in mesh) >= 15


@pytest.mark.shared
def test_topics_are_named_as_openalex_names_them() -> None:
    import csv

    shared = os.environ.get("SCIENCECITIES_SHARED")
    folder = Path(shared) if shared else Path(__file__).parents[2].parent / "shared"
    path = folder / "data" / "openalex" / "topics.csv"
    if not path.exists():
        pytest.skip(f"no development data at {path}")
    with path.open(encoding="utf-8", newline="") as file:
        known = {r["topic_id"]: r["topic_name"] for r in csv.DictReader(file)}
    assert all(known[r["term"]] == r["name"] for r in rows("industries") if r["kind"] == "topic")


def test_a_file_may_drop_them_but_not_take_their_names() -> None:
    text = "[scopes.cell-and-gene]\ntopics=['T10001']"
    with pytest.raises(ConfigError, match="is a default scope"):
        loads(text, "own.toml")
    own = loads(f"include_defaults = false\n{text}", "own.toml")
    assert [(s.name, s.kind) for s in own.scopes] == [("cell-and-gene", "own")]
    assert [s.kind for s in load().scopes] == ["subject"] * 5 + ["industry"] * 6


def tagged(number: int, topic: str, authors: list[Any]) -> dict[str, Any]:
    topic_record = {"id": f"https://openalex.org/{topic}", "display_name": topic}
    return _work(number, 2024, "", authors) | {"primary_topic": topic_record}


def build(folder: Path) -> sc.Edition:
    """Eight works: Guangzhou has 3.5 of them, 2.5 in cell and gene; Beijing 4.5 and 0.5."""
    works = [
        tagged(1, CRISPR, [GZ]),
        tagged(2, CRISPR, [GZ]),
        tagged(3, CRISPR, [GZ, BJ]),
        tagged(4, ROBOT_ARMS, [BJ]),
        tagged(5, SATELLITE_LINKS, [GZ]),
        *(tagged(n, EDUCATION, [BJ]) for n in (6, 7, 8)),
    ]
    path = folder / "works.jsonl"
    path.write_text("".join(json.dumps(w) + "\n" for w in works), encoding="utf-8")
    registry = write_registry(folder / "ror.jsonl")
    return sc.build(sources=[path], registry=registry, out=folder / "edition", threads=1)


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> sc.Edition:
    return build(tmp_path_factory.mktemp("industries"))


def test_cities_are_ranked_in_an_industry(edition: sc.Edition) -> None:
    ranked = edition.rankings("cell-and-gene").to_pylist()
    assert [(r["rank"], r["city"], r["share"]) for r in ranked] == [
        (1, "Guangzhou", 2.5),
        (2, "Beijing", 0.5),
    ]


def test_a_work_may_be_in_two_industries(edition: sc.Edition) -> None:
    for scope in ("deep-sea-and-deep-space", "future-networks-and-quantum"):
        assert edition.rankings(scope).column("share").to_pylist() == [1.0]


def test_an_industry_is_found_by_its_chinese_title(edition: sc.Edition) -> None:
    assert edition.resolve_scope("深海深空") == "deep-sea-and-deep-space"
    assert edition.title("deep-sea-and-deep-space", "zh") == "深海深空"
    kinds = {s["name"]: s["kind"] for s in edition.manifest["scopes"]}
    assert kinds["cell-and-gene"] == "industry" and kinds["health"] == "subject"


def test_specialisation_by_hand(edition: sc.Edition) -> None:
    """Guangzhou: works of weight 1, 1, ½ in cell and gene, 1 outside it; the world 3 of 8 works.

    s = 2.5/3.5, a = 1 + 1 + ¼, b = 1; var = ((1 − s)² a + s² b) / 3.5².
    """
    rows = {r["scope"]: r for r in edition.specialisation("广州").to_pylist()}
    found = rows["cell-and-gene"]
    part = 2.5 / 3.5
    error = math.sqrt((1 - part) ** 2 * 2.25 + part**2 * 1) / 3.5
    assert found["part"] == pytest.approx(part, abs=1e-12)
    assert found["world_part"] == 3 / 8
    assert found["specialisation"] == pytest.approx(part * 8 / 3, abs=1e-12)
    spread = math.exp(1.959964 * error / part)
    assert found["low"] == pytest.approx(part * 8 / 3 / spread, rel=1e-6)
    assert found["high"] == pytest.approx(part * 8 / 3 * spread, rel=1e-6)
    assert found["n_eff"] == pytest.approx(2.5**2 / 2.25) and found["few_works"]
    assert rows["embodied-intelligence"]["specialisation"] == 0
    assert rows["embodied-intelligence"]["low"] is None


def test_specialisation_interval_covers_a_re_draw() -> None:
    """The linearised interval against 4,000 Poisson re-draws of works of weight 1 and ½."""
    rng = np.random.default_rng(7)
    inside, outside = np.repeat([1.0, 0.5], [60, 40]), np.repeat([1.0, 0.5], [300, 200])
    a = rng.poisson(1.0, (4000, inside.size)) @ inside
    b = rng.poisson(1.0, (4000, outside.size)) @ outside
    low, high = np.quantile(a / (a + b), [0.025, 0.975])
    squares = (inside @ inside, inside @ inside + outside @ outside)
    found = ratio(inside.sum(), squares[0], inside.sum() + outside.sum(), squares[1], 1.0)
    assert found.low == pytest.approx(low, rel=0.04)
    assert found.high == pytest.approx(high, rel=0.04)


def test_a_city_of_the_world_s_mix_is_one() -> None:
    assert ratio(10.0, 10.0, 40.0, 40.0, 0.25).value == 1.0

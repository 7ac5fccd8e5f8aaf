"""The engine against the oracle on 13,030 real OpenAlex works of both schemas."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from invented_registry import Registry, read_registry
from oracle_units import Json
from real_build import differences, run

from oracle import SCHEMES, Options, tally

pytestmark = pytest.mark.shared
BESIDE = Path(__file__).resolve().parents[3] / "shared"
SHARED = Path(os.environ.get("SCIENCECITIES_SHARED", BESIDE)) / "data"
WORKS = SHARED / "openalex" / "works-sample.jsonl.gz"
REGISTRY = SHARED / "ror" / "ror-v2-part.jsonl.gz"


def read(path: Path) -> list[Json]:
    if not path.exists():
        pytest.skip(f"{path} is absent (development data; set SCIENCECITIES_SHARED)")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def works() -> list[Json]:
    """The records without the parts that do not bear on counting, to spare memory."""
    heavy = ("concepts", "topics", "keywords", "referenced_works", "related_works", "locations")
    return [{k: v for k, v in w.items() if k not in heavy} for w in read(WORKS)]


@pytest.fixture(scope="module")
def known() -> Registry:
    return read_registry(read(REGISTRY))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_city_and_reason(scheme, works, known, tmp_path):
    expected = tally(works, known.place, Options(scheme), known.parents)
    tables = run([WORKS], tmp_path / "edition", REGISTRY, scheme=scheme)
    found = differences(tables, expected, scheme)
    assert not found, f"{len(found)} differences\n" + "\n".join(found[:40])


def test_keeping_ancestors(works, known, tmp_path):
    options = Options(keep_ancestors=True)
    expected = tally(works, known.place, options, known.parents)
    tables = run([WORKS], tmp_path / "edition", REGISTRY, keep_ancestors=True)
    found = differences(tables, expected, options.scheme)
    assert not found, f"{len(found)} differences\n" + "\n".join(found[:40])

"""The gazetteer alone against 200 affiliations that were labelled by reading them.

A failing test prints figures, not strings: `python scripts/evaluate_places.py` lists those, for
reading. Rules and tables are made from other affiliations, never from these 200.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "evaluate_places.py"
MIN_RIGHT = 0.97  # of the placed
MIN_PLACED = 0.95  # of those that a reader can place


@pytest.fixture(scope="module")
def places() -> ModuleType:
    spec = importlib.util.spec_from_file_location("evaluate_places", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def answers(places: ModuleType) -> list[Any]:
    return places.evaluate(places.read_labels())


def test_placed_affiliations_are_in_the_right_city(places, answers):
    total = places.figures(answers)
    assert total.right_share >= MIN_RIGHT, places.summary(total)


def test_knowable_affiliations_are_placed(places, answers):
    total = places.figures(answers)
    assert total.placed_share >= MIN_PLACED, places.summary(total)


def test_labels_are_the_random_sample_of_the_demo_file(places):
    drawn = places.draw(places.SEED, places.SIZE)
    labelled = [
        (row.pmid, int(row.author_position), int(row.affiliation), row.text)
        for row in places.read_labels()
    ]
    assert labelled == [tuple(row) for row in drawn]


def test_labels_are_complete_and_hold_no_addresses(places):
    labels = places.read_labels()
    assert len(labels) == places.SIZE
    for row in labels:
        assert row.town and row.city
        assert (row.city == places.UNKNOWN) == (not row.country)
        assert "@" not in row.text
    spellings = {(row.city, row.country, row.accept) for row in labels}
    of_city = Counter((city, country) for city, country, _ in spellings)
    assert set(of_city.values()) == {1}, "a city is accepted in one set of spellings"


# Expected values by hand from the rules in the module's docstrings.
@pytest.mark.parametrize(
    ("city", "country", "accept", "near", "right"),
    [
        ("Suzhou", "CN", "", "", True),
        ("suzhou", "CN", "", "31.3 120.6", True),
        ("Suzhou", "CN", "", "33.6 117.0", False),  # the other Suzhou, in Anhui
        ("Suzhou", "TW", "", "", False),
        ("Soochow", "CN", "", "", False),
        ("Soochow", "CN", "Sutschou;Suzhou", "", True),
        ("unknown", "", "", "", False),  # placed though nobody can tell where
    ],
)
def test_what_counts_as_right(places, city, country, accept, near, right):
    label = places.Label("1", "1", "1", "text", "town", country, city, accept, near, "")
    found = places.City("gn:1886760", "Suzhou", "苏州", "CN", 31.30408, 120.59538)
    assert places.Answer(label, None, found).is_right is right


def test_figures_count_what_is_placed_without_a_knowable_place_as_wrong(places):
    known = places.Label("1", "1", "1", "text", "Paris", "FR", "Paris", "", "", "")
    unknown = known._replace(country="", city=places.UNKNOWN)
    paris = places.City("gn:2988507", "Paris", None, "FR", 48.85341, 2.3488)
    rows = [
        places.Answer(known, None, paris),
        places.Answer(known, None, None),
        places.Answer(unknown, None, paris),
        places.Answer(unknown, None, None),
    ]
    total = places.figures(rows)
    assert total == (4, 2, 2, 1, 1)
    assert (total.placed_share, total.right_share) == (0.5, 0.5)


def test_wilson_interval_equals_a_published_one(places):
    # Newcombe 1998, Statistics in Medicine 17:857, table I: 81 of 263, method 3.
    low, high = places.wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)

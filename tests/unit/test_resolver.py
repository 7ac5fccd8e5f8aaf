"""The resolver: one answer per string, in order, in the shape that DESIGN.md section 11 gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ror_records import BOSTON, GUANGZHOU, record, registry, ror

from sciencecities.errors import LocateError
from sciencecities.locate.resolver import Resolver

REGISTRY = registry(
    record(1, "Foghorn University", BOSTON), record(2, "Lantern Institute of Estuaries", GUANGZHOU)
)


@pytest.fixture(scope="module")
def resolver() -> Resolver:
    return Resolver(REGISTRY, cities="place")


def test_a_registered_organisation(resolver: Resolver) -> None:
    text = "Foghorn University, Boston, MA, USA"
    [answer] = resolver.resolve([text])
    score = answer["institutions"][0]["score"]
    assert 0.8 < score < 1
    assert [answer] == [
        {
            "text": text,
            "institutions": [{"ror": ror(1), "name": "Foghorn University", "score": score}],
            "place": {
                "geonames_id": 4930956,
                "name": "Boston",
                "country": "US",
                "method": "match+text:text-city-country",
                "score": 0.99,
            },
            "city": {"id": "gn:4930956", "name": "Boston"},
        }
    ]


def test_an_unregistered_organisation_has_no_ror(resolver: Resolver) -> None:
    [answer] = resolver.resolve(["Kite Institute, Lyon, France"])
    assert answer["institutions"] == [{"ror": None, "name": "Kite Institute", "score": None}]
    assert answer["city"] == {"id": "gn:2996944", "name": "Lyon"}


def test_unknown_strings_are_answered_with_nothing(resolver: Resolver) -> None:
    for text in ("", "???", "no such thing"):
        assert resolver.resolve([text]) == [
            {"text": text, "institutions": [], "place": None, "city": None}
        ]


def test_order_and_repetition_are_kept(resolver: Resolver) -> None:
    texts = ["Lyon, France", "Foghorn University", "", "Lyon, France", "Foghorn University"]
    answers = resolver.resolve(iter(texts))
    assert [answer["text"] for answer in answers] == texts
    assert answers[0] == answers[3]
    assert answers[0]["city"] == {"id": "gn:2996944", "name": "Lyon"}
    assert resolver.resolve([]) == []


def test_several_organisations_are_listed(resolver: Resolver) -> None:
    text = "Foghorn University, Boston, USA; Lantern Institute of Estuaries, Guangzhou, China"
    [answer] = resolver.resolve([text])
    assert [i["ror"] for i in answer["institutions"]] == [ror(1), ror(2)]
    assert answer["place"]["name"] == "Boston"


def test_the_registry_may_be_a_file_and_cities_are_metropolitan(tmp_path: Path) -> None:
    path = tmp_path / "ror.jsonl"
    path.write_text(json.dumps(record(2, "Lantern Institute of Estuaries", GUANGZHOU)) + "\n")
    [answer] = Resolver(str(path)).resolve(["Lantern Institute of Estuaries, China"])
    assert answer["place"]["method"] == "match+registry"
    assert answer["city"] == {"id": "gn:1809858", "name": "Guangzhou"}


def test_without_a_registry_the_gazetteer_answers() -> None:
    [answer] = Resolver(cities="place").resolve(["Foghorn University, Boston, MA, USA"])
    assert answer["institutions"] == [{"ror": None, "name": "Foghorn University", "score": None}]
    assert answer["place"]["geonames_id"] == 4930956


def test_an_unusable_registry_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LocateError, match="absent"):
        Resolver(tmp_path / "absent.jsonl")


@pytest.mark.parametrize(
    ("strings", "said"),
    [
        (["a", None], "string 2 is None, not text"),
        ([1], "string 1 is 1, not text"),
        ([float("nan")], "string 1 is nan, not text"),
        (["a", "b", b"c"], "string 3 is b'c', not text"),
    ],
)
def test_what_is_no_text_is_named(resolver: Resolver, strings: list[Any], said: str) -> None:
    with pytest.raises(TypeError, match=f"^{said}$"):
        resolver.resolve(strings)


def test_a_single_string_is_a_list_of_one() -> None:
    one = "Sorbonne Université, Paris, France"
    resolver = Resolver()
    assert resolver.resolve(one) == resolver.resolve([one])

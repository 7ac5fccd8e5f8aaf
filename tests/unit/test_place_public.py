"""Places of strings that any reader can place, by kind of difficulty (tests/golden)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sciencecities.locate.resolver import Resolver
from sciencecities.locate.text import fold

TABLE = Path(__file__).parents[1] / "golden" / "places_public.txt"
ROWS = [
    tuple(field.strip() for field in line.split(" |"))
    for line in TABLE.read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def resolver() -> Resolver:
    return Resolver()


@pytest.mark.parametrize(("text", "city", "country"), ROWS, ids=[row[0] for row in ROWS])
def test_public_knowledge(resolver: Resolver, text: str, city: str, country: str) -> None:
    """Without a registry; the city of the place under `metro`."""
    answer = resolver.resolve(text)[0]
    if city == "-":
        assert answer["place"] is None
        return
    assert answer["place"] is not None
    assert answer["place"]["country"] == country
    assert 0.5 <= answer["place"]["score"] <= 1.0
    found = fold(answer["city"]["name"])
    assert any(fold(name) in found for name in city.split("/"))

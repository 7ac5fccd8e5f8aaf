"""Order and ties. Source: DESIGN "Ranking"; formulas in docs/METHOD.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

TIE = 10**9
"""Neighbours whose gap is at most 1/TIE of the smaller share a rank."""


def rank(units: Mapping[str, int]) -> list[tuple[int, str]]:
    """(rank, id) by units, largest first; ties are chained and listed by id inside.

    >>> rank({"a": 5, "b": 7, "c": 5, "d": 1})
    [(1, 'b'), (2, 'a'), (2, 'c'), (4, 'd')]
    """
    ordered = sorted(units.items(), key=lambda item: (-item[1], item[0]))
    ranked: list[tuple[int, str]] = []
    group: list[str] = []
    previous: int | None = None
    for name, value in ordered:
        if previous is not None and (previous - value) * TIE > value:
            ranked += _tied(group, len(ranked))
            group = []
        group.append(name)
        previous = value
    return ranked + _tied(group, len(ranked))


def _tied(names: Iterable[str], n_before: int) -> list[tuple[int, str]]:
    return [(n_before + 1, name) for name in sorted(names)]


CITY, COUNTRY = 0, 1
"""What a list ranks."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The cities or countries of one data year and scope, in order of rank."""

    year: int
    scope: str
    kind: int
    names: list[str]
    numbers: list[int]  # target_no or country_no
    ranks: list[int]
    units: list[int]

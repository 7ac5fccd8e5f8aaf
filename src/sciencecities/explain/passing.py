"""The rank's way: which cities were passed, by whose doing, and the rank with own Share held."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from sciencecities.explain.legs import Kind, Leg, Point
from sciencecities.rank.order import rank
from sciencecities.tables import UNITS_PER_WORK

Cause = Literal["own", "theirs", "either", "both"]
"""Whose change did it: our city's alone would have, theirs alone would have, each by itself would
have, or only both together."""

RANKS_SQL = """
SELECT city_id, city, city_zh, rank, rank_low, rank_high, share FROM rankings
WHERE data_year = $year AND scope = $scope ORDER BY rank, city_id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A city in one ranking; `share` in works."""

    city_id: str
    city: str
    city_zh: str | None
    rank: int
    rank_low: int | None
    rank_high: int | None
    share: Fraction


@dataclass(frozen=True, slots=True)
class Passed:
    """A city that was ahead and no longer is, or the other way round.

    Shares are in works, those before the step scaled to the works after it; ranks are None for a
    side from which the city is absent.
    """

    city_id: str
    city: str
    city_zh: str | None
    from_rank: int | None
    to_rank: int | None
    before: Fraction
    after: Fraction
    cause: Cause


@dataclass(frozen=True, slots=True)
class Move:
    """The rank over one step. `held_still` is the rank after it had the city's own (adjusted)
    Share stood still; ranks are None where the city has no Share."""

    kind: Kind
    from_rank: int | None
    to_rank: int | None
    held_still: int | None
    passed: tuple[Passed, ...]
    passed_by: tuple[Passed, ...]

    @property
    def change(self) -> int | None:
        """Places won; None if the city is absent from one side."""
        return _difference(self.from_rank, self.to_rank)

    @property
    def by_others(self) -> int | None:
        """Places won by others' decline alone."""
        return _difference(self.from_rank, self.held_still)

    @property
    def by_own(self) -> int | None:
        """Places won by own growth, others being as they are after the step."""
        return _difference(self.held_still, self.to_rank)


Ranking = dict[str, Standing]


def ranking(point: Point, scope: str) -> Ranking:
    """The cities of a year and scope by id, in order of rank."""
    found = point.edition.query(RANKS_SQL, {"year": point.year, "scope": scope})
    columns = [c.to_pylist() for c in found.columns]
    rows = zip(*columns, strict=True)
    return {r[0]: Standing(r[0], r[1], r[2], r[3], r[4], r[5], Fraction(r[6] or 0)) for r in rows}


def move(leg: Leg, city_id: str, before: Ranking, after: Ranking, growth: Fraction) -> Move:
    """How the city's rank changed in a step; passed cities in order of their rank after it.

    A city is passed if it was ahead (a smaller rank) and is so no more, so that the cities passed
    less those that passed are the places won.
    """
    ours = before.get(city_id), after.get(city_id)
    own = _scaled(ours[0], growth), _share(ours[1])
    last = max(len(before), len(after)) + 1
    places = tuple(s.rank if s else last for s in ours)
    passed: list[Passed] = []
    passed_by: list[Passed] = []
    for other in (before.keys() | after.keys()) - {city_id}:
        theirs = before.get(other), after.get(other)
        was = (theirs[0].rank if theirs[0] else last) < places[0]
        now = (theirs[1].rank if theirs[1] else last) < places[1]
        if was != now:
            changed = _passed(theirs, own, _scaled(theirs[0], growth))
            (passed if was else passed_by).append(changed)
    return Move(
        leg.kind,
        ours[0].rank if ours[0] else None,
        ours[1].rank if ours[1] else None,
        rank_with(after, city_id, own[0]),
        tuple(sorted(passed, key=_in_order)),
        tuple(sorted(passed_by, key=_in_order)),
    )


def rank_with(standings: Ranking, city_id: str, share: Fraction) -> int | None:
    """The rank the city would have with this Share, all others as they are; None if it is 0."""
    if share <= 0:
        return None
    units = {c: round(s.share * UNITS_PER_WORK) for c, s in standings.items()}
    units[city_id] = round(share * UNITS_PER_WORK)
    return next(place for place, c in rank(units) if c == city_id)


def _passed(
    theirs: tuple[Standing | None, Standing | None],
    own: tuple[Fraction, Fraction],
    before: Fraction,
) -> Passed:
    old, new = theirs
    after = _share(new)
    named = new or old
    assert named is not None
    # Would the order have turned (or become a tie) had the other stood still?
    ours_alone = (own[0] < before) != (own[1] < before) or own[1] == before
    theirs_alone = (own[0] < before) != (own[0] < after) or own[0] == after
    cause: Cause = "both"
    if ours_alone or theirs_alone:
        cause = "either" if ours_alone and theirs_alone else "own" if ours_alone else "theirs"
    return Passed(
        named.city_id,
        named.city,
        named.city_zh,
        old.rank if old else None,
        new.rank if new else None,
        before,
        after,
        cause,
    )


def _in_order(passed: Passed) -> tuple[float, float, str]:
    end = float("inf")
    return (passed.to_rank or end, passed.from_rank or end, passed.city_id)


def _scaled(standing: Standing | None, growth: Fraction) -> Fraction:
    return _share(standing) * (1 + growth)


def _share(standing: Standing | None) -> Fraction:
    return standing.share if standing else Fraction(0)


def _difference(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first - second

"""A set of cities as one: its Share, its rank as one city, how much it works within itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from sciencecities.edition.read import OVERALL, Edition
from sciencecities.errors import ConfigError
from sciencecities.rank.order import rank
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    import pyarrow as pa

    from sciencecities.edition.redraws import CityDraws

GROUP = "group"

Row = dict[str, Any]

# A work counts for the group what it counts in its members, and 1 at most (scheme `full`).
TOTAL = f"""
SELECT CAST(SUM(LEAST(units, {UNITS_PER_WORK})) AS HUGEINT) AS units, COUNT(*) AS works,
       COUNT(*) FILTER (WHERE members > 1) AS joint
FROM (
    SELECT work_id, SUM(CAST(units AS DECIMAL(38,0))) AS units,
           COUNT(DISTINCT city_id) AS members
    FROM contributions
    WHERE data_year = $year AND list_contains($cities, city_id)
      AND ($scope = 'overall' OR work_id IN (
          SELECT work_id FROM work_scopes WHERE scope = $scope))
    GROUP BY work_id
)
"""

LINKS = """
SELECT city_a, city_b, works, score FROM collaborations
WHERE data_year = $year AND scope = $scope
  AND (list_contains($cities, city_a) OR list_contains($cities, city_b))
"""

ACTIVITY = """
SELECT city_id, CAST(SUM(works) AS BIGINT) AS works
FROM (SELECT city_a AS city_id, works FROM collaborations
      WHERE data_year = $year AND scope = $scope
      UNION ALL
      SELECT city_b, works FROM collaborations WHERE data_year = $year AND scope = $scope)
GROUP BY city_id
"""


@dataclass(slots=True)
class Group:
    """What a set of cities is as one; `pairs` are of its members, `partners` outside it."""

    name: str
    scope: str
    year: int
    members: list[Row]  # rankings rows, by rank
    share: float
    count: int
    joint_works: int
    rank: int
    n_ranked: int
    share_low: float | None
    share_high: float | None
    rank_low: int | None
    rank_high: int | None
    pairs: list[Row]
    partners: list[Row]
    affinity: float | None

    @property
    def table(self) -> pa.Table:
        """The matrix of partners: city_a, city_b, works, score, expected (works), affinity."""
        import pyarrow as pa

        schema = pa.schema(
            {
                "city_a": pa.string(), "city_b": pa.string(), "inner": pa.bool_(),
                "works": pa.int64(), "score": pa.float64(), "expected": pa.float64(),
                "affinity": pa.float64(),
            }
        )  # fmt: skip
        return pa.Table.from_pylist([*self.pairs, *self.partners], schema=schema)

    def to_dict(self) -> Row:
        """For JSON."""
        return {
            "name": self.name,
            "scope": self.scope,
            "year": self.year,
            "members": [
                {k: m[k] for k in ("city_id", "city", "city_zh", "country", "rank", "share")}
                for m in self.members
            ],
            "share": self.share,
            "share_low": self.share_low,
            "share_high": self.share_high,
            "count": self.count,
            "joint_works": self.joint_works,
            "rank": self.rank,
            "rank_low": self.rank_low,
            "rank_high": self.rank_high,
            "n_ranked": self.n_ranked,
            "affinity": self.affinity,
            "pairs": self.pairs,
            "partners": self.partners,
        }


def group(
    edition: Edition,
    cities: Sequence[str],
    name: str = "",
    scope: str = OVERALL,
    year: int | None = None,
    *,
    draws_for: Callable[[Edition, str, int], CityDraws | None] | None = None,
) -> Group:
    """The cities (ids, or names in any language) as one city of an edition.

    Share: the sum of the members'. Count: works in which any takes part. Rank: among all other
    cities, the members taken out. Ranges: 2.5 % and 97.5 % of the build's re-draws, holding what
    was observed. Affinity: joint works of the members over what their activity would give by
    chance (association strength, van Eck and Waltman 2009), 1 = as expected. `draws_for` gives the
    re-draws of a scope and year where somebody keeps them; else they are made.
    Raises UnknownCityError for a city, ConfigError for an edition without works or no member.
    """
    scope, year = edition.resolve_scope(scope), edition.resolve_year(year)
    if edition.kind != "computed":
        raise ConfigError(
            f"{edition.name}: cities can be taken together only where works were counted; "
            f"this edition is {edition.kind}"
        )
    ids = list(dict.fromkeys(edition.find_city(c) for c in cities))
    if not ids:
        raise ConfigError("a group needs at least one city; name two or more")
    ours: list[Row] = edition.rankings(scope, year).to_pylist()
    members = [r for r in ours if r["city_id"] in ids]
    total = edition.query(TOTAL, {"year": year, "scope": scope, "cities": ids}).to_pylist()[0]
    units = int(total["units"] or 0)
    others = [r for r in ours if r["city_id"] not in ids]
    shares = {r["city_id"]: round(r["share"] * UNITS_PER_WORK) for r in others}
    place = {n: position for position, n in rank(shares | {GROUP: units})}
    draws = (draws_for or draws_of)(edition, scope, year)
    low, high, best, worst = _ranges(draws, ids, units / UNITS_PER_WORK, place[GROUP])
    asked = {"year": year, "scope": scope}
    activity = dict(zip(*edition.query(ACTIVITY, asked).to_pydict().values(), strict=True))
    links = edition.query(LINKS, asked | {"cities": ids}).to_pylist()
    pairs, partners, affinity = _links(links, activity, ids)
    return Group(
        name or _joined(members), scope, year, members, units / UNITS_PER_WORK,
        int(total["works"] or 0), int(total["joint"] or 0), place[GROUP], len(others) + 1,
        low, high, best, worst, pairs, partners, affinity,
    )  # fmt: skip


def of_country(edition: Edition, country: str, scope: str, year: int | None) -> list[str]:
    """The ids of the cities of a country in a scope and year. Raises ConfigError if none."""
    rows = edition.rankings(scope, year).to_pylist()
    found = [r["city_id"] for r in rows if r["country"] == country.upper()]
    if not found:
        there = ", ".join(sorted({r["country"] for r in rows if r["country"]})[:30])
        raise ConfigError(f"no city of country {country!r} is ranked here; there are {there} …")
    return found


def of_state(
    edition: Edition, state: str, country: str | None, scope: str, year: int | None
) -> list[str]:
    """The ids of the cities whose principal place lies in a state, province or region.

    It goes by a name or abbreviation; `country` says which of several is meant. Raises ConfigError
    if there is none, several, or no ranked city in it.
    """
    from sciencecities.locate.gazetteer import Gazetteer
    from sciencecities.locate.text import fold

    gazetteer = Gazetteer.load()
    names, short = gazetteer.tables.regions, gazetteer.tables.abbreviations
    known = names.get(fold(state)) or short.get(fold(state)) or ()
    meant = [r for r in known if country is None or r[0] == country.upper()]
    if len(meant) != 1:
        countries = ", ".join(sorted({c for c, _ in known}))
        close = ", ".join(get_close_matches(fold(state), list(names), 3)) or "none"
        hint = f"there is one in {countries}; say --country CODE" if known else f"close: {close}"
        raise ConfigError(f"no single state or province {state!r} is known; {hint}")
    found = [
        r["city_id"]
        for r in edition.rankings(scope, year).to_pylist()
        if r["country"] == meant[0][0] and (number := r["city_id"].removeprefix("gn:")).isdigit()
        and gazetteer.admin1(int(number)) == meant[0][1]
    ]  # fmt: skip
    if not found:
        raise ConfigError(f"no city of {state} is ranked here; `sciencecities rank` lists them")
    return found


def _joined(members: Sequence[Row]) -> str:
    return "–".join(str(m["city"]) for m in members[:4]) + (" …" if len(members) > 4 else "")


def _ranges(
    draws: CityDraws | None, ids: Sequence[str], share: float, observed: int
) -> tuple[float | None, float | None, int | None, int | None]:
    """Limits of the group's Share and rank; None where the build made no re-draws."""
    if draws is None:
        return None, None, None, None
    from sciencecities.rank.intervals import limits

    shares, ranks = draws.as_one(ids)
    low, high = limits(shares[np.newaxis])
    best, worst = limits(ranks[np.newaxis])
    return (
        min(float(low[0]), share), max(float(high[0]), share),
        min(int(best[0]), observed), max(int(worst[0]), observed),
    )  # fmt: skip


def draws_of(edition: Edition, scope: str, year: int) -> CityDraws | None:
    """The re-draws that groups of a scope and year are held against; None where there are none."""
    from sciencecities.edition.redraws import city_draws

    if not edition.manifest["configuration"].get("replicates"):
        return None
    return city_draws(edition, scope, year)


def _links(
    links: Sequence[Row], activity: Mapping[str, int], ids: Sequence[str]
) -> tuple[list[Row], list[Row], float | None]:
    """Pairs of members, the group's leading pairs with other cities, and the inner affinity.

    Expected joint works of a pair: T_a · T_b / T, with T_a the joint works of city a with all
    others (`activity`) and T their sum over all cities.
    """
    total = sum(activity.values())

    def row(a: str, b: str, works: int, score: float, inner: bool) -> Row:
        expected = activity.get(a, 0) * activity.get(b, 0) / total if total else 0.0
        return {
            "city_a": a, "city_b": b, "inner": inner, "works": works, "score": score,
            "expected": expected, "affinity": works / expected if expected else None,
        }  # fmt: skip

    known = {(x["city_a"], x["city_b"]): x for x in links}
    pairs = []
    for a, b in combinations(sorted(ids), 2):
        found = known.get((a, b), {"works": 0, "score": 0.0})
        pairs.append(row(a, b, found["works"], found["score"], True))
    outside = [
        row(x["city_a"], x["city_b"], x["works"], x["score"], False)
        for x in links
        if (x["city_a"] in ids) != (x["city_b"] in ids)
    ]
    outside.sort(key=lambda x: (-x["score"], x["city_a"], x["city_b"]))
    expected = sum(p["expected"] for p in pairs)
    affinity = sum(p["works"] for p in pairs) / expected if expected else None
    return sorted(pairs, key=lambda p: (-p["score"], p["city_a"], p["city_b"])), outside, affinity

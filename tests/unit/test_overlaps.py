"""Polygons that overlap are refused wherever cities are defined, or the first of them wins."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import sciencecities as sc
from sciencecities.cli import run
from sciencecities.errors import ConfigError, LocateError
from sciencecities.locate import apart
from sciencecities.locate.model import Place
from sciencecities.publish.site import Site

Said = pytest.CaptureFixture[str]


@pytest.fixture
def halves(tmp_path: Path) -> Path:
    """Two cities of half the world each, with a band of ten degrees in common: Lagos is in it."""
    path = tmp_path / "halves.geojson"
    features = [
        {
            "type": "Feature",
            "properties": {"id": city, "name": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[-180, low], [180, low], [180, high], [-180, high], [-180, low]],
                ],
            },
        }
        for city, name, low, high in (("s", "South", -80, 10), ("n", "North", 0, 80))
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("name,country,share,year\nUniversity of Lagos,Nigeria,5,2024\n")
    return path


def published(folder: Path) -> list[str]:
    (folder / "ranks.csv").write_text("city,rank\nNorth,1\nSouth,2\n")
    more = ["--title", "T", "--publisher", "P", "--date", "2025", "--year", "2024"]
    return ["import", str(folder / "ranks.csv"), "--out", str(folder / "published"), *more]


def test_every_command_has_the_same_rule(
    edition: sc.Edition, halves: Path, table: Path, tmp_path: Path, capsys: Said
) -> None:
    strings = tmp_path / "strings.txt"
    strings.write_text("University of Lagos, Lagos, Nigeria\n")
    cities = ["--cities", str(halves)]
    for args in (
        ["resolve", str(strings), *cities],
        ["institutions", str(table), "--out", str(tmp_path / "out"), *cities],
        [*published(tmp_path), *cities],
        ["lab", str(edition.path), *cities],
        ["sensitivity", str(edition.path), "--geojson", str(halves)],
        ["cities", "where", "6.5,3.4", *cities],
    ):
        assert run(args) == 1, args
        said = capsys.readouterr().err
        assert f"{halves}: features 's' and 'n' overlap" in said, args
        assert "--overlaps first" in said
        assert run([*args, "--overlaps", "first"]) == 0, args
        capsys.readouterr()
    for args in (
        ["serve", str(edition.path), "--boundaries", str(halves)],
        ["observatory", "check", "hefei", *cities],
    ):
        assert run(args) == 1
        assert "'s' and 'n' overlap" in capsys.readouterr().err
    assert run([*args, "--overlaps", "first"]) == 1
    assert "puts it in North, not in this city" in capsys.readouterr().out


def test_an_edition_says_that_the_first_polygon_won(
    halves: Path, table: Path, tmp_path: Path, capsys: Said
) -> None:
    first = ["--cities", str(halves), "--overlaps", "first"]
    note = "halves.geojson: 1 pair of its polygons overlap (first South and North)"
    for args, out in (
        (["institutions", str(table), "--out", str(tmp_path / "out")], "out"),
        (published(tmp_path), "published"),
    ):
        assert run([*args, *first]) == 0
        notes = json.loads((tmp_path / out / "manifest.json").read_text("utf-8"))["notes"]
        assert any(one.startswith(note) for one in notes), args
    assert sc.open(tmp_path / "out").rankings()["city"].to_pylist() == ["South"]
    capsys.readouterr()


def test_python_has_the_same_rule(
    edition: sc.Edition, halves: Path, table: Path, tmp_path: Path
) -> None:
    for refused in python_calls(edition, halves, table, tmp_path, "error"):
        with pytest.raises(LocateError, match="'s' and 'n' overlap"):
            refused()
    for taken in python_calls(edition, halves, table, tmp_path, "first"):
        assert taken()


def test_other_rules_and_scores_are_refused() -> None:
    with pytest.raises(ConfigError, match="overlaps='last': choose error or first"):
        sc.Resolver(overlaps="last")
    with pytest.raises(ConfigError, match=r"min_score=2: choose a number from 0 to 1"):
        sc.Resolver(min_score=2)


def python_calls(
    edition: sc.Edition, halves: Path, table: Path, folder: Path, rule: str
) -> list[Callable[[], object]]:
    cities, out = str(halves), folder / "out"
    return [
        lambda: sc.Resolver(cities=cities, overlaps=rule),
        lambda: sc.institutions(table, out=out, cities=cities, overlaps=rule),
        lambda: edition.lab(cities=cities, overlaps=rule),
        lambda: edition.sensitivity(geojson=cities, overlaps=rule),
        lambda: Site([edition], boundaries=[halves], overlaps=rule),
    ]


def test_a_readers_own_boundaries_may_not_overlap(halves: Path) -> None:
    with pytest.raises(ConfigError, match="your boundaries: features 's' and 'n' overlap"):
        apart.assigned(halves.read_bytes(), [Place("gn:1", "Here", "FR", 1.0, 1.0)])

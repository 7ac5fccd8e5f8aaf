"""The published rankings that come with the package, opened by name.

Their facts lie in data/: NAME.csv (one row a rank, with source and date), NAME.toml (title,
publisher, sources) and cities.csv (the cities under the `metro` definition).
"""

from __future__ import annotations

import atexit
import csv
import hashlib
import shutil
import tempfile
import tomllib
from functools import cache
from importlib.resources import files
from io import StringIO
from os import PathLike
from pathlib import Path

import msgspec

from sciencecities.published.model import About, Earlier, Rank, earlier

BUILT_IN = ("natureindex-2024", "natureindex-2023", "natureindex-2022")


def edition_path(text: str | PathLike[str]) -> Path:
    """The folder of the edition that `text` names: a path, or a built-in edition.

    A folder of that name that holds an edition wins.
    """
    path = Path(text)
    if str(text) in BUILT_IN and not (path / "manifest.json").is_file():
        return folder(str(text))
    return path


@cache
def folder(name: str) -> Path:
    """The built-in edition, written anew for this process (a few rows), removed at its end."""
    from sciencecities.published.write import write_tables

    parent = Path(tempfile.mkdtemp(prefix="sciencecities-"))
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    target = parent / name
    target.mkdir()
    about, ranks = _facts(name)
    text = _text(f"{name}.csv")
    data = text.encode()
    write_tables(
        target,
        about,
        ranks,
        cities="metro",
        before=_before(about),
        inputs=[
            {
                "name": f"{name}.csv",
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        ],
        created=f"{about.published}T00:00:00+00:00",  # the same in every process
    )
    return target


def _before(about: About) -> list[Earlier]:
    """The editions before, the newest first."""
    if about.previous is None:
        return []
    previous, ranks = _facts(about.previous)
    return [earlier(previous, ranks), *_before(previous)]


@cache
def _facts(name: str) -> tuple[About, list[Rank]]:
    about = msgspec.convert(tomllib.loads(_text(f"{name}.toml")), About)
    cities = {r["city"]: r for r in csv.DictReader(StringIO(_text("cities.csv")))}
    ranks = []
    for row in csv.DictReader(StringIO(_text(f"{name}.csv"))):
        city = cities[row["city"]]
        ranks.append(
            Rank(
                scope=row["scope"],
                rank=int(row["rank"]),
                city_id=city["city_id"],
                city=city["city"],
                city_zh=city["city_zh"],
                country=city["country"],
                latitude=float(city["latitude"]),
                longitude=float(city["longitude"]),
            )
        )
    return about, ranks


def _text(name: str) -> str:
    return (files("sciencecities.published") / "data" / name).read_text(encoding="utf-8")

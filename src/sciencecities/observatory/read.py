"""Reading a city's YAML files: one file, or a folder of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from sciencecities.collector import paused_collector
from sciencecities.errors import ConfigError, ObservatoryError
from sciencecities.observatory.model import SECTIONS, City, Fact, Source
from sciencecities.observatory.problems import Problem
from sciencecities.observatory.shape import fit
from sciencecities.observatory.tree import Map, TreeError, line_of, parse

LARGEST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact and where it stands."""

    fact: Fact
    path: Path
    tree: Map

    @property
    def label(self) -> str:
        """How a message names it."""
        return f"{self.fact.kind} {self.fact.id!r}"

    def problem(self, text: str, *at: str | int) -> Problem:
        """A problem of the entry, at the line of the key that the path `at` leads to."""
        return Problem(self.path, line_of(self.tree, *at), self.label, text)


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A source and where it stands."""

    key: str
    source: Source
    path: Path
    tree: Map

    def problem(self, text: str, *at: str) -> Problem:
        """A problem of the source, at the line of the key that the path `at` leads to."""
        return Problem(self.path, line_of(self.tree, *at), f"source {self.key!r}", text)


@dataclass(slots=True)
class Reading:
    """What the files of one city say, with what does not fit the schema."""

    path: Path
    cities: list[tuple[City, Path, Map]] = field(default_factory=list)
    sources: list[SourceEntry] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def built_in() -> list[str]:
    """Ids of the cities that come with the package."""
    return sorted(p.name for p in _data().iterdir() if p.is_dir() and any(p.glob("*.yaml")))


def folder_of(city: str | Path) -> Path:
    """The files of a built-in city (by id or name), or a path. Raises ConfigError."""
    path = Path(city)
    if isinstance(city, str) and city in built_in():
        return _data() / city
    if path.exists():
        return path
    from sciencecities.observatory.names import built_in_named

    if found := built_in_named(str(city)):
        return _data() / found
    raise ConfigError(
        f"no city '{city}' in the observatory; give one of {', '.join(built_in())}, "
        "or the path of a folder of YAML files"
    )


def read(path: Path) -> Reading:
    """Read a YAML file or the folder's `*.yaml`. Raises ObservatoryError if there is none."""
    found = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not found:
        raise ObservatoryError(f"{path}: no *.yaml here; see docs/OBSERVATORY.md for the form")
    reading = Reading(path)
    with paused_collector():
        for file in found:
            _read_file(file, reading)
    return reading


def _read_file(path: Path, reading: Reading) -> None:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ObservatoryError(f"{path}: larger than 50 MB; split it into several files")
        tree = parse(path.read_bytes().decode("utf-8-sig"))
    except TreeError as error:
        reading.problems.append(Problem(path, error.line, "file", str(error)))
        return
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        reading.problems.append(Problem(path, line, "file", "is not UTF-8; save it as UTF-8"))
        return
    except OSError as error:
        raise ObservatoryError(f"{path}: cannot be read ({error.strerror or error})") from error
    file, misfits = fit(tree)
    reading.problems += [Problem(path, m.line, m.entry, m.text) for m in misfits]
    if file is None:
        return
    if file.city:
        reading.cities.append((file.city, path, tree["city"]))
    for key, source in file.sources.items():
        reading.sources.append(SourceEntry(key, source, path, tree["sources"][key]))
    for section in SECTIONS:
        facts = getattr(file, section)
        if facts:
            trees = tree[section]
            reading.entries += [Entry(f, path, t) for f, t in zip(facts, trees, strict=True)]


def _data() -> Path:
    return Path(str(files("sciencecities"))) / "observatory" / "data"

"""The functions of the Python interface."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sciencecities import config as configuration
from sciencecities.config import Config
from sciencecities.edition.read import Edition
from sciencecities.errors import ConfigError
from sciencecities.locate.overlaps import REFUSE
from sciencecities.progress import Progress

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["build", "institutions", "open"]


def build(
    config: Config | Mapping[str, Any] | str | PathLike[str] | None = None,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    **keys: Any,
) -> Edition:
    """Build an edition and open it.

    `config` is a Config, a dict of its keys or the path of a TOML file; `keys` are keys that win
    over it, or stand alone: `build(sources=["works/*.jsonl.gz"], out="edition", years=[2024])`.
    Raises ConfigError for a wrong key, otherwise the SciencecitiesError that says what failed;
    an earlier edition at `out` is then still whole.
    """
    from sciencecities import pipeline

    return Edition(pipeline.build(_config(config, keys), resume=resume, progress=progress))


def institutions(
    table: str | PathLike[str],
    *,
    out: str | PathLike[str],
    split: str | PathLike[str] | None = None,
    registry: str | PathLike[str] | None = None,
    cities: str = "metro",
    overlaps: str = REFUSE,
    year: int | None = None,
    progress: Progress | None = None,
) -> Edition:
    """Turn a table of institutions (name, country, share) into an edition, and open it.

    `split` is a table of the parts of institutions of several cities, `registry` a ROR v2 file,
    `year` what the table counts where it has no column year; `overlaps` says whether polygons of
    `cities` that overlap are an `error`, or the `first` of them wins. The edition's
    `institution_places` says where each row went, or why it has no single city.
    Raises SourceError naming file and line, ConfigError for a registry that is not there; an
    earlier edition at `out` is then still whole.
    """
    from sciencecities.institution_table.build import Settings
    from sciencecities.institution_table.build import build as build_table

    parts = Path(split) if split else None
    known = Path(registry) if registry else None
    build_table(Settings(Path(table), parts, known, cities, year, overlaps), Path(out), progress)
    return Edition(out)


def open(path: str | PathLike[str]) -> Edition:
    """The edition in the folder `path`. Raises EditionError if it is none that can be read."""
    return Edition(path)


def _config(
    given: Config | Mapping[str, Any] | str | PathLike[str] | None, keys: dict[str, Any]
) -> Config:
    if isinstance(given, str | Path):
        return configuration.load(Path(given), **_plain_keys(keys))
    if isinstance(given, Config):
        given = msgspec.structs.asdict(given)
    if given is not None and not isinstance(given, Mapping):
        raise ConfigError(
            f"build: expected a Config, a dict or the path of a TOML file, got {given!r}"
        )
    return configuration.make("build", **_plain_keys({**(given or {}), **keys}))


def _plain_keys(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Keys with paths as text, and one source as a list."""
    plain = {str(k): _plain(v) for k, v in keys.items()}
    if isinstance(sources := plain.get("sources"), str):
        plain["sources"] = [sources]
    return plain


def _plain(value: Any) -> Any:
    """Paths as text, also in the list of sources."""
    if isinstance(value, Path):
        return str(value)
    return [_plain(v) for v in value] if isinstance(value, list | tuple | range) else value

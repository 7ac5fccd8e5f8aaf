"""One build's configuration: the same keys in sciencecities.toml and on the command line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from sciencecities.errors import ConfigError
from sciencecities.locate.overlaps import REFUSE, OverlapsRule

Scheme = Literal[
    "nature-index", "leiden", "institution", "city", "full", "first-author", "corresponding-author"
]
LocateMode = Literal["text-then-registry", "registry", "text"]
LettersRule = Literal["letters", "all", "none"]


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that decides a build's result, and the few settings that only decide its cost.

    Raises: msgspec.ValidationError on a wrong type or unknown key (turned into ConfigError by
    `load` and `make`).
    """

    sources: list[str] = []
    out: str | None = None
    corpus: str | None = None
    years: list[Annotated[int, Meta(ge=1000, le=9999)]] | None = None
    registry: str | None = None
    journals: str = "all"
    letters: LettersRule = "letters"
    highlights: str | None = None
    cities: str = "metro"
    overlaps: OverlapsRule = REFUSE
    locate: LocateMode = "text-then-registry"
    match: bool = True
    scheme: Scheme = "nature-index"
    keep_ancestors: bool = False
    scopes: str | None = None
    max_rejects: Annotated[float, Meta(ge=0, le=1)] = 0.001
    replicates: Annotated[int, Meta(ge=0, le=100_000)] = 1000
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    # Below: cost only, never a digit of the result.
    memory: Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)? ?[KMGT]i?B$")] = "2GB"
    threads: Annotated[int, Meta(ge=1, le=1024)] | None = None
    engine: Literal["duckdb", "spark"] = "duckdb"
    master: str | None = None
    remote: str | None = None


COST_ONLY = frozenset({"out", "corpus", "memory", "threads", "engine", "master", "remote"})
PATH_KEYS = ("out", "corpus", "registry", "highlights", "scopes")


def load(path: Path, **overrides: Any) -> Config:
    """Read a TOML file; `overrides` that are not None win. Relative paths are of the file's folder.

    Raises ConfigError naming file, key and remedy.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; `sciencecities init DIR` writes one") from error
    except (OSError, ValueError, RecursionError) as error:  # not UTF-8, no TOML, absurdly nested
        raise ConfigError(f"{path}: cannot be read as TOML ({error})") from error
    return make(str(path), **(_relative_to(path.parent, values) | _given(overrides)))


def make(where: str = "configuration", **values: Any) -> Config:
    """A checked Config. Raises ConfigError naming the key and the keys there are."""
    try:
        return msgspec.convert(_given(values), Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {_explain(str(error), values)}") from error


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in values.items() if v is not None}


def _explain(message: str, values: dict[str, Any]) -> str:
    if "matching regex" in message:  # `memory` alone is checked by its form
        return f"memory: {values['memory']!r:.60} is no size; write 2GB or 500MB"
    if "unknown field" in message:
        return f"{message}; known keys: {', '.join(Config.__struct_fields__)}"
    return message


def _relative_to(folder: Path, values: dict[str, Any]) -> dict[str, Any]:
    def absolute(value: Any) -> Any:
        return str(folder / value) if isinstance(value, str) else value

    fixed = {k: absolute(v) if k in PATH_KEYS else v for k, v in values.items()}
    if isinstance(values.get("sources"), list):
        fixed["sources"] = [absolute(v) for v in values["sources"]]
    for key in ("journals", "cities"):
        if isinstance(value := values.get(key), str) and Path(value).suffix:
            fixed[key] = absolute(value)
    return fixed

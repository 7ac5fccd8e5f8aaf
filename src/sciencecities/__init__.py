"""Which cities make the world's science, counted from open records down to the DOI.

    import sciencecities as sc

    edition = sc.build(sources=["works/*.jsonl.gz"], out="edition", years=[2024])
    edition = sc.open("edition")
    edition.rankings(scope="chemistry")

Names load on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sciencecities.api import build, institutions, open
    from sciencecities.config import Config
    from sciencecities.edition.read import Edition
    from sciencecities.errors import (
        ConfigError,
        CountError,
        EditionError,
        EngineError,
        InputChangedError,
        LocateError,
        SciencecitiesError,
        ShareNotConservedError,
        SourceError,
        TooManyRejectsError,
        UnknownCityError,
        UnknownInstitutionError,
    )
    from sciencecities.locate.resolver import Resolver

    __version__: str

_ERRORS = (
    "ConfigError",
    "CountError",
    "EditionError",
    "EngineError",
    "InputChangedError",
    "LocateError",
    "SciencecitiesError",
    "ShareNotConservedError",
    "SourceError",
    "TooManyRejectsError",
    "UnknownCityError",
    "UnknownInstitutionError",
)
_HOMES = {
    "Config": "sciencecities.config",
    "Edition": "sciencecities.edition.read",
    "Resolver": "sciencecities.locate.resolver",
    "build": "sciencecities.api",
    "institutions": "sciencecities.api",
    "open": "sciencecities.api",
    **dict.fromkeys(_ERRORS, "sciencecities.errors"),
}

__all__ = [
    "Config",
    "ConfigError",
    "CountError",
    "Edition",
    "EditionError",
    "EngineError",
    "InputChangedError",
    "LocateError",
    "Resolver",
    "SciencecitiesError",
    "ShareNotConservedError",
    "SourceError",
    "TooManyRejectsError",
    "UnknownCityError",
    "UnknownInstitutionError",
    "build",
    "institutions",
    "open",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("sciencecities")
    elif name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES, "__version__"])

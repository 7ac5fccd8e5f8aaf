"""Which two numbers are compared, and by which steps one becomes the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sciencecities.errors import ConfigError, EditionError, UnknownCityError

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition

Kind = Literal["revision", "real"]

FATAL = {"scheme": "counting scheme", "cities": "city definition", "journals": "journal set"}
"""Settings under which a difference between two editions is no revision of the data."""

NOTED = {
    "scopes": "scope file",
    "locate": "way of locating",
    "match": "matching of institutions",
    "registry": "registry",
    "split": "table of parts",
    "keep_ancestors": "treatment of ancestors",
    "letters": "rule for letters",
    "highlights": "list of highlights",
    "gazetteer": "gazetteer",
}
"""Settings whose change is part of the revision, and is said."""


@dataclass(frozen=True, slots=True)
class Point:
    """One number: an edition's data year."""

    edition: Edition
    year: int


@dataclass(frozen=True, slots=True)
class Leg:
    """One step: `revision` keeps the year and changes the edition, `real` the other way round."""

    kind: Kind
    before: Point
    after: Point


@dataclass(frozen=True, slots=True)
class Path:
    """The steps from the earlier number to the later one, and what has to be said beside them."""

    legs: tuple[Leg, ...]
    warnings: tuple[str, ...] = ()

    @property
    def start(self) -> Point:
        """The number explained from."""
        return self.legs[0].before

    @property
    def end(self) -> Point:
        """The number explained."""
        return self.legs[-1].after

    def leg(self, kind: Kind) -> Leg | None:
        """The step of that kind, if there is one."""
        return next((leg for leg in self.legs if leg.kind == kind), None)


def find_path(edition: Edition, against: Edition | int | None, year: int | None) -> Path:
    """The steps from `against` to the edition's `year` (None: its newest).

    Against a year, or None for the one before: one real step. Against an edition that has the
    year too: one revision. Against one that ends earlier: the revision of its newest year, then
    the real step from there. Raises ConfigError, EditionError.
    """
    year = edition.resolve_year(year)
    if against is None or isinstance(against, int):
        return _within(edition, against, year)
    _check_kinds(edition, against)
    warnings = _differences(edition, against)
    end = Point(edition, year)
    if year in against.years:
        return Path((Leg("revision", Point(against, year), end),), warnings)
    common = max((y for y in against.years if y < year), default=None)
    if common is None:
        raise ConfigError(
            f"{against.name} begins after {year} (it has {_listed(against)}); explain that edition "
            f"against {edition.name}, or choose another --year"
        )
    start, middle = Point(against, common), Point(edition, common)
    if common not in edition.years:
        unparted = (
            f"{edition.name} does not count {common}, so revised data and real change cannot be "
            "told apart: everything is under real change."
        )
        return Path((Leg("real", start, end),), (*warnings, unparted))
    return Path((Leg("revision", start, middle), Leg("real", middle, end)), warnings)


def _within(edition: Edition, against: int | None, year: int) -> Path:
    _check_kinds(edition)
    if against is None:
        earlier = [y for y in edition.years if y < year]
        if not earlier:
            raise ConfigError(
                f"{edition.name} has no data year before {year}; say --against EDITION, an earlier "
                "build, or build more years"
            )
        against = earlier[-1]
    against = edition.resolve_year(against)
    if against >= year:
        raise ConfigError(f"--against {against} is not before the year explained, {year}")
    return Path((Leg("real", Point(edition, against), Point(edition, year)),))


def _listed(edition: Edition) -> str:
    return ", ".join(str(y) for y in edition.years)


def _check_kinds(*editions: Edition) -> None:
    for edition in editions:
        if edition.kind == "published":
            raise EditionError(
                f"{edition.name}: a ranking published by others, without the works and "
                "institutions that could explain a movement; explain an edition built from records"
            )
    if len({e.kind for e in editions}) > 1:
        kinds = " and ".join(f"{e.name} is of kind {e.kind}" for e in editions)
        raise ConfigError(f"{kinds}: their Shares are not comparable; give two of one kind")


def _differences(edition: Edition, against: Edition) -> tuple[str, ...]:
    """What else than the data differs, one sentence each. Raises ConfigError if it is too much."""
    ours, theirs = (e.manifest.get("configuration", {}) for e in (edition, against))
    for key, what in FATAL.items():
        if ours.get(key) != theirs.get(key):
            raise ConfigError(
                f"{edition.name} and {against.name} differ in their {what} "
                f"({_setting(ours.get(key))}, {_setting(theirs.get(key))}), so their Shares are "
                f"not comparable; build both with the same `{key}`"
            )
    return tuple(
        f"The editions also differ in their {what} ({_setting(theirs.get(key))}, then "
        f"{_setting(ours.get(key))}); what that changes is part of the revision."
        for key, what in NOTED.items()
        if ours.get(key) != theirs.get(key)
    )


def _setting(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value.get('name')} {str(value.get('sha256', ''))[:8]}".strip()
    return "none" if value is None else str(value)


def find_city(path: Path, text: str) -> str:
    """The city's id, known to the later edition or else to the earlier. Raises UnknownCityError."""
    try:
        return path.end.edition.find_city(text)
    except UnknownCityError:
        if path.start.edition is path.end.edition:
            raise
        try:
            return path.start.edition.find_city(text)
        except UnknownCityError:
            pass
        raise

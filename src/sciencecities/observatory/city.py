"""A city of the observatory: its facts with typed access."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sciencecities.errors import ObservatoryError
from sciencecities.observatory.check_facts import fact_problems
from sciencecities.observatory.dates import PartialDate
from sciencecities.observatory.listed import Listing, is_listable
from sciencecities.observatory.model import (
    Achievement,
    Axis,
    City,
    Claim,
    Company,
    Corridor,
    Facility,
    Fact,
    Industry,
    Plan,
    Platform,
    Point,
    Pole,
    Programme,
    Source,
)
from sciencecities.observatory.read import Reading, folder_of, read
from sciencecities.observatory.status import Status, status

if TYPE_CHECKING:
    import pyarrow as pa

F = TypeVar("F", bound=Fact)


def load(city: str | Path) -> Observatory:
    """The facts of a built-in city, or of a file or folder of YAML.

    Raises ConfigError if there is no such city, ObservatoryError naming file and line if its files
    do not fit the schema or name what is not there. What else may be wrong is found by `check`.
    """
    return of_reading(read(folder_of(city)))


def of_reading(reading: Reading) -> Observatory:
    """The facts of files already read. Raises ObservatoryError as `load`."""
    problems = sorted(reading.problems or fact_problems(reading))
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        hint = f"`sciencecities observatory check {reading.path}` lists all"
        raise ObservatoryError(f"{problems[0]}{more}; {hint}")
    if len(reading.cities) != 1:
        found = "no `city:`" if not reading.cities else "more than one `city:`"
        raise ObservatoryError(f"{reading.path}: {found} in these files; exactly one is needed")
    return Observatory(
        reading.path,
        reading.cities[0][0],
        {s.key: s.source for s in reading.sources},
        [e.fact for e in reading.entries],
    )


class Observatory:
    """Dated, sourced facts about a city's science on the ground."""

    def __init__(
        self, path: Path, city: City, sources: dict[str, Source], facts: list[Fact]
    ) -> None:
        """Hold the facts in the order of the files."""
        self.path = path
        self.city = city
        self.sources = sources
        self.facts = {fact.id: fact for fact in facts}

    def __repr__(self) -> str:
        return (
            f"Observatory of {self.city.name}: {len(self.facts)} facts, {len(self.sources)} sources"
        )

    def of_kind(self, kind: type[F]) -> list[F]:
        """All facts of a kind, in the order of the files."""
        return [f for f in self.facts.values() if isinstance(f, kind)]

    @property
    def platforms(self) -> list[Platform]:
        """Laboratories, centres, institutes, universities, parks."""
        return self.of_kind(Platform)

    @property
    def facilities(self) -> list[Facility]:
        """Large instruments and buildings with a life cycle."""
        return self.of_kind(Facility)

    @property
    def programmes(self) -> list[Programme]:
        """Research programmes."""
        return self.of_kind(Programme)

    @property
    def industries(self) -> list[Industry]:
        """Industries the city names, in its order."""
        return self.of_kind(Industry)

    @property
    def companies(self) -> list[Company]:
        """Firms."""
        return self.of_kind(Company)

    @property
    def achievements(self) -> list[Achievement]:
        """What was done."""
        return self.of_kind(Achievement)

    @property
    def plans(self) -> list[Plan]:
        """Plans and policies."""
        return self.of_kind(Plan)

    @property
    def axes(self) -> list[Axis]:
        """Axes and belts of the spatial structure."""
        return self.of_kind(Axis)

    @property
    def poles(self) -> list[Pole]:
        """Cores and poles of the spatial structure."""
        return self.of_kind(Pole)

    @property
    def corridors(self) -> list[Corridor]:
        """Sets of cities."""
        return self.of_kind(Corridor)

    def claims(self, *, counts: str | None = None, part_of: str | None = None) -> list[Claim]:
        """Numbers that somebody stated: all, those that count a kind, or the parts of a claim."""
        return [
            claim
            for claim in self.of_kind(Claim)
            if (counts is None or claim.counts.kind == counts)
            and (part_of is None or claim.part_of == part_of)
        ]

    def status(self, facility: Facility | str, *, on: date | str) -> Status:
        """What a facility (or its id) is on a day; a month or year stands for its last day.

        Raises ObservatoryError if there is no such facility or the day is none.
        """
        found = self.facts.get(facility) if isinstance(facility, str) else facility
        if not isinstance(found, Facility):
            raise ObservatoryError(f"{self.path}: no facility '{facility}'")
        if isinstance(on, str):
            try:
                on = PartialDate.parse(on).last
            except ValueError as error:
                raise ObservatoryError(str(error)) from error
        return status(found, on)

    def listed(self, claim: Claim | str) -> list[Fact]:
        """Entries here of the sort that a claim counts: sourced, and never said to be all.

        Of a whole these are its own and those of its parts, which may be of other sorts, each once.
        Raises ObservatoryError if there is no such claim.
        """
        found = self.facts.get(claim) if isinstance(claim, str) else claim
        if not isinstance(found, Claim):
            raise ObservatoryError(f"{self.path}: no claim '{claim}'")
        entries: dict[str, Fact] = {}
        ahead, seen = [found], set()
        while ahead:
            here = ahead.pop(0)
            if here.id not in seen:
                seen.add(here.id)
                entries |= {fact.id: fact for fact in self._listing.of(here)}
                ahead += self.claims(part_of=here.id)
        return list(entries.values())

    def is_listable(self, claim: Claim) -> bool:
        """Whether what a claim counts can be listed here (ranks, staff and percentages cannot)."""
        return is_listable(claim)

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self.facts.values())

    def site_of(self, fact: Fact) -> Point | None:
        """Where a fact sits: its own point, else that of what it is at; None if unknown."""
        seen: set[str] = set()
        here: Fact | None = fact
        while here is not None and here.id not in seen:
            seen.add(here.id)
            site: Point | None = getattr(here, "site", None)
            if site:
                return site
            here = self.facts.get(getattr(here, "at", None) or "")
        return None

    def source_of(self, fact: Fact) -> Source:
        """The fact's main source."""
        return self.sources[fact.source]

    def table(self, name: str, *, on: date | None = None) -> pa.Table:
        """One of `observatory.tables.TABLES` as Arrow; statuses are of the day `on` (today).

        Raises ObservatoryError if there is no such table.
        """
        from sciencecities.observatory.arrow import table

        return table(self, name, on or date.today())

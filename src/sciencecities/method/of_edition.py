"""The method lab of an edition: choices by name, checked against what the edition holds."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sciencecities.errors import ConfigError, EditionError
from sciencecities.locate.overlaps import REFUSE
from sciencecities.method.choices import SCHEMES, Choice
from sciencecities.method.cube import Cube, Definition, define
from sciencecities.method.lab import Lab, Question, compute

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition
    from sciencecities.locate.model import Place
    from sciencecities.scopes.model import JournalSet

FILES = (".csv", ".tsv", ".txt")

RANKINGS = 8
"""Scopes and years of which the edition's own ranking is kept, to compare with."""


class MethodLab:
    """What an edition's ranking would be under other choices of method.

    Raises EditionError if the edition holds no works (a published ranking, a table).
    """

    def __init__(self, edition: Edition) -> None:
        if edition.kind != "computed" or "method" not in edition.manifest:
            raise EditionError(
                f"{edition.path}: holds no works to count anew; the method lab needs an edition "
                "that `sciencecities build` made"
            )
        self.edition = edition
        self.said: dict[str, Any] = edition.manifest["method"]
        own = self.said["base"]
        self.base = Choice(*(own[name] for name in Choice._fields))
        self.cube = Cube(edition.path)
        self._rankings = lru_cache(RANKINGS)(edition.rankings)

    def lab(
        self,
        *,
        scheme: str | None = None,
        cities: str | None = None,
        journals: str | None = None,
        documents: str | None = None,
        scope: str = "overall",
        year: int | None = None,
        listed: JournalSet | None = None,
        ends: Definition | None = None,
        overlaps: str = REFUSE,
    ) -> Lab:
        """The ranking under a choice; what is not given is the edition's own.

        `cities` may be a GeoJSON file (for `overlaps` see locate/cities.py), or `ends` a definition
        over the edition's places in its stead; `journals` a CSV file, or `listed` a set of
        journals. Raises ConfigError naming the choices there are.
        """
        year, scope = self.edition.resolve_year(year), self.edition.resolve_scope(scope)
        definition = ends or self.definition(cities or self.base.cities, overlaps)
        if listed is None:
            name, listed = self._journals(journals or self.base.journals)
        else:
            name = listed.name
        choice = Choice(
            self._one_of("scheme", scheme or self.base.scheme, list(SCHEMES)),
            definition.name,
            name,
            self._one_of("documents", documents or self.base.documents),
        )
        letters = str(self.edition.manifest["configuration"].get("letters", "letters"))
        asked = Question(choice, year, scope, self.base, listed, letters)
        return compute(self.cube, asked, definition, self._rankings(scope, year))

    def definition(self, cities: str, overlaps: str = REFUSE) -> Definition:
        """A city definition of the edition, or of a GeoJSON file, over the edition's places."""
        if cities in self.cube.definitions:
            return self.cube.definitions[cities]
        if Path(cities).suffix.lower() not in (".geojson", ".json"):
            return self.cube.definitions[self._one_of("cities", cities)]
        if not Path(cities).is_file():
            raise ConfigError(f"cities {cities}: no such file")
        from sciencecities.locate.boundaries import Boundaries

        read = Boundaries.read(Path(cities), overlaps=overlaps)
        return define(read, self.places, Path(cities).name)[0]

    @property
    def places(self) -> list[Place]:
        """The edition's places, by number from 1."""
        from sciencecities.locate.model import Place

        return [
            Place(r["place_id"], r["place"], r["country"], r["latitude"], r["longitude"])
            for r in self.cube.places
        ]

    def _journals(self, journals: str) -> tuple[str, JournalSet | None]:
        there = {row["journals"] for row in self.cube.sets}
        if journals in there:
            return journals, None
        from sciencecities.scopes.journals import journal_set

        if Path(journals).suffix.lower() in FILES or Path(journals).is_file():
            return Path(journals).name, journal_set(journals)
        return self._one_of("journals", journals, sorted(there)), None

    def _one_of(self, dimension: str, choice: str, there: list[str] | None = None) -> str:
        there = there or list(self.said["choices"][dimension])
        if choice in there:
            return choice
        why = [
            str(row["why"])
            for row in self.said["left_out"]
            if row["dimension"] == dimension and row["choice"] == choice
        ]
        reason = f" ({why[0]})" if why else ""
        raise ConfigError(
            f"no {dimension} {choice!r} in {self.edition.name}{reason}; there are: "
            f"{', '.join(there)}"
        )

    def n_choices(self, scope: str, year: int) -> int:
        """Under how many choices a scope and year have a ranking."""
        found = self.edition.query(
            "SELECT COUNT(*) FROM (SELECT DISTINCT scheme, cities, journals, documents "
            "FROM method_rankings WHERE data_year = $year AND scope = $scope)",
            {"year": year, "scope": scope},
        )
        return int(found.column(0)[0].as_py())

    def ranks_of(self, city_id: str, scope: str, year: int) -> pa.Table:
        """A leading city's rank under every choice: scheme, cities, journals, documents, rank,
        share, city_id (of its counterpart). Empty for a city that leads under none."""
        base = self.cube.definitions[self.base.cities]
        place = base.cities[base.number(city_id) - 1]["place_no"]
        twins = []
        for name, definition in self.cube.definitions.items():
            number = int(definition.city_of_place[place])
            if number:
                twins.append((name, definition.city_ids[number - 1]))
        tests = " OR ".join(f"(cities = $n{i} AND city_id = $c{i})" for i in range(len(twins)))
        values: dict[str, Any] = {"year": year, "scope": scope}
        for i, (name, twin) in enumerate(twins):
            values |= {f"n{i}": name, f"c{i}": twin}
        return self.edition.query(
            "SELECT scheme, cities, journals, documents, rank, share, city_id FROM method_rankings "
            f"WHERE data_year = $year AND scope = $scope AND ({tests}) "
            "ORDER BY rank, scheme, cities, journals, documents",
            values,
        )

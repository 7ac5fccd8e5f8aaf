"""A city's ranks under every choice of method, read once for a scope and year."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from sciencecities.method.choices import Choice
from sciencecities.method.cube import Definition
from sciencecities.method.of_edition import MethodLab

SQL = """
SELECT scheme, cities, journals, documents, city_id, rank FROM method_rankings
WHERE data_year = $year AND scope = $scope
"""


@dataclass(frozen=True)
class Spread:
    """Ranks of leading cities and their counterparts under every choice that speaks."""

    lab: MethodLab
    scope: str
    year: int
    _places: dict[str, dict[str, int]] = field(default_factory=dict)

    @cached_property
    def _ranks(self) -> dict[tuple[str, str], dict[Choice, int]]:
        columns = self.lab.edition.query(SQL, {"year": self.year, "scope": self.scope}).to_pydict()
        found: dict[tuple[str, str], dict[Choice, int]] = defaultdict(dict)
        choices = zip(*(columns[name] for name in Choice._fields), strict=True)
        for choice, city_id, rank in zip(choices, columns["city_id"], columns["rank"], strict=True):
            found[choice[1], city_id][Choice(*choice)] = rank
        return dict(found)

    @cached_property
    def n_choices(self) -> int:
        """How many choices there are."""
        return len({choice for ranks in self._ranks.values() for choice in ranks})

    def ranks(self, city_id: str, cities: str) -> dict[Choice, int]:
        """The ranks of a city of the definition `cities`, and of its counterparts."""
        place = self._principal(self.lab.cube.definitions[cities]).get(city_id)
        found: dict[Choice, int] = {}
        for name, definition in self.lab.cube.definitions.items():
            number = int(definition.city_of_place[place]) if place else 0
            twin = definition.city_ids[number - 1] if number else None
            if name == cities:
                twin = city_id
            if twin is not None:
                found |= self._ranks.get((name, twin), {})
        return found

    def _principal(self, definition: Definition) -> dict[str, int]:
        """City id → its principal place."""
        if definition.name not in self._places:
            self._places[definition.name] = {
                city_id: row["place_no"]
                for city_id, row in zip(definition.city_ids, definition.cities, strict=True)
            }
        return self._places[definition.name]


def counts(ranks: dict[Choice, int]) -> Counter[int]:
    """How many choices give each rank."""
    return Counter(ranks.values())


def one_changed(ranks: dict[Choice, int], base: Choice, dimension: str) -> dict[str, int]:
    """The rank under each value of one dimension, the others as in `base`; best first."""
    found = {
        getattr(choice, dimension): rank
        for choice, rank in ranks.items()
        if choice._replace(**{dimension: getattr(base, dimension)}) == base
    }
    return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))

"""Affiliation strings to organisations, place and city: what `sciencecities resolve` prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sciencecities.collector import paused_collector
from sciencecities.errors import ConfigError
from sciencecities.locate.locator import Locator
from sciencecities.locate.model import Affiliation, Assignment, CityDefinition, Unit
from sciencecities.locate.overlaps import REFUSE
from sciencecities.locate.registry import ROR_PREFIX, Registry


class Resolver:
    """Resolves strings in batches; loading takes some seconds, once."""

    def __init__(
        self,
        registry: str | Path | Registry | None = None,
        *,
        cities: str = "metro",
        overlaps: str = REFUSE,
        min_score: float | None = None,
    ) -> None:
        """`registry` is a ROR v2 file; without one the gazetteer alone places the strings.

        `cities` names the city definition, `overlaps` says whether polygons of it that overlap
        are an `error`, or the `first` of them wins. Organisations scored below `min_score` (0 to
        1) are left out. Raises LocateError if registry or cities cannot be used, ConfigError for a
        value that is none of these.
        """
        from sciencecities.locate import cities as definitions
        from sciencecities.locate.gazetteer import Gazetteer

        if min_score is not None and not 0 <= min_score <= 1:
            raise ConfigError(f"min_score={min_score!r}: choose a number from 0 to 1")
        if isinstance(registry, str | Path):
            registry = Registry.load(registry)
        gazetteer = Gazetteer.load()
        self._locator = Locator(gazetteer, registry, min_score=min_score)
        self.registry = self._locator.registry
        self.cities: CityDefinition = definitions.load(cities, gazetteer, overlaps=overlaps)

    def resolve(self, strings: str | Iterable[str]) -> list[dict[str, Any]]:
        """One answer for each string, in order; equal strings are looked up once.

        A single string is taken for a list of one.

        An answer has `text`, `institutions` (`ror`, `name`, `score`; an organisation that is in no
        registry has no ror), `place` (`geonames_id`, `name`, `country`, `method`, `score`) or None,
        and `city` (`id`, `name`) or None. Institutions stand in their order in the string, those
        above another one named last; the place is that of the first that has one. Raises TypeError
        naming the position of what is no text.
        """
        texts = [strings] if isinstance(strings, str) else list(strings)
        for number, text in enumerate(texts, start=1):
            if not isinstance(text, str):
                raise TypeError(f"string {number} is {text!r:.60}, not text")
        with paused_collector():
            return self._answers(texts)

    def _answers(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        self._locator.prepare(texts)
        units = {text: self._locator.named(Affiliation(text)) for text in dict.fromkeys(texts)}
        placed = {text: self._placed(text, found) for text, found in units.items()}
        answers = dict(zip(placed, self._assign(list(placed.values())), strict=True))
        return [_answer(text, units[text], placed[text], answers[text]) for text in texts]

    def _placed(self, text: str, units: Sequence[Unit]) -> Unit | None:
        """The first institution that has a place, else what the string itself names."""
        known = (unit for unit in units if unit.place and unit.institution_id)
        return next(known, None) or self._locator.place_only(text)

    def _assign(self, units: Sequence[Unit | None]) -> list[Assignment | None]:
        places = [unit.place for unit in units if unit and unit.place]
        found = iter(self.cities.assign(places))
        return [next(found) if unit and unit.place else None for unit in units]


def _answer(
    text: str, units: Sequence[Unit], placed: Unit | None, assigned: Assignment | None
) -> dict[str, Any]:
    return {
        "text": text,
        "institutions": [_institution(unit) for unit in units if unit.institution_id],
        "place": _place(placed) if placed else None,
        "city": {"id": assigned.city.city_id, "name": assigned.city.name} if assigned else None,
    }


def _institution(unit: Unit) -> dict[str, Any]:
    ror = unit.institution_id or ""
    is_registered = ror.startswith(ROR_PREFIX)
    return {"ror": ror if is_registered else None, "name": unit.institution, "score": unit.score}


def _place(unit: Unit) -> dict[str, Any] | None:
    place = unit.place
    if place is None:
        return None
    return {
        "geonames_id": int(place.place_id.removeprefix("gn:")),
        "name": place.name,
        "country": place.country,
        "method": unit.method,
        "score": unit.place_score,
    }

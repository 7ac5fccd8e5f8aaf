"""Which city of an edition somebody means: by id, by name in any language, by a place in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sciencecities.errors import UnknownCityError
from sciencecities.locate.text import fold


@dataclass(frozen=True, slots=True)
class NamedCity:
    """A city of the edition under the names it is shown with."""

    city_id: str
    city: str
    city_zh: str | None
    country: str | None

    @property
    def label(self) -> str:
        """Name, country and id, enough to tell namesakes apart."""
        return f"{self.city}, {self.country or '–'} ({self.city_id})"

    def names(self) -> Iterator[str]:
        """Every folded form under which it is found without a gazetteer."""
        for name in (self.city, self.city_zh):
            if name:
                yield fold(name)
                yield fold(f"{name} {self.country or ''}")
        if self.city_zh:
            yield fold(self.city_zh.removesuffix("市"))


def _spelling(folded: str) -> str:
    """A folded name without its spaces, its saint written out.

    >>> _spelling("guang zhou"), _spelling("st petersburg"), _spelling("saint petersburg")
    ('guangzhou', 'saintpetersburg', 'saintpetersburg')
    """
    return re.sub(r"^st\.? ", "saint ", folded).replace(" ", "")


class CityFinder:
    """Finds cities among `cities`, which come with the largest first, so that it wins a name.

    `places` maps the id of each place in the edition to its name and the id of its city;
    `definition` is the name of the city definition, or anything else for one from a file.
    """

    def __init__(
        self,
        where: str,
        cities: Sequence[NamedCity],
        places: dict[str, tuple[str, str]],
        definition: str,
    ) -> None:
        self._where = where
        self._definition = definition
        self._by_id = {c.city_id: c for c in cities}
        self._by_name: dict[str, list[NamedCity]] = {}
        self._by_spelling: dict[str, NamedCity] = {}
        for city in cities:
            for name in dict.fromkeys(city.names()):
                self._by_name.setdefault(name, []).append(city)
                self._by_spelling.setdefault(_spelling(name), city)
        self._city_of_place = {p: city_id for p, (_, city_id) in places.items()}
        self._by_place: dict[str, str] = {}
        for place_id in sorted(places):
            name, city_id = places[place_id]
            self._by_place.setdefault(fold(name), city_id)

    def __getitem__(self, city_id: str) -> NamedCity:
        return self._by_id[city_id]

    def __contains__(self, city_id: str) -> bool:
        return city_id in self._by_id

    def find(self, text: str) -> NamedCity:
        """The city meant by `text`. Raises UnknownCityError naming close ones."""
        city_id = text.strip()
        if re.fullmatch(r"(?:gn:)?\d+", city_id):
            city_id = f"gn:{city_id.removeprefix('gn:')}"
        if city_id in self._by_id:
            return self._by_id[city_id]
        if named := self.named(text):
            return named[0]
        if spelled := self._by_spelling.get(_spelling(fold(text))):
            return spelled
        if usual := self._usually(text):
            return usual
        found = self._city_of_place.get(city_id) or self._by_place.get(fold(text))
        found = found or self._in_gazetteer(text)
        if found in self._by_id:
            return self._by_id[found]
        near = self._close(text)
        close = ", ".join(n.city for n in near)
        remedy = f"close: {close}" if near else "`sciencecities rank` lists the cities there are"
        raise UnknownCityError(
            f"no city {text!r} in {self._where}; {remedy}",
            asked=text, close=[(n.city, n.city_zh or n.city) for n in near],
        )  # fmt: skip

    def named(self, text: str) -> list[NamedCity]:
        """The cities that bear this very name (with the country, if it is given), largest first."""
        name = fold(text)
        return self._by_name.get(name) or self._by_name.get(name.removesuffix("市"), [])

    def _usually(self, text: str) -> NamedCity | None:
        """The largest city that goes by that name elsewhere: 纽约都市圈, Greater London."""
        from sciencecities.locate.city_names import name_key, usually_called

        for city_id in usually_called(text):
            if city_id in self._by_id:
                return self._by_id[city_id]
        return next(iter(self.named(name_key(text))), None)

    def _in_gazetteer(self, text: str) -> str | None:
        """The city of that name in any language, else that of the most populous such place."""
        from sciencecities.locate import cities as definitions
        from sciencecities.locate.gazetteer import Gazetteer

        gazetteer = Gazetteer.load()
        if self._definition not in definitions.NAMES:
            # Many a Chinese name is listed only with its kind: 横滨市.
            places = gazetteer.search(text) or gazetteer.search(f"{text}市")
            return self._city_of_place.get(places[0].place_id) if places else None
        definition = definitions.load(self._definition, gazetteer)
        found = definitions.find(definition, gazetteer, text)
        return found[0].city_id if found else None

    def _close(self, text: str) -> list[NamedCity]:
        """Up to three cities whose names are near, the nearest first."""
        near = get_close_matches(fold(text), list(self._by_name), n=6, cutoff=0.6)
        found: dict[str, NamedCity] = {}
        for name in near:
            city = self._by_name[name][0]
            found.setdefault(city.city, city)
        return list(found.values())[:3]

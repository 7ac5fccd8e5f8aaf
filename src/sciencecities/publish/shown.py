"""An edition as pages need it: its small tables in memory, cities under readable names."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any

from sciencecities.edition.read import OVERALL, Edition
from sciencecities.locate.text import fold

Row = dict[str, Any]

SUBJECTS = ("physical", "biological", "chemistry", "earth-environmental", "health")


class Shown:
    """Rankings by year and scope, cities by slug. Everything here fits in memory by design."""

    def __init__(self, edition: Edition, slug: str) -> None:
        self.edition = edition
        self.slug = slug

    @property
    def year(self) -> int:
        """The newest data year, which the pages show."""
        return self.edition.newest_year

    @property
    def is_published(self) -> bool:
        """Whether somebody else made this ranking: ranks are rings, ranges are not known."""
        return self.edition.kind == "published"

    def title(self, lang: str) -> str:
        """What the edition is called: its own title where it has one, else its folder's name."""
        titles = self.edition.manifest.get("titles") or {}
        return str(titles.get(lang) or self.edition.name)

    @property
    def fingerprint(self) -> str:
        """The hash that stands for the content of the rankings."""
        return str(self.edition.manifest["tables"]["rankings"]["sha256"])

    @cached_property
    def _by_group(self) -> dict[tuple[int, str], list[Row]]:
        found: dict[tuple[int, str], list[Row]] = defaultdict(list)
        for row in self.edition.rankings("all", "all").to_pylist():
            found[row["data_year"], row["scope"]].append(row)
        return dict(found)

    @cached_property
    def _by_city(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for rows in self._by_group.values():
            for row in rows:
                found[row["city_id"]].append(row)
        return dict(found)

    def ranking(self, scope: str = OVERALL, year: int | None = None) -> list[Row]:
        """The rows of a scope and year, by rank."""
        return self._by_group.get((self.year if year is None else year, scope), [])

    def row(self, city_id: str, scope: str = OVERALL, year: int | None = None) -> Row | None:
        """A city's row in a scope and year, if it has a Share there."""
        year = self.year if year is None else year
        rows = self._by_city.get(city_id, [])
        return next((r for r in rows if r["scope"] == scope and r["data_year"] == year), None)

    def history(self, city_id: str, scope: str = OVERALL) -> list[Row]:
        """A city's rows of one scope, oldest year first."""
        rows = [r for r in self._by_city.get(city_id, []) if r["scope"] == scope]
        return sorted(rows, key=lambda r: r["data_year"])

    @cached_property
    def subjects(self) -> list[str]:
        """The five subjects, as far as the edition has them."""
        return [s for s in self.edition.scopes if s in SUBJECTS]

    @cached_property
    def industries(self) -> list[str]:
        """Every other scope."""
        return [s for s in self.edition.scopes if s != OVERALL and s not in SUBJECTS]

    def unassigned(self, scope: str = OVERALL) -> list[tuple[str, float]]:
        """(reason, works) of what no city got, largest first."""
        sums: dict[str, float] = defaultdict(float)
        for row in self._unassigned:
            if row["data_year"] == self.year and row["scope"] == scope:
                sums[row["reason"]] += row["share"]
        return sorted(sums.items(), key=lambda item: (-item[1], item[0]))

    @cached_property
    def _unassigned(self) -> list[Row]:
        rows: list[Row] = self.edition.unassigned("all", "all").to_pylist()
        return rows

    def institutions(self, city_id: str, scope: str = OVERALL) -> list[Row]:
        """A city's institutions by Share."""
        rows: list[Row] = self.edition.institutions(city_id, scope, self.year).to_pylist()
        return rows

    def partners(self, city_id: str, scope: str = OVERALL) -> list[Row]:
        """The cities it writes most with: city_id, works, score; largest score first."""
        rows: list[Row] = self.edition.partners(city_id, scope, self.year).to_pylist()
        return rows

    # --- cities -----------------------------------------------------------------------------

    @cached_property
    def cities(self) -> dict[str, Row]:
        """Every city's most telling row (newest year, overall first), the leading city first."""
        ordered = sorted(
            (r for rows in self._by_group.values() for r in rows),
            key=lambda r: (-r["data_year"], r["scope"] != OVERALL, r["rank"], r["city_id"]),
        )
        found: dict[str, Row] = {}
        for row in ordered:
            found.setdefault(row["city_id"], row)
        return found

    @cached_property
    def _slugs(self) -> dict[str, str]:
        """City id → slug: the English name; of namesakes the smaller ones bear their id too."""
        found: dict[str, str] = {}
        taken: set[str] = set()
        for city_id, row in self.cities.items():
            name = _slug(str(row["city"] or ""))
            own = _slug(city_id.removeprefix("gn:"))
            slug = name if name and name not in taken else "-".join(filter(None, (name, own)))
            while slug in taken:
                slug += "-x"
            taken.add(slug)
            found[city_id] = slug
        return found

    @cached_property
    def _by_slug(self) -> dict[str, str]:
        return {slug: city_id for city_id, slug in self._slugs.items()}

    def slug_of(self, city_id: str) -> str:
        """The readable name of a city in addresses."""
        return self._slugs[city_id]

    def city_of(self, slug: str) -> str | None:
        """The id of the city with this slug."""
        return self._by_slug.get(slug)


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in fold(name)).split())[:80]

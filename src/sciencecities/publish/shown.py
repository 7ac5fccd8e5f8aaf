"""An edition as pages need it: its small tables in memory, cities under readable names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from sciencecities.edition.read import OVERALL, Edition, TraceTotal
from sciencecities.locate.text import fold
from sciencecities.publish.by_city import ByCity
from sciencecities.publish.outside import KEPT, Outside
from sciencecities.sample import is_sample
from sciencecities.tables import UNITS_PER_WORK

if TYPE_CHECKING:
    from sciencecities.compare.groups import Group
    from sciencecities.edition.redraws import CityDraws
    from sciencecities.explain.movement import Explanation
    from sciencecities.method.choices import Choice
    from sciencecities.method.cube import Definition
    from sciencecities.method.lab import Lab
    from sciencecities.publish.spread import Spread

Row = dict[str, Any]
T = TypeVar("T")

GAINS = """
SELECT city_id, institution_id, ANY_VALUE(institution) AS institution,
       COALESCE(SUM(share) FILTER (data_year = $before), 0) AS before,
       COALESCE(SUM(share) FILTER (data_year = $year), 0) AS after
FROM city_institutions
WHERE scope = $scope AND data_year IN ($before, $year)
GROUP BY city_id, institution_id ORDER BY city_id, institution_id
"""

SITES = """
SELECT c.city_id, p.place_id, ANY_VALUE(p.place) AS place, ANY_VALUE(p.latitude) AS latitude,
       ANY_VALUE(p.longitude) AS longitude, SUM(c.weight) AS share
FROM contributions c JOIN places p USING (place_id)
WHERE c.data_year = $year AND c.city_id IS NOT NULL AND p.latitude IS NOT NULL
GROUP BY c.city_id, p.place_id ORDER BY share DESC, p.place_id
"""

PAIRS = """
SELECT city_a AS city_id, city_b, works, score FROM collaborations
WHERE data_year = $year AND scope = $scope ORDER BY city_a, city_b
"""

SUBJECTS = ("physical", "biological", "chemistry", "earth-environmental", "health")

OTHERWISE = "-by-"
"""Stands in a scope's name between a subject and what assigned the works to it."""

LABS = 64
"""Answers of the method lab that are kept."""

DRAWS = 8
"""Scopes and years of which every city's re-draws are kept: 8 kB a city."""

LEADING = 10
"""Institutions and partners that a city's page lists."""

INSTITUTIONS = f"""
SELECT city_id, institution_id, institution, share, count, COUNT(*) OVER of_city AS n
FROM city_institutions WHERE data_year = $year AND scope = $scope
WINDOW of_city AS (PARTITION BY city_id)
QUALIFY ROW_NUMBER() OVER (PARTITION BY city_id ORDER BY share DESC, institution_id) <= {LEADING}
ORDER BY city_id, share DESC, institution_id
"""

PARTNERS = f"""
SELECT city_id, other_id, works, score, COUNT(*) OVER of_city AS n
FROM (
    SELECT city_a AS city_id, city_b AS other_id, works, score FROM collaborations
    WHERE data_year = $year AND scope = $scope
    UNION ALL
    SELECT city_b, city_a, works, score FROM collaborations
    WHERE data_year = $year AND scope = $scope
)
WINDOW of_city AS (PARTITION BY city_id)
QUALIFY ROW_NUMBER() OVER (PARTITION BY city_id ORDER BY score DESC, other_id) <= {LEADING}
ORDER BY city_id, score DESC, other_id
"""

PER_PAGE = 50
"""Works on a page."""

FIRST_WORKS = f"""
WITH weighed AS (
    SELECT city_id, work_id, SUM(units)::HUGEINT AS units FROM contributions
    WHERE data_year = $year AND list_contains($cities, city_id)
    GROUP BY city_id, work_id
), first AS (
    SELECT *, COUNT(*) OVER of_city AS n, SUM(units) OVER of_city AS whole FROM weighed
    WINDOW of_city AS (PARTITION BY city_id)
    QUALIFY ROW_NUMBER() OVER (PARTITION BY city_id ORDER BY units DESC, work_id) <= {PER_PAGE}
)
SELECT city_id, work_id, FIRST(l.units) AS units, FIRST(n) AS n, FIRST(whole)::HUGEINT AS whole,
       MIN(doi) AS doi, LIST(DISTINCT institution ORDER BY institution) AS institutions
FROM first l JOIN contributions c USING (city_id, work_id) WHERE data_year = $year
GROUP BY city_id, work_id ORDER BY city_id, units DESC, work_id
"""


class Shown:
    """Rankings by year and scope, cities by slug. Everything here fits in memory by design."""

    def __init__(
        self,
        edition: Edition,
        slug: str,
        *,
        n_cities: int | None = None,
        outside: Outside | None = None,
    ) -> None:
        """`n_cities` leading cities have a page of their own; None for all. `outside` holds
        boundaries that are no part of the edition."""
        self.outside = outside or Outside()
        self.n_cities = n_cities
        self.edition = edition
        self.slug = slug
        self._made: dict[tuple[str, ...], Any] = {}
        self._kept: dict[tuple[str, str], dict[str, tuple[int, list[Row]]]] = {}
        self.group = lru_cache(LABS)(self._group)
        self._draws = lru_cache(DRAWS)(_draws_of)
        self.explanation = lru_cache(LABS)(self._explanation)
        self.lab = lru_cache(LABS)(self._lab)
        self.spread = lru_cache(LABS)(self._spread)
        self.ends = lru_cache(KEPT)(self._ends)

    def once(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        """What `make` gives, kept under the key: for both languages, and for several pages."""
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found

    @property
    def year(self) -> int:
        """The newest data year, which the pages show."""
        return self.edition.newest_year

    @property
    def is_sample(self) -> bool:
        """Whether it was made from the corpus that comes with the package, which ranks nothing."""
        return is_sample(self.edition.manifest)

    @property
    def is_published(self) -> bool:
        """Whether somebody else made this ranking: ranks are rings, ranges are not known."""
        return self.edition.kind == "published"

    @property
    def is_counted(self) -> bool:
        """Whether it was counted from works, so that ranges are those of re-draws."""
        return self.edition.kind == "computed"

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
    def not_comparable(self) -> list[Row]:
        """A row for each reason why no movement is stated, overall in the newest year."""
        found = {r["movement_note"]: r for r in self.ranking() if r.get("movement_note")}
        return [found[reason] for reason in sorted(found)]

    @cached_property
    def subjects(self) -> list[str]:
        """The five subjects, as far as the edition has them."""
        return [s for s in self.edition.scopes if s in SUBJECTS]

    @cached_property
    def subjects_otherwise(self) -> list[str]:
        """The subjects by another assignment of works, as `physical-by-journal`."""
        return [s for s in self.edition.scopes if s.partition(OTHERWISE)[0] in SUBJECTS
                and OTHERWISE in s]  # fmt: skip

    @cached_property
    def industries(self) -> list[str]:
        """Every other scope."""
        rest = {OVERALL, *self.subjects, *self.subjects_otherwise}
        return [s for s in self.edition.scopes if s not in rest]

    def countries(self, scope: str = OVERALL) -> list[Row]:
        """Countries by rank in the newest year."""
        return [r for r in self._countries if r["scope"] == scope and r["data_year"] == self.year]

    @cached_property
    def _countries(self) -> list[Row]:
        rows: list[Row] = self.edition.country_rankings("all", "all").to_pylist()
        return rows

    def p_ahead(self, a: str, b: str, scope: str = OVERALL) -> float | None:
        """The probability that city `a` is ahead of `b`, where both are among the leading."""
        found = self._orders.get((scope, a, b))
        if found is None and (back := self._orders.get((scope, b, a))) is not None:
            return 1 - back
        return found

    @cached_property
    def _orders(self) -> dict[tuple[str, str, str], float]:
        sql = "SELECT scope, city_a, city_b, p FROM order_probabilities WHERE data_year = $year"
        rows = self.edition.query(sql, {"year": self.year}).to_pylist()
        return {(r["scope"], r["city_a"], r["city_b"]): r["p"] for r in rows}

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

    def institutions(self, city_id: str, scope: str = OVERALL) -> tuple[int, list[Row]]:
        """How many institutions a city has in a scope, and the leading ones by Share."""
        return self._leading("city_institutions", INSTITUTIONS, scope).get(city_id, (0, []))

    def partners(self, city_id: str, scope: str = OVERALL) -> tuple[int, list[Row]]:
        """How many cities it writes with, and the leading ones: other_id, works, score."""
        return self._leading("collaborations", PARTNERS, scope).get(city_id, (0, []))

    def _leading(self, name: str, sql: str, scope: str) -> dict[str, tuple[int, list[Row]]]:
        """City id → (number of rows, the leading ones), of all cities in one query."""
        key = (name, scope)
        if key not in self._kept:
            found: dict[str, tuple[int, list[Row]]] = {}
            for row in self.edition.query(sql, {"year": self.year, "scope": scope}).to_pylist():
                found.setdefault(row["city_id"], (row["n"], []))[1].append(row)
            self._kept[key] = found
        return self._kept[key]

    # --- movement and place -----------------------------------------------------------------

    @property
    def year_before(self) -> int | None:
        """The data year before the newest, if there is one."""
        return self.edition.years[-2] if len(self.edition.years) > 1 else None

    @property
    def has_movement(self) -> bool:
        """Whether works were counted in two data years, so that a movement can be explained."""
        return self.is_counted and self.year_before is not None

    def _explanation(self, city_id: str) -> Explanation:
        """Why a city moved against the data year before, overall."""
        return self.edition.explain(city_id)

    def gains(self, city_id: str) -> list[Row]:
        """Institutions of a city: institution_id, institution, Share before and after, overall."""
        return self._gains.of(city_id)

    @cached_property
    def _gains(self) -> ByCity:
        asked = {"before": self.year_before, "year": self.year, "scope": OVERALL}
        return ByCity(self.edition.query(GAINS, asked))

    def among(self, city_ids: Iterable[str]) -> dict[tuple[str, str], Row]:
        """Pairs of these cities that wrote together, overall, by both ids in order."""
        ids = set(city_ids)
        return {
            (a, row["city_b"]): row | {"affinity": None}
            for a in ids
            for row in self._pairs.of(a, city_b=ids)
        }

    @cached_property
    def _pairs(self) -> ByCity:
        asked = {"year": self.year, "scope": OVERALL}
        return ByCity(self.edition.query(PAIRS, asked))

    def sites(self, city_id: str) -> list[Row]:
        """The places of a city with the Share counted there, the largest first."""
        return self._sites.get(city_id, [])

    @cached_property
    def _sites(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        if self.is_counted:
            for row in self.edition.query(SITES, {"year": self.year}).to_pylist():
                found[row["city_id"]].append(row)
        return dict(found)

    def _group(self, city_ids: tuple[str, ...], scope: str, year: int) -> Group:
        """Cities as one."""
        from sciencecities.compare.groups import group

        return group(self.edition, city_ids, "", scope, year, draws_for=self._draws)

    def first_works(self, city_id: str) -> tuple[TraceTotal, list[Row]]:
        """What stands behind a city's Share, and its first works as `Edition.works` has them."""
        return self._first_works.get(city_id, (TraceTotal(0, 0.0), []))

    @cached_property
    def _first_works(self) -> dict[str, tuple[TraceTotal, list[Row]]]:
        """Of all cities with a page in one query, for a site that shows no more of them."""
        found: dict[str, tuple[TraceTotal, list[Row]]] = {}
        asked = {"year": self.year, "cities": list(self.with_page)}
        for row in self.edition.query(FIRST_WORKS, asked).to_pylist():
            total = TraceTotal(row["n"], int(row["whole"]) / UNITS_PER_WORK)
            work = row | {"weight": int(row["units"]) / UNITS_PER_WORK}
            found.setdefault(row["city_id"], (total, []))[1].append(work)
        return found

    # --- other choices of method ------------------------------------------------------------

    def _lab(
        self,
        choice: Choice,
        scope: str,
        year: int,
        issns: tuple[str, ...] = (),
        boundary: str = "",
    ) -> Lab:
        """The ranking under a choice, of the reader's own journals where some are named, and in
        the boundaries uploaded under the hash `boundary`."""
        from sciencecities.scopes.model import JournalSet

        own = JournalSet("your journals", frozenset(issns), frozenset()) if issns else None
        name = boundary or (choice.cities if self.is_outside(choice.cities) else "")
        ends = self.ends(name) if name else None
        return self.edition.method.lab(
            **choice._asdict(), scope=scope, year=year, listed=own, ends=ends
        )

    def is_outside(self, cities: str) -> bool:
        """Whether a city definition is the deployer's and not the edition's own."""
        own = self.edition.manifest["method"]["choices"]["cities"]
        return cities in self.outside.named and cities not in own

    def _ends(self, name: str) -> Definition:
        """Where cities end by boundaries from outside."""
        return self.outside.definition(self.edition, name)

    def _spread(self, scope: str, year: int) -> Spread:
        """The ranks of leading cities under every choice."""
        from sciencecities.publish.spread import Spread

        return Spread(self.edition.method, scope, year)

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
    def with_page(self) -> dict[str, Row]:
        """The cities that have a page: all, or those in the lead overall or in any scope."""
        if self.n_cities is None:
            return self.cities
        leading = {
            row["city_id"]
            for (year, scope), rows in self._by_group.items()
            if year == self.year
            for row in rows[: self.n_cities if scope == OVERALL else LEADING]
        }
        return {city_id: row for city_id, row in self.cities.items() if city_id in leading}

    @cached_property
    def with_works(self) -> dict[str, Row]:
        """The cities that have a page of the works behind them."""
        return self.with_page if self.is_counted else {}

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


def _draws_of(edition: Edition, scope: str, year: int) -> CityDraws | None:
    from sciencecities.compare.groups import draws_of

    return draws_of(edition, scope, year)


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in fold(name)).split())[:80]

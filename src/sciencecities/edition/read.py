"""Reading an edition: its tables by scope, year, city, down to the single work."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sciencecities.edition import notebook
from sciencecities.edition.find import CityFinder, NamedCity
from sciencecities.edition.session import Session
from sciencecities.edition.wholes import Whole
from sciencecities.errors import ConfigError, EditionError, UnknownInstitutionError
from sciencecities.locate.overlaps import REFUSE
from sciencecities.tables import KINDS, UNITS_PER_WORK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import duckdb
    import pyarrow as pa

    from sciencecities.compare.groups import Group
    from sciencecities.compare.published import Comparison
    from sciencecities.explain.movement import Explanation
    from sciencecities.method.of_edition import MethodLab

Year = int | Literal["all"] | None
OVERALL = "overall"
OVERALL_TITLE = {"en": "Overall", "zh": "总体"}

TRACE_COLUMNS = (
    "data_year, work_id, doi, institution_id, institution, affiliation, author_position, weight"
)
TRACE_ORDER = "units DESC, work_id, author_position, institution_id, affiliation"
TRACE_FILTER = "city_id = $city AND data_year = $year"
IN_SCOPE = " AND work_id IN (SELECT work_id FROM work_scopes WHERE scope = $scope)"
OF_INSTITUTION = " AND institution_id = $institution"

# Of the works that are not asked for, the weight alone is added up.
WORKS_SQL = """
WITH here AS MATERIALIZED (
    SELECT data_year, work_id, doi, units, author_position, institution
    FROM contributions WHERE {where}
), heaviest AS (
    SELECT data_year, work_id, SUM(units)::HUGEINT AS units FROM here
    GROUP BY data_year, work_id ORDER BY units DESC, work_id {limit}
)
SELECT h.data_year, h.work_id, MIN(doi) AS doi, FIRST(w.units) AS units,
       COUNT(DISTINCT author_position) AS n_authors,
       LIST(DISTINCT institution ORDER BY institution) AS institutions
FROM here AS h JOIN heaviest AS w ON w.data_year = h.data_year AND w.work_id = h.work_id
GROUP BY h.data_year, h.work_id
ORDER BY units DESC, h.work_id
"""


class TraceTotal(NamedTuple):
    """What the works behind a number add up to."""

    works: int
    share: float


class Edition:
    """One finished build, or a published ranking, as Arrow tables (columns: docs/TABLES.md).

    `path` is a folder, or the name of a built-in edition (`natureindex-2024`).
    `scope` is a scope's name or title, or "all"; `year` is a data year, None for the newest, or
    "all". Raises EditionError if the folder is no edition, is damaged or of a newer format;
    ConfigError for a scope or year that it does not have; UnknownCityError for a city.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        from sciencecities.published.builtin import edition_path

        self.path = edition_path(path)
        self.manifest = _manifest(self.path)
        notebook.register()

    # --- what there is ----------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """`computed` from works, `institution-table`, or `published` by somebody else."""
        return str(self.manifest["kind"])

    @cached_property
    def years(self) -> list[int]:
        """Data years, oldest first."""
        return sorted({int(r["data_year"]) for r in self._groups})

    @property
    def newest_year(self) -> int:
        """The newest data year. Raises EditionError if no work was counted at all."""
        if not self.years:
            raise EditionError(
                f"{self.path}: no work was counted in this edition; see its manifest.json for the "
                "years and journals that were asked for"
            )
        return self.years[-1]

    @cached_property
    def scopes(self) -> list[str]:
        """Names of the scopes: overall, then in the order of the build's scope file."""
        named = [str(s["name"]) for s in self.manifest.get("scopes", [])]
        counted = {str(r["scope"]) for r in self._groups}
        return list(dict.fromkeys([*sorted(counted & {OVERALL}), *named, *sorted(counted)]))

    def title(self, scope: str, lang: Literal["en", "zh"] = "en") -> str:
        """The scope's title, or its name where it has none."""
        for entry in self.manifest.get("scopes", []):
            if entry["name"] == scope:
                return str(entry.get(f"title_{lang}") or scope)
        return OVERALL_TITLE[lang] if scope == OVERALL else scope

    # --- tables -----------------------------------------------------------------------------

    def rankings(self, scope: str = OVERALL, year: Year = None) -> pa.Table:
        """Cities by rank: one row per data year, scope and city."""
        return self._ranked("rankings", "rank, city_id", scope, year)

    def country_rankings(self, scope: str = OVERALL, year: Year = None) -> pa.Table:
        """Countries by rank: one row per data year, scope and country."""
        return self._ranked("country_rankings", "rank, country", scope, year)

    def city(self, name: str) -> pa.Table:
        """The rankings rows of one city, in all scopes and years, newest year first."""
        return self._ranked("rankings", "rank", "all", "all", city_id=self.find_city(name))

    def institutions(self, city: str, scope: str = OVERALL, year: Year = None) -> pa.Table:
        """The institutions of a city by Share: one row per data year, scope and institution."""
        order = "share DESC, institution_id"
        return self._ranked("city_institutions", order, scope, year, city_id=self.find_city(city))

    def unassigned(self, scope: str = OVERALL, year: Year = None) -> pa.Table:
        """What no city got, by reason and country, largest first."""
        return self._ranked("unassigned", "share DESC, reason, country", scope, year)

    def totals(self) -> pa.Table:
        """Works in each data year and scope."""
        return self._ranked("totals", "works", "all", "all")

    @property
    def whole(self) -> Whole:
        """The words for what its Shares are parts of."""
        return Whole(self.kind != "institution-table")

    def n_works(self, scope: str = OVERALL, year: int | None = None) -> int:
        """Works of a scope in a data year."""
        year, scope = self.resolve_year(year), self.resolve_scope(scope)
        return sum(
            r["works"] for r in self._totals if r["data_year"] == year and r["scope"] == scope
        )

    def size(self, scope: str = OVERALL, year: int | None = None) -> Fraction:
        """What the Shares of a scope in a data year are parts of: works, or the Shares of a table
        of institutions, whose number of works is rounded."""
        if self.whole.of_works:
            return Fraction(self.n_works(scope, year))
        year, scope = self.resolve_year(year), self.resolve_scope(scope)
        return self._sizes.get((year, scope), Fraction(0))

    @cached_property
    def _sizes(self) -> dict[tuple[int, str], Fraction]:
        """The exact sum of a table of institutions by data year and scope."""
        sums: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
        for row in self.query("SELECT data_year, scope, share FROM institution_places").to_pylist():
            sums[row["data_year"], row["scope"]] += Fraction(str(row["share"]))
        return dict(sums)

    @cached_property
    def placed(self) -> dict[tuple[int, str], float]:
        """The size less its unassigned part, by data year and scope."""
        rows = self.query(
            "SELECT t.data_year, t.scope, COALESCE(SUM(u.share), 0) AS lost "
            "FROM totals AS t LEFT JOIN unassigned AS u "
            "ON u.data_year = t.data_year AND u.scope = t.scope "
            "GROUP BY t.data_year, t.scope"
        ).to_pylist()
        return {
            (r["data_year"], r["scope"]): float(self.size(r["scope"], r["data_year"])) - r["lost"]
            for r in rows
        }

    def cities_ranked(self) -> pa.Table:
        """How many cities (`n`) are ranked in each data year and scope."""
        return self.query(
            "SELECT data_year, scope, COUNT(*) AS n FROM rankings GROUP BY data_year, scope "
            "ORDER BY data_year DESC, scope"
        )

    def specialisation(self, city: str, year: int | None = None) -> pa.Table:
        """What a city does more of than the world: one row per scope, with 95 % limits.

        Columns and formula: `edition.specialisation`, docs/INDUSTRIES.md.
        """
        from sciencecities.edition.specialisation import specialisation

        return specialisation(self, self.find_city(city), self.resolve_year(year))

    def trace(
        self,
        city: str,
        scope: str = OVERALL,
        year: Year = None,
        institution: str | None = None,
        *,
        top: int | None = None,
    ) -> pa.Table:
        """What a city's Share is made of: one row per work, author and institution.

        Columns: data_year, work_id, doi, institution_id, institution, affiliation,
        author_position, weight (works); largest weight first. The weights add up to the Share.
        `institution` is an id, a ROR id or a name; `top` keeps the works that weigh most.
        """
        where, values = self._trace_filter(city, scope, year, institution)
        if top is not None:
            limit = f"LIMIT {int(top)}"
            best = f"SELECT work_id FROM ({WORKS_SQL.format(where=where, limit=limit)})"
            where += f" AND work_id IN ({best})"
        sql = f"SELECT {TRACE_COLUMNS} FROM contributions WHERE {where} ORDER BY {TRACE_ORDER}"
        return notebook.of_edition(self.query(sql, values))

    def works(
        self,
        city: str,
        scope: str = OVERALL,
        year: Year = None,
        institution: str | None = None,
        *,
        top: int | None = None,
        skip: int = 0,
    ) -> pa.Table:
        """The works behind a city's Share: as `trace`, one row per work.

        Columns: data_year, work_id, doi, weight (works), n_authors (of the city), institutions.
        `top` keeps the works that weigh most, after the first `skip`.
        """
        where, values = self._trace_filter(city, scope, year, institution)
        limit = f"LIMIT {int(top)} OFFSET {int(skip)}" if top is not None else ""
        rows = self.query(WORKS_SQL.format(where=where, limit=limit), values)
        weights = [int(u) / UNITS_PER_WORK for u in rows.column("units").to_pylist()]
        position = rows.schema.get_field_index("units")
        return notebook.of_edition(rows.set_column(position, "weight", [weights]))

    def trace_total(
        self,
        city: str,
        scope: str = OVERALL,
        year: Year = None,
        institution: str | None = None,
    ) -> TraceTotal:
        """How many works stand behind a city's Share, and what their weights add up to."""
        where, values = self._trace_filter(city, scope, year, institution)
        sums = "COUNT(DISTINCT work_id) AS works, COALESCE(SUM(units), 0)::HUGEINT AS units"
        row = self.query(f"SELECT {sums} FROM contributions WHERE {where}", values).to_pylist()[0]
        return TraceTotal(row["works"], int(row["units"]) / UNITS_PER_WORK)

    # --- other choices of method ------------------------------------------------------------

    @cached_property
    def method(self) -> MethodLab:
        """What the edition would be under other choices. Raises EditionError without works."""
        from sciencecities.method.of_edition import MethodLab

        return MethodLab(self)

    def lab(self, **choice: Any) -> pa.Table:
        """The ranking recomputed under another choice, beside the edition's own.

        Keys: scheme, cities (or a GeoJSON file), overlaps (of its polygons: `error` or `first`),
        journals (or a CSV file), documents, scope, year;
        columns: method/lab.py:LAB_COLUMNS. Raises ConfigError naming the choices there are.
        """
        return self.method.lab(**choice).table

    def sensitivity(
        self,
        city: str | None = None,
        geojson: str | None = None,
        scope: str = OVERALL,
        year: int | None = None,
        overlaps: str = REFUSE,
    ) -> tuple[pa.Table, pa.Table]:
        """Share and rank where cities end otherwise, and the institutions that cause the change.

        Columns: method/sensitivity.py:SENSITIVITY and CAUSES. One city, or all; `geojson` is a file
        of polygons to try beside `place` and `metro`, refused if they overlap, unless `overlaps`
        is `first`.
        """
        from sciencecities.method.sensitivity import sensitivity

        city_id = self.find_city(city) if city is not None else None
        return sensitivity(self.method, city_id, geojson, scope=scope, year=year, overlaps=overlaps)

    # --- why --------------------------------------------------------------------------------

    def explain(
        self,
        city: str,
        against: Edition | str | PathLike[str] | int | None = None,
        scope: str = OVERALL,
        year: int | None = None,
    ) -> Explanation:
        """Why a city's Share and rank moved; reads as the Arrow table of the parts of ΔShare.

        `against` is an earlier edition (or its folder), a data year of this one, or None for the
        data year before. Raises UnknownCityError, ConfigError for what cannot be compared.
        """
        from sciencecities.explain.movement import explain

        return explain(self, city, against=self._other(against), scope=scope, year=year)

    def compare(
        self, published: Edition | str | PathLike[str], scope: str = OVERALL,
        year: int | None = None,
    ) -> Comparison:  # fmt: skip
        """Agreement with a published ranking: a CSV (city,rank[,share]) or another edition.

        `.table` has the cities, `.measures` the agreement. Raises ConfigError, SourceError.
        """
        from sciencecities.compare.published import compare

        if isinstance(published, Edition):
            return compare(self, published, scope, year)
        path = Path(published)
        is_table = path.is_file() or path.suffix.lower() == ".csv"
        return compare(self, path if is_table else Edition(published), scope, year)

    def group(
        self, cities: Sequence[str], name: str = "", scope: str = OVERALL, year: int | None = None
    ) -> Group:
        """Several cities as one: Share, rank, ranges, inner collaboration; `.table` has the pairs.

        Raises UnknownCityError, ConfigError.
        """
        from sciencecities.compare.groups import group

        return group(self, cities, name, scope, year)

    # --- finding ----------------------------------------------------------------------------

    def find_city(self, text: str) -> str:
        """The id of the city that `text` names: an id, or a name in any language.

        Of several cities of one name the one with the largest Share is meant; "Cambridge, GB"
        says which. Raises UnknownCityError naming close ones.
        """
        return self.finder.find(text).city_id

    @cached_property
    def finder(self) -> CityFinder:
        """The names of all cities."""
        rows = self.query(
            "SELECT city_id, city, city_zh, country, MAX(share) AS share FROM rankings "
            "GROUP BY ALL ORDER BY share DESC, MIN(rank), city_id"
        ).to_pylist()
        cities = [NamedCity(r["city_id"], r["city"], r["city_zh"], r["country"]) for r in rows]
        places = self.query("SELECT place_id, place, city_id FROM places WHERE city_id IS NOT NULL")
        found = {r["place_id"]: (r["place"] or "", r["city_id"]) for r in places.to_pylist()}
        definition = str(self.manifest.get("configuration", {}).get("cities"))
        return CityFinder(self.name, cities, found, definition)

    def find_institution(self, city_id: str, text: str) -> str:
        """The id of an institution of the city, by id, ROR id or name.

        Raises UnknownInstitutionError naming close ones.
        """
        from difflib import get_close_matches

        from sciencecities.locate.text import fold

        rows = self.query(
            "SELECT institution_id, MIN(institution) AS name, MAX(share) AS share "
            "FROM city_institutions WHERE city_id = $city GROUP BY institution_id "
            "ORDER BY share DESC, institution_id",
            {"city": city_id},
        ).to_pylist()
        ids = {str(r["institution_id"]) for r in rows}
        ror = f"https://ror.org/{text.rstrip('/').rpartition('/')[2]}"
        if text in ids or ror in ids:
            return text if text in ids else ror
        names: dict[str, dict[str, Any]] = {}
        for row in rows:
            names.setdefault(fold(row["name"] or ""), row)
        if found := names.get(fold(text)):
            return str(found["institution_id"])
        close = [names[n]["name"] for n in get_close_matches(fold(text), list(names), 3, 0.6)]
        hint = f"; close: {', '.join(close)}" if close else ""
        raise UnknownInstitutionError(
            f"no institution {text!r} in {self.finder[city_id].city} in {self.name}{hint}"
        )

    def resolve_scope(self, text: str) -> str:
        """The scope that `text` names, by name or title. Raises ConfigError naming others."""
        if text in self.scopes:
            return text
        from sciencecities.scopes.model import Scope
        from sciencecities.scopes.names import resolve_scope_name

        titles = ((s, self.title(s), self.title(s, "zh")) for s in self.scopes if s != OVERALL)
        return resolve_scope_name(text, [Scope(*t, "", "") for t in titles])

    def resolve_year(self, year: int | None) -> int:
        """The data year asked for, the newest by default. Raises ConfigError naming all."""
        newest = self.newest_year
        if year is None or year in self.years:
            return newest if year is None else year
        there = ", ".join(str(y) for y in self.years)
        raise ConfigError(f"no data year {year} in {self.name}; there are: {there}")

    @property
    def name(self) -> str:
        """The folder's name, for messages."""
        return self.path.resolve().name

    # --- inside -----------------------------------------------------------------------------

    def _ranked(self, table: str, order: str, scope: str, year: Year, **equal: str) -> pa.Table:
        """Rows of a table with data_year and scope; newest year and first scope first."""
        scopes = self.scopes if scope == "all" else [self.resolve_scope(scope)]
        years = self.years if year == "all" else [self.resolve_year(year)]
        tests = "".join(f" AND {name} = ${name}" for name in equal)
        rows = self.query(
            f"SELECT * FROM {table} "
            f"WHERE list_contains($years, data_year) AND list_contains($scopes, scope){tests} "
            f"ORDER BY data_year DESC, list_position($scopes, scope), {order}",
            {"years": years, "scopes": scopes, **equal},
        )
        return notebook.of_edition(rows)

    def _trace_filter(
        self, city: str, scope: str, year: Year, institution: str | None
    ) -> tuple[str, dict[str, Any]]:
        if year == "all" or scope == "all":
            raise ConfigError("the works behind a number are those of one scope and one year")
        city_id = self.find_city(city)
        where = TRACE_FILTER
        values: dict[str, Any] = {"city": city_id, "year": self.resolve_year(year)}
        if (scope := self.resolve_scope(scope)) != OVERALL:
            where += IN_SCOPE
            values["scope"] = scope
        if institution is not None:
            where += OF_INSTITUTION
            values["institution"] = self.find_institution(city_id, institution)
        return where, values

    @cached_property
    def _totals(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.query("SELECT * FROM totals").to_pylist()
        return rows

    @cached_property
    def _groups(self) -> list[dict[str, Any]]:
        """The data years and scopes there are; a published ranking has no totals."""
        if self._totals:
            return self._totals
        sql = "SELECT DISTINCT data_year, scope FROM rankings ORDER BY data_year, scope"
        rows: list[dict[str, Any]] = self.query(sql).to_pylist()
        return rows

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        from sciencecities.edition.verify import open_tables

        connection = duckdb.connect(":memory:")
        for setting in ("enable_progress_bar", "autoinstall_known_extensions"):
            connection.execute(f"SET {setting} = false")
        open_tables(connection, self.path, self.kind)
        return connection

    def _other(self, given: Edition | str | PathLike[str] | int | None) -> Edition | int | None:
        """Another edition by its folder or name, or a year of this one."""
        if given is None or isinstance(given, int | Edition):
            return given
        return Edition(given)

    def query(self, sql: str, values: dict[str, Any] | None = None) -> pa.Table:
        """The rows of a query over the edition's tables (DuckDB's SQL; `$name` for values).

        Raises EditionError if a table is damaged or too large to read at once.
        """
        with self.session() as session:
            return session.query(sql, values)

    def session(self) -> Session:
        """For several queries that share temporary tables."""
        return Session(self._connection.cursor(), self.path)

    # --- shown ------------------------------------------------------------------------------

    def __repr__(self) -> str:
        from sciencecities.edition.show import edition_text

        return edition_text(self)

    def _repr_html_(self) -> str:
        from sciencecities.edition.show import edition_html

        return edition_html(self)


def _manifest(path: Path) -> dict[str, Any]:
    """The manifest of a whole edition of a known format. Raises EditionError with a remedy."""
    from sciencecities.edition.verify import read_manifest

    if path.exists() and not path.is_dir():
        raise EditionError(f"{path}: is a file, no edition; name the folder that a build made")
    if not path.is_dir():
        raise EditionError(
            f"{path}: no such edition; `sciencecities build … --out {path}` makes one"
        )
    manifest = read_manifest(path)
    tables = manifest.get("tables", {})
    names = [t.name for t in KINDS[manifest["kind"]]]
    missing = [n for n in names if n not in tables or not (path / f"{n}.parquet").is_file()]
    if missing:
        raise EditionError(
            f"{path}: incomplete, without {', '.join(missing)}; build the edition again"
        )
    return manifest

"""An edition beside a published ranking: agreement with its certainty, differences by city."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sciencecities.compare.agreement import kendall, overlap, rank_biased_overlap, spearman
from sciencecities.compare.bounds import Standing, kendall_bounds, overlap_bounds
from sciencecities.edition.read import OVERALL, Edition
from sciencecities.errors import ConfigError, LocateError, SourceError, UnknownCityError
from sciencecities.published.read import (
    Finder,
    country_code,
    number_of,
    of_one_year,
    rows_of,
    scope_of,
    whole,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Ranker = Callable[[NDArray[Any]], float | None]

HEADS = (10, 20, 50)
COUNTRY = re.compile(", [A-Z]{2}$")
"""How a row names its country beside the city."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """One row of the published ranking."""

    key: str  # by which the city is found: its name or id
    name: str  # as published
    rank: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of agreement; low to high holds it in 95 of 100 re-draws of our works.

    In an edition from an institution table they are what the parts without a single city allow at
    worst and at best (compare/bounds.py). None where that is not known.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(slots=True)
class Comparison:
    """What the comparison found; `cities` in order of the published rank."""

    edition: str
    against: str
    scope: str
    year: int
    measures: list[Measure]
    cities: list[Row]
    not_found: list[Row]
    notes: list[str] = field(default_factory=list)

    @property
    def n_inside(self) -> int:
        """Cities whose published rank lies inside our range."""
        return sum(1 for c in self.cities if c["inside"])

    @property
    def n_ranged(self) -> int:
        """Cities that have a range."""
        return sum(1 for c in self.cities if c["inside"] is not None)

    @property
    def n_shares_inside(self) -> int:
        """Cities whose published Share lies inside our interval."""
        return sum(1 for c in self.cities if c["share_inside"])

    @property
    def n_shares_ranged(self) -> int:
        """Cities that have a published Share and an interval."""
        return sum(1 for c in self.cities if c["share_inside"] is not None)

    @property
    def table(self) -> pa.Table:
        """The cities: name (as published), city_id, city, city_zh, published_rank, rank, difference
        (published − ours), rank_low, rank_high, inside (the published rank in our range),
        published_share, share, share_low, share_high, share_inside.
        """
        import pyarrow as pa

        whole_number, number = pa.int64(), pa.float64()
        schema = pa.schema(
            {
                "name": pa.string(), "city_id": pa.string(), "city": pa.string(),
                "city_zh": pa.string(), "published_rank": whole_number, "rank": whole_number,
                "difference": whole_number, "rank_low": whole_number, "rank_high": whole_number,
                "inside": pa.bool_(), "published_share": number, "share": number,
                "share_low": number, "share_high": number, "share_inside": pa.bool_(),
            }
        )  # fmt: skip
        return pa.Table.from_pylist(self.cities, schema=schema)

    def to_dict(self) -> Row:
        """For JSON."""
        return {
            "edition": self.edition,
            "against": self.against,
            "scope": self.scope,
            "year": self.year,
            "measures": {
                m.name: {"value": m.value, "low": m.low, "high": m.high} for m in self.measures
            },
            "n_found": len(self.cities),
            "n_inside": self.n_inside,
            "n_ranged": self.n_ranged,
            "n_shares_inside": self.n_shares_inside,
            "n_shares_ranged": self.n_shares_ranged,
            "cities": self.cities,
            "not_found": self.not_found,
            "notes": self.notes,
        }


def compare(
    edition: Edition, published: Edition | Path, scope: str = OVERALL, year: int | None = None
) -> Comparison:
    """Compare one scope and year of an edition with a published table or edition.

    `published` is a CSV with city, rank and perhaps share (names in any language, or ids), or an
    edition. Rows whose city the edition does not rank are listed as not found, not dropped.
    Raises ConfigError or SourceError for what cannot be read, naming file, row and remedy.
    """
    scope, year = edition.resolve_scope(scope), edition.resolve_year(year)
    listed, of_year = (
        _of_edition(published, scope, year)
        if isinstance(published, Edition)
        else _of_file(published, scope, year)
    )
    ours: list[Row] = edition.rankings(scope, year).to_pylist()
    found, not_found = _matched(edition, ours, listed)
    if not found:
        raise ConfigError(
            f"{_name(published)}: none of its {len(listed)} cities is ranked in {edition.name} "
            f"({scope}, {year}); see `sciencecities rank`"
        )
    cities = [_city(p, row) for p, row in found]
    comparison = Comparison(
        edition.name, _name(published), scope, year, [], cities, not_found, _notes(of_year, year)
    )
    comparison.measures = _measures(edition, ours, found, listed, scope, year)
    return comparison


# --- the published rows ---------------------------------------------------------------------


def _of_file(path: Path, scope: str, year: int) -> tuple[list[Published], int | None]:
    """The rows of the scope and, of a table of several data years, of the year, else the newest."""
    found = []
    seen: dict[str, int] = {}
    rows = rows_of(path)
    if any(r.get("scope") for _, r in rows):
        named = {s: scope_of(path.name, s or OVERALL) for s in {r["scope"] for _, r in rows}}
        rows = [(n, r) for n, r in rows if named[r["scope"]] == scope]
    rows, of_year = of_one_year(path, rows, year)
    for line, row in rows:
        at = f"{path.name} row {line}"
        if not row["city"] and not row.get("city_id"):
            raise SourceError(f"{at}: names no city")
        country = country_code(row.get("country") or "")
        name = ", ".join(filter(None, (row["city"], country)))
        key = row.get("city_id") or name
        if (first := seen.setdefault(key.casefold(), line)) != line:
            raise SourceError(f"{at}: {key!r} is in row {first} too; keep one")
        share = number_of(at, "share", row["share"]) if row.get("share") else None
        rank = whole(at, "rank", row["rank"], least=1)
        found.append(Published(key, name or key, rank, share))
    if not found:
        raise ConfigError(f"{path}: has no row of the scope {scope!r}; choose another --scope")
    return sorted(found, key=lambda p: p.rank), of_year


def _of_edition(published: Edition, scope: str, year: int) -> tuple[list[Published], int | None]:
    scope = published.resolve_scope(scope)
    chosen = year if year in published.years else published.newest_year
    rows = published.rankings(scope, chosen).to_pylist()
    listed = [
        Published(r["city_id"], r["city"] or r["city_id"], r["rank"], r["share"]) for r in rows
    ]
    return listed, chosen


def _name(published: Edition | Path) -> str:
    return published.name


def _notes(of_year: int | None, year: int) -> list[str]:
    if of_year in (None, year):
        return []
    return [f"The published ranking is of data year {of_year}, ours of {year}."]


def _matched(
    edition: Edition, ours: Sequence[Row], listed: Sequence[Published]
) -> tuple[list[tuple[Published, Row]], list[Row]]:
    """The rows with our row of the same city, and those that have none, with the reason."""
    by_id = {r["city_id"]: r for r in ours}
    found: list[tuple[Published, Row]] = []
    taken: dict[str, str] = {}
    finder = _Finder(edition)
    missing: list[Row] = []
    for p in listed:
        city_id, reason = finder.find(p)
        if city_id and city_id not in by_id:
            reason = "has no Share in this scope and year"
        if not reason and city_id in taken:
            reason = f"is the same city as {taken[city_id]!r}"
        if reason:
            missing.append({"name": p.name, "published_rank": p.rank, "reason": reason})
            continue
        taken[city_id] = p.name
        found.append((p, by_id[city_id]))
    return found, missing


class _Finder:
    """Finds a published row's city: by the names in the edition, else by all that the gazetteer
    knows (Köln, Москва, 波士顿都市圈), which takes a second to load."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition

    @cached_property
    def _gazetteer(self) -> Finder | None:
        definition = self._edition.manifest.get("configuration", {}).get("cities")
        return Finder.of(definition) if definition in ("metro", "place") else None

    def find(self, p: Published) -> tuple[str, str]:
        """The city's id and "", or "" and why there is none."""
        try:
            return self._edition.find_city(p.key), ""
        except UnknownCityError as error:
            reason = str(error)
        name, _, country = p.key.rpartition(", ") if COUNTRY.search(p.key) else (p.key, "", "")
        for text in dict.fromkeys((name, name.split(",")[0])):
            row = {"city": text, "country": country}
            try:
                if self._gazetteer:
                    return self._gazetteer.find(p.name, row)[0].city_id, ""
            except (LocateError, SourceError):
                continue
        return "", reason


def _city(p: Published, row: Row) -> Row:
    low, high = row["rank_low"], row["rank_high"]
    return {
        "name": p.name,
        "city_id": row["city_id"],
        "city": row["city"],
        "city_zh": row["city_zh"],
        "published_rank": p.rank,
        "rank": row["rank"],
        "difference": p.rank - row["rank"],
        "rank_low": low,
        "rank_high": high,
        "inside": _inside(p.rank, low, high),
        "published_share": p.share,
        "share": row["share"],
        "share_low": row["share_low"],
        "share_high": row["share_high"],
        "share_inside": _inside(p.share, row["share_low"], row["share_high"]),
    }


def _inside(value: float | None, low: float | None, high: float | None) -> bool | None:
    """Whether the range holds the value; None where one of them is not known."""
    return None if value is None or low is None or high is None else low <= value <= high


# --- measures -------------------------------------------------------------------------------


def _measures(
    edition: Edition,
    ours: Sequence[Row],
    found: Sequence[tuple[Published, Row]],
    listed: Sequence[Published],
    scope: str,
    year: int,
) -> list[Measure]:
    """Each measure over the cities found, with its limits from re-draws of our works."""
    theirs = [p.rank for p, _ in found]
    place = {row["city_id"]: n for n, row in enumerate(ours)}
    mine = np.array([place[row["city_id"]] for _, row in found])
    own = {id(p): place[row["city_id"]] for p, row in found}
    published_order = [own.get(id(p), f"not found: {p.name}") for p in listed]
    depth = len(listed)

    def rbo(ranks: NDArray[Any]) -> float:
        order = np.argsort(ranks, kind="stable")[:depth].tolist()
        return rank_biased_overlap(order, published_order, depth)

    def head(k: int) -> Ranker:
        return lambda ranks: overlap(ranks[mine].tolist(), theirs, k) / k

    functions: dict[str, Ranker] = {
        "spearman": lambda ranks: spearman(ranks[mine].tolist(), theirs),
        "kendall_tau_b": lambda ranks: kendall(ranks[mine].tolist(), theirs),
        "rank_biased_overlap": rbo,
    } | {f"overlap_{k}": head(k) for k in HEADS if k <= max(p.rank for p in listed)}
    observed = np.array([r["rank"] for r in ours])
    draws = _replicate_ranks(edition, ours, scope, year)
    measures = []
    for name, function in functions.items():
        value = function(observed)
        measures.append(Measure(name, value, *_limits(name, function, draws, found, value)))
    return measures


def _replicate_ranks(
    edition: Edition, ours: Sequence[Row], scope: str, year: int
) -> NDArray[Any] | None:
    """City × re-draw: ranks, with the build's own draws; None where there are no works."""
    if edition.kind != "computed" or not edition.manifest["configuration"].get("replicates"):
        return None
    from sciencecities.edition.redraws import redraw
    from sciencecities.rank.intervals import replicate_ranks

    items = {row["city_id"]: n for n, row in enumerate(ours)}
    return replicate_ranks(redraw(edition, items, scope, year).sums)


def _limits(
    name: str,
    function: Ranker,
    draws: NDArray[Any] | None,
    found: Sequence[tuple[Published, Row]],
    value: float | None,
) -> tuple[float | None, float | None]:
    """2.5 % and 97.5 % limits over the re-draws, widened to hold the value; without works, worst
    and best."""
    if draws is not None:
        drawn = sorted(v for d in range(draws.shape[1]) if (v := function(draws[:, d])) is not None)
        if not drawn or value is None:
            return None, None
        n = len(drawn)
        low, high = drawn[max(0, -(-n * 25 // 1000) - 1)], drawn[-(-n * 975 // 1000) - 1]
        return min(low, value), max(high, value)
    return _bounds(name, found)


def _bounds(name: str, found: Sequence[tuple[Published, Row]]) -> tuple[float | None, float | None]:
    """What the Shares without a single city allow, of the measures for which that is known."""
    ends = "rank_low", "rank_high", "share_low", "share_high"
    if any(row[end] is None for _, row in found for end in ends):
        return None, None
    cities = [Standing(p.rank, *(row[end] for end in ends)) for p, row in found]
    if name.startswith("overlap_"):
        return overlap_bounds(cities, int(name.removeprefix("overlap_")))
    return (kendall_bounds(cities) if name == "kendall_tau_b" else None) or (None, None)

"""The tables of an edition, summed from placed institutions in exact units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sciencecities.institution_table.pieces import Piece
from sciencecities.institution_table.placing import OUTSIDE
from sciencecities.institution_table.ranges import Range, ranges
from sciencecities.rank.order import rank
from sciencecities.tables import (
    CITY_INSTITUTIONS,
    COUNTRY_RANKINGS,
    INSTITUTION_PLACES,
    RANKINGS,
    TOTALS,
    UNASSIGNED,
    UNITS_PER_WORK,
    Table,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from sciencecities.locate.model import City

Record = dict[str, Any]


class _Group(NamedTuple):
    year: int
    scope: str
    pieces: list[Piece]
    units: int  # of all pieces


def tables_of(pieces: Sequence[Piece]) -> dict[str, pa.Table]:
    """Every table of an edition of kind `institution-table`, by name."""
    groups = _groups(pieces)
    newest = max(group.year for group in groups)
    base = {g.scope: g.units for g in groups if g.year == newest}
    cities: dict[tuple[int, str], dict[str, int]] = {}
    rows: dict[str, list[Record]] = defaultdict(list)
    for group in groups:
        placed = _placed(group.pieces)
        ranked = rank({city_id: units for city_id, units in placed.items() if units})
        before = cities.get((group.year - 1, group.scope), {})
        cities[group.year, group.scope] = {key: place for place, key in ranked}
        scale = base.get(group.scope, group.units), group.units
        rows[RANKINGS.name] += _rankings(group, placed, ranked, before, scale)
        rows[COUNTRY_RANKINGS.name] += _countries(group, scale)
        rows[CITY_INSTITUTIONS.name] += _institutions(group)
        rows[UNASSIGNED.name] += _unassigned(group)
        works = _rounded(group.units)
        rows[TOTALS.name].append({"data_year": group.year, "scope": group.scope, "works": works})
    rows[INSTITUTION_PLACES.name] = [_piece(piece, n) for piece, n in _numbered(pieces)]
    tables = (
        RANKINGS, COUNTRY_RANKINGS, CITY_INSTITUTIONS, UNASSIGNED, TOTALS, INSTITUTION_PLACES,
    )  # fmt: skip
    return {table.name: _table(table, rows[table.name]) for table in tables}


def _groups(pieces: Iterable[Piece]) -> list[_Group]:
    found: dict[tuple[int, str], list[Piece]] = defaultdict(list)
    for piece in pieces:
        found[piece.row.year, piece.row.scope].append(piece)
    return [_Group(*key, found[key], sum(p.units for p in found[key])) for key in sorted(found)]


def _placed(pieces: Iterable[Piece]) -> dict[str, int]:
    placed: dict[str, int] = defaultdict(int)
    for piece in pieces:
        if piece.where.city is not None:
            placed[piece.where.city.city_id] += piece.units
    return dict(placed)


def _rankings(
    group: _Group,
    placed: Mapping[str, int],
    ranked: Sequence[tuple[int, str]],
    before: Mapping[str, int],
    scale: tuple[int, int],
) -> list[Record]:
    city_of = {p.where.city.city_id: p.where.city for p in group.pieces if p.where.city}
    country_of = {city_id: city.country for city_id, city in city_of.items()}
    unassigned: dict[str | None, int] = defaultdict(int)
    for piece in group.pieces:
        # What lies outside every city is known not to lie in one.
        if piece.where.city is None and piece.where.reason != OUTSIDE:
            unassigned[piece.where.country] += piece.units
    of_cities = {city_id: placed[city_id] for _, city_id in ranked}
    spans = ranges(of_cities, country_of, unassigned)
    counts = _counts(group.pieces, lambda piece: piece.where.city and piece.where.city.city_id)
    return [
        _city(city_of[city_id])
        | _numbers(group, place, placed[city_id], scale)
        | _range(placed[city_id], place, spans[city_id])
        | {
            "count": counts.get(city_id),
            "previous_rank": before.get(city_id),
            "rank_change": before[city_id] - place if city_id in before else None,
        }
        for place, city_id in ranked
    ]


def _city(city: City) -> Record:
    return {
        "city_id": city.city_id,
        "city": city.name,
        "city_zh": city.name_zh,
        "country": city.country,
        "latitude": city.latitude,
        "longitude": city.longitude,
    }


def _range(units: int, place: int, span: Range) -> Record:
    """From what is surely there to all that might be; ranks widened to hold the one that is."""
    return {
        "share_low": _share(units),
        "share_high": _share(span.high),
        "rank_low": min(place, span.best),
        "rank_high": max(place, span.worst),
    }


def _numbers(group: _Group, place: int, units: int, scale: tuple[int, int]) -> Record:
    newest, own = scale
    return {
        "data_year": group.year,
        "scope": group.scope,
        "rank": place,
        "share": _share(units),
        "adjusted_share": _share(units) * (newest / own) if own else 0.0,
        "world_share": units / group.units if group.units else 0.0,
    }


def _countries(group: _Group, scale: tuple[int, int]) -> list[Record]:
    """By country of the institution, whether or not it has a single city."""
    units: dict[str, int] = defaultdict(int)
    placed: dict[str, int] = defaultdict(int)
    for piece in group.pieces:
        if piece.where.country is not None:
            units[piece.where.country] += piece.units
            placed[piece.where.country] += piece.units if piece.where.city else 0
    counts = _counts(group.pieces, lambda piece: piece.where.country)
    return [
        {"country": country, "count": counts.get(country)}
        | _numbers(group, place, units[country], scale)
        | {"share_low": _share(placed[country]), "share_high": _share(units[country])}
        | {"rank_low": place, "rank_high": place}
        for place, country in rank({c: u for c, u in units.items() if u})
    ]


def _institutions(group: _Group) -> list[Record]:
    units: dict[tuple[str, str], int] = defaultdict(int)
    first: dict[tuple[str, str], Piece] = {}
    for piece in group.pieces:
        if piece.where.city is not None and piece.units:
            key = piece.where.city.city_id, piece.where.institution_id
            units[key] += piece.units
            first[key] = min(first.get(key, piece), piece, key=_largest_first)
    counts = _counts(
        group.pieces,
        lambda p: (p.where.city.city_id, p.where.institution_id) if p.where.city else None,
    )
    return [
        {
            "data_year": group.year,
            "scope": group.scope,
            "city_id": key[0],
            "institution_id": key[1],
            "root_institution_id": first[key].where.root_institution_id,
            "institution": first[key].where.institution,
            "share": _share(units[key]),
            "count": counts.get(key),
        }
        for key in sorted(units)
    ]


def _largest_first(piece: Piece) -> tuple[int, str]:
    return -piece.units, piece.where.institution


def _unassigned(group: _Group) -> list[Record]:
    units: dict[tuple[str, str], int] = defaultdict(int)
    for piece in group.pieces:
        if piece.where.reason is not None and piece.units:
            units[piece.where.reason, piece.where.country or ""] += piece.units
    return [
        {
            "data_year": group.year,
            "scope": group.scope,
            "reason": reason,
            "country": country or None,
            "share": _share(units[reason, country]),
        }
        for reason, country in sorted(units)
    ]


def _counts(pieces: Iterable[Piece], key: Any) -> dict[Any, int]:
    """Sums of the table's Counts, for keys of which every piece has one and one only.

    A work of two institutions counts in both, so that only of a single one the Count is known.
    """
    found: dict[Any, list[int | None]] = defaultdict(list)
    for piece in pieces:
        found[key(piece)].append(piece.full_count)
    return {k: n[0] for k, n in found.items() if len(n) == 1 and n[0] is not None}


def _numbered(pieces: Iterable[Piece]) -> Iterable[tuple[Piece, int]]:
    """Each piece with its number among the pieces of its row, from 1."""
    seen: dict[int, int] = defaultdict(int)
    for piece in pieces:
        seen[piece.row.line] += 1
        yield piece, seen[piece.row.line]


def _piece(piece: Piece, number: int) -> Record:
    where = piece.where
    return {
        "data_year": piece.row.year,
        "scope": piece.row.scope,
        "line": piece.row.line,
        "piece": number,
        "name": piece.row.name,
        "part": piece.part,
        "country": where.country,
        "share": _share(piece.units),
        "institution_id": where.institution_id,
        "institution": where.institution,
        "place_id": where.place.place_id if where.place else None,
        "city_id": where.city.city_id if where.city else None,
        "method": where.method,
        "score": where.score,
        "reason": where.reason,
    }


def _table(table: Table, rows: Sequence[Record]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(list(rows), schema=table.schema())


def _share(units: int) -> float:
    return units / UNITS_PER_WORK


def _rounded(units: int) -> int:
    return (2 * units + UNITS_PER_WORK) // (2 * UNITS_PER_WORK)

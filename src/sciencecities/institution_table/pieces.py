"""The rows of the table as pieces: an institution, or a part of one, with its place and Share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from sciencecities.errors import SourceError
from sciencecities.institution_table.placing import Placer, Where
from sciencecities.institution_table.read import Part, Row
from sciencecities.progress import Progress
from sciencecities.tables import UNITS_PER_WORK


class Piece(NamedTuple):
    """An institution of the table, or a part of it, where it is, and its exact Share."""

    row: Row
    part: str | None
    where: Where
    units: int
    full_count: int | None


def pieces_of(
    rows: Sequence[Row], parts: Sequence[Part], split: Path | None, placer: Placer, report: Progress
) -> list[Piece]:
    """Every row placed, those that the table of parts splits as their parts; Shares conserved.

    Raises SourceError where a part's institution is not in the table, its city is unknown, or the
    parts have more than the institution.
    """
    report.stage("place", len(rows), "institutions")
    wanted = _wanted(parts, placer)
    placed: dict[tuple[str, str], Where] = {}
    pieces: list[Piece] = []
    used: set[tuple[str, str | None]] = set()
    for row in rows:
        pair = row.name, row.country
        if pair not in placed:
            placed[pair] = placer.place(*pair)
        where = placed[pair]
        key = _key_of(row, placer, wanted)
        if key is None:
            pieces.append(Piece(row, None, where, row.units, row.full_count))
        else:
            used.add(key)
            pieces += _split(row, wanted[key], where, placer, f"{split}")
        report.advance(1)
    for key, listed in wanted.items():
        if key not in used:
            first = listed[0]
            raise SourceError(
                f"{split} line {first.line}: {first.institution!r} is not in the table; write the "
                "institution as the table does"
            )
    return pieces


def _wanted(parts: Sequence[Part], placer: Placer) -> dict[tuple[str, str | None], list[Part]]:
    """The parts of each institution, by its bare name and country (None: any country)."""
    found: dict[tuple[str, str | None], list[Part]] = defaultdict(list)
    for part in parts:
        country = placer.country(part.country) if part.country else None
        found[placer.key(part.institution, country), country].append(part)
    return dict(found)


def _key_of(
    row: Row, placer: Placer, wanted: Mapping[tuple[str, str | None], list[Part]]
) -> tuple[str, str | None] | None:
    if not wanted:
        return None
    country = placer.country(row.country)
    name = placer.key(row.name, country)
    return next((key for key in ((name, country), (name, None)) if key in wanted), None)


def _split(row: Row, parts: Sequence[Part], whole: Where, placer: Placer, file: str) -> list[Piece]:
    """The parts of one institution; what they leave keeps the institution's own answer."""
    fixed = sum(part.units for part in parts if not part.is_weight)
    weights = [part for part in parts if part.is_weight]
    # A tenth of a billionth is rounding in the table of parts.
    if fixed - row.units > row.units // 10**10:
        raise SourceError(
            f"{file}: the parts of {row.name!r} have {fixed / UNITS_PER_WORK:,.6g}, the "
            f"institution has {row.units / UNITS_PER_WORK:,.6g}; give weights, or smaller Shares"
        )
    if weights and not any(part.units for part in weights):
        raise SourceError(f"{file}: the weights of {row.name!r} are all 0")
    left = max(0, row.units - fixed)
    shared = iter(divided(left, [part.units for part in weights]))
    pieces: list[Piece] = []
    taken = 0
    for part in parts:
        units = next(shared) if part.is_weight else min(part.units, row.units - taken)
        taken += units
        where = _where(part, row, whole, placer, f"{file} line {part.line}")
        pieces.append(Piece(row, part.part or part.city, where, units, None))
    if taken < row.units:
        pieces.append(Piece(row, "(rest)", whole, row.units - taken, None))
    return pieces


def _where(part: Part, row: Row, whole: Where, placer: Placer, line: str) -> Where:
    country = part.country or row.country
    if not part.city:
        where = placer.place(part.part, country)
        return replace(where, root_institution_id=whole.institution_id)
    where = placer.in_city(part.part or row.name, country, part.city, line)
    if part.part:
        return replace(where, root_institution_id=whole.institution_id)
    ids = whole.institution_id, whole.root_institution_id
    return replace(
        where, institution_id=ids[0], root_institution_id=ids[1], institution=whole.institution
    )


def divided(units: int, weights: Sequence[int]) -> list[int]:
    """Units in proportion to weights, exactly: the remainder one each to the first.

    >>> divided(10, [1, 1, 1]), divided(7, [0, 2])
    ([4, 3, 3], [0, 7])
    """
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    parts = [units * weight // total for weight in weights]
    for i in range(units - sum(parts)):
        parts[i] += 1
    return parts

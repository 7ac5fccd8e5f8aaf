"""The change of a Share cut into revision and real change, by institution and subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from sciencecities.explain.legs import Kind
from sciencecities.explain.works import Amount


@dataclass(frozen=True, slots=True)
class Part:
    """What one institution in one subject adds to the change, in works, exactly.

    `own_change` is what is left of a real part after the world's growth; the revision has none.
    """

    kind: Kind
    institution_id: str | None
    institution: str | None
    subject: str
    before: Fraction
    after: Fraction
    own_change: Fraction | None

    @property
    def delta(self) -> Fraction:
        """The part of the change."""
        return self.after - self.before


def parts_of(kind: Kind, before: Amount, after: Amount, growth: Fraction) -> list[Part]:
    """The parts of one step, those that change something, the largest first.

    `growth` is N₁/N₀ − 1 of the scope's works, 0 for a revision.
    """
    names = before.names | after.names
    unit = lcm(before.unit, after.unit)
    finer = unit // before.unit, unit // after.unit
    changes = {
        cell: after.cells.get(cell, 0) * finer[1] - before.cells.get(cell, 0) * finer[0]
        for cell in before.cells.keys() | after.cells.keys()
    }
    made = []
    for cell in sorted(changes, key=lambda c: (-abs(changes[c]), c[0] or "", c[1])):
        if changes[cell]:
            old, new = before.cell(cell), after.cell(cell)
            own = new - old * (1 + growth) if kind == "real" else None
            made.append(Part(kind, cell[0], names.get(cell[0]), cell[1], old, new, own))
    return made


def by_institution(parts: Sequence[Part]) -> list[tuple[str | None, str | None, Fraction]]:
    """(id, name, change) of each institution over its subjects, the largest change first."""
    sums: dict[str | None, Fraction] = {}
    names: dict[str | None, str | None] = {}
    for part in parts:
        sums[part.institution_id] = sums.get(part.institution_id, Fraction(0)) + part.delta
        names[part.institution_id] = part.institution
    ordered = sorted(sums.items(), key=lambda item: (-abs(item[1]), item[0] or ""))
    return [(i, names[i], delta) for i, delta in ordered]

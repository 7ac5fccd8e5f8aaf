"""How sure a movement is: the probability from the re-draws, its word, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sciencecities.certainty import Language, is_incomplete, word
from sciencecities.scopes.model import OVERALL

if TYPE_CHECKING:
    from sciencecities.explain.legs import Path

Reason = Literal["unassigned-moved", "incomplete-year", "years-apart"]


@dataclass(frozen=True, slots=True)
class Sureness:
    """The probabilities that the city rose and fell, None where the edition has none, or where
    `reason` says why nothing certain can be said."""

    p_rose: float | None = None
    p_fell: float | None = None
    reason: Reason | None = None

    def p(self, rise: bool) -> float | None:
        """The probability that the rise (or fall) is real."""
        return None if self.reason else self.p_rose if rise else self.p_fell

    def word(self, rise: bool, lang: Language) -> str:
        """The fixed word for it; "" where there is none."""
        return word(self.p(rise), lang)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"p_rose": self.p_rose, "p_fell": self.p_fell, "no_word_because": self.reason}


def sureness(path: Path, city_id: str, scope: str) -> Sureness:
    """How sure the real step is. Only a step of one year within one edition has been re-drawn."""
    leg = path.leg("real")
    if leg is None or leg.before.edition is not leg.after.edition:
        return Sureness()
    edition, year = leg.after.edition, leg.after.year
    if is_incomplete(*(edition.size(OVERALL, y) for y in (leg.before.year, year))):
        return Sureness(reason="incomplete-year")
    if leg.before.year != year - 1:
        is_drawn = edition.manifest["configuration"].get("replicates")
        return Sureness(reason="years-apart" if is_drawn else None)
    rows = edition.query(
        "SELECT p_rose, p_fell, movement_note FROM rankings "
        "WHERE city_id = $city AND data_year = $year AND scope = $scope",
        {"city": city_id, "year": year, "scope": scope},
    ).to_pylist()
    if not rows:
        return Sureness()
    return Sureness(rows[0]["p_rose"], rows[0]["p_fell"], rows[0]["movement_note"])

"""An explanation for reading: the step from number to number, its parts, the cities passed."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sciencecities.edition.show import QUALITY, Column, View, plural
from sciencecities.edition.views import NO_RANGES, work_link
from sciencecities.explain import revised
from sciencecities.explain.sentences_en import CHANGES, sentences
from sciencecities.explain.wording import (
    amount,
    institution_name,
    signed,
    subject_title,
    works_of_incomplete,
)

if TYPE_CHECKING:
    from sciencecities.explain.movement import Explanation
    from sciencecities.explain.passing import Move, Passed

KINDS = {"revision": "revised data", "real": "real change"}
CAUSES = {
    "own": "{city} alone",
    "theirs": "the other alone",
    "either": "each alone would have done it",
    "both": "both together",
}
TOP = 15


def explanation_views(e: Explanation, top: int = TOP) -> list[View]:
    """The steps with the three sentences, the leading parts, cities passed, works revised."""
    views = [_steps(e), _parts(e, top)]
    if any(m.passed or m.passed_by for m in e.moves):
        views.append(_passed(e, top))
    if e.revised:
        views.append(_revised(e, top))
    return views


def _steps(e: Explanation) -> View:
    first, last = e.before.point, e.after.point
    rows = [[f"Share {first.year}{_in_edition(e, first.edition.name)}", amount(e.before.share)]]
    if e.path.leg("revision"):
        rows.append(["Revised data", signed(e.of_kind("revision"))])
    if e.path.leg("real"):
        rows.append(["Growth of the world's output, same slice of it", signed(e.world_growth)])
        is_told = works_of_incomplete(e) is None
        own = "Own change" if is_told else "Own change, were both years complete"
        rows.append([own, signed(e.own_change)])
    rows.append([f"Share {last.year}{_in_edition(e, last.edition.name)}", amount(e.after.share)])
    title, *others = sentences(e)
    notes = [*others, e.summary["zh"], *e.warnings]
    unranged = any(s.standing and s.standing.rank_low is None for s in (e.before, e.after))
    if unranged and last.edition.kind == "computed":
        notes.append(NO_RANGES)
    return View(
        title,
        [Column("From number to number"), Column(last.edition.whole.amounts, True)],
        rows,
        notes,
    )


def _in_edition(e: Explanation, name: str) -> str:
    return f", {name}" if e.path.start.edition is not e.path.end.edition else ""


def _parts(e: Explanation, top: int) -> View:
    rows = [
        [
            KINDS[p.kind], institution_name(p, "en"), subject_title(e, p.subject, "en"),
            amount(p.before), amount(p.after), signed(p.delta),
            "–" if p.own_change is None else signed(p.own_change),
        ]
        for p in e.parts[:top]
    ]  # fmt: skip
    rest = e.parts[top:]
    if rest:
        delta = sum((p.delta for p in rest), Fraction(0))
        rows.append([plural(len(rest), "further part"), "", "", "", "", signed(delta), ""])
    rows.append(["Sum = change of the Share", "", "", "", "", signed(e.delta), ""])
    columns = [
        Column("Kind"), Column("Institution"), Column("Subject"), Column("Before", True),
        Column("After", True), Column("Change", True), Column("Own change", True),
    ]  # fmt: skip
    return View("What the change is made of, by institution and subject", columns, rows)


def _passed(e: Explanation, top: int) -> View:
    found = [(m, p, "passed") for m in e.moves for p in m.passed]
    found += [(m, p, "was passed by") for m in e.moves for p in m.passed_by]
    rows = [_passed_row(e, *item) for item in found[:top]]
    columns = [
        Column("Movement"), Column("City"), Column("城市"), Column("From", True),
        Column("To", True), Column("Share before, adjusted", True), Column("Share after", True),
        Column("Whose change did it"), Column("Step"),
    ]  # fmt: skip
    notes = [f"Shown: {len(rows):,} of {len(found):,}; --top changes that."]
    title = f"Cities that {e.city} passed and was passed by"
    return View(title, columns, rows, [*(notes if len(rows) < len(found) else []), QUALITY])


def _passed_row(e: Explanation, move: Move, passed: Passed, how: str) -> list[str]:
    ranks = [f"{r:,}" if r else "–" for r in (passed.from_rank, passed.to_rank)]
    shares = [amount(passed.before), amount(passed.after)]
    cause = CAUSES[passed.cause].format(city=e.city)
    return [how, passed.city, passed.city_zh or "–", *ranks, *shares, cause, KINDS[move.kind]]


def _revised(e: Explanation, top: int) -> View:
    rows = [
        [CHANGES[w.change], signed(w.delta_share), work_link({"doi": w.doi, "work_id": w.work_id})]
        for w in e.revised[:top]
    ]
    counted = revised.counts(e.revised).items()
    sums = "; ".join(f"{plural(n, 'work')} {CHANGES[c]} ({signed(d)})" for c, (n, d) in counted)
    columns = [Column("Change"), Column("Works", True), Column("Work")]
    more = ["" if len(e.revised) <= top else "The largest are shown; --top changes that."]
    return View(f"Works behind the revision: {sums}", columns, rows, [m for m in more if m])

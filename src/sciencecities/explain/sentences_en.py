"""The three sentences of an explanation in English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sciencecities.certainty import probability
from sciencecities.edition.show import nth
from sciencecities.explain import revised
from sciencecities.explain.wording import (
    amount,
    first_names,
    institution_name,
    leading_part,
    percent_of,
    signed,
    subject_title,
    works_of_incomplete,
)
from sciencecities.scopes.model import NONE

if TYPE_CHECKING:
    from sciencecities.explain.movement import Explanation
    from sciencecities.explain.passing import Move, Passed, Standing

CHANGES = {
    "added": "added",
    "removed": "removed",
    "re-placed": "placed otherwise",
    "re-dated": "moved to another year",
    "re-tagged": "moved to another subject",
    "re-attributed": "under another institution or subject",
}
REASONS = {
    "unassigned-moved": "the unassigned part of the works moved by more than 2 points",
    "incomplete-year": "one of the two years is incomplete",
    "years-apart": "only neighbouring years are re-drawn together",
}


def sentences(e: Explanation) -> list[str]:
    """Where the city moved, what made its Share, what made its rank."""
    return [_moved(e), _share(e), _rank(e)]


def place(standing: Standing) -> str:
    """A rank with its range, where it has one: `6th (4–8)`."""
    if standing.rank_low is None or standing.rank_high is None:
        return nth(standing.rank)
    return f"{nth(standing.rank)} ({standing.rank_low:,}–{standing.rank_high:,})"


def joined(names: Sequence[str], more: int = 0) -> str:
    """A list in prose.

    >>> joined(["a"]), joined(["a", "b", "c"]), joined(["a", "b"], 5)
    ('a', 'a, b and c', 'a, b and 5 more')
    """
    parts = [*names, f"{more} more"] if more else list(names)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


# --- where it moved -------------------------------------------------------------------------


def _moved(e: Explanation) -> str:
    before, after = e.before.standing, e.after.standing
    where = " overall" if e.scope == "overall" else f" in {e.title['en']}"
    first, last = e.before.point.year, e.after.point.year
    if after is None:
        had = f"in {first} it was {place(before)}" if before else f"nor had it in {first}"
        if first == last:
            had = f"before the revision it was {place(before)}" if before else "nor had it before"
        return f"{e.city} has no Share{where} in {last}; {had}."
    if before is None:
        since = "before the revision" if first == last else f"in {first}"
        return f"{e.city} is {place(after)}{where} in {last}; {since} it had no Share."
    if first == last:
        verb = "stays" if before.rank == after.rank else f"is no longer {place(before)} but"
        return f"By revised data {e.city} {verb} {place(after)}{where} in {last}."
    when = f"between {first} and {last}"
    if before.rank == after.rank:
        was = "" if place(before) == place(after) else f", after {place(before)}"
        return f"{e.city} stayed {place(after)}{was}{where} {when}."
    verb = "rose" if after.rank < before.rank else "fell"
    sure = _certainty(e, after.rank < before.rank)
    return f"{e.city} {verb} from {place(before)} to {place(after)}{where} {when}{sure}."


def _certainty(e: Explanation, rise: bool) -> str:
    noun = "rise" if rise else "fall"
    if e.sureness.reason:
        return f"; whether the {noun} is real is not said, since {REASONS[e.sureness.reason]}"
    p, word = e.sureness.p(rise), e.sureness.word(rise, "en")
    if p is None:
        return ""
    if word == "hard to say":
        return f"; whether the {noun} is real is hard to say (p {probability(p)})"
    return f"; the {noun} is {word} real (p {probability(p)})"


# --- what made its Share --------------------------------------------------------------------


def _share(e: Explanation) -> str:
    if e.delta == 0 and not e.parts:
        return f"Its Share stayed at {amount(e.after.share)}."
    went = f"Its Share went from {amount(e.before.share)} to {amount(e.after.share)}"
    text = f"{went} ({signed(e.delta)})"
    revision = e.path.leg("revision")
    if revision is None:
        return f"{text}; {_real(e)}."
    if e.path.leg("real") is None:
        works = _revised(e)
        return f"{text}{_led(e, 'revision')}{': ' if works else ''}{works}."
    by = f"the revised data of {revision.after.year} made {signed(e.of_kind('revision'))} of it"
    works = f" ({_revised(e)})" if _revised(e) else ""
    return f"{text}; {by}{works}, and {_real(e)}."


def _real(e: Explanation) -> str:
    real, world, own = e.of_kind("real"), e.world_growth, e.own_change
    part = "it" if e.path.leg("revision") is None else f"the real change of {signed(real)}"
    if works := works_of_incomplete(e):
        here = f"with {e.path.end.edition.whole.of_years(*works)[0]}"
        return f"{here}, how much of {part} is its own change cannot be told"
    kind = "growth" if own > 0 else "decline"
    led = _led(e, "real")
    if world == 0:
        return f"all of {part} is own {kind}{led}" if own else f"{part} is no change at all"
    grew = "growth" if world > 0 else "decline"
    if own == 0:
        return f"all of {part} is {grew} of the world's output"
    if (own > 0) == (world > 0):
        percent = percent_of(own, real)
        rest = f"the rest {grew} of the world's output ({signed(world)})"
        return f"{percent} % of {part} is own {kind}{led}, {rest}"
    whole = f"of {part} {grew} of the world's output made {signed(world)}"
    return f"{whole} and its own change {signed(own)}{led}"


def _led(e: Explanation, kind: str) -> str:
    found = leading_part(e, kind)
    if found is None:
        return ""
    part, change = found
    subject = (
        f" in {subject_title(e, part.subject, 'en')}" if part.subject not in (NONE, e.scope) else ""
    )
    return f", led by {institution_name(part, 'en')}{subject} ({signed(change)})"


def _revised(e: Explanation) -> str:
    if not e.path.end.edition.whole.of_works:
        return ""
    found = revised.counts(e.revised)
    if not found:
        return "no work changed"
    parts = [f"{n:,} {CHANGES[change]} ({signed(d)})" for change, (n, d) in found.items()]
    n_first = next(iter(found.values()))[0]
    return f"works {joined(parts)}" if n_first != 1 else f"of its works {joined(parts)}"


# --- what made its rank ---------------------------------------------------------------------


def _rank(e: Explanation) -> str:
    clauses = [_passing(e)]
    move = e.moves[-1]
    told = move.held_still is not None and move.change is not None
    if told and not works_of_incomplete(e):
        own = "its own adjusted Share" if move.kind == "real" else "its own Share"
        clauses.append(
            f"with {own} unchanged it would be {nth(move.held_still or 0)}{_places(move)}"
        )
    revision = e.move("revision")
    if revision is not None and move.kind == "real" and revision.change:
        won = "won" if revision.change > 0 else "cost"
        clauses.append(f"the revision {won} {_n_places(revision.change)}")
    return "; ".join(clauses) + "."


def _passing(e: Explanation) -> str:
    passed = [p for m in e.moves for p in m.passed]
    passed_by = [p for m in e.moves for p in m.passed_by]
    if not passed and not passed_by:
        return "It passed no city and none passed it"
    did = []
    if passed:
        did.append(f"passed {_cities(passed)}")
    if passed_by:
        did.append(f"was passed by {_cities(passed_by)}")
    return f"It {' and '.join(did)}"


def _cities(passed: Sequence[Passed]) -> str:
    names, more = first_names([p.city for p in passed])
    return joined(names, more)


def _places(move: Move) -> str:
    parts = []
    for change, up, down in (
        (move.by_own, "own growth", "own decline"),
        (move.by_others, "others' decline", "others' growth"),
    ):
        if change:
            verb = "won" if change > 0 else "cost"
            if move.kind == "revision":
                up = down = "own revision" if up.startswith("own") else "others' revision"
            parts.append(f"{up if change > 0 else down} {verb} {_n_places(change)}")
    return f": {joined(parts)}" if parts else ""


def _n_places(number: int) -> str:
    return f"{abs(number):,} {'place' if abs(number) == 1 else 'places'}"

"""What the sentences of both languages share: figures, the leading part, the works revised."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from sciencecities.edition.show import decimals
from sciencecities.explain.parts import Part
from sciencecities.scopes.model import NONE, OVERALL

if TYPE_CHECKING:
    from sciencecities.certainty import Language
    from sciencecities.explain.movement import Explanation

NAMED = 3
"""Cities that a sentence names; the rest it counts."""

MINUS = "\u2212"
NO_SUBJECT = {"en": "no subject", "zh": "无学科"}
ALL_SUBJECTS = {"en": "not told apart", "zh": "未分学科"}
"""Of a table of institutions, which has no works."""
NO_INSTITUTION = {"en": "(no institution named)", "zh": "（未写明单位）"}


def amount(value: Fraction | float) -> str:
    """A Share, with the decimals that it needs.

    >>> amount(1204.12), amount(0.0312), amount(-2.0)
    ('1,204.1', '0.031', '−2.0')
    """
    number = float(value)
    text = f"{abs(number):,.{decimals([abs(number)])}f}"
    return f"{MINUS}{text}" if number < 0 else text


def signed(value: Fraction | float) -> str:
    """A change of a Share with its sign; the minus is a real one.

    >>> signed(3.14), signed(-0.25), signed(0)
    ('+3.1', '−0.25', '0.0')
    """
    return f"+{amount(value)}" if value > 0 else amount(value)


def percent_of(part: Fraction, whole: Fraction) -> int:
    """Whole percent, 0 and 100 kept for none and all.

    >>> percent_of(Fraction(2, 3), Fraction(1)), percent_of(Fraction(999), Fraction(1000))
    (67, 99)
    """
    exact = 100 * part / whole
    return int(exact) if exact in (0, 100) else min(99, max(1, round(exact)))


def leading_part(e: Explanation, kind: str) -> tuple[Part, Fraction] | None:
    """The part that did most in the direction of the whole, and what it did.

    Of real change the own part counts, without the world's growth.
    """
    own = [
        (p, p.delta if p.own_change is None else p.own_change) for p in e.parts if p.kind == kind
    ]
    rises = sum((change for _, change in own), Fraction(0)) >= 0
    those = [(p, change) for p, change in own if change != 0 and (change > 0) == rises]
    if not those:
        return None
    return max(those, key=lambda item: abs(item[1]))


def works_of_incomplete(e: Explanation) -> tuple[tuple[int, Fraction], tuple[int, Fraction]] | None:
    """(year, its size) of both years, where one of them is incomplete: then the world's growth
    is that of the records, and own change no finding."""
    leg = e.path.leg("real")
    if leg is None or e.sureness.reason != "incomplete-year":
        return None
    before, after = ((p.year, p.edition.size(OVERALL, p.year)) for p in (leg.before, leg.after))
    return before, after


def subject_title(e: Explanation, subject: str, lang: Language) -> str:
    """The subject's title; a word for no subject, or for subjects that are not known."""
    edition = e.path.end.edition
    if subject != NONE:
        return edition.title(subject, lang)
    return (NO_SUBJECT if edition.kind == "computed" else ALL_SUBJECTS)[lang]


def institution_name(part: Part, lang: Language) -> str:
    """The institution's name; a word where the affiliations name none."""
    return part.institution or NO_INSTITUTION[lang]


def first_names(names: Sequence[str]) -> tuple[list[str], int]:
    """The names to write out, and how many more there are (never one: it is named instead)."""
    if len(names) <= NAMED + 1:
        return list(names), 0
    return list(names[:NAMED]), len(names) - NAMED

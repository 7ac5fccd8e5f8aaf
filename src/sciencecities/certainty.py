"""The fixed words for how certain a finding is, so that one probability reads alike everywhere.

Imported by the pages, the command line and the explanations; it imports no stage.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

Language = Literal["en", "zh"]

WORDS: tuple[tuple[float, str, str], ...] = (
    (0.95, "almost certainly", "几乎可以肯定"),
    (0.80, "very likely", "很可能"),
    (0.60, "probably", "可能"),
    (0.00, "hard to say", "难说"),
)
"""The least probability of each word, English, Chinese; a word reaches up to the next."""

FEW_WORKS = 10
"""Below this n_eff a row is marked "few works"."""

INCOMPLETE_BELOW = 0.8
"""A year with fewer works than this part of the year before is taken to be incomplete."""

PARTIAL_BELOW = 0.5
"""A year before with fewer works than this part of the year is no base for a movement."""


def is_incomplete(before: float | Fraction, after: float | Fraction) -> bool:
    """Whether one of two years of so many works has too few to be compared with the other."""
    return after < INCOMPLETE_BELOW * before or before < PARTIAL_BELOW * after


def word(p: float | None, lang: Language = "en") -> str:
    """The word for a probability; no word ("") where it is not known.

    The bounds belong to the upper word, on the probability as published, without rounding.

    >>> word(0.95), word(0.9499), word(0.60), word(0.2), word(None)
    ('almost certainly', 'very likely', 'probably', 'hard to say', '')
    >>> word(0.81, "zh")
    '很可能'
    """
    if p is None:
        return ""
    for least, english, chinese in WORDS:
        if p >= least:
            return chinese if lang == "zh" else english
    raise ValueError(f"{p} is no probability")


def probability(p: float) -> str:
    """A probability after "p", never rounded to certainty.

    >>> probability(0.93), probability(0.9994), probability(0.001)
    ('= 0.93', '> 0.99', '< 0.01')
    """
    if p > 0.99:
        return "> 0.99"
    return "< 0.01" if p < 0.01 else f"= {p:.2f}"

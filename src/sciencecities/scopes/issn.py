"""ISSNs: their form and check digit (ISO 3297)."""

from __future__ import annotations

from sciencecities.sources.base import clean_issn


def check_digit_is_right(issn: str) -> bool:
    """Whether the last character of `1234-567X` is the weighted sum of the others modulo 11.

    >>> check_digit_is_right("0028-0836"), check_digit_is_right("0028-0837")
    (True, False)
    """
    digits = [10 if c == "X" else int(c) for c in issn.replace("-", "")]
    return sum((8 - i) * digit for i, digit in enumerate(digits)) % 11 == 0


def issn_problem(text: str) -> str | None:
    """What is wrong with the text as an ISSN, or None if it is one.

    >>> issn_problem("0028 0836")
    "'0028 0836' is no ISSN; one looks like 0028-0836"
    """
    issn = clean_issn(text)
    if issn is None:
        return f"'{text}' is no ISSN; one looks like 0028-0836"
    if not check_digit_is_right(issn):
        return f"'{text}' has a wrong check digit; look the ISSN up again"
    return None

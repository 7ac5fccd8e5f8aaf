"""Numbers and quantities as readers of English and Chinese write them."""

from __future__ import annotations

from sciencecities.observatory.model import Claim, Quantity
from sciencecities.observatory.vocabulary import COMPARATORS, UNITS

WAN = 10_000


def number(value: float, lang: str = "en") -> str:
    """A number for reading.

    >>> number(50000), number(4.5), number(50000, "zh"), number(1567, "zh")
    ('50,000', '4.5', '5万', '1567')
    """
    if lang == "zh":
        return f"{value / WAN:g}万" if value >= WAN and value % 100 == 0 else f"{value:.10g}"
    return f"{value:,.10g}"


def quantity(stated: Quantity | Claim, lang: str = "en") -> str:
    """A stated quantity with comparator and unit.

    >>> area = Quantity(value=50000, unit="m2", comparator=">")
    >>> quantity(area), quantity(area, "zh")
    ('over 50,000 m²', '超5万平方米')
    >>> quantity(Quantity(value=30, unit="%", comparator="≈"))
    'about 30%'
    """
    sign = COMPARATORS[stated.comparator].label(lang)
    unit = UNITS[stated.unit].label(lang)
    space = " " if lang == "en" and unit and unit != "%" else ""
    return f"{sign}{number(stated.value, lang)}{space}{unit}"


def claimed_listed(claim: Claim, listed: int | None, lang: str = "en") -> str:
    """A claim beside what is listed here: `claimed over 10 · listed 2`."""
    stated = quantity(claim, lang)
    if lang == "zh":
        return f"称{stated}" + ("" if listed is None else f" · 收录{listed}")
    return f"claimed {stated}" + ("" if listed is None else f" · listed {listed}")

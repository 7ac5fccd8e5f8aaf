"""Dates as sources give them: a year, a month or a day."""

from __future__ import annotations

import calendar
import re
from datetime import date
from functools import lru_cache, total_ordering
from typing import Any

PATTERN = r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"
_FORM = re.compile(PATTERN, re.ASCII)


@total_ordering
class PartialDate:
    """A date of any precision: `2025`, `2025-10` or `2025-10-13`. Ordered by its first day.

    >>> PartialDate("2025-10").first, PartialDate("2025-10").last
    (datetime.date(2025, 10, 1), datetime.date(2025, 10, 31))
    """

    __slots__ = ("first", "last", "text")

    first: date
    last: date
    text: str

    def __init__(self, text: str) -> None:
        """Read a date. Raises ValueError if it is none."""
        if not _FORM.match(text):
            raise ValueError(f"{text!r} is no date; write 2025, 2025-10 or 2025-10-13")
        year, month, day = (int(p) for p in (*text.split("-"), "0", "0")[:3])
        try:
            self.first = date(year, month or 1, day or 1)
            last_month = month or 12
            last_day = day or calendar.monthrange(year, last_month)[1]
            self.last = date(year, last_month, last_day)
        except ValueError as error:
            raise ValueError(f"{text!r} is no date ({error})") from error
        self.text = text

    @classmethod
    @lru_cache(maxsize=4096)
    def parse(cls, text: str) -> PartialDate:
        """The date of a text, made once for each text. Raises ValueError."""
        return cls(text)

    @property
    def precision(self) -> str:
        """`year`, `month` or `day`."""
        return ("year", "month", "day")[self.text.count("-")]

    def overlaps(self, other: PartialDate) -> bool:
        """Whether both can be the same day.

        >>> PartialDate("2025").overlaps(PartialDate("2025-10-13"))
        True
        """
        return self.first <= other.last and other.first <= self.last

    def plus_months(self, months: int) -> PartialDate:
        """That many months later, to the month at best.

        >>> PartialDate("2025-03-25").plus_months(54)
        2029-09
        """
        if self.precision == "year" and months % 12:
            return PartialDate.parse(f"{self.first.year + months // 12:04d}")
        total = self.first.year * 12 + self.first.month - 1 + months
        text = f"{total // 12:04d}-{total % 12 + 1:02d}"
        return PartialDate.parse(text[:4] if self.precision == "year" else text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartialDate) and self.text == other.text

    def __lt__(self, other: PartialDate) -> bool:
        return (self.first, self.last) < (other.first, other.last)

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return self.text


def decode(kind: type, value: Any) -> Any:
    """Make a PartialDate of a YAML value, for msgspec. Raises ValueError."""
    if kind is PartialDate and isinstance(value, str | int) and not isinstance(value, bool):
        return PartialDate.parse(str(value))
    if kind is PartialDate:
        raise ValueError(f"{value!r} is no date; write 2025, 2025-10 or 2025-10-13")
    raise NotImplementedError(kind)


def json_schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of a PartialDate, for msgspec."""
    if kind is PartialDate:
        return {
            "anyOf": [
                {"type": "string", "pattern": PATTERN},
                {"type": "integer", "minimum": 1, "maximum": 9999},
            ],
            "description": "A year, month or day: 2025, 2025-10, 2025-10-13",
        }
    raise NotImplementedError(kind)

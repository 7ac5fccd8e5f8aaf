"""The order of a ranking table that a server is asked for (`?sort=share`).

A static site has its tables by rank alone: nothing there would answer.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from sciencecities.locate.text import fold
from sciencecities.publish.request import Request
from sciencecities.publish.shown import Row
from sciencecities.publish.site import BadQueryError

FALLING = {"rank": False, "name": False, "share": True, "count": True, "change": True}
"""What a table can be sorted by, and whether the largest stands first."""

COLUMNS = {"share": "share", "count": "count", "change": "rank_change"}
TABLE = "ranked"
"""Where a sorted page is read on."""


@dataclass(frozen=True, slots=True)
class Order:
    """The rows in their order, what they are sorted by, and the addresses of other orders."""

    rows: list[Row]
    by: str
    links: dict[str, str]

    def aria(self, key: str) -> str:
        """How the column is sorted, as `aria-sort` has it; empty where it is not."""
        if key != self.by:
            return ""
        return "descending" if FALLING[key] else "ascending"


def order(request: Request, rows: Sequence[Row]) -> Order:
    """Rows, which come by rank, as the query asks; what is not known stands last.

    Columns without a value have no link. Raises BadQueryError naming what there is.
    """
    by = request.query.get("sort", "rank")
    if by not in FALLING:
        raise BadQueryError(f"no order {by[:40]!r}; there are {', '.join(FALLING)}")
    found = list(rows)
    if by != "rank":
        key = partial(_name, request) if by == "name" else _number(COLUMNS[by])
        found.sort(key=key)
    if request.site.is_static or len(found) < 2:
        return Order(found, by, {})
    known = [k for k in FALLING
             if k not in COLUMNS or any(r[COLUMNS[k]] is not None for r in found)]  # fmt: skip
    return Order(found, by, {k: _address(request, k) for k in known})


def _number(column: str) -> Callable[[Row], tuple[bool, float]]:
    def key(row: Row) -> tuple[bool, float]:
        value = row[column]
        return value is None, -(value or 0)

    return key


def _name(request: Request, row: Row) -> Any:
    """English by letters; Chinese by sound: GB 18030 has its common characters in that order."""
    name = request.say.city(row)
    return name.encode("gb18030") if request.lang == "zh" else fold(name)


def _address(request: Request, key: str) -> str:
    query = {k: v for k, v in request.query.items() if k != "sort"}
    if key != "rank":
        query["sort"] = key
    asked = f"?{urlencode(query)}" if query else ""
    return f"{posixpath.basename(request.path)}{asked}#{TABLE}"

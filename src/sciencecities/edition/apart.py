"""Scopes that only name another way to the same works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition

Row = dict[str, Any]
BY = "-by-"
"""What the id of a scope has before the rule by which it finds its works."""


def told_apart(edition: Edition, rows: list[Row]) -> tuple[list[Row], list[str]]:
    """The rows of one city without those of scopes that say the same as another one above, in
    every year (`health-by-journal` where subjects follow the journal); and these scopes' titles.
    """
    of_scope: dict[str, list[tuple[Any, ...]]] = {}
    for r in rows:
        told = (r["data_year"], r["rank"], r["share"], r["count"], r["rank_low"], r["rank_high"])
        of_scope.setdefault(r["scope"], []).append(told)
    same = {
        scope
        for scope, told in of_scope.items()
        if BY in scope and of_scope.get(scope.partition(BY)[0]) == told
    }
    left_out = [edition.title(scope) for scope in of_scope if scope in same]
    return [r for r in rows if r["scope"] not in same], left_out

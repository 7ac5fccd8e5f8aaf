"""An open edition as the predecessor of a published ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sciencecities.published.model import FIRST_TEN, Earlier

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition


def of_edition(edition: Edition) -> list[Earlier]:
    """The edition's newest year, and the editions that it knows before it."""
    by_scope: dict[str, dict[str, int]] = {}
    first: list[str | None] = []
    for row in edition.rankings("all").to_pylist():
        by_scope.setdefault(row["scope"], {})[row["city_id"]] = row["rank"]
        if row["scope"] == "overall" and row["rank"] <= FIRST_TEN:
            first.append(row["country"])
    about = edition.manifest.get("published", {})
    name = edition.name
    newest = Earlier(
        title_en=about.get("title_en", name),
        title_zh=about.get("title_zh", name),
        data_year=edition.newest_year,
        ranks=by_scope,
        first_ten=first,
    )
    older = [Earlier(**b, ranks={}) for b in about.get("before", [])]
    return [newest, *older]

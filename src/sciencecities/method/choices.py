"""The choices of method: their names, and which of them say something of a corpus.

docs/METHOD.md, "Method range".
"""

from __future__ import annotations

from typing import NamedTuple

ARTICLES, WITH_REVIEWS = "articles", "articles+reviews"

LINEAR = {
    "nature-index": "nature_index",
    "leiden": "leiden",
    "institution": "institution",
    "first-author": "first_author",
    "corresponding-author": "corresponding_author",
}
"""Schemes whose weights do not depend on where cities end, and their column of method_parts."""

SCHEMES = (*LINEAR, "city", "full")
"""`city` and `full` follow from which cities a work has."""

MIN_WORKS = 1_000
MIN_PART = 0.2
"""A journal set speaks for a scope and year in which it has so many works, or that part of them:
with fewer, a rank says which works fell into it, not what the method does."""

MIN_MARKED = 0.5
"""Part of the works that must name a corresponding author for that scheme to be a choice: with
fewer, the scheme ranks publishers' habits of marking one."""


class Choice(NamedTuple):
    """One way to count: a scheme, a city definition, a journal set, document types."""

    scheme: str
    cities: str
    journals: str
    documents: str


DIMENSIONS = {
    "scheme": "how a work is divided",
    "cities": "where the city ends",
    "journals": "which journals count",
    "documents": "whether reviews count",
}
"""The fields of a Choice, in words that finish "what moves it most is …"."""


def speaks(works: int, of: int) -> bool:
    """Whether a journal set with so many works, of those counted, is a choice.

    >>> speaks(1_000, 900_000), speaks(3, 20), speaks(155, 13_030), speaks(0, 0)
    (True, True, False, False)
    """
    return works > 0 and (works >= MIN_WORKS or works >= MIN_PART * of)

"""Document types: what is a review of primary research, in any source's words."""

from __future__ import annotations

from sciencecities.sources.pubmed_records import is_primary


def is_review(type: str) -> bool:
    """Whether a record of this type is a review, and would be counted if it were not one.

    >>> is_review("review"), is_review("Journal Article; Systematic Review; Review")
    (True, True)
    >>> is_review("Journal Article; Review; Retracted Publication"), is_review("peer-review")
    (False, False)
    """
    names = [name.strip().lower() for name in type.split(";")]
    if names == ["review"]:
        return True
    others = [name for name in names if not name.endswith("review")]
    return len(others) < len(names) and is_primary(others)

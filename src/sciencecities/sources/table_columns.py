"""The columns of a plain table, as documented in docs/SOURCES.md."""

from __future__ import annotations

REQUIRED = ("work_id", "year", "author_position", "affiliation")
OPTIONAL = (
    "doi",
    "title",
    "source_title",
    "issn",
    "type",
    "is_primary",
    "retracted",
    "version",
    "first_page",
    "subjects",
    "topic",
    "institution_id",
    "ror",
    "institution",
    "country",
    "is_corresponding",
    "is_first",
    "authors_truncated",
)
COLUMNS = REQUIRED + OPTIONAL
ROW = "_row"  # 1-based number of the data row
PROBLEM = "_problem"  # what is wrong with the row as such; null if nothing

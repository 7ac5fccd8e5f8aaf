"""The package's own tables of journals, topics and MeSH headings, read once."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from io import StringIO


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `data/<name>.csv` as dictionaries of text, in the file's order."""
    text = (files(__package__) / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(StringIO(text)))


def split(cell: str | None) -> list[str]:
    """The values of a cell, which `;` separates.

    >>> split("chemistry; physical;")
    ['chemistry', 'physical']
    """
    return [value for part in (cell or "").split(";") if (value := part.strip())]


ISSN_COLUMNS = ("issn_l", "issn_print", "issn_electronic", "issn_former", "issn_other")


def issns_of(row: dict[str, str]) -> list[str]:
    """Every ISSN of a row of `journals` or `journal_subjects`, sorted."""
    return sorted({issn for column in ISSN_COLUMNS for issn in split(row.get(column))})

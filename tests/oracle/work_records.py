"""OpenAlex works in the shapes of its three schemas, small enough to read."""

from __future__ import annotations

from typing import Any

from invented_registry import Organisation, institution
from oracle_units import Json

YEAR = 2024
NEWER, OLDER = "2025-06-01T00:00:00.000001", "2025-06-01T00:00:00.000000"


def work(number: int, *authorships: Json, **changes: Any) -> Json:
    """A countable work of the new schema; the middle positions are `first`, `middle`, `last`."""
    authors = [dict(a) for a in authorships]
    for place, one in enumerate(authors):
        one.setdefault("author_position", _position(place, len(authors)))
    record: Json = {
        "id": work_id(number),
        "doi": None,
        "display_name": f"Work {number}",
        "publication_year": YEAR,
        "type": "article",
        "is_retracted": False,
        "is_paratext": False,
        "is_xpac": False,
        "primary_location": {"source": {"issn_l": "1111-1119", "issn": ["1111-1119"]}},
        "updated_date": "2025-01-01T00:00:00.000000",
        "authorships": authors,
    }
    return record | changes


def old_work(number: int, *authorships: Json, **changes: Any) -> Json:
    """A countable work of the schema of 2022: `host_venue`, no `is_xpac`."""
    record = work(number, *authorships, type="journal-article", primary_location=None)
    del record["is_xpac"]
    venue = {"display_name": "A Journal", "issn_l": "1111-1119", "issn": ["1111-1119"]}
    return record | {"host_venue": venue} | changes


def work_id(number: int) -> str:
    return f"https://openalex.org/W{5_000_000_000 + number}"


def _position(place: int, n_authors: int) -> str:
    if place == 0:
        return "first"
    return "last" if place == n_authors - 1 else "middle"


Item = tuple[str | None, list[Organisation]]


def author(*items: Item, **changes: Any) -> Json:
    """An authorship of the new schema; each item is (string, institutions)."""
    organisations = {o.number: o for _, named in items for o in named}
    return {
        "author": {"id": "https://openalex.org/A1", "display_name": "A. Author"},
        "institutions": [institution(o) for o in organisations.values()],
        "is_corresponding": False,
        "raw_affiliation_strings": [text for text, _ in items],
        "affiliations": [
            {"raw_affiliation_string": text, "institution_ids": [o.openalex for o in named]}
            for text, named in items
        ],
    } | changes


def at(*organisations: Organisation, **changes: Any) -> Json:
    """An author of the new schema with one affiliation for each institution."""
    return author(*((f"{o.name}, somewhere", [o]) for o in organisations), **changes)


def old_author(text: str | None, *institutions: Json, **changes: Any) -> Json:
    """An authorship of the old schema: one string for all institutions."""
    return {
        "author": {"id": "https://openalex.org/A1", "display_name": "A. Author"},
        "institutions": list(institutions),
        "is_corresponding": None,
        "raw_affiliation_string": text,
    } | changes


def middle_author(texts: list[str], *institutions: Json, **changes: Any) -> Json:
    """An authorship of the schema between: several strings, not tied to the institutions."""
    return {
        "author": {"id": "https://openalex.org/A1", "display_name": "A. Author"},
        "institutions": list(institutions),
        "is_corresponding": False,
        "raw_affiliation_strings": texts,
    } | changes

"""Institutions of many cities, and those that a name alone does not place (data/known.csv)."""

from __future__ import annotations

import csv
import functools
import re
from importlib.resources import files
from typing import NamedTuple

from sciencecities.locate.text import fold

# "University of Illinois System", "University System of Georgia": several campuses by name.
SYSTEM = re.compile(
    r"\buniversity system$|^university system of (?!.* at ).+$|\bsystem of higher education$"
    r"|^university of (?!.*\b(?:health|healthcare|medical|hospitals?|reserve)\b).+ system$"
)
ARTICLES = re.compile(r"^(?:the|die|der|das|la|le|l|el|il) ")


class Known(NamedTuple):
    """What is known of a name: the place that it is in (0: several cities), and why."""

    geonames_id: int
    reason: str


def known(name: str, country: str | None) -> Known | None:
    """What the table says of an institution of that name and country (None: any country)."""
    key = name_key(name)
    for row_country, entry in _table().get(key, ()):
        if country is None or row_country in (country, ""):
            return entry
    return Known(0, "a system of several campuses") if SYSTEM.search(key) else None


def name_key(name: str) -> str:
    """The folded name without its article.

    >>> name_key("The University of Texas & Co"), name_key("CNRS")
    ('university of texas co', 'cnrs')
    """
    return ARTICLES.sub("", fold(name).replace(" and ", " "))


@functools.cache
def _table() -> dict[str, list[tuple[str, Known]]]:
    text = (files("sciencecities.institution_table") / "data" / "known.csv").read_text("utf-8")
    found: dict[str, list[tuple[str, Known]]] = {}
    for row in csv.DictReader(text.splitlines()):
        entry = Known(int(row["geonames_id"] or 0), row["reason"])
        for name in row["name"].split("|"):
            found.setdefault(name_key(name), []).append((row["country"], entry))
    return found

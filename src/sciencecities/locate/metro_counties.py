"""Districts, counties and county-level cities of mainland China, by name (metro_cn_counties.csv).

A registry places many an institution in a district under an id of its own. The district's name and
its point together say which prefecture it belongs to, better than the nearest town does.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from typing import NamedTuple

from sciencecities.locate.city_tables import data_text, fold_name

KIND_WORDS = re.compile(r"[ -]+(?:district|county|city|qu|xian|shi|new area)$", re.IGNORECASE)
NOT_LETTERS = re.compile(r"[\W_]+")


class County(NamedTuple):
    """A county-level unit and the code of the prefecture it belongs to."""

    adcode: str
    name_zh: str
    prefecture: str


def counties() -> list[County]:
    """Every county-level unit of the national list, by code."""
    reader = csv.DictReader(io.StringIO(data_text("metro_cn_counties.csv")))
    return [County(r["adcode"], r["name_zh"], r["prefecture"]) for r in reader]


def prefectures_by_name() -> dict[str, set[str]]:
    """Name key (see `name_key`) of a unit -> codes of the prefectures that have one so named."""
    found: dict[str, set[str]] = defaultdict(set)
    by_code = {c.adcode: c.prefecture for c in counties()}
    for county in counties():
        found[county.name_zh].add(county.prefecture)
    for row in csv.DictReader(io.StringIO(data_text("gaz_cn_counties.csv"))):
        if row["code"] in by_code:
            found[row["name"]].add(by_code[row["code"]])
    return found


def name_key(name: str) -> str:
    """A name as the tables spell it: Chinese in full, Latin letters run together without kind.

    >>> name_key("Tianhe District"), name_key("Yu'an Qu"), name_key("天河区")
    ('tianhe', 'yuan', '天河区')
    """
    return NOT_LETTERS.sub("", fold_name(KIND_WORDS.sub("", name.strip())))

"""Postcodes as hints of a region: which town of a name is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sciencecities.locate.gaz_tables import Region

Codes = Mapping[str, Mapping[str, tuple[Region, ...]]]
CANADIAN = re.compile(r"[a-z]\d[a-z]")
JOINED = re.compile(r"[a-z]{1,2}(?=\d{4,5}$)")  # "d69120", "f75013"
# Country -> digits of its codes, and how many of them (or letters) name the region.
DIGITS = {
    "US": (5, 3), "CN": (6, 2), "IN": (6, 2), "FR": (5, 2), "ES": (5, 2), "DE": (5, 2),
    "IT": (5, 2), "JP": (7, 2), "BR": (8, 2), "AU": (4, 2),
}  # fmt: skip
FIRST_PART = {"BR": 5}  # written alone, or apart from the rest


def postcodes(words: Sequence[str]) -> Iterator[str]:
    """Words of a segment that may be a postcode; "113 8655" and "560 012" joined.

    >>> list(postcodes("d69120 heidelberg".split())), list(postcodes("113 8655 tokyo".split()))
    (['69120'], ['1138655', '8655'])
    """
    for i, word in enumerate(words):
        code = JOINED.sub("", word)
        if code.isdecimal():
            following = words[i + 1] if i + 1 < len(words) else ""
            if len(code) == 3 and following.isdecimal() and len(following) in (3, 4):
                yield code + following
            elif 4 <= len(code) <= 8:
                yield code
        elif CANADIAN.fullmatch(word):
            yield word


def code_regions(table: Codes, country: str, codes: Sequence[str]) -> tuple[Region, ...]:
    """The regions of the country that codes of its form may mean."""
    starts = table.get(country)
    if starts is None:
        return ()
    found: tuple[Region, ...] = ()
    length, start = DIGITS.get(country, (0, 1))
    for code in codes:
        if country == "CA":
            found += starts.get(code[0], ()) if CANADIAN.fullmatch(code) else ()
        elif len(code) in (length, FIRST_PART.get(country)):
            found += starts.get(code[:start], ())
    return found

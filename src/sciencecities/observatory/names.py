"""Names compared: built-in cities by any name, and entries that are one thing under two names."""

from __future__ import annotations

import unicodedata

from sciencecities.observatory.model import Fact, Text


def folded(name: str) -> str:
    """A name without case, width, accents, punctuation and spaces.

    >>> folded("π-HuB  Park"), folded("π‑hub park"), folded("广州 实验室")
    ('πhubpark', 'πhubpark', '广州实验室')
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in plain if c.isalnum())


def names_of(fact: Fact) -> list[str]:
    """The fact's names in both languages and its aliases."""
    return [n for n in (fact.name.en, fact.name.zh, *fact.aliases) if n]


def is_named(text: Text, name: str) -> bool:
    """Whether a text is that name in one of its languages."""
    wanted = folded(name)
    return any(folded(t) == wanted for t in (text.en, text.zh) if t)


def built_in_named(name: str) -> str | None:
    """The built-in city of that name or GeoNames id; None if there is none."""
    from sciencecities.observatory.read import built_in, folder_of, read

    for city in built_in():
        for about, _, _ in read(folder_of(city) / "city.yaml").cities:
            if name == about.city_id or is_named(about.name, name):
                return city
    return None

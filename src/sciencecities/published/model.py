"""What is said of a published ranking, and its rows."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

FIRST_TEN = 10


class Source(Struct, forbid_unknown_fields=True):
    """Where ranks were read."""

    publisher: str
    title: str = ""
    url: str = ""
    date: str = ""
    lang: str = ""


class About(Struct, forbid_unknown_fields=True, kw_only=True):
    """A published ranking: who made it, when, from the works of which year."""

    title_en: str
    title_zh: str
    publisher_en: str
    publisher_zh: str
    published: Annotated[str, Meta(pattern=r"^\d{4}(-\d\d(-\d\d)?)?$")]
    data_year: Annotated[int, Meta(ge=1000, le=9999)]
    previous: str | None = None
    note_en: str = ""
    note_zh: str = ""
    sources: dict[str, Source] = {}


class Rank(Struct, kw_only=True):
    """One published rank, its city known under a city definition."""

    scope: str
    rank: int
    city_id: str
    city: str
    city_zh: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    share: float | None = None
    count: int | None = None


class Earlier(Struct, kw_only=True):
    """An earlier edition, as far as a later one needs it: ranks by scope and city."""

    title_en: str
    title_zh: str
    data_year: int
    ranks: dict[str, dict[str, int]]  # scope → city id → rank
    first_ten: list[str | None]  # countries of the overall ranks 1 to 10 that are known


def first_ten(ranks: list[Rank]) -> list[str | None]:
    """The countries of the first ten overall, in order; fewer where ranks are missing."""
    ordered = sorted((r for r in ranks if r.scope == "overall"), key=lambda r: (r.rank, r.city_id))
    return [r.country for r in ordered if r.rank <= FIRST_TEN]


def earlier(about: About, ranks: list[Rank]) -> Earlier:
    """What a later edition needs of this one."""
    by_scope: dict[str, dict[str, int]] = {}
    for r in ranks:
        by_scope.setdefault(r.scope, {})[r.city_id] = r.rank
    return Earlier(
        title_en=about.title_en,
        title_zh=about.title_zh,
        data_year=about.data_year,
        ranks=by_scope,
        first_ten=first_ten(ranks),
    )


def extract(one: Earlier) -> dict[str, Any]:
    """An earlier edition as the manifest of a later one names it."""
    return {
        "title_en": one.title_en,
        "title_zh": one.title_zh,
        "data_year": one.data_year,
        "first_ten": one.first_ten,
    }

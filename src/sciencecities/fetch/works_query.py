"""Which works are asked for at OpenAlex: filters of at most 100 values, and what they cost.

Source: https://help.openalex.org/api/filtering/, /api/paging/ and /api/authentication/, read in
the copies of October 2026.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from sciencecities.errors import ConfigError
from sciencecities.fetch.http import Amount
from sciencecities.scopes.journals import listed_journals
from sciencecities.sources.openalex_works import Work

BASE_URL = "https://api.openalex.org"
PER_PAGE = 100
VALUES_PER_FILTER = 100
LIST_USD = 0.0001
"""Ten cents per 1,000 calls of a list; a work asked for by its id costs nothing."""
BYTES_PER_WORK = 5_100
"""Mean of the selected fields in 5,558 works of 2025 and 2026 (4.8 authors each)."""
TYPES = ("article", "review")
"""Primary research, and the reviews that the method's range of document types is made of."""

_NOT_SELECTED = {"host_venue", "results"}  # of the old schema; not a field of a work
SELECT = ",".join(f for f in Work.__struct_fields__ if f not in _NOT_SELECTED)


class WorksQuery(Struct, frozen=True, kw_only=True):
    """What to fetch: a journal set as `build --journals` takes it, publication years, types."""

    journals: str
    years: list[int]
    types: tuple[str, ...] = TYPES
    from_updated: str | None = None
    base_url: str = BASE_URL

    def filters(self) -> list[tuple[str, int]]:
        """The filters, each with its year: a journal's ISSNs stand together in one.

        Raises ConfigError if the journal set cannot be read.
        """
        if not self.years:
            raise ConfigError("no years given; say --years 2024 or 2020-2024")
        tail = [f"type:{'|'.join(self.types)}"] if self.types else []
        if self.from_updated:
            tail.append(f"from_updated_date:{self.from_updated}")
        sets = list(_issn_sets(self.journals))
        return [
            (",".join([*issns, f"publication_year:{year}", *tail]), year)
            for year in self.years
            for issns in sets
        ]


class Estimate(Struct, frozen=True, kw_only=True):
    """What is still to come: works, calls of lists, dollars, bytes once unpacked.

    `budget_usd` is what this run may spend, `left_usd` what the service says is left today.
    """

    works: int
    calls: int
    cost_usd: float
    bytes: int
    budget_usd: float
    left_usd: float | None


class _Total(Struct):
    count: Amount


class CountPage(Struct):
    """The answer to a question for a number only."""

    meta: _Total


class _Meta(Struct):
    count: Amount
    next_cursor: str | None
    cost_usd: float | None = None


class WorksPage(Struct):
    """A page of works, each as it came."""

    meta: _Meta
    results: list[msgspec.Raw]


def calls_for(works: int) -> int:
    """Calls that so many works take: full pages, and one that says there are no more.

    >>> calls_for(0), calls_for(100), calls_for(101)
    (0, 1, 2)
    """
    return -(-works // PER_PAGE)


def _issn_sets(journals: str) -> Iterator[list[str]]:
    listed = listed_journals(journals)
    if listed is None:
        yield []
        return
    together: list[str] = []
    for _, issns in listed:
        new = [i for i in issns if i not in together]
        if together and len(together) + len(new) > VALUES_PER_FILTER:
            yield [f"primary_location.source.issn:{'|'.join(together)}"]
            together, new = [], list(issns)
        together += new
    for start in range(0, len(together), VALUES_PER_FILTER):
        values = "|".join(together[start : start + VALUES_PER_FILTER])
        yield [f"primary_location.source.issn:{values}"]

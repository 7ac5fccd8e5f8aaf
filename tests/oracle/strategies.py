"""Generated corpora: few institutions and strings, so that everything meets everything."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from invented_registry import ACADEMY, INSTITUTE, LABORATORY, ORGANISATIONS, PAR, institution
from oracle_units import Json
from rule_cases import CLINIC, NAMELESS
from work_records import author, middle_author, old_author, work

# Several ways to write the same two strings, one string of a resolved affiliation, and blanks.
TEXTS = (
    "Lake Station, Somewhere",
    "LAKE STATION; somewhere.",
    "Lake station (Somewhere). Electronic address: q.w@er.example",
    "Hill Hospital",
    "hill hospital, a_b@c.example",
    "Foghorn University, Physics",
    "Clinic of Nowhere",
    "",
    "  ",
    None,
)
TYPES = (*["article"] * 8, "journal-article", "proceedings-article", "review", "preprint", None)
YEARS = (*[2024] * 6, *[2023] * 4, 2022)
DOIS = (
    *[None] * 40,
    "10.5555/one",
    "https://doi.org/10.5555/ONE",
    "http://dx.doi.org/10.5555/Two",
    "10.5555/two",
    "https://doi.org/10.5555/three",
)
UNREGISTERED = "https://openalex.org/I998"
ODD_INSTITUTIONS = (
    NAMELESS,
    CLINIC,
    CLINIC | {"display_name": "Hill Hospital"},
    institution(PAR, ror=None, id=UNREGISTERED) | {"lineage": [UNREGISTERED]},
    institution(PAR, id=None, lineage=False),
    institution(PAR, id="https://openalex.org/I999", lineage=False),
)


# One line of descent, as a record without lineage names it.
FAMILY = [institution(o, lineage=False) for o in (ACADEMY, INSTITUTE, LABORATORY)]


def _rarely() -> st.SearchStrategy[bool]:
    return st.sampled_from([False] * 15 + [True])


def _at_times() -> st.SearchStrategy[bool]:
    return st.sampled_from([False, False, True])


organisations = st.sampled_from(ORGANISATIONS)
institutions = st.one_of(
    organisations.map(institution),
    organisations.map(lambda o: institution(o, lineage=False)),
    st.sampled_from(FAMILY),
    st.sampled_from(ODD_INSTITUTIONS),
)
texts = st.sampled_from(TEXTS)
changes = st.fixed_dictionaries(
    {"is_corresponding": st.sampled_from([None, False, True])},
    optional={"author_position": st.sampled_from(["first", "middle", "last"])},
)


@st.composite
def new_authors(draw: st.DrawFn) -> Json:
    """The new schema: at times with ids that do not resolve, or institutions no item names."""
    items = draw(st.lists(st.tuples(texts, st.lists(organisations, max_size=3)), max_size=3))
    made = author(*items, **draw(changes))
    if draw(_at_times()) and made["affiliations"]:
        made["affiliations"][0]["institution_ids"].append(None)
    if draw(_at_times()):
        made["institutions"] = draw(st.lists(organisations.map(institution), max_size=2))
    return made


old_authors = st.builds(
    lambda text, named, more: old_author(text, *named, **more),
    texts,
    st.lists(institutions, max_size=3),
    changes,
)
middle_authors = st.builds(
    lambda strings, named, more: middle_author(strings, *named, **more),
    st.lists(texts.filter(lambda t: t is not None), max_size=3),
    st.lists(institutions, max_size=3),
    changes,
)
authors = st.one_of(new_authors(), new_authors(), old_authors, middle_authors)


@st.composite
def works(draw: st.DrawFn, number: int | None = None) -> Json:
    """One work; with a number its identity is its own, without it may clash with others."""
    listed = draw(st.lists(authors, max_size=4))
    if draw(_rarely()):
        listed = [dict(a) for a in (listed or [author()]) for _ in range(100)][:100]
    own: dict[str, Any] = {
        "publication_year": draw(st.sampled_from(YEARS)),
        "type": draw(st.sampled_from(TYPES)),
        "is_retracted": draw(_rarely()),
        "is_xpac": draw(_rarely()),
        "is_authors_truncated": draw(_rarely()),
    }
    if number is not None:
        return work(number, *listed, **own)
    second = draw(st.integers(0, 3))
    return work(
        draw(st.integers(0, 150)),
        *listed,
        **own,
        doi=draw(st.sampled_from(DOIS)),
        updated_date=f"2025-01-01T00:00:0{second}.00000{draw(st.integers(0, 1))}",
    )


def _without_unsettled(corpus: list[Json]) -> list[Json]:
    """Drop records that only their whole text could tell apart: same id, same date."""
    return list({(w["id"], w["updated_date"]): w for w in corpus}.values())


def corpora(min_size: int = 1, max_size: int = 12) -> st.SearchStrategy[list[Json]]:
    """Records among which some have an id or a DOI in common."""
    return st.lists(works(), min_size=min_size, max_size=max_size).map(_without_unsettled)


@st.composite
def distinct_works(draw: st.DrawFn, min_size: int = 1, max_size: int = 12) -> list[Json]:
    """Works that have no identity in common, so that any part of them is a corpus of its own."""
    size = draw(st.integers(min_size, max_size))
    return [draw(works(number)) for number in range(size)]

"""What is read of an OpenAlex work, and what it means for the corpus; old and new schema.

Typed decoding touches only the fields that are needed; a wrong type is an error that names the
field. Source: https://docs.openalex.org/api-entities/works/work-object
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from sciencecities.sources.base import Records, clean_doi, clean_issn

YEARS = range(1000, 2101)

Id = Annotated[str, Meta(max_length=1000)]
Text = Annotated[str, Meta(max_length=65_536)]  # longer is no name, and would stall the locator

PRIMARY_TYPES = frozenset({"article", "journal-article", "proceedings-article"})
"""Primary research: `article` (new schema); the old schema's types, where reviews hide."""

API_AUTHOR_LIMIT = 100
"""OpenAlex cuts author lists at 100: https://docs.openalex.org/api-entities/authors/limitations"""


class _Institution(Struct, gc=False, frozen=True):
    """Has the attributes of an Entry."""

    institution_id: Id | None = msgspec.field(default=None, name="id")
    name: Text | None = msgspec.field(default=None, name="display_name")
    ror: Id | None = None
    country: Id | None = msgspec.field(default=None, name="country_code")
    lineage: tuple[Id | None, ...] | None = None


class _Affiliation(Struct, gc=False, frozen=True):
    raw_affiliation_string: Text | None = None
    institution_ids: tuple[Id | None, ...] | None = None


class _Authorship(Struct, gc=False):
    author_position: str | None = None
    is_corresponding: bool | None = None
    institutions: tuple[_Institution, ...] | None = None
    affiliations: tuple[_Affiliation, ...] | None = None
    raw_affiliation_strings: tuple[Text | None, ...] | None = None
    raw_affiliation_string: Text | None = None


class _Venue(Struct, gc=False):
    display_name: Text | None = None
    issn_l: Id | None = None
    issn: list[Id | None] | None = None


class _Location(Struct, gc=False):
    source: _Venue | None = None


class _Id(Struct, gc=False):
    id: Id | int | None = None


class _Topic(Struct, gc=False):
    id: Id | None = None
    subfield: _Id | None = None
    field: _Id | None = None


class _Biblio(Struct, gc=False):
    first_page: Text | None = None


class Work(Struct, gc=False):
    """The fields of an OpenAlex work that are read, or an API page of them (`results`)."""

    id: Id | None = None
    doi: Text | None = None
    publication_year: int | None = None
    type: Id | None = None
    updated_date: Id | None = None
    primary_location: _Location | None = None
    host_venue: _Venue | None = None
    authorships: list[_Authorship] | None = None
    is_retracted: bool | None = None
    is_paratext: bool | None = None
    is_xpac: bool | None = None
    is_authors_truncated: bool | None = None
    primary_topic: _Topic | None = None
    biblio: _Biblio | None = None
    results: list[msgspec.Raw] | None = None


def add_works(works: Sequence[Work], out: Records) -> None:
    """Append decoded works without a `problem`.

    Column by column, not work by work: this is the inner loop of reading.
    """
    record_ids = out.new_records(len(works))
    venues = [_venue(w) for w in works]
    authors = [w.authorships or () for w in works]
    out.extend(
        "works",
        record_id=record_ids,
        work_id=[w.id for w in works],
        doi=[clean_doi(w.doi) for w in works],
        version=[_microseconds(w.updated_date) for w in works],
        year=[w.publication_year for w in works],
        type=[w.type for w in works],
        is_primary=[w.type in PRIMARY_TYPES for w in works],
        excluded=[_excluded(w) for w in works],
        authors_truncated=list(map(_is_truncated, works, authors)),
        source_title=[v.display_name if v else None for v in venues],
        first_page=[w.biblio.first_page if w.biblio else None for w in works],
    )
    terms = [
        (record_id, kind, term)
        for record_id, work, venue in zip(record_ids, works, venues, strict=True)
        for kind, term in _terms(work, venue)
    ]
    out.extend(
        "work_terms",
        record_id=[r for r, _, _ in terms],
        kind=[k for _, k, _ in terms],
        term=[t for _, _, t in terms],
    )
    everyone = list(chain.from_iterable(authors))
    out.add_authors(
        [r for r, people in zip(record_ids, authors, strict=True) for _ in people],
        [n for people in authors for n in range(1, len(people) + 1)],
        list(chain.from_iterable(map(_are_first, authors))),
        [a.is_corresponding for a in everyone],
        _affiliation_keys(everyone, out),
    )


def _are_first(authorships: Sequence[_Authorship]) -> list[bool]:
    """Whom the source names first; where it names nobody, the one in position 1."""
    firsts = [a.author_position == "first" for a in authorships]
    if firsts and True not in firsts:
        firsts[0] = True
    return firsts


def are_sound(works: Sequence[Work]) -> bool:
    """Whether no work has a `problem`, found faster than by asking each."""
    for work in works:
        if not work.id or work.id.isspace() or _microseconds(work.updated_date) < 0:
            return False
        if work.publication_year is not None and work.publication_year not in YEARS:
            return False
    return True


def problem(work: Work) -> str | None:
    """What is absurd in a work; None if nothing is."""
    if not work.id or not work.id.strip():
        return "work has no `id`"
    if work.publication_year is not None and work.publication_year not in YEARS:
        return f"`publication_year` {work.publication_year} is absurd"
    if _microseconds(work.updated_date) < 0:
        return f"`updated_date` {(work.updated_date or '')[:40]!r} is no date"
    return None


def _excluded(work: Work) -> str | None:
    if work.is_retracted:
        return "retracted"
    if work.is_paratext:
        return "paratext"
    return "xpac" if work.is_xpac else None


def authors_are_cut(work: Work) -> bool:
    """Whether the list of authors is not whole: flagged, or 100 of whom none is the last."""
    return _is_truncated(work, work.authorships or ())


def _is_truncated(work: Work, authorships: Sequence[_Authorship]) -> bool:
    if work.is_authors_truncated:
        return True
    return len(authorships) == API_AUTHOR_LIMIT and not any(
        a.author_position == "last" for a in authorships
    )


def _venue(work: Work) -> _Venue | None:
    if work.primary_location and work.primary_location.source:
        return work.primary_location.source
    return work.host_venue


def _terms(work: Work, venue: _Venue | None) -> list[tuple[str, str]]:
    terms = []
    if venue:
        terms = [("issn", n) for n in _issns((venue.issn_l, *(venue.issn or ())))]
    topic = work.primary_topic
    if topic:
        if topic.id:
            terms.append(("topic", topic.id.rsplit("/", 1)[-1]))
        for kind, level in (("subfield", topic.subfield), ("field", topic.field)):
            if level and level.id is not None:
                terms.append((kind, str(level.id).rsplit("/", 1)[-1]))
    return terms


@lru_cache(maxsize=65536)
def _issns(numbers: tuple[str | None, ...]) -> list[str]:
    return sorted({issn for n in numbers if (issn := clean_issn(n))})


def _affiliation_keys(authorships: list[_Authorship], out: Records) -> list[list[int]]:
    """Keys of each author's affiliations; authors of a piece with equal ones share the work.

    Found by the strings alone, since hashing whole institutions costs more than comparing them.
    """
    memo = out.memo
    keys = []
    for author in authorships:
        strings = author.affiliations or (
            author.raw_affiliation_strings,
            author.raw_affiliation_string,
        )
        known = memo.get(strings)
        if known is None or known[0] != author.institutions:
            found = _by_affiliation(author) if author.affiliations else _as_one(author)
            own = [out.affiliation_key(text, entries) for text, entries in found]
            memo[strings] = known = (author.institutions, own)
        keys.append(known[1])
    return keys


Found = list[tuple[str | None, tuple[_Institution, ...]]]


def _by_affiliation(author: _Authorship) -> Found:
    """New schema: the record says which institutions each string names."""
    institutions = author.institutions or ()
    by_id = {i.institution_id: i for i in institutions}
    found: Found = []
    named: set[str | None] = set()
    for affiliation in author.affiliations or ():
        ids = [i for i in affiliation.institution_ids or () if i]
        named.update(ids)
        if len(ids) > 1:
            ids = list(dict.fromkeys(ids))
        entries = tuple([by_id.get(i) or _Institution(institution_id=i) for i in ids])
        text = _text(affiliation.raw_affiliation_string)
        if text or entries:
            found.append((text, entries))
    if any(i.institution_id not in named for i in institutions):
        rest = [i for i in institutions if i.institution_id not in named and _says_anything(i)]
        if rest:
            found.append((None, tuple(dict.fromkeys(rest))))
    return found


def _says_anything(institution: _Institution) -> bool:
    return bool(institution.institution_id or institution.ror or institution.name)


def _as_one(author: _Authorship) -> Found:
    """Old schema: all institutions belong to the authorship as one affiliation."""
    texts = [s for s in author.raw_affiliation_strings or () if s and not s.isspace()]
    if not texts and (text := _text(author.raw_affiliation_string)):
        texts = [text]
    if author.institutions:
        return [("; ".join(texts) or None, tuple(dict.fromkeys(author.institutions)))]
    return [(text, ()) for text in texts]


def _text(value: str | None) -> str | None:
    return value if value and not value.isspace() else None


def _microseconds(date: str | None) -> int:
    """Microseconds since 1970 of an ISO date; 0 without one, −1 if it is none."""
    if not date:
        return 0
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return -1
    if moment.tzinfo is None:
        return max(0, (moment - _EPOCH) // _MICROSECOND)
    return max(0, (moment - _EPOCH_UTC) // _MICROSECOND)


_EPOCH = datetime(1970, 1, 1)  # dates without a zone are UTC
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

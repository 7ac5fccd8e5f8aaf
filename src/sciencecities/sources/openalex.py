"""OpenAlex works as JSON: lines, API pages and arrays; old and new schema.

Typed decoding touches only the fields that are needed; a wrong type is an error that names the
field. Source: https://docs.openalex.org/api-entities/works/work-object
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from sciencecities.errors import SourceError
from sciencecities.sources.base import Digest, Entry, Piece, Records, clean_doi, clean_issn
from sciencecities.sources.streams import read_chunks

MAX_RECORD_BYTES = 256 << 20
MAX_DOCUMENT_BYTES = 1 << 30
CUT_LINE_KEEPS = 1024
WHOLE_DOCUMENT = -1
YEARS = range(1000, 2101)
NULL = msgspec.Raw(b"null")

PRIMARY_TYPES = frozenset({"article", "journal-article", "proceedings-article"})
"""Primary research: `article` (new schema); the old schema's types, where reviews hide."""

API_AUTHOR_LIMIT = 100
"""OpenAlex cuts author lists at 100: https://docs.openalex.org/api-entities/authors/limitations"""


class _Institution(Struct, gc=False):
    id: str | None = None
    display_name: str | None = None
    ror: str | None = None
    country_code: str | None = None
    lineage: list[str | None] | None = None


class _Affiliation(Struct, gc=False):
    raw_affiliation_string: str | None = None
    institution_ids: list[str | None] | None = None


class _Authorship(Struct, gc=False):
    """One author; where from stays undecoded, since the authors of a work mostly share it."""

    author_position: str | None = None
    is_corresponding: bool | None = None
    institutions: msgspec.Raw = NULL
    raw_affiliation_string: msgspec.Raw = NULL
    raw_affiliation_strings: msgspec.Raw = NULL
    affiliations: msgspec.Raw = NULL


class Origin(Struct, gc=False):
    """Where an author is from."""

    institutions: list[_Institution] | None = None
    affiliations: list[_Affiliation] | None = None
    raw_affiliation_strings: list[str | None] | None = None
    raw_affiliation_string: str | None = None


_ORIGIN_DECODERS = tuple(
    msgspec.json.Decoder(f.type).decode for f in msgspec.structs.fields(Origin)
)


class _Venue(Struct, gc=False):
    display_name: str | None = None
    issn_l: str | None = None
    issn: list[str | None] | None = None


class _Location(Struct, gc=False):
    source: _Venue | None = None


class _Id(Struct, gc=False):
    id: str | int | None = None


class _Topic(Struct, gc=False):
    id: str | None = None
    subfield: _Id | None = None
    field: _Id | None = None


class _Biblio(Struct, gc=False):
    first_page: str | None = None


class Work(Struct, gc=False):
    """The fields of an OpenAlex work that are read, or an API page of them (`results`)."""

    id: str | None = None
    doi: str | None = None
    publication_year: int | None = None
    type: str | None = None
    updated_date: str | None = None
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


class OpenAlex:
    """Works as JSON lines, API pages or arrays, plain or gzip."""

    name = "openalex"
    unit = "line"

    def accepts(self, path: Path, head: bytes) -> bool:
        """A file whose first character opens a JSON object or array."""
        return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")

    def pieces(self, path: Path, digest: Digest, piece_bytes: int) -> Iterator[Piece]:
        """Whole lines, about `piece_bytes` of them; one piece for a page or array file."""
        chunks = read_chunks(path, digest)
        buffer = next(chunks, b"")
        if _is_document(buffer):
            yield _document(path, buffer, chunks)
        else:
            yield from cut_lines(buffer, chunks, piece_bytes)

    def read(self, path: Path, piece: Piece, out: Records) -> None:
        """Decode each line; what cannot be decoded becomes a reject."""
        if piece.last == WHOLE_DOCUMENT:
            _read_document(path, piece.data, out)
            return
        decode = msgspec.json.Decoder(Work).decode
        for position, line in enumerate(piece.data.split(b"\n"), piece.first):
            if line and not line.isspace():
                _read_line(line, position, decode, out)


def cut_lines(start: bytes, chunks: Iterator[bytes], piece_bytes: int) -> Iterator[Piece]:
    """Cut after the last line end before `piece_bytes`; a longer line becomes a piece of its own.

    A line above MAX_RECORD_BYTES keeps its first kilobyte, which then fails to decode.
    """
    number, first = 0, 1
    waiting, size = [start], len(start)
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size < piece_bytes:
            continue
        buffer = b"".join(waiting)
        while len(buffer) >= piece_bytes:
            end = buffer.rfind(b"\n", 0, piece_bytes) + 1 or buffer.find(b"\n", piece_bytes) + 1
            if end:
                data, buffer = buffer[:end], buffer[end:]
                yield Piece(number, first, data)
                number, first = number + 1, first + data.count(b"\n")
            elif len(buffer) > MAX_RECORD_BYTES:
                buffer = _skip_line(buffer, chunks)
            else:
                break
        waiting, size = [buffer], len(buffer)
    if size:
        yield Piece(number, first, b"".join(waiting))


def _skip_line(buffer: bytes, chunks: Iterator[bytes]) -> bytes:
    for chunk in chunks:
        if (end := chunk.find(b"\n")) >= 0:
            return buffer[:CUT_LINE_KEEPS] + chunk[end:]
    return buffer[:CUT_LINE_KEEPS]


def _is_document(start: bytes) -> bool:
    """Whether the file is one JSON value over several lines (API page, array), not JSON lines."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    first_line = text.split(b"\n", 1)[0].strip()
    return text[:1] == b"[" or first_line == b"{"


def _document(path: Path, buffer: bytes, chunks: Iterator[bytes]) -> Piece:
    parts, size = [buffer], len(buffer)
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_DOCUMENT_BYTES:
            raise SourceError(f"{path}: one JSON value of over 1 GB; give works as JSON lines")
    return Piece(0, 1, b"".join(parts), WHOLE_DOCUMENT)


def _read_document(path: Path, data: bytes, out: Records) -> None:
    try:
        value = msgspec.json.decode(
            data.lstrip(b"\xef\xbb\xbf"), type=list[msgspec.Raw] | dict[str, msgspec.Raw]
        )
        works = (
            value
            if isinstance(value, list)
            else msgspec.json.decode(
                value.get("results", msgspec.Raw(b"null")), type=list[msgspec.Raw] | None
            )
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(
            f"{path}: is no whole JSON document ({error}); fetch it again, or give JSON lines"
        ) from error
    decode = msgspec.json.Decoder(Work).decode
    for position, raw in enumerate([msgspec.Raw(data)] if works is None else works, 1):
        _read_line(bytes(raw), position, decode, out)


def _read_line(line: bytes, position: int, decode, out: Records) -> None:  # type: ignore[no-untyped-def]
    out.n_records += 1
    try:
        work = decode(line.lstrip(b"\xef\xbb\xbf"))
        if work.id is None and work.results is not None:
            out.n_records -= 1
            for raw in work.results:
                _read_line(bytes(raw), position, decode, out)
        else:
            add_work(work, out, position, line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        out.reject(position, str(error), line)
    except RecursionError:
        out.reject(position, "JSON is nested too deeply", line)


def add_work(work: Work, out: Records, position: int, excerpt: bytes | str = "") -> None:
    """Append one decoded work, or a reject if a value in it is absurd.

    Raises msgspec.DecodeError, with nothing appended, if an affiliation has a wrong type.
    """
    problem = _problem(work)
    if problem:
        out.reject(position, problem, excerpt or str(work.id))
        return
    authorships = work.authorships or []
    origins = [_affiliations(a, out) for a in authorships]  # before any row: this may fail
    venue = _venue(work)
    record_id = out.work(
        work_id=work.id or "",
        doi=clean_doi(work.doi),
        version=_microseconds(work.updated_date),
        year=work.publication_year,
        type=work.type,
        is_primary=work.type in PRIMARY_TYPES,
        excluded=_excluded(work),
        authors_truncated=_is_truncated(work, authorships),
        source_title=venue.display_name if venue else None,
        first_page=work.biblio.first_page if work.biblio else None,
    )
    _add_terms(work, venue, record_id, out)
    no_first = not any(a.author_position == "first" for a in authorships)
    out.authorships(
        record_id,
        range(1, len(authorships) + 1),
        [a.author_position == "first" or (no_first and n == 0) for n, a in enumerate(authorships)],
        [a.is_corresponding for a in authorships],
        origins,
    )


def _problem(work: Work) -> str | None:
    if not work.id or not work.id.strip():
        return "work has no `id`"
    if work.publication_year is not None and work.publication_year not in YEARS:
        return f"`publication_year` {work.publication_year} is absurd"
    if work.updated_date and _microseconds(work.updated_date) < 0:
        return f"`updated_date` {work.updated_date[:40]!r} is no date"
    return None


def _excluded(work: Work) -> str | None:
    if work.is_retracted:
        return "retracted"
    if work.is_paratext:
        return "paratext"
    return "xpac" if work.is_xpac else None


def _is_truncated(work: Work, authorships: list[_Authorship]) -> bool:
    if work.is_authors_truncated:
        return True
    return len(authorships) == API_AUTHOR_LIMIT and not any(
        a.author_position == "last" for a in authorships
    )


def _venue(work: Work) -> _Venue | None:
    if work.primary_location and work.primary_location.source:
        return work.primary_location.source
    return work.host_venue


def _add_terms(work: Work, venue: _Venue | None, record_id: int, out: Records) -> None:
    if venue:
        for issn in _issns((venue.issn_l, *(venue.issn or ()))):
            out.term(record_id, "issn", issn)
    topic = work.primary_topic
    if topic:
        if topic.id:
            out.term(record_id, "topic", topic.id.rsplit("/", 1)[-1])
        for kind, level in (("subfield", topic.subfield), ("field", topic.field)):
            if level and level.id is not None:
                out.term(record_id, kind, str(level.id).rsplit("/", 1)[-1])


@lru_cache(maxsize=65536)
def _issns(numbers: tuple[str | None, ...]) -> list[str]:
    return sorted({issn for n in numbers if (issn := clean_issn(n))})


def _affiliations(authorship: _Authorship, out: Records) -> list[int]:
    """Keys of the author's affiliations; authors of a piece with equal JSON share the work."""
    json = (
        bytes(authorship.institutions),
        bytes(authorship.affiliations),
        bytes(authorship.raw_affiliation_strings),
        bytes(authorship.raw_affiliation_string),
    )
    keys = out.memo.get(json)
    if keys is None:
        origin = Origin(*(d(j) for d, j in zip(_ORIGIN_DECODERS, json, strict=True)))
        found = _as_one(origin) if origin.affiliations is None else _by_affiliation(origin)
        keys = out.memo[json] = [out.affiliation_key(text, entries) for text, entries in found]
    return keys


def _by_affiliation(origin: Origin) -> list[tuple[str | None, tuple[Entry, ...]]]:
    """New schema: the record says which institutions each string names."""
    institutions = origin.institutions or []
    by_id = {i.id: _entry(i) for i in institutions if i.id}
    found: list[tuple[str | None, tuple[Entry, ...]]] = []
    named: set[str] = set()
    for affiliation in origin.affiliations or []:
        ids = [i for i in dict.fromkeys(affiliation.institution_ids or ()) if i]
        named.update(ids)
        entries = tuple(by_id.get(i) or Entry(i, None, None, None, None) for i in ids)
        text = _text(affiliation.raw_affiliation_string)
        if text or entries:
            found.append((text, entries))
    rest = [
        _entry(i) for i in institutions if (i.id or i.ror or i.display_name) and i.id not in named
    ]
    if rest:
        found.append((None, tuple(dict.fromkeys(rest))))
    return found


def _as_one(origin: Origin) -> list[tuple[str | None, tuple[Entry, ...]]]:
    """Old schema: all institutions belong to the authorship as one affiliation."""
    strings = [_text(s) for s in origin.raw_affiliation_strings or ()]
    strings = [s for s in strings if s] or [s for s in [_text(origin.raw_affiliation_string)] if s]
    entries = tuple(dict.fromkeys(_entry(i) for i in origin.institutions or ()))
    if entries:
        return [("; ".join(s for s in strings if s) or None, entries)]
    return [(s, ()) for s in strings]


def _entry(institution: _Institution) -> Entry:
    lineage = institution.lineage
    return Entry(
        institution.id or None,
        institution.ror or None,
        institution.display_name or None,
        institution.country_code or None,
        " ".join(i for i in lineage if i) or None if lineage else None,
    )


def _text(value: str | None) -> str | None:
    return value if value and not value.isspace() else None


@lru_cache(maxsize=65536)
def _microseconds(date: str | None) -> int:
    """Microseconds since 1970 of an ISO date; 0 without one, −1 if it is none."""
    if not date:
        return 0
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return -1
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, int(moment.timestamp() * 1_000_000))

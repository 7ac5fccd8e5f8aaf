"""What a source is: it cuts a file into record-aligned pieces and turns a piece into flat rows.

A further reader is one new module with a class of this shape, named in `sources/__init__.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from sciencecities.draws import work_key
from sciencecities.tables import CORPUS

if TYPE_CHECKING:
    import pyarrow as pa

EXCERPT_LENGTH = 200
MAX_ROWS_PER_PIECE = 2**24
MAX_PIECES_PER_FILE = 2**20


class Digest(Protocol):
    """The part of a hashlib object that sources feed with every byte of the file as stored."""

    def update(self, data: bytes, /) -> None:
        """Take the next bytes."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some consecutive records of a file: what one worker reads in one go.

    `first` is the 1-based position of the first record (line, article, row group). `data` holds
    the decompressed bytes; it is empty for sources that read the file by reference, which then
    find what to read in `first` and `last`.
    """

    number: int
    first: int
    data: bytes = b""
    last: int = 0


class Source(Protocol):
    """A kind of input file. Instances hold no state and are safe to send to another process."""

    name: str
    unit: str  # what `position` counts in rejects: "line", "article", "row"

    def accepts(self, path: Path, head: bytes) -> bool:
        """Whether the file is of this kind, by its name and its first (decompressed) bytes."""

    def pieces(self, path: Path, digest: Digest, piece_bytes: int) -> Iterator[Piece]:
        """Cut the file, in order, feeding `digest` with every stored byte.

        Boundaries depend on the file's bytes and `piece_bytes` alone, so that a resumed build
        meets the same pieces. Raises SourceError for a cut or corrupt file.
        """

    def read(self, path: Path, piece: Piece, out: Records) -> None:
        """Append the piece's records, and a reject for each that cannot be read."""


class Entry(NamedTuple):
    """One institution named in an affiliation, as the source gives it."""

    institution_id: str | None
    ror: str | None
    name: str | None
    country: str | None
    lineage: str | None  # space-joined source ids, the institution's own among them


class EntryLike(Protocol):
    """Anything hashable with the attributes of an Entry."""

    @property
    def institution_id(self) -> str | None:
        """See Entry."""

    @property
    def ror(self) -> str | None:
        """See Entry."""

    @property
    def name(self) -> str | None:
        """See Entry."""

    @property
    def country(self) -> str | None:
        """See Entry."""

    @property
    def lineage(self) -> str | tuple[str | None, ...] | None:
        """See Entry."""


DERIVED = frozenset({"work_key"})
"""Columns of the corpus that are made from others once a piece is read."""


@dataclass(slots=True)
class Records:
    """Collects the corpus rows of one piece, column by column."""

    source: str
    unit: str
    first_record_id: int
    columns: dict[str, dict[str, list[Any]]] = field(init=False)
    n_records: int = field(init=False, default=0)  # records met, rejected ones included
    memo: dict[Any, Any] = field(init=False, default_factory=dict)  # for the source's own use
    _affiliations: dict[int, tuple[str | None, tuple[EntryLike, ...]]] = field(
        init=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self.columns = {
            t.name: {name: [] for name in t.names if name not in DERIVED} for t in CORPUS
        }

    def work(
        self,
        *,
        work_id: str,
        doi: str | None = None,
        version: int = 0,
        year: int | None = None,
        type: str | None = None,
        is_primary: bool = False,
        excluded: str | None = None,
        authors_truncated: bool = False,
        source_title: str | None = None,
        first_page: str | None = None,
    ) -> int:
        """Add a work and return its record_id, under which the other rows are added."""
        works = self.columns["works"]
        record_id = self.first_record_id + len(works["record_id"])
        works["record_id"].append(record_id)
        works["work_id"].append(work_id)
        works["doi"].append(doi)
        works["version"].append(version)
        works["year"].append(year)
        works["type"].append(type)
        works["is_primary"].append(is_primary)
        works["excluded"].append(excluded)
        works["authors_truncated"].append(authors_truncated)
        works["source_title"].append(source_title)
        works["first_page"].append(first_page)
        return record_id

    def term(self, record_id: int, kind: str, term: str) -> None:
        """Add a subject-bearing term; the caller adds no pair twice."""
        terms = self.columns["work_terms"]
        terms["record_id"].append(record_id)
        terms["kind"].append(kind)
        terms["term"].append(term)

    def new_records(self, n: int) -> range:
        """The record ids of the next `n` works, for `extend`."""
        first = self.first_record_id + len(self.columns["works"]["record_id"])
        return range(first, first + n)

    def extend(self, table: str, **columns: Iterable[Any]) -> None:
        """Append rows to a table, given as all its columns."""
        for name, values in columns.items():
            self.columns[table][name].extend(values)

    def authorships(
        self,
        record_id: int,
        positions: Sequence[int],
        is_first: Sequence[bool],
        is_corresponding: Sequence[bool | None],
        affiliation_keys: Sequence[Sequence[int]],
    ) -> None:
        """Add the authors of one work in order, each with the keys of its affiliations."""
        record_ids = [record_id] * len(positions)
        self.add_authors(record_ids, positions, is_first, is_corresponding, affiliation_keys)

    def add_authors(
        self,
        record_ids: Sequence[int],
        positions: Sequence[int],
        is_first: Sequence[bool],
        is_corresponding: Sequence[bool | None],
        affiliation_keys: Sequence[Sequence[int]],
    ) -> None:
        """Add authors of any works, one an item of each argument."""
        self.extend(
            "authorships",
            record_id=record_ids,
            author_position=positions,
            is_first=is_first,
            is_corresponding=is_corresponding,
        )
        self.extend(
            "affiliations",
            record_id=[r for r, k in zip(record_ids, affiliation_keys, strict=True) for _ in k],
            author_position=[
                p for p, k in zip(positions, affiliation_keys, strict=True) for _ in k
            ],
            affiliation=[n for k in affiliation_keys for n in range(1, len(k) + 1)],
            affiliation_key=chain.from_iterable(affiliation_keys),
        )

    def affiliation_key(self, text: str | None, entries: tuple[EntryLike, ...] = ()) -> int:
        """The key of an affiliation; its institutions are stored once per piece."""
        key = affiliation_key(text, entries)
        self._affiliations[key] = (text, entries)
        return key

    def reject(self, position: int, reason: str, excerpt: str | bytes) -> None:
        """Record that an input record could not be read, and why."""
        rejects = self.columns["rejects"]
        rejects["source"].append(self.source)
        rejects["position"].append(f"{self.unit} {position}")
        rejects["reason"].append(reason)
        rejects["excerpt"].append(_printable(excerpt))

    def tables(self) -> dict[str, pa.Table]:
        """The rows as Arrow tables, one per corpus table."""
        import pyarrow as pa

        works = self.columns["works"]
        columns = self.columns | {
            "works": works | {"work_key": list(map(work_key, works["work_id"]))},
            "affiliation_entries": self._entry_columns(),
        }
        return {t.name: pa.table(columns[t.name], schema=t.schema()) for t in CORPUS}

    def _entry_columns(self) -> dict[str, list[Any]]:
        rows = [
            (key, number, text, entry)
            for key, (text, entries) in self._affiliations.items()
            for number, entry in (enumerate(entries, 1) if entries else _NO_ENTRIES)
        ]
        named = [entry for _, _, _, entry in rows]
        return {
            "affiliation_key": [key for key, _, _, _ in rows],
            "entry": [number for _, number, _, _ in rows],
            "text": [text for _, _, text, _ in rows],
            "institution_id": [e.institution_id or None for e in named],
            "ror": [e.ror or None for e in named],
            "institution": [e.name or None for e in named],
            "country": [e.country or None for e in named],
            "lineage": [_joined(e.lineage) for e in named],
        }


_NO_ENTRIES = ((0, Entry(None, None, None, None, None)),)


def _joined(lineage: str | tuple[str | None, ...] | None) -> str | None:
    if isinstance(lineage, tuple):
        return " ".join(filter(None, lineage)) or None
    return lineage or None


def affiliation_key(text: str | None, entries: tuple[EntryLike, ...]) -> int:
    """A signed 64-bit number that stands for the affiliation in every part and every run."""
    content = msgspec.msgpack.encode((text, entries))
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big", signed=True)


def clean_doi(value: str | None) -> str | None:
    """The DOI in lower case without resolver prefix, or None if there is none.

    >>> clean_doi("https://doi.org/10.1000/ABC ")
    '10.1000/abc'
    >>> clean_doi("n/a") is None
    True
    """
    if not value:
        return None
    start = value.find("10.")
    return (value[start:].strip().lower() or None) if start >= 0 else None


def clean_issn(value: str | None) -> str | None:
    """The ISSN as `1234-567X`, or None if it is not one by form.

    >>> clean_issn("1234567x")
    '1234-567X'
    """
    digits = (value or "").replace("-", "").strip().upper()
    if len(digits) == 8 and digits[:7].isascii() and digits[:7].isdigit():
        return f"{digits[:4]}-{digits[4:]}" if digits[7] in "0123456789X" else None
    return None


def _printable(excerpt: str | bytes) -> str:
    text = (
        excerpt[: 4 * EXCERPT_LENGTH].decode("utf-8", "replace")
        if isinstance(excerpt, bytes)
        else excerpt
    )
    return "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:EXCERPT_LENGTH]
    )

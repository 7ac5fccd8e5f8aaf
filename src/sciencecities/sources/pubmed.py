"""MEDLINE/PubMed XML, as in the baseline and update files and in the answers of efetch.

The file is cut at closing tags and never held as a whole; a piece is parsed with lxml. What
stands between the records (XML declaration, document type with whatever entities it declares) is
never shown to the parser, so no entity can be defined and nothing outside the file is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sciencecities.errors import SourceError
from sciencecities.sources.base import Digest, Piece, Records
from sciencecities.sources.streams import read_chunks

if TYPE_CHECKING:
    from lxml.etree import XMLParser, _Element

MAX_RECORD_BYTES = 64 << 20
MAX_PIECE_BYTES = 32 << 20
OVERSIZED = -1  # in Piece.last: the piece is the beginning of one record that is too large

_NAMES = rb"(?:PubmedArticle|PubmedBookArticle|DeleteCitation)"
_CLOSING_TAGS = (b"</PubmedArticle>", b"</PubmedBookArticle>", b"</DeleteCitation>")
_LONGEST_TAG = max(map(len, _CLOSING_TAGS))
_OPENING = re.compile(rb"<" + _NAMES + rb"(?=[\s>])")
_CLOSING = re.compile(rb"</" + _NAMES + rb">")
_END_OF_SET = re.compile(rb"</Pubmed(?:Book)?ArticleSet\s*>|<Pubmed(?:Book)?ArticleSet\s*/>")
_EXCERPT_BYTES = 4096


class PubMed:
    """Reads `PubmedArticleSet` files, plain or gzip."""

    name = "pubmed"
    unit = "article"

    def accepts(self, path: Path, head: bytes) -> bool:
        """Whether the first bytes are the beginning of a PubMed article set."""
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        return start.startswith(b"<") and re.search(rb"Pubmed(Book)?ArticleSet", start) is not None

    def pieces(self, path: Path, digest: Digest, piece_bytes: int) -> Iterator[Piece]:
        """Cut after the first record that reaches `piece_bytes` (at most 32 MB) of XML.

        Raises SourceError if the gzip data is cut or corrupt, or the XML ends inside the set.
        """
        first = 1
        size = max(1, min(piece_bytes, MAX_PIECE_BYTES))
        for number, cut in enumerate(_cuts(read_chunks(path, digest), size)):
            if cut.is_rest and not _END_OF_SET.search(cut.data):
                n_read = first - 1 + _count_closing(cut.data)
                raise SourceError(
                    f"{path}: the XML ends early, after {n_read:,} articles and without "
                    "</PubmedArticleSet>; fetch or copy the file again"
                )
            if not cut.is_rest or _OPENING.search(cut.data) or _CLOSING.search(cut.data):
                last = OVERSIZED if cut.is_oversized else 0
                yield Piece(number=number, first=first, data=cut.data, last=last)
            first += 1 if cut.is_oversized else _count_closing(cut.data)

    def read(self, path: Path, piece: Piece, out: Records) -> None:
        """Append the piece's articles and deletions; what cannot be read becomes a reject."""
        from sciencecities.sources.pubmed_records import add_record

        if piece.last == OVERSIZED:
            out.n_records += 1
            limit = MAX_RECORD_BYTES >> 20
            out.reject(piece.first, f"the record is larger than {limit} MB", piece.data)
            return
        parser = _safe_parser()
        records = _parse_together(piece.data, parser)
        if records is None:
            _read_one_by_one(piece, parser, out)
            return
        for position, record in enumerate(records, piece.first):
            add_record(record, position, out)


class _Cut(NamedTuple):
    data: bytes
    is_oversized: bool = False
    is_rest: bool = False  # what is left after the last cut: the end of the file


def _cuts(chunks: Iterable[bytes], size: int) -> Iterator[_Cut]:
    """Cut the stream after the first closing tag that begins `size` bytes or more after a cut.

    A record beyond the limit is skipped, and only its beginning kept.
    """
    buffer = bytearray()
    searched = 0  # no closing tag begins before this offset, the part below `size` apart
    skipping = b""
    for chunk in chunks:
        buffer += chunk
        begin = 0
        while True:
            tag = _CLOSING.search(buffer, max(searched, begin + (0 if skipping else size)))
            if tag is None:
                break
            if skipping:
                yield _Cut(skipping, is_oversized=True)
                skipping = b""
            else:
                yield from _split_oversized(bytes(buffer[begin : tag.end()]), tag.start() - begin)
            begin = searched = tag.end()
        del buffer[:begin]
        searched = max(0, len(buffer) - _LONGEST_TAG)
        if len(buffer) > MAX_RECORD_BYTES or skipping:
            start = 0 if skipping else _end_of_last_record(buffer, len(buffer))
            if not skipping and len(buffer) - start > MAX_RECORD_BYTES:
                if start:
                    yield _Cut(bytes(buffer[:start]))
                skipping = bytes(buffer[start : start + _EXCERPT_BYTES])
            if skipping:
                del buffer[: max(0, len(buffer) - _LONGEST_TAG)]
                searched = 0
    yield _Cut(b"" if skipping else bytes(buffer), is_rest=True)


def _split_oversized(data: bytes, last_tag: int) -> Iterator[_Cut]:
    """The piece as it is, or its last record apart if that one is beyond the limit."""
    if len(data) <= MAX_RECORD_BYTES:
        yield _Cut(data)
        return
    start = _end_of_last_record(data, last_tag)
    if len(data) - start <= MAX_RECORD_BYTES:
        yield _Cut(data)
        return
    if start:
        yield _Cut(data[:start])
    yield _Cut(data[start : start + _EXCERPT_BYTES], is_oversized=True)


def _end_of_last_record(data: bytes | bytearray, before: int) -> int:
    ends = [(data.rfind(tag, 0, before), len(tag)) for tag in _CLOSING_TAGS]
    return max(at + length if at >= 0 else 0 for at, length in ends)


def _count_closing(data: bytes) -> int:
    return sum(data.count(tag) for tag in _CLOSING_TAGS)


def _safe_parser() -> XMLParser:
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )


def _parse_together(data: bytes, parser: XMLParser) -> list[_Element] | None:
    """All records of the piece; None if one of them is broken or something stands between."""
    from lxml import etree

    start, end = _OPENING.search(data), _end_of_last_record(data, len(data))
    if start is None or start.start() >= end:
        return None
    body = data[start.start() : end]
    if b"<!DOCTYPE" in body or b"<?xml" in body or _OPENING.search(data, end):
        return None
    n_records = _count_closing(body)
    if _count_closing(data[: start.start()]):
        return None
    try:
        records = list(etree.fromstring(b"<set>" + body + b"</set>", parser))
    except etree.XMLSyntaxError:
        return None
    return records if len(records) == n_records else None


def _read_one_by_one(piece: Piece, parser: XMLParser, out: Records) -> None:
    """Parse each record by itself, so that only a broken one is lost."""
    begin = 0
    position = piece.first
    for tag in _CLOSING.finditer(piece.data):
        _read_segment(piece.data[begin : tag.end()], position, parser, out)
        begin = tag.end()
        position += 1
    _reject_unclosed(piece.data[begin:], position, out)


def _read_segment(segment: bytes, position: int, parser: XMLParser, out: Records) -> None:
    from lxml import etree

    from sciencecities.sources.pubmed_records import add_record

    openings = [opening.start() for opening in _OPENING.finditer(segment)]
    if not openings:
        out.n_records += 1
        out.reject(position, "a closing tag without its opening tag", segment[-200:])
        return
    _reject_unclosed(segment[: openings[-1]], position, out)
    record = segment[openings[-1] :]
    try:
        element = etree.fromstring(record, parser)
    except etree.XMLSyntaxError as error:
        out.n_records += 1
        out.reject(position, f"not well-formed XML: {error.msg}", record)
        return
    add_record(element, position, out)


def _reject_unclosed(data: bytes, position: int, out: Records) -> None:
    if opening := _OPENING.search(data):
        out.n_records += 1
        out.reject(position, "the record ends without its closing tag", data[opening.start() :])

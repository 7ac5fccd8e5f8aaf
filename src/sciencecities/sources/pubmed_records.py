"""One PubMed record (article, book chapter, deletion) as corpus rows.

Elements: https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/190101/index.html. A record is read whole
before its first row is added, so that a reject leaves no rows behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sciencecities.sources.base import Records, clean_doi, clean_issn
from sciencecities.sources.pubmed_affiliations import split_affiliation
from sciencecities.sources.pubmed_named import parts_of_author

if TYPE_CHECKING:
    from lxml.etree import _Element

DELETED_VERSION = 2**62
"""Newer than any version of a citation, so that a deletion wins."""

MAX_VERSION = 10**6
YEARS = range(1000, 2101)

NOT_PRIMARY = frozenset(
    {
        "editorial",
        "letter",
        "comment",
        "news",
        "newspaper article",
        "preprint",
        "clinical trial protocol",
        "published erratum",
        "retraction of publication",
        "retraction notice",
        "retracted publication",
    }
)
"""Publication types that are not primary research, besides every one whose name ends in Review."""

_YEAR = re.compile(r"\d{4}")


class RecordError(ValueError):
    """The record cannot be used; the message says why."""


class _Author(NamedTuple):
    is_person: bool
    affiliations: tuple[str, ...]


class _Authors(NamedTuple):
    authors: list[_Author]
    is_complete: bool


def add_record(record: _Element, position: int, out: Records) -> None:
    """Append the rows of one record, or a reject."""
    if record.tag == "DeleteCitation":
        _add_deletions(record, position, out)
        return
    out.n_records += 1
    try:
        if record.tag == "PubmedArticle":
            _add_article(record, out)
        else:
            _add_book_article(record, out)
    except RecordError as error:
        out.reject(position, str(error), _excerpt(record))


def _add_deletions(record: _Element, position: int, out: Records) -> None:
    for pmid in record.iterchildren("PMID"):
        out.n_records += 1
        try:
            work_id = f"pmid:{_pmid(pmid)[0]}"
        except RecordError as error:
            out.reject(position, f"{error} in DeleteCitation", _excerpt(pmid))
            continue
        out.work(work_id=work_id, version=DELETED_VERSION, excluded="deleted")


def _add_article(record: _Element, out: Records) -> None:
    citation = record.find("MedlineCitation")
    article = citation.find("Article") if citation is not None else None
    if citation is None or article is None:
        raise RecordError("no MedlineCitation/Article")
    pmid, version = _pmid(citation.find("PMID"))
    types = _types(article.find("PublicationTypeList"))
    journal = article.find("Journal")
    year = _article_year(article)
    revised = _revision_day(citation.find("DateRevised"))
    people = _authors(_author_lists(article.findall("AuthorList")))
    record_id = out.work(
        work_id=f"pmid:{pmid}",
        doi=_doi(article, record.find("PubmedData")),
        version=version * 10**8 + revised,
        year=year,
        type="; ".join(types) or None,
        is_primary=is_primary(types),
        excluded="retracted" if _is_retracted(citation, types) else None,
        authors_truncated=not people.is_complete,
        source_title=_text(journal.find("Title")) if journal is not None else None,
        first_page=_first_page(article),
    )
    for issn in _issns(journal, citation.find("MedlineJournalInfo")):
        out.term(record_id, "issn", issn)
    for kind, term in _mesh(citation.find("MeshHeadingList")):
        out.term(record_id, kind, term)
    _add_authors(people, record_id, out)


def _add_book_article(record: _Element, out: Records) -> None:
    document = record.find("BookDocument")
    if document is None:
        raise RecordError("no BookDocument")
    pmid, version = _pmid(document.find("PMID"))
    types = _types(document)
    year = _plain_year(document.find("Book/PubDate"))
    if year is None:
        year = _plain_year(document.find("ContributionDate"))
    lists = document.findall("AuthorList") or document.findall("Book/AuthorList")
    people = _authors(_author_lists(lists))
    ids = document.find("ArticleIdList")
    record_id = out.work(
        work_id=f"pmid:{pmid}",
        doi=_doi_of_ids(ids),
        version=version * 10**8 + _revision_day(document.find("DateRevised")),
        year=year,
        type="; ".join(types) or "Book",
        excluded="retracted" if _is_retracted(document, types) else None,
        authors_truncated=not people.is_complete,
        source_title=_text(document.find("Book/BookTitle")),
        first_page=_first_page(document),
    )
    _add_authors(people, record_id, out)


def _author_lists(lists: list[_Element]) -> list[_Element | None]:
    """Those of authors, not of editors."""
    return [each for each in lists if each.get("Type", "authors") == "authors"]


def _add_authors(people: _Authors, record_id: int, out: Records) -> None:
    positions = range(1, len(people.authors) + 1)
    out.authorships(
        record_id,
        positions,
        [position == 1 for position in positions],
        [None] * len(positions),
        [[out.affiliation_key(text) for text in author.affiliations] for author in people.authors],
    )


def is_primary(types: list[str]) -> bool:
    """Whether publication types are those of primary research (DESIGN: Which works).

    >>> is_primary(["Journal Article", "Meta-Analysis"])
    True
    >>> is_primary(["Journal Article", "Systematic Review"])
    False
    """
    names = {name.lower() for name in types}
    if "journal article" not in names or names & NOT_PRIMARY:
        return False
    return not any(name.endswith("review") for name in names)


def _pmid(element: _Element | None) -> tuple[str, int]:
    pmid = _text(element) or ""
    if element is None or not (pmid.isascii() and pmid.isdigit() and len(pmid) <= 18):
        raise RecordError(f"PMID {pmid[:40]!r} is no number" if pmid else "no PMID")
    version = element.get("Version", "1")
    if not (version.isascii() and version.isdigit() and int(version[:9]) <= MAX_VERSION):
        raise RecordError(f"version {version[:40]!r} of PMID {pmid} is absurd")
    return pmid, int(version)


def _types(parent: _Element | None) -> list[str]:
    if parent is None:
        return []
    names = (_text(each) for each in parent.iterchildren("PublicationType"))
    return [name for name in names if name]


def _is_retracted(citation: _Element, types: list[str]) -> bool:
    if any(name.lower() == "retracted publication" for name in types):
        return True
    corrections = citation.find("CommentsCorrectionsList")
    if corrections is None:
        return False
    return any(each.get("RefType") == "RetractionIn" for each in corrections)


def _article_year(article: _Element) -> int | None:
    date = article.find("Journal/JournalIssue/PubDate")
    year = _plain_year(date)
    if year is None and date is not None:
        found = _YEAR.search(_text(date.find("MedlineDate")) or "")
        year = _checked_year(found.group()) if found else None
    if year is None:
        year = _plain_year(article.find("ArticleDate"))
    return year


def _plain_year(date: _Element | None) -> int | None:
    text = _text(date.find("Year")) if date is not None else None
    return _checked_year(text) if text else None


def _checked_year(text: str) -> int:
    if not (_YEAR.fullmatch(text) and text.isascii() and int(text) in YEARS):
        raise RecordError(f"publication year {text[:40]!r} is absurd")
    return int(text)


def _revision_day(date: _Element | None) -> int:
    """yyyymmdd; a missing part is 0."""
    if date is None:
        return 0
    day = 0
    for name, width in (("Year", 4), ("Month", 2), ("Day", 2)):
        text = _text(date.find(name)) or "0"
        if not (text.isascii() and text.isdigit() and len(text) <= width):
            raise RecordError(f"DateRevised/{name} {text[:40]!r} is no number")
        day = day * 10**width + int(text)
    return day


def _doi(article: _Element, data: _Element | None) -> str | None:
    for location in article.iterchildren("ELocationID"):
        if location.get("EIdType") == "doi" and location.get("ValidYN", "Y") != "N":
            doi = clean_doi(_text(location))
            if doi:
                return doi
    # A direct child only: the cited references carry ArticleIdLists of their own.
    return _doi_of_ids(data.find("ArticleIdList")) if data is not None else None


def _doi_of_ids(ids: _Element | None) -> str | None:
    if ids is None:
        return None
    texts = (_text(each) for each in ids.iterchildren("ArticleId") if each.get("IdType") == "doi")
    return next((doi for doi in map(clean_doi, texts) if doi), None)


def _first_page(article: _Element) -> str | None:
    """The first page, or the article number where the record has no pages."""
    for path in ("Pagination/StartPage", "Pagination/MedlinePgn"):
        pages = re.split(r"[-,;]", _text(article.find(path)) or "")[0].strip()
        if pages:
            return pages
    for location in article.iterchildren("ELocationID"):
        if location.get("EIdType") == "pii" and location.get("ValidYN", "Y") != "N":
            return _text(location)
    return None


def _issns(journal: _Element | None, info: _Element | None) -> list[str]:
    texts = [_text(each) for each in journal.iterchildren("ISSN")] if journal is not None else []
    if info is not None:
        texts.append(_text(info.find("ISSNLinking")))
    return list(dict.fromkeys(issn for issn in map(clean_issn, texts) if issn))


def _mesh(headings: _Element | None) -> dict[tuple[str, str], None]:
    """Pairs (kind, MeSH UI), each once, in the record's order."""
    terms: dict[tuple[str, str], None] = {}
    if headings is None:
        return terms
    for heading in headings.iterchildren("MeshHeading"):
        descriptor = heading.find("DescriptorName")
        ui = descriptor.get("UI") if descriptor is not None else None
        if not ui:
            continue
        terms["mesh", ui] = None
        if any(name.get("MajorTopicYN") == "Y" for name in heading):
            terms["mesh-major", ui] = None
        for qualifier in heading.iterchildren("QualifierName"):
            if qualifier_ui := qualifier.get("UI"):
                terms["mesh-qualifier", qualifier_ui] = None
    return terms


def _authors(lists: list[_Element | None]) -> _Authors:
    """The authors that count: valid ones; groups only where no person is listed."""
    present = [each for each in lists if each is not None]
    authors = [author for each in present for author in _listed(each)]
    if any(author.is_person for author in authors):
        authors = [author for author in authors if author.is_person]
    return _Authors(authors, all(each.get("CompleteYN", "Y") != "N" for each in present))


def _listed(author_list: _Element) -> Iterator[_Author]:
    for author in author_list.iterchildren("Author"):
        if author.get("ValidYN", "Y") == "N":
            continue
        texts: dict[str, None] = {}
        for info in author.iterchildren("AffiliationInfo", "Affiliation"):
            element = info if info.tag == "Affiliation" else info.find("Affiliation")
            if text := _text(element):
                texts.update(dict.fromkeys(_own_parts(author, split_affiliation(text))))
        is_person = author.find("LastName") is not None or author.find("CollectiveName") is None
        yield _Author(is_person, tuple(texts))


def _own_parts(author: _Element, parts: Sequence[str]) -> Sequence[str]:
    if len(parts) == 1:
        return parts
    return parts_of_author(parts, _text(author.find("Initials")), _text(author.find("LastName")))


def _text(element: _Element | None) -> str | None:
    """The element's text, markup dropped and whitespace collapsed; None if there is none."""
    if element is None:
        return None
    text = element.text if len(element) == 0 else "".join(element.itertext())
    return " ".join(text.split()) or None if text else None


def _excerpt(element: _Element) -> bytes:
    from lxml import etree

    text: bytes = etree.tostring(element, encoding="utf-8", with_tail=False)
    return b" ".join(text[:4096].split())

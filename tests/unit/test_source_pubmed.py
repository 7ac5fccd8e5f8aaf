"""PubMed XML: every rule on hand-written records, cutting, and hostile input."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciencecities.errors import SourceError
from sciencecities.sources import pubmed
from sciencecities.sources.base import Records
from sciencecities.sources.pubmed import PubMed
from sciencecities.sources.pubmed_affiliations import split_affiliation
from sciencecities.sources.pubmed_named import parts_of_author
from sciencecities.sources.pubmed_records import DELETED_VERSION, is_primary

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2019//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_190101.dtd">\n<PubmedArticleSet>\n'
)
TAIL = "</PubmedArticleSet>\n"
PUB_DATE = "<PubDate><Year>2021</Year></PubDate>"
TYPES = "<PublicationType UI='D016428'>Journal Article</PublicationType>"


def author(*affiliations: str, name: str = "Doe", attributes: str = "ValidYN='Y'") -> str:
    infos = "".join(
        f"<AffiliationInfo><Affiliation>{a}</Affiliation></AffiliationInfo>" for a in affiliations
    )
    return f"<Author {attributes}><LastName>{name}</LastName>{infos}</Author>"


def article(
    pmid: str = "1",
    *,
    version: str = "1",
    date: str = PUB_DATE,
    authors: str = "",
    types: str = TYPES,
    inside: str = "",
    journal: str = "",
    citation: str = "",
    data: str = "",
) -> str:
    return f"""<PubmedArticle><MedlineCitation Status="MEDLINE">
      <PMID Version="{version}">{pmid}</PMID>
      <DateRevised><Year>2021</Year><Month>06</Month><Day>07</Day></DateRevised>
      <Article><Journal>{journal}<JournalIssue>{date}</JournalIssue></Journal>
      {inside}{authors}<PublicationTypeList>{types}</PublicationTypeList></Article>{citation}
    </MedlineCitation><PubmedData>{data}</PubmedData></PubmedArticle>\n"""


def author_list(*authors: str, attributes: str = "CompleteYN='Y'") -> str:
    return f"<AuthorList {attributes}>{''.join(authors)}</AuthorList>"


def read(path: Path, piece_bytes: int = 1 << 20) -> list[Records]:
    source = PubMed()
    found = []
    for piece in source.pieces(path, hashlib.sha256(), piece_bytes):
        out = Records(path.name, source.unit, piece.number << 24)
        source.read(path, piece, out)
        out.tables()
        found.append(out)
    return found


def read_text(tmp_path: Path, *records: str, head: str = HEAD, tail: str = TAIL) -> Records:
    path = tmp_path / "pubmed.xml"
    path.write_text(head + "".join(records) + tail, encoding="utf-8")
    pieces = read(path)
    assert len(pieces) == 1
    return pieces[0]


def only_work(out: Records) -> dict[str, object]:
    assert out.columns["rejects"]["reason"] == []
    assert len(out.columns["works"]["work_id"]) == 1
    return {name: values[0] for name, values in out.columns["works"].items()}


def terms(out: Records) -> list[tuple[str, str]]:
    rows = out.columns["work_terms"]
    return list(zip(rows["kind"], rows["term"], strict=True))


def affiliations(out: Records) -> list[tuple[int, int, str | None]]:
    entries = out.tables()["affiliation_entries"].to_pydict()
    text = dict(zip(entries["affiliation_key"], entries["text"], strict=True))
    rows = out.columns["affiliations"]
    return [
        (position, number, text[key])
        for position, number, key in zip(
            rows["author_position"], rows["affiliation"], rows["affiliation_key"], strict=True
        )
    ]


# --- fields ---------------------------------------------------------------------------------


def test_identity_version_and_defaults(tmp_path: Path) -> None:
    work = only_work(read_text(tmp_path, article("10704411", version="2")))
    assert work["work_id"] == "pmid:10704411"
    assert work["version"] == 2 * 10**8 + 20210607
    assert work["year"] == 2021
    assert work["type"] == "Journal Article"
    assert work["is_primary"] is True
    assert work["excluded"] is None
    assert work["authors_truncated"] is False
    assert work["doi"] is None


@pytest.mark.parametrize(
    ("date", "inside", "year"),
    [
        ("<PubDate><Year>2019</Year><Month>Feb</Month></PubDate>", "", 2019),
        ("<PubDate><MedlineDate>Winter 1999-2000</MedlineDate></PubDate>", "", 1999),
        (
            "<PubDate><MedlineDate>Winter</MedlineDate></PubDate>",
            "<ArticleDate DateType='Electronic'><Year>2018</Year></ArticleDate>",
            2018,
        ),
        (
            "<PubDate><Year>2020</Year></PubDate>",
            "<ArticleDate><Year>2018</Year></ArticleDate>",
            2020,
        ),
        ("", "", None),
    ],
)
def test_year(tmp_path: Path, date: str, inside: str, year: int | None) -> None:
    assert only_work(read_text(tmp_path, article(date=date, inside=inside)))["year"] == year


def test_absurd_year_is_rejected(tmp_path: Path) -> None:
    date = "<PubDate><Year>20 21</Year></PubDate>"
    out = read_text(tmp_path, article("1"), article("2", date=date), article("3"))
    assert out.columns["works"]["work_id"] == ["pmid:1", "pmid:3"]
    assert out.columns["rejects"]["position"] == ["article 2"]
    assert "publication year '20 21'" in out.columns["rejects"]["reason"][0]
    assert out.n_records == 3


def test_doi_prefers_a_valid_location_then_the_articles_own_list(tmp_path: Path) -> None:
    invalid = "<ELocationID EIdType='doi' ValidYN='N'>10.1/WRONG</ELocationID>"
    valid = "<ELocationID EIdType='doi' ValidYN='Y'>10.1/Right</ELocationID>"
    references = (
        "<ReferenceList><Reference><ArticleIdList><ArticleId IdType='doi'>10.9/cited</ArticleId>"
        "</ArticleIdList></Reference></ReferenceList>"
    )
    own = "<ArticleIdList><ArticleId IdType='doi'>https://doi.org/10.1/OWN</ArticleId></ArticleIdList>"
    both = article(inside=invalid + valid, data=references + own)
    assert only_work(read_text(tmp_path, both))["doi"] == "10.1/right"
    fallback = article(inside=invalid, data=references + own)
    assert only_work(read_text(tmp_path, fallback))["doi"] == "10.1/own"
    none = article(inside=invalid, data=references)
    assert only_work(read_text(tmp_path, none))["doi"] is None


@pytest.mark.parametrize(
    ("inside", "page"),
    [
        ("<Pagination><MedlinePgn>187-94</MedlinePgn></Pagination>", "187"),
        ("<Pagination><StartPage>L12</StartPage><MedlinePgn>9-10</MedlinePgn></Pagination>", "L12"),
        ("<Pagination><MedlinePgn>1-5; discussion 6</MedlinePgn></Pagination>", "1"),
        ("<ELocationID EIdType='pii' ValidYN='Y'>e0123</ELocationID>", "e0123"),
        ("", None),
    ],
)
def test_first_page(tmp_path: Path, inside: str, page: str | None) -> None:
    assert only_work(read_text(tmp_path, article(inside=inside)))["first_page"] == page


def test_journal(tmp_path: Path) -> None:
    journal = "<ISSN IssnType='Print'>0960-9822</ISSN><Title>Current biology : CB</Title>"
    info = (
        "<MedlineJournalInfo><MedlineTA>x</MedlineTA><ISSNLinking>09609822</ISSNLinking>"
        "</MedlineJournalInfo>"
    )
    out = read_text(tmp_path, article(journal=journal, citation=info))
    assert only_work(out)["source_title"] == "Current biology : CB"
    assert terms(out) == [("issn", "0960-9822")]


def test_mesh_terms_each_once(tmp_path: Path) -> None:
    headings = """<MeshHeadingList>
      <MeshHeading><DescriptorName UI="D1" MajorTopicYN="N">a</DescriptorName>
        <QualifierName UI="Q1" MajorTopicYN="Y">b</QualifierName>
        <QualifierName UI="Q2" MajorTopicYN="N">c</QualifierName></MeshHeading>
      <MeshHeading><DescriptorName UI="D2" MajorTopicYN="Y">d</DescriptorName></MeshHeading>
      <MeshHeading><DescriptorName UI="D3" MajorTopicYN="N">e</DescriptorName>
        <QualifierName UI="Q1" MajorTopicYN="N">b</QualifierName></MeshHeading>
      <MeshHeading><DescriptorName UI="D1" MajorTopicYN="N">a</DescriptorName></MeshHeading>
    </MeshHeadingList>"""
    out = read_text(tmp_path, article(citation=headings))
    assert sorted(terms(out)) == [
        ("mesh", "D1"),
        ("mesh", "D2"),
        ("mesh", "D3"),
        ("mesh-major", "D1"),
        ("mesh-major", "D2"),
        ("mesh-qualifier", "Q1"),
        ("mesh-qualifier", "Q2"),
    ]


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["Journal Article"], True),
        (["Journal Article", "Meta-Analysis"], True),
        (["Journal Article", "Case Reports", "English Abstract"], True),
        (["Review"], False),
        ([], False),
        *(
            (["Journal Article", other], False)
            for other in (
                "Review",
                "Systematic Review",
                "Scoping Review",
                "Editorial",
                "Letter",
                "Comment",
                "News",
                "Preprint",
                "Clinical Trial Protocol",
                "Published Erratum",
                "Retraction of Publication",
                "Retraction Notice",
                "Retracted Publication",
            )
        ),
    ],
)
def test_is_primary(types: list[str], expected: bool) -> None:
    assert is_primary(types) is expected


def test_retracted_by_type_or_by_notice(tmp_path: Path) -> None:
    typed = article(types=TYPES + "<PublicationType>Retracted Publication</PublicationType>")
    work = only_work(read_text(tmp_path, typed))
    assert work["excluded"] == "retracted"
    assert work["type"] == "Journal Article; Retracted Publication"

    def noticed(kind: str) -> str:
        return (
            "<CommentsCorrectionsList>"
            f"<CommentsCorrections RefType='{kind}'><PMID>9</PMID></CommentsCorrections>"
            "</CommentsCorrectionsList>"
        )

    for kind, excluded in (("RetractionIn", "retracted"), ("RetractionOf", None), ("Cites", None)):
        work = only_work(read_text(tmp_path, article(citation=noticed(kind))))
        assert (work["work_id"], work["excluded"]) == ("pmid:1", excluded)


def test_deletions(tmp_path: Path) -> None:
    deleted = (
        "<DeleteCitation><PMID Version='1'>5</PMID>\n<PMID Version='1'>6</PMID></DeleteCitation>"
    )
    out = read_text(tmp_path, article("5"), deleted)
    works = out.columns["works"]
    assert works["work_id"] == ["pmid:5", "pmid:5", "pmid:6"]
    assert works["excluded"] == [None, "deleted", "deleted"]
    assert works["version"][1:] == [DELETED_VERSION] * 2 == [2**62] * 2
    assert out.n_records == 3


def test_book_article_is_not_primary(tmp_path: Path) -> None:
    book = f"""<PubmedBookArticle><BookDocument><PMID Version="1">77</PMID>
      <ArticleIdList><ArticleId IdType="doi">10.1/Book</ArticleId></ArticleIdList>
      <Book><BookTitle>Gene Reviews</BookTitle><PubDate><Year>1993</Year></PubDate>
      <AuthorList Type="editors">{author("Editors Inc")}</AuthorList></Book>
      {author_list(author("Univ A, Rome, Italy"), attributes="Type='authors' CompleteYN='Y'")}
      <PublicationType UI="D016454">Review</PublicationType></BookDocument></PubmedBookArticle>"""
    out = read_text(tmp_path, book)
    work = only_work(out)
    assert (work["work_id"], work["doi"], work["year"]) == ("pmid:77", "10.1/book", 1993)
    assert (work["is_primary"], work["source_title"]) == (False, "Gene Reviews")
    assert affiliations(out) == [(1, 1, "Univ A, Rome, Italy")]


# --- authors --------------------------------------------------------------------------------


def test_positions_are_those_of_the_authors_that_count(tmp_path: Path) -> None:
    authors = author_list(
        author("Univ A, Oslo, Norway", attributes="ValidYN='N'"),
        "<Author ValidYN='Y'><CollectiveName>The Group</CollectiveName></Author>",
        author("  Univ B,\n Rome,\tItaly ", "", "Univ B, Rome, Italy", "Univ C, Bonn, Germany"),
        author(),
    )
    investigators = (
        "<InvestigatorList><Investigator><LastName>No</LastName><AffiliationInfo>"
        "<Affiliation>Univ Z, Lima, Peru</Affiliation></AffiliationInfo></Investigator>"
        "</InvestigatorList>"
    )
    out = read_text(tmp_path, article(authors=authors, citation=investigators))
    rows = out.columns["authorships"]
    assert rows["author_position"] == [1, 2]
    assert rows["is_first"] == [True, False]
    assert rows["is_corresponding"] == [None, None]
    assert affiliations(out) == [(1, 1, "Univ B, Rome, Italy"), (1, 2, "Univ C, Bonn, Germany")]


def test_groups_are_authors_where_no_person_is_listed(tmp_path: Path) -> None:
    group = (
        "<Author ValidYN='Y'><CollectiveName>The Group</CollectiveName><AffiliationInfo>"
        "<Affiliation>Univ A, Rome, Italy</Affiliation></AffiliationInfo></Author>"
    )
    out = read_text(tmp_path, article(authors=author_list(group, group)))
    assert out.columns["authorships"]["author_position"] == [1, 2]
    only_invalid_person = author_list(group, author(attributes="ValidYN='N'"))
    out = read_text(tmp_path, article(authors=only_invalid_person))
    assert affiliations(out) == [(1, 1, "Univ A, Rome, Italy")]


def test_incomplete_author_list(tmp_path: Path) -> None:
    out = read_text(tmp_path, article(authors=author_list(author(), attributes="CompleteYN='N'")))
    assert only_work(out)["authors_truncated"] is True


def test_markup_inside_an_affiliation(tmp_path: Path) -> None:
    authors = author_list(author("<sup>a</sup> Univ <i>A</i> &amp; B, Rome, Italy"))
    assert affiliations(read_text(tmp_path, article(authors=authors))) == [
        (1, 1, "a Univ A & B, Rome, Italy")
    ]


def test_twenty_thousand_authors(tmp_path: Path) -> None:
    many = author_list(*[author(f"Univ {i % 7}, Rome, Italy") for i in range(20_000)])
    out = read_text(tmp_path, article(authors=many))
    assert out.columns["authorships"]["author_position"][-1] == 20_000
    assert len(set(out.tables()["affiliation_entries"].to_pydict()["affiliation_key"])) == 7


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Univ A, Rome, Italy", ["Univ A, Rome, Italy"]),
        (
            "Dept X, Univ A, Rome, Italy; Hospital B, Bonn, Germany.",
            ["Dept X, Univ A, Rome, Italy", "Hospital B, Bonn, Germany."],
        ),
        (
            "Univ A, Rome, Italy; and Hospital B, Bonn, Germany; and.",
            ["Univ A, Rome, Italy", "Hospital B, Bonn, Germany"],
        ),
        # Pieces of one affiliation stay together.
        ("Department of Physics; University A; Rome, Italy",) * 2,
        ("Division of Neurology, Department of Medicine; University A, Rome, Italy",) * 2,
        ("University A, Rome, Italy; Department of Physics",) * 2,
        ("Department of Radiology, First Hospital of Nanjing University; Nanjing, PR China",) * 2,
        ("Univ A, Rome, Italy; a.b@uni.it",) * 2,
        ("Univ A, Rome, Italy; Electronic address: a.b@uni.it.",) * 2,
        ("Univ A, Rome, Italy; Professor Emeritus",) * 2,
        # Semicolons that part nothing.
        ("Univ A &amp; Institute B, Rome, Italy",) * 2,
        ("Institute of Health (CSIC; USAL), Salamanca, Spain",) * 2,
        (
            "Swedish Arthroplasty Register, Lund, Sweden;",
            ["Swedish Arthroplasty Register, Lund, Sweden"],
        ),
        # No word for an organisation, but a whole affiliation before it.
        (
            "ICREA, Barcelona, Spain; Univ A, Barcelona, Spain; MILabs, Utrecht, the Netherlands",
            [
                "ICREA, Barcelona, Spain",
                "Univ A, Barcelona, Spain",
                "MILabs, Utrecht, the Netherlands",
            ],
        ),
        ("Univ A, Rome, Italy; Univ A, Rome, Italy", ["Univ A, Rome, Italy"]),
        # Numbered lists.
        (
            "1 Department of X, Univ A, Wuhan, China. 2 Hospital B, Beijing, China.",
            ["Department of X, Univ A, Wuhan, China.", "Hospital B, Beijing, China."],
        ),
        (
            "1Univ A, Stockholm, Sweden; 2Univ B, Tallinn, Estonia.",
            ["Univ A, Stockholm, Sweden", "Univ B, Tallinn, Estonia."],
        ),
        ("1Univ A, 2 Park Road, Stockholm, Sweden",) * 2,
    ],
)
def test_split_affiliation(text: str, parts: list[str] | str) -> None:
    assert list(split_affiliation(text)) == ([parts] if isinstance(parts, str) else parts)


@given(st.text(alphabet="aU;,.() 12&@nd", max_size=60))
def test_split_keeps_every_letter(text: str) -> None:
    collapsed = " ".join(text.split())
    parts = split_affiliation(collapsed)
    assert len(parts) == len(set(parts))
    for part in parts:
        assert part == part.strip()


@pytest.mark.parametrize(
    ("initials", "last_name", "kept"),
    [
        ("KL", "Furie", [0]),
        ("S", "O-Diaz", [1, 2]),
        ("C", "van Weel", [2]),
        ("F", "De Giacomi", [0]),
        ("Q", "Nobody", [0, 1, 2]),
        (None, None, [0, 1, 2]),
    ],
)
def test_parts_of_author(initials: str | None, last_name: str | None, kept: list[int]) -> None:
    parts = [
        "From Univ A, Rome, Italy (K.L.F., F.G.)",
        "Hospital B, Bonn, Germany (S.O-D.)",
        "Univ C, Lima, Peru (CvW, SO-D)",
    ]
    assert list(parts_of_author(parts, initials, last_name)) == [parts[i] for i in kept]


def test_parts_of_author_need_names_in_every_part() -> None:
    parts = ["Univ A, Rome (K.L.F.)", "Institute (with a long name), Bonn"]
    assert list(parts_of_author(parts, "KL", "Furie")) == parts
    titled = ["Univ A (Drs Fox and Sun, Ms Lee)", "Univ B (Prof Rost)"]
    assert list(parts_of_author(titled, "X", "Lee")) == titled[:1]


def test_each_author_keeps_the_parts_that_name_them(tmp_path: Path) -> None:
    joined = "From Univ A, Rome, Italy (J.F., P.R.); Univ B, Bonn, Germany (P.R.)"
    people = [
        author(joined, name=name).replace("</LastName>", f"</LastName><Initials>{first}</Initials>")
        for name, first in (("Fox", "J"), ("Rost", "P"))
    ]
    out = read_text(tmp_path, article(authors=author_list(*people)))
    assert affiliations(out) == [
        (1, 1, "From Univ A, Rome, Italy (J.F., P.R.)"),
        (2, 1, "From Univ A, Rome, Italy (J.F., P.R.)"),
        (2, 2, "Univ B, Bonn, Germany (P.R.)"),
    ]


# --- cutting --------------------------------------------------------------------------------


def rows_without_ids(pieces: list[Records]) -> list[tuple[object, ...]]:
    """All rows of all pieces, works numbered through, so that pieces do not show."""
    rows: list[tuple[object, ...]] = []
    numbers: dict[int, int] = {}
    for out in pieces:
        for record_id in out.columns["works"]["record_id"]:
            numbers[record_id] = len(numbers)
        for name, columns in out.columns.items():
            for values in zip(*columns.values(), strict=True):
                row = dict(zip(columns, values, strict=True))
                if "record_id" in row:
                    row["record_id"] = numbers[row["record_id"]]
                rows.append((name, *row.values()))
    return sorted(set(rows), key=repr)


RECORDS = [
    article("1", authors=author_list(author("Univ A, Rome, Italy; Univ B, Bonn, Germany"))),
    article("2", date="<PubDate><Year>xx</Year></PubDate>"),
    "<PubmedArticle><MedlineCitation>&xxe;</MedlineCitation></PubmedArticle>\n",
    article("3", citation="<MeshHeadingList/>") + "<!-- between </PubmedArticle> -->",
    "<PubmedArticle><MedlineCitation><PMID>4</PMID>" + article("5"),
    "<PubmedBookArticle><BookDocument><PMID>6</PMID></BookDocument></PubmedBookArticle>",
    "<DeleteCitation>\n<PMID Version='1'>7</PMID></DeleteCitation>",
]


@settings(max_examples=40, deadline=None)
@given(
    chosen=st.lists(st.sampled_from(RECORDS), max_size=12),
    piece_bytes=st.sampled_from([1, 200, 1024, 3000]),
    chunk_bytes=st.integers(1, 400),
)
def test_piece_and_chunk_sizes_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    chosen: list[str],
    piece_bytes: int,
    chunk_bytes: int,
) -> None:
    path = tmp_path_factory.mktemp("cut") / "x.xml"
    path.write_text(HEAD + "".join(chosen) + TAIL, encoding="utf-8")
    whole = read(path, 32 << 20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sciencecities.sources.streams.CHUNK_BYTES", chunk_bytes)
        small = read(path, piece_bytes)
    assert rows_without_ids(small) == rows_without_ids(whole)
    assert sum(out.n_records for out in small) == sum(out.n_records for out in whole)


def test_first_counts_articles_over_pieces(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text(HEAD + "".join(article(str(i)) for i in range(1, 8)) + TAIL)
    pieces = list(PubMed().pieces(path, hashlib.sha256(), 1000))
    assert [piece.number for piece in pieces] == list(range(len(pieces)))
    assert len(pieces) > 2
    for piece in pieces:
        assert f">{piece.first}</PMID>".encode() in piece.data


def test_digest_is_of_the_stored_bytes_and_members_are_joined(tmp_path: Path) -> None:
    path = tmp_path / "x.xml.gz"
    text = (HEAD + article("1") + article("2") + TAIL).encode()
    path.write_bytes(gzip.compress(text[:300]) + gzip.compress(text[300:]))
    digest = hashlib.sha256()
    pieces = list(PubMed().pieces(path, digest, 1 << 20))
    assert digest.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(pieces) == 1
    assert [w for out in read(path) for w in out.columns["works"]["work_id"]] == [
        "pmid:1",
        "pmid:2",
    ]


def test_documents_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text((HEAD + article("1") + TAIL) + (HEAD + article("2") + TAIL))
    assert [w for out in read(path) for w in out.columns["works"]["work_id"]] == [
        "pmid:1",
        "pmid:2",
    ]


@pytest.mark.parametrize("keep", [400, 1200, -25])
def test_cut_file(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "x.xml"
    text = HEAD + "".join(article(str(i)) for i in range(1, 6)) + TAIL
    path.write_text(text[:keep])
    n_whole = text[:keep].count("</PubmedArticle>")
    with pytest.raises(SourceError, match=f"x.xml: the XML ends early, after {n_whole} articles"):
        read(path, 500)


def test_cut_gzip(tmp_path: Path) -> None:
    path = tmp_path / "x.xml.gz"
    text = HEAD + "".join(article(str(i), inside=f"<A>{i**40}</A>") for i in range(500)) + TAIL
    path.write_bytes(gzip.compress(text.encode())[:-2000])
    with pytest.raises(SourceError, match="ends early"):
        read(path)


def test_empty_set(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text(HEAD + TAIL)
    assert read(path) == []


def test_a_record_beyond_the_limit_is_one_reject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pubmed, "MAX_RECORD_BYTES", 5000)
    monkeypatch.setattr(pubmed, "MAX_PIECE_BYTES", 2500)
    path = tmp_path / "x.xml"
    big = article("2", citation=f"<OtherAbstract>{'x' * 9000}</OtherAbstract>")
    path.write_text(HEAD + article("1") + big + article("3") + TAIL)
    for chunk_bytes in (100, 1 << 20):
        monkeypatch.setattr("sciencecities.sources.streams.CHUNK_BYTES", chunk_bytes)
        for piece_bytes in (1, 2500, 1 << 20):
            pieces = read(path, piece_bytes)
            ids = [w for out in pieces for w in out.columns["works"]["work_id"]]
            rejects = [r for out in pieces for r in out.columns["rejects"]["position"]]
            assert (ids, rejects) == (["pmid:1", "pmid:3"], ["article 2"])
    path.write_text(HEAD + article("1") + big[:8000])
    with pytest.raises(SourceError, match="after 1 articles"):
        read(path)


# --- hostile input --------------------------------------------------------------------------


def test_only_the_bad_article_is_lost(tmp_path: Path) -> None:
    bad = article("2").replace("</Article>", "")
    out = read_text(tmp_path, article("1"), bad, article("3"), article("x"), article("5"))
    assert out.columns["works"]["work_id"] == ["pmid:1", "pmid:3", "pmid:5"]
    assert out.columns["rejects"]["position"] == ["article 2", "article 4"]
    assert "not well-formed XML" in out.columns["rejects"]["reason"][0]
    assert out.columns["rejects"]["reason"][1] == "PMID 'x' is no number"
    assert out.n_records == 5


def test_entities_reveal_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    head = HEAD.replace(
        "<!DOCTYPE PubmedArticleSet PUBLIC",
        f'<!DOCTYPE PubmedArticleSet [<!ENTITY xxe SYSTEM "{secret.as_uri()}">'
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>\n<!-- PUBLIC',
    ).replace('190101.dtd">', "190101.dtd -->")
    evil = [
        article(str(i), authors=author_list(author(f"&{e};"))) for i, e in ((1, "xxe"), (2, "b"))
    ]
    out = read_text(tmp_path, *evil, article("3"), head=head)
    assert out.columns["works"]["work_id"] == ["pmid:3"]
    assert out.columns["rejects"]["position"] == ["article 1", "article 2"]
    assert "SECRET" not in repr(out.columns)


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    records = article("1") + article("2", citation="<X>Z\u00fcrich</X>") + article("3")
    path.write_bytes((HEAD + records + TAIL).encode("latin-1"))
    (out,) = read(path)
    assert out.columns["works"]["work_id"] == ["pmid:1", "pmid:3"]
    assert out.columns["rejects"]["position"] == ["article 2"]


def test_an_unclosed_article_does_not_take_the_next_with_it(tmp_path: Path) -> None:
    unclosed = "<PubmedArticle><MedlineCitation><PMID>9</PMID>\n"
    out = read_text(tmp_path, article("1"), unclosed, article("2"), unclosed)
    assert out.columns["works"]["work_id"] == ["pmid:1", "pmid:2"]
    assert out.columns["rejects"]["reason"] == ["the record ends without its closing tag"] * 2


def test_accepts() -> None:
    source = PubMed()
    assert source.accepts(Path("a.xml.gz"), HEAD.encode())
    assert source.accepts(Path("a"), b"\xef\xbb\xbf\n<PubmedArticleSet>")
    assert not source.accepts(Path("a.xml"), b"<html>")
    assert not source.accepts(Path("a.jsonl"), b'{"a": "PubmedArticleSet"}')

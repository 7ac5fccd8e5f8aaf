"""What is fuzzed: every reader as a function of bytes, with seeds, and words that it knows.

A target may raise SciencecitiesError, which is what a user is told; anything else is a finding.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sciencecities.errors import SciencecitiesError

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
CORPUS = Path(__file__).with_name("corpus")


@dataclass(frozen=True)
class Target:
    """A reader under test: `run` takes a file of the given name."""

    name: str
    file: str
    run: Callable[[Path], Any]
    seeds: Callable[[], list[bytes]]
    words: list[str] = field(default_factory=list)

    def __call__(self, data: bytes) -> None:
        """Read the bytes. Raises whatever is not meant for a user."""
        path = FOLDER / self.file
        path.write_bytes(data)
        try:
            self.run(path)
        except SciencecitiesError as error:
            assert str(error).strip(), "an error that says nothing"

    def corpus(self) -> list[Path]:
        """Cases that were found, or that are known to be hostile."""
        return sorted((CORPUS / self.name).glob("*"))


def _read_source(name: str) -> Callable[[Path], None]:
    def read(path: Path) -> None:
        from sciencecities.sources import all_sources
        from sciencecities.sources.base import Records

        source = all_sources()[name]
        with path.open("rb") as file:
            source.accepts(path, file.read(4096))
        out = Records(path.name, source.unit, 0)
        for piece in source.pieces(path, hashlib.sha256(), 4096):
            source.read(path, piece, out)
        out.tables()

    return read


def _expand(path: Path) -> None:
    from sciencecities.sources import expand

    expand([str(path)])


def _manifest(path: Path) -> None:
    from sciencecities.sources.manifest import listed_files

    listed_files(path.parent)


def _institutions(path: Path) -> None:
    from sciencecities.institution_table.read import read_parts, read_table

    try:
        read_table(path, 2024)
    finally:
        with suppress(SciencecitiesError):
            read_parts(path)


def _published(path: Path) -> None:
    from sciencecities.published.read import read_ranks

    read_ranks(path, "metro")


def _journals(path: Path) -> None:
    from sciencecities.fetch.journals import read_list
    from sciencecities.scopes.journals import journal_set, listed_journals

    for read in (journal_set, listed_journals, read_list):
        try:
            read(str(path))
        except SciencecitiesError as error:
            last = error
        else:
            last = None
    if last:
        raise last


def _geojson(path: Path) -> None:
    from sciencecities.locate.boundaries import Boundaries

    Boundaries.read(path)


def _scopes(path: Path) -> None:
    from sciencecities.scopes import load

    load(path)


def _config(path: Path) -> None:
    from sciencecities.config import load

    load(path)


def _registry(path: Path) -> None:
    from sciencecities.locate.registry import Registry

    registry = Registry.load(path)
    for ror, organisation in registry.items():
        registry.root(ror)
        registry.successor(ror)
        registry.places(ror)
        assert organisation.name is not None and organisation.web_domains is not None


def _observatory(path: Path) -> None:
    from sciencecities.observatory.check import problems_of
    from sciencecities.observatory.read import read

    problems_of(read(path))


# --- seeds ----------------------------------------------------------------------------------


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _works() -> list[dict[str, Any]]:
    institution = {
        "id": "https://openalex.org/I1",
        "display_name": "Lab",
        "ror": "https://ror.org/0abcde599",
        "country_code": "GB",
        "lineage": ["https://openalex.org/I1"],
    }
    new = {
        "id": "https://openalex.org/W1",
        "doi": "https://doi.org/10.1/a",
        "publication_year": 2024,
        "type": "article",
        "updated_date": "2025-01-01T00:00:00.000001",
        "primary_location": {"source": {"display_name": "J", "issn_l": "0028-0836", "issn": None}},
        "is_retracted": False,
        "primary_topic": {"id": "T1", "subfield": {"id": 1}, "field": {"id": "x/2"}},
        "biblio": {"first_page": "L1"},
        "authorships": [
            {
                "author_position": "first",
                "is_corresponding": True,
                "institutions": [institution],
                "affiliations": [
                    {"raw_affiliation_string": "Lab, Oxford", "institution_ids": [None, "I1"]}
                ],
            }
        ],
    }
    old = {
        "id": "https://openalex.org/W2",
        "publication_year": 1999,
        "type": "journal-article",
        "host_venue": {"display_name": "J", "issn": ["1476-4687"]},
        "authorships": [{"raw_affiliation_string": "Paris", "institutions": [institution]}],
    }
    return [new, old]


def _openalex_seeds() -> list[bytes]:
    new, old = map(_json, _works())
    page = _json({"meta": {}, "results": _works()})
    return [new + b"\n" + old + b"\n", new + old, b"[" + new + b"]", page, b"\xef\xbb\xbf" + old]


def _parquet_seeds() -> list[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    seeds = []
    for compression in ("snappy", "none"):
        sink = pa.BufferOutputStream()
        table = pa.Table.from_pylist([_works()[0]] * 3)
        pq.write_table(table, sink, compression=compression, write_page_checksum=True)
        seeds.append(sink.getvalue().to_pybytes())
    return seeds


PUBMED = b"""<?xml version="1.0"?><!DOCTYPE PubmedArticleSet><PubmedArticleSet><PubmedArticle>
<MedlineCitation><PMID Version="1">7</PMID><DateRevised><Year>2021</Year><Month>06</Month>
<Day>01</Day></DateRevised><Article><Journal><ISSN>0028-0836</ISSN><JournalIssue><PubDate>
<MedlineDate>2020 Dec-2021 Jan</MedlineDate></PubDate></JournalIssue><Title>J &amp; K</Title>
</Journal><Pagination><MedlinePgn>L1-2</MedlinePgn></Pagination><AuthorList CompleteYN="Y">
<Author ValidYN="Y"><LastName>A</LastName><AffiliationInfo><Affiliation>1 Lab, Oxford, UK. 2 Lab,
Paris, France. a@b.org; <i>Institut</i> C, Lyon</Affiliation></AffiliationInfo></Author><Author>
<CollectiveName>Group</CollectiveName></Author></AuthorList><PublicationTypeList>
<PublicationType>Journal Article</PublicationType></PublicationTypeList></Article><MeshHeadingList>
<MeshHeading><DescriptorName UI="D1" MajorTopicYN="Y">x</DescriptorName></MeshHeading>
</MeshHeadingList></MedlineCitation></PubmedArticle><DeleteCitation><PMID Version="1">9</PMID>
</DeleteCitation></PubmedArticleSet>"""

TABLE = (
    b"work_id,year,author_position,affiliation,ror,institution,country,is_first,version\n"
    b'W1,2024,1,"Lab, Oxford",https://ror.org/0abcde599,Lab,GB,true,2024-01-01\nW1,2024,2,,,,,,3\n'
)
INSTITUTIONS = (
    b"institution,country,share,count,year\n"
    b"Lab of Oxford,United Kingdom,1.5,2,2024\n\xe4\xb8\xad,CN,1e3,,\n"
)
PUBLISHED = b"rank,city,country,share,scope\n1,Guangzhou,CN,2.5,overall\n2,Paris,FR,1,\n"
JOURNALS = (
    b"title,issn,eissn,subject,subset\n"
    b"Nature,0028-0836,1476-4687,Chemistry;physical,\nX,2041-1723,,,letters\n"
)


SCOPES = """include_defaults = true
[scopes.deep-sea]
title_en = "Deep sea"
title_zh = "深海"
topics = ["T10001"]
subfields = ["1910"]
mesh = ["D000818"]
journals = ["0028-0836"]
by = ["topic", "mesh"]
[scopes.deep-sea-2]
subject = "chemistry"
""".encode()
CONFIG = b"""sources = ["works/*.gz"]
out = "edition"
years = [2023, 2024]
journals = "natural-82"
cities = "x.geojson"
scheme = "leiden"
replicates = 10
memory = "2GB"
max_rejects = 0.1
"""
OBSERVATORY = """city: {id: "gn:1809858", name: {en: Guangzhou, zh: 广州}}
sources:
  a: {kind: press, title: {zh: 报}, publisher: X, date: 2025-03-01, url: https://x.org/1}
platforms:
  - {id: lab, name: {en: Lab}, tier: national-laboratory, source: a, as_of: 2025-03}
claims:
  - {id: c, counts: platform, value: 17, comparator: ">", source: a, as_of: 2025}
""".encode()


def _geojson_seeds() -> list[bytes]:
    ring = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
    shapes = [
        {"type": "Polygon", "coordinates": [ring, [[1, 1], [2, 1], [2, 2], [1, 1]]]},
        {"type": "MultiPolygon", "coordinates": [[ring], [[[20, 0], [21, 0], [21, 1], [20, 0]]]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [ring]}]},
    ]
    features = [
        {
            "type": "Feature",
            "properties": {"id": f"c{n}", "name": "C", "country": "GB"},
            "geometry": s,
        }
        for n, s in enumerate(shapes)
    ]
    return [_json({"type": "FeatureCollection", "features": features[:n]}) for n in (1, 2, 3)]


def _registry_seeds() -> list[bytes]:
    details = {"name": "Oxford", "country_code": "GB", "lat": 51.7, "lng": -1.2}
    record = {
        "id": "https://ror.org/0abcde599",
        "names": [{"value": "Lab", "types": ["ror_display"], "lang": "en"}],
        "locations": [{"geonames_id": 2640729, "geonames_details": details}],
        "relationships": [{"id": "https://ror.org/0abcde599", "type": "parent", "label": "L"}],
        "status": "withdrawn",
        "links": [{"type": "website", "value": "http://www.lab.org/"}],
        "domains": ["lab.org"],
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x_schema_v2.json", _json([record]))
    return [_json(record) + b"\n", _json([record]), packed.getvalue(), gzip.compress(_json(record))]


def _deleted_seeds() -> list[bytes]:
    return [
        b"merge_date,id,merge_into_id\n2024-01-01,W1,W2\n",
        b"work_id,deleted_date\nhttps://openalex.org/W7,2026-08-14\n",
    ]


def _manifest_seeds() -> list[bytes]:
    return [
        _json({"files": [{"url": "s3://openalex/x", "meta": {"content_length": 1}}]}),
        _json({"entries": ["x", {"url": "../../y", "size": 2}]}),
    ]


def _any_seeds() -> list[bytes]:
    return [*_openalex_seeds(), PUBMED, TABLE, *_zipped_seeds()]


def _zipped_seeds() -> list[bytes]:
    return [gzip.compress(s, mtime=0) for s in _openalex_seeds()]


WORK_WORDS = [
    "authorships",
    "results",
    "publication_year",
    "null",
    "true",
    "1e999",
    "\\ud800",
    "-0",
]

TARGETS = {
    t.name: t
    for t in (
        Target("openalex", "f.jsonl", _read_source("openalex"), _openalex_seeds, WORK_WORDS),
        Target("gzip", "f.jsonl.gz", _read_source("openalex"), _zipped_seeds),
        Target("parquet", "f.parquet", _read_source("openalex-parquet"), _parquet_seeds, ["PAR1"]),
        Target(
            "pubmed", "f.xml", _read_source("pubmed"), lambda: [PUBMED, gzip.compress(PUBMED)],
            ["<PMID>", "<!DOCTYPE", "<![CDATA[", "]]>", "<!ENTITY x ", "&x;", "&#0;", "<!--"],
        ),
        Target("table", "f.csv", _read_source("table"), lambda: [TABLE, TABLE.replace(b",", b"\t")],
               ["work_id", "author_position", '"', "\r\n", "\0"]),
        Target("table-parquet", "g.parquet", _read_source("table"), _parquet_seeds),
        Target("deleted-ids", "f.csv", _read_source("openalex-merged-ids"), _deleted_seeds),
        Target("kind", "f.gz", _expand, _any_seeds),
        Target("manifest", "manifest.json", _manifest, _manifest_seeds, ["files", "entries"]),
        Target("institutions", "f.csv", _institutions, lambda: [INSTITUTIONS]),
        Target("published", "f.csv", _published, lambda: [PUBLISHED]),
        Target("journals", "f.csv", _journals, lambda: [JOURNALS]),
        Target("geojson", "f.geojson", _geojson, _geojson_seeds,
               ["coordinates", "Polygon", "1e308", "NaN", "null", "181", "-180"]),
        Target("scopes", "f.toml", _scopes, lambda: [SCOPES], ["mesh_major", "[scopes.", '"""']),
        Target("config", "f.toml", _config, lambda: [CONFIG], ["'''", "inf", "nan", "1979-05-27"]),
        Target("registry", "f.jsonl", _registry, _registry_seeds, ["successor", "child"]),
        Target("observatory", "f.yaml", _observatory, lambda: [OBSERVATORY],
               ["events:", "facilities:", "&a", "*a", "!!", "---", "industries:", "plans:"]),
    )
}  # fmt: skip


def hostile() -> dict[str, bytes]:
    """Bytes that are hard on any reader."""
    deep = 100_000
    return {
        "empty": b"",
        "nul": b"\0" * 5000,
        "zeros": gzip.compress(bytes(20 << 20), 9),
        "zeros twice": gzip.compress(gzip.compress(bytes(20 << 20), 9), 9),
        "deep array": b"[" * deep,
        "deep object": b'{"a":' * deep,
        "deep work": b'{"id":"W1","authorships":' + b"[" * deep + b"]" * deep + b"}\n",
        "deep yaml": b"- " * 5000,
        "deep toml": b"a = " + b"[" * deep,
        "deep xml": b"<PubmedArticleSet>" + b"<a>" * deep,
        "long line": b"x" * (4 << 20),
        "long text": b'{"id":"' + b"x" * (2 << 20) + b'"}\n',
        "surrogate": b'{"id": "\\ud800", "type": "\\udfff"}\n',
        "utf-16": "work_id,year\n1,2\n".encode("utf-16"),
        "latin-1": "title,issn\nZeitschrift für,0028-0836\n".encode("latin-1"),
        "bad utf-8": b'{"id":"\xff\xfe\xc0\x80"}\n',
        "entities": b'<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaa">'
        + b"".join(
            b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 50) for n in range(20)
        )
        + b"]><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>&t;</PMID>"
        b"</MedlineCitation></PubmedArticle></PubmedArticleSet>",
        "file entity": b'<!DOCTYPE PubmedArticleSet [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>&x;</PMID></MedlineCitation>"
        b"</PubmedArticle></PubmedArticleSet>",
        "large number": b'{"id":"W1","publication_year":' + b"9" * 5000 + b"}\n",
        "exponent": b'{"id":"W1","publication_year":1e999999}\n',
        "quote": b'work_id,year\n"1,2\n' + b"x,y\n" * 10_000,
        "many columns": b"work_id," + b"a," * 10_000 + b"\n1,2\n",
        "parquet magic": b"PAR1" + bytes(100) + b"PAR1",
        "yaml bomb": b"a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\n",
        "zip magic": b"PK\x03\x04" + bytes(50),
    }  # fmt: skip

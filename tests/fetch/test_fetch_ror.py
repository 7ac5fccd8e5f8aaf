"""The registry's newest dump, and lists of journals completed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fetch_server import Fault, Service

from sciencecities.cli import run
from sciencecities.errors import ConfigError, FetchError
from sciencecities.fetch.http import Manners
from sciencecities.fetch.journals import fetch_journals
from sciencecities.fetch.ror import fetch_ror
from sciencecities.locate.registry import Registry
from sciencecities.scopes.journals import journal_set

RECORD = "/api/records/6347574"


def organisation(number: int) -> dict[str, Any]:
    return {
        "id": f"https://ror.org/0abcde{number:03}",
        "names": [{"value": f"Institute {number}", "types": ["ror_display"], "lang": "en"}],
        "locations": [],
    }


def dump(service: Service, name: str, members: dict[str, Any]) -> bytes:
    """Put a release on the server; its zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, json.dumps(content))
    data = packed.getvalue()
    path = f"/api/records/21458494/files/{name}/content"
    record = {
        "id": 21458494,
        "doi": "10.5281/zenodo.21458494",
        "metadata": {"version": name[:5], "publication_date": "2026-07-20"},
        "files": [
            {
                "key": name,
                "size": len(data),
                "checksum": f"md5:{hashlib.md5(data).hexdigest()}",
                "links": {"self": service.url + path},
            }
        ],
    }
    service.files = {RECORD: json.dumps(record).encode(), path: data}
    return data


def test_a_folder_of_another_fetch_is_left_alone(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    dump(service, "v2.10-2026-07-20-ror-data.zip", {"v2.10-ror-data.json": [organisation(1)]})
    for name, text in (("fetch.json", '{"what": "openalex"}'), (".fetch.jsonl", "")):
        out = tmp_path / name
        out.mkdir()
        (out / name).write_text(text)
        with pytest.raises(FetchError, match=f"{name}: is of another fetch"):
            fetch_ror(out, base_url=service.url, manners=manners)
        assert (out / name).read_text() == text and not list(out.glob("*.zip"))


def test_a_list_that_cannot_be_written_costs_nothing(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("title\nNature\n")
    with pytest.raises(FetchError, match="cannot be written"):
        fetch_journals(str(listed), listed / "out.csv", base_url=service.url, manners=manners)
    assert not service.seen


@pytest.mark.parametrize(
    "members",
    [
        {"v2.10-2026-07-20-ror-data.json": [organisation(n) for n in range(5)]},
        {
            "v1.60-2025-02-27-ror-data.json": [{"id": "https://ror.org/0abcde000", "name": "x"}],
            "v1.60-2025-02-27-ror-data_schema_v2.json": [organisation(n) for n in range(5)],
        },
    ],
    ids=["since 2.0", "until 1.74"],
)
def test_the_newest_dump_comes_checked_and_is_read(
    service: Service, manners: Manners, tmp_path: Path, members: dict[str, Any]
) -> None:
    data = dump(service, "v2.10-2026-07-20-ror-data.zip", members)
    service.faults = [Fault(lambda s: s.path.endswith("/content"), cut=0.5)]
    note = fetch_ror(tmp_path, base_url=service.url, manners=manners)
    path = tmp_path / note["file"]
    assert path.read_bytes() == data and note["organisations"] == 5 == len(Registry.load(path))
    assert note["sha256"] == hashlib.sha256(data).hexdigest()
    asked = len(service.seen)
    fetch_ror(tmp_path, base_url=service.url, manners=manners)
    assert len(service.seen) == asked + 1, "the file is not fetched again"
    dump(service, "v2.11-2026-08-20-ror-data.zip", {"v2.11.json": [organisation(1)]})
    assert fetch_ror(tmp_path, base_url=service.url, manners=manners)["organisations"] == 1


def test_a_dump_unlike_its_hash_or_not_of_schema_2(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    data = dump(service, "v2.10-2026-07-20-ror-data.zip", {"x.json": [organisation(1)]})
    path = next(p for p in service.files if p.endswith("/content"))
    service.files[path] = data[:-1] + bytes([data[-1] ^ 1])
    service.etags[path] = '"opaque"'
    with pytest.raises(FetchError, match="another hash"):
        fetch_ror(tmp_path, base_url=service.url, manners=manners)
    assert not list(tmp_path.glob("*.zip*"))
    dump(service, "v1.20-2023-02-28-ror-data.zip", {"v1.json": [{"name": "Institute"}]})
    with pytest.raises(FetchError, match="cannot be read as v2"):
        fetch_ror(tmp_path, base_url=service.url, manners=manners)


@pytest.mark.parametrize(
    ("key", "checksum"),
    [("dump.tar", "md5:" + "0" * 32), ("../x-ror-data.zip", "md5:" + "0" * 32), ("a.zip", "none")],
)
def test_a_record_of_another_kind(
    service: Service, manners: Manners, tmp_path: Path, key: str, checksum: str
) -> None:
    dump(service, "v2.10-2026-07-20-ror-data.zip", {"x.json": []})
    record = json.loads(service.files[RECORD])
    record["files"][0] |= {"key": key, "checksum": checksum}
    service.files[RECORD] = json.dumps(record).encode()
    with pytest.raises(FetchError, match="not one zip with an MD5"):
        fetch_ror(tmp_path / "out", base_url=service.url, manners=manners)


SOURCES = [
    ("S1", "Nature", "0028-0836", ["0028-0836", "1476-4687"]),
    ("S2", "Physical Review Letters", "0031-9007", ["0031-9007", "1079-7114"]),
    ("S3", "Proceedings of the Example", "0140-6736", ["0140-6736"]),
    ("S4", "The Proceedings of the Example", "0099-5355", ["0099-5355"]),
    ("S5", "Cell & Tissue", "0092-8674", ["0092-8674", "1097-4172"]),
]


def sources(service: Service) -> None:
    service.sources = [
        {
            "id": f"https://openalex.org/{number}",
            "display_name": name,
            "issn_l": linking,
            "issn": issns,
            "type": "journal",
            "works_count": 7,
        }
        for number, name, linking, issns in SOURCES
    ]


def test_a_list_gets_every_issn(service: Service, manners: Manners, tmp_path: Path) -> None:
    sources(service)
    (tmp_path / "list.csv").write_text(
        "Journal,ISSN,subject,subset\n"
        "Nature,1476-4687,,\n"
        "physical review letters,,physical,letters\n"
        "Proceedings of the example,,,\n"
        "Of no service,0000-0019,,\n"
        "Cell and tissue,,biological,\n"
    )
    out = tmp_path / "full.csv"
    missing = fetch_journals(str(tmp_path / "list.csv"), out, base_url=service.url, manners=manners)
    assert [m.title for m in missing] == ["Proceedings of the example", "Of no service"]
    rows = list(csv.DictReader(out.open()))
    assert [(r["title"], r["issn"], r["found_by"]) for r in rows] == [
        ("Nature", "0028-0836;1476-4687", "issn"),
        ("physical review letters", "0031-9007;1079-7114", "title"),
        ("Of no service", "0000-0019", ""),
        ("Cell and tissue", "0092-8674;1097-4172", "title"),
    ]
    found = journal_set(str(out))
    assert found and "1476-4687" in found.issns and "1079-7114" in found.letters_only_issns
    assert found.subjects["0092-8674"] == ("biological",)
    with pytest.raises(ConfigError, match="exists already"):
        fetch_journals("natural-82", out, base_url=service.url, manners=manners)


def test_a_built_in_list_takes_a_few_calls(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    sources(service)
    missing = fetch_journals(
        "natural-82", tmp_path / "a.csv", base_url=service.url, manners=manners
    )
    assert "Nature" not in [m.title for m in missing]
    assert sum("filter" in s.params and "search" not in s.params for s in service.seen) <= 3
    assert journal_set(str(tmp_path / "a.csv")).issns >= journal_set("natural-82").issns


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "no column of titles or ISSNs; columns found: a, b"),
        ("title,issn\n,\nx,\n", None),
        ("title,issn\n ,0028-0837\n", "row 2: '0028-0837' has a wrong check digit"),
        ("title,issn\n;x\n", None),
    ],
)
def test_lists_that_cannot_be_read(
    service: Service, tmp_path: Path, capfd: Any, text: str, said: str | None
) -> None:
    (tmp_path / "list.csv").write_text(text)
    command = ["fetch", "journals", "--journals", str(tmp_path / "list.csv")]
    command += ["--out", str(tmp_path / "out.csv"), "--base-url", service.url, "--rate", "1000"]
    assert run(command) == (2 if said else 0)
    assert (said or "not found: ") in capfd.readouterr().err


def test_the_command_line(service: Service, tmp_path: Path, capfd: Any) -> None:
    dump(service, "v2.10-2026-07-20-ror-data.zip", {"x.json": [organisation(1)]})
    assert run(["fetch", "ror", "--out", str(tmp_path), "--base-url", service.url]) == 0
    shown = capfd.readouterr().out
    assert "ROR v2.10: 1 organisations" in shown
    assert f"--registry {tmp_path}/v2.10-2026-07-20-ror-data.zip" in shown

"""The newest dump of ROR, the registry of research organisations, from Zenodo.

Source: https://ror.readme.io/docs/data-dump: the concept record 6347574 leads to the newest
release, one zip; its v2 records are `…_schema_v2.json` until release 1.74, the only JSON since.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from msgspec import Struct

from sciencecities.errors import FetchError, LocateError
from sciencecities.fetch import folder as folders
from sciencecities.fetch.download import Remote, download
from sciencecities.fetch.http import Amount, Client, Manners
from sciencecities.fetch.report import Report, Silent

BASE_URL = "https://zenodo.org"
CONCEPT = "6347574"


class _Links(Struct):
    self: str


class _File(Struct):
    key: str
    size: Amount
    checksum: str
    links: _Links


class _Facts(Struct):
    version: str | None = None
    publication_date: str | None = None


class _Record(Struct):
    files: list[_File]
    metadata: _Facts
    doi: str | None = None


def fetch_ror(
    out: Path,
    *,
    base_url: str = BASE_URL,
    manners: Manners | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Fetch the newest dump into `out`, checked by its size and MD5 and read once; its note.

    The note names the file, which `--registry` takes. Raises FetchError.
    """
    from sciencecities.locate.registry import Registry

    report = report or Silent()
    with folders.only_one(out), Client(manners or Manners(), say=report.say) as client:
        folders.own_note(out, "ror")
        record, file = _newest(client, base_url)
        path = out / file.key
        md5 = file.checksum.removeprefix("md5:")
        if path.is_file() and path.stat().st_size == file.size:
            known = folders.hash_of(path, "md5") == md5
            digest = folders.hash_of(path)
        else:
            known = False
        if known:
            report.say(f"{path} is the newest release already; nothing to fetch")
        else:
            report.begin(file.size, 0, "B")
            remote = Remote(url=file.links.self, size=file.size, md5=md5)
            digest = download(client, remote, path, report.advance).sha256
        try:
            n_organisations = len(Registry.load(path))
        except LocateError as error:
            raise FetchError(f"{error}: the newest release cannot be read as v2") from error
        note = {
            "format": 1,
            "what": "ror",
            "complete": True,
            "file": file.key,
            "bytes": file.size,
            "md5": md5,
            "sha256": digest,
            "organisations": n_organisations,
            "release": record.metadata.version,
            "published": record.metadata.publication_date,
            "doi": record.doi,
            "url": file.links.self,
        }
        folders.write_note(out, note)
        return note


def _newest(client: Client, base_url: str) -> tuple[_Record, _File]:
    url = f"{base_url}/api/records/{CONCEPT}"
    record, answer = client.get(url, type=_Record)
    if record is None:
        raise FetchError(f"{answer.url}: answers {answer.status}; look at --base-url")
    zips = [f for f in record.files if re.fullmatch(r"[\w.-]+\.zip", f.key, re.ASCII)]
    dumps = [f for f in zips if "ror-data" in f.key] or zips
    if len(dumps) != 1 or not re.fullmatch(r"md5:[0-9a-f]{32}", dumps[0].checksum):
        names = ", ".join(f.key for f in record.files) or "none"
        raise FetchError(
            f"{answer.url}: its files are not one zip with an MD5, as documented ({names}); fetch "
            "the dump by hand from https://doi.org/10.5281/zenodo.6347574"
        )
    return record, dumps[0]

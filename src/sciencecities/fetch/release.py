"""What the OpenAlex snapshot's manifest lists, and where its files lie.

Source: https://help.openalex.org/access/snapshot/ and /access/sync/, read in the copies of October
2026: the manifest is written last, its `date` names the release, a release replaces the one before.
"""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from sciencecities.errors import FetchError
from sciencecities.fetch.http import Amount, Client

BASE_URL = "https://openalex.s3.amazonaws.com"
FORMATS = ("jsonl", "parquet")


class _Meta(Struct):
    content_length: Amount
    record_count: Amount


class _File(Struct):
    url: str
    meta: _Meta


class _Manifest(Struct):
    files: list[_File]
    date: str | None = None


class Listed(Struct, frozen=True):
    """A file of a release: its path below the bucket, bytes, records, day of its partition."""

    path: str
    bytes: int
    records: int
    day: str | None


class Release(Struct, frozen=True):
    """A release of one entity in one format; `digest` changes with any of its files."""

    date: str
    digest: str
    files: tuple[Listed, ...]


def read_release(client: Client, base_url: str, format: str, entity: str) -> Release:
    """The release that is there now. Raises FetchError if its manifest is not as documented."""
    path = f"/data/{format}/{entity}/manifest.json"
    manifest, answer = client.get(base_url + path, type=_Manifest)
    if manifest is None:
        raise FetchError(
            f"{answer.url}: is not there ({answer.status}); a release is being written, or there "
            "is no such entity; look at --entity and --base-url, or try again later"
        )
    files = tuple(sorted((_listed(f, answer.url) for f in manifest.files), key=lambda f: f.path))
    twice = next((a.path for a, b in pairwise(files) if a.path == b.path), None)
    if twice or path in {f.path for f in files}:
        raise FetchError(f"{answer.url}: lists {twice or path} {'twice' if twice else 'itself'}")
    digest = hashlib.sha256(msgspec.json.encode(files)).hexdigest()
    date = "".join(filter(str.isprintable, manifest.date or ""))
    return Release(date or "unknown date", digest, files)


def is_path(path: str) -> bool:
    """Whether it names a file below the folder `data`, and nothing outside it.

    >>> is_path("/data/jsonl/works/part_0000.gz"), is_path("/data/../../etc/x"), is_path("/x")
    (True, False, False)
    """
    names = path.removeprefix("/data/").split("/")
    return path.startswith("/data/") and all(
        re.fullmatch(r"[\w=-][\w=.-]*", name, re.ASCII) for name in names
    )


def _listed(file: _File, where: str) -> Listed:
    path = urlsplit(file.url).path if "://" in file.url else f"/{file.url.lstrip('/')}"
    if not is_path(path):
        raise FetchError(f"{where}: lists {file.url[:120]!r}, which is no path of a snapshot")
    day = re.search(r"/updated_date=(\d{4}-\d\d-\d\d)/", path)
    return Listed(path, file.meta.content_length, file.meta.record_count, day and day[1])

"""Large files over HTTP: gone on with where they broke off, checked, put in place whole.

What came of a file lies in `NAME.partial`, beside it in `NAME.partial.json` the tag of its version:
a rest is asked for with `If-Range`, so that two versions are never joined.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx2
import msgspec
from msgspec import Struct

from sciencecities.errors import FetchError
from sciencecities.fetch.folder import disk_error, hash_of
from sciencecities.fetch.http import Client, PassingError, without_key
from sciencecities.files import PARTIAL, sync_path

UNCHANGED, PART, MATCH_FAILED, BEYOND_END = 304, 206, 412, 416


class Remote(Struct, frozen=True, kw_only=True):
    """A file to fetch; what is None is not known and not checked. `etag`: of a copy we have."""

    url: str
    size: int | None = None
    md5: str | None = None
    etag: str | None = None


class Got(Struct, frozen=True):
    """A file in place: bytes, sha256, and the tag of its version."""

    bytes: int
    sha256: str
    etag: str | None


class NotThereError(FetchError):
    """The server has no such file, or another version of it than was begun or is listed."""


class GoneError(NotThereError):
    """The server has no such file."""


class _Begun(Struct):
    etag: str | None


def download(
    client: Client, remote: Remote, target: Path, advance: Callable[[int], None] = lambda _: None
) -> Got:
    """Fetch a file to `target`, going on with what an earlier run left of it.

    `advance` is told bytes as they come. With `remote.etag` and `target` there, an unchanged file
    is left as it is. Raises NotThereError if the file is gone or of another size or hash than
    listed, FetchError for what else goes wrong.
    """
    return _File(client, remote, target, advance).bring()


class _File:
    def __init__(
        self, client: Client, remote: Remote, target: Path, advance: Callable[[int], None]
    ) -> None:
        self.client, self.remote, self.target, self.advance = client, remote, target, advance
        self.partial = target.with_name(target.name + PARTIAL)
        self.tag_file = target.with_name(target.name + PARTIAL + ".json")
        self.where = without_key(remote.url)

    def bring(self) -> Got:
        """As `download`."""
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self.advance(self._size())
            while not self.client.again(self._some, self.where):
                pass
            return self._finish()
        except OSError as error:
            raise disk_error(self.target, error) from error

    def _size(self) -> int:
        return self.partial.stat().st_size if self.partial.exists() else 0

    def _tag(self) -> str | None:
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(self.tag_file.read_bytes(), type=_Begun).etag
        return None

    def _some(self) -> bool:
        """One request for all that is missing; whether it is all there now."""
        have, tag = self._size(), self._tag()
        if have and tag is None:  # nothing says which version it is of
            self._drop()
            have = 0
        if have and have == self.remote.size:
            return True
        headers = {"Accept-Encoding": "identity"}
        if have and tag:
            headers |= {"Range": f"bytes={have}-", "If-Range": tag}
        elif self.remote.etag and self.target.exists():
            headers["If-None-Match"] = self.remote.etag
        with self.client.stream(self.remote.url, headers=headers) as response:
            if response.status_code == UNCHANGED and "If-None-Match" in headers:
                self._keep_ours()
                return True
            if response.status_code in (400, 404):
                raise GoneError(f"{self.where}: is not there ({response.status_code})")
            if response.status_code == BEYOND_END:
                self._drop()
                return False
            if response.status_code != PART:
                self._drop()
            elif not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                raise PassingError("answers with another part than was asked for")
            elif response.headers.get("ETag", tag) != tag:  # deaf to If-Range
                self._drop()
                raise PassingError("answers with a part of another version")
            self._take(response)
        return True

    def _drop(self) -> None:
        """Begin anew: what came is of another version, or of one that cannot be named."""
        have = self._size()
        self.client.tally.bytes_used -= have
        self.client.tally.bytes_discarded += have
        self.advance(-have)
        self.partial.unlink(missing_ok=True)
        self.tag_file.unlink(missing_ok=True)

    def _keep_ours(self) -> None:
        self.target.replace(self.partial)
        self._write_tag(self.remote.etag)
        self.advance(self._size())

    def _write_tag(self, tag: str | None) -> None:
        strong = tag if tag and not tag.startswith("W/") else None
        self.tag_file.write_bytes(msgspec.json.encode(_Begun(strong)))

    def _take(self, response: httpx2.Response) -> None:
        """Append what comes; what came before the line broke stays."""
        tag = response.headers.get("ETag")
        if not self._size():
            self._write_tag(tag)
        declared = response.headers.get("Content-Length", "")
        came = 0
        with self.partial.open("ab") as file:
            for chunk in response.iter_raw():  # as it comes: a break loses nothing
                file.write(chunk)
                came += len(chunk)
                self.client.tally.bytes_used += len(chunk)
                self.advance(len(chunk))
                if self.remote.size is not None and file.tell() > self.remote.size:
                    break
        if self.remote.size is not None and self._size() > self.remote.size:
            self._drop()
            raise NotThereError(
                f"{self.where}: sends more than {self.remote.size:,} bytes, as many are listed"
            )
        if declared.isdigit() and came != int(declared):
            raise PassingError(f"the answer broke off after {came:,} bytes")

    def _finish(self) -> Got:
        size, tag = self._size(), self._tag()
        if self.remote.size is not None and size != self.remote.size:
            self._drop()
            raise NotThereError(
                f"{self.where}: has {size:,} bytes, {self.remote.size:,} are listed"
            )
        self._check_md5(tag)
        handle = os.open(self.partial, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        digest = hash_of(self.partial)
        self.partial.replace(self.target)
        sync_path(self.target.parent)
        self.tag_file.unlink(missing_ok=True)
        return Got(size, digest, tag)

    def _check_md5(self, tag: str | None) -> None:
        """Against the hash that is listed, or that the tag is (S3, files sent in one piece)."""
        bare = (tag or "").strip('"')
        is_md5 = len(bare) == 32 and set(bare) <= set("0123456789abcdef")
        wanted = self.remote.md5 or (bare if is_md5 else None)
        if wanted and hash_of(self.partial, "md5") != wanted:
            self._drop()
            raise NotThereError(
                f"{self.where}: what came has another hash than is given ({wanted}); the same "
                "command fetches it again"
            )

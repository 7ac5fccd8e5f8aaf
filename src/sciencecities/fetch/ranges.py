"""Only the needed columns of a Parquet file on a server, by asking for ranges of its bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sciencecities.errors import FetchError
from sciencecities.fetch.download import PART, NotThereError
from sciencecities.fetch.folder import write_whole
from sciencecities.fetch.http import Client, PassingError, without_key

if TYPE_CHECKING:
    from typing import BinaryIO

    import pyarrow.parquet as pq

READ_AHEAD_BYTES = 1 << 16


class RangeFile(io.RawIOBase):
    """A file on a server, read by ranges; `etag` is the version that all of them are of.

    Raises NotThereError if the file is gone or another version comes in the middle, FetchError if
    the server gives no ranges.
    """

    def __init__(self, client: Client, url: str, size: int) -> None:
        self._client, self._url, self._size = client, url, size
        self._at = 0
        self.etag: str | None = None

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to an offset from the start, here or the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        """The next bytes, from one request."""
        size = self._size - self._at if size < 0 else min(size, self._size - self._at)
        if size <= 0:
            return b""
        where = without_key(self._url)
        data: bytes = self._client.again(lambda: self._range(self._at, size), where)
        self._at += len(data)
        return data

    def _range(self, first: int, size: int) -> bytes:
        headers = {"Range": f"bytes={first}-{first + size - 1}", "Accept-Encoding": "identity"}
        if self.etag and not self.etag.startswith("W/"):  # a weak tag matches nothing
            headers["If-Match"] = self.etag
        data = bytearray()
        whole = False
        try:
            self._receive(headers, first, size, data)
            if len(data) != size:
                raise PassingError(f"{len(data):,} of {size:,} bytes came")
            whole = True
        finally:
            tally = self._client.tally
            tally.bytes_used += len(data) if whole else 0
            tally.bytes_discarded += 0 if whole else len(data)
        return bytes(data)

    def _receive(self, headers: dict[str, str], first: int, size: int, data: bytearray) -> None:
        where = without_key(self._url)
        with self._client.stream(self._url, headers=headers) as response:
            if response.status_code in (400, 404, 412, 416):
                raise NotThereError(f"{where}: is gone or has changed ({response.status_code})")
            if response.status_code != PART:
                raise FetchError(f"{where}: the server gives no ranges; say --columns all")
            tag = response.headers.get("ETag")
            total = re.search(r"/(\d+)$", response.headers.get("Content-Range", ""))
            if not response.headers.get("Content-Range", "").startswith(f"bytes {first}-"):
                raise PassingError("answers with another part than was asked for")
            if (self.etag and tag != self.etag) or (total and int(total[1]) != self._size):
                raise NotThereError(f"{where}: another version of the file came in the middle")
            self.etag = tag
            for chunk in response.iter_raw():
                data += chunk
                if len(data) > size:
                    break


def fetch_columns(
    client: Client,
    url: str,
    size: int,
    target: Path,
    choose: Callable[[pq.ParquetFile], list[str]],
    advance: Callable[[int], None] = lambda _: None,
) -> str | None:
    """Write those columns of the Parquet file at `url` that `choose` names, row group by row group.

    `target` appears whole or not at all. Returns the version's tag.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    remote = RangeFile(client, url, size)

    def fill(out: BinaryIO) -> None:
        with pq.ParquetFile(remote, pre_buffer=True) as file:
            columns = choose(file)
            writer = None
            for group in range(file.num_row_groups):
                before = client.tally.bytes_used
                rows = file.read_row_group(group, columns=columns)
                if writer is None:
                    writer = pq.ParquetWriter(
                        out, rows.schema, compression="zstd", write_page_checksum=True
                    )
                writer.write_table(rows)
                advance(client.tally.bytes_used - before)
            if writer is None:
                writer = pq.ParquetWriter(out, file.schema_arrow)
            writer.close()

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, fill)
    except (pa.ArrowException, ValueError) as error:
        message = " ".join(str(error).split())[:200]
        raise FetchError(f"{without_key(url)}: is no sound Parquet file ({message})") from error
    return remote.etag

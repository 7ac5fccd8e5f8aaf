"""Finished answers: made once, compressed once, sent as often as asked."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

SMALL = 1_000
"""Bytes below which compression is not worth it."""

PACKED = ("image/png", "font/", "application/octet-stream", "application/pdf", "application/vnd.")
"""Types that are compressed already."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer; `packed` bodies are gzip."""

    body: bytes
    media: str
    etag: str
    packed: bool
    cache: str = "no-cache"

    @classmethod
    def of(cls, body: bytes, media: str, tag: str = "", cache: str = "no-cache") -> Answer:
        """Compress a body if that helps; without a `tag` the ETag is the body's hash."""
        tag = tag or hashlib.sha256(body).hexdigest()[:32]
        packs = len(body) >= SMALL and not media.startswith(PACKED)
        return cls(gzip.compress(body, 6, mtime=0) if packs else body, media, tag, packs, cache)

    def response(self, request: Request) -> Response:
        """What the request gets of it: 304, headers alone, gzip or plain."""
        unpack = self.packed and not _takes_gzip(request.headers.get("accept-encoding", ""))
        body = gzip.decompress(self.body) if unpack else self.body
        etag = f'"{self.etag}-gz"' if self.packed and not unpack else f'"{self.etag}"'
        headers = {"ETag": etag, "Cache-Control": self.cache, "Vary": "Accept-Encoding"}
        if _matches(request.headers.get("if-none-match", ""), self.etag):
            return Response(status_code=304, headers=headers)
        if self.packed and not unpack:
            headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(body))
        text = self.media.startswith("text/")
        headers["Content-Type"] = f"{self.media}; charset=utf-8" if text else self.media
        return Response(b"" if request.method == "HEAD" else body, headers=headers)


class Store:
    """The answers last asked for, at most `size` of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = Lock()

    async def get(self, key: Hashable, make: Callable[[], Answer]) -> Answer:
        """The answer under a key, made in a thread if there is none."""
        with self._lock:
            if (found := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return found
        found = await run_in_threadpool(make)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return found


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _matches(asked: str, etag: str) -> bool:
    tags = {t.strip().removeprefix("W/").strip('"').removesuffix("-gz") for t in asked.split(",")}
    return etag in tags or asked.strip() == "*"

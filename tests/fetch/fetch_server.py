"""The services that `fetch` asks, as their documentation describes them, with faults on demand.

A real HTTP server on a port of its own. `Faults` are put before the answers: the first one that
wants a request spoils its answer.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

Json = dict[str, Any]
LIST_USD = 0.0001
AUTHOR_LIMIT = 100


@dataclass
class Seen:
    """One request as the server saw it; `n_bytes` is what its body had."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]
    status: int = 0
    n_bytes: int = 0
    spoilt: bool = False


@dataclass
class Fault:
    """Spoils answers: `when` says which requests, `times` how many of them."""

    when: Callable[[Seen], bool]
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"error": "made up"}'
    cut: float | None = None  # part of the body that is sent before the line breaks
    stall: bool = False  # silence in the middle of the body, until the other side hangs up
    change: Callable[[bytes], bytes] | None = None
    times: int = 1


@dataclass
class Service:
    """What the server knows and has seen."""

    works: list[Json] = field(default_factory=list)
    sources: list[Json] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)  # path -> content
    etags: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    key: str | None = None
    budget_usd: float | None = None
    spent_usd: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    url: str = ""
    before: Callable[[Seen], None] = lambda _: None

    def pages(self) -> list[Seen]:
        """Requests for a page of works."""
        return [s for s in self.seen if s.path == "/works" and "cursor" in s.params]


def work(number: int, *, year: int = 2024, issn: str = "0028-0836", authors: int = 1) -> Json:
    """A work as the API gives it by id."""
    positions = ["first", *["middle"] * (authors - 2), "last"][:authors]
    return {
        "id": f"https://openalex.org/W{number}",
        "doi": f"https://doi.org/10.1234/{number}",
        "title": f"Work {number}",
        "publication_year": year,
        "publication_date": f"{year}-01-01",
        "type": "article",
        "updated_date": f"2026-01-01T00:00:{number % 60:02}.000000",
        "is_retracted": False,
        "is_paratext": False,
        "is_xpac": False,
        "primary_location": {
            "source": {"id": f"https://openalex.org/S{issn[:4]}", "issn_l": issn, "issn": [issn]}
        },
        "authorships": [
            {
                "author_position": position,
                "institutions": [],
                "affiliations": [
                    {"raw_affiliation_string": f"University of Oxford, Oxford, UK ({n % 7})",
                     "institution_ids": []}
                ],
            }
            for n, position in enumerate(positions)
        ],
    }  # fmt: skip


def _matches(record: Json, condition: str) -> bool:
    name, _, values = condition.partition(":")
    wanted = values.split("|")
    if name == "primary_location.source.issn":
        source = (record.get("primary_location") or {}).get("source") or {}
        return bool({source.get("issn_l"), *(source.get("issn") or [])} & set(wanted))
    if name == "from_updated_date":
        return bool(record["updated_date"] >= values)
    if name == "issn":
        return bool({record.get("issn_l"), *(record.get("issn") or [])} & set(wanted))
    return str(record.get(name)) in wanted


def _listed(record: Json) -> Json:
    """A work as lists give it: at most 100 authors."""
    authors = record.get("authorships") or []
    if len(authors) <= AUTHOR_LIMIT:
        return record
    return record | {"authorships": authors[:AUTHOR_LIMIT], "is_authors_truncated": True}


def _selected(record: Json, params: dict[str, str]) -> Json:
    if "select" not in params:
        return record
    return {k: record[k] for k in params["select"].split(",") if k in record}


class Services:
    """The endpoints; answers of the API carry what they cost."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def answer(self, request: Request) -> Response:
        service = self.service
        seen = Seen(request.url.path, dict(request.query_params), dict(request.headers))
        service.seen.append(seen)
        await asyncio.to_thread(service.before, seen)
        for fault in service.faults:
            if fault.times and fault.when(seen):
                fault.times -= 1
                return await self._spoil(seen, fault, request)
        return self._done(seen, self._true(seen, request))

    def _true(self, seen: Seen, request: Request) -> Response:
        path = seen.path
        if path in self.service.files:
            return self._file(path, request)
        if path.startswith(("/works", "/sources")):
            return self._api(seen)
        return JSONResponse({"error": "Not Found", "message": f"{path} not found"}, 404)

    def _api(self, seen: Seen) -> Response:
        service, params = self.service, seen.params
        if service.key and params.get("api_key") != service.key:
            return JSONResponse({"error": "Unauthorized", "message": "Invalid API key"}, 401)
        kind, _, single = seen.path.removeprefix("/").partition("/")
        records = service.works if kind == "works" else service.sources
        if single:
            found = [r for r in records if r["id"].endswith(f"/{single}")]
            if not found:
                return JSONResponse({"error": "Not Found", "message": "no such entity"}, 404)
            return JSONResponse(_selected(found[0], params), headers=self._headers(0))
        budget = service.budget_usd
        if budget is not None and service.spent_usd + LIST_USD > budget + 1e-9:
            body = {"error": "Rate limit exceeded", "message": "Insufficient budget"}
            headers = self._headers(0) | {"Retry-After": "40000", "X-RateLimit-Reset": "40000"}
            return JSONResponse(body, 429, headers=headers)
        conditions = [c for c in params.get("filter", "").split(",") if c]
        found = [r for r in records if all(_matches(r, c) for c in conditions)]
        words = [w for w in params.get("search", "").lower().split() if w != "and"]
        found = [r for r in found if all(w in r.get("display_name", "").lower() for w in words)]
        size = int(params.get("per_page", "25"))
        if size > 100:
            return JSONResponse({"error": "Invalid per_page", "message": "1 to 100"}, 400)
        start, following = 0, None
        if "cursor" in params:
            if params["cursor"] != "*":
                try:
                    start = int(base64.b64decode(params["cursor"], validate=True))
                except ValueError:
                    message = "Cursor is not valid"
                    return JSONResponse({"error": "Invalid cursor", "message": message}, 400)
            if start + size < len(found):
                following = base64.b64encode(str(start + size).encode()).decode()
        service.spent_usd += LIST_USD
        meta: Json = {"count": len(found), "per_page": size, "cost_usd": LIST_USD}
        if "cursor" in params:
            meta["next_cursor"] = following
        page = [_selected(_listed(r), params) for r in found[start : start + size]]
        return JSONResponse({"meta": meta, "results": page}, headers=self._headers(LIST_USD))

    def _headers(self, cost: float) -> dict[str, str]:
        service = self.service
        headers = {"X-RateLimit-Cost-USD": f"{cost:g}"}
        if service.budget_usd is not None:
            left = service.budget_usd - service.spent_usd
            headers["X-RateLimit-Remaining-USD"] = f"{max(left, 0):.6f}"
        return headers

    def _file(self, path: str, request: Request) -> Response:
        service = self.service
        data = service.files[path]
        etag = service.etags.get(path, f'"{hashlib.md5(data).hexdigest()}"')
        headers = {"ETag": etag, "Accept-Ranges": "bytes"}
        if request.headers.get("if-none-match") == etag:
            return Response(b"", 304, headers)
        wanted = request.headers.get("range")
        unchanged = request.headers.get("if-range") in (None, etag)
        if request.headers.get("if-match") not in (None, etag):
            return Response(b"", 412, headers=headers)
        if wanted and service.ranges and unchanged:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start = int(first) if first else max(0, len(data) - int(last))
            end = min(int(last), len(data) - 1) if first and last else len(data) - 1
            if start >= len(data):
                return Response(b"", 416, {**headers, "Content-Range": f"bytes */{len(data)}"})
            headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
            return Response(data[start : end + 1], 206, headers)
        return Response(data, 200, headers)

    def _done(self, seen: Seen, response: Response) -> Response:
        seen.status = response.status_code
        seen.n_bytes = len(response.body)
        return response

    async def _spoil(self, seen: Seen, fault: Fault, request: Request) -> Response:
        seen.spoilt = True
        if fault.status is not None:
            seen.status = fault.status
            return Response(fault.body, fault.status, fault.headers, "application/json")
        true = self._done(seen, self._true(seen, request))
        body = bytes(true.body)
        if fault.change:
            return Response(fault.change(body), true.status_code, media_type="application/json")
        headers = dict(true.headers) | {"content-length": str(len(body))}
        sent = int(len(body) * (fault.cut if fault.cut is not None else 0.5))

        async def parts() -> AsyncIterator[bytes]:
            yield body[:sent]
            while fault.stall and not await request.is_disconnected():
                await asyncio.sleep(0.05)

        return StreamingResponse(parts(), true.status_code, headers)


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """Serve on a free port until the block ends."""
    app = Starlette()
    app.add_route("/{path:path}", Services(service).answer)  # type: ignore[arg-type]
    config = uvicorn.Config(app, "127.0.0.1", 0, log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        service.url = f"http://127.0.0.1:{port}"
        yield service
    finally:
        server.should_exit = True
        thread.join(10)


def main() -> None:
    """Serve the works of a JSON-lines file, for trying `fetch` by hand: FILE PORT."""
    import sys

    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
        service = Service(works=[json.loads(line) for line in file])
    app = Starlette()
    app.add_route("/{path:path}", Services(service).answer)  # type: ignore[arg-type]
    uvicorn.run(app, port=int(sys.argv[2]))


if __name__ == "__main__":
    main()

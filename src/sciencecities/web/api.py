"""The routes of the JSON API under /api/v1: checked requests, kept answers, ETags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sciencecities import __version__
from sciencecities.publish.site import NoSuchPageError, Site
from sciencecities.web.declared import Call, Operation
from sciencecities.web.kept import Answer, Store
from sciencecities.web.openapi import ROOT, document
from sciencecities.web.operations import operations

KEPT = 1024
MAX_QUERY = 8000
METHODS = ["GET", "HEAD", "OPTIONS"]
ALLOWED = {
    "Allow": ", ".join(METHODS),
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(site: Site) -> list[Route]:
    """One route for each operation, the document, and an error for the rest."""
    store = Store(KEPT)
    declared = operations(site)
    described = Answer.of(
        json.dumps(document(declared, __version__), ensure_ascii=False).encode(), "application/json"
    )

    async def openapi(request: Request) -> Response:
        return _options(request) or described.response(request)

    async def missing(request: Request) -> Response:
        raise NoSuchPageError(
            f"no {request.scope['path']!r}; {ROOT}/openapi.json says what there is"
        )

    return [
        Route(f"{ROOT}/openapi.json", openapi, methods=METHODS),
        *(Route(ROOT + o.path, _endpoint(site, o, store), methods=METHODS) for o in declared),
        Route("/api/{path:path}", missing, methods=METHODS),
    ]


def _endpoint(site: Site, operation: Operation, store: Store) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if (answer := _options(request)) is not None:
            return answer
        if len(request.scope["query_string"]) > MAX_QUERY:
            raise HTTPException(414, f"a query has at most {MAX_QUERY:,} bytes")
        values = operation.values(request.path_params, request.query_params.multi_items())
        shown = site.by_slug[values["edition"]] if values.get("edition") else site.shown[0]
        call = Call(site, shown, values)
        key = (operation.name, *sorted(values.items()))

        def make() -> Answer:
            body = msgspec.json.encode(operation.handle(call))
            return Answer.of(body, "application/json", tag=_tag(site, key))

        return (await store.get(key, make)).response(request)

    return endpoint


def _options(request: Request) -> Response | None:
    """The answer to what may be asked at all."""
    return Response(status_code=204, headers=ALLOWED) if request.method == "OPTIONS" else None


def _tag(site: Site, key: tuple[object, ...]) -> str:
    """ETag of an answer: of the editions' hashes, the question and the program's version."""
    hashes = [
        table["sha256"] for shown in site.shown
        for _, table in sorted(shown.edition.manifest["tables"].items())
    ]  # fmt: skip
    told = json.dumps([__version__, hashes, site.outside.hashes, [str(k) for k in key]])
    return hashlib.sha256(told.encode()).hexdigest()[:32]

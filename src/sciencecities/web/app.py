"""The ASGI application behind `sciencecities serve`: pages, static files, errors, headers."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sciencecities.errors import SciencecitiesError
from sciencecities.publish.site import NoSuchPageError, Site

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
TYPES = {
    "css": "text/css",
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "json": "application/json",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "woff2": "font/woff2",
}
KEPT_PAGES = 2048
KEPT_FILES = 16
MAX_QUERY = 2000


class _Headers(BaseHTTPMiddleware):
    """Headers that keep a page from doing harm, on every answer."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        return response


def application(site: Site) -> Starlette:
    """The application over a site. Editions do not change, so finished pages are kept."""
    static = {f"/{path}": content for path, content in site.static().items()}

    files = dict(site.files())

    @lru_cache(maxsize=KEPT_FILES)
    def made(path: str) -> bytes:
        return files[path]()

    async def file(request: Request) -> Response:
        path = request.url.path.lstrip("/")
        if path not in files:
            return PlainTextResponse("404: no such file", 404)
        kind = TYPES.get(path.rpartition(".")[2], "application/octet-stream")
        return Response(await run_in_threadpool(made, path), media_type=kind)

    @lru_cache(maxsize=KEPT_PAGES)
    def finished(path: str, query: tuple[tuple[str, str], ...]) -> tuple[bytes, str]:
        html = site.page(path, dict(query)).html.encode()
        return html, f'"{hashlib.sha256(html).hexdigest()[:32]}"'

    async def page(request: Request) -> Response:
        path = request.url.path.lstrip("/")
        query = tuple(sorted(request.query_params.items()))
        if len(urlencode(query)) > MAX_QUERY:
            return PlainTextResponse("414: the address is too long", 414)
        html, etag = await run_in_threadpool(finished, path, query)
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(html, media_type="text/html", headers=headers)

    async def root(request: Request) -> Response:
        wants = request.headers.get("accept-language", "").strip().lower()
        return RedirectResponse("/zh/index.html" if wants.startswith("zh") else "/en/index.html")

    async def folder(request: Request) -> Response:
        return RedirectResponse(f"/{request.path_params['lang']}/index.html")

    async def asset(request: Request) -> Response:
        content = static.get(request.url.path)
        if content is None:
            return PlainTextResponse("404: no such file", 404)
        kind = TYPES.get(request.url.path.rpartition(".")[2], "application/octet-stream")
        return Response(content, media_type=kind, headers={"Cache-Control": "max-age=3600"})

    def missing(_request: Request, error: Exception) -> Response:
        return PlainTextResponse(f"404: {error}", 404)

    def failed(_request: Request, error: Exception) -> Response:
        return PlainTextResponse(f"500: {error}", 500)

    return Starlette(
        routes=[
            Route("/", root),
            Route("/{lang:str}/", folder),
            Route("/static/{path:path}", asset),
            Route("/data/{path:path}", file),
            Route("/{path:path}", page),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=1000), Middleware(_Headers)],
        exception_handlers={NoSuchPageError: missing, SciencecitiesError: failed},
    )

"""The ASGI application behind `sciencecities serve`: pages, files, the JSON API, errors."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sciencecities.errors import SciencecitiesError
from sciencecities.publish.figures import FORMATS
from sciencecities.publish.site import NoSuchPageError, Site
from sciencecities.web.api import routes
from sciencecities.web.failing import Failing, wants_chinese
from sciencecities.web.guard import Guard
from sciencecities.web.kept import Answer, Store
from sciencecities.web.upload import receive

TYPES = {
    "css": "text/css",
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "woff2": "font/woff2",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
KEPT_PAGES = 2048
KEPT_FILES = 16
MAX_QUERY = 8000
"""Characters of a query: the lab's holds a list of journals."""


def application(site: Site) -> ASGIApp:
    """The application over a site. Editions do not change, so finished answers are kept."""
    static = {
        path: Answer.of(content, _type(path), cache="max-age=3600")
        for path, content in site.static().items()
    }
    files = dict(site.files())
    pages, taken = Store(KEPT_PAGES), Store(KEPT_FILES)

    def finished(path: str, query: tuple[tuple[str, str], ...]) -> Answer:
        if path.rpartition(".")[2] in FORMATS:
            return Answer.of(site.figure(path, dict(query)), _type(path))
        return Answer.of(site.page(path, dict(query)).html.encode(), "text/html")

    async def page(request: Request) -> Response:
        path = _path(request)
        if whole := site.folder(path):
            return RedirectResponse(f"/{whole}")
        query = tuple(sorted(request.query_params.items()))
        if len(urlencode(query)) > MAX_QUERY:
            raise HTTPException(414, f"an address has at most {MAX_QUERY} characters after ?")
        return (await pages.get((path, query), partial(finished, path, query))).response(request)

    async def file(request: Request) -> Response:
        path = _path(request)
        if path not in files:
            raise NoSuchPageError(f"no file {path!r}")
        kept = await taken.get(path, lambda: Answer.of(files[path](), _type(path)))
        return kept.response(request)

    async def asset(request: Request) -> Response:
        path = _path(request)
        if path not in static:
            raise NoSuchPageError(f"no file {path!r}")
        return static[path].response(request)

    async def root(request: Request) -> Response:
        return RedirectResponse("/zh/index.html" if wants_chinese(request) else "/en/index.html")

    failing = Failing(site)
    app = Starlette(
        routes=[
            Route("/", root),
            Route("/static/{path:path}", asset),
            Route("/data/{path:path}", file),
            *routes(site),
            Route("/{lang:str}/{edition:str}/lab.html", receive(site), methods=["POST"]),
            Route("/{path:path}", page),
        ],
        exception_handlers={HTTPException: failing, SciencecitiesError: failing},
    )
    app.router.redirect_slashes = False  # it would send readers where a Host header says
    return Guard(app)


def _path(request: Request) -> str:
    return str(request.scope["path"]).lstrip("/")


def _type(path: str) -> str:
    return TYPES.get(path.rpartition(".")[2], "application/octet-stream")

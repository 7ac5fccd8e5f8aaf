"""The method lab's upload: a reader's boundaries are checked, kept for a while, and addressed.

It changes nothing but what is kept, and is refused to other sites' pages all the same.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import PurePath
from urllib.parse import urlencode, urlsplit

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sciencecities.errors import ConfigError
from sciencecities.publish import asked as asking
from sciencecities.publish.outside import MAX_BYTES, Upload
from sciencecities.publish.site import NoSuchPageError, Site
from sciencecities.publish.wording import LANGS

AROUND = 64_000
"""Bytes of a form around the boundaries: other fields, part headers."""

DRAINED = 8 * MAX_BYTES
"""What is read of a form that is too large, so that a browser shows why it was refused."""

MAX_FIELDS = 12
AT_ONCE = 2
"""Uploads that are checked or wait for it; the pages' threads are not theirs."""

TOO_LARGE = f"boundaries may have at most {MAX_BYTES / 1e6:.0f} MB; simplify the polygons"


def receive(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that takes the form of the lab's page."""
    limiter = CapacityLimiter(AT_ONCE)

    async def endpoint(request: Request) -> Response:
        _same_site(request)
        lang, slug = (request.path_params[n] for n in ("lang", "edition"))
        shown = site.by_slug.get(slug)
        if lang not in LANGS or shown is None or not asking.has_lab(shown):
            raise NoSuchPageError(f"no method lab under {lang}/{slug}")
        upload, others = await _form(request)
        asked = await run_in_threadpool(asking.read, shown, others)
        boundary = site.outside.keep(upload)
        try:
            await run_sync(shown.ends, boundary, limiter=limiter)
        except ConfigError:
            site.outside.forget(boundary)
            raise
        city = shown.slug_of(asked.city_id) if asked.city_id else None
        query = urlencode(asked.values(city) | {"boundary": boundary})
        return RedirectResponse(f"lab.html?{query}", 303, {"Cache-Control": "no-store"})

    return endpoint


def _same_site(request: Request) -> None:
    """Raises 403 for a form that stands on another site."""
    sent_from = request.headers.get("sec-fetch-site")
    if sent_from is None:
        origin = request.headers.get("origin")
        is_own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    else:
        is_own = sent_from in ("same-origin", "none")
    if not is_own:
        raise HTTPException(403, "boundaries are uploaded from the method lab's own page")


async def _form(request: Request) -> tuple[Upload, dict[str, str]]:
    """The boundaries of a form, and its other fields."""
    body = await _body(request)

    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ConfigError("the form of the method lab is sent as multipart/form-data")
    parser = MultiPartParser(
        request.headers, once(), max_files=1, max_fields=MAX_FIELDS, max_part_size=len(body)
    )
    parser.spool_max_size = len(body)  # nothing is written to disk
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ConfigError(f"the form cannot be read: {error.message}") from error
    file, text = form.get("file"), form.get("text")
    content, name = b"", ""
    if isinstance(file, UploadFile):
        content, name = await file.read(), PurePath(file.filename or "").name[:60]
    if not content.strip() and isinstance(text, str):
        content, name = text.encode(), ""
    others = {k: v for k, v in form.items() if isinstance(v, str) and k not in ("file", "text")}
    await form.close()
    if not content.strip():
        raise ConfigError("no boundaries: choose a GeoJSON file or paste its text")
    if len(content) > MAX_BYTES:
        raise HTTPException(413, TOO_LARGE)
    return Upload(content, name or asking.OWN_BOUNDARY), others


async def _body(request: Request) -> bytes:
    """The body of a request, never more than the limit of it in memory. Raises 413."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= MAX_BYTES + AROUND:
            parts.append(part)
        else:
            parts.clear()
        if size > DRAINED:
            break
    if size > MAX_BYTES + AROUND:
        raise HTTPException(413, TOO_LARGE)
    return b"".join(parts)

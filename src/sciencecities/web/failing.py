"""What a request gets that cannot be answered: a page in its language, or a problem document."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sciencecities.errors import ConfigError, UnknownCityError, UnknownInstitutionError
from sciencecities.locate.apart import BusyError
from sciencecities.publish.outside import GoneError
from sciencecities.publish.request import Request as PageRequest
from sciencecities.publish.site import BadQueryError, NoSuchPageError, Site
from sciencecities.publish.wording import Lang
from sciencecities.web.guard import API

MAX_SHOWN = 500
PROBLEM = "application/problem+json"

SAID = {
    403: ("This was sent by another site", "请求来自其他网站"),
    400: ("This cannot be answered", "无法回答这一请求"),
    404: ("There is no such page", "没有这个页面"),
    405: ("Pages can only be read", "页面只供读取"),
    410: ("These boundaries are no longer kept", "边界已不再保存"),
    413: ("The boundaries are too large", "边界文件过大"),
    414: ("The address is too long", "地址过长"),
    503: ("Too much is asked at once", "请求过多"),
}
FAILED = ("Something went wrong here", "本站出错")


def wants_chinese(request: Request) -> bool:
    """Whether the reader's browser asks for Chinese first."""
    return request.headers.get("accept-language", "").strip().lower().startswith("zh")


def language(request: Request) -> Lang:
    """The language of the address, else of the browser."""
    first = str(request.scope["path"]).lstrip("/").partition("/")[0]
    if first in ("en", "zh"):
        return "zh" if first == "zh" else "en"
    return "zh" if wants_chinese(request) else "en"


@dataclass(frozen=True)
class _Anywhere(PageRequest):
    """A page whose own address may be anything: its links begin at the root."""

    def relative(self, path: str) -> str:
        """Address of a path of the site, from the root."""
        return f"/{path}"

    def other_language(self) -> str:
        """The front page in the other language."""
        return f"/{'en' if self.lang == 'zh' else 'zh'}/index.html"


def status_of(error: Exception) -> int:
    """The HTTP status that says what an error means."""
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, NoSuchPageError | UnknownCityError):
        return 404
    if isinstance(error, GoneError):
        return 410
    if isinstance(error, BusyError):
        return 503
    asked_wrongly = isinstance(error, BadQueryError | ConfigError | UnknownInstitutionError)
    return 400 if asked_wrongly else 500


class Failing:
    """Makes answers of errors."""

    def __init__(self, site: Site) -> None:
        self.site = site

    async def __call__(self, request: Request, error: Exception) -> Response:
        """The answer to an error, with its status."""
        status = status_of(error)
        detail = error.detail if isinstance(error, HTTPException) else str(error)
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        return self.response(request, status, detail, headers)

    def response(
        self, request: Request, status: int, detail: str, headers: dict[str, str] | None = None
    ) -> Response:
        """A problem document under the API, else a page."""
        detail = detail if len(detail) <= MAX_SHOWN else f"{detail[:MAX_SHOWN]}…"
        headers = {"Cache-Control": "no-store", **(headers or {})}
        if str(request.scope["path"]).startswith(API):
            body = msgspec.json.encode(
                {
                    "type": "about:blank", "title": HTTPStatus(status).phrase,
                    "status": status, "detail": detail,
                }
            )  # fmt: skip
            return Response(body, status, headers, PROBLEM)
        lang = language(request)
        page = _Anywhere(self.site, self.site.shown[0], lang, f"{lang}/error.html")
        title = page.t(*SAID.get(status, FAILED))
        html = page.render(
            "error.html",
            title=title,
            section="",
            status=status,
            detail=detail,
            address=str(request.scope["path"])[:MAX_SHOWN],
        ).html
        return Response(html, status, headers, "text/html")

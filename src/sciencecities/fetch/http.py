"""Requests that are polite, tried again, counted byte by byte, and never show a key."""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import quote

import msgspec

from sciencecities.errors import BudgetEndedError, FetchError

if TYPE_CHECKING:
    import httpx2
    import tenacity

T = TypeVar("T")

Amount = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A number of records or bytes, as a service states it."""
MAX_ANSWER_BYTES = 256 << 20
MAX_ERROR_BYTES = 64 << 10
DAY_IS_OVER_SECONDS = 900
"""A service that asks to wait longer than this has closed for the day, not for a moment."""

_KEY = re.compile(r"(?i)\b(api_key|key|token)=[^&\s'\"]+")
_REFUSED = (401, 403)
_AGAIN = (408, 425, 429)


def without_key(text: str) -> str:
    """The text with any key in a URL hidden.

    >>> without_key("http://x/works?api_key=abc&per_page=1")
    'http://x/works?api_key=…&per_page=1'
    """
    return _KEY.sub(r"\1=…", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a service is asked: requests a second, seconds of silence borne, tries, first pause."""

    rate: float = 10.0
    timeout: float = 60.0
    attempts: int = 8
    backoff: float = 1.0


@dataclass(slots=True)
class Tally:
    """What went over the line: requests, bytes of answers that were used and that were not."""

    requests: int = 0
    bytes_used: int = 0
    bytes_discarded: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer; `n_bytes` is its size on the line."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    n_bytes: int


class PassingError(FetchError):
    """Worth another try. `wait`: seconds that the service asked for."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(slots=True)
class Client:
    """Asks one service. `secret` is added to every query and shown nowhere.

    `say` is told, in a few words, when the client waits. Use it as a context manager.
    """

    manners: Manners = field(default_factory=Manners)
    secret: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = lambda _: None
    tally: Tally = field(default_factory=Tally)
    _http: httpx2.Client | None = None
    _next: float = 0.0

    def __enter__(self) -> Client:
        import httpx2

        _hide_keys_in_logs()
        self._http = httpx2.Client(
            headers={"User-Agent": _user_agent()},
            timeout=httpx2.Timeout(self.manners.timeout, connect=min(20.0, self.manners.timeout)),
            follow_redirects=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._http:
            self._http.close()

    def get(
        self, url: str, params: Mapping[str, str] | None = None, *, type: Any = msgspec.Raw
    ) -> tuple[Any, Answer]:
        """The JSON answer as `type`, and the answer itself; the value is None for a 400 or 404.

        Tried again while that may help: 408, 425, 429, 5xx, broken, cut or stalled answers. Raises
        FetchError naming the URL without its key, if it says something else than documented too,
        and BudgetEndedError where the service has closed for the day.
        """
        return self.again(lambda: self._json(url, params, type), self.shown(url))

    def shown(self, text: str) -> str:
        """The text without our key, in URLs or as a service may repeat it."""
        for secret in self.secret.values():
            for form in (secret, quote(secret, safe="")):
                text = text.replace(form, "…")
        return without_key(text)

    def excerpt(self, answer: Answer) -> str:
        """The first words of an answer, on one line."""
        text = answer.body[:MAX_ERROR_BYTES].decode("utf-8", "replace")
        return " ".join(self.shown(text).split())[:200]

    def again(self, attempt: Callable[[], T], where: str) -> T:
        """What `attempt` returns, tried as often as manners allow."""
        import tenacity

        tries = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.manners.attempts),
            wait=self._pause,
            retry=tenacity.retry_if_exception_type(PassingError),
            sleep=time.sleep,
            before_sleep=self._report,
            reraise=True,
        )
        try:
            return tries(attempt)
        except PassingError as error:
            raise FetchError(
                f"{where}: {error}, {self.manners.attempts} times; try again later: the same "
                "command goes on from here"
            ) from error

    @contextmanager
    def stream(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] = {}
    ) -> Iterator[httpx2.Response]:
        """An open answer of status below 400, or 404, 412 or 416; what breaks is PassingError.

        Meant for use inside `again`.
        """
        import httpx2

        assert self._http is not None
        self._keep_pace()
        self.tally.requests += 1
        try:
            with self._http.stream(
                "GET", url, params={**(params or {}), **self.secret} or None, headers=headers
            ) as response:
                self._check(response)
                yield response
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            raise FetchError(f"{self.shown(url)}: is no address that can be asked") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise PassingError(_what_broke(error)) from error
        except httpx2.HTTPError as error:
            raise FetchError(f"{self.shown(url)}: {self.shown(str(error))}") from error

    def _whole(self, url: str, params: Mapping[str, str] | None) -> Answer:
        body = bytearray()
        n_bytes = 0
        used = False
        until = time.monotonic() + 10 * self.manners.timeout
        try:
            with self.stream(url, params) as response:
                for chunk in response.iter_bytes():
                    body += chunk
                    n_bytes = response.num_bytes_downloaded
                    if len(body) > MAX_ANSWER_BYTES:
                        raise FetchError(f"{self.shown(url)}: answers with over 256 MB")
                    if time.monotonic() > until:
                        raise PassingError("the answer comes too slowly")
                n_bytes = response.num_bytes_downloaded
                shown = self.shown(str(response.url))
                used = response.status_code < 400
                return Answer(shown, response.status_code, response.headers, bytes(body), n_bytes)
        finally:
            if used:
                self.tally.bytes_used += n_bytes
            else:
                self.tally.bytes_discarded += n_bytes

    def _json(self, url: str, params: Mapping[str, str] | None, type: Any) -> tuple[Any, Answer]:
        answer = self._whole(url, params)
        if answer.status >= 400:
            return None, answer
        try:
            return msgspec.json.decode(answer.body, type=type), answer
        except msgspec.ValidationError as error:
            self._discard(answer)
            raise FetchError(
                f"{answer.url}: does not answer as documented ({error}); update sciencecities or "
                "report this; what was fetched is kept, and the same command goes on from it"
            ) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._discard(answer)  # cut where the line could not tell
            raise PassingError(f"answers with what is no JSON ({error})") from error

    def _discard(self, answer: Answer) -> None:
        """An answer taken for good was not: its bytes count as discarded."""
        self.tally.bytes_used -= answer.n_bytes
        self.tally.bytes_discarded += answer.n_bytes

    def _check(self, response: httpx2.Response) -> None:
        status = response.status_code
        if status < 400 or status in (400, 404, 412, 416):
            return
        body = self._start(response)
        said = _said(self.shown(body.decode("utf-8", "replace")))
        where = self.shown(str(response.url))
        if status in _REFUSED:
            raise FetchError(f"{where}: refused ({status}{said})")
        wait = _seconds(response.headers.get("Retry-After"))
        if status == 429 and _is_closed(response.headers, body, wait):
            raise BudgetEndedError(_closed(response.headers, wait))
        if status not in _AGAIN and status < 500:
            raise FetchError(f"{where}: answers {status}{said}")
        if wait is not None and wait > DAY_IS_OVER_SECONDS:
            raise FetchError(
                f"{where}: answers {status}{said}; the same command goes on from here "
                f"{_after(wait)}"
            )
        raise PassingError(f"answers {status}{said}", wait)

    def _start(self, response: httpx2.Response) -> bytes:
        """What an answer without use begins with."""
        body = bytearray()
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_ERROR_BYTES:
                    break
        finally:
            self.tally.bytes_discarded += response.num_bytes_downloaded
        return bytes(body[:MAX_ERROR_BYTES])

    def _keep_pace(self) -> None:
        now = time.monotonic()
        if now < self._next:
            time.sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self.manners.rate

    def _pause(self, state: tenacity.RetryCallState) -> float:
        import tenacity

        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, PassingError) and error.wait is not None:
            return error.wait
        base = self.manners.backoff
        return tenacity.wait_exponential_jitter(multiplier=base, max=60 * base, jitter=base)(state)

    def _report(self, state: tenacity.RetryCallState) -> None:
        self.tally.retries += 1
        if state.next_action and state.outcome:
            seconds = state.next_action.sleep
            self.say(f"{state.outcome.exception()}; trying again in {seconds:.0f} s")


def remaining_usd(headers: Mapping[str, str]) -> float | None:
    """What the service says is left today, in dollars; None where it says nothing."""
    left = number(headers.get("X-RateLimit-Remaining-USD"))
    prepaid = number(headers.get("X-RateLimit-Prepaid-Remaining-USD"))
    return None if left is None else left + (prepaid or 0.0)


def number(text: str | None) -> float | None:
    """The number in a header, or None.

    >>> number("$0.25"), number("soon"), number("nan"), number(None)
    (0.25, None, None, None)
    """
    try:
        found = float((text or "").strip().removeprefix("$"))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _is_closed(headers: Mapping[str, str], body: bytes, wait: float | None) -> bool:
    """Whether a 429 means that the day's allowance is used up, not that we ask too fast."""
    left, needed = remaining_usd(headers), number(headers.get("X-RateLimit-Cost-Required-USD"))
    if left is not None and left < (needed or 1e-9):
        return True
    if wait is not None and wait > DAY_IS_OVER_SECONDS:
        return True
    return number(headers.get("X-RateLimit-Remaining")) == 0 or b"not_enough_credits" in body


def _closed(headers: Mapping[str, str], wait: float | None) -> str:
    seconds = number(headers.get("X-RateLimit-Reset")) or wait
    return f"the service's allowance for today is used up; go on {_after(seconds)}"


def _after(seconds: float | None) -> str:
    """When to come back, in so many seconds or, as some services count, at that second of time."""
    now = time.time()
    at = seconds if seconds and seconds > now - 86_400 else now + (seconds or 0)
    if not now < at < now + 366 * 86_400:
        return "after 00:00 UTC"
    return f"after {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def _seconds(text: str | None) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or a date."""
    if text is None:
        return None
    seconds = number(text)
    if seconds is None:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        moment = moment.replace(tzinfo=moment.tzinfo or UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if seconds < 1e9 else None


def _said(text: str) -> str:
    """What the service gave as its reason, short."""
    text = " ".join(text.split())
    found = re.search(r'"(?:message|error)"\s*:\s*"([^"]{1,160})', text)
    plain = text[:120] if text and not text.startswith(("<", "{", "[")) else ""
    said = found[1] if found else plain
    return f": {said}" if said else ""


def _what_broke(error: httpx2.RequestError) -> str:
    import httpx2

    if isinstance(error, httpx2.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx2.ConnectError):
        return f"cannot be reached ({without_key(str(error)) or 'no connection'})"
    return "the answer broke off"


def _user_agent() -> str:
    """Who asks; with an address to write to where SCIENCECITIES_MAILTO names one."""
    import os
    from importlib.metadata import version

    mail = os.environ.get("SCIENCECITIES_MAILTO", "")
    contact = f" (mailto:{mail})" if re.fullmatch(r"[^\s()<>]+@[^\s()<>]+", mail, re.ASCII) else ""
    return f"sciencecities/{version('sciencecities')}{contact}"


def _hide_keys_in_logs() -> None:
    for name in ("httpx2", "httpcore2"):
        log = logging.getLogger(name)
        if _hide not in log.filters:
            log.addFilter(_hide)


def _hide(record: logging.LogRecord) -> bool:
    record.msg, record.args = without_key(record.getMessage()), None
    return True

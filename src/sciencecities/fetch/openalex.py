"""Works of chosen journals and years from the OpenAlex API, within a budget, one page once.

Lists are paged by cursor; a work whose authors are cut is asked for again by its id, which is
free. docs/FETCH.md describes the course, the folder and the costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from sciencecities.edition.show import plural
from sciencecities.errors import BudgetEndedError, FetchError
from sciencecities.fetch import folder as folders
from sciencecities.fetch.http import Answer, Client, Manners, number, remaining_usd
from sciencecities.fetch.report import Report, Silent
from sciencecities.fetch.store import STATE, Part, Slice, Store
from sciencecities.fetch.works_query import (
    BYTES_PER_WORK,
    LIST_USD,
    PER_PAGE,
    SELECT,
    CountPage,
    Estimate,
    WorksPage,
    WorksQuery,
    calls_for,
)
from sciencecities.sources.manifest import NOTE, lost_part
from sciencecities.sources.openalex_works import Work, authors_are_cut

PART_WORKS = 5_000
MAX_MISSING = 0.01
"""Part of a filter's works that may be missing at its end; records move while one fetches."""
MAX_RESTARTS = 3


class _Id(Struct):
    id: str


@dataclass(slots=True)
class Spending:
    """What this run may spend and has spent, in dollars, and what the service says is left."""

    budget: float
    spent: float = 0.0
    left: float | None = None

    def allow(self, calls: int = 1) -> None:
        """Raise BudgetEndedError if so many further calls would go beyond the budget."""
        if self.spent + calls * LIST_USD > self.budget + 1e-9:
            raise BudgetEndedError(f"the budget of ${self.budget:.4f} for one run is spent")

    def take(self, answer: Answer, cost: float | None, price: float) -> float:
        """What an answer cost: as it says itself, as its headers say, else the listed price."""
        told = cost if cost is not None else number(answer.headers.get("X-RateLimit-Cost-USD"))
        paid = price if told is None or told < 0 else told
        self.spent += paid
        left = remaining_usd(answer.headers)
        self.left = self.left if left is None else left
        return paid

    def __str__(self) -> str:
        left = "" if self.left is None else f", ${self.left:.4f} left today"
        return f"${self.spent:.4f} of ${self.budget:.4f} spent{left}"


def fetch_works(
    query: WorksQuery,
    out: Path,
    *,
    budget: float = 1.0,
    key: str | None = None,
    agree: Callable[[Estimate], bool] = lambda _: True,
    manners: Manners | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Fetch the works of a query into gzip JSON lines in `out`; the content of its `fetch.json`.

    Goes on from whatever an earlier run left. `agree` is asked, once a run, when more is to come
    than the budget (dollars, for this run) pays for; False ends with BudgetEndedError. Raises
    FetchError for all else that goes wrong; what came is kept.
    """
    report = report or Silent()
    with folders.only_one(out):
        wanted = {"base_url": query.base_url, "filters": [list(f) for f in query.filters()]}
        note = folders.own_note(out, "openalex", STATE)
        if note:
            _check_same(out, note, wanted)
            if note.get("complete"):
                if lost := lost_part(out):
                    raise _lost(lost)
                (out / STATE).unlink(missing_ok=True)
                report.say(
                    f"{out} holds all {note.get('works', 0):,} works already; nothing to fetch"
                )
                return note
        store = Store(out)
        secret = {"api_key": key} if key else {}
        with Client(manners or Manners(), secret, report.say) as client:
            job = _Job(query, out, store, client, Spending(budget), report)
            try:
                job.run(wanted, agree)
            finally:
                note = job.write_note(wanted)
                store.close()
        if note["complete"]:
            (out / STATE).unlink(missing_ok=True)
        return note


def _check_same(out: Path, note: dict[str, Any], wanted: dict[str, Any]) -> None:
    if {k: note.get(k) for k in wanted} != wanted:
        raise FetchError(
            f"{out / NOTE}: is of another fetch (other journals, years, types or address); "
            "give another --out"
        )


def _lost(path: Path) -> FetchError:
    return FetchError(
        f"{path}: is gone or has changed since it was fetched; put it back, or give another --out"
    )


class _Job:
    def __init__(
        self,
        query: WorksQuery,
        out: Path,
        store: Store,
        client: Client,
        spending: Spending,
        report: Report,
    ) -> None:
        self.query = query
        self.url = query.base_url.rstrip("/") + "/works"
        self.out, self.store, self.client = out, store, client
        self.spending, self.report = spending, report
        self.recorded = dict.fromkeys(("requests", "bytes_used", "bytes_discarded", "retries"), 0)
        self.complete = False

    def run(self, wanted: dict[str, Any], agree: Callable[[Estimate], bool]) -> None:
        """Bring all that is missing, within the budget."""
        if self.store.note("wanted") is None:
            if not self.store.slices():
                self.store.begin(wanted["filters"])
            self.store.keep("began", _now())
            self.store.keep("wanted", wanted)
        elif self.store.note("wanted") != wanted:
            _check_same(self.out, {}, wanted)
        self.store.add({"runs": 1})
        self._check_parts()
        try:
            self._count()
            self._agree(agree)
            for part in self.store.slices():
                self._bring(part.number)
        except BudgetEndedError as error:
            slices = self.store.slices()
            have, all_ = self.store.n_works(), sum(s.expected or 0 for s in slices)
            counted = all(s.expected is not None for s in slices)
            of = f" of {all_:,}" if counted else ""
            raise BudgetEndedError(f"{error}; {have:,}{of} works are kept in {self.out}") from error
        self._check_parts()
        self.complete = True

    def _check_parts(self) -> None:
        for part in self.store.parts():
            path = self.out / part.name
            if not path.is_file() or path.stat().st_size != part.bytes:
                raise _lost(path)

    def _count(self) -> None:
        """Ask once for each filter how many works it has."""
        for part in self.store.slices():
            if part.expected is not None:
                continue
            self.spending.allow()
            params = {"filter": part.filter, "select": "id", "per_page": "1"}
            page, answer = self.client.get(self.url, params, type=CountPage)
            if page is None:
                raise self._refused(answer, part)
            self.store.expect(part.number, page.meta.count)
            self.store.add(self._sums(answer, None, "count"))

    def _agree(self, agree: Callable[[Estimate], bool]) -> None:
        slices = [s for s in self.store.slices() if not s.done]
        total = sum(s.expected or 0 for s in self.store.slices())
        works = sum(max(0, (s.expected or 0) - s.records) for s in slices)
        calls = sum(calls_for(max(0, (s.expected or 0) - s.records)) for s in slices)
        estimate = Estimate(
            works=works,
            calls=calls,
            cost_usd=calls * LIST_USD,
            bytes=works * BYTES_PER_WORK,
            budget_usd=self.spending.budget - self.spending.spent,
            left_usd=self.spending.left,
        )
        self.report.say(
            f"{plural(works, 'work')} to fetch: {plural(calls, 'call')}, "
            f"${estimate.cost_usd:.4f}, about {estimate.bytes / 1e6:,.0f} MB unpacked"
        )
        if estimate.cost_usd > estimate.budget_usd + 1e-9 and not agree(estimate):
            raise BudgetEndedError(
                f"that is above the budget of ${self.spending.budget:.2f} for one run: raise "
                "--budget, or say --yes to fetch what it pays for and go on another day"
            )
        self.report.begin(total, total - works, "works")

    def _bring(self, number: int) -> None:
        """Fetch the rest of one filter and write its parts."""
        while not (part := self._slice(number)).done:
            self._page(part)
            while self.store.waiting(number) >= PART_WORKS:
                self._write_part(number)
        self._check_end(part)
        while self.store.waiting(number):
            self._write_part(number)

    def _slice(self, number: int) -> Slice:
        return self.store.slices()[number - 1]

    def _page(self, part: Slice) -> None:
        """One page: asked for, understood, kept with the cursor after it."""
        self.spending.allow()
        params = {
            "filter": part.filter,
            "select": SELECT,
            "sort": "publication_date",  # citations change by the hour, and with them their order
            "per_page": str(PER_PAGE),
            "cursor": part.cursor,
        }
        page, answer = self.client.get(self.url, params, type=WorksPage)
        if page is None:
            self._begin_anew(part, answer)
            return
        following = page.meta.next_cursor if page.results else None
        if following == part.cursor or part.pages > 20 + 4 * calls_for(page.meta.count):
            raise FetchError(
                f"{answer.url}: its pages do not end; what was fetched is kept, try again later"
            )
        works = [_known(raw, answer) for raw in page.results]
        sums = self._sums(answer, page.meta.cost_usd, "page")
        self.store.add_page(
            part.number, works, cursor=following, expected=page.meta.count, sums=sums
        )
        self.report.advance(len(works), str(self.spending))

    def _begin_anew(self, part: Slice, answer: Answer) -> None:
        """A cursor that the service no longer takes: from the filter's beginning."""
        self.store.add(self._traffic())
        if part.cursor == "*" or part.restarts >= MAX_RESTARTS:
            raise self._refused(answer, part)
        self.report.say("the service no longer takes our place in the list; its filter begins anew")
        self.store.restart(part.number)

    def _refused(self, answer: Answer, part: Slice) -> FetchError:
        return FetchError(
            f"{answer.url}: answers {answer.status} to the filter {part.filter[:80]}…: "
            f"{self.client.excerpt(answer)}; look at --base-url, --types and --from-updated"
        )

    def _check_end(self, part: Slice) -> None:
        missing = (part.expected or 0) - part.records
        if part.expected is None or missing <= max(5, MAX_MISSING * part.expected):
            return
        self.store.restart(part.number)
        raise FetchError(
            f"{self.url}: its list ended after {part.records:,} of {part.expected:,} works of "
            f"{part.year}; the same command asks for that list anew and keeps what came"
        )

    def _write_part(self, number: int) -> None:
        for work_id in self.store.cut_works():
            self._mend(work_id)
        rows = list(self.store.next_works(number, PART_WORKS))
        serial = sum(p.slice == number for p in self.store.parts()) + 1
        name = f"works-{self._slice(number).year}-{number:03}-{serial:04}.jsonl.gz"
        stored, unpacked, digest = folders.write_part(self.out / name, (body for _, body in rows))
        part = Part(name, number, len(rows), stored, unpacked, digest)
        self.store.finish_part(part, rows[-1][0])

    def _mend(self, work_id: str) -> None:
        """Ask for a work with cut authors by its id."""
        url = f"{self.url}/{work_id.rsplit('/', 1)[-1]}"
        work, answer = self.client.get(url, {"select": SELECT})
        body = _line(work) if work is not None else None
        known = _known(msgspec.Raw(body), answer) if body else None
        same = known is not None and known[0] == work_id
        sums = self._sums(answer, None, "single", price=0.0)
        sums["mended" if same and known and not known[2] else "still_cut"] = 1
        self.store.mend(work_id, body if same else None, sums)

    def _sums(
        self, answer: Answer, cost: float | None, kind: str, price: float = LIST_USD
    ) -> dict[str, float]:
        """What an answer adds to the account."""
        paid = self.spending.take(answer, cost, price)
        return {
            "cost_usd": paid,
            f"{kind}_calls": 1,
            f"{kind}_bytes": answer.n_bytes,
        } | self._traffic()

    def _traffic(self) -> dict[str, float]:
        """Requests and bytes since the last time."""
        now = {name: getattr(self.client.tally, name) for name in self.recorded}
        new = {name: float(now[name] - self.recorded[name]) for name in now}
        self.recorded = now
        return new

    def write_note(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Write `fetch.json`: what was asked, what came, what each part is, what it cost."""
        from importlib.metadata import version

        self.store.add(self._traffic())
        sums, parts = self.store.sums(), self.store.parts()
        slices = self.store.slices()
        counted = ("requests", "retries", "bytes_used", "bytes_discarded")
        kinds = [f"{kind}_{what}" for kind in ("count", "page", "single") for what in _WHAT]
        note: dict[str, Any] = wanted | {
            "query": msgspec.to_builtins(self.query),
            "format": 1,
            "what": "openalex",
            "complete": self.complete,
            "version": version("sciencecities"),
            "began": self.store.note("began"),
            "ended": _now(),
            "runs": int(sums["runs"]),
            "works": self.store.n_works(),
            "works_expected": sum(s.expected or 0 for s in slices),
            "duplicates": int(sums["duplicates"]),
            "authors_mended": int(sums["mended"]),
            "authors_still_cut": int(sums["still_cut"]),
            "slices": [{k: getattr(s, k) for k in _SLICE_KEYS} for s in slices],
            "parts": [msgspec.to_builtins(p) for p in parts],
            "service": {k: int(sums[k]) for k in (*counted, *kinds)}
            | {"cost_usd": round(sums["cost_usd"], 6)},
        }
        folders.write_note(self.out, note)
        return note


_WHAT = ("calls", "bytes")
_SLICE_KEYS = ("filter", "year", "expected", "records", "pages", "restarts", "done")


def _known(raw: msgspec.Raw, answer: Answer) -> tuple[str, bytes, bool]:
    """A work's id, its JSON on one line, and whether its authors are cut."""
    try:
        work = msgspec.json.decode(raw, type=Work)
        work_id, cut = work.id, authors_are_cut(work)
    except msgspec.ValidationError:  # a field of another type: the reader sets the record aside
        work_id, cut = None, False
    try:
        work_id = work_id or msgspec.json.decode(raw, type=_Id).id
    except msgspec.DecodeError as error:
        raise FetchError(
            f"{answer.url}: a work without an id is not as documented ({error}); update "
            "sciencecities or report this; what was fetched is kept"
        ) from error
    return work_id, _line(raw), cut


def _line(raw: msgspec.Raw) -> bytes:
    """JSON without line ends, otherwise as it came."""
    data = bytes(raw)
    if b"\n" in data or b"\r" in data:
        return msgspec.json.encode(msgspec.json.decode(data))
    return data


def _now() -> str:
    return datetime.fromtimestamp(int(time.time()), UTC).isoformat()

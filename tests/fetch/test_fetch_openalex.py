"""Works over the API: what is asked, what is kept, and what happens when something goes wrong."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fetch_server import LIST_USD, Fault, Seen, Service, work

from sciencecities.cli import run
from sciencecities.errors import BudgetEndedError, ConfigError, FetchError, SourceError
from sciencecities.fetch.http import Manners
from sciencecities.fetch.openalex import fetch_works
from sciencecities.fetch.report import Silent
from sciencecities.fetch.store import STATE
from sciencecities.fetch.works_query import Estimate, WorksQuery
from sciencecities.sources import expand

Json = dict[str, Any]


def query(service: Service, **keys: Any) -> WorksQuery:
    return WorksQuery(**{"journals": "all", "years": [2024], "base_url": service.url} | keys)


def works_in(out: Path) -> list[Json]:
    """Every work of the finished parts, in order."""
    found = []
    for path in sorted(out.glob("works-*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            found += [json.loads(line) for line in file]
    return found


def ids(works: list[Json]) -> list[str]:
    return sorted(w["id"] for w in works)


def is_page(number: int) -> Callable[[Seen], bool]:
    """Whether a request is the n-th for a page, and each one after it."""
    count = 0

    def wanted(seen: Seen) -> bool:
        nonlocal count
        count += seen.path == "/works" and "cursor" in seen.params
        return count >= number and "cursor" in seen.params

    return wanted


def test_all_works_come_once_with_the_fields_that_are_read(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.works = [work(n) for n in range(1, 251)] + [work(n, year=2023) for n in range(300, 305)]
    note = fetch_works(query(service, years=[2023, 2024]), tmp_path / "out", manners=manners)
    found = works_in(tmp_path / "out")
    assert ids(found) == ids(service.works)
    assert "title" not in found[0]
    assert {"id", "doi", "authorships", "primary_location", "updated_date"} <= set(found[0])
    pages = service.pages()
    assert len(pages) == 1 + 3
    assert {p.params["per_page"] for p in pages} == {"100"}
    assert note["complete"] and note["works"] == note["works_expected"] == 255
    assert note["service"]["cost_usd"] == pytest.approx((2 + 4) * LIST_USD)
    for part in note["parts"]:
        data = (tmp_path / "out" / part["name"]).read_bytes()
        assert part["bytes"] == len(data)
        assert part["sha256"] == hashlib.sha256(data).hexdigest()
        assert part["unpacked_bytes"] == len(gzip.decompress(data))
    assert sum(p["works"] for p in note["parts"]) == 255
    assert note["service"]["bytes_used"] == sum(s.n_bytes for s in service.seen)
    assert note["service"]["requests"] == len(service.seen)


def test_a_journal_list_is_asked_for_in_filters_of_a_hundred(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    def issn(number: int) -> str:
        digits = f"{number:07}"
        check = -sum((8 - i) * int(d) for i, d in enumerate(digits)) % 11
        return f"{digits[:4]}-{digits[4:]}{'X' if check == 10 else check}"

    rows = [(issn(2 * n), issn(2 * n + 1)) for n in range(1, 80)]
    table = "title,issn_print,issn_electronic\n"
    table += "".join(f"J{n},{a},{b}\n" for n, (a, b) in enumerate(rows))
    (tmp_path / "journals.csv").write_text(table)
    service.works = [work(n, issn=pair[n % 2]) for n, pair in enumerate(rows, 1)]
    service.works += [work(1000, issn="0028-0836")]
    journals = str(tmp_path / "journals.csv")
    note = fetch_works(query(service, journals=journals), tmp_path / "out", manners=manners)
    assert ids(works_in(tmp_path / "out")) == ids(service.works[:-1])
    sets = [set(f["filter"].split(",")[0].split(":")[1].split("|")) for f in note["slices"]]
    assert [len(s) for s in sets] == [100, 58]
    assert all(len({a, b} & s) != 1 for a, b in rows for s in sets), "a journal is in one filter"


def test_nature_index_journals_fit_two_or_three_filters(tmp_path: Path) -> None:
    wanted = WorksQuery(journals="nature-index-145", years=[2024])
    assert 2 <= len(wanted.filters()) <= 4
    assert all("publication_year:2024,type:article|review" in f for f, _ in wanted.filters())
    with pytest.raises(ConfigError, match="no journal set"):
        WorksQuery(journals="nature-index-99", years=[2024]).filters()


def test_works_with_cut_authors_are_asked_for_by_id_and_cost_nothing(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.works = [work(1), work(2, authors=101), work(3, authors=100), work(4, authors=2500)]
    unknown = work(5, authors=100)
    unknown["authorships"][-1]["author_position"] = "middle"  # the service has no more either
    service.works.append(unknown)
    note = fetch_works(query(service), tmp_path / "out", manners=manners)
    authors = {w["id"]: len(w["authorships"]) for w in works_in(tmp_path / "out")}
    assert list(authors.values()) == [1, 101, 100, 2500, 100]
    asked = [s.path for s in service.seen if s.path.startswith("/works/")]
    assert sorted(asked) == ["/works/W2", "/works/W4", "/works/W5"]
    assert (note["authors_mended"], note["authors_still_cut"]) == (2, 1)
    assert note["service"]["cost_usd"] == pytest.approx(2 * LIST_USD)


def test_a_cut_work_that_is_gone_stays_as_it_was_listed(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.works = [work(1, authors=120)]
    service.faults = [Fault(lambda s: s.path == "/works/W1", status=404)]
    note = fetch_works(query(service), tmp_path / "out", manners=manners)
    (found,) = works_in(tmp_path / "out")
    assert len(found["authorships"]) == 100 and found["is_authors_truncated"]
    assert note["authors_still_cut"] == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "headers": {"Retry-After": "0"}},
        {"status": 500},
        {"status": 503, "headers": {"Retry-After": "0.01"}, "times": 2},
        {"cut": 0.0},
        {"cut": 0.7, "times": 3},
        {"stall": True},
        {"change": lambda body: body[: len(body) // 2]},
        {"change": lambda _: b"<html>busy</html>"},
    ],
    ids=["429", "500", "503", "cut", "cut-thrice", "stalled", "cut-unseen", "page-of-a-proxy"],
)
def test_a_passing_fault_is_tried_again(
    service: Service, tmp_path: Path, fault: dict[str, Any]
) -> None:
    service.works = [work(n) for n in range(1, 351)]
    service.faults = [Fault(is_page(2), **fault)]
    manners = Manners(rate=1000, timeout=3, attempts=4, backoff=0.01)
    note = fetch_works(query(service), tmp_path / "out", manners=manners)
    assert ids(works_in(tmp_path / "out")) == ids(service.works)
    assert note["service"]["retries"] == sum(s.spoilt for s in service.seen) > 0
    good = sum(s.n_bytes for s in service.seen if not s.spoilt)
    assert note["service"]["bytes_used"] == good
    assert note["duplicates"] == 0


def test_retry_after_is_heeded(service: Service, manners: Manners, tmp_path: Path) -> None:
    import time

    service.works = [work(1)]
    service.faults = [Fault(is_page(1), status=429, headers={"Retry-After": "1"})]
    start = time.monotonic()
    fetch_works(query(service), tmp_path / "out", manners=manners)
    assert time.monotonic() - start >= 1


def test_a_fault_that_stays_ends_with_one_line_and_goes_on_later(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.works = [work(n) for n in range(1, 451)]
    service.faults = [Fault(is_page(3), status=500, times=4)]
    with pytest.raises(FetchError, match=r"/works: answers 500: made up, 4 times; .*goes on"):
        fetch_works(query(service), tmp_path / "out", manners=manners)
    before = len(service.pages())
    note = fetch_works(query(service), tmp_path / "out", manners=manners)
    assert len(service.pages()) - before == 3  # pages 3 to 5
    assert note["runs"] == 2 and note["works"] == 450
    assert ids(works_in(tmp_path / "out")) == ids(service.works)
    assert sum(s.path == "/works" and "cursor" not in s.params for s in service.seen) == 1


def test_duplicate_pages_are_kept_once(service: Service, manners: Manners, tmp_path: Path) -> None:
    service.works = [work(n) for n in range(1, 301)]
    first: list[bytes] = []

    def repeat(body: bytes) -> bytes:
        page = json.loads(body)
        first[:] = first or [json.dumps(page["results"]).encode()]
        return json.dumps(page | {"results": json.loads(first[0])}).encode()

    service.works += [work(n) for n in range(1, 51)]  # records that moved while being listed
    service.faults = [Fault(is_page(1), change=repeat, times=1)]
    note = fetch_works(query(service), tmp_path / "out", manners=manners)
    found = works_in(tmp_path / "out")
    assert ids(found) == ids(service.works[:300])
    assert note["duplicates"] == 50


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda page: {"meta": page["meta"]}, "missing required field `results`"),
        (lambda page: page | {"results": {}}, r"Expected `array`.*\$.results"),
        (lambda page: page | {"meta": page["meta"] | {"next_cursor": 7}}, r"\$.meta.next_cursor"),
        (lambda page: page | {"meta": {"count": 3}}, "next_cursor"),
        (lambda page: page | {"results": [{"title": "x"}]}, "a work without an id"),
    ],
    ids=["results", "array", "cursor-type", "cursor", "id"],
)
def test_another_schema_is_one_clear_error(
    service: Service, manners: Manners, tmp_path: Path, change: Callable[[Json], Json], said: str
) -> None:
    service.works, service.key = [work(n) for n in range(1, 251)], "hush"
    fault = Fault(is_page(2), change=lambda b: json.dumps(change(json.loads(b))).encode())
    service.faults = [fault]
    with pytest.raises(FetchError, match=said) as caught:
        fetch_works(query(service), tmp_path / "out", key="hush", manners=manners)
    text = str(caught.value)
    assert f"{service.url}/works" in text and "update sciencecities" in text
    assert "hush" not in text and "\n" not in text


def test_a_list_without_end_is_noticed(service: Service, manners: Manners, tmp_path: Path) -> None:
    service.works = [work(n) for n in range(1, 251)]

    def same(body: bytes) -> bytes:
        page = json.loads(body)
        page["meta"]["next_cursor"] = "MTAw"
        return json.dumps(page).encode()

    service.faults = [Fault(is_page(1), change=same, times=100)]
    with pytest.raises(FetchError, match="its pages do not end"):
        fetch_works(query(service), tmp_path / "out", manners=manners)


def test_a_list_that_ends_early_is_an_error_and_begun_anew(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.works = [work(n) for n in range(1, 451)]

    def end(body: bytes) -> bytes:
        page = json.loads(body)
        page["meta"]["next_cursor"] = None
        return json.dumps(page).encode()

    service.faults = [Fault(is_page(2), change=end)]
    with pytest.raises(FetchError, match="ended after 200 of 450 works of 2024"):
        fetch_works(query(service), tmp_path / "out", manners=manners)
    fetch_works(query(service), tmp_path / "out", manners=manners)
    assert ids(works_in(tmp_path / "out")) == ids(service.works)


def test_a_cursor_no_longer_taken_begins_its_filter_anew(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.works = [work(n) for n in range(1, 451)]
    service.faults = [Fault(is_page(3), status=400, body=b'{"error": "Invalid cursor"}')]
    note = fetch_works(query(service), tmp_path / "out", manners=manners)
    assert ids(works_in(tmp_path / "out")) == ids(service.works)
    assert note["slices"][0]["restarts"] == 1 and note["duplicates"] == 200


def test_a_refused_filter_says_what_the_service_said(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.faults = [Fault(lambda _: True, status=400, body=b'{"message": "unknown type"}')]
    with pytest.raises(FetchError, match=r"answers 400 to the filter .*unknown type"):
        fetch_works(query(service), tmp_path / "out", manners=manners)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_by_its_variable_alone(
    service: Service, manners: Manners, tmp_path: Path, status: int
) -> None:
    service.works, service.key = [work(1)], "right"
    service.faults = [Fault(lambda _: True, status=status, body=b'{"message": "Invalid key"}')]
    with pytest.raises(FetchError, match=rf"refused \({status}: Invalid key\)") as caught:
        fetch_works(query(service), tmp_path / "out", key="wr0ng-k3y", manners=manners)
    assert "wr0ng-k3y" not in str(caught.value)
    assert len(service.seen) == 1, "asking again with the same key is of no use"


def test_the_key_is_written_nowhere(
    service: Service, manners: Manners, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    service.works, service.key = [work(n) for n in range(1, 151)], "s3cret-k3y"
    caplog.set_level(logging.DEBUG)
    fetch_works(query(service), tmp_path / "out", key="s3cret-k3y", manners=manners)
    assert all(s.params["api_key"] == "s3cret-k3y" for s in service.seen)
    assert "s3cret-k3y" not in caplog.text and "api_key=…" in caplog.text
    for path in (tmp_path / "out").rglob("*"):
        assert b"s3cret-k3y" not in path.read_bytes() and "s3cret" not in path.name


@pytest.mark.parametrize("status", [400, 401, 404, 418, 500])
@pytest.mark.parametrize("key", ["s3cret-k3y", "s3cret'k3y&/more"])
def test_a_key_that_the_service_repeats_is_shown_nowhere(
    service: Service, manners: Manners, tmp_path: Path, status: int, key: str, capfd: Any
) -> None:
    for body in (
        f'{{"message": "{"x" * 100}bad key {key}, sorry"}}',
        f"no /works?api_key={key} here",
    ):
        service.faults = [Fault(lambda _: True, status=status, body=body.encode(), times=9)]
        said: list[str] = []
        report = Silent()
        report.say = said.append  # type: ignore[method-assign]
        with pytest.raises(FetchError, match=str(status)) as caught:
            fetch_works(query(service), tmp_path / "out", key=key, manners=manners, report=report)
        for text in (str(caught.value), *said):
            assert "s3cret" not in text and "more" not in text
    for path in (tmp_path / "out").rglob("*"):
        assert b"s3cret" not in path.read_bytes()


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (503, {"Retry-After": "86400"}, "goes on from here after 20.* UTC"),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1e300"}, "after 00:00 UTC"),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "nan"}, "after 00:00 UTC"),
    ],
)
def test_a_service_that_closes_for_long_is_not_waited_for(
    service: Service, manners: Manners, tmp_path: Path, status: int, headers: Any, expected: str
) -> None:
    service.faults = [Fault(lambda _: True, status=status, headers=headers)]
    with pytest.raises(FetchError, match=expected):
        fetch_works(query(service), tmp_path / "out", manners=manners)
    assert len(service.seen) == 1


def test_a_reset_may_be_a_second_of_time(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    at = datetime.now(UTC) + timedelta(hours=3)
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(at.timestamp()))}
    service.faults = [Fault(lambda _: True, status=429, headers=headers)]
    with pytest.raises(BudgetEndedError, match=f"after {at:%Y-%m-%d %H:%M} UTC"):
        fetch_works(query(service), tmp_path / "out", manners=manners)


@pytest.mark.parametrize("date", ["Thu, 01 Jan 99999999999 00:00:00 GMT", "01 Jan", "-5", "inf"])
def test_an_odd_retry_after_is_as_good_as_none(
    service: Service, manners: Manners, tmp_path: Path, date: str
) -> None:
    service.works = [work(1)]
    service.faults = [Fault(lambda _: True, status=429, headers={"Retry-After": date})]
    assert fetch_works(query(service), tmp_path / "out", manners=manners)["works"] == 1


@pytest.mark.parametrize("count", ["-5", "1" + "0" * 30])
def test_an_absurd_number_of_works_is_not_as_documented(
    service: Service, manners: Manners, tmp_path: Path, count: str
) -> None:
    body = f'{{"meta": {{"count": {count}}}}}'.encode()
    service.faults = [Fault(lambda _: True, status=200, body=body)]
    with pytest.raises(FetchError, match=r"does not answer as documented .*count"):
        fetch_works(query(service), tmp_path / "out", manners=manners)


def test_a_cost_below_nothing_does_not_fill_the_budget(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.works = [work(n) for n in range(1, 251)]
    change = lambda body: body.replace(b'"cost_usd":0.0001', b'"cost_usd":-1.0')  # noqa: E731
    service.faults = [Fault(lambda s: "cursor" in s.params, change=change, times=9)]
    note = fetch_works(query(service), tmp_path / "out", manners=manners)
    assert note["service"]["cost_usd"] == pytest.approx(4 * LIST_USD)


def test_a_file_that_was_lost_afterwards_is_missed(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.works = [work(1), work(2, year=2023)]
    out = tmp_path / "out"
    fetch_works(query(service, years=[2023, 2024]), out, manners=manners)
    assert len(expand([str(out)])) == 2
    lost = min(out.glob("works-*"))
    lost.unlink()
    with pytest.raises(FetchError, match=f"{lost.name}: is gone or has changed"):
        fetch_works(query(service, years=[2023, 2024]), out, manners=manners)
    with pytest.raises(SourceError, match=f"{lost.name}: is gone or has changed"):
        expand([str(out)])


def test_the_budget_of_a_run_is_kept_to_the_last_page(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.works = [work(n) for n in range(1, 951)]
    asked: list[Estimate] = []

    def agree(estimate: Estimate) -> bool:
        asked.append(estimate)
        return True

    out = tmp_path / "out"
    with pytest.raises(BudgetEndedError, match=r"budget of \$0.0006 .*500 of 950 works are kept"):
        fetch_works(query(service), out, budget=0.0006, agree=agree, manners=manners)
    assert service.spent_usd == pytest.approx(0.0006)
    (estimate,) = asked
    assert (estimate.works, estimate.calls) == (950, 10)
    assert estimate.cost_usd == pytest.approx(0.001)
    with pytest.raises(SourceError, match="its fetch is not done"):
        expand([str(out)])
    note = fetch_works(query(service), out, budget=1, agree=agree, manners=manners)
    assert len(asked) == 1, "the rest is within the budget"
    assert service.spent_usd == pytest.approx(0.0011)
    assert note["service"]["cost_usd"] == pytest.approx(0.0011)
    assert ids(works_in(out)) == ids(service.works)
    assert not (out / STATE).exists()


def test_above_the_budget_nothing_is_fetched_without_consent(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.works = [work(n) for n in range(1, 951)]
    with pytest.raises(BudgetEndedError, match=r"above the budget of .*--budget, or say --yes"):
        fetch_works(query(service), tmp_path, budget=0.0006, agree=lambda _: False, manners=manners)
    assert not service.pages()


def test_the_end_of_the_service_s_day_says_when_to_go_on(
    service: Service, manners: Manners, tmp_path: Path
) -> None:
    service.works, service.budget_usd = [work(n) for n in range(1, 951)], 0.0004
    with pytest.raises(
        BudgetEndedError, match=r"allowance for today is used up; go on after 20\d\d-.* UTC; 300 of"
    ):
        fetch_works(query(service), tmp_path / "out", manners=manners)
    service.budget_usd = 1.0
    before = len(service.pages())
    fetch_works(query(service), tmp_path / "out", manners=manners)
    assert len(service.pages()) - before == 7
    assert ids(works_in(tmp_path / "out")) == ids(service.works)


def test_a_folder_holds_one_fetch(service: Service, manners: Manners, tmp_path: Path) -> None:
    service.works = [work(1)]
    fetch_works(query(service), tmp_path / "out", manners=manners)
    asked = len(service.seen)
    note = fetch_works(query(service), tmp_path / "out", manners=manners)
    assert len(service.seen) == asked and note["works"] == 1, "nothing is left to fetch"
    with pytest.raises(FetchError, match="is of another fetch"):
        fetch_works(query(service, years=[2023]), tmp_path / "out", manners=manners)
    assert [f.name for f in expand([str(tmp_path / "out")])] == ["works-2024-001-0001.jsonl.gz"]


def test_a_part_that_is_gone_is_noticed(service: Service, manners: Manners, tmp_path: Path) -> None:
    service.works = [work(n) for n in range(1, 201)] + [work(n, year=2023) for n in range(300, 600)]
    service.faults = [Fault(is_page(5), status=500, times=9)]
    wanted = query(service, years=[2023, 2024])
    with pytest.raises(FetchError, match="answers 500"):
        fetch_works(wanted, tmp_path / "out", manners=manners)
    (tmp_path / "out" / "works-2023-001-0001.jsonl.gz").unlink()
    service.faults = []
    with pytest.raises(FetchError, match="is gone or has changed"):
        fetch_works(wanted, tmp_path / "out", manners=manners)


def test_the_command_line(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    service.works, service.key = [work(n) for n in range(1, 251)], "s3cret-k3y"
    monkeypatch.setenv("OPENALEX_API_KEY", "s3cret-k3y")
    out = str(tmp_path / "out")
    command = ["fetch", "openalex", "--journals", "all", "--years", "2024", "--out", out]
    command += ["--base-url", service.url, "--rate", "1000"]
    assert run([*command, "--budget", "0.0002"]) == 1
    shown = capfd.readouterr().err
    assert "250 works to fetch: 3 calls, $0.0003" in shown
    assert "error: that is above the budget" in shown and "Then: sciencecities" in shown
    assert run([*command, "--budget", "0.0002", "--yes"]) == 1
    assert "200 of 250 works are kept" in capfd.readouterr().err
    assert run(command) == 0
    shown = "".join(capfd.readouterr())
    assert "250 works in 1 file, " in shown and f"Next: sciencecities build {out}" in shown
    assert "s3cret" not in shown
    assert run([*command, "--types", "art icle"]) == 2
    assert run([*command[:-4], "--base-url", "nowhere"]) == 2
    assert run(["fetch", "openalex", "--journals", "none.csv", "--years", "2024"]) == 2
    helped = CliRunner().invoke(__import__("sciencecities.cli", fromlist=["cli"]).cli, ["fetch"])
    assert "goes on from where it stopped" in helped.output


def test_no_service_there(tmp_path: Path, manners: Manners) -> None:
    wanted = WorksQuery(journals="all", years=[2024], base_url="http://127.0.0.1:9")
    with pytest.raises(FetchError, match=r"cannot be reached .* 4 times"):
        fetch_works(wanted, tmp_path / "out", manners=manners)

"""Fetches stopped again and again: every work comes once, every byte is accounted for."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from fetch_server import LIST_USD, Fault, Seen, Service, work

import sciencecities as sc
from sciencecities import config
from sciencecities.fetch import openalex
from sciencecities.fetch.http import Manners
from sciencecities.fetch.works_query import WorksQuery

SHARED = Path(os.environ.get("SCIENCECITIES_SHARED") or Path(__file__).parents[2].parent / "shared")
INTERRUPTIONS = 50


def query(service: Service) -> WorksQuery:
    return WorksQuery(journals="all", years=[2023, 2024], base_url=service.url)


def fetch_in_fork(service: Service, out: Path, attempts: int) -> int:
    """A fetch in a process of its own; its id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        openalex.PART_WORKS = 300
        manners = Manners(rate=100_000, timeout=5, attempts=attempts, backoff=0.001)
        openalex.fetch_works(query(service), out, manners=manners)
        os._exit(0)
    except sc.errors.FetchError:
        os._exit(1)
    except BaseException:
        os._exit(70)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_fifty_interruptions_lose_nothing_and_fetch_nothing_twice(
    service: Service, tmp_path: Path
) -> None:
    rng = random.Random(8)
    service.works = [
        work(n, year=2023 + n % 2, authors=130 if n % 150 == 0 else 1 + n % 3)
        for n in range(1, 6_001)
    ]
    out = tmp_path / "out"
    child = [0]
    kill_at, delay = [10**9], [0.0]

    def kill_sometimes(seen: Seen) -> None:
        kill_at[0] -= 1
        if kill_at[0] == 0:
            threading.Timer(delay[0], os.kill, (child[0], signal.SIGKILL)).start()

    service.before = kill_sometimes
    stops: list[int] = []
    while len(stops) < INTERRUPTIONS:
        way = rng.choice(("kill", "kill", "cut", "500"))
        at = rng.randint(1, 4)
        if way == "kill":  # at a request, or some instants later: between a page and a part
            kill_at[0], delay[0] = at, rng.choice((0, rng.uniform(0, 0.02)))
        else:
            left = [at]

            def now(seen: Seen, left: list[int] = left) -> bool:
                left[0] -= 1
                return left[0] <= 0

            spoilt = Fault(now, cut=rng.random()) if way == "cut" else Fault(now, status=500)
            service.faults = [spoilt]
        child[0] = fetch_in_fork(service, out, attempts=1)
        _, status = os.waitpid(child[0], 0)
        kill_at[0], service.faults = 10**9, []
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, 1, -signal.SIGKILL)
        assert code or len(stops) > 30, "done before it could be stopped"
        if code == 0:
            break
        stops.append(code)
    assert len(stops) == INTERRUPTIONS
    time.sleep(0.05)  # a late kill of the last child finds nobody
    child[0] = fetch_in_fork(service, out, attempts=4)
    assert os.waitpid(child[0], 0)[1] == 0

    note = json.loads((out / "fetch.json").read_bytes())
    found: list[dict[str, Any]] = []
    for part in note["parts"]:
        lines = gzip.decompress((out / part["name"]).read_bytes()).splitlines()
        assert len(lines) == part["works"]
        found += map(json.loads, lines)
    assert sorted(w["id"] for w in found) == sorted(w["id"] for w in service.works)
    assert all(len(w["authorships"]) == 130 for w in found if int(w["id"][22:]) % 150 == 0)
    assert {p.name for p in out.iterdir()} == {p["name"] for p in note["parts"]} | {
        "fetch.json",
        ".fetch.lock",
    }

    pages: dict[tuple[str, str], list[Seen]] = {}
    for seen in service.pages():
        pages.setdefault((seen.params["filter"], seen.params["cursor"]), []).append(seen)
    assert len(pages) == 60
    assert note["service"]["page_calls"] == 60, "each page is kept once"
    again = sum(len(asked) - 1 for asked in pages.values())
    assert again <= INTERRUPTIONS, "only the page under way is asked for again"
    whole = {key: [s.n_bytes for s in asked if not s.spoilt] for key, asked in pages.items()}
    assert note["service"]["page_bytes"] == sum(sizes[-1] for sizes in whole.values())
    account = note["service"]
    kinds = ("count_bytes", "page_bytes", "single_bytes")
    assert account["bytes_used"] == sum(account[k] for k in kinds)
    assert account["cost_usd"] == pytest.approx((60 + account["count_calls"]) * LIST_USD)
    assert note["runs"] >= len(stops) // 2


def test_ctrl_c_says_how_to_go_on(service: Service, tmp_path: Path) -> None:
    service.works = [work(n) for n in range(1, 501)]
    command = [sys.executable, "-m", "sciencecities", "fetch", "openalex", "--journals", "all"]
    command += ["--years", "2024", "--out", str(tmp_path / "out"), "--base-url", service.url]
    process: list[subprocess.Popen[bytes]] = []
    pages = [0]

    def interrupt(seen: Seen) -> None:
        pages[0] += "cursor" in seen.params
        if pages[0] == 3 and process:
            process[0].send_signal(signal.SIGINT)
            process[0].wait()

    service.before = interrupt
    process.append(
        subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
    )
    _, shown = process[0].communicate(timeout=180)
    assert process[0].returncode == 130
    assert shown.decode().splitlines()[-1] == "interrupted; the same command goes on from here"
    process.clear()
    done = subprocess.run(command, capture_output=True, check=False, timeout=180)
    assert done.returncode == 0
    assert b"going on after 200 of 500 works" in done.stderr
    assert b"500 works in 1 file, " in done.stdout


def test_two_fetches_of_one_folder(service: Service, tmp_path: Path, manners: Manners) -> None:
    service.works = [work(1)]
    refused: list[str] = []

    def second(_: Seen) -> None:
        service.before = lambda _: None
        with pytest.raises(sc.errors.FetchError) as caught:
            openalex.fetch_works(query(service), tmp_path, manners=manners)
        refused.append(str(caught.value))

    service.before = second
    openalex.fetch_works(query(service), tmp_path, manners=manners)
    assert "another fetch is filling it" in refused[0]


def test_a_full_disk_loses_nothing(service: Service, small_disk: Path, manners: Manners) -> None:
    service.works = [work(n, authors=60) for n in range(1, 3001)]
    filler = small_disk / "filler"
    filler.write_bytes(bytes(5 << 20))
    with pytest.raises(sc.errors.FetchError, match="free disk space, then the same command goes"):
        openalex.fetch_works(query(service), small_disk / "out", manners=manners)
    filler.unlink()
    before = len(service.pages())
    assert before < 30
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    note = openalex.fetch_works(query(service), small_disk / "out", manners=manners)
    assert note["works"] == 3000
    assert len(service.pages()) <= 31 + 1


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="development data are not beside the checkout")
def test_a_build_of_what_was_fetched_is_that_of_the_records_themselves(
    service: Service, tmp_path: Path, manners: Manners
) -> None:
    sample = SHARED / "data" / "openalex" / "works-sample.jsonl.gz"
    with gzip.open(sample, "rt", encoding="utf-8") as lines:
        records = [w for line in lines if "host_venue" not in (w := json.loads(line))]
    wanted = [
        w for w in records if w["publication_year"] == 2023 and w["type"] in ("article", "review")
    ]
    assert len(wanted) > 300
    service.works = records
    with gzip.open(tmp_path / "direct.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(w) + "\n" for w in wanted)
    out = tmp_path / "fetched"
    ask = WorksQuery(journals="all", years=[2023], base_url=service.url)
    assert openalex.fetch_works(ask, out, manners=manners)["works"] == len(wanted)
    hashes = []
    for source in (out, tmp_path / "direct.jsonl.gz"):
        edition = tmp_path / f"edition-{source.name}"
        sc.build(config.make(sources=[str(source)], out=str(edition), replicates=0))
        manifest = json.loads((edition / "manifest.json").read_bytes())
        hashes.append({name: t["sha256"] for name, t in manifest["tables"].items()})
    assert hashes[0] == hashes[1]

"""A build that is told to end, or whose workers are, while worker processes read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from fault_works import FEW_SCOPES, built, hashes, lines, n_works, work, works, write

GOES_ON = "interrupted; the same command with --resume goes on from here\n"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12,000 works in 40 MB: three pieces, which workers read."""
    padding = {"abstract_inverted_index": {"word": [0] * 1000}}
    data = lines(work(n, **padding) for n in range(12_000))
    return write(tmp_path_factory.mktemp("large") / "works.jsonl", data)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    old = write(tmp_path / "old.jsonl", lines(works(1, 9)))
    return built(old, tmp_path / "editions" / "edition")


@contextmanager
def reading(
    source: Path, out: Path, *flags: str
) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """A build in its own session, one part read and others under way, and its worker processes."""
    command = [sys.executable, "-m", "sciencecities", "build", source, "--out", out, "-q", *flags]
    process = subprocess.Popen(
        [*command, "--threads", "2", "--scopes", FEW_SCOPES],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    done = out.parent / f".{out.name}.building" / "corpus" / "done"
    try:
        until(lambda: done.is_dir() and any(done.glob("*.json")))
        yield process, psutil.Process(process.pid).children(recursive=True)
    finally:
        process.kill()
        process.communicate()


def until(happens: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


@pytest.mark.parametrize(
    ("number", "to_all", "code", "line"),
    [
        (signal.SIGINT, True, 130, GOES_ON),
        (signal.SIGINT, False, 130, GOES_ON),
        (signal.SIGTERM, False, 143, GOES_ON),
        (signal.SIGKILL, False, -9, None),
    ],
    ids=["ctrl-c", "int", "term", "kill"],
)
def test_a_build_that_is_told_to_end(
    number: int, to_all: bool, code: int, line: str | None, large: Path, out: Path
) -> None:
    """It ends with one line, no worker stays, the old edition does."""
    old = hashes(out)
    with reading(large, out) as (process, workers):
        assert len(workers) >= 2
        (os.killpg if to_all else os.kill)(process.pid, number)
        _, err = process.communicate(timeout=120)  # ends when the last worker has let go of it
        assert process.returncode == code
        assert line is None or err == line
        until(lambda: gone(workers))
    assert hashes(out) == old
    assert n_works(built(large, out, "--resume", "--threads", "2")) == 12_000


def test_a_worker_that_is_killed(large: Path, out: Path) -> None:
    """As the system does when memory runs out."""
    old = hashes(out)
    with reading(large, out) as (process, workers):
        for worker in workers:
            if "LokyProcess" in " ".join(worker.cmdline()):
                worker.kill()
        _, err = process.communicate(timeout=120)
        assert process.returncode == 1
        assert err.splitlines()[-1] == (
            "error: a worker process was killed, most often for lack of memory; "
            "run again with --resume and fewer --threads"
        )
        assert "Traceback" not in err
        until(lambda: gone(workers))
    assert hashes(out) == old

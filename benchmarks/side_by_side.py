"""Running contenders on the same input, each in a fresh process, and printing their ratios."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

Contender = Callable[[str, str], None]


class Measured(NamedTuple):
    """What a contender took: seconds, processor seconds, GB at its peak (whole process tree)."""

    wall: float
    cpu: float
    peak: float
    result: Any = None


def measure(
    script: str,
    name: str,
    folder: Path,
    python: str = sys.executable,
    read_result: Callable[[Path], Any] | None = None,
) -> Measured:
    """Run a contender; `read_result` is given the folder that it wrote to."""
    import psutil

    with tempfile.TemporaryDirectory() as out:
        start, used = time.monotonic(), _children_seconds()
        process = subprocess.Popen([python, script, "--run", name, str(folder), out])
        peak = 0
        seconds: dict[int, float] = {}

        def sample() -> None:
            nonlocal peak
            tree = psutil.Process(process.pid)
            while process.poll() is None:
                try:
                    family = [tree, *tree.children(recursive=True)]
                    # Shared pages are split between the processes that share them.
                    peak = max(peak, sum(p.memory_full_info().pss for p in family))
                    # A process that nobody waits for (Java) is in no account of children.
                    for one in family[1:]:
                        times = one.cpu_times()
                        seconds[one.pid] = times.user + times.system
                except psutil.Error:
                    pass
                time.sleep(0.1)

        watcher = threading.Thread(target=sample)
        watcher.start()
        code = process.wait()
        watcher.join()
        if code:
            raise SystemExit(f"{name} failed with exit code {code}")
        wall, waited = time.monotonic() - start, _children_seconds() - used
        cpu = max(waited, sum(seconds.values()))
        result = read_result(Path(out)) if read_result else None
        return Measured(wall, cpu, peak / 1e9, result)


def main_for(
    parser: argparse.ArgumentParser,
    contenders: dict[str, Contender],
    script: str,
    prepare: Callable[[argparse.Namespace], Path],
    *,
    interpreters: Mapping[str, str] | None = None,
    read_result: Callable[[Path], Any] | None = None,
    check_equal: Callable[[str, Any, Any], None] = lambda name, found, expected: None,
) -> None:
    """Parse arguments, prepare the input folder, run the contenders in rounds, print a table.

    Ratios are to the first contender of the same round, and so is what `check_equal` is given.
    A contender whose interpreter is not there is left out, with a word.
    """
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=list(contenders), help="run these alone")
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        name, folder, out = arguments.run
        contenders[name](folder, out)
        return
    folder = prepare(arguments)
    print("| contender | seconds | ratio | CPU seconds | ratio | peak memory GB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for _ in range(arguments.rounds):
        base: Measured | None = None
        for name in arguments.only or contenders:
            python = (interpreters or {}).get(name, sys.executable)
            if not Path(python).exists():
                print(f"| {name} | left out: {python} is missing | | | | |")
                continue
            found = measure(script, name, folder, python, read_result)
            base = base or found
            print(
                f"| {name} | {found.wall:.1f} | {found.wall / base.wall:.2f} | {found.cpu:.1f} "
                f"| {found.cpu / base.cpu:.2f} | {found.peak:.2f} |",
                flush=True,
            )
            check_equal(name, found.result, base.result)


def _children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system

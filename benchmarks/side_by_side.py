"""Running contenders on the same input, each in a fresh process, and printing their ratios."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

Contender = Callable[[str, str], None]


def measure(script: str, name: str, folder: Path) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak memory (GB, whole process tree) of a contender."""
    import psutil

    with tempfile.TemporaryDirectory() as out:
        start, used = time.monotonic(), _children_seconds()
        process = subprocess.Popen([sys.executable, script, "--run", name, str(folder), out])
        peak = 0

        def sample() -> None:
            nonlocal peak
            tree = psutil.Process(process.pid)
            while process.poll() is None:
                try:
                    family = [tree, *tree.children(recursive=True)]
                    # Shared pages are split between the processes that share them.
                    peak = max(peak, sum(p.memory_full_info().pss for p in family))
                except psutil.Error:
                    pass
                time.sleep(0.1)

        watcher = threading.Thread(target=sample)
        watcher.start()
        code = process.wait()
        watcher.join()
        if code:
            raise SystemExit(f"{name} failed with exit code {code}")
        return time.monotonic() - start, _children_seconds() - used, peak / 1e9


def main_for(
    parser: argparse.ArgumentParser,
    contenders: dict[str, Contender],
    script: str,
    prepare: Callable[[argparse.Namespace], Path],
) -> None:
    """Parse arguments, prepare the input folder, run the contenders in rounds, print a table.

    Ratios are to the first contender of the same round.
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
        base: tuple[float, float] | None = None
        for name in arguments.only or contenders:
            wall, cpu, peak = measure(script, name, folder)
            base = base or (wall, cpu)
            print(
                f"| {name} | {wall:.1f} | {wall / base[0]:.2f} | {cpu:.1f} | {cpu / base[1]:.2f} "
                f"| {peak:.2f} |",
                flush=True,
            )


def _children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system

"""How long `sciencecities export site` takes, and a second time when nothing has changed.

python benchmarks/site.py EDITION... [--cities 300]

Each export runs in processes of its own. Memory is the largest sum over its processes, sampled;
what they share counts for each.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil


def main() -> None:
    """Print a table of what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("editions", nargs="+")
    parser.add_argument("--cities", type=int, default=300)
    asked = parser.parse_args()
    print(
        "| export | pages | files written | MB | seconds | processor seconds | peak GB |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "site"
        command = [
            sys.executable, "-m", "sciencecities", "export", "site", *asked.editions,
            "--cities", str(asked.cities), "--out", str(out), "--quiet",
        ]  # fmt: skip
        for name in ("first", "second"):
            seconds, processor, memory, said = _run(command)
            files = [p for p in out.rglob("*") if p.is_file()]
            pages = sum(p.suffix == ".html" for p in files)
            size = sum(p.stat().st_size for p in files) / 1e6
            written = said.partition(": ")[2].partition(" ")[0]
            print(f"| {name} | {pages:,} | {written} | {size:.0f} | {seconds:.1f} | "
                  f"{processor:.1f} | {memory / 1e9:.2f} |")  # fmt: skip


def _run(command: list[str]) -> tuple[float, float, int, str]:
    """Seconds, processor seconds and largest resident memory of a command, and what it said."""
    before, begun, peak = os.times(), time.perf_counter(), 0
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        peak = max(peak, _resident(watched))
        time.sleep(0.1)
    seconds, after = time.perf_counter() - begun, os.times()
    processor = sum(
        getattr(after, n) - getattr(before, n) for n in ("children_user", "children_system")
    )
    assert process.stdout is not None
    said = process.stdout.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return seconds, processor, peak, said


def _resident(process: psutil.Process) -> int:
    found = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            found += one.memory_info().rss
        except psutil.Error:  # it has just ended
            continue
    return found


if __name__ == "__main__":
    main()

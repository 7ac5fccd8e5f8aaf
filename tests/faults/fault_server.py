"""Runs `sciencecities` commands in forks of a process that has loaded everything already.

Each line on stdin is a JSON list: the folder for the texts, a Python text to run first, arguments.
Each line on stdout is the exit code, negative for a signal. A build then takes a third of the
time, most of which is imports and the gazetteer, and is a process of its own all the same.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path


def preload() -> None:
    for name in ("duckdb", "filelock", "pandas", "pyarrow.dataset", "pyarrow.parquet"):
        with suppress(ImportError):  # pandas is loaded by pyarrow, where there is one
            import_module(name)
    for module in (
        *("cli.bars", "edition.contributions", "edition.show", "edition.swap", "edition.verify"),
        *("edition.views", "engines.duckdb", "locate.locator", "locate.run"),
        *("pipeline", "rank.run"),
    ):
        import_module(f"sciencecities.{module}")
    from sciencecities.locate.gazetteer import Gazetteer
    from sciencecities.sources import all_sources

    Gazetteer.load()
    all_sources()


def serve() -> None:
    preload()
    for line in sys.stdin:
        folder, code, args = json.loads(line)
        child = os.fork()
        if not child:
            run(Path(folder), code, args)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run(folder: Path, code: str, args: list[str]) -> None:
    """Be the command: this process ends here, whatever happens."""
    status = 70
    try:
        for number, name in ((1, "out"), (2, "err")):
            (folder / name).unlink(missing_ok=True)  # workers of a killed run may still write
            os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        from sciencecities.cli import main

        exec(code, {"__name__": "before"})
        main(args)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()

"""Worker processes that end with their parent, however it ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from sciencecities.errors import EngineError

LOOK_SECONDS = 0.5


def n_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # not everywhere
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def worker_pool(n_workers: int) -> Iterator[Executor]:
    """That many processes, ended with the block.

    Raises EngineError if one was killed. Workers start without importing the caller's script.
    """
    from loky import ProcessPoolExecutor
    from loky.process_executor import TerminatedWorkerError

    executor = ProcessPoolExecutor(
        max_workers=n_workers, initializer=end_with_parent, initargs=(os.getpid(),)
    )
    try:
        yield executor
    except TerminatedWorkerError as error:
        raise EngineError(
            "a worker process was killed, most often for lack of memory; run again with --resume "
            "and fewer --threads"
        ) from error
    finally:
        executor.shutdown(wait=True, kill_workers=True)


def end_with_parent(parent: int) -> None:
    """Have a thread end this process when `parent` has gone: it would wait for work for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()

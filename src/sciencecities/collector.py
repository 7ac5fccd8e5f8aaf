"""Python's collector of reference cycles, put to rest where many objects are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """No collections within the block: it makes many objects, and hardly a cycle among them.

    Afterwards the collector is as it was, also where the block raised. The pause holds for the
    whole process, so a block should be a batch of bounded size.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

"""What a server makes before it is asked: the first pages of each kind read what all others need.

A table, a compiled kernel or the re-draws of a corridor take up to a second the first time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from threading import Event, Thread

from sciencecities.errors import SciencecitiesError
from sciencecities.publish.site import Site
from sciencecities.publish.wording import LANGS

EACH = 8
"""Pages of each kind: every scheme of the method lab, every corridor."""


@contextmanager
def warming(site: Site) -> Iterator[None]:
    """Makes pages in a thread, while the server answers."""
    stop = Event()
    thread = Thread(target=_warm, args=(site, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _warm(site: Site, stop: Event) -> None:
    for path in first_pages(site):
        if stop.is_set():
            return
        with suppress(SciencecitiesError):  # whoever asks for that page is told
            site.page(path)
    gc.freeze()  # what was read stays; looking through it for garbage takes 0.2 s


def first_pages(site: Site) -> Iterator[str]:
    """The first page of every kind in both languages, then the second of every kind …"""
    named = [
        (f"{shown.slug}/{route.prefix}", list(islice(route.names(shown), EACH)))
        for shown in site.shown
        for route in site.routes
    ]
    for number in range(EACH):
        for place, names in named:
            for lang in LANGS:
                if number < len(names):
                    yield f"{lang}/{place}{names[number]}.html"

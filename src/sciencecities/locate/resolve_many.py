"""Many strings: known answers from the cache, the others by several processes, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from sciencecities.locate.answers import Answer, Answers, Asked
from sciencecities.workers import worker_pool

if TYPE_CHECKING:
    from sciencecities.locate.resolver import Resolver

PARALLEL_FROM = 5_000
"""Strings resolved by one process first: the others take seconds to load."""

Waiting = tuple[list[str], dict[str, Answer], Callable[[], list[Answer]]]


def resolve_many(
    asked: Asked, batches: Iterable[list[str]], *, threads: int = 1, kept: Answers | None = None
) -> Iterator[list[Answer]]:
    """The answers of each batch, as `Resolver.resolve` gives them, in order.

    Answers that `kept` knows are taken from it, new ones added to it. Raises LocateError if the
    registry or the city definition cannot be used, EngineError if a process was killed.
    """
    waiting: deque[Waiting] = deque()
    n_resolved, is_empty = 0, True
    with ExitStack() as stack:
        executor = None
        for batch in batches:
            is_empty = False
            known = kept.known(batch) if kept else {}
            missing = [text for text in dict.fromkeys(batch) if text not in known]
            if threads > 1 and n_resolved >= PARALLEL_FROM and missing:
                executor = executor or stack.enter_context(worker_pool(threads))
                waiting.append((batch, known, executor.submit(_resolve, asked, missing).result))
                if len(waiting) > 2 * threads:
                    yield _answers(waiting.popleft(), kept)
                continue
            while waiting:
                yield _answers(waiting.popleft(), kept)
            n_resolved += len(missing)
            yield _answers((batch, known, partial(_resolve, asked, missing)), kept)
        while waiting:
            yield _answers(waiting.popleft(), kept)
    if is_empty:
        _resolver(asked)  # a wrong registry is said of no strings too


def _answers(waiting: Waiting, kept: Answers | None) -> list[Answer]:
    batch, known, result = waiting
    new = result()
    if kept and new:
        kept.keep(new)
    known.update((answer["text"], answer) for answer in new)
    return [known[text] for text in batch]


def _resolve(asked: Asked, texts: list[str]) -> list[Answer]:
    return _resolver(asked).resolve(texts) if texts else []


@lru_cache(maxsize=1)
def _resolver(asked: Asked) -> Resolver:
    """One per process."""
    from sciencecities.locate.resolver import Resolver

    return Resolver(
        asked.registry, cities=asked.cities, overlaps=asked.overlaps, min_score=asked.min_score
    )

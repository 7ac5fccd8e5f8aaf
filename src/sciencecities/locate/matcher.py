"""The organisations that affiliation strings name: candidates, a trained decision, one answer."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sciencecities.locate import org_kernel
from sciencecities.locate.model import Place
from sciencecities.locate.org_cache import index_for
from sciencecities.locate.org_index import OrgIndex, OrgNames
from sciencecities.locate.org_model import Model, load_model
from sciencecities.locate.org_words import WordNumbers
from sciencecities.locate.registry import Registry

BATCH = 2_000


class Match(NamedTuple):
    """An organisation found in a string. `score`: the calibrated probability that it is right."""

    ror: str
    name: str
    score: float


class Asked(NamedTuple):
    """A string, with the country (ISO 3166-1 alpha-2) and the place that it is known to name."""

    text: str
    country: str | None = None
    place: Place | None = None


class Candidates(NamedTuple):
    """Organisations that strings may name, a row each: `rows` holds the number of the string, that
    of the organisation, and its first and last but one word; `features` what speaks for it."""

    rows: np.ndarray
    features: np.ndarray


class Matcher:
    """Finds registry organisations in affiliation strings. Building it takes some seconds."""

    def __init__(
        self,
        registry: Registry | None = None,
        *,
        index: tuple[OrgIndex, OrgNames] | None = None,
        model: Model | None = None,
    ) -> None:
        """Of a registry, or of an index that was built from one."""
        self.index, self.names = index or index_for(registry or Registry(()))
        self.model = model or load_model()
        self._words = WordNumbers(self.index, self.names)
        self._countries = {code: number for number, code in enumerate(self.names.countries)}
        self._scratch = org_kernel.new_scratch(self.index)
        self._lock = threading.Lock()  # the scratch serves one search at a time

    def match(
        self,
        text: str,
        country: str | None = None,
        *,
        place: Place | None = None,
        min_score: float | None = None,
    ) -> list[Match]:
        """The organisations named in the string, in their order in it, each once.

        `country` (ISO 3166-1 alpha-2) and `place` are what the string is known to say. Those
        scored below `min_score` are left out; without it, the score that does best on the whole.
        """
        return self.match_many([Asked(text, country, place)], min_score)[0]

    def match_many(
        self, asked: Sequence[Asked], min_score: float | None = None
    ) -> list[list[Match]]:
        """`match` for many strings at once, in order."""
        found: list[list[Match]] = []
        for start in range(0, len(asked), BATCH):
            found += self._batch(asked[start : start + BATCH], min_score)
        return found

    def candidates(self, asked: Sequence[Asked]) -> Candidates:
        """All that the strings may name, before the decision."""
        strings = self._words.strings([one.text for one in asked])
        seen = np.array([self._countries.get(one.country or "", -1) for one in asked], np.int16)
        points = np.array(
            [(p.latitude, p.longitude) if (p := one.place) else (math.nan,) * 2 for one in asked],
            np.float32,
        ).reshape(-1, 2)
        with self._lock:
            return Candidates(
                *org_kernel.search(
                    self.index, self._scratch, strings.words, strings.offsets, strings.before,
                    strings.segments, strings.parts, strings.upper, strings.cjk, seen, points,
                    strings.mail,
                )
            )  # fmt: skip

    def _batch(self, asked: Sequence[Asked], min_score: float | None) -> list[list[Match]]:
        rows, features = self.candidates(asked)
        scores = self.model.scores(features)
        least = self.model.threshold if min_score is None else min_score
        answers: list[list[Match]] = [[] for _ in asked]
        chosen = select(rows, scores, least)
        found = zip(rows[chosen, :2].tolist(), scores[chosen].tolist(), strict=True)
        for (text, org), score in found:
            match = Match(self.names.rors[org], self.names.labels[org], round(score, 3))
            answers[text].append(match)
        return answers


def select(rows: np.ndarray, scores: np.ndarray, least: float) -> list[int]:
    """The candidates that stand, by string and place in it: one for the same words.

    Of several the best scored stands, of equals the first. An organisation within the name of
    another one (a university in its hospital's) may stand beside it.
    """
    good = np.flatnonzero(scores >= least)
    order = good[np.lexsort((good, -scores[good], rows[good, 0]))]
    chosen: list[int] = []
    taken: set[tuple[int, int, int]] = set()
    for at, (text, _, start, end) in zip(order.tolist(), rows[order].tolist(), strict=True):
        if (text, start, end) not in taken:
            taken.add((text, start, end))
            chosen.append(at)
    stand = np.array(chosen, np.intp)
    in_order = np.lexsort((stand, rows[stand, 2], rows[stand, 0]))
    return [chosen[at] for at in in_order.tolist()]

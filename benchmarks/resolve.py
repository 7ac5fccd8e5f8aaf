"""Resolving affiliation strings to ROR organisations: ours against a TF-IDF matcher, in one run.

    pip install 'sciencecities[train]'       # scikit-learn
    python benchmarks/resolve.py GOLD.jsonl.gz … --registry ror.zip

The TF-IDF matcher is what a hand would write first: names of the registry as vectors of character
n-grams, the parts of a string between commas likewise, the organisation of the nearest name if the
cosine reaches a limit. The limit is the best of a few **on the judged strings**, which favours it.
Both get the same strings and the same judge (docs/RESOLVER.md, fair). Processor seconds of one
process; the making of the index is told apart. Last, what hostile strings of 100 KB take.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Sequence

import numpy as np

from sciencecities.locate.gold import KNOWN, NONE, GoldSet, Judge, read_gold
from sciencecities.locate.registry import Registry
from sciencecities.locate.resolver import Resolver

LIMITS = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
Answer = dict[str, float]  # ROR id → score
HOSTILE = {
    "one town, 10,000 times": "Paris, " * 9_999,
    "Chinese": "\u4e2d\u5c71\u5927\u5b66" * 8_000,
    "Japanese": "サルタ" * 11_000,
    "right-to-left": "\u202e\u202d جامعة " * 9_000,
    "control characters": "\x00\x01\x02" * 33_000,
    "lone surrogates": "\ud800\udc00\udfff Paris, France" * 5_000,
    "commas": "," * 100_000,
    "brackets": "(" * 100_000,
    "one word": "a" * 100_000,
    "institutions": "University of Oxford; " * 4_500,
}


class TfIdf:
    """The nearest registry name of any part of a string."""

    def __init__(self, registry: Registry) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        pairs = [(n.value, ror) for ror, one in registry.items() for n in one.names]
        self._rors = [ror for _, ror in pairs]
        self._vectorizer = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(3, 4), strip_accents="unicode", sublinear_tf=True
        )
        self._names = self._vectorizer.fit_transform([name for name, _ in pairs]).T.tocsr()

    def resolve(self, texts: Sequence[str]) -> list[Answer]:
        parts = [(number, p) for number, t in enumerate(texts) for p in re.split(r"[,;]", t)]
        found: list[tuple[float, str | None]] = [(0.0, None)] * len(texts)
        vectors = self._vectorizer.transform([p for _, p in parts])
        for start in range(0, len(parts), 200):
            near = (vectors[start : start + 200] @ self._names).tocsr()
            for row, place in enumerate(np.asarray(near.argmax(axis=1)).ravel()):
                number, score = parts[start + row][0], float(near[row, place])
                if score > found[number][0]:
                    found[number] = (score, self._rors[place])
        return [{ror: score} if ror else {} for score, ror in found]


class Ours:
    """Our resolver's organisations."""

    def __init__(self, path: str) -> None:
        self._resolver = Resolver(registry=path)

    def resolve(self, texts: Sequence[str]) -> list[Answer]:
        answers = self._resolver.resolve(texts)
        return [
            {one["ror"]: one["score"] or 0.0 for one in a["institutions"] if one["ror"]}
            for a in answers
        ]


def quality(
    judge: Judge, gold: GoldSet, answers: dict[str, Answer], limit: float
) -> tuple[float, float, float]:
    """Precision, recall, F1."""
    right = wrong = missed = 0
    for row in gold.rows:
        given = {ror: s for ror, s in answers[row.text].items() if s >= limit}
        verdict = judge.fair(row, given, is_single=gold.is_single)
        if verdict.kind in (KNOWN, NONE):
            right += len(verdict.right)
            wrong += len(verdict.wrong)
            missed += len(verdict.missed)
    precision, recall = right / max(right + wrong, 1), right / max(right + missed, 1)
    return precision, recall, 2 * right / max(2 * right + wrong + missed, 1)


def print_hostile(resolver: Resolver) -> None:
    """Milliseconds of a string, the least of five: the first also builds what others share."""
    print("\n| hostile string of 100 KB | ms |\n| --- | ---: |")
    for name, text in HOSTILE.items():
        took = []
        for one in ["Foghorn", "Kite", "Zebra", "Anvil", "Maple"]:
            before = time.process_time()
            resolver.resolve([f"{one} {text}"])
            took.append(time.process_time() - before)
        print(f"| {name} | {1000 * min(took):.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("gold", nargs="+")
    parser.add_argument("--registry", required=True)
    arguments = parser.parse_args()
    registry = Registry.load(arguments.registry)
    judge = Judge(registry)
    sets = [read_gold(path) for path in arguments.gold]
    print("| matcher | set | strings | P | R | F1 | strings/s | s to begin |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, make in (
        ("TF-IDF", lambda: TfIdf(registry)),
        ("sciencecities", lambda: Ours(arguments.registry)),
    ):
        before = time.process_time()
        matcher = make()
        matcher.resolve(["University of Nowhere, Nowhere"])
        begun = time.process_time() - before
        for gold in sets:
            texts = list(dict.fromkeys(row.text for row in gold.rows))
            before = time.process_time()
            answers = dict(zip(texts, matcher.resolve(texts), strict=True))
            seconds = time.process_time() - before
            limits = LIMITS if name == "TF-IDF" else (0.0,)
            best = max((quality(judge, gold, answers, x) for x in limits), key=lambda q: q[2])
            p, r, f1 = (f"{value:.3f}" for value in best)
            print(
                f"| {name} | {gold.name} | {len(texts):,} | {p} | {r} | {f1} "
                f"| {len(texts) / seconds:,.0f} | {begun:.1f} |",
                flush=True,
            )
    print_hostile(Resolver(registry=arguments.registry))


if __name__ == "__main__":
    main()

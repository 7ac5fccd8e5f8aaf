"""How far two rankings agree: correlation of ranks, overlap of their heads."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

RBO_P = 0.9
"""Persistence of rank-biased overlap: the first ten ranks carry 86 % of its weight."""


def spearman(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Spearman's ρ, ties sharing their mean rank; None where a list has no two values.

    >>> spearman([1, 2, 3], [1, 2, 3]), spearman([1, 2, 3], [3, 2, 1]), spearman([1], [1])
    (1.0, -1.0, None)
    """
    from scipy.stats import rankdata

    if len(set(a)) < 2 or len(set(b)) < 2:
        return None
    return round(float(np.corrcoef(rankdata(a), rankdata(b))[0, 1]), 12)


def kendall(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Kendall's τ-b (ties corrected); None where a list has no two values.

    >>> kendall([1, 2, 3], [1, 3, 2]), kendall([1, 1], [1, 2])
    (0.333333333333, None)
    """
    from scipy.stats import kendalltau

    if len(set(a)) < 2 or len(set(b)) < 2:
        return None
    return round(float(kendalltau(a, b).statistic), 12)


def rank_biased_overlap(
    a: Sequence[Hashable], b: Sequence[Hashable], depth: int, p: float = RBO_P
) -> float:
    """Extrapolated rank-biased overlap of two lists to a depth, 0–1.

    Source: Webber, Moffat and Zobel 2010, A similarity measure for indefinite rankings, eq. 32:
    (X_k / k) p^k + (1 − p) / p · Σ (X_d / d) p^d, X_d the items common to both first d.

    >>> rank_biased_overlap("abc", "abc", 3), rank_biased_overlap("abc", "xyz", 3)
    (1.0, 0.0)
    """
    depth = min(depth, len(a), len(b))
    if depth == 0:
        return 0.0
    seen_a: set[Hashable] = set()
    seen_b: set[Hashable] = set()
    common, total = 0, 0.0
    for d in range(1, depth + 1):
        x, y = a[d - 1], b[d - 1]
        common += (x == y) + (x != y and x in seen_b) + (x != y and y in seen_a)
        seen_a.add(x)
        seen_b.add(y)
        total += common / d * p**d
    return round(common / depth * p**depth + (1 - p) / p * total, 12)


def overlap(ours: Sequence[float], theirs: Sequence[float], k: int) -> int:
    """How many items have a rank up to `k` in both lists of ranks."""
    return sum(1 for x, y in zip(ours, theirs, strict=True) if x <= k and y <= k)

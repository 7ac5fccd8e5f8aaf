"""A hash table from words in a row to a number, for compiled code."""

from __future__ import annotations

import numba
import numpy as np

EMPTY = -1


@numba.njit(cache=True, inline="always")
def ngram_hash(before: np.uint64, word: int) -> np.uint64:
    """The hash of a row of words with one more word behind it; it begins with 0."""
    mixed = (before ^ (np.uint64(word) + np.uint64(1))) * np.uint64(0x9E3779B97F4A7C15)
    return mixed ^ (mixed >> np.uint64(29))


def new_table(n: int) -> tuple[np.ndarray, np.ndarray]:
    """An empty table for n entries: hashes and what they lead to."""
    size = 1 << max(4, (2 * n).bit_length())
    return np.zeros(size, np.uint64), np.full(size, EMPTY, np.int32)


@numba.njit(cache=True)
def add_all(offsets: np.ndarray, words: np.ndarray, hashes: np.ndarray, slots: np.ndarray) -> None:
    """Enter each row of words under its number."""
    mask = len(hashes) - 1
    for row in range(len(offsets) - 1):
        found = np.uint64(0)
        for i in range(offsets[row], offsets[row + 1]):
            found = ngram_hash(found, words[i])
        at = np.int64(found & np.uint64(mask))
        while slots[at] != EMPTY:
            at = (at + 1) & mask
        hashes[at], slots[at] = found, row


@numba.njit(cache=True)
def look_up(hashes: np.ndarray, slots: np.ndarray, wanted: np.uint64) -> int:
    """The number entered under a hash, or -1."""
    mask = len(hashes) - 1
    at = np.int64(wanted & np.uint64(mask))
    while slots[at] != EMPTY:
        if hashes[at] == wanted:
            return int(slots[at])
        at = (at + 1) & mask
    return EMPTY

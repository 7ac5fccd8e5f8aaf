"""Words that one slip of the pen makes of each other, found by leaving letters out of both."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

LONG_WORD = 6
"""Shorter words are not compared."""
LONGEST_WORD = 30


def shapes(word: str) -> set[str]:
    """The word, and the word without each of its letters.

    >>> sorted(shapes("aab"))
    ['aa', 'aab', 'ab']
    """
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def shape_hash(shape: str) -> int:
    """The same for equal shapes in any process."""
    return zlib.crc32(shape.encode("utf-8", "replace"))


def likenesses(words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of the long words' shapes in ascending order, and the number of each one's word."""
    pairs = [
        (shape_hash(shape), number)
        for number, word in enumerate(words)
        if LONG_WORD <= len(word) <= LONGEST_WORD and word.isalpha()
        for shape in shapes(word)
    ]
    pairs.sort()
    hashes = np.array([value for value, _ in pairs], np.uint32)
    return hashes, np.array([number for _, number in pairs], np.int32)


def one_slip(one: str, other: str) -> bool:
    """Whether a letter more, less or other, or two neighbours swapped, make them equal.

    The first letter must be the same.

    >>> one_slip("universtity", "university"), one_slip("colege", "college")
    (True, True)
    >>> one_slip("tongji", "tonjgi"), one_slip("henan", "hunan"), one_slip("nankai", "hankai")
    (True, True, False)
    """
    if one[0] != other[0] or abs(len(one) - len(other)) > 1:
        return False
    if len(one) > len(other):
        one, other = other, one
    i = 0
    while i < len(one) and one[i] == other[i]:
        i += 1
    if len(one) < len(other):
        return one[i:] == other[i + 1 :]
    if one[i + 1 :] == other[i + 1 :]:
        return True
    return one[i + 2 :] == other[i + 2 :] and one[i : i + 2] == other[i : i + 2][::-1]

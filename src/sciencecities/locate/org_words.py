"""Affiliation strings as numbers: the words of many strings, in the registry's numbering."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sciencecities.locate.name_words import string_words
from sciencecities.locate.org_index import OrgIndex, OrgNames
from sciencecities.locate.text import EMAIL, clean, fold
from sciencecities.locate.word_likeness import LONG_WORD, one_slip, shape_hash, shapes

REMEMBERED = 200_000
MOST_GLUED = 50
COMMON = 7.0
"""Words of a larger weight have no abbreviations."""

_WORD = re.compile(r"[^\W_]+")
_SEAM = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ][^\W\d_]{2})")
_CJK = re.compile(r"[぀-ヿ㐀-䶿一-鿿가-힣]")
_PUBLIC_MAIL = frozenset({"gmail.com", "163.com", "126.com", "yahoo.com", "hotmail.com", "qq.com"})


class Strings(NamedTuple):
    """Strings as one row of words: arrays as `org_kernel.search` takes them."""

    words: np.ndarray  # number of the word, -1 if no name has it
    offsets: np.ndarray
    before: np.ndarray  # what stands before each word, and one more at the end of each string
    segments: np.ndarray
    parts: np.ndarray
    upper: np.ndarray  # whether the word stands in capitals somewhere in the string
    cjk: np.ndarray
    mail: np.ndarray  # the organisation of an e-mail address, or -1


class WordNumbers:
    """Words to numbers; those that no name has by abbreviation or one slip of the pen."""

    def __init__(self, index: OrgIndex, names: OrgNames) -> None:
        self._number = {word: number for number, word in enumerate(names.words)}
        self._domains = names.domains
        self._idf = index.idf
        self._abbreviations = _abbreviations(names.words, index.idf)
        self._words = names.words
        self._like_hash, self._like_word = index.like_hash, index.like_word
        self._guessed: dict[str, int] = {}

    def strings(self, texts: Sequence[str]) -> Strings:
        """The strings in numbers, e-mails, links and labels left out."""
        words: list[int] = []
        before: list[int] = []
        segments: list[int] = []
        parts: list[int] = []
        upper: list[bool] = []
        offsets, cjk, mail = [0], [], []
        for text in texts:
            cleaned = clean(text)
            capital = [w for w in _WORD.findall(cleaned) if w[1:] != w[1:].lower()]
            for word in capital[:MOST_GLUED]:
                cleaned = self._unglued(cleaned, word)
            found = string_words(cleaned)
            capitals = set(map(str.lower, capital))
            capitals.update(w.strip(".").lower() for _, w in found.segments if " " not in w)
            words += map(self.number, found.words)
            upper += [w in capitals for w in found.words]
            before += found.before
            segments += found.segment
            parts += found.part
            offsets.append(len(words))
            cjk.append(not cleaned.isascii() and _CJK.search(cleaned) is not None)
            mail.append(self._mail(text) if "@" in text else -1)
        return Strings(
            np.array(words, np.int32),
            np.array(offsets, np.int32),
            np.array(before, np.int8),
            np.array(segments, np.int16),
            np.array(parts, np.int16),
            np.array(upper, np.uint8),
            np.array(cjk, np.uint8),
            np.array(mail, np.int32),
        )

    def _unglued(self, text: str, word: str) -> str:
        """ "ofTianjin University" as "of Tianjin University", unless the word is known glued."""
        apart = _SEAM.sub(" ", word)
        return text if apart == word or fold(word) in self._number else text.replace(word, apart, 1)

    def number(self, word: str) -> int:
        """The word's number, or that of the word it is likely to stand for, or -1."""
        found = self._number.get(word)
        if found is not None:
            return found
        found = self._guessed.get(word)
        if found is None:
            found = self._guess(word)
            if len(self._guessed) >= REMEMBERED:
                self._guessed.clear()
            self._guessed[word] = found
        return found

    def _guess(self, word: str) -> int:
        if not word.isalpha() or len(word) < 3 or len(word) > 30:
            return -1
        if len(word) >= LONG_WORD and (found := self._alike(word)) >= 0:
            return found
        return self._abbreviations.get(word, -1)

    def _alike(self, word: str) -> int:
        """The commonest word that a letter more, less, other or swapped makes of it."""
        values = np.array([shape_hash(shape) for shape in shapes(word)], np.uint32)
        starts = np.searchsorted(self._like_hash, values)
        ends = np.searchsorted(self._like_hash, values, "right")
        best, rarity = -1, (math.inf, 0)
        for at in np.flatnonzero(starts < ends):
            for number in self._like_word[starts[at] : ends[at]].tolist():
                # Equally common words by number: shapes come in any order.
                own = (float(self._idf[number]), number)
                if own < rarity and one_slip(word, self._words[number]):
                    best, rarity = number, own
        return best

    def _mail(self, text: str) -> int:
        for address in EMAIL.findall(text)[:5]:
            domain = address.rpartition("@")[2].lower().strip(".")
            while domain.count(".") >= 1 and domain not in _PUBLIC_MAIL:
                if domain in self._domains:
                    return self._domains[domain]
                domain = domain.partition(".")[2]
        return -1


def _abbreviations(words: Sequence[str], idf: np.ndarray) -> dict[str, int]:
    """Beginnings of common words, to the commonest so begun: "commun" is communications."""
    found: dict[str, int] = {}
    for number in np.argsort(idf, kind="stable").tolist():
        if idf[number] > COMMON:
            break
        word = words[number]
        if len(word) >= LONG_WORD and word.isalpha():
            for length in range(3, len(word)):
                found.setdefault(word[:length], number)
    return found

"""Affiliation strings as text: keys to compare them, names to look up, the organisation named."""

from __future__ import annotations

import html
import re
import unicodedata

__all__ = ["clean", "fold", "normalise", "organisation", "slug"]

MAX_LENGTH = 2000
# Bounded repetition: a hostile string of 100 KB must cost no more than a long one.
EMAIL = re.compile(r"[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}")
ELECTRONIC = re.compile(r"electronic address\s*:?", re.IGNORECASE)
URL = re.compile(r"(?:https?://|www\.)\S{1,300}", re.IGNORECASE)
ORCID = re.compile(r"(?:orcid(?:\s+i?d)?\s*:?\s*)?\b\d{4}-\d{4}-\d{4}-\d{3}[\dX]\b", re.IGNORECASE)
LABEL = re.compile(
    r"^(?:[\s*†‡§¶#|⁰¹²³⁴⁵⁶⁷⁸⁹ᵃᵇᶜᵈ,;.:]+"
    r"|\(?\d{1,2}\)?[.)]?(?=\s*[^\W\d_])(?!\s*(?:rd|th|st|nd|er|e|ème|[Mm]ilitary)\b)\s*"
    r"|\(?[a-z]\)\s*|[a-z](?=[A-Z][a-z])|[a-z]\s+(?=[A-Z]))"
)
LETTERS = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i",
        "ħ": "h", "ŋ": "n", "ŧ": "t", "ƶ": "z", "ə": "a", "ɔ": "o", "ɛ": "e", "ʼ": None,
        "ґ": "г", "ё": "е",
    }
)  # fmt: skip
APOSTROPHES = "'’‘`´ʻʼʾʿ′ˈ"


class _Folding(dict[int, str | None]):
    """Code point -> what `fold` writes for it, filled as characters are met."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        if char in APOSTROPHES or 0x300 <= code <= 0x36F or code in (0x200C, 0x200D, 0xAD):
            kept: str | None = None
        elif char.isalnum() or unicodedata.category(char)[0] == "M":
            kept = char
        else:
            kept = " "
        self[code] = kept
        return kept


class _Punctuation(dict[int, str]):
    """Code point -> itself or a space, for `normalise`."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kept = char if char.isalnum() or unicodedata.category(char)[0] == "M" else " "
        self[code] = kept
        return kept


_FOLDING = _Folding()
_PUNCTUATION = _Punctuation()


def normalise(text: str) -> str:
    """The key under which affiliation strings are compared.

    >>> normalise("Lab of Physics, Univ. A &amp; M.  Electronic address: a@b.org.")
    'lab of physics univ a m'
    """
    if "&" in text:
        text = html.unescape(text)
    if "@" in text:
        text = EMAIL.sub(" ", text)
    text = ELECTRONIC.sub(" ", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().translate(_PUNCTUATION).split())


def fold(text: str) -> str:
    """The form under which names are looked up: no case, accents, apostrophes, punctuation.

    >>> fold("Xi'an"), fold("Łódź"), fold("Weißenburg-Süd"), fold("广州市")
    ('xian', 'lodz', 'weissenburg sud', '广州市')
    """
    if text.isascii():
        return " ".join(text.lower().translate(_FOLDING).split())
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFD", text.translate(LETTERS)).translate(_FOLDING)
    return " ".join(unicodedata.normalize("NFC", text).split())


def clean(text: str) -> str:
    """The string for reading, at most 2,000 characters: no e-mails, links, ORCIDs or labels.

    >>> clean("1Department of Physics, Univ. X. Electronic address: a@b.org.")
    'Department of Physics, Univ. X.'
    """
    text = text[: 2 * MAX_LENGTH]
    if "&" in text:
        text = html.unescape(text)
    if "@" in text:
        text = EMAIL.sub(" ", text)
    text = ELECTRONIC.sub(" ", text)
    if "://" in text or "www" in text.lower():
        text = URL.sub(" ", text)
    if text.count("-") >= 3:
        text = ORCID.sub(" ", text)
    text = " ".join(text[:MAX_LENGTH].split())
    for _ in range(3):
        shorter = LABEL.sub("", text)
        if shorter == text:
            break
        text = shorter
    return re.sub(r"(?:\s*[,;:.]\s*)*([.,;:])\s*$", r"\1", text).strip(" ,;:")


def slug(name: str) -> str:
    """The name as used in ids: folded, hyphen-joined, without a leading "the".

    >>> slug("The University of São Paulo")
    'university-of-sao-paulo'
    """
    words = fold(name).split()
    return "-".join(words[1:] if len(words) > 1 and words[0] == "the" else words)

"""Strings that list the affiliations of all authors, each followed by names in brackets.

`From Univ. A, Rome (K.L.F., C.S.); Univ. B, Bonn (M.E.R.)` stands at every author of such a work.
Where every part carries names, an author keeps the parts that carry their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BRACKETS = re.compile(r"\(([^()]*)\)")
_INITIALS = re.compile(r"(?:[A-Za-z]\.?[ -]?){2,6}")
_TITLED = re.compile(r"\b(?:Drs?|Ms|Mss|Mrs|Mr|Messrs|Profs?)\b")
_BETWEEN = re.compile(r",\s*(?:and\s+)?|\s+and\s+|;\s*")
_NO_LETTER = re.compile(r"[^A-Z]")


def parts_of_author(
    parts: Sequence[str], initials: str | None, last_name: str | None
) -> Sequence[str]:
    """The parts that name the author; all of them if some part names nobody or none fits.

    >>> parts_of_author(["Univ. A (K.L.F., C.S.)", "Univ. B (M.E.R.)"], "ME", "Rost")
    ['Univ. B (M.E.R.)']
    >>> parts_of_author(["Univ. A (Drs Fox and Sun)", "Univ. B (Dr Rost)"], "Q", "Sun")
    ['Univ. A (Drs Fox and Sun)']
    """
    if len(parts) < 2 or not last_name or not all("(" in part for part in parts):
        return parts
    names = [_names_in(part) for part in parts]
    if not all(names):
        return parts
    wanted = _forms(initials or "", last_name)
    own = [part for part, found in zip(parts, names, strict=True) if found & wanted]
    return own or parts


def _names_in(part: str) -> set[str]:
    """What the part's brackets say, if it is names: initials, or last names after a title."""
    names: set[str] = set()
    for inside in _BRACKETS.findall(part):
        found = [each.strip(" .") for each in _BETWEEN.split(inside) if each.strip(" .")]
        if _TITLED.search(inside):
            names |= {_TITLED.sub("", each).strip(" .").lower() for each in found}
        elif found and all(_INITIALS.fullmatch(each) and each[0].isupper() for each in found):
            names |= {_letters(each) for each in found}
    return names


def _forms(initials: str, last_name: str) -> set[str]:
    words = re.split(r"[\s-]+", last_name)
    short = {_letters(initials) + _letters(last_name[:1])}
    short.add(_letters(initials) + _letters("".join(word[:1] for word in words)))
    short |= {each[:1] + each[-1:] for each in short}
    return {each for each in short if len(each) > 1} | {last_name.lower()}


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", text.upper())

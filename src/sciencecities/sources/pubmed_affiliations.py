"""Several affiliations that a publisher joined into one string, as several strings.

Rules found by reading the 9,789 distinct strings with a semicolon in one MEDLINE update file
(of 80,023): nearly every semicolon there parts two whole affiliations. The exceptions each have
a rule: e-mail addresses, an address or a department cut off from its organisation, lists of
names in brackets, HTML entities.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SEPARATOR = re.compile(r"(&(?:amp|lt|gt|quot|apos|nbsp|#\d{2,5}|#x[0-9A-Fa-f]{2,5});)|;")

_ORGANISATION = re.compile(
    r"""univ|institu|istitut|hosp|hôpita|ospedal|osped|klini|clini|cl[íì]nic|polyclin|spital
    |cent(?:re|er|ro|rum|ral)|zentrum|laborat|\blabs?\b|academ|akadem|acad[ée]m|\bacad\b
    |colleg|coll[èe]ge|école|ecole|school|schule|escola|escuela|scuola|polytech|polit[eé]c
    |foundation|fonda[tz]ione?|fundaci|fundaç|stiftung|ministr|council|consejo|conselho
    |agency|agenc|bureau|organi[sz]ation|association|societ|soci[eé]|network|consorti|alliance
    |\bgroup\b|\bgroupe\b|\bgrupo\b|compan|\binc\b|\bltd\b|\bllc\b|\bgmbh\b|\bcorp|\bplc\b
    |\bb\.?v\.|\bs\.?p\.?a\b|\bs\.?a\.s?\b|\bAB\b|\bAG\b|pharma|biotech|technolog(?:y|ies)\b
    |trust|authority|health\s?care|healthcare|\bhealth\b|observator|museum|musée|station
    |program|registry|register|survey|board|\bNHS\b|\bCNRS\b|\bCNR\b|\bINSERM\b|\bINRAE?\b
    |\bCSIC\b|\bCSIRO\b|\bCIBER|\bIRCCS\b|\bCHU\b|\bCHRU\b|\bUMR|\bUMC\b|\bUPMC\b|\bNIH\b|\bMIT\b
    |\bETHZ?\b|\bEPFL\b|\bRIKEN\b|\bUCLA\b|\bUCSF\b|\bUCL\b|\bKU\s?Leuven|karolinska|charité
    |fraunhofer|helmholtz|max[ -]planck|leibniz|garvan|mayo\b""",
    re.IGNORECASE | re.VERBOSE,
)
# A name that only its organisation makes complete, and words that name the organisation itself.
_PART_OF_ONE = re.compile(
    r"""^(?:from\s+)?(?:the\s+)?(?:[1-9]\w{0,2}\s+)?(?:dep(?:ar)?t|départ|d[ie]part|abteilung|facult|facolt|fakult
    |divis|divisi[oó]n|sections?\b|secci[oó]n|units?\b|unidad|unit[àé]|servi[cz]|chair\b|lehrstuhl
    |c[aá]tedra|(?:graduate\s+)?school\s+of\b|ward\b|branch\b)
    |\b(?:department|division|section|unit|faculty)\.?$""",
    re.IGNORECASE | re.VERBOSE,
)
_COMPLETE = re.compile(
    r"""univ|institu|istitut|hosp|hôpita|osped|klini[kc]|clini(?:c|que)s?\b|cl[íì]nica\b|spital
    |cent(?:re|er|ro|rum)\b|zentrum|laborat|academ|akadem|acad[ée]m|college|école|ecole|polyt[eé]c
    |foundation|fonda[tz]ione?|fundaci|fundaç|ministr|agency|council|society|compan|\binc\b|\bltd\b
    |\bgmbh\b|corporation|\bCNRS\b|\bINSERM\b|\bCSIC\b|\bNHS\b|health\s?care|system\b""",
    re.IGNORECASE | re.VERBOSE,
)
_EMAIL = re.compile(r"\S+@\S+")
_NOISE = re.compile(
    r"(?:electronic address|e-?mails?|orcid|\band\b|\bthe\b|[\W\d_])+", re.IGNORECASE
)
_EMPTY = re.compile(r"(?:and|the|&|[\W_])*")
_PERSON = re.compile(
    r"^(?:(?:assistant|associate|adjunct|full|visiting|emeritus|co-?|vice|clinical|program)\W+)*"
    r"(?:professor|emeritus|emerita|director|manager|president|chairman|fellow|retired)\b",
    re.IGNORECASE,
)
_CONJUNCTION = re.compile(r"^(?:and|&)\s+(?=\S)")
_NUMBER = re.compile(r"(?:^|(?<=[;.,])\s?)\(?(\d{1,2})(?:[.)]\s?|\s)?(?=[A-ZÀ-Ý])")


@lru_cache(maxsize=100_000)
def split_affiliation(text: str) -> tuple[str, ...]:
    """The affiliations in one string (whitespace already collapsed), in its order.

    >>> split_affiliation("Dept. A, Univ. B, Rome, Italy; Hospital C, Milan, Italy")
    ('Dept. A, Univ. B, Rome, Italy', 'Hospital C, Milan, Italy')
    >>> split_affiliation("Dept. of Physics; University of Rome; Rome, Italy; a@b.it")
    ('Dept. of Physics; University of Rome; Rome, Italy; a@b.it',)
    """
    parts = _at_numbers(text)
    if len(parts) == 1:
        parts = _at_semicolons(text) if ";" in text else [text]
    return tuple(dict.fromkeys(parts))


def _at_numbers(text: str) -> list[str]:
    """The parts of `1 Dept …, China. 2 Hospital …, China.`, without their numbers."""
    if not text[:2].lstrip("(").startswith("1"):
        return [text]
    marks: list[re.Match[str]] = []
    for mark in _NUMBER.finditer(text):
        if int(mark.group(1)) == len(marks) + 1:
            marks.append(mark)
    if len(marks) < 2 or marks[0].start() != 0:
        return [text]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    parts = [text[m.end() : end].strip(" ;,") for m, end in zip(marks, ends, strict=True)]
    whole = all(_ORGANISATION.search(part) for part in parts)
    return parts if whole else [text]


def _at_semicolons(text: str) -> list[str]:
    """Parts that stand alone; what cannot stays with its neighbour."""
    parts: list[str] = []
    for part in _outside_brackets(text):
        previous = parts[-1] if parts else None
        if previous is not None and (_needs_next(previous) or _needs_previous(part, previous)):
            parts[-1] = f"{previous}; {part}"
        else:
            parts.append(_CONJUNCTION.sub("", part) if previous is not None else part)
    if len(parts) > 1 and _needs_next(parts[-1]):  # a department after its organisation
        parts[-2:] = [f"{parts[-2]}; {parts[-1]}"]
    return parts


def _outside_brackets(text: str) -> list[str]:
    """Split at each semicolon that ends no HTML entity and stands in no closed bracket."""
    parts: list[str] = []
    begin = 0
    for mark in _SEPARATOR.finditer(text):
        inside = text.count("(", begin, mark.start()) > text.count(")", begin, mark.start())
        if mark.group(1) or (inside and ")" in text[mark.end() :]):
            continue
        parts.append(text[begin : mark.start()].strip())
        begin = mark.end()
    parts.append(text[begin:].strip())
    return [part for part in parts if not _EMPTY.fullmatch(part)]


def _needs_next(part: str) -> bool:
    """Nothing but departments: the organisation follows."""
    segments = [each.strip(" .") for each in _EMAIL.sub("", part).split(",")]
    return all(_PART_OF_ONE.search(s) and not _COMPLETE.search(s) for s in segments)


def _needs_previous(part: str, previous: str) -> bool:
    """No affiliation by itself: an e-mail, a person, or the address of what stands before."""
    if not _NOISE.sub("", _EMAIL.sub("", part)):
        return True
    if _ORGANISATION.search(part) or _PART_OF_ONE.search(part):
        return False
    return bool(_PERSON.match(part)) or _ends_in_organisation(previous)


def _ends_in_organisation(part: str) -> bool:
    """Whether the last words name an organisation, so that its place has yet to come."""
    last = _EMAIL.sub("", part).rstrip(" .").rsplit(",", 1)[-1]
    return bool(_ORGANISATION.search(last))

"""Affiliation strings as text: keys to compare them, names to look up, the organisation named."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence

__all__ = ["clean", "fold", "normalise", "organisation", "slug"]

MAX_LENGTH = 2000
LOOKED_AT = 2 * MAX_LENGTH
"""Characters of a string that are looked at; once they are cleaned, MAX_LENGTH are read."""

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
# The same for ASCII, in lower case, where a table of bytes is several times as fast.
_ASCII_KEPT = bytes(ord(c.lower()) if c.isalnum() else 32 for c in map(chr, range(128)))
_ASCII_KEPT += bytes(128)
_ASCII_APOSTROPHES = b"'`"


def normalise(text: str) -> str:
    """The key under which affiliation strings are compared.

    Without e-mail addresses, the words "Electronic address", case and punctuation; in NFKC.
    HTML entities stay as they are written: readers of sources unescape what their format escapes.

    >>> normalise("Lab of Physics, Univ. A & M.  Electronic address: a@b.org.")
    'lab of physics univ a m'
    """
    if "@" in text:
        text = EMAIL.sub(" ", text)
    if "lectron" in text.lower():
        text = ELECTRONIC.sub(" ", text)
    if "(Dr" in text:
        text = DOCTORS.sub(" ", text)
    if text.isascii():
        return " ".join(text.encode().translate(_ASCII_KEPT).decode().split())
    text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().translate(_PUNCTUATION).split())


def fold(text: str) -> str:
    """The form under which names are looked up: no case, accents, apostrophes, punctuation.

    >>> fold("Xi'an"), fold("Łódź"), fold("Weißenburg-Süd"), fold("广州市")
    ('xian', 'lodz', 'weissenburg sud', '广州市')
    """
    if text.isascii():
        kept = text.encode().translate(_ASCII_KEPT, _ASCII_APOSTROPHES)
        return " ".join(kept.decode().split())
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFD", text.translate(LETTERS)).translate(_FOLDING)
    return " ".join(unicodedata.normalize("NFC", text).split())


DOCTORS = re.compile(r"\(Drs?\b[^()]{0,300}\)?")  # "(Drs Shan and Nicholson; …)": people, not towns


def clean(text: str) -> str:
    """The string for reading, at most 2,000 characters: no e-mails, links, ORCIDs or labels.

    >>> clean("1Department of Physics, Univ. X. Electronic address: a@b.org.")
    'Department of Physics, Univ. X.'
    """
    text = text[:LOOKED_AT]
    if "&" in text:
        text = html.unescape(text)
    if "@" in text:
        text = EMAIL.sub(" ", text)
    lower = text.lower()
    if "lectron" in lower:
        text = ELECTRONIC.sub(" ", text)
    if "://" in lower or "www" in lower:
        text = URL.sub(" ", text)
    if text.count("-") >= 3:
        text = ORCID.sub(" ", text)
    text = " ".join(text[:MAX_LENGTH].split())
    for _ in range(3):
        label = LABEL.match(text)
        if label is None:
            break
        text = text[label.end() :]
    body = text.rstrip(" ,;:.")
    return (body + "." if text.endswith(".") else body).lstrip(" ,;:")


def slug(name: str) -> str:
    """The name as used in ids: folded, hyphen-joined, without a leading "the".

    >>> slug("The University of São Paulo")
    'university-of-sao-paulo'
    """
    words = fold(name).split()
    return "-".join(words[1:] if len(words) > 1 and words[0] == "the" else words)


HAN = re.compile(r"[\u4e00-\u9fff]")
ADDRESS_HAN = re.compile(
    r"^(?:[\u4e00-\u9fff]{2,7}?(?:特别行政区|自治区|省|市|区|县))+(?=[\u4e00-\u9fff]{4})"
)
ORGANISATION_HAN = (
    re.compile(r"^(?:中国|中國)[\u4e00-\u9fff]{1,4}院[\u4e00-\u9fff]{2,20}?(?:研究所|研究院|中心|园)"),
    re.compile(r"^[\u4e00-\u9fffA-Za-z·]{2,20}?(?:大学|大學)(?:[\u4e00-\u9fff]{0,12}?(?:医院|醫院|病院))?"),
    re.compile(r"^[\u4e00-\u9fff]{2,24}?(?:医院|醫院|病院|研究院|研究所|科学院|公司|集团|疾病预防控制中心)"),
    re.compile(r"^[\u4e00-\u9fff]{2,20}?(?:学院|學院|学校|中心|局|馆|所|厂)"),
)  # fmt: skip
SENTENCE_PART = re.compile(r"(?<=[\w)]{4})\.\s+(?=[A-Z])")
GROUPS = re.compile(r"[;；|\n]")
SURE_RANK, PLACE_RANK = 4, -1
PARTS = re.compile(r"[,，،]|\s[-–—]\s")
UNIVERSITY = (
    "universi", "univ", "uniwersytet", "univerz", "hochschule", "polytech", "politec", "ucl",
    "eth ", "ecole polytechnique", "institute of technology", "universite", "egyetem", "yliopisto",
    "ulikool", "sveucilist", "университет", "универзитет", "πανεπιστημι", "جامعة", "جامعه",
    "الجامعة", "دانشگاه", "אוניברסיט", "대학교", "มหาวิทยาลัย",
)  # fmt: skip
HOSPITAL = (
    "hospital", "hopital", "hopitaux", "klinikum", "krankenhaus", "ospedal", "infirmary", "spital",
    "ziekenhuis", "sykehus", "sjukhus", "szpital", "medical center", "medical centre", "clinic ",
    "nhs ", "irccs", "policlinico", "health system", "chu ", "cancer center", "medical city",
    "hastane", "больниц", "госпитал", "νοσοκομει", "مستشفى", "بيمارستان", "בית חולים", "병원",
)  # fmt: skip
INSTITUTE = (
    "institut",
    "istituto",
    "instituto",
    "laborator",
    "observator",
    "museum",
    "museo",
    "институт",
    "обсерватор",
    "ινστιτουτ",
    "معهد",
    "المعهد",
    "مركز",
    "מכון",
    "연구소",
    "연구원",
    "과학기술원",
)
COMPANY = re.compile(
    r"\b(?:inc|ltd|llc|gmbh|corp|corporation|company|co|plc|bv|nv|ag|oy|ab|spa|srl|sas|kg|llp|"
    r"pharmaceuticals?|therapeutics|limited)$|\b(?:gmbh|pharmaceuticals|therapeutics)\b"
)
# Named beside the institute that did the work, and much larger than it.
UMBRELLA = (
    "academy of", "academia sinica", "cnrs", "inserm", "csic", "max planck society", "helmholtz",
    "ministry", "national institutes of health", "consiglio nazionale", "council",
    "national research council", "cancer society",
)  # fmt: skip
OTHER = (
    "college", "academy", "centre", "center", "centro", "foundation", "fondazione", "agency",
    "authority", "association", "society", "trust", "bureau", "school", "ecole", "consortium",
    "administration", "group", "clinic", "alliance", "network", "commission", "zoo", "nhs",
    "organization", "organisation", "hospice", "practice", "national", "healthcare", "health",
)  # fmt: skip
DEPARTMENTAL = re.compile(
    r"^(?:the |from the |and |\w{1,3} )?(?:sub)?(?:departments?|dept|divisions?|school|faculty|"
    r"sections?|units?|laborator\w+|labs?|programme?|program|dipartimento|departamento|"
    r"departement|servicio|service|servico|chair|facultad|faculdade|faculte|facolta|fakultat|"
    r"abteilung|lehrstuhl|clinic for|klinik fur|graduate|college|cent(?:er|re) (?:for|of)|"
    r"institute (?:of|for)|state key|key lab\w*|research (?:unit|group)|unidad|unite|equipe|area|"
    r"research cent\w+|кафедра|"
    r"факультет|отдел\w*|лаборатория|كلية|قسم|مختبر|הפקולטה|professor|student|these|authors?|doctoral|postgraduate|residen\w+)\b"
    r"|\b(?:department|division|unit|section|laboratory)$"
)
CENTRE = re.compile(r"^(?:the )?(?:cent(?:er|re)|institute|college)\b")
# Fields of work, persons and notes, none of which is an organisation.
NO_ORGANISATION = re.compile(
    r"\w(?:ology|iatry|iatrics?|therapy|rehabilitation)\b| (?:myeon|dong|gu|ku|gun|eup)$|"
    r"\b(?:author|contribut\w+|correspond\w+|professor|student|editor|researcher|scientist|"
    r"director|medicine|surgery|nursing|physics|chemistry|mathematics|engineering|"
    r"present address|current address|usa|uk|retired|independent|private practice|"
    r"development|safety|biostatistics|statistics)\b"
)
WAY = re.compile(
    r"\b(?:lane|drive|place|park|parkway|way|square|court|rd|str|ave|blvd|mah|mahallesi|sok|"
    r"strasse|calle|rua|viale|piazza|route|quay|house|box|district|county|province|state|region)$"
    r"|strasse$|^(?:calle|rua|viale|piazza|route|route de)\b"
)
LEGAL_FORM = re.compile(
    r"(?:inc|ltd|llc|gmbh|corp|co|plc|bv|nv|ag|oy|ab|s\.?p\.?a|s\.?r\.?l|s\.?a|sas|kg|llp|limited|"
    r"co\.? ltd|pty|pte|pvt|pvt\.? ltd|pty\.? ltd|incorporated|k\.k|s\.?a\.?s|s\.?l)\.?",
    re.IGNORECASE,
)
ABBREVIATED_FORM = re.compile(r", (?:Inc|Ltd|Corp|Co)\.$", re.IGNORECASE)
BUILDING = re.compile(r"^\d|\b(?:street|road|avenue|boulevard|p o box|floor|building|rue|via)\b")


# "Université X 135 Avenue …", but neither "The 960th Hospital" nor "Hospital 12 de Octubre".
STREET_AFTER_NAME = re.compile(r"(?<=\w{4})\s+\d+(?!\d*(?:st|nd|rd|th)\b)(?!\d|\s+de\s).*$")

CAMPUS = re.compile(
    r"\b(University of California),?\s+(?:at\s+)?(San Francisco|Los Angeles|Berkeley|San Diego|"
    r"Davis|Irvine|Santa Barbara|Santa Cruz|Riverside|Merced)\b"
)


def organisation(text: str, place_names: Iterable[str] = ()) -> str | None:
    """The organisation part of an affiliation, or None if the string names none.

    `place_names` are names to be told apart from organisations (the town found, for one).

    >>> organisation("Department of X, University of Y, 12 Main Street, City, Country")
    'University of Y'
    >>> organisation("Department of Psychology.") is None
    True
    """
    text = clean(text)
    if HAN.search(text):
        found = _chinese_organisation(text)
        if found:
            return found
    places = {fold(name) for name in place_names}
    groups = [_ranked(group, places) for group in GROUPS.split(text)]
    sure = [g for g in groups if any(rank >= SURE_RANK for rank, _ in g)]
    near = [g for g in sure if any(rank == PLACE_RANK for rank, _ in g)]
    ranked = [pair for group in (near or sure or groups)[: 1 if sure else None] for pair in group]
    rank, best = max(ranked, key=lambda pair: pair[0], default=(0, ""))
    if rank > 0:
        return _trim_organisation(best) or None
    return _by_position(ranked, places) if places else None


def _by_position(ranked: Sequence[tuple[int, str]], places: set[str]) -> str | None:
    """What stands before the town and is no department, street or name of a region.

    >>> organisation("Oncology Unit, Foobar Diagnostics, Tacoma, WA 98121, USA", ["Tacoma"])
    'Foobar Diagnostics'
    """
    towns = [i for i, (rank, _) in enumerate(ranked) if rank == PLACE_RANK]
    # A town known by another name than it is written is not recognised here.
    before = ranked[: towns[-1]] if towns else ranked[: len(ranked) > 1]
    named = [segment for _, segment in before if _may_be_organisation(fold(segment))]
    return _trim_organisation(named[-1]) or None if named else None


def _may_be_organisation(folded: str) -> bool:
    words = folded.split()
    return (
        0 < len(words) <= 8
        and len(folded) > 2
        and not any(c.isdigit() for c in folded)
        and not NO_ORGANISATION.search(folded)
        and not DEPARTMENTAL.search(folded)
        and not BUILDING.search(folded)
        and not WAY.search(folded)
    )


def _ranked(group: str, places: set[str]) -> list[tuple[int, str]]:
    """The group's segments in order, each with its rank (that of a place's name is negative)."""
    ranked = []
    for segment in _parts(group):
        folded = fold(segment)
        is_place = any(f" {place} " in f" {folded} " for place in places)
        rank = _organisation_rank(folded) if folded not in places else 0
        ranked.append((PLACE_RANK if is_place and not rank else rank, segment))
    return ranked


def _organisation_rank(folded: str) -> int:
    """0 for no organisation; the larger, the more it is the one meant."""
    if LEGAL_FORM.fullmatch(folded):
        return 0  # "CO" and "AB" are a state and a province
    if BUILDING.search(folded) and not any(w in folded for w in UNIVERSITY + HOSPITAL):
        return 0
    departmental = DEPARTMENTAL.match(folded) is not None
    padded = f"{folded} "
    if any(word in padded for word in UNIVERSITY):
        return 7 if departmental and " of " not in folded[20:] else 9
    if any(word in padded for word in HOSPITAL):
        return 3 if departmental else 8
    if COMPANY.search(folded) and not departmental:
        return 7
    if any(word in padded for word in UMBRELLA):
        return 5
    if any(word in padded for word in INSTITUTE):
        return 2 if departmental else 6
    if departmental:
        return 1 if CENTRE.match(folded) else 0
    if any(word in padded for word in OTHER):
        return 4
    return 0


def _parts(text: str) -> list[str]:
    text = re.sub(r"[\"“”„«»]", "", text)
    text = re.sub(r"\b(Univ)\.\s", r"\1 ", text)  # no end of a sentence
    text = CAMPUS.sub(r"\1 \2", text)
    parts = PARTS.split(SENTENCE_PART.sub(", ", text))
    found: list[str] = []
    for written in parts:
        part = written.strip(" .()[]*&'")
        if LEGAL_FORM.fullmatch(part) and not (part.isupper() and len(part) == 2):
            if found:  # "Merck & Co., Inc.", but no company is called "Inc"
                found[-1] += f", {part}" + ("." if written.rstrip().endswith(".") else "")
        elif part:
            found.append(part)
    return found


def _trim_organisation(name: str) -> str:
    name = re.sub(r"\s*\([^)]{0,60}\)?\s*$", "", name)
    name = re.sub(r"^\d{3,}(?=[A-Z][a-z])", "", name)  # a publisher's number glued on
    name = STREET_AFTER_NAME.sub("", name)
    name = re.sub(r"^(?:from|and|at)\s+", "", name, flags=re.IGNORECASE)
    name = " ".join(name.split())
    return name.strip(" ,:-") if ABBREVIATED_FORM.search(name) else name.strip(" .,:-")


def _chinese_organisation(text: str) -> str | None:
    for segment in re.split(r"[,，;；。、\s()（）]+", text):
        if not HAN.search(segment):
            continue
        for start in (ADDRESS_HAN.sub("", segment), segment):
            for pattern in ORGANISATION_HAN:
                match = pattern.match(start)
                if match:
                    return match.group()
    return None

"""Organisation names and affiliation strings as comparable words."""

from __future__ import annotations

import re
from typing import NamedTuple

from sciencecities.locate.text import fold

MAX_WORDS = 400

# Left out of names: they come and go between languages and spellings.
SMALL = frozenset(
    "of the and for at in de la le les du des der die das und fur et del di da do dos della dell"
    " delle dei degli el los las al von zu zum zur och y voor van d l".split()
)
# Small words that join two names rather than continue one.
JOINING = frozenset("and und et och y in".split())

SAME_WORD = {
    word: meant
    for meant, words in {
        "university": "univ univer universitat universite universidad universita universidade"
        " universiteit uniwersytet universitet universiti universitas universitatea univerzita"
        " univerza uni universit univerzitet sveuciliste egyetem",
        "institute": "inst institut instituto istituto instituut institutul instytut instituti",
        "institutes": "institutos instituts",
        "laboratory": "lab laboratoire laboratorio laboratorium labor labs laboratories",
        "center": "ctr cent centre centro centrum zentrum centres",
        "hospital": "hosp hopital ospedale hospitals hospitalier hopitaux krankenhaus",
        "clinic": "klinik klinikum clinique clinica kliniken",
        "college": "coll colegio collegio",
        "school": "sch ecole escuela scuola escola",
        "department": "dept dep departement departamento dipartimento departments depts",
        "faculty": "fac facultad faculte faculdade facolta fakultat faculties",
        "academy": "acad academia akademie academie akademia accademia",
        "national": "natl nat nacional nationale nazionale",
        "international": "int internacional internationale internazionale intl",
        "science": "sci sciences scis ciencias ciencia scienze wissenschaften sc",
        "technology": "tech technol technologies tecnologia technologie tecnologico techn",
        "technical": "technische tecnica technique tecnico",
        "polytechnic": "politecnica politecnico polytechnique polytech politecnical",
        "research": "res recherche investigacion ricerca forschung investigaciones recherches",
        "medical": "med medica medizinische medicale medico",
        "medicine": "medicina medecine medizin",
        "engineering": "eng engn engng ingenieria ingenierie",
        "agricultural": "agr agric agraria agricole",
        "chemistry": "chem chim chimie quimica chimica",
        "physics": "phys physik fisica physique",
        "mathematics": "math maths mathematik matematicas matematica mathematiques",
        "biology": "biol biologie biologia",
        "saint": "st sankt ste",
        "state": "estatal",
        "federal": "fed",
        "foundation": "fdn fundacion fondation fondazione stiftung fundacao",
        "general": "gen",
        "advanced": "adv",
        "applied": "appl",
        "studies": "stud studien",
        "telecommunications": "telecommun telecommunication",
        "electronic": "electron",
        "children": "childrens",
        "xian": "xi'an",
        "california": "calif",
        "massachusetts": "mass",
    }.items()
    for word in words.split()
}
PHRASES = re.compile(r"\b(jiao tong|xi an|hong kong|chiao tung|tsing hua|cheng kung)\b")

# Words of kind and field: a name of these alone says nothing without its town.
GENERIC = frozenset(
    "university institute institutes laboratory center hospital clinic college school department"
    " faculty academy national international science technology technical polytechnic research"
    " medical medicine engineering agricultural chemistry physics mathematics biology state"
    " federal foundation general advanced applied studies electronic children health ministry"
    " education agriculture defense defence environment culture justice finance public private"
    " central regional city municipal provincial county first second third military army navy"
    " air force teaching affiliated people memorial royal king queen government service services"
    " system systems group company corporation ltd inc limited co computer computing information"
    " communication communications economics law arts art social humanities human natural nature"
    " earth environmental ocean marine materials material nuclear energy space astronomy"
    " astrophysics philosophy archaeology history sociology psychology psychiatry neurology"
    " neuroscience surgery cancer heart eye dental dentistry nursing pharmacy pharmacology"
    " pharmaceutical veterinary forestry animal plant food nutrition life biomedical biomedicine"
    " biotechnology genetics molecular cell biochemistry microbiology immunology infectious"
    " disease diseases tropical water resources management business administration development"
    " innovation theoretical experimental mechanics mechanical electrical civil chemical industrial"
    " industry design planning transport railway aviation aerospace standards metrology optics"
    " geology geography geophysics geosciences oceanography meteorology climate statistics"
    " security policy institution organization organisation association society council agency"
    " bureau office division unit north south east west northern southern eastern western open"
    " new global world european american key lab program programme network trust board"
    " commission authority department museum library archives observatory station".split()
)
# Words that begin the part of a university named before or after it without a comma.
UNIT_WORDS = frozenset(
    "school department faculty college division laboratory institute center unit section group"
    " campus hospital clinic dipartimento lehrstuhl chair graduate program programme cedex box"
    " po bp usa uk umr cnrs inserm upr ea".split()
)

_ELISION = re.compile(r"\b([dlDL])['’‘`´](?=\w)")
_CJK = re.compile(r"([぀-ヿ㐀-䶿一-鿿])")
_BREAKS = re.compile(r"[,;|/()\[\]{}\n\t•·:]|\s[-–—]+\s|[.](?=\s+[A-Z][a-z]{3})|，|；|、|。|（|）")
HARD = ";|\n；"
_TOKEN = re.compile(r"[^\s,;|/()\[\]{}:]+")

EDGE, SMALL_JOIN, SMALL_CONTINUE, NEXT = 0, 1, 2, 3
"""What stands before a word: a mark, a joining or a continuing small word, or the word before."""


class Words(NamedTuple):
    """A string's words without small ones, and what stands before each (one more for the end)."""

    words: list[str]
    before: list[int]
    part: list[int]  # number of the part between semicolons that the word is in


def name_words(name: str) -> list[str]:
    """The words by which a name is found.

    >>> name_words("Université de l'Alaska à Fairbanks")
    ['university', 'alaska', 'a', 'fairbanks']
    >>> name_words("Univ. of Sci. & Technol. of China")
    ['university', 'science', 'technology', 'china']
    """
    return [SAME_WORD.get(w, w) for w in split_words(name) if w not in SMALL]


def split_words(text: str) -> list[str]:
    """Folded words; each Chinese or Japanese character is a word of its own."""
    if not text.isascii():
        text = _ELISION.sub(r"\1 ", text)
        if _CJK.search(text):
            text = _CJK.sub(r" \1 ", text)
    elif "'" in text:
        text = _ELISION.sub(r"\1 ", text)
    folded = fold(text)
    if " " in folded:
        folded = PHRASES.sub(lambda found: found[0].replace(" ", ""), folded)
    return folded.split()


def string_words(text: str) -> Words:
    """The words of an affiliation string, at most 400, with the marks between them."""
    words: list[str] = []
    before: list[int] = []
    hard: list[int] = []
    part = 0
    for segment, mark in _segments(text):
        gap = EDGE
        for word in split_words(segment):
            if word in SMALL:
                if words and gap != EDGE:
                    gap = SMALL_JOIN if word in JOINING else SMALL_CONTINUE
                continue
            words.append(SAME_WORD.get(word, word))
            before.append(gap)
            hard.append(part)
            gap = NEXT
        if mark in HARD:
            part += 1
        if len(words) > MAX_WORDS:
            break
    before.append(EDGE)
    return Words(words[:MAX_WORDS], [*before[: len(words[:MAX_WORDS])], EDGE], hard[:MAX_WORDS])


def _segments(text: str) -> list[tuple[str, str]]:
    found, start = [], 0
    for mark in _BREAKS.finditer(text):
        found.append((text[start : mark.start()], mark[0].strip() or ","))
        start = mark.end()
    found.append((text[start:], ","))
    return found


def capitals(text: str) -> list[str]:
    """The words of the string that may be acronyms: two capitals or more, in their order.

    >>> capitals("Inst. of Physics (INFN), LNGS/CERN, Roma")
    ['INFN', 'LNGS', 'CERN']
    """
    found = []
    for word in _TOKEN.findall(text):
        bare = word.strip(".,'\"-*")
        if 2 <= len(bare) <= 16 and sum(map(str.isupper, bare)) >= 2:
            found.append(bare)
    return list(dict.fromkeys(found))

"""Organisation names and affiliation strings as comparable words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from sciencecities.locate.text import fold

MAX_WORDS = 400
REMEMBERED = 100_000  # segments; "Beijing" is written a thousand times


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Left out of names: they come and go between languages and spellings.
SMALL = _words(
    "of the and for at in de la le les du des der die das und fur et del di da do dos della dell"
    " delle dei degli el los las al von zu zum zur och y voor van d l"
)
# Small words that join two names rather than continue one.
JOINING = _words("and und et och y in")

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
        "technology": "tech technol technologies tecnologia technologie tecnologico techn"
        " technological",
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
        "studies": "stud studien study",
        "telecommunications": "telecommun telecommunication",
        "electronic": "electron electronics",
        "theoretical": "theoretische theorique teorica",
        "children": "childrens",
        "xian": "xi'an",
        "computer": "comput computing computation computational computers",
        "automation": "autom",
        "communications": "commun communication",
        # Cities whose names differ between languages and times.
        "antwerp": "antwerpen anvers", "athens": "athina", "basel": "basle bale",
        "beijing": "peking", "belgrade": "beograd", "bengaluru": "bangalore", "bern": "berne",
        "brussels": "bruxelles brussel", "bucharest": "bucuresti", "chennai": "madras",
        "cologne": "koln koeln", "copenhagen": "kobenhavn", "dusseldorf": "duesseldorf",
        "florence": "firenze", "geneva": "geneve genf", "genoa": "genova", "ghent": "gent gand",
        "gothenburg": "goteborg", "gottingen": "goettingen", "hanover": "hannover",
        "kharkiv": "kharkov", "kolkata": "calcutta", "krakow": "cracow krakau",
        "kyiv": "kiev", "lisbon": "lisboa", "lviv": "lvov", "lyon": "lyons",
        "marseille": "marseilles", "milan": "milano", "moscow": "moskva", "mumbai": "bombay",
        "munich": "munchen muenchen", "naples": "napoli", "nuremberg": "nurnberg",
        "odesa": "odessa", "padua": "padova", "prague": "praha", "rome": "roma",
        "seville": "sevilla", "tubingen": "tuebingen", "turin": "torino", "venice": "venezia",
        "vienna": "wien", "warsaw": "warszawa", "wurzburg": "wuerzburg", "zurich": "zuerich",
        "california": "calif",
        "massachusetts": "mass",
    }.items()
    for word in words.split()
}  # fmt: skip
PHRASES = re.compile(r"\b(jiao tong|xi an|hong kong|chiao tung|tsing hua|cheng kung)\b")

# Words of kind and field: a name of these alone says nothing without its town.
GENERIC = _words(
    """
    academic academy administration advanced aerospace affiliated agency agricultural
    agriculture air american animal applied archaeology archives army art arts association
    astronomy astrophysics authority aviation biochemistry biological biology biomedical
    biomedicine bioscience biosciences biotechnology board bureau business cancer cell
    center central chemical chemistry children city civil climate clinic clinical co college
    commission communication communications company comprehensive computer computing
    cooperative corporation council county culture defence defense dental dentistry
    department design development disease diseases division earth east eastern economics
    education electrical electronic electrophysics energy engineering engineers environment
    environmental european experimental eye faculty federal finance first food force
    forestry foundation general genetics geography geology geophysics geosciences global
    government graduate group health heart high history hospital human humanities immunology
    inc industrial industry infectious information innovation institute institutes
    institution international justice key king lab laboratory language languages law library
    life lifesciences limited ltd management marine material materials mathematical
    mathematics mechanical mechanics medical medicine memorial meteorology metrology
    microbiology military ministry molecular municipal museum nanoscience nanotechnology
    national natural nature navy network neurology neuroscience new north northern nuclear
    nursing nutrition observatory ocean oceanography office open optics organisation
    organization people pharmaceutical pharmacology pharmacy philosophy photonics physical
    physician physicians physics planning plant plasma policy polytechnic private program
    programme provincial psychiatry psychology public quantum queen railway regional
    research resources royal school science second security service services social society
    sociology solid south southern space sport sports standards state station statistics
    studies surgery system systems teaching technical technologies technology theoretical
    third training transport tropical trust unit university veterinary water west western
    world
    """
)
# Words that begin the part of a university named before or after it without a comma.
UNIT_WORDS = _words(
    "school department faculty college division laboratory institute center unit section group"
    " campus hospital clinic lehrstuhl chair graduate program programme cedex box po bp usa uk"
    " umr cnrs inserm upr ea main"
)
# Words that close the name of a department before a university's without a comma.
FIELD_WORDS = _words(
    "science technology physics chemistry mathematics biology medicine engineering studies"
    " economics law arts philosophy history sociology psychology psychiatry neurology surgery"
    " neuroscience dentistry nursing pharmacy pharmacology biochemistry microbiology immunology"
    " genetics pathology radiology oncology pediatrics paediatrics cardiology anatomy physiology"
    " geology geography geophysics geosciences astronomy astrophysics statistics management"
    " business education health biotechnology informatics mechanics materials optics ecology"
    " department school faculty laboratory center institute campus hospital und"
)
COMPANY_WORDS = _words(
    "ltd limited inc incorporated co corp corporation company gmbh ag sa spa srl llc plc bv nv"
    " oy ab kk pty pvt kg"
)
# Also the acronyms of organisations: the United States Army.
COUNTRY_ACRONYMS = _words("USA UAE PRC ROC DPR DDR BRD FRG GDR USSR CSSR ROK KSA RSA UKR")

_ELISION = re.compile(r"\b([dlDL])['’‘`´](?=\w)")
_CJK = re.compile(r"([぀-ヿ㐀-䶿一-鿿])")
_BREAKS = re.compile(
    r"[,;|/()\[\]{}\n\t•·:]|#[A-Z]{1,3}#|\s[-–—]+\s|[.](?=\s+[A-Z][a-z]{3})|，|；|、|。|（|）"
)
_UNIT_NUMBER = re.compile(  # how French laboratories are numbered: UMR_S 1136, U1138, EA 7424
    r"(?:UMRS?|UPR|UMS|USR|UAR|EA|FRE|IFR|CIC|US?)(?:[-_]?S?[-_]?\d+|[-_]S)?|\d{4}"
)
HARD = ";|；"

EDGE, SMALL_JOIN, SMALL_CONTINUE, NEXT = 0, 1, 2, 3
"""What stands before a word: a mark, a joining or a continuing small word, or the word before."""


class Words(NamedTuple):
    """A string's words without small ones, and what stands before each (one more for the end)."""

    words: list[str]
    before: list[int]
    segment: list[int]  # number of the segment, between two marks, that the word is in
    part: list[int]  # number of the part, between two semicolons, that the word is in
    segments: list[tuple[str, str]]  # each segment's mark before it, and its text


def name_words(name: str) -> list[str]:
    """The words by which a name is found.

    >>> name_words("Université de l'Alaska à Fairbanks")
    ['university', 'alaska', 'a', 'fairbanks']
    >>> name_words("Univ. of Sci. & Technol. of China")
    ['university', 'science', 'technology', 'china']
    """
    return [SAME_WORD.get(w, w) for w in _split_words(name) if w not in SMALL]


def _split_words(text: str) -> tuple[str, ...]:
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
    return tuple(folded.split())


def string_words(text: str) -> Words:
    """The words of an affiliation string, at most 400, with the marks between them."""
    found = Words([], [], [], [], _segments(text))
    part = 0
    for number, (mark, segment) in enumerate(found.segments):
        part += mark in HARD
        words, before = _segment_words(segment)
        found.words.extend(words)
        found.before.extend(before)
        found.segment.extend([number] * len(words))
        found.part.extend([part] * len(words))
        if len(found.words) >= MAX_WORDS:
            break
    found.before.append(EDGE)
    return found


@lru_cache(REMEMBERED)
def _segment_words(segment: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """A segment's words without small ones, and what stands before each."""
    words, before = [], []
    gap = EDGE
    for word in _split_words(segment):
        if word in SMALL:
            if gap != EDGE:
                gap = SMALL_JOIN if word in JOINING else SMALL_CONTINUE
            continue
        words.append(SAME_WORD.get(word, word))
        before.append(gap)
        gap = NEXT
    return tuple(words), tuple(before)


def _segments(text: str) -> list[tuple[str, str]]:
    found, mark, start = [], ",", 0
    for pause in _BREAKS.finditer(text):
        found.append((mark, text[start : pause.start()].strip()))
        mark, start = pause[0].strip() or ";", pause.end()
    found.append((mark, text[start:].strip()))
    return found


def acronym(segment: str) -> str | None:
    """The one word that a segment consists of, unit numbers aside; None if it is more than that.

    >>> acronym("INSERM U1138"), acronym("UMR CNRS 5023"), acronym("CNRS laboratory")
    ('INSERM', 'CNRS', None)
    """
    words = [w for w in segment.split() if not _UNIT_NUMBER.fullmatch(w)]
    bare = words[0].strip(".,'\"-*") if len(words) == 1 else ""
    capitals = sum(map(str.isupper, bare))
    fits = 3 <= len(bare) <= 16 and (capitals >= 2 or (capitals and len(bare) >= 4))
    return bare if fits else None

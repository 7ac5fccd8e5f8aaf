"""The five subjects of the Nature Index: names, titles, and the words that sources use for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sciencecities.scopes.model import NONE, Scope

SUBJECT = "subject"
"""The default classification."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject: its scope and the words that mean it in a source's own column."""

    scope: Scope
    aliases: tuple[str, ...]


def _subject(name: str, en: str, zh: str, about_en: str, about_zh: str, *aliases: str) -> Subject:
    return Subject(Scope(name, en, zh, about_en, about_zh, "subject"), aliases)


SUBJECTS = (
    _subject(
        "physical",
        "Physical sciences",
        "物理科学",
        "Physics, astronomy, materials; mathematics, computing and engineering, which the index "
        "has no subject for.",
        "物理学、天文学、材料科学；数学、计算机与工程在该指数中没有单独学科，归入此类。",
        "physical science",
        "physics",
        "物理",
        "物理学",
        "自然物理科学",
    ),
    _subject(
        "biological",
        "Biological sciences",
        "生命科学",
        "Biology from molecules to organisms, neuroscience, immunology, basic cancer research.",
        "从分子到个体的生物学、神经科学、免疫学与基础肿瘤研究。",
        "biological science",
        "biology",
        "life sciences",
        "life science",
        "生物科学",
        "生物学",
    ),
    _subject(
        "chemistry",
        "Chemistry",
        "化学",
        "Chemistry in all its branches, with the chemistry of materials and medicines.",
        "化学各分支，含材料化学与药物化学。",
        "chemical sciences",
        "chemical science",
    ),
    _subject(
        "earth-environmental",
        "Earth & environmental sciences",
        "地球与环境科学",
        "Geology, climate, oceans, water, soil, pollution; ecology in part.",
        "地质、气候、海洋、水、土壤与污染；部分生态学。",
        "earth & environmental",
        "earth & environmental science",
        "earth sciences",
        "earth science",
        "environmental sciences",
        "environmental science",
        "地球和环境科学",
    ),
    _subject(
        "health",
        "Health sciences",
        "健康科学",
        "Medicine of patients and populations, care, public health.",
        "面向患者与人群的医学、照护与公共卫生。",
        "health science",
        "medical sciences",
        "clinical medicine",
        "医学",
    ),
)

SUBJECT_NAMES = tuple(s.scope.name for s in SUBJECTS)


def fold_name(text: str) -> str:
    """The name without case, punctuation, `&` and `and`.

    >>> fold_name(" Earth &  Environmental_Sciences ")
    'earth environmental sciences'
    >>> fold_name("earth and environmental-sciences")
    'earth environmental sciences'
    """
    words = re.findall(r"\w+", text.replace("_", " ").casefold())
    return " ".join(word for word in words if word != "and")


def subject_of(text: str) -> str | None:
    """The subject's name that the text means in any spelling, `none`, or None if it is unknown.

    >>> subject_of("Life Sciences"), subject_of("地球与环境科学"), subject_of("none")
    ('biological', 'earth-environmental', 'none')
    """
    return _BY_FOLDED_NAME.get(fold_name(text))


def source_terms() -> list[tuple[str, str]]:
    """(word, subject) for every spelling that a source's own column may hold.

    Spelled out, because the counting rules compare terms byte by byte.
    """
    terms: dict[str, str] = {}
    for subject in SUBJECTS:
        for alias in _all_names(subject):
            terms.update(dict.fromkeys(_spellings(alias), subject.scope.name))
    terms.update(dict.fromkeys(_spellings(NONE), NONE))
    return sorted(terms.items())


def _all_names(subject: Subject) -> tuple[str, ...]:
    scope = subject.scope
    return (scope.name, scope.title_en, scope.title_zh, *subject.aliases)


def _spellings(name: str) -> set[str]:
    spaced = name.replace("-", " ")
    if name == "earth-environmental":
        spaced = "earth & environmental"
    plain = {spaced, spaced.replace("&", "and")}
    words = (
        plain | {p.title().replace(" And ", " and ") for p in plain} | {p.title() for p in plain}
    )
    words |= {p[:1].upper() + p[1:].lower() for p in plain}
    words |= {w.upper() for w in plain} | {w.lower() for w in plain} | {name}
    slugs = {"-".join(re.findall(r"\w+", p.lower())) for p in plain}
    return words | slugs | {s.replace("-", "_") for s in slugs}


_BY_FOLDED_NAME = {
    fold_name(alias): subject.scope.name for subject in SUBJECTS for alias in _all_names(subject)
} | {NONE: NONE}

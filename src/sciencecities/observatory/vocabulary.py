"""Every word the observatory classifies with, in both languages, mapped to the field's words.

The one place of the mappings to ESFRI and EOSC life cycles, ROR organisation types and Schema.org
types. A new tier or label is one line here and its name in `fields.py`.

Sources: ESFRI Roadmap 2018, part 1, "Lifecycle approach" (concept development, design,
preparation, implementation, operation, termination); EOSC Portal provider profile, vocabulary
"Provider life cycle status"; ROR documentation, "Organization types" (schema v2.1); schema.org.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A word of ours: its label in English and Chinese."""

    en: str
    zh: str

    def label(self, lang: str) -> str:
        """The label in a language, `en` or `zh`."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Kind(Term):
    """A kind of fact; `section` is its key in a file, `schema_org` the type it is published as."""

    section: str
    schema_org: str


@dataclass(frozen=True, slots=True)
class Tier(Term):
    """What sort of platform; `level` is who set it up, `ror_types` what ROR calls such bodies."""

    level: str | None
    ror_types: tuple[str, ...]
    schema_org: str


@dataclass(frozen=True, slots=True)
class Stage(Term):
    """What happened to a facility, and what it is from that day on (`state`).

    `order` is its place in a life; stages of the same order may follow each other freely.
    """

    state_en: str
    state_zh: str
    order: int
    esfri: str
    eosc: str

    def state(self, lang: str) -> str:
        """What the facility is from then on."""
        return self.state_zh if lang == "zh" else self.state_en


KINDS: Mapping[str, Kind] = {
    "platform": Kind("platform", "平台", "platforms", "ResearchOrganization"),
    "facility": Kind("facility", "设施", "facilities", "ResearchOrganization"),
    "programme": Kind("programme", "计划", "programmes", "ResearchProject"),
    "industry": Kind("industry", "产业", "industries", "DefinedTerm"),
    "company": Kind("company", "企业", "companies", "Corporation"),
    "achievement": Kind("achievement", "成果", "achievements", "CreativeWork"),
    "plan": Kind("plan", "规划", "plans", "Legislation"),
    "axis": Kind("axis or belt", "轴带", "axes", "Place"),
    "pole": Kind("core or pole", "核与极", "poles", "Place"),
    "corridor": Kind("corridor", "走廊", "corridors", "AdministrativeArea"),
    "claim": Kind("claim", "说法", "claims", "Claim"),
}

TIERS: Mapping[str, Tier] = {
    "national-laboratory": Tier(
        "national laboratory", "国家实验室", "national", ("facility",), "ResearchOrganization"
    ),
    "national-innovation-centre-comprehensive": Tier(
        "comprehensive national technology innovation centre",
        "综合类国家技术创新中心",
        "national",
        ("facility",),
        "ResearchOrganization",
    ),
    "national-technology-innovation-centre": Tier(
        "national technology innovation centre",
        "国家技术创新中心",
        "national",
        ("facility",),
        "ResearchOrganization",
    ),
    "national-emerging-industry-innovation-centre": Tier(
        "national emerging-industry innovation centre",
        "国家新兴产业创新中心",
        "national",
        ("facility",),
        "ResearchOrganization",
    ),
    "national-manufacturing-innovation-centre": Tier(
        "national manufacturing innovation centre",
        "国家制造业创新中心",
        "national",
        ("facility",),
        "ResearchOrganization",
    ),
    "national-key-laboratory": Tier(
        "national key laboratory",
        "全国重点实验室",
        "national",
        ("facility",),
        "ResearchOrganization",
    ),
    "national-science-centre": Tier(
        "comprehensive national science centre",
        "综合性国家科学中心",
        "national",
        ("facility", "government"),
        "ResearchOrganization",
    ),
    "provincial-laboratory": Tier(
        "provincial laboratory", "省实验室", "provincial", ("facility",), "ResearchOrganization"
    ),
    "innovation-institute": Tier(
        "high-level innovation institute",
        "高水平创新研究院",
        None,
        ("facility", "nonprofit"),
        "ResearchOrganization",
    ),
    "institute": Tier("research institute", "研究所", None, ("facility",), "ResearchOrganization"),
    "university": Tier("university", "高等院校", None, ("education",), "CollegeOrUniversity"),
    "hospital": Tier("hospital", "医院", None, ("healthcare",), "Hospital"),
    "pilot-base": Tier("pilot-scale base", "中试基地", None, ("facility",), "ResearchOrganization"),
    "park": Tier("science or industrial park", "园区", None, (), "Place"),
    "other": Tier("platform", "平台", None, ("other",), "Organization"),
}

LEVELS: Mapping[str, Term] = {
    "international": Term("international", "国际"),
    "national": Term("national", "国家级"),
    "provincial": Term("provincial", "省部级"),
    "municipal": Term("municipal", "市级"),
}

STAGES: Mapping[str, Stage] = {
    "planned": Stage("planned", "列入规划", "planned", "规划中", 1, "concept development", "other"),
    "designed": Stage("designed", "完成设计", "designed", "设计完成", 2, "design", "other"),
    "approved": Stage("approved", "获批立项", "approved", "已获批", 3, "preparation", "other"),
    "construction-started": Stage(
        "construction started",
        "开工建设",
        "in construction",
        "在建",
        4,
        "implementation",
        "under_construction",
    ),
    "completed": Stage(
        "completed",
        "建成",
        "completed, not yet in operation",
        "已建成，未投入运行",
        5,
        "implementation",
        "under_construction",
    ),
    "in-operation": Stage(
        "in operation", "投入运行", "in operation", "运行中", 6, "operation", "operational"
    ),
    "upgrade-started": Stage(
        "upgrade started", "开始升级", "being upgraded", "升级中", 6, "operation", "being_upgraded"
    ),
    "closed": Stage("closed", "关闭", "closed", "已关闭", 7, "termination", "other"),
    "cancelled": Stage("cancelled", "取消", "cancelled", "已取消", 7, "termination", "other"),
}

FACILITY_CLASSES: Mapping[str, Term] = {
    "national-major-infrastructure": Term(
        "national major science and technology infrastructure", "国家重大科技基础设施"
    ),
    "research-vessel": Term("research vessel", "科考船"),
    "factory": Term("factory", "工厂"),
    "research-infrastructure": Term("research infrastructure", "科研设施"),
}

LABELS: Mapping[str, Term] = {
    "leader": Term("leader of its field", "龙头企业"),
    "global-leader": Term("global leader", "全球巨头"),
    "hidden-champion": Term("hidden champion", "隐形冠军"),
    "specialised-and-new": Term("specialised and innovative firm", "专精特新"),
    "private": Term("privately owned", "民企"),
    "unicorn": Term("unicorn", "独角兽"),
    "high-tech": Term("certified high-tech firm", "高新企业"),
}

AXIS_FORMS: Mapping[str, Term] = {"axis": Term("axis", "轴"), "belt": Term("belt", "带")}
POLE_FORMS: Mapping[str, Term] = {"core": Term("core", "核"), "pole": Term("pole", "极")}
CORRIDOR_FORMS: Mapping[str, Term] = {
    "corridor": Term("innovation corridor", "科技创新走廊"),
    "bay-area": Term("bay area", "湾区"),
    "inner-bay": Term("inner bay", "内湾"),
    "region": Term("region", "区域"),
}

SOURCE_KINDS: Mapping[str, Term] = {
    "official": Term("official", "官方"),
    "press": Term("press", "媒体"),
    "registry": Term("registry", "登记库"),
}

UNITS: Mapping[str, Term] = {
    "1": Term("", ""),
    "%": Term("%", "%"),
    "m": Term("m", "米"),
    "m2": Term("m²", "平方米"),
    "km": Term("km", "千米"),
    "km2": Term("km²", "平方千米"),
    "year": Term("years", "年"),
    "1/year": Term("a year", "/年"),
    "s": Term("s", "秒"),
    "T": Term("T", "特斯拉"),
    "K": Term("K", "开"),
    "GeV": Term("GeV", "GeV"),
    "MeV": Term("MeV", "MeV"),
    "USD": Term("US dollars", "美元"),
    "CNY": Term("yuan", "元"),
}

COMPARATORS: Mapping[str, Term] = {
    "=": Term("", ""),
    ">": Term("over ", "超"),
    "≥": Term("at least ", "不少于"),
    "<": Term("under ", "不足"),
    "≤": Term("at most ", "不超过"),
    "≈": Term("about ", "约"),
}

COUNTED: Mapping[str, Term] = {
    "institution": Term("institutions", "机构"),
    "person": Term("people", "人员"),
    "city": Term("cities", "城市"),
    "rank": Term("rank", "排名"),
    "rank-change": Term("change of rank", "排名变化"),
}
"""What a claim can count besides the kinds of fact; of these nothing is listed here."""

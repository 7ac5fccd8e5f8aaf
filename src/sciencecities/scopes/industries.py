"""The six future industries of Guangzhou's plan as scopes: OpenAlex topics, MeSH for PubMed.

How the terms were chosen is written in docs/INDUSTRIES.md; each row of data/industries.csv says
why it is there.
"""

from __future__ import annotations

from sciencecities.scopes.model import Scope, ScopeTerm
from sciencecities.scopes.tables import rows

_ABOUT_EN = "One of the six future industries of Guangzhou's plan of 2025, anywhere in the world."
_ABOUT_ZH = "广州市2025年未来产业六大方向之一，统计全球各城市。"


def _industry(name: str, en: str, zh: str) -> Scope:
    return Scope(name, en, zh, _ABOUT_EN, _ABOUT_ZH, "industry")


INDUSTRIES = (
    _industry("intelligent-unmanned-systems", "Intelligent unmanned systems", "智能无人系统"),
    _industry("embodied-intelligence", "Embodied intelligence", "具身智能"),
    _industry("cell-and-gene", "Cell and gene", "细胞与基因"),
    _industry(
        "future-networks-and-quantum",
        "Future networks and quantum technology",
        "未来网络与量子科技",
    ),
    _industry("advanced-materials", "Advanced materials", "前沿新材料"),
    _industry("deep-sea-and-deep-space", "Deep sea and deep space", "深海深空"),
)

INDUSTRY_NAMES = tuple(s.name for s in INDUSTRIES)


def industry_terms() -> list[ScopeTerm]:
    """The terms of the industries; any one puts a work in, and a work may be in several."""
    return sorted(
        ScopeTerm(f"scope:{r['scope']}", 1, r["kind"], r["term"], r["scope"], False)
        for r in rows("industries")
    )

"""The corpus that arrives with a dependency: what it is, and what a ranking of it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FILE = "pubmed21n1298.xml.gz"

SAYS = (
    "A demonstration: one MEDLINE update file of June 2021. It shows how a ranking is made; which "
    "articles fell into one file says nothing about the cities.",
    "演示数据：2021年6月的一份MEDLINE更新文件，只说明排名怎样得来；哪些论文恰好在这份文件里，不说明城市的高下。",
)
"""What every page, brief and card of it must say, in English and Chinese."""


def is_sample(manifest: Mapping[str, Any]) -> bool:
    """Whether an edition was made from this corpus alone."""
    return [i["name"] for i in manifest.get("inputs", [])] == [FILE]

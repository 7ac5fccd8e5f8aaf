"""How the figures are made, in plain words, with the edition's own configuration."""

from __future__ import annotations

from typing import Any

from sciencecities.publish.request import Page, Request

SCHEMES = {
    "nature-index": (
        "Each work counts 1, split equally over its authors, then over each author's institutions.",
        "每篇计1，先按作者均分，再按每位作者的单位均分。",
    ),
    "leiden": (
        "Each work counts 1, split over authors, then affiliations, then the institutions in each.",
        "每篇计1，依次按作者、署名单位、单位所含机构均分。",
    ),
    "institution": (
        "Each work counts 1, split equally over its institutions.",
        "每篇计1，按论文的机构均分。",
    ),
    "city": ("Each work counts 1, split equally over its cities.", "每篇计1，按论文的城市均分。"),
    "full": ("Each work counts 1 in every city that takes part.", "每篇在每座参与城市各计1。"),
    "first-author": ("Only first authors count.", "只计第一作者。"),
    "corresponding-author": ("Only corresponding authors count.", "只计通讯作者。"),
}


SETTINGS = {
    "cities": ("Where a city ends", "城市口径"),
    "gazetteer": ("Gazetteer", "地名库"),
    "journals": ("Journals that count", "计入的期刊"),
    "keep_ancestors": ("Parents kept beside their institutions", "保留上级单位"),
    "letters": ("Journals of which Letters alone count", "只计快报的期刊"),
    "locate": ("What says where an affiliation is", "地点判定依据"),
    "match": ("Affiliations matched to the registry", "署名单位与名录匹配"),
    "max_rejects": ("Unreadable records allowed, part", "允许的不可读记录比例"),
    "overlaps": ("Boundaries that overlap", "边界重叠时"),
    "registry": ("Registry of institutions", "单位名录"),
    "replicates": ("Re-draws", "重抽次数"),
    "scheme": ("How a work is divided", "计数方案"),
    "scopes": ("Further fields", "另加领域"),
    "seed": ("Seed of the re-draws", "重抽种子"),
    "years": ("Data years", "数据年份"),
}
"""What a build's settings are called, in English and Chinese."""


def _settings(request: Request, configuration: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(what, name, value) of each setting, in words."""
    return [
        (request.t(*SETTINGS.get(key, ("", ""))), key, _said(request, value))
        for key, value in sorted(configuration.items())
        if value is not None
    ]


def _said(request: Request, value: Any) -> str:
    if isinstance(value, bool):
        return request.t("yes", "是") if value else request.t("no", "否")
    if isinstance(value, dict) and "name" in value:
        return str(value["name"])
    if isinstance(value, list | tuple):
        return request.t(", ", "、").join(map(str, value))
    return str(value)


def page(request: Request, _name: str) -> Page:
    """The method page."""
    manifest = request.shown.edition.manifest
    configuration = manifest.get("configuration", {})
    scheme = SCHEMES.get(str(configuration.get("scheme")))
    return request.render(
        "method.html",
        title=request.t("How these figures are made", "数字怎样得来"),
        section="lab",
        scheme=request.t(*scheme) if scheme else "",
        settings=_settings(request, configuration),
        inputs=manifest.get("inputs", []),
        tables=manifest["tables"],
        notes=manifest.get("notes", []),
        version=manifest.get("package_version", ""),
    )

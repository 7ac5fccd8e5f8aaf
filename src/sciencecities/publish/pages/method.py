"""How the figures are made, in plain words, with the edition's own configuration."""

from __future__ import annotations

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
        configuration=configuration,
        inputs=manifest.get("inputs", []),
        tables=manifest["tables"],
        notes=manifest.get("notes", []),
        version=manifest.get("package_version", ""),
    )

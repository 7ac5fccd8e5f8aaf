"""The data page: every file of an edition with size, rows, licence and columns."""

from __future__ import annotations

from sciencecities.publish import columns_zh, linked, takeaway
from sciencecities.publish.request import Page, Request
from sciencecities.tables import KINDS


def page(request: Request, _name: str) -> Page:
    """What can be taken away."""
    edition = request.shown.edition
    return request.render(
        "data.html",
        title=request.t("Take the figures with you", "数据下载"),
        section="data",
        files=takeaway.files(edition),
        tables=[t for t in KINDS[edition.kind] if t.name not in takeaway.NOT_WHOLE],
        hashes={name: t["sha256"] for name, t in edition.manifest["tables"].items()},
        holds_zh=takeaway.HOLDS_ZH,
        meaning=columns_zh.meaning,
        licence=takeaway.LICENCE,
        said_to_machines=linked.block(linked.dataset(request)),
        bibtex=takeaway.citation_bib(edition).decode(),
    )

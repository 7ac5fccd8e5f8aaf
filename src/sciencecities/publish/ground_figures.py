"""What the observatory states, to take away: claims and lines of time drawn, tables as numbers.

The sources of a row stand in the file by their addresses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil

from markupsafe import Markup

from sciencecities.publish import marks, plots
from sciencecities.publish.brief_parts import Claims, Phrase, Section, Table, Timeline, Words
from sciencecities.publish.figures import Drawing, Figure
from sciencecities.publish.ground import Ground
from sciencecities.publish.marks import Scale
from sciencecities.publish.plots import PlotRow
from sciencecities.publish.request import Request

Taken = Claims | Table | Timeline

RINGS = 18
"""Rings that a row of a drawing has room for."""


def figures(request: Request, made: Ground, sections: Iterable[Section]) -> dict[str, Figure]:
    """The figures of the blocks of sections that can be taken away, by `key`.

    Blocks of one caption are told apart by the headings of their sections.
    """
    blocks = [
        (key(section, n), section, block)
        for section in sections
        for n, block in enumerate(section.blocks)
        if isinstance(block, Taken)
    ]
    captions = Counter(block.caption for _, _, block in blocks)
    return {
        id_: _figure(request, made, id_, block,
                     block.caption if captions[block.caption] == 1 else section.heading)
        for id_, section, block in blocks
    }  # fmt: skip


def key(section: Section, number: int) -> str:
    """The id of the figure of a section's block."""
    return f"{section.id}-{number + 1}"


def _figure(request: Request, made: Ground, id_: str, block: Taken, title: str) -> Figure:
    source = request.t(
        "As the sources of the observatory state it; not counted here.",
        "据观测台所列来源，非本处统计。",
    )
    if isinstance(block, Claims):
        return request.figure(
            id_, title, _claims_note(request, block),
            ("claim", "claimed", "percent", "listed_here", "names", "sources"),
            [(_text([c.label]), c.claimed, c.percent, c.listed, _text(c.names, "; "),
              _sources(made, [c.label, *c.names])) for c in block.rows],
            lambda: _claims(block), source,
        )  # fmt: skip
    if isinstance(block, Timeline):
        return request.figure(
            id_, title, request.t("Dot: happened. Ring: planned.", "实心为已发生，空心为规划。"),
            ("date", "what", "planned", "sources"),
            [(e.date, _text(e.words), e.planned, _sources(made, e.words)) for e in block.rows],
            lambda: _timeline(block), source,
        )  # fmt: skip
    return request.figure(
        id_, title, "", (*(c.title for c in block.columns), "sources"),
        [(*(_text(cell) for cell in row), _sources(made, [w for cell in row for w in cell]))
         for row in block.rows],
        None, source,
    )  # fmt: skip


def _claims_note(request: Request, block: Claims) -> str:
    if any(c.percent for c in block.rows):
        return request.t("Bar, 0 to 100%: stated by the source.", "条形，0～100%：来源所述。")
    return request.t(
        "Number and rings: stated by the source. Filled: has an entry here; how many, at the end.",
        "数字与空心圆为来源所述，实心圆为此处另有条目，行末为条目数。",
    )


def _claims(block: Claims) -> Drawing:
    rows = []
    for c in block.rows:
        mark = Markup()
        if c.percent:
            mark = marks.bar(c.percent, kind="open", focus=True, height=marks.EVENT)
        elif c.rings:
            mark = marks.rings(*c.rings[:2], more=c.rings[2], limit=RINGS)
        listed = "" if c.listed is None else str(c.listed)
        rows.append(PlotRow("", c.claimed, mark, listed, under=("", _text([c.label]))))
    return plots.drawing(rows, height=marks.EVENT)


def _timeline(block: Timeline) -> Drawing:
    at = [_year(e.date) for e in block.rows]
    scale = Scale(int(min(at)), ceil(max(at)))
    rows = [
        PlotRow(e.date, "", marks.event(scale, year, planned=e.planned), under=("", _text(e.words)))
        for e, year in zip(block.rows, at, strict=True)
    ]
    return plots.drawing(rows, axis=marks.years(scale), height=marks.EVENT)


def _year(date: str) -> float:
    """A day, a month or a year as a year with its part.

    >>> _year("2024"), _year("2024-07")
    (2024.0, 2024.5)
    """
    year, month, day = (int(part) for part in [*date.split("-"), "1", "1"][:3])
    return year + (month - 1) / 12 + (day - 1) / 365


def _text(words: Sequence[Words], joint: str = "") -> str:
    return joint.join(w.text if isinstance(w, Phrase) else w for w in words)


def _sources(made: Ground, words: Sequence[Words]) -> str:
    """The addresses of the sources cited by words, else what they are called."""
    numbers = dict.fromkeys(n for w in words if isinstance(w, Phrase) for n in w.refs)
    found = {r.number: r.words for r in made.references}
    named = (found[n][0] for n in numbers)
    return " ".join((w.href or w.text) if isinstance(w, Phrase) else w for w in named)

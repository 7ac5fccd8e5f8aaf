"""Tables and vocabulary as Markdown: `python -m sciencecities.observatory.reference` prints
docs/OBSERVATORY-TABLES.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sciencecities.observatory.tables import TABLES
from sciencecities.observatory.vocabulary import (
    AXIS_FORMS,
    COMPARATORS,
    CORRIDOR_FORMS,
    COUNTED,
    FACILITY_CLASSES,
    KINDS,
    LABELS,
    LEVELS,
    POLE_FORMS,
    SOURCE_KINDS,
    STAGES,
    TIERS,
    UNITS,
    Term,
)

_PLAIN: Sequence[tuple[str, Mapping[str, Term]]] = (
    ("Levels", LEVELS),
    ("Classes of facilities", FACILITY_CLASSES),
    ("Labels of companies", LABELS),
    ("Forms of axes", AXIS_FORMS),
    ("Forms of poles", POLE_FORMS),
    ("Forms of corridors", CORRIDOR_FORMS),
    ("Kinds of sources", SOURCE_KINDS),
    ("Units", UNITS),
    ("Comparators", COMPARATORS),
    ("What claims count besides kinds of facts", COUNTED),
)


def reference() -> str:
    """All words and all tables as one Markdown page."""
    return "\n".join((*_head(), *_vocabulary(), *_tables()))


def _head() -> Iterator[str]:
    yield "# The observatory: words and tables"
    yield ""
    yield "Printed by `python -m sciencecities.observatory.reference`; see also OBSERVATORY.md."
    yield ""


def _vocabulary() -> Iterator[str]:
    yield "## Words"
    yield ""
    rows = [(k, t.section, t.en, t.zh, t.schema_org) for k, t in KINDS.items()]
    yield from _table("Kinds", ("kind", "section", "English", "中文", "Schema.org"), rows)
    tiers = [
        (k, t.en, t.zh, t.level or "", ", ".join(t.ror_types), t.schema_org)
        for k, t in TIERS.items()
    ]
    heads = ("tier", "English", "中文", "level", "ROR types", "Schema.org")
    yield from _table("Tiers of platforms", heads, tiers)
    stages = [(k, t.en, t.zh, t.state_en, t.state_zh, t.esfri, t.eosc) for k, t in STAGES.items()]
    about = ("stage", "English", "中文", "state from then on", "此后状态", "ESFRI", "EOSC Portal")
    yield from _table("Stages of facilities", about, stages)
    for title, terms in _PLAIN:
        words = [(f"`{k}`", t.en, t.zh) for k, t in terms.items()]
        yield from _table(title, ("word", "English", "中文"), words)


def _tables() -> Iterator[str]:
    yield "## Tables"
    yield ""
    for table in TABLES.values():
        rows = [(c.name, c.type, c.doc) for c in table.columns]
        about = f"{table.doc} Key: {', '.join(table.key)}."
        yield from _table(table.name, ("column", "type", "meaning"), rows, about)


def _table(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], about: str = ""
) -> Iterator[str]:
    yield f"### {title}"
    yield ""
    if about:
        yield about
        yield ""
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


if __name__ == "__main__":
    print(reference())

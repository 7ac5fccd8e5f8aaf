"""What a brief is made of: blocks that any form (HTML, Markdown, PDF) can set.

Text is plain; a phrase says where it is in another language than the brief, and which sources
stand behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words with their language (None: the brief's), their sources by number, and a link."""

    text: str
    lang: str | None = None
    refs: tuple[int, ...] = ()
    href: str | None = None


Words = str | Phrase


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of running text; `quiet` for notes."""

    words: tuple[Words, ...]
    quiet: bool = False
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `short` cells stay on one line."""

    title: str
    number: bool = False
    short: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of a row is its heading. `focus`: rows the headline is about."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[tuple[Words, ...], ...], ...]
    focus: frozenset[int] = frozenset()
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Rank:
    """A rank as a mark on a line: ring where published, dot and bar where counted."""

    label: str
    rank: int
    text: str
    moved: str
    low: int | None = None
    high: int | None = None
    extra: str = ""
    focus: bool = False
    few: bool = False


@dataclass(frozen=True, slots=True)
class Ranks:
    """Rank cards, one a row, on one axis of ranks."""

    caption: str
    rows: tuple[Rank, ...]
    stated: bool
    head: tuple[str, str, str, str]  # what, rank, movement, plot
    extra: str = ""  # heading of the extra column; "" for none
    kind: Literal["ranks"] = "ranks"


@dataclass(frozen=True, slots=True)
class Claim:
    """A number that somebody stated and how many such things are listed here."""

    label: Words
    claimed: str
    listed: int | None
    names: tuple[Words, ...] = ()
    rings: tuple[int, int, bool] | None = None  # claimed, listed, more; None where too many
    part: bool = False
    percent: float | None = None  # of a claim about a part in percent
    group: str = ""  # the figure of "2+2+N" that it stands for


@dataclass(frozen=True, slots=True)
class Claims:
    """Claimed and listed, one claim a row; parts are set under their whole."""

    caption: str
    rows: tuple[Claim, ...]
    kind: Literal["claims"] = "claims"


@dataclass(frozen=True, slots=True)
class Event:
    """Something dated; planned where it was only expected."""

    date: str
    words: tuple[Words, ...]
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """Events in order."""

    caption: str
    rows: tuple[Event, ...]
    kind: Literal["timeline"] = "timeline"


@dataclass(frozen=True, slots=True)
class Group:
    """A small heading with blocks of its own."""

    heading: str
    words: tuple[tuple[Words, ...], ...]  # list items
    kind: Literal["group"] = "group"


Block = Paragraph | Table | Ranks | Claims | Timeline | Group


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the brief; its heading is a finding."""

    id: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A source as listed at the end."""

    number: int
    words: tuple[Words, ...]


@dataclass(slots=True)
class Brief:
    """A city brief in one language."""

    lang: Literal["en", "zh"]
    city: str
    kicker: str
    headline: str
    standfirst: tuple[str, ...]
    sections: list[Section] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    footer: tuple[str, ...] = ()


def one(words: Words | Sequence[Words]) -> tuple[Words, ...]:
    """A cell of one or several phrases."""
    return (words,) if isinstance(words, str | Phrase) else tuple(words)

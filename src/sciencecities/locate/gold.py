"""Labelled affiliation strings, and how answers to them are judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from sciencecities.errors import SourceError
from sciencecities.locate.registry import Registry, canonical_ror
from sciencecities.sources.streams import read_chunks

SINGLE_LABEL_SHARE = 0.05
"""A set of which fewer labelled strings than this carry several ids labels one of several."""

KNOWN, NONE, OUTSIDE = "known", "none", "outside"
"""Of a string's ids, at least one is in the registry; it has no id; it has, none in there."""


class GoldRow(NamedTuple):
    """A labelled string: no id means that it names no organisation with a ROR id."""

    text: str
    rors: tuple[str, ...]


class GoldSet(NamedTuple):
    """The rows of one file. `is_single`: only one of the organisations named is labelled."""

    name: str
    rows: tuple[GoldRow, ...]
    is_single: bool


class Verdict(NamedTuple):
    """How the answer to a row is judged.

    `kind` is KNOWN, NONE or OUTSIDE. `right` and `wrong` are answered ids, `missed` labelled
    ones. `excused` ids are neither: they are not labelled, but may well be named.
    """

    kind: str
    right: frozenset[str]
    wrong: frozenset[str]
    excused: frozenset[str]
    missed: frozenset[str]


class _Line(msgspec.Struct):
    text: str
    ror: list[str] | str | None


def read_gold(path: str | Path) -> GoldSet:
    """The labelled strings of a file: JSON lines `{"text", "ror": [ids]}`, plain or gzip.

    Raises SourceError naming file and line where it cannot be read.
    """
    path = Path(path)
    decoder = msgspec.json.Decoder(_Line)
    rows = []
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            found = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SourceError(
                f'{path}: line {number}: not like {{"text": "…", "ror": ["https://ror.org/…"]}} '
                f"({error})"
            ) from error
        ids = [found.ror] if isinstance(found.ror, str) else found.ror or []
        rors = tuple(canonical_ror(one) or "" for one in ids if one)
        if "" in rors:
            raise SourceError(f"{path}: line {number}: {ids[rors.index('')]!r} is no ROR id")
        rows.append(GoldRow(found.text, rors))
    if not rows:
        raise SourceError(f"{path}: holds no labelled string")
    labelled = sum(bool(row.rors) for row in rows)
    several = sum(len(row.rors) > 1 for row in rows)
    name = path.name.removesuffix(".gz").removesuffix(".jsonl")
    return GoldSet(name, tuple(rows), several < SINGLE_LABEL_SHARE * labelled)


class Judge:
    """Judges answers against labels, with a registry's successors, parents and children."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def gold(self, row: GoldRow) -> frozenset[str]:
        """The row's ids as they are today."""
        return frozenset(map(self.registry.successor, row.rors))

    def strict(self, row: GoldRow, given: Iterable[str]) -> Verdict:
        """Every answered id that is not labelled is wrong.

        Labelled ids that the registry lacks count as not labelled: nothing should be answered.
        """
        gold, answered = self.gold(row), frozenset(map(self.registry.successor, given))
        known = frozenset(ror for ror in gold if ror in self.registry)
        kind = KNOWN if known else OUTSIDE if gold else NONE
        none: frozenset[str] = frozenset()
        return Verdict(kind, answered & gold, answered - gold, none, known - answered)

    def fair(self, row: GoldRow, given: Iterable[str], *, is_single: bool) -> Verdict:
        """As `strict`, but excuses what the label does not speak about.

        Excused are organisations above or below a labelled one, and, where a set labels but one
        organisation of each string, further ones beside the labelled one.
        """
        verdict = self.strict(row, given)
        gold = self.gold(row)
        above = frozenset[str]().union(*map(self.registry.ancestors, gold))
        kin = frozenset(
            ror for ror in verdict.wrong if ror in above or self.registry.ancestors(ror) & gold
        )
        excused = verdict.wrong if is_single and verdict.right else kin
        return verdict._replace(wrong=verdict.wrong - excused, excused=excused)


def _lines(path: Path) -> Iterator[bytes]:
    rest = b""
    for chunk in read_chunks(path):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    yield rest

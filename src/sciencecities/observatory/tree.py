"""YAML to plain values that remember their lines.

A small, strict part of YAML 1.2: mappings with text keys, lists, text, numbers, true, false, null.
`NO` is Norway and 2025-10 is text. Anchors, tags, repeated keys and further documents are errors,
so what a person reads is what the program reads.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_NUMBER_STARTS = frozenset("+-0123456789")
DEEPEST = 30
LONGEST_NUMBER = 40


class TreeError(Exception):
    """The text is not the YAML we read; `line` is 1-based."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class Map(dict[str, Any]):
    """A mapping; `line` is its own, `lines` those of its keys."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        self.line = line
        self.lines: dict[str, int] = {}


class Seq(list[Any]):
    """A list; `line` is its own, `lines` those of its items."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        self.line = line
        self.lines: list[int] = []


def line_of(tree: Any, *path: str | int) -> int:
    """The line of what a path leads to, or of the deepest part of it that there is."""
    line = tree.line if isinstance(tree, Map | Seq) else 1
    for step in path:
        try:
            line = tree.lines[step]
            tree = tree[step]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line


def parse(text: str) -> Any:
    """The document's value. Raises TreeError with the line."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        return _Builder(loader).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise TreeError(
            mark.line + 1 if mark else 1, f"not valid YAML ({error.problem})"
        ) from error
    except yaml.YAMLError as error:
        raise TreeError(1, f"not valid YAML ({error})") from error
    finally:
        loader.dispose()


class _Builder:
    """Builds the value from the parser's events; much faster than composing nodes first."""

    def __init__(self, loader: Any) -> None:
        self._next = loader.get_event

    def document(self) -> Any:
        self._next()  # the stream's start
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        value = self._value(self._next(), 0)
        self._next()  # the document's end
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise TreeError(event.start_mark.line + 1, "a second document begins; keep to one")
        return value

    def _value(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is yaml.AliasEvent or event.anchor is not None:
            raise TreeError(event.start_mark.line + 1, "anchors and aliases are not read")
        if event.tag is not None:
            raise TreeError(event.start_mark.line + 1, f"the tag {event.tag} is not read")
        if kind is yaml.ScalarEvent:
            return _plain(event.value) if event.implicit[0] else event.value
        if depth >= DEEPEST:
            raise TreeError(event.start_mark.line + 1, f"nested more than {DEEPEST} levels deep")
        if kind is yaml.MappingStartEvent:
            return self._map(event, depth + 1)
        return self._seq(event, depth + 1)

    def _map(self, start: Any, depth: int) -> Map:
        found = Map(start.start_mark.line + 1)
        take, lines = self._next, found.lines
        while (event := take()).__class__ is not yaml.MappingEndEvent:
            line = event.start_mark.line + 1
            if event.__class__ is not yaml.ScalarEvent or event.anchor or event.tag:
                raise TreeError(line, "a key must be plain text")
            key = event.value
            if key in lines:
                raise TreeError(line, f"the key `{key}` stands twice (first in line {lines[key]})")
            lines[key] = line
            found[key] = self._value(take(), depth)
        return found

    def _seq(self, start: Any, depth: int) -> Seq:
        found = Seq(start.start_mark.line + 1)
        take = self._next
        while (event := take()).__class__ is not yaml.SequenceEndEvent:
            found.lines.append(event.start_mark.line + 1)
            found.append(self._value(event, depth))
        return found


def _plain(text: str) -> Any:
    """What an unquoted scalar means.

    >>> _plain("2025"), _plain("4.5"), _plain("NO"), _plain("2025-10"), _plain("~")
    (2025, 4.5, 'NO', '2025-10', None)
    """
    if text in _WORDS:
        return _WORDS[text]
    short = len(text) <= LONGEST_NUMBER  # a longer one stays text, which no field of numbers takes
    if short and text[0] in _NUMBER_STARTS and (match := _NUMBER.fullmatch(text)):
        return float(text) if match[2] or match[3] else int(text)
    return text

"""What an operation of the API is: its parameters and what comes back.

The same declarations check requests (`values`) and make the OpenAPI document (openapi.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sciencecities.publish.shown import Shown
from sciencecities.publish.site import BadQueryError, Site

Schema = dict[str, Any]
MAX_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: a string or an integer, in the path or the query."""

    name: str
    doc: str
    type: Literal["string", "integer"] = "string"
    default: Any = None
    choices: tuple[Any, ...] = ()
    low: int = 1
    high: int = 200
    in_path: bool = False
    required: bool = False

    def read(self, text: str) -> Any:
        """The value that a text stands for. Raises BadQueryError."""
        value: Any = text
        if self.type == "integer":
            if not re.fullmatch(r"[0-9]{1,9}", text):
                raise BadQueryError(f"{self.name}: {_short(text)} is no whole number")
            value = int(text)
        if self.choices:
            if value not in self.choices:
                there = ", ".join(str(c) for c in self.choices)
                raise BadQueryError(f"no {self.name} {_short(text)}; there are: {there}")
            return value
        size = value if self.type == "integer" else len(value)
        if not self.low <= size <= self.high:
            what = "" if self.type == "integer" else "a text of "
            raise BadQueryError(f"{self.name} must be {what}{self.low:,} to {self.high:,}"
                                f"{'' if self.type == 'integer' else ' characters'}")  # fmt: skip
        return value

    def schema(self) -> Schema:
        """The JSON Schema of the value."""
        found: Schema = {"type": self.type}
        if self.choices:
            found["enum"] = list(self.choices)
        elif self.type == "integer":
            found |= {"minimum": self.low, "maximum": self.high}
        else:
            found |= {"minLength": self.low, "maxLength": self.high}
        return found if self.default is None else found | {"default": self.default}


@dataclass(frozen=True, slots=True)
class Call:
    """A checked request: the edition it is about, and its values by parameter."""

    site: Site
    shown: Shown
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def page(self, rows: Sequence[Any]) -> dict[str, Any]:
        """A part of rows that are all at hand."""
        skip, limit = self["offset"], self["limit"]
        return self.part(rows[skip : skip + limit], len(rows))

    def part(self, rows: Sequence[Any], total: int) -> dict[str, Any]:
        """Rows from `offset` on, and how many there are."""
        return {
            "total": total, "offset": self["offset"], "limit": self["limit"], "rows": list(rows)
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operation:
    """One address of the API: what it takes, what it answers, how it is made."""

    name: str
    path: str
    doc: str
    handle: Callable[[Call], dict[str, Any]]
    answer: Schema
    parameters: tuple[Parameter, ...] = field(default=())

    def values(self, path: Mapping[str, str], query: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The values of a request, defaults filled in. Raises BadQueryError."""
        known = {p.name: p for p in self.parameters}
        given: dict[str, str] = dict(path)
        for name, text in query:
            if name not in known or known[name].in_path:
                there = ", ".join(n for n, p in known.items() if not p.in_path) or "none"
                raise BadQueryError(f"no parameter {_short(name)}; there are: {there}")
            if name in given:
                raise BadQueryError(f"{name} is given twice")
            given[name] = text
        found = {}
        for name, parameter in known.items():
            if name in given:
                found[name] = parameter.read(given[name])
            elif parameter.required:
                raise BadQueryError(f"{name} is missing: {parameter.doc}")
            else:
                found[name] = parameter.default
        return found


def _short(text: str) -> str:
    return repr(text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…")

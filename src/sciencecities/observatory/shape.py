"""From a tree of values to facts; what does not fit the schema, with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from sciencecities.observatory.dates import decode
from sciencecities.observatory.model import SECTIONS, City, File, Source
from sciencecities.observatory.tree import Map, Seq, line_of

_AT = re.compile(r"(?s)(.*?)(?: - at `(?:key` in `)?\$(.*)`)?")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_FIELD = re.compile(r"Object (contains unknown|missing required) field `(.*)`")
_ENUM = re.compile(r"Invalid enum value (.*)")
_REGEX = re.compile(r"Expected `str` matching regex .*")
_TYPE = re.compile(r"Expected `(.*)`, got `(.*)`")
_PLAIN = {
    "str": "text", "int": "a whole number", "float": "a number", "array": "a list",
    "object": "keys and values", "bool": "true or false", "null": "nothing",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that does not fit: its line, the entry's label, what is wrong."""

    line: int
    entry: str
    text: str


def fit(tree: Any) -> tuple[File | None, list[Misfit]]:
    """The file's facts, or what does not fit the schema (every entry, every key of it)."""
    if not isinstance(tree, Map):
        text = "no facts here; a file begins with a section, as `platforms:`"
        return None, [Misfit(line_of(tree), "file", text)]
    try:
        return msgspec.convert(tree, File, dec_hook=decode), _source_keys(tree)
    except msgspec.ValidationError:
        return None, _source_keys(tree) + list(_misfits(tree))


def _source_keys(tree: Map) -> list[Misfit]:
    sources = tree.get("sources")
    keys = sources.lines.items() if isinstance(sources, Map) else ()
    text = "a key of `sources` is lower-case letters, digits and hyphens, as gz-daily-2025"
    return [
        Misfit(line, f"source {key!r}", text)
        for key, line in keys
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", key)
    ]


def _misfits(tree: Map) -> Iterator[Misfit]:
    for key, value in tree.items():
        line = tree.lines[key]
        if key == "city":
            yield from _of_struct("city", value, City, line)
        elif key == "sources":
            yield from _of_sources(value, line)
        elif key in SECTIONS:
            yield from _of_section(key, value, line)
        else:
            names = ("city", "sources", *SECTIONS)
            yield Misfit(line, "file", f"unknown section `{key}`{_near(key, names)}")


def _of_sources(value: Any, line: int) -> Iterator[Misfit]:
    if not isinstance(value, Map):
        yield Misfit(line, "sources", "write one key for each source, with its title below")
        return
    for key, source in value.items():
        yield from _of_struct(f"source {key!r}", source, Source, value.lines[key])


def _of_section(section: str, value: Any, line: int) -> Iterator[Misfit]:
    if not isinstance(value, Seq):
        yield Misfit(line, section, "write a list: each entry begins with `- id:`")
        return
    kind = SECTIONS[section]
    for number, entry in enumerate(value):
        name = entry.get("id") if isinstance(entry, Map) else None
        label = f"{kind.kind} {name!r}" if name else f"{kind.kind} number {number + 1}"
        yield from _of_struct(label, entry, kind, value.lines[number])


def _of_struct(label: str, value: Any, kind: type[msgspec.Struct], line: int) -> Iterator[Misfit]:
    if not isinstance(value, Map):
        yield Misfit(line, label, f"expected keys and values, got {_what(value)}")
        return
    fields = {f.encode_name: f for f in msgspec.structs.fields(kind)}
    for key in value:
        if key not in fields:
            yield Misfit(value.lines[key], label, f"unknown key `{key}`{_near(key, fields)}")
    for name, about in fields.items():
        if name in value:
            yield from _of_value(label, value, name, about.type)
        elif about.required:
            yield Misfit(value.line, label, _missing(name))


def _of_value(label: str, owner: Map, name: str, kind: Any) -> Iterator[Misfit]:
    try:
        msgspec.convert(owner[name], kind, dec_hook=decode)
    except msgspec.ValidationError as error:
        match = _AT.fullmatch(str(error))
        text, at = (match[1], match[2] or "") if match else (str(error), "")
        path: list[str | int] = [name]
        for step in _STEP.finditer(at):
            path.append(step[1] or (int(step[2]) if step[2].isdigit() else step[2]))
        yield _explained(label, owner, kind, path, text)


def _explained(label: str, owner: Map, kind: Any, path: list[str | int], text: str) -> Misfit:
    """The library's message in our words, at the line of the value it means."""
    where = ".".join(str(p) if isinstance(p, str) else str(p + 1) for p in path)
    value: Any = owner
    for step in path:
        value = value[step]
    if found := _FIELD.fullmatch(text):
        if found[1] == "missing required":
            return Misfit(line_of(owner, *path), label, f"`{where}`: {_missing(found[2])}")
        info = _inside(_info(kind), path[1:])
        names = [f.encode_name for f in info.fields] if isinstance(info, inspect.StructType) else []
        text = f"`{where}`: unknown key `{found[2]}`{_near(found[2], names)}"
        if value.get(found[2], "") is None:  # `{en: salt, pepper}` makes a key of the pepper
            text += "; or put a text that has a comma in quotes"
        return Misfit(line_of(owner, *path, found[2]), label, text)
    if _ENUM.fullmatch(text):
        info = _inside(_info(kind), path[1:])
        allowed = [str(v) for v in info.values] if isinstance(info, inspect.LiteralType) else []
        text = f"{value!r} is none of {', '.join(allowed)}"
    elif _REGEX.fullmatch(text):
        about = _description(_info(kind), path[1:])
        text = f"{value!r} is not of the form{': ' + about if about else ''}"
    elif found := _TYPE.fullmatch(text):
        wanted = " or ".join(_PLAIN.get(t.strip(), t.strip()) for t in found[1].split("|"))
        text = f"expected {wanted}, got {_what(value)}"
        if "text" in wanted and isinstance(value, int | float):
            text += "; put it in quotes"
    return Misfit(line_of(owner, *path), label, f"`{where}`: {text}")


def _missing(name: str) -> str:
    if name == "source":
        return "no source; every fact has one (`source:` with a key of `sources`)"
    if name == "as_of":
        return "no `as_of`; give the day, month or year for which the source says it"
    return f"`{name}` is missing"


def _near(key: str, names: Any) -> str:
    close = difflib.get_close_matches(key, list(names), 1)
    return f"; did you mean `{close[0]}`?" if close else f"; known: {', '.join(names)}"


def _what(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys and values"
    return "a list" if isinstance(value, list) else repr(value)


@cache
def _info(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def _inside(info: inspect.Type, path: list[str | int]) -> inspect.Type:
    """The type that a path leads to, without wrappers and null."""
    info = _bare(info)
    for step in path:
        if isinstance(info, inspect.ListType):
            info = _bare(info.item_type)
        elif isinstance(info, inspect.StructType):
            info = _bare(next(f.type for f in info.fields if f.encode_name == step))
    return info


def _bare(info: inspect.Type) -> inspect.Type:
    while isinstance(info, inspect.Metadata | inspect.UnionType):
        if isinstance(info, inspect.Metadata):
            info = info.type
        else:
            info = next(t for t in info.types if not isinstance(t, inspect.NoneType))
    return info


def _description(info: inspect.Type, path: list[str | int]) -> str | None:
    """The description of the text type that a path leads to."""
    for step in path:
        info = _bare(info)
        if isinstance(info, inspect.ListType):
            info = info.item_type
        elif isinstance(info, inspect.StructType):
            info = next(f.type for f in info.fields if f.encode_name == step)
    while isinstance(info, inspect.UnionType):
        info = next(t for t in info.types if not isinstance(t, inspect.NoneType))
    about = info.extra_json_schema if isinstance(info, inspect.Metadata) else None
    return (about or {}).get("description")

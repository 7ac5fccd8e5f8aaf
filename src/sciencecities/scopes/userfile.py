"""A reader's own scopes, in TOML. The format is described, with an example, in docs/SUBJECTS.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec import Struct

from sciencecities.errors import ConfigError
from sciencecities.scopes.definitions import SUBJECT, SUBJECT_NAMES
from sciencecities.scopes.industries import INDUSTRY_NAMES
from sciencecities.scopes.issn import issn_problem
from sciencecities.scopes.model import NONE, OVERALL, JournalSet, Scope, ScopeTerm
from sciencecities.scopes.subjects import VOTING_WAYS, WAYS, subject_terms
from sciencecities.sources.base import clean_issn

Way = Literal["source", "journal", "topic", "mesh"]

NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
RESERVED = frozenset({OVERALL, NONE})


class _Entry(Struct, forbid_unknown_fields=True, kw_only=True):
    title_en: str | None = None
    title_zh: str | None = None
    description_en: str = ""
    description_zh: str = ""
    subject: str | None = None
    by: list[Way] | None = None
    topics: list[str] = []
    subfields: list[str] = []
    fields: list[str] = []
    mesh: list[str] = []
    mesh_major: list[str] = []
    mesh_qualifiers: list[str] = []
    journals: list[str] = []
    subjects: list[str] = []


class _File(Struct, forbid_unknown_fields=True):
    scopes: dict[str, dict[str, Any]] = {}
    include_defaults: bool = True


@dataclass(frozen=True, slots=True)
class _Key:
    """A list of terms in an entry: the kind it matches and what a term looks like."""

    kind: str
    pattern: re.Pattern[str]
    example: str


KEYS: Mapping[str, _Key] = {
    "topics": _Key("topic", re.compile(r"T\d{4,6}"), "T10001"),
    "subfields": _Key("subfield", re.compile(r"\d{4}"), "1908"),
    "fields": _Key("field", re.compile(r"\d{2}"), "19"),
    "mesh": _Key("mesh", re.compile(r"D\d{6,9}"), "D006801"),
    "mesh_major": _Key("mesh-major", re.compile(r"D\d{6,9}"), "D006801"),
    "mesh_qualifiers": _Key("mesh-qualifier", re.compile(r"Q\d{6,9}"), "Q000235"),
    "journals": _Key("issn", re.compile(r".+"), "0028-0836"),
    "subjects": _Key("subject", re.compile(r".*\S.*"), "Deep sea"),
}


@dataclass(frozen=True, slots=True)
class UserScopes:
    """What a scope file says."""

    include_defaults: bool
    scopes: list[Scope]
    terms: list[ScopeTerm]


def parse(text: str, where: str, journals: JournalSet | None = None) -> UserScopes:
    """The file's scopes and terms. Raises ConfigError naming file, scope, key and remedy."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"scopes {where}: {error}; top-level keys: include_defaults, [scopes.NAME]"
        ) from error
    except (ValueError, RecursionError) as error:  # no TOML, or absurd numbers or nesting in it
        raise ConfigError(f"scopes {where}: not valid TOML ({error})") from error
    if not file.scopes and not file.include_defaults:
        raise ConfigError(
            f"scopes {where}: declares no scope; add [scopes.NAME] or include_defaults"
        )
    defaults = {*SUBJECT_NAMES, *INDUSTRY_NAMES} if file.include_defaults else set()
    taken = RESERVED | defaults
    entries = {n: _entry(where, n, values, taken) for n, values in file.scopes.items()}
    terms = [t for n, e in entries.items() if not e.subject for t in _own_terms(where, n, e)]
    terms += _terms_of_subjects(where, entries, journals)
    return UserScopes(file.include_defaults, [_scope(n, e) for n, e in entries.items()], terms)


def _entry(
    where: str, name: str, values: dict[str, Any], taken: set[str] | frozenset[str]
) -> _Entry:
    at = f"scopes {where}: scope '{name}'"
    if not NAME.fullmatch(name):
        raise ConfigError(f"{at}: a name is lower-case letters, digits and hyphens, as deep-sea")
    if name in taken:
        reason = (
            "is reserved" if name in RESERVED else "is a default scope (include_defaults = true)"
        )
        raise ConfigError(f"{at}: the name {reason}; choose another")
    try:
        entry = msgspec.convert(values, _Entry)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{at}: {error}; keys: {', '.join(_Entry.__struct_fields__)}") from error
    lists = [key for key in KEYS if getattr(entry, key)]
    if entry.subject and lists:
        raise ConfigError(f"{at}: `subject` and `{lists[0]}` exclude each other; make two scopes")
    if entry.by is not None and not entry.subject:
        raise ConfigError(f"{at}: `by` needs `subject`, one of {', '.join(SUBJECT_NAMES)}")
    if entry.by is not None and (not entry.by or len(set(entry.by)) < len(entry.by)):
        raise ConfigError(f"{at}: `by` names each way once, of {', '.join(WAYS)}")
    if entry.subject and entry.subject not in SUBJECT_NAMES:
        raise ConfigError(
            f"{at}: unknown subject '{entry.subject}'; subjects: {', '.join(SUBJECT_NAMES)}"
        )
    if not entry.subject and not lists:
        raise ConfigError(f"{at}: is empty; give `subject`, or terms as {', '.join(KEYS)}")
    return entry


def _scope(name: str, entry: _Entry) -> Scope:
    en = entry.title_en or name.replace("-", " ").capitalize()
    zh = entry.title_zh or en
    return Scope(name, en, zh, entry.description_en, entry.description_zh)


def _own_terms(where: str, name: str, entry: _Entry) -> list[ScopeTerm]:
    # Its own classification, and one priority: any one matching term suffices.
    terms: list[ScopeTerm] = []
    for key, about in KEYS.items():
        seen: set[str] = set()
        for value in getattr(entry, key):
            term = _checked(f"scopes {where}: scope '{name}': `{key}`", about, value)
            if term in seen:
                raise ConfigError(f"scopes {where}: scope '{name}': `{key}` repeats {value}")
            seen.add(term)
            terms.append(ScopeTerm(f"scope:{name}", 1, about.kind, term, name, False))
    return terms


def _checked(at: str, about: _Key, value: str) -> str:
    if about.kind == "issn":
        if problem := issn_problem(value):
            raise ConfigError(f"{at}: {problem}")
        return clean_issn(value) or value
    if not about.pattern.fullmatch(value):
        raise ConfigError(f"{at}: '{value}' is no such id; one looks like {about.example}")
    return value


def _terms_of_subjects(
    where: str, entries: Mapping[str, _Entry], journals: JournalSet | None
) -> list[ScopeTerm]:
    """Scopes that tell subjects in the same ways compete in one classification."""
    groups: dict[tuple[str, ...], dict[str, str]] = {}
    for name, entry in entries.items():
        if not entry.subject:
            continue
        ways = tuple(w for w in WAYS if w in (entry.by or WAYS))
        scopes = groups.setdefault(ways, {})
        if entry.subject in scopes:
            raise ConfigError(
                f"scopes {where}: scope '{name}': the same subject and ways as "
                f"'{scopes[entry.subject]}'; remove one"
            )
        scopes[entry.subject] = name
    terms: list[ScopeTerm] = []
    for ways, scopes in sorted(groups.items()):
        _check_vote(where, ways, scopes)
        classification = f"{SUBJECT} by {'+'.join(ways)}"
        terms += subject_terms(classification, scopes, ways=ways, journals=journals)
    return terms


def _check_vote(where: str, ways: tuple[str, ...], scopes: Mapping[str, str]) -> None:
    missing = [s for s in SUBJECT_NAMES if s not in scopes]
    if missing and VOTING_WAYS & set(ways):
        by = ", ".join(f'"{w}"' for w in ways)
        raise ConfigError(
            f"scopes {where}: scope '{min(scopes.values())}': MeSH headings vote between subjects, "
            f"so all five must stand; add scopes with by = [{by}] for {', '.join(missing)}"
        )

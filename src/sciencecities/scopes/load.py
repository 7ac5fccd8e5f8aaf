"""The scopes of a build: the five subjects, the six industries, and those of a reader's file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sciencecities.errors import ConfigError
from sciencecities.scopes.definitions import SUBJECT, SUBJECT_NAMES, SUBJECTS
from sciencecities.scopes.industries import INDUSTRIES, industry_terms
from sciencecities.scopes.model import JournalSet, Scope, ScopeSet, ScopeTerm
from sciencecities.scopes.subjects import subject_terms
from sciencecities.scopes.userfile import UserScopes, parse

if TYPE_CHECKING:
    import pyarrow as pa


def load(path: Path | None = None, *, journals: JournalSet | None = None) -> ScopeSet:
    """The scopes (without `overall`) and their terms, sorted; of `path` too, where it is given.

    A journal set replaces the subjects of its journals where it gives its own, and takes away the
    scopes that it excludes (`natural-82`: Health). Raises ConfigError naming file, scope, key.
    """
    if path is None:
        return _scope_set(UserScopes(True, [], []), journals)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"scopes {path}: cannot be read ({error}); give a TOML file as in docs/SUBJECTS.md"
        ) from error
    return loads(text, str(path), journals=journals)


def loads(text: str, where: str, *, journals: JournalSet | None = None) -> ScopeSet:
    """As `load`, from the text of a scope file; `where` names it in errors."""
    return _scope_set(parse(text, where, journals), journals)


def terms_table(scopes: ScopeSet) -> pa.Table:
    """The terms as an Arrow table, for the counting rules."""
    import pyarrow as pa

    types = {
        "classification": pa.string(),
        "priority": pa.int32(),
        "kind": pa.string(),
        "term": pa.string(),
        "scope": pa.string(),
        "vote": pa.bool_(),
    }
    columns = {n: [getattr(t, n) for t in scopes.terms] for n in types}
    return pa.table(columns, schema=pa.schema(list(types.items())))


def _scope_set(user: UserScopes, journals: JournalSet | None) -> ScopeSet:
    excluded = journals.excluded_scopes if journals else frozenset()
    scopes: list[Scope] = []
    terms: list[ScopeTerm] = []
    if user.include_defaults:
        scopes += [s.scope for s in SUBJECTS if s.scope.name not in excluded]
        names = {name: name for name in SUBJECT_NAMES}
        terms += subject_terms(SUBJECT, names, journals=journals)
        scopes += INDUSTRIES
        terms += industry_terms()
    return ScopeSet([*scopes, *user.scopes], sorted([*terms, *user.terms]))

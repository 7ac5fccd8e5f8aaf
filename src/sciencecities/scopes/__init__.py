"""Scopes: which works belong to a subject, an industry, or a set of the reader's own.

`load` gives the scopes of a build and the terms that the counting rules match; how they decide is
written in docs/SUBJECTS.md.
"""

from sciencecities.scopes.load import load
from sciencecities.scopes.model import NONE, OVERALL, JournalSet, Scope, ScopeSet, ScopeTerm
from sciencecities.scopes.names import resolve_scope_name

__all__ = [
    "NONE",
    "OVERALL",
    "JournalSet",
    "Scope",
    "ScopeSet",
    "ScopeTerm",
    "load",
    "resolve_scope_name",
]

"""What a scope is: a named set of works, and the terms that put a work into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

OVERALL = "overall"
"""The scope of every work; always there, never listed."""

NONE = "none"
"""In a term: the work is decided to lie outside every scope of the classification."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A named set of works; `kind` is `subject`, `industry` or `own` (a reader's own)."""

    name: str
    title_en: str
    title_zh: str
    description_en: str
    description_zh: str
    kind: str = "own"


@dataclass(frozen=True, slots=True, order=True)
class ScopeTerm:
    """One term of a work (see `tables.WORK_TERMS`) and the scope it speaks for.

    In each classification only the matching rows of the smallest priority decide. Where they do
    not vote, every scope they name holds the work; where they vote, those named most often.
    """

    classification: str
    priority: int
    kind: str
    term: str
    scope: str
    vote: bool


@dataclass(frozen=True, slots=True)
class ScopeSet:
    """The scopes of a build (`overall` apart) and their terms, sorted."""

    scopes: list[Scope]
    terms: list[ScopeTerm]


@dataclass(frozen=True, slots=True)
class JournalSet:
    """The journals whose works count.

    issns: every ISSN of the set. letters_only_issns: those of journals of which only Letters (and
    highlighted articles, which need a list of DOIs) count. excluded_scopes: default scopes that
    the set does not have. subjects: the set's own subjects by ISSN, where it gives any.
    """

    name: str
    issns: frozenset[str]
    letters_only_issns: frozenset[str]
    excluded_scopes: frozenset[str] = frozenset()
    subjects: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def issn_table(self, letters: str) -> pa.Table:
        """Columns issn, letters_only, as the rule for Letters (config.LettersRule) has them."""
        import pyarrow as pa

        only = self.letters_only_issns if letters == "letters" else frozenset()
        left_out = self.letters_only_issns if letters == "none" else frozenset()
        issns = sorted(self.issns - left_out)
        columns = {"issn": issns, "letters_only": [i in only for i in issns]}
        return pa.table(
            columns, schema=pa.schema([("issn", pa.string()), ("letters_only", pa.bool_())])
        )

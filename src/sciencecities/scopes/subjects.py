"""The terms of the five subjects: the source's own word, journals, topics, MeSH headings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from sciencecities.scopes.definitions import source_terms
from sciencecities.scopes.model import NONE, JournalSet, ScopeTerm
from sciencecities.scopes.tables import issns_of, rows, split

WAYS = ("source", "journal", "topic", "mesh")
"""How a subject can be told; each is a step that speaks only where those before are silent."""

VOTING_WAYS = frozenset({"mesh"})

OWN, JOURNAL, TOPIC, SUBFIELD, FIELD, MESH_MAJOR, MESH = range(1, 8)
"""Priorities."""


class SubjectTerm(NamedTuple):
    """One row before it is given to a classification: `subject` may be `none`."""

    way: str
    priority: int
    kind: str
    term: str
    subject: str
    vote: bool


def subject_terms(
    classification: str,
    scopes: Mapping[str, str],
    *,
    ways: Collection[str] = WAYS,
    journals: JournalSet | None = None,
) -> list[ScopeTerm]:
    """Terms of a classification whose `scopes` give each subject's name; others mean `none`.

    A journal set's own subjects replace the package's for its ISSNs. Where it has no Health,
    medical works are biological, as the index's Life sciences held them before 2023.
    """
    own = journals.subjects if journals else {}
    kept = (t for t in _packaged() if t.kind != "issn" or t.term not in own)
    four = journals is not None and "health" in journals.excluded_scopes
    found = {
        ScopeTerm(
            classification,
            t.priority,
            t.kind,
            t.term,
            scopes.get("biological" if four and t.subject == "health" else t.subject, NONE),
            t.vote,
        )
        for t in (*kept, *_of_journal_set(own))
        if t.way in ways
    }
    return sorted(found)


def _of_journal_set(own: Mapping[str, tuple[str, ...]]) -> Iterator[SubjectTerm]:
    for issn, subjects in own.items():
        for subject in subjects:
            yield SubjectTerm("journal", JOURNAL, "issn", issn, subject, False)


@cache
def _packaged() -> tuple[SubjectTerm, ...]:
    return (*_source(), *_journals(), *_topics(), *_mesh())


def _source() -> Iterator[SubjectTerm]:
    for word, subject in source_terms():
        yield SubjectTerm("source", OWN, "subject", word, subject, False)


def _journals() -> Iterator[SubjectTerm]:
    # The index's own subjects first; the wider table lists no journal of the index.
    for table in ("journals", "journal_subjects"):
        for row in rows(table):
            for issn in issns_of(row):
                for subject in split(row["subjects"]):
                    yield SubjectTerm("journal", JOURNAL, "issn", issn, subject, False)


def _topics() -> Iterator[SubjectTerm]:
    priorities = {"topic": TOPIC, "subfield": SUBFIELD, "field": FIELD}
    for row in rows("topic_subjects"):
        for subject in split(row["subject"]):
            level = row["level"]
            yield SubjectTerm("topic", priorities[level], level, row["id"], subject, False)


def _mesh() -> Iterator[SubjectTerm]:
    # Main headings first. Qualifiers say little of a paper's subject beside its main headings, so
    # they speak with all headings, where the main ones are silent.
    for row in rows("mesh_subjects"):
        if row["kind"] == "mesh":
            yield SubjectTerm("mesh", MESH_MAJOR, "mesh-major", row["ui"], row["subject"], True)
        yield SubjectTerm("mesh", MESH, row["kind"], row["ui"], row["subject"], True)

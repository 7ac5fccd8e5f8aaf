"""How many works of a MEDLINE file get a subject, and how often it is right.

    python scripts/measure_subjects.py FILE.xml.gz... [--labels scripts/subjects_labels.csv]

Prints the figures of docs/SUBJECTS.md. Rules as the counting stage applies them, in plain Python.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from sciencecities.scopes import NONE, ScopeTerm, load
from sciencecities.scopes.definitions import SUBJECT, SUBJECT_NAMES
from sciencecities.scopes.subjects import subject_terms
from sciencecities.sources.base import Records
from sciencecities.sources.pubmed import PubMed

Terms = set[tuple[str, str]]
WAYS = {"all": None, "journal": ["journal"], "mesh": ["mesh"]}


class Classifier:
    """The counting rules for one classification."""

    def __init__(self, terms: list[ScopeTerm]) -> None:
        self.by_term: dict[tuple[str, str], list[ScopeTerm]] = defaultdict(list)
        for term in terms:
            self.by_term[term.kind, term.term].append(term)

    def scopes(self, work: Terms) -> set[str] | None:
        """The scopes of a work; empty if decided to be none of them; None if nothing speaks."""
        rows = [row for term in work for row in self.by_term.get(term, ())]
        if not rows:
            return None
        first = min(row.priority for row in rows)
        votes = Counter(row.scope for row in rows if row.priority == first)
        voting = any(row.vote for row in rows if row.priority == first)
        most = max(votes.values())
        return {s for s, n in votes.items() if not voting or n == most} - {NONE}


def read(path: Path) -> Iterator[tuple[str, int | None, Terms]]:
    """(PMID, year, terms) of every primary-research article."""
    source = PubMed()
    for piece in source.pieces(path, hashlib.sha256(), 8 << 20):
        out = Records(path.name, source.unit, 1)
        source.read(path, piece, out)
        works, terms = out.columns["works"], out.columns["work_terms"]
        found: dict[int, Terms] = defaultdict(set)
        for record, kind, term in zip(*terms.values(), strict=True):
            found[record].add((kind, term))
        for i, record in enumerate(works["record_id"]):
            if works["is_primary"][i] and works["excluded"][i] is None:
                pmid = works["work_id"][i].removeprefix("pmid:")
                yield pmid, works["year"][i], found[record]


def main() -> None:
    """Read the files, print coverage and agreement with the labels."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument(
        "--labels", type=Path, default=Path(__file__).with_name("subjects_labels.csv")
    )
    arguments = parser.parse_args()
    works = {pmid: (year, terms) for f in arguments.files for pmid, year, terms in read(f)}
    names = {s: s for s in SUBJECT_NAMES}
    classifiers = {
        way: Classifier(load().terms if ways is None else subject_terms(SUBJECT, names, ways=ways))
        for way, ways in WAYS.items()
    }
    for way, classifier in classifiers.items():
        _print_coverage(way, classifier, works)
    with arguments.labels.open(encoding="utf-8", newline="") as file:
        _print_agreement(list(csv.DictReader(file)), classifiers, works)


def _print_coverage(
    way: str, classifier: Classifier, works: dict[str, tuple[int | None, Terms]]
) -> None:
    groups = {
        "2021": [t for y, t in works.values() if y == 2021],
        "with MeSH": [t for _, t in works.values() if any(kind == "mesh" for kind, _ in t)],
    }
    for name, terms in groups.items():
        found = [classifier.scopes(t) for t in terms]
        counts = Counter(s for scopes in found if scopes for s in scopes)
        counts["outside"] = sum(scopes == set() for scopes in found)
        counts["undecided"] = sum(scopes is None for scopes in found)
        print(f"by {way}, {name}: {len(found):,} works; {dict(sorted(counts.items()))}")


def _print_agreement(
    labels: list[dict[str, str]],
    classifiers: dict[str, Classifier],
    works: dict[str, tuple[int | None, Terms]],
) -> None:
    for part in ("all", "mesh"):
        rows = [r for r in labels if r["part"] == part and r["pmid"] in works]
        found = [(r, classifiers[part].scopes(works[r["pmid"]][1])) for r in rows]
        right = [_is_right(scopes, row["subjects"]) for row, scopes in found]
        decided = sum(s is not None for _, s in found)
        print(f"by {part}: {sum(right)} of {len(rows)} labelled works right, {decided} decided")
        for (row, scopes), is_right in zip(found, right, strict=True):
            if not is_right:
                print(
                    f"   {row['pmid']} {sorted(scopes or ())} not {row['subjects']}: {row['title']}"
                )


def _is_right(scopes: set[str] | None, label: str) -> bool:
    """Whether every scope given is one that the label accepts; `none` accepts only "outside"."""
    if scopes is None:
        return False
    return scopes <= set(label.split(";")) if scopes else label == NONE


if __name__ == "__main__":
    main()

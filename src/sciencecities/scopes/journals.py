"""Journal sets: which journals' works count."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from types import MappingProxyType

from sciencecities.errors import ConfigError
from sciencecities.scopes.definitions import SUBJECT_NAMES, subject_of
from sciencecities.scopes.issn import issn_problem
from sciencecities.scopes.model import JournalSet
from sciencecities.scopes.tables import issns_of, rows
from sciencecities.sources.base import clean_issn

ALL = "all"
PUBLISHED = {"natural-82": "in_natural_82", "nature-index-145": "in_nature_index_145"}
CHOICES = (ALL, *PUBLISHED, "FILE.csv")

WITHOUT_HEALTH = frozenset({"natural-82"})
"""The list of 2018 to 2023 had four subjects; Nature Medicine was in Life sciences."""

ISSN_COLUMNS = (
    *("issn", "issns", "issn_l", "issn_print", "issn_electronic", "issn_former", "issn_other"),
    *(
        "pissn",
        "p_issn",
        "print_issn",
        "eissn",
        "e_issn",
        "electronic_issn",
        "issnl",
        "linking_issn",
    ),
)
SUBJECT_COLUMNS = ("subject", "subjects")
SUBSETS = ("letters", "letters+highlights")


def journal_set(choice: str) -> JournalSet | None:
    """The set of that name, or of the CSV file of that path; None for `all`: no test on the source.

    Raises ConfigError listing the choices, or naming file, columns found and row.
    """
    if choice == ALL:
        return None
    if choice in PUBLISHED:
        return _published(choice)
    path = Path(choice)
    if path.suffix or path.is_file():
        return _of_file(path)
    raise ConfigError(f"no journal set '{choice}'; choices: {', '.join(CHOICES)}")


def listed_journals(choice: str) -> list[tuple[str, tuple[str, ...]]] | None:
    """Title (may be empty) and ISSNs of each journal of a set, in the list's order; None for `all`.

    Raises ConfigError as `journal_set` does.
    """
    journal_set(choice)
    if choice == ALL:
        return None
    if choice in PUBLISHED:
        listed = [r for r in rows("journals") if r[PUBLISHED[choice]] == "yes"]
        return [(r["title"], tuple(issns_of(r))) for r in listed]
    path = Path(choice)
    return [
        (row.get("title", "").strip(), tuple(sorted(_issns(f"journals {path}, row {n}", row))))
        for n, row in _read(path)
    ]


def _published(name: str) -> JournalSet:
    listed = [r for r in rows("journals") if r[PUBLISHED[name]] == "yes"]
    return JournalSet(
        name,
        frozenset(i for r in listed for i in issns_of(r)),
        frozenset(i for r in listed if r["subset"] for i in issns_of(r)),
        frozenset({"health"}) if name in WITHOUT_HEALTH else frozenset(),
    )


def _of_file(path: Path) -> JournalSet:
    table = _read(path)
    issns: set[str] = set()
    letters: set[str] = set()
    subjects: dict[str, set[str]] = {}
    for number, row in table:
        at = f"journals {path}, row {number}"
        found = _issns(at, row)
        issns |= found
        if _is_subset(at, row):
            letters |= found
        for subject in _subjects(at, row):
            for issn in found:
                subjects.setdefault(issn, set()).add(subject)
    if not issns:
        raise ConfigError(f"journals {path}: lists no journal; add a row with an ISSN")
    return JournalSet(path.name, frozenset(issns), frozenset(letters), subjects=_frozen(subjects))


def _frozen(subjects: dict[str, set[str]]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({issn: tuple(sorted(subjects[issn])) for issn in sorted(subjects)})


def _read(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"journals {path}: no such file; choices: {', '.join(CHOICES)}"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"journals {path}: cannot be read ({error}); save it as UTF-8") from error
    header = text.split("\n", 1)[0]
    reader = csv.reader(StringIO(text), delimiter=max(",;\t", key=header.count))
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(c.strip() for c in cells)]
    except csv.Error as error:
        raise ConfigError(f"journals {path}, row {reader.line_num}: not CSV ({error})") from error
    columns = [_column(c) for c in lines[0][1]] if lines else []
    if not set(columns) & set(ISSN_COLUMNS):
        raise ConfigError(
            f"journals {path}: no column with ISSNs; columns found: {', '.join(columns) or 'none'};"
            " name one issn, issn_l, issn_print or issn_electronic"
        )
    return [(n, _row(path, n, columns, cells)) for n, cells in lines[1:]]


def _row(path: Path, number: int, columns: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) > len(columns):
        raise ConfigError(
            f"journals {path}, row {number}: {len(cells)} cells under {len(columns)} columns; "
            "quote cells that hold the separator"
        )
    return dict(zip(columns, cells, strict=False))


def _column(name: str) -> str:
    return "_".join(re.findall(r"\w+", name.strip().lower()))


def _issns(at: str, row: dict[str, str]) -> set[str]:
    cells = [row[c] for c in ISSN_COLUMNS if row.get(c)]
    found = [text for cell in cells for text in re.split(r"[;,|\s]+", cell) if text]
    for text in found:
        if problem := issn_problem(text):
            raise ConfigError(f"{at}: {problem}")
    if not found:
        raise ConfigError(f"{at}: '{row.get('title', '')}' has no ISSN; add one or remove the row")
    return {issn for text in found if (issn := clean_issn(text))}


def _is_subset(at: str, row: dict[str, str]) -> bool:
    subset = row.get("subset", "").strip().lower()
    if subset and subset not in SUBSETS:
        raise ConfigError(f"{at}: unknown subset '{subset}'; leave it empty or give {SUBSETS[0]}")
    return bool(subset)


def _subjects(at: str, row: dict[str, str]) -> list[str]:
    cells = [row[c] for c in SUBJECT_COLUMNS if row.get(c)]
    names = [
        text for cell in cells for text in (p.strip() for p in re.split(r"[;|]", cell)) if text
    ]
    subjects = [(name, subject_of(name)) for name in names]
    for name, subject in subjects:
        if subject is None:
            raise ConfigError(
                f"{at}: unknown subject '{name}'; subjects: {', '.join(SUBJECT_NAMES)}"
            )
    return [subject for _, subject in subjects if subject]

"""The rows of one work in a table, checked and put together.

A work is taken whole or not at all: with one bad or contradicting row left out, its other rows
would share out a weight that is not theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sciencecities.sources.base import Entry, Records, clean_doi, clean_issn
from sciencecities.sources.table_columns import PROBLEM, ROW

Row = dict[str, Any]  # column -> trimmed text or None; ROW -> int

YEARS = range(1000, 2101)
MAX_POSITION = 2**31 - 1
_WHOLE = re.compile(r"-?\d{1,18}(?:\.0*)?")
_ROR = re.compile(r"(?:https?://)?(?:www\.)?(?:ror\.org/)?(0[a-z0-9]{6}\d\d)", re.IGNORECASE)
_TRUE = frozenset({"true", "t", "1", "1.0", "yes", "y"})
_FALSE = frozenset({"false", "f", "0", "0.0", "no", "n"})


class _RowError(ValueError):
    def __init__(self, row: Row, reason: str) -> None:
        super().__init__(reason)
        self.row = row


def add_work(rows: list[Row], out: Records) -> None:
    """Append one work from all of its rows, or one reject."""
    out.n_records += 1
    try:
        work = {name: _agreed(rows, name, read) for name, read in _OF_WORK.items()}
        authors = _authors(rows)
    except _RowError as error:
        out.reject(error.row[ROW], str(error), _excerpt(error.row))
        return
    record_id = out.work(
        work_id=rows[0]["work_id"],
        doi=work["doi"],
        version=work["version"] or 0,
        year=work["year"],
        type=work["type"],
        is_primary=work["is_primary"] is not False,
        excluded="retracted" if work["retracted"] else None,
        authors_truncated=bool(work["authors_truncated"]),
        source_title=work["source_title"],
        first_page=work["first_page"],
    )
    for kind, column in (("issn", "issn"), ("subject", "subjects"), ("topic", "topic")):
        for term in work[column] or ():
            out.term(record_id, kind, term)
    out.authorships(
        record_id,
        [position for position, _ in authors],
        [_is_first(position, each) for position, each in authors],
        [_agreed(each, "is_corresponding", _flag) for _, each in authors],
        [_affiliation_keys(each, out) for _, each in authors],
    )


def _authors(rows: list[Row]) -> list[tuple[int, list[Row]]]:
    """Each author's rows, checked, by position; none for a work without authors."""
    by_position: dict[int | None, list[Row]] = {}
    for row in rows:
        if row[PROBLEM]:
            raise _RowError(row, row[PROBLEM])
        if not row["work_id"]:
            raise _RowError(row, "`work_id` is empty")
        position = _value(row, "author_position", _position)
        if position is None and (row["affiliation"] or _entry(row)):
            raise _RowError(row, "an affiliation without `author_position`")
        by_position.setdefault(position, []).append(row)
    if None in by_position and len(by_position) > 1:
        row = by_position[None][0]
        raise _RowError(row, "`author_position` is empty, but other rows of the work have one")
    found = [(position, each) for position, each in by_position.items() if position is not None]
    for _, each in found:
        for column in ("is_first", "is_corresponding"):
            _agreed(each, column, _flag)
        for row in each:
            _entry(row)
    return sorted(found, key=lambda item: item[0])


def _is_first(position: int, rows: list[Row]) -> bool:
    stated = _agreed(rows, "is_first", _flag)
    return position == 1 if stated is None else bool(stated)


def _affiliation_keys(rows: list[Row], out: Records) -> list[int]:
    by_text: dict[str | None, set[Entry]] = {}
    for row in rows:
        entries = by_text.setdefault(row["affiliation"], set())
        if entry := _entry(row):
            entries.add(entry)
    # In the order of the text, not of the rows, on which nothing may depend.
    return [
        out.affiliation_key(text, _in_order(entries))
        for text, entries in sorted(by_text.items(), key=lambda item: item[0] or "")
        if text or entries
    ]


def _in_order(entries: set[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: tuple(value or "" for value in entry)))


def _entry(row: Row) -> Entry | None:
    """The institution named in the row; None if there is none."""
    institution_id, name = row.get("institution_id"), row.get("institution")
    ror, country = _value(row, "ror", _ror), _value(row, "country", _country)
    if not (institution_id or ror or name):
        return None
    return Entry(institution_id, ror, name, country, None)


def _agreed(rows: list[Row], column: str, read: Callable[[str], Any]) -> Any:
    """The one value that rows give; rows may leave it empty, but not differ."""
    value, text, seen_in = None, None, 0
    if column not in rows[0]:
        return None
    for row in rows:
        if row[column] is None or row[column] == text:
            continue
        given = _value(row, column, read)
        if value is not None and given != value:
            reason = f"`{column}` is {_shown(given)}, but {_shown(value)} in row {seen_in}"
            raise _RowError(row, reason)
        value, text, seen_in = given, row[column], row[ROW]
    return value


def _value(row: Row, column: str, read: Callable[[str], Any]) -> Any:
    text = row.get(column)
    if text is None:
        return None
    try:
        return read(text)
    except ValueError as error:
        raise _RowError(row, f"`{column}` {text[:40]!r} {error}") from error


def _shown(value: Any) -> str:
    return repr(";".join(value) if isinstance(value, tuple) else value)[:60]


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError("is no whole number")
    return int(text.partition(".")[0])


def _year(text: str) -> int:
    year = _whole(text)
    if year not in YEARS:
        raise ValueError("is absurd")
    return year


def _position(text: str) -> int:
    position = _whole(text)
    if not 1 <= position <= MAX_POSITION:
        raise ValueError("is no position from 1 on")
    return position


def _flag(text: str) -> bool:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("is neither true nor false")
    return word in _TRUE


def _version(text: str) -> int:
    """A whole number, or the microseconds since 1970 of an ISO date."""
    if _WHOLE.fullmatch(text):
        return _whole(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("is neither a whole number nor an ISO date") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = moment - datetime.fromtimestamp(0, UTC)
    return since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds


def _issns(text: str) -> tuple[str, ...]:
    given = _listed(text)
    clean = [clean_issn(each) for each in given]
    if None in clean:
        raise ValueError("holds what is no ISSN")
    return tuple(sorted({issn for issn in clean if issn}))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(sorted({part.strip() for part in text.split(";")} - {""}))


def _topics(text: str) -> tuple[str, ...]:
    return tuple(sorted({part.rsplit("/", 1)[-1] for part in _listed(text)}))


def _doi(text: str) -> str:
    doi = clean_doi(text)
    if doi is None:
        raise ValueError("is no DOI")
    return doi


def _ror(text: str) -> str:
    found = _ROR.fullmatch(text)
    if not found:
        raise ValueError("is no ROR id")
    return f"https://ror.org/{found.group(1).lower()}"


def _country(text: str) -> str:
    if not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise ValueError("is no country code of two letters (ISO 3166-1)")
    return text.upper()


def _excerpt(row: Row) -> str:
    shown = {name: value for name, value in row.items() if name not in (ROW, PROBLEM)}
    return "; ".join(f"{name}={value}" for name, value in shown.items() if value is not None)


_OF_WORK: dict[str, Callable[[str], Any]] = {
    "doi": _doi,
    "version": _version,
    "year": _year,
    "type": str,
    "is_primary": _flag,
    "retracted": _flag,
    "authors_truncated": _flag,
    "source_title": str,
    "first_page": str,
    "issn": _issns,
    "subjects": _listed,
    "topic": _topics,
}

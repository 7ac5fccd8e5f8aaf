"""The table of institutions (name, country, share) and the table of their parts, as rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from sciencecities.errors import SourceError
from sciencecities.tables import UNITS_PER_WORK

NAME = (
    "name", "institution", "institution name", "organisation", "organization", "affiliation",
    "机构", "机构名称", "院校", "单位",
)  # fmt: skip
COUNTRY = (
    "country", "country territory", "country or territory", "country code", "country region",
    "location", "nation", "国家", "国家地区", "国家 地区",
)  # fmt: skip
SHARE = ("share", "shares", "fractional count", "fc", "wfc", "份额", "贡献份额")
COUNT = (
    "count", "counts", "article count", "articles", "ac", "full count", "篇数", "论文数", "文章数",
    "发文量",
)  # fmt: skip
YEAR = ("year", "data year", "年份", "年")
SCOPE = ("scope", "subject", "学科", "领域")
CITY = ("city", "place", "town", "城市", "地点")
PART = ("part", "institute", "campus", "site", "分支", "分部", "研究所")
WEIGHT = ("weight", "share weight", "权重")

SHARE_OF_YEAR = re.compile(r"(?:share|fc|份额) ?((?:19|20)\d\d)|((?:19|20)\d\d) (?:share|fc|份额)")
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?|\.\d+")
LARGEST = Decimal(10**9)
DELIMITERS = ",;\t"
OVERALL = "overall"


class Row(NamedTuple):
    """One institution of the table; `line` is its line in the file, `units` its exact Share."""

    line: int
    name: str
    country: str
    units: int
    full_count: int | None
    year: int
    scope: str


class Part(NamedTuple):
    """A part of an institution: by name or city, with its Share or its weight in units."""

    line: int
    institution: str
    country: str
    part: str
    city: str
    units: int
    is_weight: bool


class _Cells(NamedTuple):
    line: int
    values: dict[str, str]


def read_table(path: Path, default_year: int | None) -> list[Row]:
    """The rows of a CSV or TSV file with a name, a Share and, mostly, a country.

    `default_year` serves where the table has no year. Raises SourceError naming file and line.
    """
    columns, rows = _read(path)
    name, share = _column(path, columns, NAME, "name"), _share_column(path, columns)
    country, count = _first(columns, COUNTRY), _first(columns, COUNT)
    year, scope = _first(columns, YEAR), _first(columns, SCOPE)
    of_year = SHARE_OF_YEAR.fullmatch(share)
    named_year = int(of_year[1] or of_year[2]) if of_year else None
    found = []
    for line, values in rows:
        if not values[name]:
            raise SourceError(f"{path} line {line}: no name; every row names an institution")
        found.append(
            Row(
                line,
                values[name],
                values[country] if country else "",
                _units(path, line, "share", values[share]),
                _whole(path, line, "count", values[count]) if count and values[count] else None,
                _year(path, line, values[year]) if year else default_year or named_year or 0,
                (values[scope] if scope else "") or OVERALL,
            )
        )
    if not found:
        raise SourceError(f"{path}: has no rows below its header")
    return found


def read_parts(path: Path) -> list[Part]:
    """The rows of a table of parts: institution, part or city, and share or weight.

    Raises SourceError naming file and line.
    """
    columns, rows = _read(path)
    institution = _column(path, columns, ("institution", *NAME), "institution")
    country = _first(columns, COUNTRY)
    part, city = _first(columns, PART), _first(columns, CITY)
    weight, share = _first(columns, WEIGHT), _first(columns, SHARE)
    if not part and not city:
        raise SourceError(f"{path}: has neither a column part nor a column city")
    if not weight and not share:
        raise SourceError(f"{path}: has neither a column share nor a column weight")
    found = []
    for line, values in rows:
        named = values[part] if part else ""
        where = values[city] if city else ""
        if not values[institution] or not (named or where):
            raise SourceError(f"{path} line {line}: needs an institution and its part or city")
        is_weight = not (share and values[share])
        column = weight if is_weight else share
        text = values[column] if column else ""
        units = _units(path, line, column or "share", text)
        where_in = values[country] if country else ""
        found.append(Part(line, values[institution], where_in, named, where, units, is_weight))
    return found


def _read(path: Path) -> tuple[list[str], list[_Cells]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path}: is not UTF-8 at byte {error.start}; save it as UTF-8"
        ) from error
    except FileNotFoundError as error:
        raise SourceError(f"{path}: no such file") from error
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
    head = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = _cut(path, reader)
    first = next(rows, None)
    if first is None:
        raise SourceError(f"{path}: is empty")
    columns = [_plain(name) for name in first[1]]
    seen: set[str] = set()
    for name in filter(None, columns):
        if name in seen:
            raise SourceError(f"{path}: column {name} is there twice; keep one")
        seen.add(name)
    cells = []
    for line, fields in rows:
        if len(fields) != len(columns):
            raise SourceError(
                f"{path} line {line}: {len(fields)} fields where the header has {len(columns)}; "
                "quote fields that hold the delimiter"
            )
        cells.append(_Cells(line, dict(zip(columns, (f.strip() for f in fields), strict=True))))
    return columns, cells


def _cut(path: Path, reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of the rows that are not blank."""
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            line = getattr(reader, "line_num", 0)
            raise SourceError(f"{path} line {line}: not readable as CSV ({error})") from error
        if any(field.strip() for field in fields):
            yield getattr(reader, "line_num", 0), fields


def _plain(name: str) -> str:
    return re.sub(r"[\s_/\-]+", " ", name.strip().casefold())


def _first(columns: list[str], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in columns), None)


def _column(path: Path, columns: list[str], names: tuple[str, ...], what: str) -> str:
    if (found := _first(columns, names)) is None:
        there = ", ".join(columns)[:200]
        raise SourceError(f"{path}: has no column {what}; found {there}; needed: name, share")
    return found


def _share_column(path: Path, columns: list[str]) -> str:
    if (plain := _first(columns, SHARE)) is not None:
        return plain
    of_year = [c for c in columns if SHARE_OF_YEAR.fullmatch(c)]
    if len(of_year) > 1:
        raise SourceError(f"{path}: columns {', '.join(of_year)}; name the one to use `share`")
    return of_year[0] if of_year else _column(path, columns, SHARE, "share")


def _units(path: Path, line: int, column: str, text: str) -> int:
    """The number in 1/10^18, exactly as written."""
    try:
        value = Decimal(text.replace(",", "")) if NUMBER.fullmatch(text) else None
    except InvalidOperation:  # pragma: no cover - the pattern admits numbers only
        value = None
    if value is None or value > LARGEST:
        raise SourceError(
            f"{path} line {line}: {column} {text[:40]!r} is no number from 0 to {LARGEST:,}; "
            "write it like 1234.56"
        )
    return int(value * UNITS_PER_WORK)


def _whole(path: Path, line: int, column: str, text: str) -> int:
    units = _units(path, line, column, text)
    if units % UNITS_PER_WORK:
        raise SourceError(f"{path} line {line}: {column} {text[:40]!r} is no whole number")
    return units // UNITS_PER_WORK


def _year(path: Path, line: int, text: str) -> int:
    if not re.fullmatch(r"[12]\d{3}", text):
        raise SourceError(f"{path} line {line}: year {text[:40]!r} is no year like 2024")
    return int(text)

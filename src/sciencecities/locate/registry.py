"""The registry of research organisations (ROR, schema v2): names, places, parents, successors."""

from __future__ import annotations

import contextlib
import functools
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from sciencecities.errors import LocateError, SourceError
from sciencecities.locate import cache
from sciencecities.locate.gaz_tables import rows
from sciencecities.locate.model import Place
from sciencecities.sources.streams import read_chunks

if TYPE_CHECKING:
    import numpy as np

CACHE_KIND = "registry-2"
"""Its number grows whenever Organisation changes."""
CACHED_FROM_BYTES = 1 << 20
ROR_PREFIX = "https://ror.org/"
ACTIVE = "active"
WITHDRAWN = "withdrawn"

_ROR_URL = re.compile(r"(?:https?://)?(?:www\.)?ror\.org/([0-9a-z]+)/?", re.IGNORECASE)
_ROR_BARE = re.compile(r"0[0-9a-z]{6}[0-9]{2}", re.IGNORECASE)
_HOST = re.compile(r"(?:https?://)?(?:www\d?\.)?([\w.-]+\.\w+)/?$", re.IGNORECASE)
_ZIP_MAGIC = b"PK\x03\x04"


class Name(Struct, frozen=True, gc=False):
    """One name of an organisation. `types`: ror_display, label, alias, acronym."""

    value: str
    types: tuple[str, ...] = ()
    lang: str | None = None


class PlaceDetails(Struct, frozen=True, gc=False):
    """What ROR itself says of a GeoNames place; latitude and longitude in degrees, WGS84."""

    name: str
    country_code: str
    country_name: str | None = None
    lat: float | None = None
    lng: float | None = None
    country_subdivision_name: str | None = None
    country_subdivision_code: str | None = None


class Location(Struct, frozen=True, gc=False):
    """A place in which an organisation sits."""

    geonames_id: int
    geonames_details: PlaceDetails

    def place(self) -> Place | None:
        """The location as a Place; None where ROR has no coordinates for it."""
        here = self.geonames_details
        if here.lat is None or here.lng is None:
            return None
        country = here.country_code.upper()
        return Place(f"gn:{self.geonames_id}", here.name, country, here.lat, here.lng)


class Relation(Struct, frozen=True, gc=False):
    """A tie to another organisation: parent, child, successor, predecessor, related."""

    id: str
    type: str
    label: str | None = None


class Link(Struct, frozen=True, gc=False):
    """A page about an organisation. `type`: website or wikipedia."""

    type: str
    value: str


class Created(Struct, frozen=True, gc=False):
    """When a record was made, as YYYY-MM-DD."""

    date: str = ""


class Admin(Struct, frozen=True, gc=False):
    """What ROR says of the record itself."""

    created: Created = Created()


class Organisation(Struct, frozen=True, gc=False):
    """One ROR record, only the fields that locating needs. The first location is the main one."""

    id: str
    names: tuple[Name, ...]
    locations: tuple[Location, ...] = ()
    relationships: tuple[Relation, ...] = ()
    status: str = ACTIVE
    types: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    domains: tuple[str, ...] = ()
    admin: Admin = Admin()

    @property
    def web_domains(self) -> frozenset[str]:
        """Its internet domains, without "www."."""
        sites = (_HOST.match(link.value) for link in self.links if link.type == "website")
        hosts = (site[1].lower() for site in sites if site)
        return frozenset({*hosts, *map(str.lower, self.domains)})

    @property
    def name(self) -> str:
        """The display name; the first name where none is marked so."""
        for name in self.names:
            if "ror_display" in name.types:
                return name.value
        return self.names[0].value if self.names else self.id

    @property
    def countries(self) -> tuple[str, ...]:
        """ISO 3166-1 alpha-2 codes of the locations, in their order, each once."""
        codes = (where.geonames_details.country_code.upper() for where in self.locations)
        return tuple(dict.fromkeys(codes))

    def related(self, kind: str) -> list[str]:
        """Canonical ids of the organisations in that relation, sorted, each once."""
        ids = (canonical_ror(r.id) for r in self.relationships if r.type == kind)
        return sorted({ror for ror in ids if ror})


def canonical_ror(ror: str | None) -> str | None:
    """The id as `https://ror.org/0xxxxxxxx`, or None if it is not a ROR id by form.

    >>> canonical_ror("http://ror.org/03CVE4549/")
    'https://ror.org/03cve4549'
    >>> canonical_ror("03cve4549")
    'https://ror.org/03cve4549'
    >>> canonical_ror("https://openalex.org/I99065089") is None
    True
    """
    text = (ror or "").strip()
    if text.startswith(ROR_PREFIX) and len(text) == 25 and text.islower() and text[16:].isalnum():
        return text
    if url := _ROR_URL.fullmatch(text):
        return ROR_PREFIX + url[1].lower()
    return ROR_PREFIX + text.lower() if _ROR_BARE.fullmatch(text) else None


class _Records(Mapping[str, Organisation]):
    """Records by id, each decoded when it is first asked for."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self._ids = cache.unpack(arrays["ids"])
        self._row = {ror: row for row, ror in enumerate(self._ids)}
        self._ends = arrays["ends"]
        self._bytes = memoryview(arrays["records"])  # type: ignore[arg-type]
        self._decoded: dict[str, Organisation] = {}
        self._decode = msgspec.msgpack.Decoder(Organisation).decode

    def __getitem__(self, ror: str) -> Organisation:
        found = self._decoded.get(ror)
        if found is None:
            row = self._row[ror]
            found = self._decode(self._bytes[self._ends[row] : self._ends[row + 1]])
            self._decoded[ror] = found
        return found

    def __contains__(self, ror: object) -> bool:
        return ror in self._row

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


def _packed(registry: Registry) -> dict[str, np.ndarray]:
    import numpy as np

    encode = msgspec.msgpack.Encoder().encode
    rors, records = zip(*registry.items(), strict=True) if len(registry) else ((), ())
    blobs = [encode(record) for record in records]
    ends = np.zeros(len(blobs) + 1, np.int64)
    np.cumsum([len(blob) for blob in blobs], out=ends[1:])
    content = np.frombuffer(b"".join(blobs), np.uint8)
    return {"ids": cache.pack(rors), "ends": ends, "records": content}


class Registry:
    """Organisations by canonical ROR id. Ids the file does not hold are answered with None."""

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        """Hold the organisations. Raises LocateError if an id is no ROR id or occurs twice."""
        self.digest: str | None = None  # of the file, where it is large enough to be cached
        known: dict[str, Organisation] = {}
        self._by_ror: Mapping[str, Organisation] = known
        for number, organisation in enumerate(organisations, 1):
            ror = canonical_ror(organisation.id)
            if ror is None or ror in known:
                why = "is no ROR id" if ror is None else "occurs twice"
                raise LocateError(f"record {number}: {organisation.id!r} {why}")
            known[ror] = organisation

    @classmethod
    def load(cls, path: str | Path) -> Registry:
        """Read ROR v2 records: JSON lines or an array, plain, gzip, or in ROR's zip dump.

        A large file is read once; then its records come from the user's cache as they are needed.
        Raises LocateError naming the file and, where one is bad, the record.
        """
        path = Path(path)
        try:
            return cls._cached(path)
        except SourceError as error:
            raise LocateError(str(error)) from error
        except LocateError as error:
            raise LocateError(f"{path}: {error}") from error

    @classmethod
    def _cached(cls, path: Path) -> Registry:
        key = None
        with contextlib.suppress(OSError):
            if path.stat().st_size >= CACHED_FROM_BYTES:
                key = cache.digest(path)
        arrays = cache.read(CACHE_KIND, key) if key else None
        if arrays is None:
            found = cls(_organisations(path))
            if key:
                cache.write(CACHE_KIND, key, _packed(found))
        else:
            found = cls(())
            found._by_ror = _Records(arrays)
        found.digest = key
        return found

    def as_of(self, day: str) -> Registry:
        """Without the records made after the day (YYYY-MM-DD)."""
        return Registry(one for _, one in self.items() if one.admin.created.date <= day)

    def __len__(self) -> int:
        return len(self._by_ror)

    def __contains__(self, ror: object) -> bool:
        return ror in self._by_ror

    def items(self) -> Iterator[tuple[str, Organisation]]:
        """Canonical id and record of every organisation, sorted by id."""
        yield from sorted(self._by_ror.items())

    def get(self, ror: str | None) -> Organisation | None:
        """The record of that id, or None."""
        found = self._by_ror.get(ror or "")
        return found if found or ror is None else self._by_ror.get(canonical_ror(ror) or "")

    def name(self, ror: str) -> str | None:
        """The display name, or None where the registry has no such record."""
        found = self.get(ror)
        return found.name if found else None

    def label(self, ror: str, related: str) -> str | None:
        """How the record of `ror` names an organisation that it is related to."""
        found = self.get(ror)
        relations = found.relationships if found else ()
        return next((r.label for r in relations if canonical_ror(r.id) == related), None)

    def successor(self, ror: str) -> str:
        """The id that took over from a withdrawn or inactive one, followed to the end.

        An id with no or several successors is its own; of a circle, the smallest id stands.
        """
        path = [canonical_ror(ror) or ror]
        while (following := self._only_successor(path[-1])) is not None:
            if following in path:
                return min(path[path.index(following) :])
            path.append(following)
        return path[-1]

    def ancestors(self, ror: str, *, successors: bool = True) -> frozenset[str]:
        """Ids of all organisations above, never the organisation itself.

        A parent that was withdrawn stands beside its successor, unless `successors` is False.
        """
        start = canonical_ror(ror) or ror
        above: set[str] = set()
        waiting = self._parents(start)
        while waiting:
            parent = waiting.pop()
            if parent in above:
                continue
            above.add(parent)
            waiting += self._parents(parent)
            if successors:
                waiting.append(self.successor(parent))
        return frozenset(above - {start})

    def root(self, ror: str) -> str:
        """The topmost ancestor by the smallest parent at each step; itself if it has none.

        Of a circle of parents, the smallest id stands.
        """
        path = [canonical_ror(ror) or ror]
        while parents := self._parents(path[-1]):
            if parents[0] in path:
                return min(path[path.index(parents[0]) :])
            path.append(parents[0])
        return path[-1]

    def place(self, ror: str) -> Place | None:
        """The main location by ROR's own details; None where it has none."""
        places = self.places(ror)
        return places[0] if places else None

    def places(self, ror: str) -> list[Place]:
        """All locations that have coordinates, the main one first, as the registry has them."""
        found = self.get(ror)
        return [place for where in found.locations if (place := where.place())] if found else []

    def _parents(self, ror: str) -> list[str]:
        found = self._by_ror.get(ror)
        return [p for p in found.related("parent") if p != ror] if found else []

    def _only_successor(self, ror: str) -> str | None:
        found = self._by_ror.get(ror)
        if found is None or found.status == ACTIVE:
            return None
        successors = found.related("successor")
        return successors[0] if len(successors) == 1 and successors[0] != ror else None


def mended(ror: str, places: Sequence[Place]) -> Sequence[Place]:
    """An organisation's places with one that is known to be wrong mended (registry_places.csv),
    until ROR changes it."""
    wrong, right = _mended().get(ror, (None, None))
    return [right if right and place.place_id == wrong else place for place in places]


@functools.cache
def _mended() -> dict[str, tuple[str, Place]]:
    """ROR id -> the id of its registered place that is wrong, and the right one."""
    return {
        row["ror"]: (
            f"gn:{row['registry_geonames_id']}",
            Place(
                f"gn:{row['geonames_id']}", row["town"], row["country"],
                float(row["latitude"]), float(row["longitude"]),
            ),
        )
        for row in rows("registry_places.csv")
    }  # fmt: skip


def _organisations(path: Path) -> Iterator[Organisation]:
    chunks = read_chunks(path)
    head = next(chunks, b"")
    if head.startswith(_ZIP_MAGIC):
        chunks.close()  # type: ignore[attr-defined]
        head, chunks = b"", _unzip(path)
    while not head.strip():
        head = next(chunks, None) or b""
        if not head:
            raise LocateError("holds no record; it must be a ROR dump of schema v2")
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t")
    if head.lstrip()[:1] == b"[":
        return iter(_array(head + b"".join(chunks)))
    return _lines(head, chunks)


def _array(data: bytes) -> list[Organisation]:
    try:
        return msgspec.json.decode(data, type=list[Organisation])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        where = re.search(r"\$\[(\d+)\]", str(error))
        record = f"record {int(where[1]) + 1}: " if where else ""
        raise LocateError(f"{record}{_remedy(error)}") from error


def _lines(head: bytes, chunks: Iterator[bytes]) -> Iterator[Organisation]:
    decoder = msgspec.json.Decoder(Organisation)
    number = 0
    for number, line in enumerate(_split(head, chunks), 1):
        if not line.strip():
            continue
        try:
            yield decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise LocateError(f"record {number} (line {number}): {_remedy(error)}") from error


def _split(rest: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    yield from rest.split(b"\n")


def _remedy(error: Exception) -> str:
    return f"not a ROR record of schema v2 ({error}); fetch the registry's v2 dump again"


ZIP_ERRORS = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, OSError, EOFError,
    RuntimeError, UnicodeDecodeError,
)  # fmt: skip
"""What zipfile raises for damaged archives; it documents the first alone."""


def _unzip(path: Path) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_member(archive)) as file:
            while chunk := file.read(1 << 22):
                yield chunk
    except ZIP_ERRORS as error:
        raise LocateError(f"cannot be unpacked ({error}); fetch the zip again") from error


def _member(archive: zipfile.ZipFile) -> str:
    """The v2 records of a dump that may hold v1 beside them, and tables of both as CSV."""
    names = [n for n in archive.namelist() if not n.startswith("__MACOSX/")]
    data = [n for n in names if n.lower().endswith((".json", ".jsonl"))]
    version_2 = [n for n in data if "v2" in PurePosixPath(n).name.lower()]
    for choice in (version_2, data):
        if len(choice) == 1:
            return choice[0]
    found = ", ".join(sorted(data)) or "no .json"
    raise LocateError(f"the zip must hold one v2 .json of organisations, but holds {found}")

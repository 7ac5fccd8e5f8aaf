"""Locate stage: each distinct affiliation of the works gets its units, places, cities."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sciencecities.collector import paused_collector
from sciencecities.engines.base import Distributed, Engine
from sciencecities.errors import LocateError
from sciencecities.files import remove, write_parquet
from sciencecities.locate.model import Affiliation, Entry, Place, Unit
from sciencecities.progress import Progress
from sciencecities.tables import CITIES, PLACEMENTS, PLACES, UNITS, Column, Table
from sciencecities.workers import worker_pool

if TYPE_CHECKING:
    import pyarrow as pa

    from sciencecities.locate.locator import Locator

BATCH_AFFILIATIONS = 5_000
PARALLEL_FROM = 60_000
"""Below this, loading the gazetteer in further processes costs more than it saves."""

NEEDED = """
SELECT DISTINCT e.*
FROM affiliation_entries AS e
JOIN (SELECT DISTINCT a.affiliation_key
      FROM affiliations AS a JOIN candidates AS s ON s.record_id = a.record_id) AS n
  ON n.affiliation_key = e.affiliation_key
"""

IN_ORDER = "affiliation_key, entry"

N_NEEDED = """
SELECT COUNT(DISTINCT a.affiliation_key) AS n
FROM affiliations AS a JOIN candidates AS s ON s.record_id = a.record_id
"""

# Names differ between records of one institution: the smallest in byte order stands.
UNITS_SQL = """
SELECT CAST(ROW_NUMBER() OVER (ORDER BY unit_key) AS BIGINT) AS unit_no, unit_key,
       CAST(DENSE_RANK() OVER (ORDER BY institution_key) AS BIGINT) AS institution_no,
       institution_id, root_institution_id, institution, place_id, country, reason
FROM (
    SELECT unit_key, COALESCE(institution_id, unit_key) AS institution_key, institution_id,
           MIN(root_institution_id) AS root_institution_id, MIN(institution) AS institution,
           place_id, MIN(country) AS country, MIN(reason) AS reason
    FROM located GROUP BY unit_key, institution_id, place_id
) AS distinct_units
ORDER BY unit_key
"""

PLACEMENTS_SQL = """
SELECT l.affiliation_key, u.unit_no, l.text_key, l.cluster_key, l.method, l.score
FROM located AS l JOIN units AS u ON u.unit_key = l.unit_key
ORDER BY l.affiliation_key, u.unit_no
"""

PLACES_FOUND = """
SELECT DISTINCT place_id, place, place_country, latitude, longitude
FROM located WHERE place_id IS NOT NULL
"""

LOCATED = Table(
    "located",
    "One row per distinct affiliation and unit of it.",
    ("affiliation_key", "unit_key"),
    (
        *PLACEMENTS.columns[:1],
        *(c for c in PLACEMENTS.columns if c.name in ("text_key", "cluster_key")),
        *(c for c in UNITS.columns if c.name not in ("unit_no", "institution_no")),
        *(c for c in PLACEMENTS.columns if c.name in ("method", "score")),
        Column("place", "string", "name of the place; null if unplaced"),
        Column("place_country", "string", "ISO 3166-1 alpha-2 of the place"),
        Column("latitude", "float64", "degrees north, WGS84"),
        Column("longitude", "float64", "degrees east, WGS84"),
    ),
)


class Settings(NamedTuple):
    """What decides where an affiliation is."""

    registry: str | None
    mode: str
    match: bool
    keep_ancestors: bool
    registry_state: tuple[int, int] = (0, 0)  # size, time of change: a changed file is read anew


def locate(
    engine: Engine,
    settings: Settings,
    city_definition: str,
    folder: Path,
    *,
    overlaps: str,
    threads: int,
    progress: Progress,
) -> None:
    """Write placements, units, places and cities of all affiliations of `candidates` to `folder`.

    The engine must know `candidates`, `affiliations`, `affiliation_entries`.
    """
    n_needed = engine.fetch(N_NEEDED).column("n")[0].as_py()
    progress.stage("locate", n_needed, "affiliations")
    located = folder / "located"
    tables = [folder / f"{table.name}.parquet" for table in (UNITS, PLACEMENTS, PLACES, CITIES)]
    for path in (located, *tables):  # what a killed run left, under whatever engine
        remove(path)
    located.mkdir()
    if isinstance(engine, Distributed):
        mapper = partial(_map_located, settings)
        engine.map_groups("located", NEEDED, mapper, LOCATED, by="affiliation_key", order=IN_ORDER)
        progress.advance(n_needed)
    else:
        jobs = _batches(
            _affiliations(engine.batches(f"SELECT * FROM ({NEEDED}) AS needed ORDER BY {IN_ORDER}"))
        )
        paths = []
        parallel = threads > 1 and n_needed >= PARALLEL_FROM
        for number, rows in enumerate(_located(settings, jobs, threads if parallel else 1)):
            paths.append(located / f"{number:06d}.parquet")
            write_parquet(paths[-1], _arrow(rows), sync=False)
            progress.advance(len(set(rows["affiliation_key"])))
        engine.view("located", paths, LOCATED)
    engine.table("units", UNITS_SQL)
    engine.keep("SELECT * FROM units ORDER BY unit_no", folder / "units.parquet")
    engine.keep(PLACEMENTS_SQL, folder / "placements.parquet")
    _write_places(_places(engine), city_definition, overlaps, folder)
    remove(located)


def _places(engine: Engine) -> list[Place]:
    """The places of the units, by id; of an id with two points always the same one."""
    places: dict[str, Place] = {}
    for row in engine.fetch(PLACES_FOUND).to_pylist():
        place = Place(*row.values())
        places[place.place_id] = min(place, places.get(place.place_id, place), key=repr)
    return [place for _, place in sorted(places.items())]


def _map_located(settings: Settings, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The located rows of affiliations that come with their entries in order."""
    for job in _batches(_affiliations(batches)):
        yield from _arrow(locate_batch(settings, job)).to_batches()


def _affiliations(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, Affiliation]]:
    """Distinct affiliations with their entries, from rows of NEEDED that come IN_ORDER.

    Raises LocateError if two different affiliations have one key (a 64-bit hash may do that).
    """
    key: int | None = None
    text: str | None = None
    entries: dict[int, Entry] = {}
    for batch in batches:
        columns = (batch.column(i).to_pylist() for i in range(batch.num_columns))
        for next_key, number, next_text, *rest in zip(*columns, strict=True):
            if next_key != key:
                if key is not None:
                    yield key, Affiliation(text, tuple(entries[n] for n in sorted(entries) if n))
                key, text, entries = next_key, next_text, {}
            entry = Entry(*rest)
            if next_text != text or entries.setdefault(number, entry) != entry:
                raise LocateError(
                    f"affiliations {text!r} and {next_text!r} share the key {key}; "
                    "please report this with both strings"
                )
    if key is not None:
        yield key, Affiliation(text, tuple(entries[n] for n in sorted(entries) if n))


def _batches(
    affiliations: Iterable[tuple[int, Affiliation]],
) -> Iterator[list[tuple[int, Affiliation]]]:
    batch: list[tuple[int, Affiliation]] = []
    for item in affiliations:
        batch.append(item)
        if len(batch) == BATCH_AFFILIATIONS:
            yield batch
            batch = []
    if batch:
        yield batch


Result = dict[str, list[Any]]  # columns of LOCATED


def _located(
    settings: Settings, jobs: Iterator[list[tuple[int, Affiliation]]], threads: int
) -> Iterator[Result]:
    if threads == 1:
        for job in jobs:
            yield locate_batch(settings, job)
        return
    waiting: deque[Future[Result]] = deque()
    with worker_pool(threads) as executor:
        for job in jobs:
            waiting.append(executor.submit(locate_batch, settings, job))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def locate_batch(settings: Settings, batch: list[tuple[int, Affiliation]]) -> Result:
    """The located rows of some affiliations, as columns."""
    from sciencecities.locate.text import normalise

    locator = _locator(settings)
    rows: Result = {name: [] for name in LOCATED.names}
    with paused_collector():
        locator.prepare(a.text for _, a in batch if a.text and _has_unknown(a.entries))
        for key, affiliation in batch:
            units = locator.locate(affiliation)
            text = normalise(affiliation.text) if affiliation.text else None
            cluster = _hash(repr((text, sorted(u.key for u in units))))
            for unit in units:
                _add_row(rows, key, unit, text, cluster)
    return rows


def _has_unknown(entries: Sequence[Entry]) -> bool:
    return not entries or any(not one.institution_id and not one.ror for one in entries)


def _add_row(rows: Result, key: int, unit: Unit, text: str | None, cluster: int) -> None:
    place = unit.place
    own_text = unit.text_key if unit.text_key is not None else text
    values = (
        key,
        None if own_text is None else _hash(own_text),
        cluster,
        unit.key,
        unit.institution_id,
        unit.root_institution_id,
        unit.institution,
        place.place_id if place else None,
        unit.country,
        unit.reason,
        unit.method,
        unit.score,
        *((place.name, place.country, place.latitude, place.longitude) if place else (None,) * 4),
    )
    for column, value in zip(rows.values(), values, strict=True):
        column.append(value)


@lru_cache(maxsize=1)
def _locator(settings: Settings) -> Locator:
    """One per process: the gazetteer and the registry are large."""
    from sciencecities.locate.gazetteer import Gazetteer
    from sciencecities.locate.locator import Locator
    from sciencecities.locate.registry import Registry

    registry = Registry.load(Path(settings.registry)) if settings.registry else None
    return Locator(
        Gazetteer.load(),
        registry,
        mode=settings.mode,
        match=settings.match,
        keep_ancestors=settings.keep_ancestors,
    )


def _write_places(places: list[Place], city_definition: str, overlaps: str, folder: Path) -> None:
    import pyarrow as pa

    from sciencecities.locate import cities
    from sciencecities.locate.gazetteer import Gazetteer

    definition = cities.load(city_definition, Gazetteer.load(), overlaps=overlaps)
    assigned = definition.assign(places)
    rows = [
        (p.place_id, p.name, p.country, p.latitude, p.longitude)
        + ((a.city.city_id, a.method) if a else (None, None))
        for p, a in zip(places, assigned, strict=True)
    ]
    found = {a.city.city_id: a.city for a in assigned if a}
    city_rows = [
        (c.city_id, c.name, c.name_zh, c.country, c.latitude, c.longitude)
        for _, c in sorted(found.items())
    ]
    for table, content in ((PLACES, rows), (CITIES, city_rows)):
        columns = list(zip(*content, strict=True)) or [()] * len(table.names)
        arrays = [pa.array(c, f.type) for c, f in zip(columns, table.schema(), strict=True)]
        write_parquet(folder / f"{table.name}.parquet", pa.table(arrays, schema=table.schema()))


def _arrow(rows: Result) -> pa.Table:
    import pyarrow as pa

    return pa.table(rows, schema=LOCATED.schema())


def _hash(text: str) -> int:
    content = text.encode("utf-8", "backslashreplace")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big", signed=True)

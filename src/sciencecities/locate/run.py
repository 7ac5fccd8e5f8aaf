"""Locate stage: each distinct affiliation of the works gets its units, places, cities."""

from __future__ import annotations

import hashlib
import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sciencecities.engines.base import Engine
from sciencecities.errors import LocateError
from sciencecities.files import write_parquet
from sciencecities.locate.model import Affiliation, Entry, Place, Unit
from sciencecities.progress import Progress
from sciencecities.tables import CITIES, PLACES, Column, Table
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
ORDER BY e.affiliation_key, e.entry
"""

N_NEEDED = """
SELECT COUNT(DISTINCT a.affiliation_key) AS n
FROM affiliations AS a JOIN candidates AS s ON s.record_id = a.record_id
"""

# Names differ between records of one institution: the smallest in byte order stands.
UNITS_SQL = """
SELECT ROW_NUMBER() OVER (ORDER BY unit_key) AS unit_no, unit_key,
       DENSE_RANK() OVER (ORDER BY institution_key) AS institution_no,
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

LOCATED_COLUMNS = {
    "affiliation_key": "int64",
    "text_key": "int64",
    "cluster_key": "int64",
    "unit_key": "string",
    "institution_id": "string",
    "root_institution_id": "string",
    "institution": "string",
    "place_id": "string",
    "country": "string",
    "reason": "string",
    "method": "string",
    "score": "float64",
}


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
    threads: int,
    progress: Progress,
) -> None:
    """Write placements, units, places and cities of all affiliations of `candidates` to `folder`.

    The engine must know `candidates`, `affiliations`, `affiliation_entries`.
    """
    n_needed = engine.fetch(N_NEEDED).column("n")[0].as_py()
    progress.stage("locate", n_needed, "affiliations")
    places: dict[str, Place] = {}
    located = folder / "located"
    shutil.rmtree(located, ignore_errors=True)  # what a killed run left
    located.mkdir()
    jobs = _batches(_affiliations(engine))
    paths = []
    parallel = threads > 1 and n_needed >= PARALLEL_FROM
    for number, (rows, found) in enumerate(_located(settings, jobs, threads if parallel else 1)):
        places.update({p.place_id: min(p, places.get(p.place_id, p), key=repr) for p in found})
        paths.append(located / f"{number:06d}.parquet")
        write_parquet(paths[-1], _arrow(rows), sync=False)
        progress.advance(len(set(rows["affiliation_key"])))
    engine.view("located", paths, _located_table())
    engine.table("units", UNITS_SQL)
    engine.write("SELECT * FROM units ORDER BY unit_no", folder / "units.parquet")
    engine.write(PLACEMENTS_SQL, folder / "placements.parquet")
    _write_places(sorted(places.values(), key=lambda p: p.place_id), city_definition, folder)
    for path in paths:
        path.unlink()
    located.rmdir()


def _affiliations(engine: Engine) -> Iterator[tuple[int, Affiliation]]:
    """Distinct affiliations with their entries in order.

    Raises LocateError if two different affiliations have one key (a 64-bit hash may do that).
    """
    key: int | None = None
    text: str | None = None
    entries: dict[int, Entry] = {}
    for batch in engine.batches(NEEDED):
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


Result = tuple[dict[str, list[Any]], list[Place]]


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
    """The located rows of some affiliations, as columns, and the places that occur in them."""
    from sciencecities.locate.text import normalise

    locator = _locator(settings)
    rows: dict[str, list[Any]] = {name: [] for name in LOCATED_COLUMNS}
    places: dict[str, Place] = {}
    locator.prepare(a.text for _, a in batch if a.text and _has_unknown(a.entries))
    for key, affiliation in batch:
        units = locator.locate(affiliation)
        text = normalise(affiliation.text) if affiliation.text else None
        cluster = _hash(repr((text, sorted(u.key for u in units))))
        for unit in units:
            _add_row(rows, key, unit, text, cluster)
            if unit.place:  # ids with two points: the same one whatever the batches
                known = places.get(unit.place.place_id, unit.place)
                places[unit.place.place_id] = min(unit.place, known, key=repr)
    return rows, list(places.values())


def _has_unknown(entries: Sequence[Entry]) -> bool:
    return not entries or any(not one.institution_id and not one.ror for one in entries)


def _add_row(
    rows: dict[str, list[Any]], key: int, unit: Unit, text: str | None, cluster: int
) -> None:
    own_text = unit.text_key if unit.text_key is not None else text
    values = (
        key,
        None if own_text is None else _hash(own_text),
        cluster,
        unit.key,
        unit.institution_id,
        unit.root_institution_id,
        unit.institution,
        unit.place.place_id if unit.place else None,
        unit.country,
        unit.reason,
        unit.method,
        unit.score,
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


def _write_places(places: list[Place], city_definition: str, folder: Path) -> None:
    import pyarrow as pa

    from sciencecities.locate import cities
    from sciencecities.locate.gazetteer import Gazetteer

    assigned = cities.load(city_definition, Gazetteer.load()).assign(places)
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


def _arrow(rows: dict[str, list[Any]]) -> pa.Table:
    import pyarrow as pa

    fields = [pa.field(n, pa.type_for_alias(t)) for n, t in LOCATED_COLUMNS.items()]
    return pa.table(rows, schema=pa.schema(fields))


def _located_table() -> Table:
    return Table("located", "", (), tuple(Column(n, t, "") for n, t in LOCATED_COLUMNS.items()))


def _hash(text: str) -> int:
    content = text.encode("utf-8", "backslashreplace")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big", signed=True)

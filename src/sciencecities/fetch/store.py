"""What a stopped fetch of works goes on from: one SQLite file, changed in whole steps only.

A page and the cursor after it are kept in one transaction, so that a page that came is never
asked for again. Works wait here until a part is full; then the part is written, synced and
renamed, and only their ids stay, so that a work that comes twice is known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from sciencecities.errors import FetchError
from sciencecities.sources import UNFINISHED

STATE = UNFINISHED[0]
FORMAT = 1
_TABLES = """
CREATE TABLE note (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE slices (
    slice INTEGER PRIMARY KEY, filter TEXT NOT NULL, year INTEGER NOT NULL, expected INTEGER,
    cursor TEXT NOT NULL DEFAULT '*', pages INTEGER NOT NULL DEFAULT 0,
    records INTEGER NOT NULL DEFAULT 0, restarts INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE works (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, slice INTEGER NOT NULL, body BLOB,
    cut INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX waiting ON works (slice, seq) WHERE body IS NOT NULL;
CREATE INDEX cut_works ON works (seq) WHERE cut = 1;
CREATE TABLE parts (
    name TEXT PRIMARY KEY, slice INTEGER NOT NULL, works INTEGER NOT NULL, bytes INTEGER NOT NULL,
    unpacked_bytes INTEGER NOT NULL, sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sums (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
"""


class Slice(Struct, frozen=True):
    """One filter of a fetch and how far it has come; the next page is that of `cursor`."""

    number: int
    filter: str
    year: int
    expected: int | None
    cursor: str
    pages: int
    records: int
    restarts: int
    done: bool


class Part(Struct, frozen=True):
    """One finished file: works, bytes as stored and unpacked, sha256 of the stored bytes."""

    name: str
    slice: int
    works: int
    bytes: int
    unpacked_bytes: int
    sha256: str


class Store:
    """The state of one fetch in its folder. Every method raises FetchError if the disk is full."""

    def __init__(self, folder: Path) -> None:
        """Open or begin the state. Raises FetchError if it is damaged or of a newer format."""
        self.path = folder / STATE
        with self._explained():
            self._db = sqlite3.connect(self.path, isolation_level=None)
            self._db.execute("PRAGMA synchronous = FULL")
            if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                with self._step():
                    for statement in _TABLES.split(";\n"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {FORMAT}")
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found != FORMAT:
            raise FetchError(
                f"{self.path}: is of format {found}, this version knows {FORMAT}; go on with the "
                "version that began it, or give another --out"
            )

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def note(self, key: str) -> Any:
        """A value kept with `keep`; None if there is none."""
        row = self._one("SELECT value FROM note WHERE key = ?", key)
        return msgspec.json.decode(row[0]) if row else None

    def keep(self, key: str, value: Any) -> None:
        """Keep a value that JSON can hold."""
        text = msgspec.json.encode(value).decode()
        self._do("INSERT OR REPLACE INTO note VALUES (?, ?)", key, text)

    def begin(self, slices: Iterable[tuple[str, int]]) -> None:
        """Set out the filters, each with its year; once."""
        with self._explained(), self._step():
            self._db.executemany("INSERT INTO slices (filter, year) VALUES (?, ?)", list(slices))

    def slices(self) -> list[Slice]:
        """All filters in order."""
        columns = "slice, filter, year, expected, cursor, pages, records, restarts, done"
        rows = self._all(f"SELECT {columns} FROM slices ORDER BY slice")
        return [Slice(*(*row[:-1], bool(row[-1]))) for row in rows]

    def expect(self, number: int, records: int) -> None:
        """How many records the service says a filter has."""
        self._do("UPDATE slices SET expected = ? WHERE slice = ?", records, number)

    def add_page(
        self,
        number: int,
        works: list[tuple[str, bytes, bool]],
        *,
        cursor: str | None,
        expected: int,
        sums: dict[str, float],
    ) -> int:
        """Keep a page's works (id, JSON, whether its authors are cut); how many were new.

        `cursor` None ends the filter.
        """
        with self._explained(), self._step():
            before = self._db.total_changes
            self._db.executemany(
                "INSERT OR IGNORE INTO works (id, slice, body, cut) VALUES (?, ?, ?, ?)",
                [(work_id, number, body, cut) for work_id, body, cut in works],
            )
            new = self._db.total_changes - before
            self._db.execute(
                "UPDATE slices SET cursor = ?, pages = pages + 1, records = records + ?, "
                "expected = ?, done = ? WHERE slice = ?",
                (cursor or "", len(works), expected, cursor is None, number),
            )
            self._sum(sums | {"duplicates": len(works) - new})
            return new

    def restart(self, number: int) -> None:
        """Begin a filter anew, keeping the works that came."""
        self._do(
            "UPDATE slices SET cursor = '*', records = 0, restarts = restarts + 1, done = 0 "
            "WHERE slice = ?",
            number,
        )

    def cut_works(self) -> list[str]:
        """Ids of the works whose authors are still cut, and that no part holds yet."""
        return [i for (i,) in self._all("SELECT id FROM works WHERE cut = 1 ORDER BY seq")]

    def mend(self, work_id: str, body: bytes | None, sums: dict[str, float]) -> None:
        """Replace a cut work; without a body it stays as it is, and is not asked for again."""
        with self._explained(), self._step():
            self._db.execute(
                "UPDATE works SET cut = 0, body = coalesce(?, body) WHERE id = ?", (body, work_id)
            )
            self._sum(sums)

    def waiting(self, number: int) -> int:
        """How many works of a filter are in no part yet."""
        query = "SELECT count(*) FROM works WHERE slice = ? AND body IS NOT NULL"
        row = self._one(query, number)
        return int(row[0]) if row else 0

    def next_works(self, number: int, limit: int) -> Iterator[tuple[int, bytes]]:
        """The first works of a filter that are in no part yet: their place, and their JSON."""
        yield from self._all(
            "SELECT seq, body FROM works WHERE slice = ? AND body IS NOT NULL ORDER BY seq LIMIT ?",
            number,
            limit,
        )

    def finish_part(self, part: Part, last: int) -> None:
        """A part is in place: its works, up to place `last`, need no longer be kept."""
        with self._explained(), self._step():
            self._db.execute(
                "UPDATE works SET body = NULL WHERE slice = ? AND seq <= ? AND body IS NOT NULL",
                (part.slice, last),
            )
            self._db.execute(
                "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(part)
            )

    def parts(self) -> list[Part]:
        """The finished files by name."""
        return [Part(*row) for row in self._all("SELECT * FROM parts ORDER BY name")]

    def add(self, sums: dict[str, float]) -> None:
        """Add to sums kept by name."""
        with self._explained(), self._step():
            self._sum(sums)

    def sums(self) -> dict[str, float]:
        """All sums by name; 0 for one never added to."""
        from collections import defaultdict

        return defaultdict(float, self._all("SELECT name, value FROM sums"))

    def n_works(self) -> int:
        """How many different works came."""
        row = self._one("SELECT count(*) FROM works")
        return int(row[0]) if row else 0

    def _sum(self, sums: dict[str, float]) -> None:
        self._db.executemany(
            "INSERT INTO sums VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + "
            "excluded.value",
            [(name, value) for name, value in sums.items() if value],
        )

    def _do(self, statement: str, *values: Any) -> None:
        with self._explained():
            self._db.execute(statement, values)

    def _one(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        with self._explained():
            row: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
            return row

    def _all(self, query: str, *values: Any) -> list[Any]:
        with self._explained():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _step(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise FetchError(
                f"{self.path}: cannot be written ({error}); free disk space, then the same command "
                "goes on from here"
            ) from error
        except sqlite3.DatabaseError as error:
            raise FetchError(
                f"{self.path}: is damaged ({error}); give another --out and fetch again"
            ) from error

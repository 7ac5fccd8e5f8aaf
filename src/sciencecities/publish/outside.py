"""Boundaries from outside the editions: files the deployer names, and what readers upload."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from sciencecities.errors import ConfigError, SciencecitiesError
from sciencecities.locate.overlaps import REFUSE

if TYPE_CHECKING:
    from sciencecities.edition.read import Edition
    from sciencecities.locate.boundaries import Boundaries
    from sciencecities.method.cube import Definition

KEPT = 24
"""Uploads that are kept; the one not asked for longest goes first."""

MAX_BYTES = 2_000_000
OWN = "your boundaries"
"""What the definition of an upload is called."""


class GoneError(SciencecitiesError, LookupError):
    """Uploaded boundaries that are no longer kept (410)."""


class Upload(NamedTuple):
    """What a reader sent: the GeoJSON text and what its file was called."""

    content: bytes
    name: str


class Outside:
    """The deployer's definitions by the names of their files; uploads by the hash of their text."""

    def __init__(self, paths: Sequence[Path] = (), overlaps: str = REFUSE) -> None:
        """Raises LocateError for a file that cannot be read, ConfigError for a name twice."""
        from sciencecities.locate.boundaries import Boundaries

        self.named: dict[str, Boundaries] = {}
        self.hashes: list[str] = []
        self._uploads: OrderedDict[str, Upload] = OrderedDict()
        self._lock = Lock()
        for path in paths:
            if path.name in self.named:
                raise ConfigError(f"--boundaries: two files are called {path.name!r}; rename one")
            self.named[path.name] = Boundaries.read(path, overlaps=overlaps)
            self.hashes.append(hashlib.sha256(path.read_bytes()).hexdigest())

    def keep(self, upload: Upload) -> str:
        """Keep what a reader sent; returns its name in addresses."""
        digest = hashlib.sha256(upload.content).hexdigest()[:32]
        with self._lock:
            self._uploads[digest] = upload
            self._uploads.move_to_end(digest)
            while len(self._uploads) > KEPT:
                self._uploads.popitem(last=False)
        return digest

    def forget(self, digest: str) -> None:
        """Keep no longer what turned out to be wrong."""
        with self._lock:
            self._uploads.pop(digest, None)

    def upload(self, digest: str) -> Upload:
        """What was kept under a hash. Raises GoneError."""
        with self._lock:
            if digest not in self._uploads:
                raise GoneError(
                    "these boundaries are no longer kept here; upload them again in the method lab"
                )
            self._uploads.move_to_end(digest)
            return self._uploads[digest]

    def definition(self, edition: Edition, name: str) -> Definition:
        """A named definition, or an upload by its hash, over an edition's places.

        Raises GoneError, and ConfigError for boundaries that are wrong or hold none of the places.
        """
        from sciencecities.locate.apart import assigned
        from sciencecities.method.cube import define, defined

        places = edition.method.places
        if name in self.named:
            return define(self.named[name], places, name)[0]
        found = defined(assigned(self.upload(name).content, places), places, OWN)[0]
        if not found.city_ids:
            raise ConfigError(
                f"{OWN}: none of the {len(places):,} places of {edition.name} lies in them; "
                "GeoJSON has the longitude first"
            )
        return found

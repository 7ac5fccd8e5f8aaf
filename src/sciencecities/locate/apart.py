"""Polygons that a stranger sent, read in a process of their own with bounded time and memory.

Two megabytes of coordinates can be drawn so that repairing them takes hours. The parent hands the
text and the points to `python -m sciencecities.locate.apart` and ends it when it takes too long.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from threading import BoundedSemaphore

import msgspec

from sciencecities.errors import ConfigError, LocateError, SciencecitiesError
from sciencecities.locate.model import Assignment, City, Place

PROCESSOR_SECONDS = 10
SECONDS = 60
WAIT = 5.0
"""Seconds that one waits for another's boundaries to be checked."""

MEMORY = 2 << 30
SOURCE = "your boundaries"
MAX_NAME = 200

_one_at_a_time = BoundedSemaphore(1)


class BusyError(SciencecitiesError):
    """Other boundaries are being checked (503)."""


class _Asked(msgspec.Struct):
    content: bytes
    longitudes: list[float]
    latitudes: list[float]


class _Found(msgspec.Struct):
    """Cities, and the number of each point's (−1 for none); or what is wrong."""

    cities: list[City] = []
    city: list[int] = []
    wrong: str = ""


def assigned(content: bytes, places: Sequence[Place]) -> list[Assignment | None]:
    """The first polygon of a GeoJSON text that each place lies in.

    Raises ConfigError saying what is wrong with the text, BusyError while others wait too.
    """
    asked = _Asked(content, [p.longitude for p in places], [p.latitude for p in places])
    if not _one_at_a_time.acquire(timeout=WAIT):
        raise BusyError("other boundaries are being checked; try again in a minute")
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", __name__],
            input=msgspec.msgpack.encode(asked), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, timeout=SECONDS, check=False,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ConfigError(_TOO_MUCH) from error
    finally:
        _one_at_a_time.release()
    if done.returncode:
        raise ConfigError(_TOO_MUCH)
    found = msgspec.msgpack.decode(done.stdout, type=_Found)
    if found.wrong:
        raise ConfigError(found.wrong)
    return [None if c < 0 else Assignment(found.cities[c], "polygon") for c in found.city]


_TOO_MUCH = (
    f"{SOURCE}: checking them takes more than {PROCESSOR_SECONDS} seconds or {MEMORY >> 30} GB; "
    "simplify the polygons, or use `sciencecities lab EDITION --cities FILE.geojson`"
)


def _find(asked: _Asked) -> _Found:
    from sciencecities.locate.boundaries import Boundaries

    try:
        read = Boundaries.parse(asked.content, SOURCE, SOURCE)
    except LocateError as error:
        return _Found(wrong=str(error))
    except RecursionError:
        return _Found(wrong=f"{SOURCE}: cannot be read as GeoJSON (nested too deep)")
    for city in read.cities:
        if max(len(city.city_id), len(city.name), len(city.name_zh or "")) > MAX_NAME:
            return _Found(wrong=f"{SOURCE}: the name or id {city.name[:40]!r}… has more than "
                                f"{MAX_NAME} characters")  # fmt: skip
    first, _ = read.locate(asked.longitudes, asked.latitudes)
    return _Found(read.cities, first.tolist())


def _bound() -> None:
    """The system ends this process when it takes too much, where the system can."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    _bound()
    told = _find(msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Asked))
    sys.stdout.buffer.write(msgspec.msgpack.encode(told))

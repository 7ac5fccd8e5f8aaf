"""Opening a Spark session: local, on a cluster, or at a Connect server such as Sail."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sciencecities.errors import ConfigError, EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONNECT_PORT = 15002
REACH_SECONDS = 10
UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def open_session(
    *, master: str | None, remote: str | None, memory: str, threads: int, scratch: Path
) -> SparkSession:
    """A session at the Connect server `remote`, else a classic one at `master` (default: local).

    `memory` and `threads` hold for a local session; a cluster has its own settings. Raises
    ConfigError if Spark's Python package is missing, EngineError if Java is or no server answers.
    """
    if master and remote:
        raise ConfigError("--master and --remote exclude each other: one session is opened")
    if remote:
        return _connect(remote)
    return _classic(master or f"local[{threads}]", memory, threads, scratch)


def megabytes(memory: str) -> int:
    """A size such as `2GB` in megabytes, as the virtual machine counts them.

    >>> megabytes("2GB"), megabytes("1.5 GiB"), megabytes("500MB")
    (2048, 1536, 500)
    """
    match = re.fullmatch(r"([0-9.]+) ?([KMGT])i?B", memory)
    if match is None:
        raise ConfigError(f"memory {memory!r}: not a size such as 2GB")
    return int(float(match[1]) * UNITS[match[2]]) >> 20


def _connect(remote: str) -> SparkSession:
    _need("pyspark", "connect")
    _need("grpc", "connect")
    url = urlsplit(remote)
    if url.scheme != "sc" or not url.hostname:
        raise ConfigError(f"--remote {remote}: not an address such as sc://host:{CONNECT_PORT}")
    try:
        address = (url.hostname, url.port or CONNECT_PORT)
        socket.create_connection(address, timeout=REACH_SECONDS).close()
    except (OSError, ValueError) as error:
        raise EngineError(
            f"--remote {remote}: cannot be reached ({error}); start the server or mend the address"
        ) from error
    with _quietly():
        from pyspark.sql import SparkSession

        try:
            session = SparkSession.builder.remote(remote).getOrCreate()
            session.sql("SELECT 1").toArrow()
            session.conf.set("spark.sql.ansi.enabled", "true")
        except Exception as error:  # pyspark and grpc share no base
            raise EngineError(f"--remote {remote}: no session ({first_line(error)})") from error
    return session


def _classic(master: str, memory: str, threads: int, scratch: Path) -> SparkSession:
    if not re.fullmatch(r"local(-cluster)?(\[.*\])?|yarn|[a-z0-9]+://\S+", master):
        raise ConfigError(f"--master {master}: not a master such as spark://host:7077 or local[4]")
    _need("pyspark", "spark")
    _need("py4j", "spark")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise EngineError(
            "Spark needs Java 17 or later, and none is found: install it (Debian: apt-get install "
            "openjdk-17-jre-headless) or set JAVA_HOME; or use --remote with a Connect server"
        )
    settings = {
        "spark.sql.ansi.enabled": "true",  # an overflow is an error
        # Rows together by work are together by work and author: they need not be sent again.
        "spark.sql.requireAllClusterKeysForCoPartition": "false",
        "spark.log.level": "ERROR",
        "spark.ui.showConsoleProgress": "false",
    }
    if master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        settings |= {
            "spark.driver.memory": f"{max(megabytes(memory), 512)}m",
            "spark.driver.extraJavaOptions": "-XX:+UseParallelGC",  # throughput, not short pauses
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.local.dir": str(scratch),
            "spark.sql.shuffle.partitions": str(2 * threads),
            "spark.ui.enabled": "false",
        }
    with _quietly():
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.appName("sciencecities").master(master)
        try:
            return builder.config(map=settings).getOrCreate()  # type: ignore[call-overload,no-any-return,unused-ignore]
        except Exception as error:  # the gateway raises errors of several kinds
            raise EngineError(f"--master {master}: no session ({first_line(error)})") from error


def _need(module: str, extra: str) -> None:
    if find_spec(module) is None:
        raise ConfigError(
            f"--engine spark needs the package {module}: pip install 'sciencecities[{extra}]'"
        )


def first_line(error: Exception) -> str:
    """What an error says, without the Java stack behind it."""
    return next((s for line in str(error).split("\n") if (s := line.strip())), type(error).__name__)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without pyspark's warnings about the version of pandas, which is not used here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield

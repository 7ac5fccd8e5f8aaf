"""`test_engines.py` on classic Spark and on a Sail server, each in an environment of its own.

`scripts/engine_environments.py` makes them; without them the tests are skipped outside CI.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITE = Path(__file__).with_name("test_engines.py")
IS_CI = os.environ.get("CI") == "true"
START_SECONDS = 180

# Compiling costs more than it saves on a few hundred rows.
SPARK_DEFAULTS = """
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
"""


def tool(environment: str, name: str) -> str:
    """A program of an environment; skips the test where that is not there, but not in CI."""
    path = ROOT / f".venv-{environment}" / "bin" / name
    if not path.exists():
        reason = f"{path} is missing; run scripts/engine_environments.py"
        assert not IS_CI, reason
        pytest.skip(reason)
    return str(path)


def surroundings(**more: str) -> dict[str, str]:
    source = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": source} | more


def run_suite(python: str, engine: str, **more: str) -> None:
    arguments = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(SUITE)]
    done = subprocess.run(
        [python, *arguments],
        cwd=ROOT,
        env=surroundings(SCIENCECITIES_TEST_ENGINE=engine, **more),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout and "skipped" not in done.stdout


def test_on_classic_spark(tmp_path: Path) -> None:
    python = tool("spark", "python")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        assert not IS_CI, "Java is missing"
        pytest.skip("Java is missing")
    (tmp_path / "spark-defaults.conf").write_text(SPARK_DEFAULTS, encoding="utf-8")
    run_suite(python, "spark", SPARK_CONF_DIR=str(tmp_path))


def test_on_sail(tmp_path: Path) -> None:
    python, sail = tool("sail", "python"), tool("sail", "sail")
    with serving(sail, tmp_path / "server.log") as address:
        run_suite(python, address)


@contextmanager
def serving(sail: str, log: Path) -> Iterator[str]:
    """The address of a Sail server that ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sail, "spark", "server", "--ip", "127.0.0.1", "--port", str(port)]
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, env=surroundings())
    try:
        _wait_for(port, server, log)
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=START_SECONDS)


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the server did not start: {log.read_text(encoding='utf-8')}")

"""What is shipped: the lock holds what is asked, the wheel all that the program reads."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def locked() -> dict[str, list[Version]]:
    """Versions by name; several where they differ between systems."""
    versions: dict[str, list[Version]] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            [exact] = requirement.specifier
            assert exact.operator == "==", line
            versions.setdefault(canonicalize_name(requirement.name), []).append(
                Version(exact.version)
            )
    return versions


def asked(*extras: str) -> list[Requirement]:
    lines = [*PROJECT["dependencies"]]
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("requirement", asked("dev", "pdf"), ids=str)
def test_lock_holds_what_is_asked(requirement):
    versions = locked().get(canonicalize_name(requirement.name), [])
    assert versions, f"{requirement.name} is not locked: run scripts/lock.py"
    assert all(requirement.specifier.contains(version) for version in versions)


BOUNDED_ABOVE = {"pandas": "the client of Spark Connect servers does not work with pandas 3"}


@pytest.mark.parametrize(
    "requirement", [r for extra in PROJECT["optional-dependencies"] for r in asked(extra)], ids=str
)
def test_lower_bounds_only(requirement):
    operators = {specifier.operator for specifier in requirement.specifier}
    assert ">=" in operators
    assert operators == {">="} or requirement.name in BOUNDED_ABOVE


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    code = f"import hatchling.build as b; print(b.build_wheel({str(out)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    [made] = out.glob("*.whl")
    return made


def test_wheel_holds_every_file_of_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    tracked = subprocess.run(
        ["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    on_disk = {name.removeprefix("src/") for name in tracked.stdout.split()}
    assert on_disk <= shipped
    assert not {name for name in shipped if not name.startswith("sciencecities/")}


def test_wheel_runs_from_anywhere(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    done = subprocess.run(
        [sys.executable, "-m", "sciencecities", "rank", "natureindex-2024", "--top", "1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
    assert "Beijing" in done.stdout

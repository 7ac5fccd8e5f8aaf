"""Build wheel, source archive and bill of materials, and try them in clean environments.

python scripts/release.py [--tag v1.2.3] [--out dist]

Needs `build`, `twine` and `cyclonedx-bom`. Builds from the last commit; installs the wheel alone,
the wheel with the extras, and the source archive, each in an environment of its own, and runs the
program in it. At the first failure: exit code 1, and nothing in the output folder.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
EXTRAS = "pdf"
# Without network and without data of the user: the ranking that the package carries, and a table.
TRIALS = [
    ["--version"],
    ["rank", "natureindex-2024", "--top", "3"],
    ["observatory", "check"],
    ["cities", "where", "23.1,113.3"],
    ["build", "authors.csv", "--out", "edition", "--replicates", "50"],
    ["verify", "edition"],
]
TABLE = """work_id,year,author_position,affiliation
w1,2024,1,"Sun Yat-sen University, Guangzhou, China"
w1,2024,2,"Peking University, Beijing, China"
w2,2024,1,"Harvard University, Cambridge, MA, USA"
"""


def main() -> int:
    """Build, try, and only then fill the output folder; 0 when all held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tag", help="must be v and the version in pyproject.toml")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    asked = parser.parse_args()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    if asked.tag and asked.tag != f"v{version}":
        print(
            f"the tag is {asked.tag}, pyproject.toml says {version}: make them one", file=sys.stderr
        )
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "dist"
        try:
            wheel, archive = build(Path(scratch), made)
            for name, what in [
                ("plain", str(wheel)),
                ("extras", f"{wheel}[{EXTRAS}]"),
                ("archive", str(archive)),
            ]:
                attempt(Path(scratch) / name, what)
            bill_of_materials(Path(scratch) / "plain", made / f"sciencecities-{version}.cdx.json")
        except subprocess.CalledProcessError as error:
            print(f"failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
            return 1
        asked.out.mkdir(parents=True, exist_ok=True)
        for file in sorted(made.iterdir()):
            file.replace(asked.out / file.name)
            print(asked.out / file.name)
    return 0


def build(scratch: Path, made: Path) -> tuple[Path, Path]:
    """Build from a clean export of the last commit; the wheel comes out of the source archive."""
    source = scratch / "source"
    run("git", "clone", "--quiet", "--local", "--no-hardlinks", ROOT, source)
    run(sys.executable, "-m", "build", "--outdir", made, source)
    wheel, archive = next(made.glob("*.whl")), next(made.glob("*.tar.gz"))
    run(sys.executable, "-m", "twine", "check", "--strict", wheel, archive)
    return wheel, archive


def attempt(home: Path, what: str) -> None:
    """Install `what` in a new environment and run the program there, in a folder with one table."""
    venv.create(home, with_pip=True)
    run(home / "bin/pip", "install", "--quiet", "-c", LOCK, what)
    work = home / "work"
    work.mkdir()
    (work / "authors.csv").write_text(TABLE)
    for trial in TRIALS:
        run(home / "bin/sciencecities", *trial, cwd=work)


def bill_of_materials(home: Path, out: Path) -> None:
    """Write what the plain installation consists of, as CycloneDX JSON."""
    project = ROOT / "pyproject.toml"
    options = ["--pyproject", project, "--output-reproducible", "--output-file", out]
    run("cyclonedx-py", "environment", *options, home / "bin/python")


def run(*command: object, cwd: Path = ROOT) -> None:
    """Run a command, its words shown; raise CalledProcessError when it fails."""
    words = [str(word) for word in command]
    print("$", *words, flush=True)
    subprocess.run(words, cwd=cwd, check=True)


if __name__ == "__main__":
    sys.exit(main())

"""Make the environments in which the rules are tested on Spark and on Sail.

    .venv/bin/python scripts/engine_environments.py

Classic Spark and the Connect client exclude each other in one environment, so each gets its own
beside `.venv`, over the packages that are installed here. Nothing happens where they are there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = {
    "spark": ["pyspark==4.3.0"],
    "sail": ["pysail==0.7.2", "pyspark-client==4.1.3", "pandas<3"],
}
JAVA = "openjdk-17-jre-headless"


def python_of(name: str) -> Path:
    """The interpreter of an environment, which may not be there yet."""
    return ROOT / f".venv-{name}" / "bin" / "python"


def main() -> None:
    """Make what is missing; say what cannot be made."""
    for name, packages in ENVIRONMENTS.items():
        folder = ROOT / f".venv-{name}"
        done = folder / "packages.txt"
        if done.exists() and done.read_text(encoding="utf-8").split() == packages:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([python_of(name), "-m", "pip", "install", "--quiet", *packages], check=True)
        below = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
        (_site_packages(folder) / "zz-below.pth").write_text(below, encoding="utf-8")
        done.write_text("\n".join(packages), encoding="utf-8")
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        print(f"Spark needs Java 17: apt-get install {JAVA}", file=sys.stderr)


def _site_packages(folder: Path) -> Path:
    return next((folder / "lib").glob("python3*/site-packages"))


if __name__ == "__main__":
    main()

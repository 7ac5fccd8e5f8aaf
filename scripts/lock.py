"""Renew requirements.lock: one set of versions for tests, container and software bill of materials.

python scripts/lock.py            needs `uv`; then run scripts/check.py and commit the file

`pip install -c requirements.lock` takes these versions; users of the package are bound by the lower
bounds in pyproject.toml alone.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
EXTRAS = ["dev", "pdf", "train"]
HEAD = (
    "# Made by scripts/lock.py from pyproject.toml; used as `pip install -c requirements.lock`.\n"
)


def main() -> int:
    """Resolve for every Python and system that pyproject.toml allows; 0 if written."""
    extras = [word for extra in EXTRAS for word in ("--extra", extra)]
    command = ["uv", "pip", "compile", "pyproject.toml", *extras, "--universal", "--upgrade"]
    options = ["--python-version", "3.11", "--no-annotate", "--no-header", "--quiet"]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr, file=sys.stderr, end="")
        return 1
    LOCK.write_text(HEAD + done.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())

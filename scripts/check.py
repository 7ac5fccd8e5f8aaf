"""Everything that must hold before a change lands: environments, format, lint, types, tests.

python scripts/check.py            all of it, as CI runs it
python scripts/check.py -k oracle  further arguments go to pytest
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = ["src", "tests", "scripts", "benchmarks"]
# Files on two workers, in the order of tests/conftest.py.
SPREAD = ["--numprocesses", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


def main() -> int:
    """Run each check in turn; the first that fails ends the run with its exit code."""
    python = [sys.executable, "-m"]
    checks = [
        [sys.executable, "scripts/engine_environments.py"],
        [*python, "ruff", "format", "--check", *CODE],
        [*python, "ruff", "check", *CODE],
        [*python, "mypy"],
        [*python, "pytest", *SPREAD, *sys.argv[1:]],
    ]
    for check in checks:
        print("$", *check[1:], flush=True)
        if code := subprocess.run(check, cwd=ROOT).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())

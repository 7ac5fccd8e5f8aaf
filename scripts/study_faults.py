"""Random faults in builds, one a run, and what came of them: the table of docs/RELIABILITY.md.

    python scripts/study_faults.py [--runs 200] [--seed 1]

Ends with 1 at the first promise that is broken, naming the fault and the seed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "faults"))

from fault_study import Study


def main() -> int:
    """Do the runs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        study = Study(Path(folder), wanted.seed)
        names = list(study.faults)
        for number in range(wanted.runs):
            name = names[number % len(names)]
            try:
                study.run(name)
            except AssertionError as error:
                print(f"run {number} of seed {wanted.seed}: {error}", file=sys.stderr)
                return 1
    outcomes = sorted({came for _, came in study.figures})
    print("| fault | runs |", " | ".join(outcomes), "|")
    print("|---|---|" + "---|" * len(outcomes))
    for name in names:
        counts = [study.figures[name, came] for came in outcomes]
        print(f"| {name} | {sum(counts)} |", " | ".join(str(c or "") for c in counts), "|")
    seconds = time.monotonic() - start
    print(f"\n{wanted.runs} runs in {seconds:.0f} s; no promise was broken.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

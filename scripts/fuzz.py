"""Look for bytes on which a reader fails other than with an error for the user.

    pip install atheris
    python scripts/fuzz.py TARGET [--minutes 10] [--keep FOLDER]
    python scripts/fuzz.py --list

Coverage-guided (atheris, libFuzzer), from the seeds of tests/fuzz/fuzz_targets.py. Ends with 77
at a finding, whose bytes then lie in tests/fuzz/corpus/TARGET, which the suite replays: mend the
reader, and keep the case.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests" / "fuzz"
sys.path.insert(0, str(TESTS))
MEGABYTES = 3000
SECONDS_PER_CASE = 60


def main() -> None:
    """Fuzz one target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--keep", type=Path, help="folder of interesting cases, kept between runs")
    parser.add_argument("--list", action="store_true", help="names of the targets")
    wanted = parser.parse_args()
    import atheris

    with atheris.instrument_imports(include=["sciencecities"], enable_loader_override=False):
        from fuzz_targets import TARGETS

        for target in TARGETS.values():  # what is imported late is to be instrumented too
            if target.name == wanted.target:
                for seed in target.seeds():
                    target(seed)
    if wanted.list or wanted.target not in TARGETS:
        sys.exit("\n".join(TARGETS))
    target = TARGETS[wanted.target]
    found = TESTS / "corpus" / target.name
    found.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="fuzz-seeds-"))
    for number, seed in enumerate(target.seeds()):
        (work / f"seed-{number}").write_bytes(seed)
    words = work.with_suffix(".dict")
    words.write_text("".join(f'"{_escaped(w)}"\n' for w in target.words))
    keep = wanted.keep or Path(tempfile.mkdtemp(prefix="fuzz-kept-"))
    keep.mkdir(parents=True, exist_ok=True)
    arguments = [
        f"-max_total_time={round(60 * wanted.minutes)}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-timeout={SECONDS_PER_CASE}",
        f"-artifact_prefix={found}/",
        *([f"-dict={words}"] if target.words else []),
        "-max_len=20000",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    atheris.Setup([sys.argv[0], *arguments, str(keep), str(work)], target)
    atheris.Fuzz()


def _escaped(word: str) -> str:
    return "".join(f"\\x{b:02x}" for b in word.encode())


if __name__ == "__main__":
    main()

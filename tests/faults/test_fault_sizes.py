"""What is far too large: one line, one text, one work's authors, what gzip unpacks to."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import pytest
from fault_works import (
    TOWNS,
    Outcome,
    author,
    build,
    built,
    lines,
    n_works,
    rows,
    work,
    works,
    write,
)

MB = b"0" * (1 << 20)
LIMIT_MB = 1000

# The peak of resident memory is written to stderr behind the line that the user sees.
WATCHED = """
import sys
import sciencecities.cli as cli
run = cli.run
def watched(args):
    code = run(args)
    peak = next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]
    print(f"peak {int(peak) >> 10} MB", file=sys.stderr)
    return code
cli.run = watched
open("/proc/self/clear_refs", "w").write("5")
"""


def packed(path: Path, chunks: Iterable[bytes]) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as file:
        for chunk in chunks:
            file.write(chunk)
    return path


def within_memory(path: Path, out: Path) -> Outcome:
    """The outcome of a build, which must have stayed below the limit."""
    outcome = build(path, out, "--memory", "200MB", code=WATCHED)
    *text, peak = outcome.err.splitlines(keepends=True)
    assert peak.startswith("peak "), outcome.err
    assert int(peak.split()[1]) < LIMIT_MB
    return Outcome(outcome.code, outcome.out, "".join(text))


def test_a_line_of_300_mb_is_rejected_in_bounded_memory(tmp_path: Path) -> None:
    sound = lines(works(1, 20))
    path = tmp_path / "works.jsonl"
    with path.open("wb") as file:  # sparse: 300 MB of zeros that take no room
        file.write(sound + b'{"id":"')
        file.seek(300 << 20, 1)
        file.write(b'"}\n' + lines(works(21, 40)))
    outcome = within_memory(path, tmp_path / "edition")
    assert outcome.code == 1
    assert outcome.error.startswith("1 of 41 records rejected (2.44 %, limit 0.1 %), first")
    assert "works.jsonl, line 21; reasons: " in outcome.error


@pytest.mark.parametrize(
    ("name", "start", "n_mb", "error"),
    [
        ("text.jsonl.gz", b'{"id":"', 1000, "1 of 1 records rejected (100 %"),
        ("array.json.gz", b'[{"id":"', 1000, "array.json.gz: one JSON value of over 256 MB; give"),
        ("nothing.jsonl.gz", b"", 1000, "nothing.jsonl.gz: of no known kind; expected"),
        ("long-id.jsonl.gz", b'{"id":"', 100, "1 of 1 records rejected (100 %"),
    ],
)
def test_gzip_bombs_end_in_bounded_time_and_memory(
    name: str, start: bytes, n_mb: int, error: str, tmp_path: Path
) -> None:
    end = b'"}\n' if n_mb == 100 else b""
    path = packed(tmp_path / name, [start, *[MB] * n_mb, end])
    outcome = within_memory(path, tmp_path / "edition")
    assert outcome.code == 1
    assert error in outcome.error


def test_a_hundred_mb_of_blank_lines_is_no_work(tmp_path: Path) -> None:
    path = packed(tmp_path / "w.jsonl.gz", [lines(works(1, 3)), *[b"\n" * (1 << 20)] * 20])
    outcome = within_memory(path, tmp_path / "edition")
    assert (outcome.code, n_works(tmp_path / "edition")) == (0, 3)


def test_twenty_thousand_authors_are_counted_exactly(tmp_path: Path) -> None:
    n = 20_000
    authors = [author(TOWNS[k % 3], k, "last" if k == n - 1 else "middle") for k in range(n)]
    path = write(tmp_path / "w.jsonl", lines([work(2, authorships=authors)]))
    edition = built(path, tmp_path / "edition")
    contributions = rows(edition, "contributions")
    assert len(contributions) == n
    assert sum(r["units"] for r in contributions) == 10**18
    shares = {r["city"]: r["share"] for r in rows(edition, "rankings") if r["scope"] == "overall"}
    parts = {"Oxford": 6667, "Paris": 6667, "Guangzhou": 6666}
    assert shares == {
        city: pytest.approx(float(Fraction(k, n)), abs=1e-15) for city, k in parts.items()
    }


@pytest.mark.parametrize(
    ("last", "flag", "cut"),
    [("middle", None, True), ("last", None, False), ("last", True, True)],
)
def test_a_cut_list_of_authors_leaves_the_work_unassigned(
    last: str, flag: bool | None, cut: bool, tmp_path: Path
) -> None:
    authors = [author(TOWNS[0], 1, "middle") for _ in range(99)] + [author(TOWNS[0], 1, last)]
    one = work(2, authorships=authors, is_authors_truncated=flag)
    edition = built(write(tmp_path / "w.jsonl", lines([one])), tmp_path / "edition")
    unassigned = {r["reason"]: r["share"] for r in rows(edition, "unassigned")}
    assert unassigned == ({"truncated-authors": 1.0} if cut else {})
    assert len(rows(edition, "rankings")) == (0 if cut else 2)  # overall and one scope

"""Small OpenAlex corpora for the fault tests, and how editions are compared."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from sciencecities.edition.hashing import table_hash
from sciencecities.edition.verify import verify
from sciencecities.tables import EDITION

Work = dict[str, Any]

FEW_SCOPES = Path(__file__).with_name("few_scopes.toml")
TOWNS = ("Oxford, UK", "Paris, France", "Guangzhou, China", "Kyoto, Japan", "Boston, MA, USA")


def author(text: str, number: int = 1, place: str = "first") -> Work:
    return {
        "author_position": place,
        "institutions": [
            {"id": f"https://openalex.org/I{number}", "display_name": f"Lab {number}"}
        ],
        "affiliations": [
            {
                "raw_affiliation_string": text,
                "institution_ids": [f"https://openalex.org/I{number}"],
            }
        ],
    }


def work(number: int, **other: Any) -> Work:
    """A countable work of 2023 or 2024 with two authors in different towns."""
    towns = [TOWNS[number % 5], TOWNS[(number * 3 + 1) % 5]]
    return {
        "id": f"https://openalex.org/W{number}",
        "doi": f"https://doi.org/10.5555/{number}",
        "publication_year": 2023 + number % 2,
        "type": "article",
        "updated_date": "2025-01-01T00:00:00",
        "primary_topic": {"id": f"https://openalex.org/T1000{2 - number % 2}"},
        "authorships": [
            author(f"Laboratory {number % 40 + n}, {town}", number % 40 + n, place)
            for n, (town, place) in enumerate(zip(towns, ("first", "last"), strict=True))
        ],
    } | other


def works(first: int, last: int) -> list[Work]:
    return [work(n) for n in range(first, last + 1)]


def lines(records: Iterable[Work]) -> bytes:
    return b"".join(json.dumps(r).encode() + b"\n" for r in records)


def write(path: Path, data: bytes) -> Path:
    """Write the bytes, packed if the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, 1) if path.suffix == ".gz" else data)
    return path


class Outcome(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that a user sees, without `error: `; fails if there is more or less."""
        assert self.err.startswith("error: "), self.err
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        assert "unexpected" not in self.err  # what the command line says of a fault of ours
        return self.err.removeprefix("error: ").rstrip("\n")


def run(*args: str | Path, timeout: float = 60, **options: Any) -> Outcome:
    """Run `sciencecities ARGS` as a user does."""
    done = subprocess.run(
        [sys.executable, "-m", "sciencecities", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        **options,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


class Server:
    """Runs commands in forks of a process that has loaded everything: see fault_server."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("fault_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *args: str | Path, code: str = "") -> Outcome:
        """Run `sciencecities ARGS`; `code` is Python that runs in the same process before."""
        assert self._process.stdin
        assert self._process.stdout
        job = (self._folder.name, code, [str(a) for a in args])
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        status = self._process.stdout.readline()
        assert status, "the server has ended: see its error above"
        texts = [Path(self._folder.name, name).read_text("utf-8") for name in ("out", "err")]
        return Outcome(int(status), *texts)


@cache
def server() -> Server:
    return Server()


def build(source: Path | list[Path], out: Path, *flags: str, code: str = "") -> Outcome:
    """Run `sciencecities build`, quietly and with one thread unless `flags` say otherwise."""
    sources = source if isinstance(source, list) else [source]
    if "--threads" not in flags:
        flags = (*flags, "--threads", "1")
    return server().run(
        *("build", *sources, "--out", out, "-q"),
        *("--scopes", FEW_SCOPES, "--cities", "place", *flags),
        code=code,
    )


def built(source: Path | list[Path], out: Path, *flags: str) -> Path:
    """Build and return an edition, which must succeed and be sound."""
    outcome = build(source, out, *flags)
    assert (outcome.code, outcome.err) == (0, ""), outcome
    assert verify(out) == []
    return out


def hashes(edition: Path) -> dict[str, str]:
    """The hash of each table, of an edition that is first checked to be sound."""
    assert verify(edition) == []
    return content(edition)


def content(edition: Path) -> dict[str, str]:
    """The hash of each table as it is read, which must be that of the manifest."""
    found = {t.name: table_hash(edition / f"{t.name}.parquet", t)[1] for t in EDITION}
    noted = json.loads((edition / "manifest.json").read_text())["tables"]
    assert found == {name: table["sha256"] for name, table in noted.items()}
    return found


def rows(edition: Path, table: str) -> list[Work]:
    return pq.read_table(edition / f"{table}.parquet").to_pylist()


def n_works(edition: Path) -> int:
    return sum(r["works"] for r in rows(edition, "totals") if r["scope"] == "overall")


def left_over(out: Path) -> list[str]:
    """What lies beside an edition, lock and building folder apart."""
    known = {out.name, f".{out.name}.lock", f".{out.name}.building"}
    return sorted({p.name for p in out.parent.iterdir()} - known)

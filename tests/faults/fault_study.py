"""Random faults, one a run: kills, broken, cut and missing files, changed inputs, limits, rivals.

After each: exit code and line are as promised, the old edition is whole or the new one is right,
and going on ends with the hashes of an undisturbed build. `scripts/study_faults.py` does 200.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from fault_site import AFTER, AT, NO_WORKERS, Site
from fault_works import Outcome, built, content, hashes, left_over

# Runs `{deed}` once, at the given moment of the build, as another program might.
MEANWHILE = AT.replace("os.kill(process, signal.SIGKILL)", "letter and deed()") + "{deed}\n"

LIMIT = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({n_bytes}, {n_bytes}))
"""

MEMORY = """
import resource
resource.setrlimit(resource.RLIMIT_AS, ({n_bytes}, {n_bytes}))
"""


class BrokenError(AssertionError):
    """A promise that a run broke."""


class Study:
    """Runs faults over one site; `figures` counts them by kind and what came of them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.site = Site(folder / "site")
        self.registry = folder / "registry.jsonl"
        record = {
            "id": "https://ror.org/0abcde599",
            "names": [{"value": "Lantern Academy", "types": ["ror_display"]}],
        }
        self.registry.write_text(json.dumps(record) + "\n")
        self.flags = ("--registry", str(self.registry))
        self.undisturbed = hashes(
            built(self.site.sources, folder / "undisturbed" / "edition", *self.flags)
        )
        assert self._build_at(0).code == 0
        self.n_moments = len(self.site.moments)
        self.stages = [s for s, _ in groupby(self.site.moments)]
        self.figures: Counter[tuple[str, str]] = Counter()
        self.faults: dict[str, Callable[[], Outcome | None]] = {
            "killed at a moment": self.kill,
            "killed at any instruction": self.kill_at_time,
            "killed again while going on": self.kill_twice,
            "a byte of ours flipped, then --resume": lambda: self.damage("flip"),
            "a file of ours cut, then --resume": lambda: self.damage("cut"),
            "a file of ours removed, then --resume": lambda: self.damage("remove"),
            "a file of ours removed in mid-build": self.remove_meanwhile,
            "an input cut": lambda: self.spoil_input("cut"),
            "a byte of an input flipped": lambda: self.spoil_input("flip"),
            "an input changed in mid-build": self.change_input,
            "the registry changed in mid-build": self.change_registry,
            "no room for a file": self.limit_files,
            "out of memory": self.limit_memory,
            "a second build of the same edition": self.rival,
        }

    def run(self, name: str | None = None) -> str:
        """One fault, a random one unless named; what came of it. Raises BrokenError."""
        name = name or self.chance.choice(list(self.faults))
        self.site.restore()
        outcome = self.faults[name]()
        came = self._judge(name, outcome)
        self.figures[name, came] += 1
        return came

    def _judge(self, name: str, outcome: Outcome | None) -> str:
        """What is there now must be whole; going on must end well."""
        now = content(self.site.out)
        if now not in (self.site.old, self.undisturbed):
            raise BrokenError(f"{name}: the edition is neither the old nor the new one")
        if outcome is None:
            came = "killed, then went on"
        elif outcome.code == 0:
            came = "right edition"
            if now != self.undisturbed:
                raise BrokenError(f"{name}: said to be done, but the old edition is there")
        else:
            came = "clear error, old edition whole"
            if outcome.code not in (1, 2) or not outcome.error:
                raise BrokenError(f"{name}: {outcome}")
            if now != self.site.old:
                raise BrokenError(f"{name}: an error, but the old edition is gone: {outcome.err}")
        again = self.site.build("--resume", *self.flags)
        if (again.code, again.err) != (0, ""):
            raise BrokenError(f"{name}: cannot go on: {again.err}")
        if content(self.site.out) != self.undisturbed:
            raise BrokenError(f"{name}: went on to other hashes")
        if left := left_over(self.site.out):
            raise BrokenError(f"{name}: left {left}")
        return came

    # --- the faults -------------------------------------------------------------------------

    def kill(self) -> None:
        """SIGKILL at any moment."""
        self._killed(self.chance.randint(1, self.n_moments))

    def kill_at_time(self) -> None:
        """SIGALRM, that ends the process, at any instruction."""
        seconds = self.chance.uniform(0.01, 0.6)
        self.site.build(*self.flags, code=AFTER.format(seconds=seconds))

    def kill_twice(self) -> None:
        """A kill, and another one in what goes on."""
        self._killed(self.chance.randint(1, self.n_moments))
        self._killed(self.chance.randint(1, self.n_moments), "--resume")

    def damage(self, how: str) -> None:
        """Kill late, spoil one of the files that the build has made, and go on."""
        self._killed(self.chance.randint(self.n_moments // 4, self.n_moments - 12))
        building = self.site.folder / ".edition.building"
        files = sorted(p for p in building.rglob("*.parquet") if p.stat().st_size)
        if files:
            _spoil(self.chance.choice(files), how, self.chance)

    def remove_meanwhile(self) -> Outcome:
        """Another program removes one of the files in the building folder."""
        pick = self.chance.random()
        deed = (
            "def deed():\n"
            "    from pathlib import Path\n"
            f"    building = Path({str(self.site.folder)!r}, '.edition.building')\n"
            "    files = sorted(building.rglob('*.*'))\n"
            "    files = [f for f in files if f.is_file()]\n"
            f"    if files: files[int({pick} * len(files))].unlink()\n"
        )
        return self._meanwhile(deed, self.chance.randint(1, self.n_moments - 12))

    def spoil_input(self, how: str) -> Outcome:
        """An input that is cut or flipped when the build begins; then it is put back."""
        path = self.chance.choice(self.site.sources)
        with _put_back(path):
            _spoil(path, how, self.chance)
            return self.site.build("--max-rejects", "1", *self.flags)

    def change_input(self) -> Outcome:
        """Another program appends to an input, at a moment when it may or may not be read."""
        path = self.chance.choice(self.site.sources)
        deed = f"def deed():\n    open({str(path)!r}, 'ab').write(b'\\0')\n"
        with _put_back(path):
            return self._meanwhile(deed, self.chance.randint(1, self.n_moments - 12))

    def change_registry(self) -> Outcome:
        """Another program replaces the registry."""
        deed = f"def deed():\n    open({str(self.registry)!r}, 'ab').write(b'\\n')\n"
        with _put_back(self.registry):
            return self._meanwhile(deed, self.chance.randint(1, self.n_moments - 12))

    def limit_files(self) -> Outcome:
        """No file may grow beyond some thousand bytes, as on a full disk."""
        # Not fewer than the error's own line needs, which goes to a file here.
        code = LIMIT.format(n_bytes=int(10 ** self.chance.uniform(3, 5)))
        return self.site.build(*self.flags, code=code)

    def limit_memory(self) -> Outcome:
        """An engine with next to no memory."""
        kilobytes = int(10 ** self.chance.uniform(0, 5))
        return self.site.build("--memory", f"{kilobytes}KB", *self.flags)

    def rival(self) -> Outcome:
        """Another process builds the same edition; it is refused, or this one comes later."""
        deed = (
            "def deed():\n"
            "    import filelock\n"
            "    from sciencecities import config, pipeline\n"
            "    from sciencecities.errors import EditionError\n"
            f"    settings = config.make(sources=[{str(self.site.sources[0])!r}], "
            f"out={str(self.site.out)!r})\n"
            "    child = os.fork()\n"
            "    if not child:\n"
            "        try:\n"
            "            pipeline.build(settings)\n"
            "        except EditionError:\n"
            "            os._exit(1)\n"
            "        os._exit(0)\n"
            "    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 1:\n"
            "        os.kill(process, signal.SIGTERM)\n"
        )
        return self._meanwhile(deed, self.chance.randint(20, self.n_moments - 12))

    def _killed(self, moment: int, *flags: str) -> None:
        outcome = self._build_at(moment, *flags)
        if outcome.code not in (0, -9):
            raise BrokenError(f"a kill became an error: {outcome.err}")

    def _build_at(self, moment: int, *flags: str) -> Outcome:
        return self.site.killed_at(moment, *flags, *self.flags)

    def _meanwhile(self, deed: str, moment: int) -> Outcome:
        code = MEANWHILE.format(
            moment=moment,
            folder=str(self.site.folder),
            log=str(self.site.log),
            small=NO_WORKERS,
            deed=deed,
        )
        return self.site.build(*self.flags, code=code)


def _spoil(path: Path, how: str, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    at = chance.randrange(len(data))
    if how == "flip":
        data[at] ^= 1 << chance.randrange(8)
    path.unlink()
    if how != "remove":
        path.write_bytes(data[:at] if how == "cut" else data)


@contextmanager
def _put_back(path: Path) -> Iterator[None]:
    """Content and times of a file as they were, afterwards."""
    aside = Path(shutil.copy2(path, path.with_suffix(".aside")))
    try:
        yield
    finally:
        aside.replace(path)

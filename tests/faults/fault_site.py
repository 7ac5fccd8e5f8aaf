"""Builds that are killed at a chosen moment, over an edition that they are to replace."""

from __future__ import annotations

import shutil
from pathlib import Path

from fault_works import Outcome, build, built, content, lines, works, write

# Kills the process at the given one of all moments at which a build tells of its progress or, in
# Python, opens, makes, renames or removes something below the folder. Each moment leaves a letter
# in the log, by which its stage is known.
AT = """
import os, signal, sys
import sciencecities.pipeline as pipeline
from sciencecities.corpus import ingest
ingest.SMALL_INPUT_BYTES = {small}
log = os.open({log!r}, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
left, letter, process = {moment}, b"-", os.getpid()
events = {{"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "progress"}}
def moment(event, args):
    global left
    if event in events and (event == "progress" or str(args[0]).startswith({folder!r})):
        os.write(log, letter)
        left -= 1
        if left == 0:
            os.kill(process, signal.SIGKILL)
sys.addaudithook(moment)
def telling(name, method):
    def told(self, *args):
        global letter
        if name == "stage":
            letter = args[0][:1].encode()
        sys.audit("progress")
        return method(self, *args)
    return told
for name in ("stage", "advance", "finish"):
    setattr(pipeline._Timed, name, telling(name, getattr(pipeline._Timed, name)))
"""

# Ends the process at any instruction, in the middle of what Parquet or the engine writes.
AFTER = """
import signal
signal.signal(signal.SIGALRM, signal.SIG_DFL)
signal.setitimer(signal.ITIMER_REAL, {seconds})
"""

NO_WORKERS, WORKERS = 1 << 40, 0


class Site:
    """An old edition that a build of three files is to replace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "edition"
        self.log = folder.parent / f"{folder.name}.log"
        folder.mkdir(parents=True)
        self.sources = [
            write(folder.parent / "sources" / f"{n}.jsonl.gz", lines(works(50 * n, 50 * n + 49)))
            for n in range(3)
        ]
        old = write(folder.parent / "sources" / "old.jsonl", lines(works(1, 5)))
        built(old, self.out)
        self.old = content(self.out)
        self._aside = shutil.copytree(self.out, folder.parent / "aside")

    def restore(self) -> None:
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        shutil.copytree(self._aside, self.out)

    def build(self, *flags: str, code: str = "") -> Outcome:
        return build(self.sources, self.out, *flags, code=code)

    def killed_at(self, moment: int, *flags: str, small: int = NO_WORKERS) -> Outcome:
        """A build that is killed at this moment; 0 lets it end."""
        code = AT.format(moment=moment, folder=str(self.folder), log=str(self.log), small=small)
        return self.build(*flags, code=code)

    @property
    def moments(self) -> str:
        """The moments that the last build came to, as letters of its stages."""
        return self.log.read_text()

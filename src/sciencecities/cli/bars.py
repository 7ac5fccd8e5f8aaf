"""Progress of a build: bars on a terminal, one line per finished stage in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from sciencecities.progress import Progress, Silent

if TYPE_CHECKING:
    import rich.progress

PREFIXES = ("", "k", "M", "G", "T")
STAGE_NAMES = {
    "read": "Reading",
    "select": "Selecting works",
    "locate": "Locating",
    "count": "Counting",
    "rank": "Ranking",
    "redraw": "Re-drawing",
    "method": "Varying the method",
    "write": "Writing",
    "pages": "Making pages",
}
COUNTED = ("B", "affiliations")
"""Units that mean something to a reader; steps and batches only move the bar."""


def stage_order(name: str) -> tuple[int, str]:
    """Sorts stages in the order in which they run."""
    names = list(STAGE_NAMES)
    return (names.index(name) if name in names else len(names), name)


@contextmanager
def reporting(quiet: bool) -> Iterator[Progress]:
    """What a command reports to: bars, lines, or nothing; a stage that fails is not said done."""
    if quiet:
        yield Silent()
        return
    report = Bars() if sys.stderr.isatty() else Lines()
    try:
        yield report
    except BaseException:
        report.abandon()
        raise
    report.finish()


def amount(number: float, unit: str) -> str:
    """An amount for people.

    >>> amount(40_260_000, "B"), amount(131_000, "affiliations"), amount(0.4, "B/s")
    ('40.3 MB', '131,000 affiliations', '0 B/s')
    """
    if not unit.startswith("B"):
        return f"{number:,.0f} {unit}".rstrip()
    power = 0
    while number >= 1000 and power < len(PREFIXES) - 1:
        number, power = number / 1000, power + 1
    return f"{number:,.{1 if power else 0}f} {PREFIXES[power]}{unit}"


class Lines:
    """Writes a line to stderr whenever a stage has ended."""

    def __init__(self) -> None:
        self._stage: tuple[str, str, float] | None = None
        self._done = 0

    def stage(self, name: str, total: int | None = None, unit: str = "") -> None:
        """End the stage before and begin one."""
        self.finish()
        self._stage = (name, unit, time.monotonic())

    def advance(self, number: int) -> None:
        """Some of the stage is done."""
        self._done += number

    def finish(self) -> None:
        """End the stage, if one is under way."""
        if self._stage:
            name, unit, start = self._stage
            seconds = time.monotonic() - start
            done = f": {amount(self._done, unit)}" if self._done and unit in COUNTED else ""
            rate = ""
            if done and seconds >= 0.1:
                rate = f" ({amount(self._done / seconds, f'{unit}/s')})"
            click.echo(f"{STAGE_NAMES.get(name, name)}{done} in {seconds:.1f} s{rate}", err=True)
        self.abandon()

    def abandon(self) -> None:
        """Forget the stage that is under way."""
        self._stage, self._done = None, 0


class Bars:
    """Shows a bar per stage on a terminal, with rate and time left."""

    def __init__(self) -> None:
        self._bars: rich.progress.Progress | None = None
        self._task: rich.progress.TaskID | None = None

    def stage(self, name: str, total: int | None = None, unit: str = "") -> None:
        """End the bar before and begin one."""
        self._bars = self._bars or _new_bars()
        self._bars.start()
        self._complete()
        title = STAGE_NAMES.get(name, name)
        self._task = self._bars.add_task(title, total=total, unit=unit)

    def advance(self, number: int) -> None:
        """Some of the stage is done."""
        if self._bars is not None and self._task is not None:
            self._bars.advance(self._task, number)

    def finish(self) -> None:
        """End the bars."""
        if self._bars is not None:
            self._complete()
            self._bars.stop()

    def abandon(self) -> None:
        """Stop where the bar is."""
        if self._bars is not None:
            self._bars.stop()

    def _complete(self) -> None:
        if self._bars is None or self._task is None:
            return
        task = next(t for t in self._bars.tasks if t.id == self._task)
        done = max(task.completed, task.total or 1)
        self._bars.update(self._task, total=done, completed=done)
        self._bars.stop_task(self._task)
        self._task = None


def _new_bars() -> rich.progress.Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        ProgressColumn,
        Task,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class Rate(ProgressColumn):
        """Amount done and how fast."""

        def render(self, task: Task) -> Text:
            unit = task.fields["unit"]
            if unit not in COUNTED or not task.completed:
                return Text("")
            speed = task.finished_speed or task.speed
            rate = f", {amount(speed, f'{unit}/s')}" if speed else ""
            return Text(amount(task.completed, unit) + rate)

    return RichProgress(
        TextColumn("{task.description:<16}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        Rate(),
        console=Console(stderr=True),
    )

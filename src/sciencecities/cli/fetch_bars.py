"""Progress of a fetch: a bar with costs on a terminal, a line for what is worth one in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sciencecities.fetch.report import Report


@contextmanager
def reporting(quiet: bool) -> Iterator[Report]:
    """What a fetch reports to: a bar on a terminal, lines in a pipe, or nothing."""
    from sciencecities.fetch.report import Silent

    if quiet:
        yield Silent()
        return
    if not sys.stderr.isatty():
        yield _Lines()
        return
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.stop()


class _Lines:
    """Says what is worth a line; no progress."""

    def begin(self, total: int, done: int, unit: str) -> None:
        """Say from where it goes on."""
        from sciencecities.cli.bars import amount

        if done:
            first = amount(done, unit).removesuffix(f" {unit}")  # "200 of 500 works"
            self.say(f"going on after {first} of {amount(total, unit)}")

    def advance(self, amount: int, note: str = "") -> None:
        """Nothing: a pipe wants no progress."""

    def say(self, text: str) -> None:
        """One line on stderr."""
        click.echo(text, err=True)


class _Bar:
    """A bar with what is beside it; made when the first amount is known."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None
        self._unit = ""

    def begin(self, total: int, done: int, unit: str) -> None:
        """Show the bar."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.stop()
        self._bar = Progress(
            TextColumn("Fetching"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[amount]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )
        self._bar.start()
        self._unit = unit
        shown = self._amount(done, total)
        self._task = self._bar.add_task("", total=total, completed=done, amount=shown, note="")

    def advance(self, amount: int, note: str = "") -> None:
        """Move the bar."""
        if self._bar:
            self._bar.update(self._task, advance=amount, note=note)
            task = self._bar.tasks[0]
            self._bar.update(self._task, amount=self._amount(task.completed, task.total))

    def say(self, text: str) -> None:
        """A line above the bar."""
        if self._bar:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            click.echo(text, err=True)

    def _amount(self, done: float, total: float) -> str:
        from sciencecities.cli.bars import amount

        return f"{amount(done, self._unit)} of {amount(total, self._unit)}"

    def stop(self) -> None:
        """Leave the bar where it is."""
        if self._bar:
            self._bar.stop()

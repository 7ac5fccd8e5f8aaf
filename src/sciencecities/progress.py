"""How long work reports what it is doing; the library never prints."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the course of a build. Amounts are in `unit`; a stage ends when the next begins."""

    def stage(self, name: str, total: int | None = None, unit: str = "") -> None:
        """A stage begins."""

    def advance(self, amount: int) -> None:
        """Some of the stage is done."""

    def finish(self) -> None:
        """The last stage is done."""


class Silent:
    """Reports nothing."""

    def stage(self, name: str, total: int | None = None, unit: str = "") -> None:
        """Do nothing."""

    def advance(self, amount: int) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""

"""How a fetch tells what it is doing; the library never prints."""

from __future__ import annotations

from typing import Protocol


class Report(Protocol):
    """Receives the course of a fetch. Amounts are in `unit`; `note` stands beside the bar."""

    def begin(self, total: int, done: int, unit: str) -> None:
        """The fetch begins, or goes on after `done` of `total`."""

    def advance(self, amount: int, note: str = "") -> None:
        """Some of it came."""

    def say(self, text: str) -> None:
        """Something that a person should know, in a few words."""


class Silent:
    """Reports nothing."""

    def begin(self, total: int, done: int, unit: str) -> None:
        """Do nothing."""

    def advance(self, amount: int, note: str = "") -> None:
        """Do nothing."""

    def say(self, text: str) -> None:
        """Do nothing."""

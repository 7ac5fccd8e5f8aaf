"""Every error the package raises on purpose. The message says what, where, and what to try."""

from __future__ import annotations

from collections.abc import Sequence


class SciencecitiesError(Exception):
    """Base of all errors meant for the user: one line, exit code 1."""


class ConfigError(SciencecitiesError):
    """The configuration or a command-line choice is wrong (exit code 2)."""


class SourceError(SciencecitiesError):
    """An input file is missing, unreadable, cut, corrupt or of no known kind."""


class TooManyRejectsError(SourceError):
    """More records were rejected than the configured limit allows."""


class InputChangedError(SourceError):
    """An input file changed while it was being read, or since an interrupted build began."""


class FetchError(SciencecitiesError):
    """A service did not answer as documented, or what it sent cannot be kept."""


class BudgetEndedError(FetchError):
    """The money that a fetch may spend, or the service's daily allowance, is used up."""


class ReleaseChangedError(FetchError):
    """What is being fetched was replaced by a newer release in the middle."""


class LocateError(SciencecitiesError):
    """A registry, gazetteer or city definition cannot be used."""


class UnknownCityError(SciencecitiesError, LookupError):
    """No city of that id or name in the edition."""

    def __init__(
        self, message: str, *, asked: str = "", close: Sequence[tuple[str, str]] = ()
    ) -> None:
        """`asked` is the name that nothing bears, `close` the English and Chinese names near it."""
        super().__init__(message)
        self.asked = asked
        self.close = tuple(close)


class UnknownInstitutionError(SciencecitiesError, LookupError):
    """No institution of that id or name in the city."""


class CountError(SciencecitiesError):
    """The counting rules were violated."""


class ShareNotConservedError(CountError):
    """City Shares and unassigned parts do not add up to the number of works."""


class EngineError(SciencecitiesError):
    """The query engine failed (out of disk or memory, most often)."""


class EditionError(SciencecitiesError):
    """An edition is missing, damaged, of a newer format, or cannot be written."""


class ObservatoryError(SciencecitiesError):
    """A city's facts are missing, do not fit the schema, or contradict each other."""

"""What is wrong in a city's files, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend: file, 1-based line, the entry concerned, what is wrong and what to do."""

    path: Path
    line: int
    entry: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.entry}: {self.text}"

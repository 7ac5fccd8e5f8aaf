"""Polygons of a city definition that overlap: the one rule of every command and function.

A file of such polygons is refused, unless somebody says that the first of the file wins. This
module imports next to nothing, so that the command line can name the choices in its help.
"""

from typing import Literal, get_args

from sciencecities.errors import ConfigError

OverlapsRule = Literal["error", "first"]
OVERLAPS: tuple[OverlapsRule, ...] = get_args(OverlapsRule)
REFUSE: OverlapsRule = "error"
REMEDY = 'mend them, or let the first of the file win with --overlaps first (overlaps = "first")'


def check_rule(overlaps: str) -> None:
    """Raise ConfigError for what is no such rule."""
    if overlaps not in OVERLAPS:
        raise ConfigError(f"overlaps={overlaps!r}: choose {' or '.join(OVERLAPS)}")

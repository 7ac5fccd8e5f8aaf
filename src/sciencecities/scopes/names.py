"""Finding a scope by what a person calls it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from sciencecities.errors import ConfigError
from sciencecities.scopes.definitions import fold_name, subject_of
from sciencecities.scopes.model import NONE, OVERALL, Scope

OVERALL_NAMES = ("overall", "all", "total", "总体", "全部", "综合")


def resolve_scope_name(text: str, scopes: Iterable[Scope]) -> str:
    """The name of the scope that `text` means: its name or a title, in any case and spelling.

    `scopes` are those of the build, without `overall`, which is always known. Raises ConfigError
    naming the close ones, or all of them where none is close.
    """
    by_name = _names(scopes)
    wanted = fold_name(text)
    known = set(by_name.values())
    if wanted in by_name:
        return by_name[wanted]
    subject = subject_of(text)
    if subject is not None and subject != NONE and subject in known:
        return subject
    close = sorted(
        {by_name[c] for c in get_close_matches(wanted, sorted(by_name), n=5, cutoff=0.6)}
    )
    hint = f"close: {', '.join(close)}" if close else f"known: {', '.join(sorted(known))}"
    raise ConfigError(f"no scope '{text}'; {hint}")


def _names(scopes: Iterable[Scope]) -> dict[str, str]:
    # Names beat titles, so that no title hides another scope's name.
    listed = list(scopes)
    names = {fold_name(n): OVERALL for n in OVERALL_NAMES}
    for title in ("title_en", "title_zh"):
        for scope in listed:
            if folded := fold_name(getattr(scope, title)):
                names.setdefault(folded, scope.name)
    return names | {fold_name(s.name): s.name for s in listed}

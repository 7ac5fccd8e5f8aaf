"""From a build's configuration to the choices of method its corpus may allow."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sciencecities.config import Config
from sciencecities.method.build import MethodInput
from sciencecities.method.choices import ARTICLES, Choice
from sciencecities.method.memberships import JournalChoice
from sciencecities.scopes import JournalSet, ScopeSet, load
from sciencecities.scopes.journals import PUBLISHED, journal_set
from sciencecities.scopes.load import terms_table

if TYPE_CHECKING:
    import pyarrow as pa


def base_choice(config: Config) -> Choice:
    """The build's own choice; files stand under their names."""
    return Choice(config.scheme, _name(config.cities), _name(config.journals), ARTICLES)


def method_input(config: Config, scopes: ScopeSet) -> MethodInput:
    """The choices that may be made beside the build's own: `scopes` are those of the build."""
    from sciencecities.locate import cities
    from sciencecities.locate.gazetteer import Gazetteer

    gazetteer = Gazetteer.load()
    base = base_choice(config)
    definitions = {name: cities.load(name, gazetteer) for name in cities.NAMES}
    if base.cities not in definitions:
        definitions[base.cities] = cities.load(config.cities, gazetteer, overlaps=config.overlaps)
    journals, left_out = _journal_choices(config, base.journals)
    names = ["overall", *sorted(s.name for s in scopes.scopes)]
    return MethodInput(base, journals, names, definitions, config.locate, left_out)


def _journal_choices(config: Config, base: str) -> tuple[list[JournalChoice], list[dict[str, str]]]:
    choices, left_out = [JournalChoice(base)], []
    if base != "all":
        why = f"the edition holds only the works of {base}"
        left_out.append({"dimension": "journals", "choice": "all", "why": why})
    for name in PUBLISHED:
        chosen = journal_set(name)
        if name == base or chosen is None:
            continue
        lacking = _lacking(chosen, journal_set(config.journals), config.letters)
        if lacking:
            why = f"the edition holds only the works of {base}, which leaves out {lacking}"
            left_out.append({"dimension": "journals", "choice": name, "why": why})
            continue
        terms = partial(_terms_of, config, chosen)
        choices.append(JournalChoice(name, chosen.issn_table(config.letters), terms))
    return choices, left_out


def _terms_of(config: Config, chosen: JournalSet) -> pa.Table | None:
    """The terms under a journal set, or None if they are those of the build."""
    base = journal_set(config.journals) or JournalSet("all", frozenset(), frozenset())
    if (chosen.subjects, chosen.excluded_scopes) == (base.subjects, base.excluded_scopes):
        return None
    own = load(Path(config.scopes) if config.scopes else None, journals=chosen)
    return terms_table(own)


def _lacking(chosen: JournalSet, base: JournalSet | None, letters: str) -> str:
    """What of a set's works is not among those of the edition, in words; empty if nothing."""
    if base is None:
        return ""
    wanted = dict(zip(*chosen.issn_table(letters).to_pydict().values(), strict=True))
    there = dict(zip(*base.issn_table(letters).to_pydict().values(), strict=True))
    missing = [i for i, only in wanted.items() if i not in there or (there[i] and not only)]
    if not missing:
        return ""
    return f"{len(missing)} of its {len(wanted)} ISSNs ({', '.join(sorted(missing)[:3])} …)"


def _name(choice: str) -> str:
    return Path(choice).name if Path(choice).suffix else choice

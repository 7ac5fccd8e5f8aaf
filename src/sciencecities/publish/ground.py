"""What stands behind a city's rank, for the pages of a site: its facts as sections and lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from sciencecities.observatory.city import Observatory
from sciencecities.observatory.model import Facility, Fact
from sciencecities.observatory.vocabulary import KINDS, STAGES
from sciencecities.publish import brief_ground
from sciencecities.publish.brief_parts import Phrase, Reference, Section
from sciencecities.publish.brief_world import World
from sciencecities.publish.marks import Scale
from sciencecities.publish.shown import Shown
from sciencecities.publish.wording import Lang


@cache
def observatories() -> dict[str, Observatory]:
    """City id → the facts that come with the package."""
    from sciencecities.observatory import built_in, load

    opened = [load(name) for name in built_in()]
    return {o.city.city_id: o for o in opened}


@dataclass(frozen=True, slots=True)
class Ground:
    """A city's facts: sections with findings, then every fact by kind, and the sources."""

    city: str
    facts: Observatory
    sections: list[Section]
    every: list[tuple[str, list[tuple[Phrase, Fact]]]]
    references: list[Reference]

    def section(self, name: str) -> Section | None:
        """A section by its id."""
        return next((s for s in self.sections if s.id == name), None)


def of_city(shown: Shown, city_id: str, lang: Lang, on: date) -> Ground:
    """What is known of a city that has facts; statuses are of the day `on`."""
    facts = observatories()[city_id]
    world = World(shown.edition, city_id, facts, lang, shown.year, on, shown)
    sections = [s for s in brief_ground.sections(world) if s is not None]
    every = _by_kind(world, facts)
    references = [Reference(n, words) for n, words in world.cited.lines()]
    return Ground(world.name, facts, sections, every, references)


def _by_kind(world: World, facts: Observatory) -> list[tuple[str, list[tuple[Phrase, Fact]]]]:
    """(kind in words, its facts with name and numbers of sources), in the order of the kinds."""
    found = []
    for name, kind in KINDS.items():
        rows = [(world.label(f.name, f), f) for f in facts.facts.values() if f.kind == name]
        if rows:
            title = _capital(kind.label(world.lang))
            found.append((world.t(f"{title}: {len(rows)}", f"{title}：{len(rows)}条"), rows))
    return found


def built(made: Ground) -> str:
    """The finding over the facilities."""
    found = made.section("facilities")
    return found.heading if found else ""


# --- lives of facilities ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Life:
    """A facility over the years: begun, known until, and due (planned); and that in words."""

    name: str
    lang: str | None  # where it is not the page's
    host: str
    begun: float
    until: float
    due: float | None
    overdue: bool
    words: str


def lives(facts: Observatory, lang: Lang, on: date) -> list[Life]:
    """Every facility of which a dated stage is known, in the order of the files."""
    found = (_life(facts, f, lang, on) for f in facts.facilities)
    return [life for life in found if life]


def _life(facts: Observatory, facility: Facility, lang: Lang, on: date) -> Life | None:
    happened = [e.date for e in facility.events if not e.expected and e.date.first <= on]
    if not happened:
        return None
    status = facts.status(facility, on=on)
    name, own = facility.name.get(lang)
    hosts = [facts.facts[h].name.get(lang)[0] for h in facility.hosts if h in facts.facts]
    begun = year_of(min(happened).first)
    until = year_of(on)
    if status.stage and STAGES[status.stage].order > STAGES["in-operation"].order and status.since:
        until = year_of(status.since.first)
    due = year_of(status.due.first) if status.due else None
    return Life(
        name, None if own == lang else own, ", ".join(hosts) if lang == "en" else "、".join(hosts),
        begun, until, due, status.is_overdue, _capital(status.text(lang)),
    )  # fmt: skip


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def year_of(day: date) -> float:
    """A day as a year with its part.

    >>> year_of(date(2025, 7, 2))
    2025.5
    """
    return round(day.year + (day.timetuple().tm_yday - 1) / 365, 2)


def years(found: Sequence[Life]) -> Scale:
    """From the year of the first beginning to that behind the last end, in whole years."""
    ends = [max(life.until, life.due or 0) for life in found]
    return Scale(int(min(life.begun for life in found)), int(max(ends)) + 1)

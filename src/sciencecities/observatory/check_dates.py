"""Checks of dates: nothing is later than its source, lives go forward, no source is to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sciencecities.observatory.dates import PartialDate
from sciencecities.observatory.model import Facility, Fact, Source
from sciencecities.observatory.problems import Problem
from sciencecities.observatory.read import Entry, Reading
from sciencecities.observatory.vocabulary import STAGES


def date_problems(reading: Reading, today: date) -> Iterator[Problem]:
    """Problems of dates. References to sources that do not exist are not reported again."""
    sources = {entry.key: entry.source for entry in reading.sources}
    for source in reading.sources:
        if source.source.date.first > today:
            text = f"published {source.source.date}, which is still to come"
            yield source.problem(text, "date")
    for entry in reading.entries:
        newest = _newest(entry.fact, sources)
        if newest is None:
            continue
        if entry.fact.as_of.first > newest.last:
            text = f"as of {entry.fact.as_of}, later than its source ({newest})"
            yield entry.problem(text, "as_of")
        yield from _happened(entry, newest, sources)
        if isinstance(entry.fact, Facility):
            yield from _life(entry, entry.fact)


def _newest(fact: Fact, sources: dict[str, Source]) -> PartialDate | None:
    dates = [sources[key].date for key in fact.sources if key in sources]
    return max(dates, key=lambda d: d.last) if dates else None


def _happened(entry: Entry, newest: PartialDate, sources: dict[str, Source]) -> Iterator[Problem]:
    """What is told as past must not lie after the source that tells it."""
    fact = entry.fact
    for name in ("since", "date", "issued", "approved"):
        when: PartialDate | None = getattr(fact, name, None)
        if when is not None and when.first > newest.last:
            yield entry.problem(f"{when} is later than the source ({newest})", name)
    for name in ("events", "milestones"):
        for number, part in enumerate(getattr(fact, name, ())):
            source = sources.get(part.source) if part.source else None
            limit = source.date if source else newest
            expected = getattr(part, "expected", False)
            if expected and part.date.last < limit.first:
                text = f"expected for {part.date}, which is before the source ({limit})"
                yield entry.problem(text, name, number, "date")
            elif not expected and part.date.first > limit.last:
                text = f"{part.date} is later than the source ({limit})"
                if name == "events":
                    text += "; say `expected: true` if the source expects it"
                yield entry.problem(text, name, number, "date")
    for name in ("floor_area", "construction_period"):
        quantity = getattr(fact, name, None)
        if quantity is not None and quantity.as_of and quantity.as_of.first > newest.last:
            text = f"as of {quantity.as_of}, later than the source ({newest})"
            yield entry.problem(text, name, "as_of")


def _life(entry: Entry, facility: Facility) -> Iterator[Problem]:
    """Stages follow each other: nothing is approved after it was built."""
    happened = [(n, e) for n, e in enumerate(facility.events) if not e.expected]
    for number, event in happened:
        for _, other in happened:
            earlier = STAGES[other.stage].order < STAGES[event.stage].order
            if earlier and other.date.first > event.date.last:
                text = (
                    f"{event.stage} {event.date} before {other.stage} {other.date}; "
                    "one of the dates is wrong"
                )
                yield entry.problem(text, "events", number, "date")
                break
    stages = [(e.stage, e.date) for _, e in happened]
    for number, event in happened:
        if stages.index((event.stage, event.date)) != [n for n, _ in happened].index(number):
            yield entry.problem(f"{event.stage} {event.date} stands twice", "events", number)

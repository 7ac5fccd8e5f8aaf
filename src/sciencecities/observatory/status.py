"""What a facility is on a given day, from its dated events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sciencecities.observatory.dates import PartialDate
from sciencecities.observatory.model import Event, Facility
from sciencecities.observatory.vocabulary import STAGES

CONSTRUCTION = "construction-started"
OPERATION = "in-operation"


@dataclass(frozen=True, slots=True)
class Status:
    """A facility on a day.

    stage: of the last event by then; None if nothing is known so early. since: its date. due: when
    it is to open, as stated or as its planned construction period says (`due_is_computed`).
    unsure: an event whose date is known too roughly to say whether it had happened.
    """

    on: date
    stage: str | None
    since: PartialDate | None
    due: PartialDate | None = None
    due_is_computed: bool = False
    unsure: Event | None = None

    @property
    def is_overdue(self) -> bool:
        """Whether the day it was due has passed and no source here says that it opened."""
        return self.due is not None and self.due.last < self.on

    @property
    def esfri(self) -> str | None:
        """The stage in ESFRI's words."""
        return STAGES[self.stage].esfri if self.stage else None

    @property
    def eosc(self) -> str | None:
        """The life-cycle status in the EOSC Portal's words."""
        return STAGES[self.stage].eosc if self.stage else None

    def text(self, lang: str = "en") -> str:
        """The status in a line, in English or Chinese (`zh`)."""
        return _chinese(self) if lang == "zh" else _english(self)


def status(facility: Facility, on: date) -> Status:
    """What the facility is on that day. Events a source only expected are not taken as happened."""
    happened = [e for e in facility.events if not e.expected]
    by_then = sorted((e for e in happened if e.date.last <= on), key=_order)
    unsure = [e for e in happened if e.date.first <= on < e.date.last]
    last = by_then[-1] if by_then else None
    due, computed = _due(facility, last)
    return Status(
        on,
        last.stage if last else None,
        last.date if last else None,
        due,
        computed,
        min(unsure, key=_order) if unsure else None,
    )


def _order(event: Event) -> tuple[date, int]:
    return event.date.last, STAGES[event.stage].order


def _due(facility: Facility, last: Event | None) -> tuple[PartialDate | None, bool]:
    if last is None or STAGES[last.stage].order >= STAGES[OPERATION].order:
        return None, False
    order = STAGES[last.stage].order
    expected = [
        e.date
        for e in facility.events
        if e.expected and order < STAGES[e.stage].order <= STAGES[OPERATION].order
    ]
    if expected:
        return max(expected), False
    period = facility.construction_period
    if last.stage == CONSTRUCTION and period and period.unit == "year":
        return last.date.plus_months(round(12 * period.value)), True
    return None, False


def _english(status: Status) -> str:
    if status.stage is None:
        parts = [f"no stage of its life recorded by {status.on}"]
    else:
        parts = [f"{STAGES[status.stage].state_en} on {status.on} (since {status.since})"]
    if status.due:
        parts.append(
            f"was due {status.due}; no source says that it opened"
            if status.is_overdue
            else f"due {status.due}"
        )
    if status.unsure:
        stage = STAGES[status.unsure.stage].en
        parts.append(f"{stage} in {status.unsure.date}, the day unknown")
    return "; ".join(parts)


def _chinese(status: Status) -> str:
    if status.stage is None:
        parts = [f"截至{status.on}无阶段记录"]
    else:
        state = STAGES[status.stage].state_zh
        parts = [f"截至{status.on}{state}（{status.since}起）"]
    if status.due:
        parts.append(
            f"原定{status.due}建成，尚无来源称已投入运行"
            if status.is_overdue
            else f"预计{status.due}建成"
        )
    if status.unsure:
        parts.append(f"{status.unsure.date}{STAGES[status.unsure.stage].zh}，具体日期不详")
    return "；".join(parts)

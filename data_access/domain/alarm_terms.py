"""When somebody must have looked at an alarm, and when the clock looks at it next. Rules only: time is passed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from data_access.domain.alarms import Alarm, Severity

FIRST_LOOK: Final[Mapping[Severity, timedelta]] = {
    Severity.CRITICAL: timedelta(minutes=1),
    Severity.MAJOR: timedelta(minutes=3),
    Severity.MINOR: timedelta(minutes=20),
    Severity.WARNING: timedelta(minutes=60),
}
"""Within which somebody must have looked, by grade (alarm-receiving software's defaults, see docs/alarms.md)."""
REMIND_AFTER: Final[Mapping[Severity, timedelta]] = {
    Severity.CRITICAL: timedelta(minutes=15),
    Severity.MAJOR: timedelta(hours=1),
    Severity.MINOR: timedelta(hours=4),
    Severity.WARNING: timedelta(hours=24),
}
"""After which what was acknowledged and is not finished comes back (judgement)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long a kind of alarm may wait for the first look, and for being finished; None: as its severity says."""

    look: timedelta | None = None
    remind: timedelta | None = None


AS_GRADED: Final = Terms()


def watched(alarm: Alarm, clock: datetime, terms: Terms = AS_GRADED) -> Alarm:
    """Return `alarm` with its deadlines set anew at `clock`: it was raised, came back, was seen or put aside."""
    due = clock + _look_within(alarm.severity, terms) if alarm.unacked and not alarm.replayed else None
    return replace(alarm, look_due_at=due, clock_at=_clock_at(alarm, due, clock, terms))


def first_look(
    severity: Severity, clock: datetime, terms: Terms = AS_GRADED, *, replayed: bool = False
) -> tuple[datetime | None, datetime | None]:
    """When somebody must have looked at an alarm that has just been raised, and when the clock looks at it next.

    What `watched` says of such an alarm, without making one: alarms are raised by the thousand.
    """
    due = None if replayed else clock + _look_within(severity, terms)
    return due, due


def _look_within(severity: Severity, terms: Terms) -> timedelta:
    return terms.look or FIRST_LOOK.get(severity, REMIND_AFTER[Severity.WARNING])


def _clock_at(alarm: Alarm, due: datetime | None, clock: datetime, terms: Terms) -> datetime | None:
    if alarm.replayed or alarm.parent_id is not None:
        return None
    if alarm.shelved:
        return alarm.shelved_until
    if due is not None:
        return due
    if alarm.close_reason is not None:
        return None  # judged: it only waits for the condition to go
    return clock + (terms.remind or REMIND_AFTER.get(alarm.severity, REMIND_AFTER[Severity.WARNING]))

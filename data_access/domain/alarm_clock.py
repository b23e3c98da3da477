"""What the clock has to do with an alarm that is due. Rules only: the alarm, its cause and the time are passed in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from data_access.domain.alarms import Alarm, AlarmState


class Chore(StrEnum):
    """One thing the clock does."""

    TELL = "tell"  # whose turn it is, at the beginning
    ESCALATE = "escalate"
    REMIND = "remind"  # acknowledged and not finished: it comes back
    UNSHELVE = "unshelve"
    RELEASE = "release"  # its parent is over and it still stands: it is an alarm of its own again
    FOLLOW = "follow"  # it is over as its parent is, which somebody has looked at
    WAIT = "wait"  # only the time at which to look next


def chore(alarm: Alarm, parent: Alarm | None, *, now: datetime) -> Chore:
    """What is to be done with `alarm`, which the clock was to look at by `now`; `parent` is what suppresses it."""
    if alarm.state is AlarmState.CLOSED or alarm.replayed:
        return Chore.WAIT
    if alarm.parent_id is not None:
        return _suppressed(alarm, parent)
    if alarm.shelved:
        return Chore.UNSHELVE if alarm.shelved_until is not None and alarm.shelved_until <= now else Chore.WAIT
    if alarm.unacked:
        return Chore.ESCALATE if alarm.look_due_at is not None and alarm.look_due_at <= now else Chore.TELL
    return Chore.WAIT if alarm.close_reason is not None else Chore.REMIND


def _suppressed(alarm: Alarm, parent: Alarm | None) -> Chore:
    if parent is not None and parent.stands:
        return Chore.WAIT
    if alarm.stands or parent is None or not alarm.unacked:
        return Chore.RELEASE
    return Chore.WAIT if parent.unacked else Chore.FOLLOW

"""Alarms (告警): their states, the actions that move them, and how long a return still counts as the same alarm.

ISA-18.2 words. Whether the condition stands (active or cleared) and whether a person has looked (acknowledged or
not) are independent; an alarm that is both cleared and acknowledged is closed. Rules only: time is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

from data_access.domain.errors import IllegalTransition

REOPEN_WITHIN: Final = timedelta(minutes=5)
"""A condition that returns this soon (source time) after clearing is the same alarm (settled rule, domain facts)."""


class Severity(IntEnum):
    """Severity (级别); a larger number is worse, 0 is normal. Drawn with its own shape and word, never colour alone."""

    NORMAL = 0
    WARNING = 1  # 提示
    MINOR = 2  # 次要
    MAJOR = 3  # 重要
    CRITICAL = 4  # 紧急


class AlarmState(StrEnum):
    """Condition × acknowledgement."""

    ACTIVE_UNACKED = "active_unacked"
    ACTIVE_ACKED = "active_acked"
    CLEARED_UNACKED = "cleared_unacked"  # condition gone, nobody has looked: must not be forgotten
    CLOSED = "closed"  # cleared and acknowledged: history


STANDING_STATES: Final = (AlarmState.ACTIVE_UNACKED, AlarmState.ACTIVE_ACKED)
OPEN_STATES: Final = (AlarmState.ACTIVE_UNACKED, AlarmState.ACTIVE_ACKED, AlarmState.CLEARED_UNACKED)


class AlarmAction(StrEnum):
    """What moves an alarm: the world (trigger again, clear, return) or a person (acknowledge)."""

    RETRIGGER = "retrigger"  # 再次触发: the condition is reported again while it stands
    CLEAR = "clear"  # 恢复
    RETURN = "return"  # 复发: the condition is back within REOPEN_WITHIN
    ACKNOWLEDGE = "acknowledge"  # 确认


A, S = AlarmAction, AlarmState
TRANSITIONS: Final = {
    (S.ACTIVE_UNACKED, A.RETRIGGER): S.ACTIVE_UNACKED,
    (S.ACTIVE_ACKED, A.RETRIGGER): S.ACTIVE_ACKED,
    (S.ACTIVE_UNACKED, A.CLEAR): S.CLEARED_UNACKED,
    (S.ACTIVE_ACKED, A.CLEAR): S.CLOSED,
    (S.CLEARED_UNACKED, A.RETURN): S.ACTIVE_UNACKED,
    (S.CLOSED, A.RETURN): S.ACTIVE_UNACKED,  # what a person closed and has come back must be looked at again
    (S.ACTIVE_UNACKED, A.ACKNOWLEDGE): S.ACTIVE_ACKED,
    (S.CLEARED_UNACKED, A.ACKNOWLEDGE): S.CLOSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm of one device and kind.

    `severity` latches at its highest until somebody acknowledges; after that it follows the condition. Times are
    source times (for a replay: the original ones). `occurrences` counts the trigger, re-triggers and returns.
    """

    id: int
    state: AlarmState
    severity: Severity
    occurrences: int
    raised_at: datetime
    last_at: datetime
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    version: int = 1

    @property
    def stands(self) -> bool:
        """Tell whether the condition is there."""
        return self.state in STANDING_STATES


def may_return(alarm: Alarm, *, at: datetime) -> bool:
    """Tell whether a condition standing again at source time `at` reopens `alarm` (else it is a new alarm)."""
    return alarm.cleared_at is not None and at - alarm.cleared_at <= REOPEN_WITHIN


def transition(
    alarm: Alarm, action: AlarmAction, *, now: datetime, severity: Severity | None = None, actor: str | None = None
) -> Alarm:
    """Return `alarm` after `action` at `now`.

    `severity` is that of the condition now (re-trigger and return need it); `actor` is who acknowledged. Raises
    `IllegalTransition` when the table has no such move, and for an acknowledgement by nobody.
    """
    try:
        state = TRANSITIONS[alarm.state, action]
    except KeyError:
        raise IllegalTransition(f"a {alarm.state} alarm cannot {action}") from None
    after = replace(alarm, state=state, version=alarm.version + 1)
    match action:
        case AlarmAction.RETRIGGER | AlarmAction.RETURN:
            returned = action is AlarmAction.RETURN
            unseen = state is AlarmState.ACTIVE_UNACKED
            worst = max(alarm.severity, severity or alarm.severity) if unseen else (severity or alarm.severity)
            return replace(
                after,
                severity=worst,
                occurrences=alarm.occurrences + 1,
                last_at=max(now, alarm.last_at),
                cleared_at=None,
                acknowledged_at=None if returned else alarm.acknowledged_at,
                acknowledged_by=None if returned else alarm.acknowledged_by,
            )
        case AlarmAction.CLEAR:
            return replace(after, cleared_at=now)
        case AlarmAction.ACKNOWLEDGE:
            if not actor:
                raise IllegalTransition("an alarm is acknowledged by somebody")
            return replace(after, acknowledged_at=now, acknowledged_by=actor)

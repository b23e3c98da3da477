"""Alarms (告警): their states, the actions that move them, and what one alarm is.

ISA-18.2 words. Whether the condition stands (active or cleared) and whether a person has looked (acknowledged or
not) are independent. An alarm that is cleared and acknowledged is finished and closed, unless it needs a reason:
then it waits until somebody says what it was. What each action does to the rest of the alarm is in `alarm_moves`.
Rules only: time is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

REOPEN_WITHIN: Final = timedelta(minutes=5)
"""A condition that returns this soon (source time) after clearing is the same alarm (settled rule, domain facts)."""
UNDO_WITHIN: Final = timedelta(seconds=10)


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
    CLEARED_ACKED = "cleared_acked"  # gone and looked at; somebody has still to say what it was
    CLOSED = "closed"  # history


STANDING_STATES: Final = (AlarmState.ACTIVE_UNACKED, AlarmState.ACTIVE_ACKED)
UNACKED_STATES: Final = (AlarmState.ACTIVE_UNACKED, AlarmState.CLEARED_UNACKED)
OPEN_STATES: Final = tuple(s for s in AlarmState if s is not AlarmState.CLOSED)


class AlarmAction(StrEnum):
    """What happens to an alarm: by the world, by people, by the clock."""

    RETRIGGER = "retrigger"  # 再次触发: the condition is reported again while it stands
    CLEAR = "clear"  # 恢复
    RETURN = "return"  # 复发: the condition is back within REOPEN_WITHIN
    ACKNOWLEDGE = "acknowledge"  # 确认
    CLOSE = "close"  # 关闭, with a reason
    CLAIM = "claim"  # 认领
    RELEASE = "release"  # 放回
    SHELVE = "shelve"  # 搁置
    UNSHELVE = "unshelve"
    SUPPRESS = "suppress"  # 抑制: a parent cause explains it
    UNSUPPRESS = "unsuppress"
    ESCALATE = "escalate"  # 升级
    REMIND = "remind"  # 再次提醒
    COMMENT = "comment"
    CALL = "call"
    DISPATCH = "dispatch"  # 派遣
    INCIDENT = "incident"  # 转为事件
    UNDO = "undo"  # takes back the last action; see `alarm_undo`


class CloseReason(StrEnum):
    """What an alarm turned out to be."""

    REAL = "real"  # 属实
    FALSE = "false"  # 误报
    TEST = "test"  # 测试
    MAINTENANCE = "maintenance"  # 检修
    DEVICE_FAULT = "device_fault"  # 设备故障


class CallOutcome(StrEnum):
    """How a call ended."""

    REACHED = "reached"  # 已接通
    NO_ANSWER = "no_answer"  # 无人接听
    ON_THE_WAY = "on_the_way"  # 已出发


A, S = AlarmAction, AlarmState
_STAYING: Final = (
    *(A.CLAIM, A.RELEASE, A.SHELVE, A.UNSHELVE, A.SUPPRESS, A.UNSUPPRESS),
    *(A.ESCALATE, A.REMIND, A.COMMENT, A.CALL, A.DISPATCH, A.INCIDENT),
)
TRANSITIONS: Final[dict[tuple[AlarmState, AlarmAction], AlarmState]] = {
    (S.ACTIVE_UNACKED, A.RETRIGGER): S.ACTIVE_UNACKED,
    (S.ACTIVE_ACKED, A.RETRIGGER): S.ACTIVE_ACKED,
    (S.ACTIVE_UNACKED, A.CLEAR): S.CLEARED_UNACKED,
    (S.ACTIVE_ACKED, A.CLEAR): S.CLEARED_ACKED,
    (S.CLEARED_UNACKED, A.RETURN): S.ACTIVE_UNACKED,
    (S.CLEARED_ACKED, A.RETURN): S.ACTIVE_UNACKED,
    (S.CLOSED, A.RETURN): S.ACTIVE_UNACKED,  # what a person closed and has come back must be looked at again
    (S.ACTIVE_UNACKED, A.ACKNOWLEDGE): S.ACTIVE_ACKED,
    (S.CLEARED_UNACKED, A.ACKNOWLEDGE): S.CLEARED_ACKED,
    (S.ACTIVE_UNACKED, A.CLOSE): S.ACTIVE_ACKED,  # judged: closes by itself when the condition is gone
    (S.ACTIVE_ACKED, A.CLOSE): S.ACTIVE_ACKED,
    (S.CLEARED_UNACKED, A.CLOSE): S.CLEARED_ACKED,
    (S.CLEARED_ACKED, A.CLOSE): S.CLEARED_ACKED,
    **{(state, action): state for state in OPEN_STATES for action in _STAYING},
}
"""Where an action leads by condition and acknowledgement. Cleared, acknowledged and not in need of a reason (any
more) is finished: `alarm_moves.transition` closes it in the same step. A rise in severity takes an acknowledgement
back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm of one device and kind.

    `severity` latches at its highest until somebody acknowledges; after that it follows the condition, and what is
    worse than `seen_severity` must be looked at again. `raised_at`, `last_at` and `cleared_at` are source times (for
    a replay: the original ones); the others are on our clock. `occurrences` counts the trigger, re-triggers and
    returns. `look_due_at` is when somebody must have looked, `clock_at` when the clock must look next.
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
    seen_severity: Severity | None = None
    life_safety: bool = False
    needs_reason: bool = False
    replayed: bool = False
    owner: str | None = None
    owner_at: datetime | None = None
    shelved_until: datetime | None = None
    shelved_until_clear: bool = False
    shelve_reason: str | None = None
    parent_id: int | None = None
    close_reason: CloseReason | None = None
    close_note: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    look_due_at: datetime | None = None
    clock_at: datetime | None = None
    escalation: int = 0
    incident_id: int | None = None
    dispatched_to: str | None = None
    dispatched_at: datetime | None = None
    version: int = 1

    @property
    def stands(self) -> bool:
        """Tell whether the condition is there."""
        return self.state in STANDING_STATES

    @property
    def unacked(self) -> bool:
        """Tell whether somebody has still to look."""
        return self.state in UNACKED_STATES

    @property
    def shelved(self) -> bool:
        """Tell whether it was put aside; a timed shelf ends by the clock."""
        return self.shelved_until is not None or self.shelved_until_clear


def may_return(cleared_at: datetime | None, *, at: datetime) -> bool:
    """Tell whether a condition standing again at source time `at` reopens an alarm (else it is a new one)."""
    return cleared_at is not None and at - cleared_at <= REOPEN_WITHIN


def needs_reason(severity: Severity, *, life_safety: bool) -> bool:
    """Tell whether an alarm raised with `severity` may only be closed with a reason, where its kind says nothing."""
    return life_safety or severity >= Severity.MAJOR

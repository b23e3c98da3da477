"""What an action does to an alarm: one pure `transition`.

The states it leads to are in `alarms`, deadlines in `alarm_terms`, taking it back in `alarm_undo`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from data_access.domain.alarm_terms import AS_GRADED, Terms, watched
from data_access.domain.alarms import TRANSITIONS, Alarm, AlarmAction, AlarmState, CloseReason, Severity
from data_access.domain.errors import Conflict, IllegalTransition, InvalidInput

LONGEST_SHELF: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What an action says besides its name; each action reads its own."""

    reason: CloseReason | None = None  # close
    note: str | None = None  # close, shelve: why
    until: datetime | None = None  # shelve; escalate and remind: when the clock looks again
    until_clear: bool = False  # shelve
    longest: timedelta = LONGEST_SHELF  # shelve
    take_over: bool = False  # claim, release: although somebody else owns it
    level: int | None = None  # escalate
    parent_id: int | None = None  # suppress
    incident_id: int | None = None  # incident
    whom: str | None = None  # dispatch


NOTHING: Final = Details()


@dataclass(frozen=True, slots=True)
class _Act:
    """An action as its effect sees it: source time, our clock, who, and what else was said."""

    now: datetime
    clock: datetime
    severity: Severity | None
    actor: str | None
    details: Details

    def person(self, verb: str) -> str:
        if not self.actor:
            raise IllegalTransition(verb)
        return self.actor


Changes = dict[str, Any]


def transition(
    alarm: Alarm,
    action: AlarmAction,
    *,
    now: datetime,
    clock: datetime | None = None,
    severity: Severity | None = None,
    actor: str | None = None,
    details: Details = NOTHING,
    terms: Terms = AS_GRADED,
) -> Alarm:
    """Return `alarm` after `action` at `now`.

    `now` is a source time where the world acts; deadlines then run from `clock`, our own. `severity` is that of the
    condition now (re-trigger and return need it); `actor` is who or what acted. Raises `IllegalTransition` when the
    table or the rules have no such move, `Conflict` when somebody else owns the alarm, `InvalidInput` for `details`
    that the action cannot use.
    """
    try:
        state = TRANSITIONS[alarm.state, action]
    except KeyError:
        raise IllegalTransition(_refusal(alarm, action)) from None
    act = _Act(now, clock or now, severity, actor, details)
    after = replace(alarm, **{"state": state, "version": alarm.version + 1, **_EFFECTS[action](alarm, act)})
    if _finished(after):
        return _closed(after, act)
    return watched(after, act.clock, terms) if _restarts(alarm, action, after) else after


def _restarts(before: Alarm, action: AlarmAction, after: Alarm) -> bool:
    changed = before.unacked != after.unacked or before.shelved != after.shelved or after.severity > before.severity
    undated = action is AlarmAction.RETURN and before.look_due_at is None
    return changed or undated or action in _RESTARTING  # what comes and goes unseen keeps its first deadline


def _finished(alarm: Alarm) -> bool:
    return alarm.state is AlarmState.CLEARED_ACKED and (alarm.close_reason is not None or not alarm.needs_reason)


def _closed(alarm: Alarm, act: _Act) -> Alarm:
    return replace(
        alarm,
        state=AlarmState.CLOSED,
        closed_at=act.clock,
        closed_by=alarm.closed_by or alarm.acknowledged_by,
        look_due_at=None,
        clock_at=None,
        parent_id=None,
    )


def _refusal(alarm: Alarm, action: AlarmAction) -> str:
    if alarm.state is AlarmState.CLOSED:
        return "这条告警已经关闭。"
    if action is AlarmAction.ACKNOWLEDGE:
        return "这条告警已经确认过了。"
    if action is AlarmAction.CLEAR:
        return "这条告警已经恢复。"
    return "这条告警现在不能这样处理。"


_UNSHELVED: Final[Changes] = {"shelved_until": None, "shelved_until_clear": False, "shelve_reason": None}
_UNSEEN: Final[Changes] = {
    "acknowledged_at": None,
    "acknowledged_by": None,
    "seen_severity": None,
    "close_reason": None,
    "close_note": None,
    "closed_at": None,
    "closed_by": None,
}
"""What a rise in severity or a return withdraws: it must be looked at and judged again."""


def _retriggered(alarm: Alarm, act: _Act) -> Changes:
    severity = act.severity or alarm.severity
    counted: Changes = {"occurrences": alarm.occurrences + 1, "last_at": max(act.now, alarm.last_at)}
    rose = severity > (alarm.seen_severity or alarm.severity)
    if rose:
        return {**counted, **_UNSEEN, **_UNSHELVED, "state": AlarmState.ACTIVE_UNACKED, "severity": severity}
    if alarm.unacked:
        return {**counted, "severity": max(alarm.severity, severity)}
    return {**counted, "severity": severity}


def _returned(alarm: Alarm, act: _Act) -> Changes:
    worst = max(alarm.severity, act.severity or alarm.severity)
    running = alarm.shelved_until is not None and alarm.shelved_until > act.clock
    keeps_shelf = running and not alarm.life_safety and worst == alarm.severity
    return {
        **_UNSEEN,
        **({} if keeps_shelf else _UNSHELVED),
        "escalation": alarm.escalation if alarm.unacked else 0,
        "severity": worst,
        "occurrences": alarm.occurrences + 1,
        "last_at": max(act.now, alarm.last_at),
        "cleared_at": None,
    }


def _cleared(alarm: Alarm, act: _Act) -> Changes:
    return {"cleared_at": act.now, **(_UNSHELVED if alarm.shelved_until_clear else {})}


def _acknowledged(alarm: Alarm, act: _Act) -> Changes:
    actor = act.person("告警只能由人确认。")
    return {"acknowledged_at": act.clock, "acknowledged_by": actor, "seen_severity": alarm.severity}


def _judged(alarm: Alarm, act: _Act) -> Changes:
    actor = act.person("告警只能由人关闭。")
    if act.details.reason is None:
        raise InvalidInput("请选择关闭的原因。")
    seen = _acknowledged(alarm, act) if alarm.unacked else {}
    return {**seen, "close_reason": act.details.reason, "close_note": act.details.note, "closed_by": actor}


def _claimed(alarm: Alarm, act: _Act) -> Changes:
    actor = act.person("告警只能由人认领。")
    if alarm.owner == actor:
        raise IllegalTransition("您已经认领了这条告警。")
    if alarm.owner is not None and not act.details.take_over:
        raise Conflict("这条告警已由他人认领；要接手请再确认一次。")
    return {"owner": actor, "owner_at": act.clock}


def _released(alarm: Alarm, act: _Act) -> Changes:
    if alarm.owner is None:
        raise IllegalTransition("这条告警没有人认领。")
    if alarm.owner != act.person("告警只能由人放回。") and not act.details.take_over:
        raise Conflict("这条告警由他人认领；要放回请再确认一次。")
    return {"owner": None, "owner_at": None}


def _shelved(alarm: Alarm, act: _Act) -> Changes:
    act.person("告警只能由人搁置。")
    asked = act.details
    if alarm.life_safety and alarm.unacked:
        raise IllegalTransition("生命安全告警确认之前不能搁置。")
    if not asked.note:
        raise InvalidInput("请写明搁置的理由。")
    if (asked.until is None) is not asked.until_clear:
        raise InvalidInput("搁置到某个时刻，或者到恢复为止：二者取一。")
    if asked.until_clear and not alarm.stands:
        raise IllegalTransition("这条告警已经恢复，不能搁置到恢复为止。")
    latest = act.clock + asked.longest
    if asked.until is not None and not act.clock < asked.until <= latest:
        hours = str(int(asked.longest.total_seconds() // 3600))
        raise InvalidInput("搁置的时间超出允许的范围：从现在起，最长 {hours} 小时。", hours=hours)
    return {
        "shelved_until": latest if asked.until_clear else asked.until,  # nothing is put aside for ever
        "shelved_until_clear": asked.until_clear,
        "shelve_reason": asked.note,
    }


def _unshelved(alarm: Alarm, _act: _Act) -> Changes:
    if not alarm.shelved:
        raise IllegalTransition("这条告警没有被搁置。")
    return _UNSHELVED


def _suppressed(alarm: Alarm, act: _Act) -> Changes:
    parent = act.details.parent_id
    if alarm.life_safety:
        raise IllegalTransition("生命安全告警从不抑制。")
    if parent is None or parent == alarm.id:
        raise InvalidInput("抑制需要另一条告警作为原因。")
    return {"parent_id": parent}


def _unsuppressed(alarm: Alarm, _act: _Act) -> Changes:
    if alarm.parent_id is None:
        raise IllegalTransition("这条告警没有被抑制。")
    return {"parent_id": None}


def _escalated(alarm: Alarm, act: _Act) -> Changes:
    level = act.details.level
    if not alarm.unacked:
        raise IllegalTransition("已经确认的告警不再升级。")
    if level is None or level <= alarm.escalation:
        raise InvalidInput("升级只能向上。")
    return {"escalation": level, "clock_at": act.details.until}


def _reminded(alarm: Alarm, act: _Act) -> Changes:
    if alarm.close_reason is not None:
        raise IllegalTransition("这条告警已有结论，只等恢复。")
    return {"clock_at": act.details.until}


def _dispatched(_alarm: Alarm, act: _Act) -> Changes:
    act.person("告警只能由人派遣。")
    if not act.details.whom:
        raise InvalidInput("请选择派给谁。")
    return {"dispatched_to": act.details.whom, "dispatched_at": act.clock}


def _linked(alarm: Alarm, act: _Act) -> Changes:
    if alarm.incident_id is not None:
        raise IllegalTransition("这条告警已经转为事件。")
    if act.details.incident_id is None:
        raise InvalidInput("没有指明事件。")
    return {"incident_id": act.details.incident_id}


def _noted(_alarm: Alarm, act: _Act) -> Changes:
    act.person("只有人可以留言和通话。")
    return {}


_RESTARTING: Final = frozenset(
    {
        AlarmAction.ACKNOWLEDGE,
        AlarmAction.CLOSE,
        AlarmAction.SHELVE,
        AlarmAction.SUPPRESS,
        AlarmAction.UNSUPPRESS,
    }
)
"""Actions after which the deadlines begin anew; a rise and whatever changes acknowledgement or shelf do so too."""
_EFFECTS: Final[Mapping[AlarmAction, Callable[[Alarm, _Act], Changes]]] = {
    AlarmAction.RETRIGGER: _retriggered,
    AlarmAction.RETURN: _returned,
    AlarmAction.CLEAR: _cleared,
    AlarmAction.ACKNOWLEDGE: _acknowledged,
    AlarmAction.CLOSE: _judged,
    AlarmAction.CLAIM: _claimed,
    AlarmAction.RELEASE: _released,
    AlarmAction.SHELVE: _shelved,
    AlarmAction.UNSHELVE: _unshelved,
    AlarmAction.SUPPRESS: _suppressed,
    AlarmAction.UNSUPPRESS: _unsuppressed,
    AlarmAction.ESCALATE: _escalated,
    AlarmAction.REMIND: _reminded,
    AlarmAction.COMMENT: _noted,
    AlarmAction.CALL: _noted,
    AlarmAction.DISPATCH: _dispatched,
    AlarmAction.INCIDENT: _linked,
}

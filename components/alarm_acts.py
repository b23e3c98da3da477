"""What an officer can do about the open alarm: buttons with their keys, the next one marked, or what is waited for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from dash import html

from components import alarm_guide, labels
from components.i18n import Words
from components.parts import Child, attributes, icon
from data_access.domain.alarm_names import REASONS
from data_access.domain.alarms import OPEN_STATES, STANDING_STATES, UNACKED_STATES, AlarmState, Severity
from data_access.viewmodels.alarms import AlarmRecord
from data_access.viewmodels.desk import DeskAlarm

WAITS: Final = "wait"
"""Nothing is left to do before the condition is gone."""
ASIDE: Final = "aside"
"""Put aside: until then nothing is asked of anybody."""


def is_shelved(record: AlarmRecord) -> bool:
    """Whether it is put aside, until a moment or until it clears."""
    return record.shelved_until is not None or record.shelved_until_clear


def next_of(view: DeskAlarm, w: Words) -> str:
    """The next thing to do: an action, `event` for all of a confirmed event, `step` of the guidance, `wait`, `aside`.

    Nobody is led to closing what still burns: there the steps come, then the case, then waiting.
    """
    record = view.detail.alarm
    if is_shelved(record):
        return ASIDE
    if record.state in UNACKED_STATES:
        return "event" if _of_its_event(view, UNACKED_STATES) > 1 else "acknowledge"
    if record.state not in STANDING_STATES:
        return "close"
    unjudged = not record.close_reason
    if unjudged and record.dispatched_at is None:
        return "dispatch"
    if unjudged and alarm_guide.current(view, w) is not None:
        return "step"
    grave = unjudged and (record.life_safety or record.severity >= Severity.MAJOR)
    return "incident" if grave and record.incident_id is None else WAITS


def build(view: DeskAlarm, me: str | None, w: Words) -> list[Child]:
    """The actions that make sense now, each with its key; what is done is a mark and no longer a button."""
    record = view.detail.alarm
    if record.state == AlarmState.CLOSED:
        reason = w(REASONS[record.close_reason]) if record.close_reason else ""
        said = " · ".join(part for part in (w("已关闭"), reason, record.closed_by or "") if part)
        return [html.P([icon("check"), said, *_onward(w)], className="desk-closed")]
    unacked = record.state in UNACKED_STATES
    shelved = is_shelved(record)
    mine = record.owner is not None and record.owner == me
    to_look = _of_its_event(view, UNACKED_STATES)
    whole = not to_look and _of_its_event(view, OPEN_STATES) > 1  # else each of its alarms would be asked about
    first = next_of(view, w)
    if whole and first == "close":
        first = "event"

    def button(action: str, word: str, key: str, *, done: bool = False, **data: str) -> html.Button:
        kind = " is-primary" if action == first else " is-done" if done else ""
        return html.Button(
            [icon("check") if done else None, html.Span(w(word)), html.Kbd(key)],
            type="button",
            className=f"desk-button{kind}",
            **attributes(data_action=action, **data),
        )

    owner = "放回" if mine else "认领" if record.owner is None else "接手"
    return [
        button("claim", owner, "C", done=mine),
        button("acknowledge", "确认" if unacked else "已确认", "A", done=not unacked),
        button("event", "确认整个事件", "Shift A", data_what="acknowledge") if to_look > int(unacked) else None,
        button("dispatch", "派单" if record.dispatched_at is None else "增派", "D"),
        button("shelve", "取消搁置" if shelved else "搁置", "S", done=shelved),
        button("false", "误报", "F"),
        button("close", "关闭", "X"),
        button("event", "关闭整个事件", "Shift X", data_what="close") if whole else None,
        button("incident", "转为事件", "I", done=record.incident_id is not None),
        _waiting(record, w, whole=whole) if first == WAITS else None,
    ]


def standing(record: AlarmRecord, w: Words) -> list[Child]:
    """Who may not act sees how it stands."""
    said = [w(labels.ALARM_STATE[record.state])]
    if record.owner:
        said.append(w("{owner} 已认领", owner=record.owner))
    if record.dispatched_to:
        said.append(w("已派给 {who}", who=record.dispatched_to))
    return [html.P([icon("lock"), " · ".join(said)], className="desk-closed")]


def _waiting(record: AlarmRecord, w: Words, *, whole: bool) -> html.P:
    if record.close_reason:
        return html.P([w("等待恢复，恢复后自动关闭"), *_onward(w)], className="desk-closed")
    said = w("告警条件仍在：恢复后关闭，已有判断可先记下")
    return html.P([said, html.Kbd("Shift X" if whole else "X"), *_onward(w)], className="desk-closed")


def _onward(w: Words) -> list[Child]:
    return [html.Span(w("下一条")), html.Kbd("J")]


def _of_its_event(view: DeskAlarm, states: Collection[str]) -> int:
    """How many alarms of its confirmed event are in one of `states`, itself among them."""
    event = view.detail.alarm.event_id
    found = [view.detail.alarm.state, *(a.state for a in view.siblings if a.event_id == event)]
    return sum(state in states for state in found) if event is not None else 0

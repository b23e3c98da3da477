"""What an officer can do about the open alarm: buttons with their keys, the next one marked, or what is waited for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from dash import html

from components import alarm_guide, labels
from components.i18n import Words
from components.parts import Child, attributes, icon
from data_access.domain.accounts import MACHINES
from data_access.domain.alarm_names import REASONS
from data_access.domain.alarms import OPEN_STATES, STANDING_STATES, UNACKED_STATES, AlarmState, Severity
from data_access.events import AlarmChanged
from data_access.viewmodels.alarms import AlarmRecord
from data_access.viewmodels.desk import DeskAlarm

WAITS: Final = "wait"
"""Nothing is left to do before the condition is gone."""
ASIDE: Final = "aside"
"""Put aside: until then nothing is asked of anybody."""


def is_shelved(record: AlarmRecord) -> bool:
    """Whether it is put aside, until a moment or until it clears."""
    return record.shelved_until is not None or record.shelved_until_clear


def next_of(view: DeskAlarm, w: Words, *, whole: int = 1) -> str:
    """The next thing to do: an action, `event` for all of a confirmed event, `step` of the guidance, `wait`, `aside`.

    Nobody is led to closing what still burns: there the steps come, then the case, then waiting. Where actions are for
    the `whole` event it is looked at when all of it is.
    """
    record = view.detail.alarm
    meant = event_of(view) if whole > 1 else [record]
    if is_shelved(record):
        return ASIDE
    if _in(UNACKED_STATES, meant):
        return "event" if whole == 1 and _in(UNACKED_STATES, event_of(view)) > 1 else "acknowledge"
    if not _in(STANDING_STATES, meant):
        return "close"
    unjudged = not record.close_reason
    if unjudged and record.dispatched_at is None:
        return "dispatch"
    if unjudged and alarm_guide.current(view, w) is not None:
        return "step"
    grave = unjudged and (record.life_safety or record.severity >= Severity.MAJOR)
    return "incident" if grave and record.incident_id is None else WAITS


def build(view: DeskAlarm, me: str | None, w: Words, *, whole: int = 1) -> list[Child]:
    """The actions that make sense now, each with its key; what is done is a mark and no longer a button.

    Where they are for the `whole` event they say for how many alarms.
    """
    record = view.detail.alarm
    if record.state == AlarmState.CLOSED:
        reason = w(REASONS[record.close_reason]) if record.close_reason else ""
        who = "" if record.closed_by in MACHINES else view.called(record.closed_by or "")
        said = " · ".join(part for part in (w("已关闭"), reason, who) if part)
        return [html.P([icon("check"), said, *_onward(w)], className="desk-closed")]
    event = event_of(view)
    meant = event if whole > 1 else [record]
    unacked = bool(_in(UNACKED_STATES, meant))
    shelved = is_shelved(record)
    owners = {one.owner for one in meant}
    to_look = _in(UNACKED_STATES, event)
    together = (
        whole == 1 and not to_look and _in(OPEN_STATES, event) > 1
    )  # else each of its alarms would be asked about
    first = next_of(view, w, whole=whole)
    if together and first == "close":
        first = "event"

    def button(action: str, word: str, key: str, *, done: bool = False, of: int = 1, **data: str) -> html.Button:
        kind = " is-primary" if action == first else " is-done" if done else ""
        said = f"{w(word)} ×{of}" if of > 1 else w(word)
        return html.Button(
            [icon("check") if done else None, html.Span(said), html.Kbd(key)],
            type="button",
            className=f"desk-button{kind}",
            **attributes(data_action=action, **data),
        )

    owner = "认领" if None in owners else "放回" if owners == {me} else "接手"
    others = whole == 1 and to_look > int(unacked)
    return [
        button("claim", owner, "C", done=owners == {me}, of=whole),
        button("acknowledge", "确认" if unacked else "已确认", "A", done=not unacked, of=min(whole, to_look)),
        button("event", "确认整个事件", "Shift A", data_what="acknowledge") if others else None,
        button("dispatch", "派单" if record.dispatched_at is None else "增派", "D"),
        button("shelve", "取消搁置" if shelved else "搁置", "S", done=shelved, of=whole),
        button("false", "误报", "F", of=whole),
        button("close", "关闭", "X", of=whole),
        button("event", "关闭整个事件", "Shift X", data_what="close") if together else None,
        button("incident", "转为事件", "I", done=record.incident_id is not None),
        _waiting(record, w, whole=together) if first == WAITS else None,
    ]


def standing(view: DeskAlarm, w: Words) -> list[Child]:
    """Who may not act sees how it stands."""
    record = view.detail.alarm
    said = [w(labels.ALARM_STATE[record.state])]
    if record.owner:
        said.append(w("{owner} 已认领", owner=view.called(record.owner)))
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


def event_of(view: DeskAlarm) -> Sequence[AlarmRecord | AlarmChanged]:
    """The open alarms of its confirmed event, itself first; nothing where it is of none."""
    record = view.detail.alarm
    if record.event_id is None or record.state == AlarmState.CLOSED:
        return []
    return [record, *(a for a in view.siblings if a.event_id == record.event_id)]


def _in(states: Collection[str], alarms: Sequence[AlarmRecord | AlarmChanged]) -> int:
    return sum(one.state in states for one in alarms)

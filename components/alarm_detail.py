"""The middle of the desk: one alarm, how far it has come, what can be done and what to do, readings, history."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final
from urllib.parse import urlencode

from dash import html

from components import alarm_acts, alarm_guide, alarm_queue, labels
from components import format as fmt
from components.i18n import Lang, Words
from components.parts import Child, attributes, icon, mark
from data_access.domain.alarm_names import ACTIONS, OUTCOMES, REASONS
from data_access.domain.alarms import STANDING_STATES, AlarmAction, AlarmState
from data_access.domain.correlation import is_stale
from data_access.domain.periods import SHANGHAI
from data_access.events import AlarmChanged
from data_access.viewmodels.alarms import AlarmRecord, AlarmStep
from data_access.viewmodels.areas import AreaLabel
from data_access.viewmodels.desk import Chart, DeskAlarm

MACHINES: Final = {"ingest": "系统", "clock": "系统", "correlation": "系统"}
LIFE: Final = (
    ("new", "新告警", ("raise",)),
    ("claim", "认领", (AlarmAction.CLAIM,)),
    ("acknowledge", "确认", (AlarmAction.ACKNOWLEDGE, AlarmAction.CLOSE)),
    ("dispatch", "处置", (AlarmAction.DISPATCH, AlarmAction.CALL, AlarmAction.INCIDENT)),
    ("clear", "恢复", (AlarmAction.CLEAR,)),
    ("close", "关闭", ()),
)
LEVELS: Final = {0: "网格员", 1: "社区", 2: "街道", 3: "区"}
TURNS: Final = {0: "网格员", 1: "社区一级", 2: "街道一级", 3: "区一级"}
"""Whose turn it is by level."""
WINDOWS: Final = {"drill": "演练", "maintenance": "检修"}
SHOWN_STEPS: Final = 60


def regions(  # who looks, and what his actions are for
    view: DeskAlarm, *, may_act: bool, may_comment: bool, me: str | None, w: Words, whole: int = 1
) -> dict[str, Child | list[Child]]:
    """The parts of the middle column by the name of their place in the page; actions are for `whole` alarms at once."""
    record = view.detail.alarm
    may_comment = may_comment and record.state != AlarmState.CLOSED  # history is not added to
    return {
        "head": _head(view, w),
        "life": _life(record, view.detail.history, w),
        "acts": alarm_acts.build(view, me, w, whole=whole) if may_act else alarm_acts.standing(view, w),
        "guide": alarm_guide.build(
            view, w, ticking=may_comment, next_=may_act and alarm_acts.next_of(view, w, whole=whole) == "step"
        ),
        "readings": _readings(view.chart, record, w),
        "siblings": _siblings(view, w),
        "timeline": _timeline(view, writing=may_comment, w=w),
    }


def title(record: AlarmRecord, w: Words) -> str:
    """`烟感火警`, `燃气浓度高 27.5 %LEL`."""
    name = labels.of(labels.ALARM, record.kind, w)
    return f"{name} {record.value:g} {record.unit}" if record.value is not None and record.unit else name


def _head(view: DeskAlarm, w: Words) -> list[Child]:
    record = view.detail.alarm
    severity = w(labels.SEVERITY[record.severity])
    meta: list[Child] = [
        html.Span(
            [mark(record.severity, w), f"{severity} · {w('生命安全')}" if record.life_safety else severity],
            className=f"desk-grade is-{labels.SEVERITY_CLASS[record.severity]}",
        ),
        html.Span(labels.of(labels.DEVICE, record.device_kind or "", w)),
        html.Span(record.device_code or "", className="desk-dim"),
        html.Span(w("编号 {n}", n=record.id), className="desk-dim"),
    ]
    crumbs: list[Child] = []
    for area in view.around.trail:
        crumbs += [html.Span(w.name(area.name, area.name_en)), icon("chev")]
    return [
        html.Div([*meta, *_marks(view, w)], className="desk-meta"),
        html.H1([html.Span(title(record, w)), html.Span(record.place, className="desk-where")]),
        html.Div([*crumbs[:-1], *[html.Span(fact) for fact in _facts(view, w)]], className="desk-crumbs"),
        html.Div(
            [
                html.Span("", className="desk-ring is-large", **attributes(data_clock="ring", aria_hidden="true")),
                html.Div(
                    [
                        html.Span("", **attributes(data_clock="name")),
                        html.B("", **attributes(data_clock="left")),
                        html.Span("", **attributes(data_clock="age")),
                    ]
                ),
            ],
            className="desk-clock",
        ),
    ]


def _facts(view: DeskAlarm, w: Words) -> list[str]:
    floor, floors = view.around.floor, view.around.floors
    said = [_below(fact, view.around.trail) for fact in view.around.facts]
    if floor is not None and floors:
        return [*said, w("第 {n} 层（共 {of} 层）", n=floor, of=floors)]
    if floor is not None:
        return [*said, w("第 {n} 层", n=floor)]
    return [*said, *([w("共 {n} 层", n=floors)] if floors else [])]


def _below(address: str, trail: Iterable[AreaLabel]) -> str:
    """The address without the areas that stand before it already: `翠平南路192号`."""
    for area in trail:
        address = address.removeprefix(area.name)
    return address


def _shelf(record: AlarmRecord, w: Words) -> str | None:
    """Until when it is put aside; the day stands with it, as that may be tomorrow."""
    if record.shelved_until is None:
        return w("已搁置到恢复") if record.shelved_until_clear else None
    at = fmt.stamp(record.shelved_until)[5:]
    until = w("已搁置到恢复，最迟至 {time}", time=at) if record.shelved_until_clear else w("已搁置至 {time}", time=at)
    return f"{until} · {record.shelve_reason}" if record.shelve_reason else until


def _marks(view: DeskAlarm, w: Words) -> list[Child]:
    """What must be known of it beside its state."""
    record, case = view.detail.alarm, view.case
    judged = record.close_reason if record.state != AlarmState.CLOSED else None
    stale = record.state in STANDING_STATES and is_stale(record.raised_at, now=view.at)
    together = len(alarm_acts.event_of(view))
    said = (
        record.run is not None and _replayed(record, w),
        record.window and w(WINDOWS.get(record.window, record.window)),
        together > 1 and w("{n} 处同时报警，已证实", n=together),
        together == 1 and record.event_id == record.id and w("多点报警，已证实"),
        _shelf(record, w),
        record.chattering and w("反复抖动"),
        stale and w("长存：已持续一天以上"),
        judged and w("已判断：{reason}，等待恢复", reason=w(REASONS[judged])),
        record.incident_id is not None and case is None and w("已转为事件 {n}", n=record.incident_id),
    )
    became = [_case_link(case, w)] if case else []
    return (
        became
        + [html.Span(text, className="desk-tag") for text in said if text]
        + [
            html.Button(
                w(text, n=number), type="button", className="desk-tag is-link", **attributes(data_go=str(number))
            )
            for text, number in _others(record)
        ]
    )


def _case_link(code: str, w: Words) -> Child:
    """The way to the case that the alarm became."""
    asked = {"code": code} | ({"lang": w.lang.value} if w.lang is Lang.EN else {})
    return html.A(w("已转为事件 {n}", n=code), href=f"/incidents/case?{urlencode(asked)}", className="desk-tag is-link")


def _replayed(record: AlarmRecord, w: Words) -> str:
    """The run it belongs to and, of a recording, when it was."""
    if record.original_raised_at is None:
        return f"{w('回放')} {record.run}"
    return w("回放 {run}，原始时间 {time}", run=record.run, time=fmt.stamp(record.original_raised_at))


def _others(record: AlarmRecord) -> list[tuple[str, int]]:
    """The alarms that this one points at, each a step away: what caused it, what it is part of."""
    found = [("由告警 {n} 引起，已抑制", record.parent_id), ("多点报警，已证实：首报 {n}", record.event_id)]
    return [(text, number) for text, number in found if number is not None and number != record.id]


def _life(record: AlarmRecord, history: Sequence[AlarmStep], w: Words) -> html.Ol:
    """新告警 → 认领 → 确认 → 处置 → 恢复 → 关闭, each with when it came about."""
    at = {name: next((s.at for s in reversed(history) if s.action in words), None) for name, _, words in LIFE}
    at["new"] = record.raised_at
    at["claim"] = record.owner_at if record.owner else None
    at["acknowledge"] = record.acknowledged_at
    at["clear"] = record.cleared_at
    at["close"] = record.closed_at
    reached = [name for name, _, _ in LIFE if at[name]]
    items = []
    for name, word, _ in LIFE:
        when = at[name]
        state = "is-now" if reached and name == reached[-1] else "is-done" if when else ""
        note = _seconds(record.raised_at, when, w) if when and name != "new" else _time(when) if when else fmt.DASH
        items.append(html.Li([html.B(w(word)), html.Span(note)], className=state))
    return html.Ol(items, className="desk-life", **attributes(aria_label=w("进度")))


def _seconds(start: datetime, at: datetime, w: Words) -> str:
    past = max(0, int((at - start).total_seconds()))
    if past < 60:  # a minute
        return w("+{n} 秒", n=past)
    return "+" + fmt.age(at - start, w)


def _readings(chart: Chart | None, record: AlarmRecord, w: Words) -> list[Child]:
    """The chart's data; `desk_chart.js` draws it. Words say the same for those who do not see it."""
    if chart is None:
        return [html.H2(w("读数")), html.P(w("近 1 小时没有读数"), className="desk-dim")]
    values = [value for _, value in chart.points]
    name = labels.of(labels.METRIC, chart.metric, w)
    levels = " ".join(f"{w(labels.SEVERITY[severity])} {threshold:g}" for threshold, severity in chart.levels)
    drawn = {
        "since": int(chart.since.timestamp() * 1000),
        "until": int(chart.until.timestamp() * 1000),
        "points": chart.points,
        "levels": chart.levels,
        "state": chart.is_state,
        "unit": chart.unit,
        "raised": int(record.raised_at.timestamp() * 1000),
        "severity": record.severity,
    }
    said = w(
        "{name}：最近 {last}，最低 {low}，最高 {high}",
        name=name,
        last=f"{values[-1]:g}",
        low=f"{min(values):g}",
        high=f"{max(values):g}",
    )
    return [
        html.H2([w("读数"), html.Small(f"{name} {chart.unit} · {w('近 1 小时')} · {w('阈值')} {levels}")]),
        html.Div(
            className="desk-chart",
            role="img",
            **attributes(data_chart=json.dumps(drawn), aria_label=said),
        ),
    ]


def _siblings(view: DeskAlarm, w: Words) -> list[Child]:
    rows: list[Child] = [
        html.Li(
            html.Button(
                [
                    mark(a.severity, w),
                    html.Span(labels.of(labels.ALARM, a.kind, w), className="desk-title"),
                    html.Span(alarm_queue.seat(a, w), className="desk-dim"),
                    html.Span(fmt.age(view.at - a.raised_at, w)),
                ],
                type="button",
                className="desk-sibling",
                **attributes(data_go=str(a.alarm_id)),
            )
        )
        for a in view.siblings
    ]
    if not rows:
        return []
    return [html.H2([w("同处告警"), html.Small(w("{n} 条", n=len(rows)))]), html.Ul(rows)]


def _timeline(view: DeskAlarm, *, writing: bool, w: Words) -> list[Child]:
    """What happened, newest first; among it when the others of its confirmed event were raised."""
    history = view.detail.history
    steps = [(step.at, _kind(step), _told(step, view, w)) for step in history]
    others = [a for a in alarm_acts.event_of(view) if isinstance(a, AlarmChanged)]
    joined = [(a.raised_at, "is-machine", _joined(a, w)) for a in others]
    shown = sorted([*steps, *joined], key=itemgetter(0))[: -SHOWN_STEPS - 1 : -1]
    rows: list[Child] = [html.Li([html.Time(_time(at)), html.Span(told)], className=kind) for at, kind, told in shown]
    note = html.Button(
        [html.Span(w("添加备注…")), html.Kbd("N")],
        type="button",
        className="desk-note",
        **attributes(data_action="note"),
    )
    return [
        html.H2([w("时间线"), html.Small(w("全部 {n} 条", n=len(history) + len(joined)))]),
        html.Ol(rows, className="desk-steps", tabIndex="0", **attributes(aria_label=w("时间线"))),
        note if writing else None,
    ]


def _joined(alarm: AlarmChanged, w: Words) -> list[Child]:
    name = labels.of(labels.ALARM, alarm.kind, w)
    return [html.B(f"{w('系统')} "), w("{what} 也报警", what=f"{name} · {alarm_queue.seat(alarm, w)}")]


def _kind(step: AlarmStep) -> str:
    return "is-machine" if step.actor in MACHINES else "is-person"


def _told(step: AlarmStep, view: DeskAlarm, w: Words) -> list[Child]:
    who = w(MACHINES[step.actor]) if step.actor in MACHINES else view.called(step.actor)
    what = w(ACTIONS[step.action]) if step.action in ACTIONS else step.action
    said = _said(step, w)
    colon = ": " if w.lang is Lang.EN else "："
    return [html.B(f"{who} "), what, f"{colon}{said}" if said else ""]


def _said(step: AlarmStep, w: Words) -> str:
    """What the person said with it: to whom, why, until when, in his own words."""
    kept = step.detail or {}
    parts = [str(kept[name]) for name in ("who", "whom", "text", "why") if kept.get(name)]
    if kept.get("until"):
        parts.append(w("至 {time}", time=fmt.stamp(datetime.fromisoformat(kept["until"]))[5:]))
    if kept.get("until_clear"):
        parts.append(w("到恢复为止"))
    if kept.get("per10"):
        parts.append(w("近 10 分钟 {n} 条新告警", n=kept["per10"]))
    if kept.get("outcome") in OUTCOMES:
        parts.append(w(OUTCOMES[kept["outcome"]]))
    if kept.get("reason") in REASONS:
        parts.append(w(REASONS[kept["reason"]]))
    if kept.get("level") in TURNS:
        parts.append(w(TURNS[kept["level"]]))
    if kept.get("undone") in ACTIONS:
        parts.append(w(ACTIONS[kept["undone"]]))
    if step.action == AlarmAction.ESCALATE:  # its note is the same in Chinese alone
        return " · ".join([*parts, *_unmanned(kept, w)])
    return " · ".join([*parts, *([step.note] if step.note and step.note not in parts else [])])


def _unmanned(kept: Mapping[str, Any], w: Words) -> list[str]:
    """Which levels had nobody on shift, so that it went on at once."""
    empty = [*kept.get("passed", ()), *([] if kept.get("manned", True) else [kept.get("level")])]
    return (
        [
            w(
                "{n}无人值班",
                n=(", " if w.lang is Lang.EN else "、").join(w(TURNS[level]) for level in empty if level in TURNS),
            )
        ]
        if empty
        else []
    )


def _time(at: datetime | None) -> str:
    return f"{at.astimezone(SHANGHAI):%H:%M:%S}" if at else fmt.DASH

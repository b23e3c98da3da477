"""The queue of the duty officer's desk: its filters, its first lines, and the templates that desk_list.js fills.

A line is made once, here. The server fills it for the first paint, `desk.js` for every later one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from dash import html

from components import format as fmt
from components import labels
from components.i18n import Words
from components.markup import Input
from components.parts import Child, attributes, icon, mark
from data_access.events import AlarmChanged
from data_access.viewmodels.areas import Place
from data_access.viewmodels.desk import DeskLine, DeskQueue

VIEWS: Final = {
    "open": "待办",
    "mine": "我的",
    "unacked": "未确认",
    "shelved": "已搁置",
    "suppressed": "被抑制",
    "stale": "长存",
    "chattering": "抖动",
    "all": "全部",
}
RARE: Final = frozenset({"suppressed", "stale", "chattering"})
"""Views that are offered only while they hold something, or are on."""
LOOK: Final = {4: "1 分内确认", 3: "3 分内确认", 2: "20 分内确认", 1: "60 分内确认"}
"""The target of each grade, beside its name (domain facts: first look after 1, 3, 20, 60 minutes)."""


class Ids(StrEnum):
    """Names that the scripts know."""

    LIST = "desk-list"
    PILL = "desk-pill"
    SEARCH = "desk-search"
    BULK = "desk-bulk"
    ROW = "desk-row"
    HEAD = "desk-head"
    GROUP = "desk-group"
    NONE = "desk-none"


def build(
    queue: DeskQueue, places: Mapping[str, str], query: Mapping[str, str], now: datetime, w: Words, *, place: Place
) -> html.Section:
    """The left column: filters, list, what waits, what can be done with those marked."""
    return html.Section(
        [
            _filters(query, place, w),
            html.Div(
                _first_lines(queue, places, now, w),
                id=Ids.LIST,
                className="desk-list",
                role="listbox",
                tabIndex="0",
                **attributes(aria_label=w("告警"), aria_multiselectable="true"),
            ),
            _none(queue, now, w),
            html.Button(
                [html.Span("", **attributes(data_f="waiting")), html.Kbd("R")],
                id=Ids.PILL,
                type="button",
                className="desk-pill",
                hidden=True,
            ),
            _bulk(w),
        ],
        className="desk-queue",
        **attributes(aria_label=w("告警队列"), data_sources="sensors"),
    )


def templates(w: Words) -> html.Div:
    """A line of each sort, for the scripts to copy."""
    return html.Div([_row(w), _event(w), _head(w), _group(w)], id="desk-templates", hidden=True)


def seat(alarm: AlarmChanged, w: Words, floors: Sequence[int] = ()) -> str:
    """`翠竹苑 3 栋 第 5 层`: the building and, where it is known, the floor; of an event the lowest and highest."""
    known = floors or ([] if alarm.floor is None else [alarm.floor])
    if not known:
        return alarm.place
    low, high = min(known), max(known)
    return f"{alarm.place} {w('第 {n} 层', n=low) if low == high else w('第 {n}–{to} 层', n=low, to=high)}"


def place_of(alarm: AlarmChanged, places: Mapping[str, str], w: Words, floors: Sequence[int] = ()) -> str:
    """`水贝社区 · 翠竹苑 3 栋 第 5 层`: the lowest named area above the place, then the place."""
    area = next((places[alarm.area[:n]] for n in range(len(alarm.area), 0, -3) if alarm.area[:n] in places), "")
    return " · ".join(dict.fromkeys(part for part in (area, seat(alarm, w, floors)) if part))


def _filters(query: Mapping[str, str], place: Place, w: Words) -> html.Div:
    view = query.get("view", "open")
    chips = [
        html.Button(
            [html.Span(w(word)), html.B("", **attributes(data_view_count=name))],
            type="button",
            className="desk-chip",
            hidden=name in RARE and name != view,
            **attributes(data_view=name, aria_pressed="true" if name == view else "false"),
            **(attributes(data_rare="") if name in RARE else {}),
        )
        for name, word in VIEWS.items()
    ]
    severities = [html.Option(w("全部级别"), value="")] + [
        html.Option(w(word), value=str(level)) for level, word in labels.SEVERITY.items()
    ]
    return html.Div(
        [
            html.Div(chips, className="desk-views", role="group", **attributes(aria_label=w("视图"))),
            html.Div(
                [
                    html.Label(
                        [
                            icon("search"),
                            html.Span(w("查找告警"), className="sr-only"),
                            Input(
                                id=Ids.SEARCH,
                                type="search",
                                placeholder=w("查找告警、楼栋"),
                                autocomplete="off",
                                value=query.get("q", ""),
                            ),
                            html.Kbd("/"),
                        ],
                        className="desk-search",
                    ),
                    _areas(place, w),
                    html.Select(
                        severities,
                        className="desk-select",
                        **attributes(data_filter="severity", aria_label=w("级别")),
                    ),
                    html.Select(
                        html.Option(w("全部种类"), value=""),
                        className="desk-select",
                        **attributes(data_filter="kind", aria_label=w("种类")),
                    ),
                ],
                className="desk-narrow",
            ),
        ],
        className="desk-filters",
    )


def _areas(place: Place, w: Words) -> html.Select:
    """Where one is, the way up, what lies below: another one is another address."""
    levels = [*place.trail, place.area]
    indent = "\u2003"
    options = [
        html.Option(
            indent * depth + w.name(area.name, area.name_en), value=area.code, selected=area.code == place.area.code
        )
        for depth, area in [*enumerate(levels), *((len(levels), child) for child in place.children)]
    ]
    return html.Select(options, className="desk-select is-area", **attributes(data_areas="", aria_label=w("区域")))


def _first_lines(queue: DeskQueue, places: Mapping[str, str], now: datetime, w: Words) -> list[Child]:
    lines: list[Child] = []
    severity = None
    for line in queue.lines:
        if line.severity != severity:
            severity = line.severity
            folded = sum(one.n - 1 for one in queue.lines if one.severity == severity)
            lines.append(_head(w, severity, queue.by_severity.get(severity, 0), folded))
        place = place_of(line.alarm, places, w, line.floors)
        lines.append(_event(w, line, place, now) if line.n > 1 else _row(w, line.alarm, place, now))
    return lines


def _head(w: Words, severity: int = 1, n: int | None = None, folded: int = 0) -> html.Div:
    return html.Div(
        [
            mark(severity, w),
            html.B(w(labels.SEVERITY[severity]), **attributes(data_f="name")),
            html.Span(_lines_of(n, folded), **attributes(data_f="n")),
            html.Span(w(LOOK[severity]), className="desk-target", **attributes(data_f="target")),
        ],
        className="desk-head",
        role="presentation",
        **attributes(aria_hidden="true"),  # a list box holds options alone; each line names its grade
        **({} if n is not None else attributes(data_template="head")),
    )


def _lines_of(n: int | None, folded: int) -> str:
    """`5`, or `5 → 3` where of five alarms several are one line."""
    if n is None:
        return ""
    return f"{fmt.count(n)} → {n - folded}" if 0 < folded < n else fmt.count(n)


def _row(w: Words, alarm: AlarmChanged | None = None, place: str = "", now: datetime | None = None) -> html.Div:
    """One alarm; without one the empty template."""
    severity = alarm.severity if alarm else 1
    unacked = alarm is not None and alarm.state.endswith("_unacked")
    title = labels.of(labels.ALARM, alarm.kind, w) if alarm else ""
    times = f"×{alarm.occurrences}" if alarm and alarm.occurrences > 1 else ""
    age = fmt.age(now - alarm.raised_at, w) if alarm and now else ""
    return html.Div(
        [
            mark(severity, w),
            html.Div(
                [
                    _title(title, _value(alarm)),
                    _marks(
                        times,
                        html.Span(w(labels.ALARM_STATE[alarm.state]), className="desk-tag is-strong")
                        if alarm and unacked
                        else None,
                    ),
                ],
                className="desk-line-a",
            ),
            html.Div(place, className="desk-line-b", **attributes(data_f="place")),
            html.Span(age, className="desk-age", **attributes(data_f="age")),
            html.Span("", className="desk-owner", **attributes(data_f="owner")),
            html.Span("", className="desk-ring", **attributes(data_f="ring", aria_hidden="true")),
        ],
        className=f"desk-row{' is-unacked' if unacked else ''}",
        role="option",
        **({} if alarm else attributes(data_template="alarm")),
        **attributes(aria_selected="false"),
    )


def _event(w: Words, line: DeskLine | None = None, place: str = "", now: datetime | None = None) -> html.Div:
    """A confirmed event: its alarms as one line, which its right end unfolds; without one the empty template."""
    alarm = line.alarm if line else None
    unacked = line.unacked if line else 0
    said = w("{n}/{of} 未确认", n=unacked, of=line.n) if line and unacked < line.n else w("{n} 条未确认", n=unacked)
    tag = html.Span(said, className="desk-tag is-strong") if unacked else None
    title = labels.of(labels.ALARM, alarm.kind, w) if alarm else ""
    return html.Div(
        [
            mark(alarm.severity if alarm else 1, w),
            html.Div(
                [_title(title, _value(alarm)), _marks(f"×{line.n}" if line else "", tag)],
                className="desk-line-a",
            ),
            html.Div(place, className="desk-line-b", **attributes(data_f="place")),
            html.Span(
                fmt.age(now - line.since, w) if line and now else "", className="desk-age", **attributes(data_f="age")
            ),
            html.Span("", className="desk-owner", **attributes(data_f="owner")),
            html.Span("", className="desk-ring", **attributes(data_f="ring", aria_hidden="true")),
            html.Span(icon("chev"), className="desk-fold", title=w("展开、收起"), **attributes(data_fold="")),
        ],
        className=f"desk-row is-event{' is-unacked' if unacked else ''}",
        role="option",
        **({} if line else attributes(data_template="event")),
        **attributes(aria_selected="false"),
    )


def _value(alarm: AlarmChanged | None) -> str:
    """`27.5 %LEL`; nothing of a state."""
    return "" if alarm is None or alarm.value is None or not alarm.unit else f"{round(alarm.value, 2):g} {alarm.unit}"


def _title(kind: str = "", value: str = "") -> html.Span:
    slots = [html.Span(kind, **attributes(data_f="title")), html.Span(value, **attributes(data_f="value"))]
    return html.Span(slots, className="desk-title")


def _marks(times: str = "", tag: html.Span | None = None) -> html.Span:
    """How often, and what must be seen at once: beside the title, on a line of its own where that leaves no room."""
    return html.Span(
        [
            html.Span(times, className="desk-times", **attributes(data_f="times")),
            html.Span(tag, className="desk-tags", **attributes(data_f="tags")),
        ],
        className="desk-marks",
    )


def _group(w: Words) -> html.Div:
    """Several alarms of one cause in a flood, folded."""
    return html.Div(
        [
            mark(1, w),
            html.Div(
                [
                    _title(),
                    _marks(),
                ],
                className="desk-line-a",
            ),
            html.Div("", className="desk-line-b", **attributes(data_f="place")),
            html.Span("", className="desk-age", **attributes(data_f="age")),
            html.Span("", className="desk-owner", **attributes(data_f="owner")),
            icon("chev"),
        ],
        className="desk-row is-group",
        role="option",
        **attributes(aria_selected="false", data_template="group"),
    )


def _none(queue: DeskQueue, now: datetime, w: Words) -> html.Div:
    last = fmt.moment(queue.last_at, now, w) if queue.last_at else fmt.DASH
    return html.Div(
        [
            icon("check"),
            html.B(w("没有需要处理的告警"), **attributes(data_f="none")),
            html.Span([w("最近一次"), " ", html.Span(last, **attributes(data_f="last"))]),
        ],
        id=Ids.NONE,
        className="desk-none",
        hidden=bool(queue.lines),
    )


def _bulk(w: Words) -> html.Div:
    """What can be done with those that are marked."""

    def button(action: str, word: str, key: str) -> html.Button:
        said: list[Child] = [w(word), html.Kbd(key)]
        return html.Button(said, type="button", className="desk-button is-small", **attributes(data_action=action))

    return html.Div(
        [
            html.B("", **attributes(data_f="marked")),
            button("acknowledge", "确认", "A"),
            button("claim", "认领", "C"),
            button("shelve", "搁置", "S"),
            button("close", "关闭", "X"),
            html.Button(
                html.Kbd("Esc"),
                type="button",
                className="desk-button is-small",
                **attributes(data_action="leave", aria_label=f"{w('取消选择')} Esc"),
            ),
        ],
        id=Ids.BULK,
        className="desk-bulk",
        role="toolbar",
        hidden=True,
        **attributes(aria_label=w("已选告警")),
    )

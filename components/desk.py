"""The duty officer's desk as a whole: the strip of figures, the three columns, and what scripts need around them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from dash import html

from components import alarm_queue, desk_dialogs
from components import format as fmt
from components.i18n import Words
from components.parts import Child, attributes, icon, mark
from data_access.domain.alarms import Severity
from data_access.domain.flood import BEGINS_ABOVE as FLOOD
from data_access.viewmodels.areas import Place
from data_access.viewmodels.desk import DeskFigures, DeskQueue

CALM: Final = 1
WAYS: Final = {"webhook": "外部接口", "email": "邮件", "wecom": "企业微信", "dingtalk": "钉钉", "sms": "短信"}
MAX_WAIT_S: Final = 60


class Ids(StrEnum):
    """Names that the scripts know."""

    DESK = "desk"
    STRIP = "desk-strip"
    FLOOD = "desk-flood"
    LATE = "desk-late"
    WINDOWS = "desk-windows"
    DETAIL = "desk-detail"
    CONTEXT = "desk-context"
    SOUND = "desk-sound"
    SHIFT = "desk-shift"
    MENTIONS = "desk-mentions"
    GRAVER = "desk-graver"
    TOASTS = "desk-toasts"
    SAY = "desk-say"


def build(  # noqa: PLR0913  # all that the desk shows at first
    queue: DeskQueue,
    figures: DeskFigures,
    places: Mapping[str, str],
    query: Mapping[str, str],
    refusal: str | None,
    now: datetime,
    w: Words,
    *,
    place: Place,
    shelve_max_h: int,
    guest: bool = False,
) -> html.Div:
    """Everything under the header. `refusal` says why the viewer may only read; None when he may act."""
    return html.Div(
        [
            html.Div(
                [
                    html.Div(strip(figures, w), id=Ids.STRIP, className="desk-figures"),
                    _seat(refusal, w, guest=guest),
                ],
                className="desk-strip",
            ),
            _late(),
            _flood(w),
            _refusal(refusal, guest=guest, w=w) if refusal else None,
            html.Div(id=Ids.WINDOWS, className="desk-windows", role="status", hidden=True),
            html.Div(
                [
                    alarm_queue.build(queue, places, query, now, w, place=place),
                    _detail(w),
                    html.Aside(
                        id=Ids.CONTEXT, className="desk-context", tabIndex="0", **attributes(aria_label=w("现场"))
                    ),
                ],
                className="desk-main",
            ),
            _foot(w, may_act=refusal is None),
            alarm_queue.templates(w),
            desk_dialogs.build(w, shelve_max_h=shelve_max_h),
            _graver(w),
            html.Div(id=Ids.TOASTS, className="desk-toasts", role="status"),
            html.Div(id=Ids.SAY, className="sr-only", **attributes(aria_live="assertive")),
        ],
        className="desk-body",
    )


def _refusal(why: str, *, guest: bool, w: Words) -> html.P:
    link = html.A(w("登录"), href="/sign-in?next=%2Falarms", className="desk-button is-small") if guest else None
    return html.P([icon("lock"), html.Span(why), link], className="desk-refusal", role="note")


def strip(figures: DeskFigures, w: Words) -> list[Child]:
    """The figures of the shift, those of now first: where not all have room, the last are not there.

    What has no data yet is left out.
    """
    recent = sum(figures.per_minute)
    highest = max(FLOOD, *figures.per_minute)
    span = w("本班") if figures.on_shift else w("今日")
    bars = [html.I(style={"height": f"{100 * n / highest:.0f}%"}) for n in figures.per_minute]
    cells: list[Child] = [
        _cell(
            w("近 10 分钟告警"),
            w("{n} 条", n=fmt.count(recent)),
            w("洪泛阈值 {n}", n=FLOOD),
            html.Div(bars, className="desk-bars", **attributes(aria_hidden="true")),
        ),
        html.Div(
            html.Div(
                [
                    html.Span(w("未确认"), className="desk-k"),
                    html.Span(
                        [html.B("", **attributes(data_f="unacked")), html.Span("", **attributes(data_f="oldest"))]
                    ),
                ]
            ),
            className="desk-cell",
        ),
        _load(recent, w),
    ]
    if figures.undelivered or figures.retried:
        cells.insert(0, _undelivered(figures, w))
    if figures.mean_acknowledge_s is not None:
        mean = _duration(figures.mean_acknowledge_s, w)
        name = f"{w('平均确认用时')} · {span}"
        cells.append(_cell(name, mean, w("{n} 条", n=fmt.count(figures.acknowledged))))
    if figures.false_alarms is not None:
        rate = f"{fmt.rate(100 * figures.false_alarms / figures.closed, 1)}%"
        name = f"{w('误报率')} · {span}"
        cells.append(_cell(name, rate, f"{fmt.count(figures.false_alarms)} / {fmt.count(figures.closed)}"))
    return cells


def _undelivered(figures: DeskFigures, w: Words) -> html.Div:
    """Notices that did not get out: who was to be told knows nothing."""
    ways = [f"{w(WAYS.get(way, way))} {fmt.count(n)}" for way, n in sorted(figures.undelivered.items())]
    again = [w("重试中 {n}", n=fmt.count(figures.retried))] if figures.retried else []
    lost = sum(figures.undelivered.values())
    name, value = w("通知未送达 · 近 24 小时"), w("{n} 条", n=fmt.count(lost))
    return _cell(name, value, " · ".join(ways + again), kind=" is-undelivered")


def _cell(name: str, value: str, note: str, before: Child = None, kind: str = "") -> html.Div:
    return html.Div(
        [before, html.Div([html.Span(name, className="desk-k"), html.Span([html.B(value), html.Span(note)])])],
        className=f"desk-cell{kind}",
    )


def _load(recent: int, w: Words) -> html.Div:
    word, note = (
        (w("洪泛"), w("超过 {n} 条", n=FLOOD))
        if recent > FLOOD
        else (w("偏忙"), w("{n} 条以内", n=FLOOD))
        if recent > CALM
        else (w("平稳"), w("有余量"))
    )
    value: list[Child] = [mark(Severity.MAJOR, w)] if recent > FLOOD else []
    return html.Div(
        html.Div([html.Span(w("操作负荷"), className="desk-k"), html.Span([*value, html.B(word), html.Span(note)])]),
        className="desk-cell",
    )


def _duration(seconds: float, w: Words) -> str:
    whole = round(seconds)
    if whole < 2 * MAX_WAIT_S:
        return w("{n} 秒", n=whole)
    return w("{n} 分", n=round(seconds / 60))


def _seat(refusal: str | None, w: Words, *, guest: bool) -> html.Div:
    """At the right end: who is on shift, what names the viewer, and whether the desk can be heard."""
    return html.Div(
        [
            html.Div("", id="desk-seats", className="desk-seats"),
            html.Button(
                [html.Span(w("接班")), html.Kbd("H")],
                id=Ids.SHIFT,
                type="button",
                className="desk-button is-small",
                **attributes(data_action="shift"),
            )
            if refusal is None
            else None,
            None
            if guest
            else html.Button(
                [icon("bell"), html.B("", **attributes(data_f="unread"))],
                id=Ids.MENTIONS,
                type="button",
                className="desk-sound",
                title=w("提到我的备注"),
                **attributes(data_action="mentions", aria_label=w("提到我的备注")),
            ),
            html.Button(
                [icon("sound"), html.Span(w("声音"), **attributes(data_f="sound"))],
                id=Ids.SOUND,
                type="button",
                className="desk-sound",
                **attributes(data_action="sound"),
            ),
        ],
        className="desk-seat",
    )


def _late() -> html.Div:
    """Nothing has come through for a while: a calm desk is then no news."""
    return html.Div(
        [icon("off"), html.B("", **attributes(data_f="title")), html.Span("", **attributes(data_f="said"))],
        id=Ids.LATE,
        className="desk-late",
        role="alert",
        hidden=True,
    )


def _flood(w: Words) -> html.Div:
    return html.Div(
        [
            mark(Severity.MAJOR, w),
            html.B("", **attributes(data_f="title")),
            html.Span(
                [
                    html.Span("", **attributes(data_f="said")),
                    html.Span("", className="desk-flood-cause", **attributes(data_f="cause")),
                    html.Span("", className="desk-flood-help", **attributes(data_f="help")),
                ],
                className="desk-flood-said",
            ),
            html.Button(
                [html.Span("", **attributes(data_f="same")), html.Kbd("L")],
                type="button",
                className="desk-button is-small",
                hidden=True,
                **attributes(data_action="sameCause"),
            ),
            html.Button(
                [html.Span(w("请求增援")), html.Kbd("U")],
                type="button",
                className="desk-button is-small",
                hidden=True,
                **attributes(data_action="reinforce"),
            ),
            html.Button(
                [html.Span("", **attributes(data_f="switch")), html.Kbd("E")],
                type="button",
                className="desk-button is-small",
                **attributes(data_action="unfold"),
            ),
        ],
        id=Ids.FLOOD,
        className="desk-flood",
        role="alert",
        hidden=True,
    )


def _graver(w: Words) -> html.Button:
    """A critical alarm that nobody has looked at while a milder one is open: said where it moves nothing."""
    return html.Button(
        [
            mark(Severity.CRITICAL, w),
            html.B("", **attributes(data_f="graver")),
            html.Span([w("看这一条"), html.Kbd("O")], className="desk-graver-go"),
        ],
        type="button",
        id=Ids.GRAVER,
        className="desk-graver",
        hidden=True,
        **attributes(data_action="graver"),
    )


def _detail(w: Words) -> html.Section:
    """The places of the middle column; `/desk/alarm` brings what stands in them."""

    def place(name: str, class_name: str) -> html.Div:
        return html.Div(className=class_name, **attributes(data_part=name))

    return html.Section(
        [
            html.Button(
                [icon("back"), html.Span(w("返回队列"))],
                type="button",
                className="desk-back",
                **attributes(data_action="leave"),
            ),
            html.Button(
                [icon("pin"), html.Span(w("现场"))],
                type="button",
                className="desk-place-switch",
                **attributes(data_action="place", aria_expanded="false"),
            ),
            html.P(w("从左边选一条告警，或按 J"), className="desk-choose", **attributes(data_f="choose")),
            place("head", "desk-title-block"),
            place("life", "desk-life-place"),
            place("acts", "desk-acts"),
            place("guide", "desk-guide-place"),
            html.Div(
                [
                    html.Div(
                        [place("readings", "desk-card"), place("siblings", "desk-card")], className="desk-pair-left"
                    ),
                    place("timeline", "desk-card desk-timeline"),
                ],
                className="desk-pair",
            ),
        ],
        id=Ids.DETAIL,
        className="desk-detail",
        **attributes(aria_label=w("告警详情")),
    )


def _foot(w: Words, *, may_act: bool) -> html.Footer:
    return html.Footer(
        [
            html.Span("", className="desk-foot-said", **attributes(data_f="rest")),
            html.Span(
                [
                    *(html.Kbd("J"), html.Kbd("K"), html.Span(w("下一条、上一条"))),
                    *(html.Kbd(w("空格")), html.Span(w("选中"))),
                    *(html.Kbd("Shift J K"), html.Span(w("连选"))),
                ],
                className="desk-foot-keys",
            ),
            html.Button(
                [html.Kbd("W"), html.Span(w("演练、检修"))],
                type="button",
                className="desk-link",
                **attributes(data_action="window"),
            )
            if may_act
            else None,
            html.A(
                w("值班日志"), href="/api/v1/duty-log?format=xlsx", className="desk-link", id="desk-log", hidden=True
            ),
            html.Button(
                [html.Kbd("?"), html.Span(w("全部快捷键"))],
                type="button",
                className="desk-link",
                **attributes(data_action="help"),
            ),
        ],
        className="desk-foot",
    )

"""The dialogs of the desk: each a form that Enter sends and Escape leaves, its first choice the usual one.

`desk_dialogs.js` opens them and reads their fields. They are only ever written as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dash import html

from components.i18n import Words
from components.markup import Input
from components.parts import Child, attributes
from data_access.domain.alarm_names import OUTCOMES, REASONS

SHELVES: Final = {"15": "15 分钟", "60": "1 小时", "240": "4 小时", "480": "8 小时"}
WHY_SHELVED: Final = ("检修进行中", "已知情况，等待处置", "设备待更换")
WHY_REVEALED: Final = ("处置告警，需要联系本人", "核实在岗情况", "交班核对联系方式")

KEYS: Final = (
    ("J K ↓ ↑", "下一条、上一条"),
    ("Shift J K", "连选"),
    ("空格", "选中或取消选中"),
    ("A", "确认"),
    ("Shift A C X", "确认、认领、关闭整个事件"),
    ("C", "认领，再按放回"),
    ("D", "派单"),
    ("S", "搁置，再按取消搁置"),
    ("X", "关闭"),
    ("F", "误报"),
    ("I", "转为事件"),
    ("O", "看无人确认的紧急告警"),
    ("T", "完成当前步骤"),
    ("N", "写备注"),
    ("V", "看视频"),
    ("1–9", "拨打责任人并记下结果"),
    ("Z", "撤销"),
    ("R", "收下新告警"),
    ("E", "进出洪泛视图"),
    ("L", "洪泛：只看疑似同源的告警"),
    ("U", "洪泛：请求上级增援"),
    ("→ ← Enter", "展开、收起一事多点或一组同源告警"),
    ("G", "看同源告警"),
    ("P", "现场（平板）"),
    ("M", "声音"),
    ("B", "提到我的备注"),
    ("H", "接班、交班"),
    ("W", "演练、检修"),
    ("/", "查找"),
    ("?", "全部快捷键"),
    ("Esc", "返回"),
)


def build(w: Words, *, shelve_max_h: int) -> html.Div:
    """Every dialog of the desk, closed."""
    return html.Div(
        [
            _close(w),
            _shelve(w, shelve_max_h),
            _dispatch(w),
            _note(w),
            _call(w),
            _incident(w),
            _reveal(w),
            _take_over(w),
            *_shift(w),
            _window(w),
            _mentions(w),
            _sound(w),
            _help(w),
        ],
        id="desk-dialogs",
    )


def dialog(name: str, title: str, body: Sequence[Child], send: str | None, w: Words) -> html.Dialog:
    """A dialog with its form; without `send` it only tells something."""
    buttons: list[Child] = [
        html.Button(
            [w("取消") if send else w("关上"), html.Kbd("Esc")],
            type="button",
            className="desk-button",
            **attributes(data_cancel=""),
        )
    ]
    if send:
        buttons.append(html.Button([send, html.Kbd("Enter")], type="submit", className="desk-button is-primary"))
    return html.Dialog(
        html.Form(
            [
                html.H2(title, id=f"desk-{name}-title"),
                html.P("", className="desk-dialog-of", **attributes(data_f="of")),
                *body,
                html.P("", className="desk-dialog-said", role="alert", **attributes(data_f="said")),
                html.Div(buttons, className="desk-dialog-buttons"),
            ],
            method="dialog",
            noValidate=True,
        ),
        id=f"desk-dialog-{name}",
        className="desk-dialog",
        **attributes(aria_labelledby=f"desk-{name}-title", data_dialog=name),
    )


def choices(name: str, options: Sequence[tuple[str, Child]], chosen: str, title: str) -> html.Fieldset:
    """Radio buttons that the digits choose as well."""
    lines = [
        html.Label(
            [
                Input(type="radio", name=name, value=value, checked=value == chosen),
                html.Kbd(str(i)),
                html.Span(text),
            ],
            className="desk-choice",
        )
        for i, (value, text) in enumerate(options, 1)
    ]
    return html.Fieldset([html.Legend(title), *lines], className="desk-choices")


def text_field(name: str, label: str, hint: str = "", rows: str = "2") -> html.Label:
    """A place to write a few lines."""
    return html.Label(
        [html.Span(label), html.Textarea("", name=name, rows=rows, placeholder=hint, maxLength="500")],
        className="desk-field",
    )


def _close(w: Words) -> html.Dialog:
    reasons = [(code, w(word)) for code, word in REASONS.items()]
    return dialog(
        "close",
        w("关闭告警"),
        [
            html.P("", className="desk-dim", **attributes(data_f="stands")),
            choices("reason", reasons, "real", w("判断")),
            text_field("note", w("说明"), w("可不填")),
        ],
        w("关闭告警"),
        w,
    )


def _shelve(w: Words, most_h: int) -> html.Dialog:
    """Only what will be taken is offered; what waits until it clears comes back at the latest when that is over."""
    spans = [(value, w(word)) for value, word in SHELVES.items() if int(value) <= 60 * most_h]
    spans.append(("clear", w("直到恢复，最长 {n} 小时", n=most_h)))
    return dialog(
        "shelve",
        w("搁置告警"),
        [
            choices("span", spans, "60", w("多久")),
            _why("shelved", WHY_SHELVED, w),
        ],
        w("搁置"),
        w,
    )


def _why(name: str, usual: Sequence[str], w: Words) -> html.Label:
    """A reason: the usual ones are offered, the first stands there."""
    known = f"desk-why-{name}"
    field = Input(type="text", name="reason", list=known, value=w(usual[0]), maxlength="200")
    options = html.Datalist([html.Option(value=w(why)) for why in usual], id=known)
    return html.Label([html.Span(w("为什么")), field, options], className="desk-field")


def _reveal(w: Words) -> html.Dialog:
    kept = html.P(w("谁看了谁、为什么，都记入审计。"), className="desk-dim")
    return dialog("reveal", w("查看姓名和电话"), [_why("revealed", WHY_REVEALED, w), kept], w("查看"), w)


def _dispatch(w: Words) -> html.Dialog:
    return dialog(
        "dispatch",
        w("派单"),
        [
            html.Fieldset(
                [html.Legend(w("派给谁")), html.Div(className="desk-options", **attributes(data_options="people"))],
                className="desk-choices",
            ),
            text_field("note", w("要做什么"), w("可不填")),
        ],
        w("派单"),
        w,
    )


def _note(w: Words) -> html.Dialog:
    hint = w("用 @ 提到同事，他会收到通知")
    people = html.Ul(
        id="desk-people-offered",
        className="desk-offered",
        role="listbox",
        hidden=True,
        **attributes(data_people="", aria_label=w("可以提到的同事")),
    )
    return dialog("note", w("写备注"), [text_field("text", w("备注"), hint, "3"), people], w("记下"), w)


def _mentions(w: Words) -> html.Dialog:
    lines = html.Ul(className="desk-mention-list", **attributes(data_mentions=""))
    return dialog("mentions", w("提到我的备注"), [lines], None, w)


def _call(w: Words) -> html.Dialog:
    outcomes = [(code, w(word)) for code, word in OUTCOMES.items()]
    return dialog(
        "call",
        w("通话结果"),
        [
            html.P(html.A("", className="desk-call-number", **attributes(data_f="number"))),
            choices("outcome", outcomes, "reached", w("结果")),
            text_field("note", w("说明"), w("可不填")),
        ],
        w("记下"),
        w,
    )


def _incident(w: Words) -> html.Dialog:
    return dialog("incident", w("转为事件"), [text_field("note", w("说明"), w("可不填"))], w("转为事件"), w)


def _take_over(w: Words) -> html.Dialog:
    return dialog("takeover", w("接手告警"), [html.P("", **attributes(data_f="owner"))], w("接手"), w)


def _shift(w: Words) -> list[html.Dialog]:
    """Begin a shift, hand it over, take it over."""

    def items() -> html.Ul:
        return html.Ul(className="desk-items", **attributes(data_items=""))

    def line(name: str, label: str, hint: str) -> html.Label:
        return html.Label(
            [html.Span(label), Input(type="text", name=name, maxlength="60", placeholder=hint)], className="desk-field"
        )

    start: list[Child] = [
        line("seat", w("席位"), w("例如 A 席")),
        html.Div(
            [
                html.Button(w("试音"), type="button", className="desk-button", **attributes(data_sound="test")),
                html.P(w("先试一次声音，听到四声再接班。"), className="desk-dim", **attributes(data_f="sound")),
            ],
            className="desk-dialog-row",
        ),
    ]
    over: list[Child] = [
        items(),
        html.Label(
            [
                html.Span(w("交给")),
                Input(
                    type="text",
                    name="to_user",
                    maxlength="60",
                    list="desk-successors",
                    placeholder=w("选一位；不填则由下一位签收"),
                ),
                html.Datalist([], id="desk-successors"),
            ],
            className="desk-field",
        ),
        text_field("note", w("交班说明"), w("可不填")),
    ]
    return [
        dialog("start", w("接班"), start, w("接班"), w),
        dialog("handover", w("交班"), over, w("签字交班"), w),
        dialog("sign", w("接班"), [html.P("", **attributes(data_f="note")), items()], w("签收接班"), w),
    ]


def _window(w: Words) -> html.Dialog:
    """Announce a drill or maintenance: what, where, from when to when, why."""

    def moment(name: str, label: str) -> html.Label:
        return html.Label([html.Span(label), Input(type="datetime-local", name=name)], className="desk-field")

    return dialog(
        "window",
        w("通告演练或检修"),
        [
            choices("kind", [("drill", w("演练")), ("maintenance", w("检修"))], "drill", w("种类")),
            html.Fieldset(
                [html.Legend(w("在哪里")), html.Div(className="desk-options", **attributes(data_options="places"))],
                className="desk-choices",
            ),
            html.Div([moment("since", w("开始")), moment("until", w("结束"))], className="desk-dialog-pair"),
            html.Label(
                [html.Span(w("事由")), Input(type="text", name="reason", maxlength="200")], className="desk-field"
            ),
            html.P(w("期间的告警照常记录并标明，涉及生命安全的照常处置。"), className="desk-dim"),
        ],
        w("通告"),
        w,
    )


def _sound(w: Words) -> html.Dialog:
    def button(word: str, **data: str) -> html.Button:
        return html.Button(w(word), type="button", className="desk-button", **attributes(**data))

    return dialog(
        "sound",
        w("声音"),
        [
            html.P("", **attributes(data_f="state")),
            html.Div(
                [
                    button("试音", data_sound="test"),
                    button("静音 15 分钟", data_sound="15"),
                    button("静音 60 分钟", data_sound="60"),
                    button("恢复声音", data_sound="0"),
                ],
                className="desk-dialog-row",
            ),
            html.Label(
                [
                    Input(type="checkbox", name="spoken", **attributes(data_sound_spoken="")),
                    html.Span(w("同时读出告警")),
                ],
                className="desk-choice",
            ),
            html.P(w("四种提示音依次是提示、次要、重要、紧急。"), className="desk-dim"),
        ],
        None,
        w,
    )


def _help(w: Words) -> html.Dialog:
    rows: list[Child] = []
    for keys, what in KEYS:
        caps = [html.Kbd(w(key)) for key in keys.split()]
        rows.append(html.Div([html.Dt(caps), html.Dd(w(what))]))
    return dialog("help", w("全部快捷键"), [html.Dl(rows, className="desk-keys")], None, w)

"""告警设置: rules of a device or model, the editor of one, and how last month would have gone with other numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from dash import dcc, html

from components import chart, labels
from components import format as fmt
from components.i18n import Words
from components.navigation import address
from components.parts import Child, attributes, icon, mark, panel, table
from components.rule_words import KEEPS, OWN, fence_area, field_name, saying, value
from data_access.domain.devices import AWAY
from data_access.domain.fences import Keep
from data_access.domain.periods import SHANGHAI
from data_access.viewmodels.device_rules import Preview, PreviewAlarm, RuleChange, RuleLine, RuleNumbers, RulesView

FIELD: Final = "rule-number"
"""Type of the ids of the numbers; their names are in the order of `names`."""
PATH: Final = "/alarms/rules"
JUDGED: Final[Mapping[str, str]] = {
    "real": "属实",
    "false": "误报",
    "test": "测试",
    "maintenance": "检修",
    "device_fault": "设备故障",
}


CIRCLE: Final = "circle"
POLYGON: Final = "polygon"
"""Answers of the form beside the areas: the device's own place, and corners of one's own."""


class Ids(StrEnum):
    """What the page's callbacks know."""

    BODY = "rules-body"
    VERSION = "rules-version"
    PREVIEW = "rules-preview"
    SAVE = "rules-save"
    RESULT = "rules-result"
    TOLD = "rules-told"
    CHANGED = "rules-changed"


def crumbs(view: RulesView, query: Mapping[str, str], w: Words) -> html.Div:
    """Where one is, and the way back to the analysis."""
    trail: list[Child] = [
        html.A(w("告警"), href=address("/alarms", query)),
        icon("chev"),
        html.A(w("分析"), href=address("/alarms/analysis", query)),
        icon("chev"),
        html.Span(w(view.name) if view.device_id is None else view.place, **attributes(aria_current="page")),
    ]
    return html.Div(
        [
            html.Nav(trail, className="crumbs", **attributes(aria_label=w("路径"))),
            html.H1(w("{name}告警设置", name=_title(view, w))),
        ],
        className="where",
    )


def build(
    view: RulesView, alarm: str, query: Mapping[str, str], w: Words, *, may_change: bool, told: str = ""
) -> list[Child]:
    """Everything under the header; `alarm` is the rule that is open."""
    line = next((rule for rule in view.rules if rule.alarm == alarm), view.rules[0] if view.rules else None)
    return [
        dcc.Store(id=Ids.VERSION, data=view.version),
        html.Div([_about(view, query, w), _rules(view, line, query, w), _changes(view.changes, w)]),
        html.Div(
            [
                _editor(view, line, w, may_change=may_change, told=told)
                if line
                else panel("rule", w("规则"), [html.P(w("这个型号没有告警规则"), className="missing")]),
                html.Div(id=Ids.RESULT, **attributes(aria_live="polite")),
            ]
        ),
    ]


def names(line: RuleLine) -> tuple[str, ...]:
    """The numbers that can be set of a rule: a 0/1 state has neither thresholds nor hysteresis to set."""
    level = () if line.is_state else (*(f"threshold-{n}" for n in range(len(line.now.thresholds))), "hysteresis")
    return (*level, "raise_delay_s", "raise_count", "clear_delay_s")


def preview(found: Preview, line: RuleLine, wanted: RuleNumbers, w: Words) -> html.Section:
    """How last month would have gone."""
    if not found.hours and not found.readings:
        none = (
            w("查看的 {n} 台里没有一台越过阈值，新旧设定都不会报警。", n=fmt.count(found.looked))
            if found.devices > 1
            else w("这段时间没有存下这项读数，无法试算。")
        )
        return panel("preview", w("若上月就这样设"), [html.P(none, className="missing")], sub=_span(found))
    body: list[Child] = [_figures(found, w), html.P(_said(found, w), className="rules-said")]
    if found.trace:
        body.append(_chart(found, line, wanted, w))
    for title, rows, total in (
        (w("不再报的"), found.gone, found.gone_total),
        (w("新增的"), found.new, found.new_total),
    ):
        if rows:
            body.append(_alarms(title, rows, total, line, w))
    if not found.gone and not found.new:
        body.append(html.P(w("与现在的设定相比，没有告警消失，也没有新增。"), className="rules-same"))
    return panel("preview", w("若上月就这样设"), body, sub=_span(found), note=w("未应用"))


def refused(why: str, w: Words) -> html.P:
    """Why it cannot be, in a sentence."""
    return html.P([icon("off"), html.Span(w(why))], className="rules-refused", role="alert")


def overtaken(by: str, w: Words) -> html.P:
    """Somebody else was faster while these numbers were being written; what was written stays until one looks."""
    look = html.Button(
        w("看现在的值"), type="button", className="desk-button is-small", **attributes(data_rules_look="")
    )
    return html.P(
        [icon("off"), html.Span(w("{by} 刚刚改了规则，您写的还没有保存。", by=by)), look],
        className="rules-refused",
        role="alert",
    )


def of(view: RulesView) -> dict[str, Any]:
    """What the scripts must know to hear of changes of these rules."""
    return attributes(data_rules_device=str(view.device_id or ""), data_rules_model=view.model)


def _title(view: RulesView, w: Words) -> str:
    return w("型号 {name} ", name=w(view.name)) if view.device_id is None else f"{view.name} "


def _about(view: RulesView, query: Mapping[str, str], w: Words) -> html.Section:
    kind = labels.of(labels.DEVICE, view.kind, w)
    model = html.A(w(view.model_name), href=address(PATH, query, model=view.model), className="rules-link")
    facts: list[tuple[str, Child]] = [(w("类型"), kind)]
    if view.device_id is not None:
        facts += [(w("位置"), view.place), (w("编号"), view.code), (w("型号"), model)]
    else:
        facts += [(w("型号"), view.code), (w("终端"), w("{n} 台", n=fmt.count(view.devices)))]
        facts.append((w("另有设定"), w("{n} 台", n=fmt.count(view.own_devices))))
    facts.append((w("上报周期"), w("{n} 秒", n=fmt.count(view.period_s))))
    listed = html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts], className="rules-facts")
    return html.Section(listed, className="panel rules-about", **attributes(aria_label=w("终端与型号")))


def _rules(view: RulesView, chosen: RuleLine | None, query: Mapping[str, str], w: Words) -> html.Section:
    here = {"model": view.code} if view.device_id is None else {"device": view.code}
    rows = []
    for line in view.rules:
        link = html.A(
            labels.of(labels.ALARM, line.alarm, w),
            href=address(PATH, query, **here, alarm=line.alarm),
            className="rules-link",
            **(attributes(aria_current="true") if line is chosen else {}),
        )
        origin = w("本终端") if line.own else w("型号")
        worst = max((severity for _, severity in line.now.thresholds), default=1)
        cells = [
            html.Th([mark(worst, w), " ", link], scope="row"),
            html.Td(saying(line.now, line.unit, w), className="rules-numbers"),
            html.Td(html.Span(origin, className="tag") if line.own else origin) if view.device_id else None,
        ]
        rows.append(html.Tr(cells, className="is-chosen" if line is chosen else ""))
    heads = [w("告警"), w("设定")] + ([w("来自")] if view.device_id else [])
    return panel("rules", w("告警规则"), [table(heads, rows, w("告警规则"), kind="rules")], sub=w("点一行修改"))


def _editor(view: RulesView, line: RuleLine, w: Words, *, may_change: bool, told: str) -> html.Section:
    name, metric = labels.of(labels.ALARM, line.alarm, w), labels.of(labels.METRIC, line.metric, w)
    rows: list[Child] = [_field(line, field, w, may_change=may_change) for field in names(line)]
    if line.metric == AWAY:
        rows += _fence_fields(line, w, may_change=may_change)
    body: list[Child] = [html.Div(rows, className="rules-fields")]
    if line.is_state:
        body.append(html.P(w("状态量只有 0 和 1，不设阈值和回差。"), className="rules-said"))
    if line.life_safety:
        body.append(html.P([icon("shield"), html.Span(w("涉及生命的告警不能推迟。"))], className="rules-said"))
    if may_change:
        whom = w("保存到本终端") if view.device_id is not None else w("应用到 {n} 台", n=fmt.count(view.devices))
        acts: list[Child] = [
            html.Button(w("试算上月"), id=Ids.PREVIEW, type="button", className="desk-button"),
            html.Button(whom, id=Ids.SAVE, type="button", className="desk-button is-primary"),
        ]
        body.append(html.Div(acts, className="rules-acts"))
    else:
        body.append(html.P([icon("lock"), html.Span(w("修改由管理员完成"))], className="rules-said"))
    body.append(html.Div(told and html.P(told, className="rules-done", role="status"), id=Ids.TOLD))
    return panel("rule", name, body, sub=metric if metric != name else None, note=w("改动记入审计"))


def _field(line: RuleLine, name: str, w: Words, *, may_change: bool) -> html.Label:
    now = value(line.now, name)
    usual = value(line.model, name) if line.model else now
    unit = line.unit or ""
    title: list[Child]
    if name.startswith("threshold-"):
        severity = line.now.thresholds[int(name[-1])][1]
        side = "≥" if line.side == "high" else "<"
        title = [mark(severity, w), html.Span(f" {w(labels.SEVERITY[severity])} {side}")]
    else:
        title = [html.Span(field_name(name, w))]
        if name != "hysteresis":
            unit = w("次") if name == "raise_count" else w("秒")
    hint = w("型号 {n}", n=usual or w("不限")) if line.own and usual != now else ""
    return html.Label(
        [
            html.Span(title, className="rules-name"),
            html.Span([now or w("不限"), html.Small(hint)], className="rules-now"),
            html.Span("→", **attributes(aria_hidden="true")),
            dcc.Input(
                id={"type": FIELD, "name": name},
                type="text",
                inputMode="decimal",  # type: ignore[arg-type]  # the list Dash knows is older
                value=now,
                disabled=not may_change,
                autoComplete="off",
                debounce=False,
            ),
            html.Span(unit, className="rules-unit"),
        ],
        className="rules-field",
    )


def _fence_fields(line: RuleLine, w: Words, *, may_change: bool) -> list[Child]:
    """What the distance is measured from: the device's own place, the boundary of an area, a polygon."""
    now = line.now.fence
    offered = {CIRCLE: w("自己的位置"), **{kind: w(name) for kind, name in OWN.items()}, POLYGON: w("多边形")}
    if now and now.area and now.area not in OWN:
        offered[now.area] = fence_area(now.area, w)
    chosen = CIRCLE if now is None else POLYGON if now.polygon else now.area
    corners = "\n".join(f"{lng:g}, {lat:g}" for lng, lat in now.polygon) if now and now.polygon else ""
    return [
        html.Fieldset(
            [
                html.Legend(w("围栏")),
                _radio("fence", offered, chosen, may_change=may_change),
                _radio(
                    "keep", {k: w(v) for k, v in KEEPS.items()}, now.keep if now else Keep.INSIDE, may_change=may_change
                ),
                html.Label(
                    [
                        html.Span(w("多边形的点：每行一个，经度, 纬度（WGS-84）")),
                        dcc.Textarea(
                            id={"type": FIELD, "name": "corners"}, value=corners, disabled=not may_change, rows=5
                        ),
                    ]
                ),
            ],
            className="rules-fence",
        )
    ]


def _radio(name: str, options: Mapping[str, str], value: str | None, *, may_change: bool) -> dcc.RadioItems:
    given = [{"value": code, "label": word, "disabled": not may_change} for code, word in options.items()]
    return dcc.RadioItems(id={"type": FIELD, "name": name}, options=given, value=value, inline=True)


def _changes(changes: Sequence[RuleChange], w: Words) -> html.Section:
    if not changes:
        body: Child = html.P(w("还没有改动过"), className="missing")
    else:
        rows = [
            html.Tr(
                [
                    html.Th(fmt.stamp(change.at), scope="row"),
                    html.Td([change.by, html.Small(change.of)], className="rules-who"),
                    html.Td(
                        [
                            html.B(labels.of(labels.ALARM, change.alarm, w)),
                            html.Span(saying(change.before, None, w), className="rules-old"),
                            html.Span(["→ ", saying(change.after, None, w)]),
                        ],
                        className="rules-change",
                    ),
                ]
            )
            for change in changes
        ]
        body = table((w("时间"), w("谁"), w("从 → 到")), rows, w("改动记录"), kind="rules")
    return panel("changes", w("改动记录"), [body], sub=w("本终端与型号，最近 {n} 次", n=20))


def _figures(found: Preview, w: Words) -> html.Div:
    missed = f"{fmt.count(found.missed)} / {fmt.count(found.real)}" if found.real else w("没有判为属实的告警")
    late = fmt.age(timedelta(seconds=found.late_s), w) if found.late_s else w("不晚")
    cells = [
        (
            w("告警"),
            f"{fmt.count(found.before.alarms)} → {fmt.count(found.after.alarms)}",
            fmt.change(found.after.alarms, found.before.alarms),
        ),
        (w("属实告警会漏"), missed, w("人工判为属实的")),
        (w("晚报最多"), late, w("相比现在的设定")),
        (w("首末"), f"{_when(found.after.first)} – {_when(found.after.last)}", w("新设定下")),
    ]
    return html.Div(
        [html.Div([html.Span(k, className="desk-k"), html.B(v), html.Small(note)]) for k, v, note in cells],
        className="rules-figures",
    )


def _said(found: Preview, w: Words) -> str:
    """Which part of the span was told by what, and what that cannot know."""
    parts = [w("围栏变了，距离用存下的位置重算；更早的只剩小时极值，看不出位置。")] if found.moved else []
    if found.hours:
        until = _when(found.raw_since or found.until)
        parts.append(
            w(
                "{since} 至 {until} 用小时极值（{n} 个小时）："
                "极值分不清短于一小时的延时，某小时的极值越过阈值就算一次。",
                since=_when(found.since),
                until=until,
                n=fmt.count(found.hours),
            )
        )
    if found.readings and found.raw_since:
        parts.append(
            w(
                "{since} 以来用原始读数（{n} 条），延时按原时间计。",
                since=_when(found.raw_since),
                n=fmt.count(found.readings),
            )
        )
    if found.devices > 1:
        parts.append(
            w(
                "型号共 {all} 台，重放了其中有位置的 {n} 台。"
                if found.moved
                else "型号共 {all} 台，查看 {looked} 台，其中 {n} 台越过新旧阈值，已重放。",
                all=fmt.count(found.devices),
                looked=fmt.count(found.looked),
                n=fmt.count(found.replayed),
            )
        )
    parts.append(w("实际记录 {n} 条告警。", n=fmt.count(found.recorded)))
    return " ".join(parts)


def _chart(found: Preview, line: RuleLine, wanted: RuleNumbers, w: Words) -> html.Div:
    when = [at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M") for at, _ in found.trace]
    trace = {
        "type": "scatter",
        "mode": "lines",
        "x": when,
        "y": [value for _, value in found.trace],
        "line": {"color": "var(--text-1)", "width": 1.5},
        "hovertemplate": "%{x|%m-%d %H:%M} %{y}<extra></extra>",
    }
    now, new = line.now.thresholds[0][0], wanted.thresholds[0][0]
    accent = {"color": "var(--accent)", "width": 2, "dash": "4px,3px"}
    shapes: list[Mapping[str, Any]] = [chart.threshold(now)]
    higher = now >= new
    notes = [_label(now, w("现 {n}", n=f"{now:g}"), "var(--text-3)", above=higher)]
    if new != now:
        shapes.append({**chart.threshold(new), "line": accent})
        notes.append(_label(new, w("新 {n}", n=f"{new:g}"), "var(--accent)", above=not higher))
    layout = {
        "shapes": shapes,
        "annotations": notes,
        "yaxis": {"rangemode": "normal"},
        "margin": {"l": 36, "r": 56, "t": 8, "b": 24},
    }
    return chart.build([trace], w("每小时最接近告警的值，与新旧阈值"), layout)


def _label(at: float, text: str, color: str, *, above: bool) -> dict[str, Any]:
    where = {"xref": "paper", "x": 1.0, "y": at, "xanchor": "left", "yanchor": "bottom" if above else "top"}
    return {**where, "text": text, "showarrow": False, "font": {"color": color}}


def _alarms(title: str, rows: Sequence[PreviewAlarm], total: int, line: RuleLine, w: Words) -> html.Div:
    lines = [
        html.Tr(
            [
                html.Th(_when(one.raised_at), scope="row"),
                html.Td([mark(one.severity, w), f" {one.place}"], className="trends-where", title=one.device_code),
                html.Td(fmt.DASH if one.value is None else f"{one.value:g} {line.unit or ''}"),
                html.Td(w("原始读数") if one.raw else w("小时极值")),
                html.Td(labels.of(JUDGED, one.judged, w) if one.judged else fmt.DASH),
            ]
        )
        for one in rows
    ]
    heads = (w("时间"), w("地点"), w("数值"), w("依据"), w("当时判为"))
    told = w("{n} 条", n=fmt.count(total)) + (w("，列最近 {n} 条", n=len(rows)) if total > len(rows) else "")
    return html.Div(
        [html.H3([title, html.Small(told)]), table(heads, lines, title, kind="rules")], className="rules-list"
    )


def _span(found: Preview) -> str:
    return f"{_when(found.since)} – {_when(found.until)}"


def _when(at: datetime | None) -> str:
    return fmt.DASH if at is None else f"{at.astimezone(SHANGHAI):%m-%d %H:%M}"

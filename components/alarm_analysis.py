"""告警分析: officer load with the flood line, priorities, sources, times, false alarms; each line leads to settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from dash import html

from components import chart
from components import format as fmt
from components.alarm_analysis_tables import PATH, lists, models, sources, times, took
from components.i18n import Words
from components.navigation import address
from components.parts import Child, attributes, icon, mark, panel
from data_access.domain.alarms import Severity
from data_access.domain.flood import BEGINS_ABOVE, ENDS_BELOW
from data_access.domain.periods import SHANGHAI
from data_access.viewmodels.alarm_analysis import Analysis, Slot
from data_access.viewmodels.areas import Place

RECOMMENDED: Final = (("低级", (1, 2), 80.0), ("中级", (3,), 15.0), ("高级", (4,), 5.0))
"""Share of low, medium and high priority as ISA-18.2 is cited, and the severities that are each."""
FLOOD_TARGET: Final = 1.0
STEADY: Final = 1
_SLOT: Final = 10


def crumbs(place: Place, query: Mapping[str, str], w: Words) -> html.Div:
    """Where one is: the desk, then the way up to the area."""
    trail: list[Child] = [html.A(w("告警"), href=address("/alarms", query)), icon("chev")]
    for up in place.trail[-1:]:
        trail += [html.A(w.name(up.name, up.name_en), href=address(PATH, query, area=up.code)), icon("chev")]
    trail.append(html.Span(w.name(place.area.name, place.area.name_en), **attributes(aria_current="page")))
    return html.Div(
        [
            html.Nav(trail, className="crumbs", **attributes(aria_label=w("区域路径"))),
            html.H1(w("{name}告警分析", name=w.name(place.area.name, place.area.name_en))),
        ],
        className="where",
    )


def bar(place: Place, first: date, end: date, today: date, query: Mapping[str, str], w: Words) -> html.Div:
    """Which area and which days, and the way to the file."""
    tomorrow = today + timedelta(days=1)
    spans = (
        (w("今日"), today, tomorrow),
        (w("近 7 日"), tomorrow - timedelta(days=7), tomorrow),
        (w("近 30 日"), tomorrow - timedelta(days=30), tomorrow),
    )
    choices = [
        html.A(
            name,
            href=address(PATH, {**query, "from": since.isoformat(), "to": until.isoformat()}),
            className="analysis-choice",
            **(attributes(aria_current="true") if (since, until) == (first, end) else {}),
        )
        for name, since, until in spans
    ]
    below = [
        html.A(w.name(child.name, child.name_en), href=address(PATH, query, area=child.code))
        for child in place.children
    ]
    file = {"area": place.area.code, "from": first.isoformat(), "to": end.isoformat(), "format": "xlsx"}
    export = html.A(
        [icon("table"), html.Span(w("导出"))],
        href=address("/api/v1/alarms/analysis", {}, **file),
        className="desk-button is-small analysis-export",
        download="",
    )
    return html.Div(
        [
            html.Nav(choices, className="analysis-spans", **attributes(aria_label=w("时段"))),
            html.Nav(below, className="trends-below", **attributes(aria_label=w("下级区域"))) if below else None,
            export,
        ],
        className="analysis-bar",
    )


def reading(w: Words) -> html.P:
    """While it is counted."""
    return html.P(w("读取中"), className="missing analysis-reading", role="status")


def build(found: Analysis, query: Mapping[str, str], w: Words) -> list[Child]:
    """Everything below the bar."""
    if not found.now.alarms:
        last = (
            w("前一时段有 {n} 条。", n=fmt.count(found.before.alarms)) if found.before.alarms else w("前一时段也没有。")
        )
        said = html.P([icon("check"), html.Span(w("这段时间没有告警。")), " ", last], className="missing")
        return [panel("load", w("席位负荷"), [said], sub=_span(found))]
    return [
        _figures(found, w),
        html.Div(
            [
                _load(found, w),
                _mix(found, w),
                sources(found, query, w),
                times(w("确认与关闭用时"), "kinds", found.by_kind, found, query, w),
                models(found, query, w),
                lists(found, query, w),
                times(w("各区域用时"), "areas", found.by_area, found, query, w) if found.by_area else None,
            ],
            className="analysis-grid",
        ),
    ]


def _figures(found: Analysis, w: Words) -> html.Div:
    now, before = found.now, found.before
    flooded = 100 * now.flooded_s / (found.end - found.start).total_seconds()
    cells: list[tuple[str, str, str]] = [
        (w("告警"), w("{n} 条", n=fmt.count(now.alarms)), f"{w('环比')} {fmt.change(now.alarms, before.alarms)}"),
        (w("每席 10 分钟"), w("{n} 条", n=f"{now.per_seat10:.2f}"), w("参考 ≤ {n}", n=STEADY)),
        (w("洪泛占时"), f"{flooded:.1f}%", w("目标 < {n}%", n=f"{FLOOD_TARGET:g}")),
        (
            w("确认 中位 · p95"),
            f"{took(now.acknowledge_median_s, w)} · {took(now.acknowledge_p95_s, w)}",
            w("前期 {t}", t=took(before.acknowledge_median_s, w)),
        ),
        (
            w("关闭 中位 · p95"),
            f"{took(now.close_median_s, w)} · {took(now.close_p95_s, w)}",
            w("前期 {t}", t=took(before.close_median_s, w)),
        ),
        (w("误报率"), *_false(found, w)),
    ]
    return html.Div(
        [html.Div([html.Span(k, className="desk-k"), html.B(v), html.Small(note)]) for k, v, note in cells],
        className="analysis-figures panel",
    )


def _false(found: Analysis, w: Words) -> tuple[str, str]:
    now, before = found.now, found.before
    if now.judged < found.least_judged:
        return fmt.DASH, w("判过 {n} 条，太少", n=fmt.count(now.judged))
    rate = 100 * now.false / now.judged
    basis = f"{fmt.count(now.false)} / {fmt.count(now.judged)}"
    if before.judged < found.least_judged:
        return f"{rate:.1f}%", basis
    change = fmt.points(rate, 100 * before.false / before.judged)
    return f"{rate:.1f}%", f"{basis} · {w('环比')} {change} {w('百分点')}"


def _load(found: Analysis, w: Words) -> html.Section:
    flooded = [slot.worst > BEGINS_ABOVE for slot in found.load]
    trace = {
        "type": "bar",
        "x": [_local(slot) for slot in found.load],
        "y": [slot.worst for slot in found.load],
        "marker": {"color": ["var(--major-fill)" if over else "var(--data-2)" for over in flooded]},
        "hovertemplate": "%{x|%m-%d %H:%M} %{y}<extra></extra>",
    }
    top = max(BEGINS_ABOVE + 2, found.now.worst10 * 1.08)
    layout = {
        "shapes": [chart.threshold(BEGINS_ABOVE)],
        "annotations": [_at_the_end(BEGINS_ABOVE, w("洪泛 > {n}", n=BEGINS_ABOVE))],
        "yaxis": {"range": [0, top]},
        "xaxis": {"tickformat": "%H:%M" if found.slot_minutes <= _SLOT else "%m-%d"},
        "margin": {"l": 28, "r": 16, "t": 8, "b": 24},
        "bargap": 0.15,
    }
    each = (
        w("每柱 10 分钟")
        if found.slot_minutes <= _SLOT
        else w("每柱为该 {n} 内最忙的 10 分钟", n=_minutes(found.slot_minutes, w))
    )
    seats = w("按当班席位平均") if found.seats_known else w("没有当班记录，按一席计")
    note = w("洪泛：超过 {a} 起，低于 {b} 止", a=BEGINS_ABOVE, b=ENDS_BELOW)
    worst = max(found.load, key=lambda slot: slot.worst)
    when = f"{worst.at.astimezone(SHANGHAI):%m-%d %H:%M}"
    said = w("最忙：{when} 起的 10 分钟档，每席 {n} 条。", when=when, n=f"{worst.worst:g}")
    return panel(
        "load",
        w("席位负荷"),
        [
            chart.build([trace], w("每席每 10 分钟新告警，洪泛线 {n}", n=BEGINS_ABOVE), layout),
            html.P([mark(Severity.MAJOR, w) if any(flooded) else None, " ", said], className="analysis-said"),
        ],
        sub=f"{w('条')} · {each} · {seats}",
        note=note,
    )


def _mix(found: Analysis, w: Words) -> html.Section:
    counts = {one.severity: one for one in found.mix}
    now = sum(one.now for one in found.mix)
    before = sum(one.before for one in found.mix)
    rows = []
    for name, severities, target in RECOMMENDED:
        n, was = (sum(getattr(counts[s], which) for s in severities) for which in ("now", "before"))
        share = 100 * n / now if now else 0.0
        marks: list[Child] = [mark(s, w) for s in reversed(severities)]
        compared = fmt.points(share, 100 * was / before) if before else None
        rows.append(
            html.Div(
                [
                    html.Span([*marks, " ", w(name)], className="analysis-mix-name"),
                    html.Span(
                        [html.I(style={"width": f"{share:.2f}%"}), html.Em(style={"left": f"{target:g}%"})],
                        className="analysis-mix-bar",
                        **attributes(aria_hidden="true"),
                    ),
                    html.B(f"{share:.1f}%"),
                    html.Span(w("参考 {n}%", n=f"{target:g}"), className="analysis-mix-to"),
                    html.Span(f"{w('环比')} {compared}" if compared else "", className="analysis-mix-to"),
                ],
                className="analysis-mix-row",
            )
        )
    left = found.now.alarms - found.now.announced
    said = w("另有 {n} 条由上级原因解释或在演练检修窗口内，不计入。", n=fmt.count(left)) if left else ""
    body: list[Child] = [*rows, html.P(said, className="analysis-said")]
    return panel("mix", w("优先级构成"), body, sub=w("占 {n} 条 · 竖线为参考 80 / 15 / 5", n=fmt.count(now)))


def _minutes(n: int, w: Words) -> str:
    return w("{m} 分钟", m=n) if n < 60 else w("{h} 小时", h=n // 60)


def _at_the_end(value: float, text: str) -> dict[str, Any]:
    where = {"xref": "paper", "x": 1.0, "y": value, "xanchor": "left", "yanchor": "middle"}
    return {**where, "text": f" {text}", "showarrow": False, "font": {"color": "var(--text-3)"}}


def _local(slot: Slot) -> str:
    return slot.at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def _span(found: Analysis) -> str:
    return f"{fmt.stamp(found.start)} – {fmt.stamp(found.end)}"

"""The tables of the analysis: where alarms come from, how long they waited, how often models were wrong, what lingers.

Each line leads to the rules of its device or model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from dash import html

from components import format as fmt
from components import labels
from components.device_rules import PATH as RULES
from components.i18n import Words
from components.navigation import address
from components.parts import Child, attributes, mark, panel, table
from data_access.domain.periods import SHANGHAI
from data_access.viewmodels.alarm_analysis import Analysis, FalseRate, Source, Times

_LONG_S: Final = 120
_HOUR_S: Final = 3570
PATH: Final = "/alarms/analysis"


def sources(found: Analysis, query: Mapping[str, str], w: Words) -> html.Section:
    """The ten sources with the most alarms, each with its share and the sum so far."""
    together = sum(source.count for source in found.sources)
    running, rows = 0, []
    for rank, source in enumerate(found.sources, 1):
        running += source.count
        rows.append(
            html.Tr(
                [
                    html.Td(str(rank), className="analysis-rank"),
                    html.Th(_to_rules(source.kind, source.device, query, w), scope="row"),
                    html.Td([source.place, *_marks(source, w)], className="trends-where", title=source.device or ""),
                    html.Td(html.B(fmt.count(source.count))),
                    html.Td(fmt.share(source.count, found.now.alarms)),
                    html.Td(_bar(running, found.now.alarms)),
                ]
            )
        )
    heads = ("#", w("告警"), w("地点"), w("条数"), w("占比"), w("累计"))
    sub = w("共占 {n} · 点一行去设置", n=fmt.share(together, found.now.alarms))
    return panel("sources", w("来源前十"), [table(heads, rows, w("来源前十"), kind="analysis")], sub=sub)


def _marks(source: Source, w: Words) -> list[Child]:
    said = [w("抖动")] * source.chattering + [w("长存")] * source.stale
    return [html.Span(word, className="tag analysis-tag") for word in said]


def _bar(part: int, whole: int) -> html.Span:
    share = fmt.share(part, whole)
    return html.Span([html.I(style={"width": share}), html.Span(share)], className="analysis-sum")


def times(
    title: str, kind: str, lines: Sequence[Times], found: Analysis, query: Mapping[str, str], w: Words
) -> html.Section:
    """Median and 95th percentile of looking and of closing, by kind or by area."""
    rows = []
    for line in lines:
        if kind == "kinds":
            name = labels.of(labels.ALARM, line.key, w)
            href = address(RULES, query, model=line.model, alarm=line.key) if line.model else None
        else:
            name, href = w.name(line.name, line.name_en), address(PATH, query, area=line.key)
        shown = html.A(name, href=href, className="rules-link") if href else name
        rows.append(
            html.Tr(
                [
                    html.Th([mark(line.severity, w) if kind == "kinds" else None, " ", shown], scope="row", title=name),
                    html.Td(fmt.count(line.count)),
                    html.Td(html.B(took(line.acknowledge_median_s, w))),
                    html.Td(took(line.acknowledge_p95_s, w)),
                    html.Td(html.B(took(line.close_median_s, w))),
                    html.Td(took(line.close_p95_s, w)),
                ]
            )
        )
    heads = (
        w("类型") if kind == "kinds" else w("区域"),
        *(w("条数"), w("确认"), "p95", w("关闭"), "p95"),
    )
    cut = found.timed_of < found.now.announced
    sub = w("最近 {n} 条", n=fmt.count(found.timed_of)) if cut else w("中位与 p95，自告警发生起")
    return panel(kind, title, [table(heads, rows, title, kind="analysis")], sub=sub)


def models(found: Analysis, query: Mapping[str, str], w: Words) -> html.Section:
    """How often each model was wrong, with the interval that so few tell."""
    rows = [_model(one, found, query, w) for one in found.models]
    sub = w("误报 / 已判，少于 {n} 条不算率", n=found.least_judged)
    body: Child = (
        table((w("型号"), w("已判"), w("误报"), w("误报率"), w("95% 区间")), rows, w("误报率"), kind="analysis")
        if rows
        else html.P(w("还没有判过的告警"), className="missing")
    )
    note = w("空心为显著偏高") if any(one.worse for one in found.models) else None
    return panel("false", w("误报率"), [body], sub=sub, note=note)


def _model(one: FalseRate, found: Analysis, query: Mapping[str, str], w: Words) -> html.Tr:
    name = w(one.name)  # a default model is named as its kind
    link = html.A(name, href=address(RULES, query, model=one.model, alarm=one.kind), className="rules-link")
    enough = one.judged >= found.least_judged
    rate = 100 * one.false / one.judged
    place = {"left": f"{100 * one.low:.1f}%", "width": f"{100 * (one.high - one.low):.1f}%"}
    line = html.Span(
        [html.I(style=place), html.B(style={"left": f"{rate:.1f}%"}, className="is-worse" if one.worse else "")],
        className="analysis-range",
        role="img",
        **attributes(aria_label=f"{100 * one.low:.1f}–{100 * one.high:.1f}%"),
    )
    return html.Tr(
        [
            html.Th(link, scope="row", title=name),
            html.Td(fmt.count(one.judged)),
            html.Td(fmt.count(one.false)),
            html.Td(html.B(f"{rate:.1f}%") if enough else w("太少")),
            html.Td(line if enough else ""),
        ]
    )


def lists(found: Analysis, query: Mapping[str, str], w: Words) -> html.Div:
    """What goes to and fro, and what stays."""
    chattering = [
        html.Tr(
            [
                html.Th(_to_rules(one.kind, one.device, query, w), scope="row"),
                html.Td(one.place, className="trends-where", title=one.device or ""),
                html.Td(f"{one.at.astimezone(SHANGHAI):%m-%d %H:%M}"),
                html.Td(html.B(w("{n} 次", n=one.cycles))),
            ]
        )
        for one in found.chatterers
    ]
    stale = [
        html.Tr(
            [
                html.Th(_to_rules(one.kind, one.device, query, w), scope="row"),
                html.Td(one.place, className="trends-where", title=one.device or ""),
                html.Td(f"{one.since.astimezone(SHANGHAI):%m-%d %H:%M}"),
                html.Td(
                    [html.B(fmt.age((one.until or found.end) - one.since, w)), None if one.until else f" {w('仍在')}"]
                ),
            ]
        )
        for one in found.stayers
    ]
    return html.Div(
        [
            _listed("chatter", w("抖动"), w("每分 ≥ 3 次"), chattering, found.chatterers_total, w("每分"), w),
            _listed("stale", w("长存"), w("≥ 24 时"), stale, found.stayers_total, w("历时"), w),
        ],
        className="analysis-lists",
    )


def _listed(kind: str, title: str, rule: str, rows: Sequence[html.Tr], total: int, last: str, w: Words) -> html.Section:
    heads = (w("告警"), w("地点"), w("时间"), last)
    body: Child = table(heads, rows, title, kind="analysis") if rows else html.P(w("没有"), className="missing")
    return panel(kind, title, [body], sub=rule, note=w("{n} 条", n=fmt.count(total)))


def _to_rules(kind: str, device: str | None, query: Mapping[str, str], w: Words) -> Child:
    name = labels.of(labels.ALARM, kind, w)
    if device is None or kind == "offline":
        return (
            name if device is None else html.A(name, href=address(RULES, query, device=device), className="rules-link")
        )
    return html.A(name, href=address(RULES, query, device=device, alarm=kind), className="rules-link")


def took(seconds: float | None, w: Words) -> str:
    """A waiting time: seconds, minutes or hours."""
    if seconds is None:
        return fmt.DASH
    if seconds < _LONG_S:
        return w("{n} 秒", n=round(seconds))
    if seconds < _HOUR_S:
        return w("{n} 分", n=round(seconds / 60))
    return fmt.age(timedelta(seconds=seconds), w)

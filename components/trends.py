"""趋势: how an area got where it is: cases by day, rates by month, what rises, from where; and who lives here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dash import html

from components import chart, hot_topics, sparkline
from components import format as fmt
from components.closing import TARGET
from components.i18n import Words
from components.navigation import address
from components.parts import Child, attributes, icon, panel
from data_access.viewmodels.trends import AgeBand, DayLine, GroupTrend, HotTopics, MonthLine, Topics

JUDGEMENT: Final = "/trends/judgement"
SMALLEST_PYRAMID: Final = 1000
"""An area with fewer residents shows no ages by sex: single people could be recognised."""


def daily(days: Sequence[DayLine], w: Words) -> html.Section:
    """每日受理 with the same days of the year before."""
    when = [line.day for line in days]
    traces = [chart.line(when, [line.created for line in days], w("今年"), chart.NOW)]
    if any(line.year_ago is not None for line in days):
        traces.insert(0, chart.line(when, [line.year_ago for line in days], w("去年"), chart.BEFORE))
    total, before = sum(line.created for line in days), sum(line.year_ago or 0 for line in days)
    return panel(
        "daily",
        w("每日受理"),
        [
            _sum(fmt.count(total), w("件"), w("去年同期"), fmt.change(total, before)),
            chart.build(traces, w("近 30 天每日受理件数，与去年同期"), {"margin": {"l": 32, "r": 56, "t": 8, "b": 24}}),
        ],
        sub=w("件 · 近 30 天，至昨日"),
        sources="incidents",
    )


def standing(days: Sequence[DayLine], w: Words) -> html.Section:
    """在办: how many cases were open at the end of each day."""
    when = [line.day for line in days]
    first, last = (days[0].open, days[-1].open) if days else (0, 0)
    traces = [
        {
            **chart.line(when, [line.open for line in days], "", chart.NOW),
            "fill": "tozeroy",
            "fillcolor": "var(--surface-2)",
        }
    ]
    return panel(
        "standing",
        w("日终在办"),
        [
            _sum(fmt.count(last), w("件"), w("较 30 天前"), fmt.change(last, first)),
            chart.build(traces, w("近 30 天每日终了时在办件数"), {"margin": {"l": 32, "r": 16, "t": 8, "b": 24}}),
        ],
        sub=w("件 · 近 30 天，至昨日"),
        sources="incidents",
    )


def rates(months: Sequence[MonthLine], w: Words) -> html.Section:
    """按期结案率 by month against its target."""
    when = [line.first for line in months]
    values = [line.counts.on_time_rate for line in months]
    known = [value for value in values if value is not None]
    low = min([TARGET - 5, *(value - 2 for value in known)])
    layout = {
        "yaxis": {"range": [low, 100.5]},
        "xaxis": {"tickformat": "%Y-%m"},
        "shapes": [chart.threshold(TARGET)],
        "margin": {"l": 32, "r": 16, "t": 8, "b": 24},
    }
    trace = {**chart.line(when, values, "", chart.NOW), "mode": "lines+markers", "marker": {"size": 6}}
    return panel(
        "rates",
        w("按期结案率"),
        [
            _sum(fmt.rate(known[-1] if known else None), "%", w("较上月"), _points(known, w)),
            chart.build([trace], w("近 12 月按期结案率"), layout),
        ],
        sub=w("% · 近 12 月 · 虚线 目标 {n}", n=f"{TARGET:.0f}"),
        sources="incidents",
    )


def hot(found: HotTopics, query: Mapping[str, str], w: Words) -> html.Section:
    """热点诉求: what rises where against its own past; more of it on the page of judgement."""
    return panel(
        "hot",
        w("热点诉求"),
        [hot_topics.build(found, query, w)],
        sub=w("细类 × 区域 · 只与自身前 8 周比"),
        note=hot_topics.note(found, w),
        sources="incidents",
        more=address(JUDGEMENT, query),
        told=hot_topics.told(found, w),
    )


def groups(kind: str, title: str, found: Sequence[GroupTrend], w: Words) -> html.Section:
    """Classes or channels: four weeks against the four before, and week by week."""
    rows: list[html.Tr] = []
    for line in found:
        name = w(line.name)
        cells = [
            html.Th(name, scope="row", title=name),
            html.Td(html.B(fmt.count(line.now))),
            html.Td(fmt.change(line.now, line.before)),
            html.Td(sparkline.build(line.weeks, w("近 12 周"), w), className="trends-spark"),
        ]
        rows.append(html.Tr(cells))
    body: list[Child] = [
        _table(("名称", "近 4 周", "较前 4 周", "近 12 周"), rows, title, w)
        if rows
        else html.P(w("近 12 周没有事件"), className="missing")
    ]
    return panel(kind, title, body, sub=w("件 · 按周"), sources="incidents")


def classes(found: Topics, w: Words) -> html.Section:
    """事件类别."""
    return groups("classes", w("事件类别"), found.classes, w)


def channels(found: Topics, w: Words) -> html.Section:
    """来源渠道."""
    return groups("channels", w("来源渠道"), found.channels, w)


def pyramid(bands: Sequence[AgeBand], w: Words) -> html.Section:
    """人口结构: men to the left, women to the right, by five years of age."""
    total = sum(band.men + band.women for band in bands)
    if total < SMALLEST_PYRAMID:
        why = (
            w("人口数据未导入") if not bands else w("不足 {n} 人的区域不显示年龄与性别", n=fmt.count(SMALLEST_PYRAMID))
        )
        return panel("pyramid", w("人口结构"), [html.P([icon("off"), html.Span(why)], className="missing")])
    names = [f"{band.low}–{band.low + 4}" for band in bands[:-1]] + [f"{bands[-1].low}+"]
    widest = max(max(band.men, band.women) for band in bands) * 1.1
    sides = (
        ("男", [-band.men for band in bands], "var(--data-2)", [band.men for band in bands]),
        ("女", [band.women for band in bands], "var(--data-1)", [band.women for band in bands]),
    )
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "y": names,
            "x": lengths,
            "name": w(word),
            "customdata": counts,
            "hovertemplate": "%{y} %{fullData.name} %{customdata:,}<extra></extra>",
            "marker": {"color": ink},
        }
        for word, lengths, ink, counts in sides
    ]
    layout = {
        "barmode": "relative",
        "bargap": 0.16,
        "hovermode": "closest",
        "xaxis": {"range": [-widest, widest], "showticklabels": False},
        "yaxis": {"rangemode": "normal", "showgrid": False, "nticks": 20, "dtick": 2},
        "margin": {"l": 40, "r": 8, "t": 4, "b": 4},
    }
    men = sum(band.men for band in bands)
    return panel(
        "pyramid",
        w("人口结构"),
        [
            html.Div(
                [
                    html.Span([w("男"), " ", html.B(fmt.count(men)), f" {fmt.share(men, total)}"]),
                    html.Span([w("女"), " ", html.B(fmt.count(total - men)), f" {fmt.share(total - men, total)}"]),
                ],
                className="trends-sexes",
            ),
            chart.build(traces, w("人口按五岁年龄组与性别"), layout),
        ],
        sub=w("人 · 五岁组"),
        note=w("周岁按出生年"),
        sources="population",
    )


def counting(w: Words) -> html.Section:
    """The pyramid's place while its people are counted."""
    return panel("pyramid", w("人口结构"), [html.P(w("读取中"), className="missing")])


def _table(heads: Sequence[str], rows: Sequence[html.Tr], name: str, w: Words) -> html.Div:
    table = html.Table(
        [
            html.Caption(name, className="sr-only"),
            html.Thead(html.Tr([html.Th(w(head), scope="col") for head in heads])),
            html.Tbody(list(rows)),
        ],
        className="trends-table",
    )
    return html.Div(table, className="trends-scroll", tabIndex="0", role="group", **attributes(aria_label=name))


def _sum(value: str, unit: str, compared: str, change: str) -> html.Div:
    return html.Div(
        [
            html.Span([value, html.Span(unit, className="unit")], className="hero-n"),
            html.Span(
                html.Span([f"{compared} ", html.B(change)]) if change != fmt.DASH else None, className="hero-cmp"
            ),
        ],
        className="hero",
    )


def _points(values: Sequence[float], w: Words) -> str:
    change = fmt.points(values[-1], values[-2]) if len(values) > 1 else None
    return f"{change} {w('百分点')}" if change else fmt.DASH

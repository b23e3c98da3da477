"""The one-page brief (A4) of an area: its conclusion first, six figures, then the evidence, definitions in the foot."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html

from components import format as fmt
from components import labels
from components.closing import TARGET
from components.i18n import Lang, Words
from components.parts import Child, attributes, mark
from data_access.domain.facts import Fact
from data_access.domain.incidents import percent
from data_access.viewmodels.overview import GroupLine, Overview
from data_access.viewmodels.trends import MonthLine

SHOWN_LINES = 10
ROOM = 82
"""Percent of a chart's height that the largest value fills; its figure stands above it."""


def build(view: Overview, months: Sequence[MonthLine], w: Words) -> html.Article:
    """The sheet."""
    return html.Article(
        [
            _head(view, w),
            html.P(conclusion(view, w), className="brief-conclusion"),
            html.P(second(view, w), className="brief-second"),
            _figures(view, w),
            html.Div([_trend(months, w), _taken(months, w)], className="brief-two"),
            html.Div([_lines(view, w), html.Div([_have(view, w), _safety(view, w)])], className="brief-two is-uneven"),
            _foot(view, w),
        ],
        className="brief",
    )


def conclusion(view: Overview, w: Words) -> str:
    """One sentence from the figures: the rate against its target, and who is below it."""
    rate = view.closing.now.on_time_rate
    if rate is None:
        return w("本期没有到期应结案的事件。")
    gap = rate - TARGET
    said = w(
        "按期结案率 {rate}%，高于目标 {gap} 个百分点" if gap >= 0 else "按期结案率 {rate}%，低于目标 {gap} 个百分点",
        rate=fmt.rate(rate),
        gap=f"{abs(gap):.2f}",
    )
    low = [line for line in ranked(view) if line.counts.on_time_rate is not None and line.counts.on_time_rate < TARGET]
    if not low:
        return said + ("。" if w.lang is Lang.ZH else ".")
    join = "、" if w.lang is Lang.ZH else ", "
    names = join.join(w.name(line.name, line.name_en) for line in low[-3:][::-1])
    if len(low) > 3:
        return said + w("；{names}等 {n} 个区域未达标。", names=names, n=len(low))
    return said + w("；{names}未达标。", names=names)


def second(view: Overview, w: Words) -> str:
    """What stands besides: overdue cases and alarms that nobody has closed."""
    grave = sum(view.sensors.by_severity.get(level, 0) for level in (4, 3))
    return w(
        "在办 {open} 件，其中超期 {late} 件；紧急与重要告警 {grave} 条；终端离线 {off} 台。",
        open=fmt.count(view.flow.open),
        late=fmt.count(view.flow.overdue),
        grave=fmt.count(grave),
        off=fmt.count(view.sensors.offline),
    )


def ranked(view: Overview) -> list[GroupLine]:
    """The child areas, best first; those without cases due come last."""
    return sorted(
        (line for line in view.children if line.code is not None),
        key=lambda line: (
            -(line.counts.on_time_rate if line.counts.on_time_rate is not None else -1.0),
            line.code or "",
        ),
    )


def _head(view: Overview, w: Words) -> html.Header:
    name = w.name(view.place.area.name, view.place.area.name_en)
    return html.Header(
        [
            html.Span(className="brand", **attributes(aria_hidden="true")),
            html.H2(w("{name}治理简报", name=name)),
            html.Div(
                [
                    html.B(fmt.period(view.period)),
                    html.Span(w("截至 {time}", time=fmt.stamp(view.at))),
                    html.Span(w("演示数据")) if view.demo else None,
                ]
            ),
        ],
        className="brief-head",
    )


_TIED = "\u00a0"
"""A comparison keeps its figure on its line."""


def _figures(view: Overview, w: Words) -> html.Div:
    now, before, year = view.closing.now, view.closing.previous, view.closing.last_year
    named = [(w("环比"), before), (w("同比"), year)]

    def points(rate: str) -> str:
        value = getattr(now, rate)
        found = [(n, fmt.points(value, getattr(of, rate))) for n, of in named if of is not None]
        return " · ".join(f"{n}{_TIED}{text}" for n, text in found if text)

    changes = " · ".join(f"{n}{_TIED}{fmt.change(now.created, of.created)}" for n, of in named if of is not None)
    residents = view.ledger.now.get(Fact.RESIDENTS)
    cells = [
        (w("受理量"), fmt.count(now.created), w("件"), changes),
        (w("按期结案率"), fmt.rate(now.on_time_rate), "%", points("on_time_rate")),
        (w("结案率"), fmt.rate(now.closing_rate), "%", points("closing_rate")),
        (w("超期在办"), fmt.count(view.flow.overdue), w("件"), w("在办 {n} 件", n=fmt.count(view.flow.open))),
        (w("人口"), fmt.count(residents), w("人"), w("较上月") + " " + _monthly(view, Fact.RESIDENTS)),
        (
            w("终端在线率"),
            fmt.rate(percent(view.sensors.devices - view.sensors.offline, view.sensors.devices), 1),
            "%",
            w("{n} 台终端", n=fmt.count(view.sensors.devices)),
        ),
    ]
    return html.Div(
        [
            html.Div(
                [
                    html.Span(name),
                    html.B([value, html.Span(unit, className="unit" if unit == "%" else "unit is-word")]),
                    html.Small(said or "—"),
                ],
                className="brief-figure",
            )
            for name, value, unit, said in cells
        ],
        className="brief-figures",
    )


def _monthly(view: Overview, fact: Fact) -> str:
    return fmt.change(view.ledger.now.get(fact), view.ledger.last_month.get(fact))


def _trend(months: Sequence[MonthLine], w: Words) -> html.Section:
    """On-time closing by month: a bar for each, the target dashed; a month without cases due stays empty."""
    rates = [m.counts.on_time_rate for m in months]
    known = [r for r in rates if r is not None]
    low = max(0.0, min([TARGET, *known]) // 10 * 10 - 10) if known else 0.0
    return _bars(
        w("按期结案率"),
        w("% · 按月 · 虚线 目标 {n} · 自 {low} 起", n=f"{TARGET:.0f}", low=f"{low:.0f}"),
        [(f"{m.first:%m}", r, fmt.rate(r, 1)) for m, r in zip(months, rates, strict=True)],
        low,
        100.0,
        TARGET,
    )


def _taken(months: Sequence[MonthLine], w: Words) -> html.Section:
    values = [m.counts.created for m in months]
    return _bars(
        w("受理量"),
        w("件 · 按月"),
        [(f"{m.first:%m}", float(n) if n else None, fmt.count(n)) for m, n in zip(months, values, strict=True)],
        0.0,
        float(max([1, *values])),
        None,
    )


def _bars(
    title: str, note: str, bars: Sequence[tuple[str, float | None, str]], low: float, high: float, target: float | None
) -> html.Section:
    def height(value: float) -> str:
        return f"{ROOM * (value - low) / (high - low):.1f}%"

    columns = [
        html.Div(
            [
                html.Div(
                    [
                        html.Small(said if value is not None else fmt.DASH),
                        html.I(style={"height": height(value)}) if value is not None else None,
                        html.Em(style={"bottom": height(target)}) if target is not None else None,
                    ],
                    className="brief-bar",
                ),
                html.Span(name),
            ],
            className="brief-column",
        )
        for name, value, said in bars
    ]
    return html.Section(
        [html.H3([title, html.Small(note)]), html.Div(columns, className="brief-bars")], className="brief-part"
    )


def _lines(view: Overview, w: Words) -> html.Section:
    """The child areas, worst last; of an area without any its channels."""
    rows = ranked(view)
    kind = labels.of(labels.AREA, view.place.children[0].kind, w) if view.place.children else w("来源渠道")
    if not rows:
        rows = list(view.channels)
    shown = rows if len(rows) <= SHOWN_LINES else [*rows[: SHOWN_LINES // 2], *rows[-SHOWN_LINES // 2 :]]
    left_out = len(rows) - len(shown)
    body = [
        html.Tr(
            [
                html.Td(str(rows.index(line) + 1), className="num"),
                html.Th(w.name(line.name, line.name_en) if line.name_en else w(line.name), scope="row"),
                html.Td(fmt.count(line.counts.created), className="num"),
                html.Td(f"{fmt.count(line.counts.closed_on_time)} / {fmt.count(line.counts.due)}", className="num"),
                html.Td(html.B(fmt.rate(line.counts.on_time_rate)), className="num"),
                html.Td(_verdict(line, w)),
            ]
        )
        for line in shown
    ]
    head = (w("名次"), kind, w("受理量"), w("按期 / 应结案"), w("按期结案率"), w("目标 {n}", n=f"{TARGET:.0f}"))
    note = w("% · 中间 {n} 个未列", n=left_out) if left_out else "%"
    return html.Section(
        [
            html.H3([w("{kind}按期结案率", kind=kind), html.Small(note)]),
            html.Table([html.Thead(html.Tr([html.Th(h, scope="col") for h in head])), html.Tbody(body)]),
        ],
        className="brief-part",
    )


def _verdict(line: GroupLine, w: Words) -> str:
    rate = line.counts.on_time_rate
    if rate is None:
        return "—"
    return w("达标") if rate >= TARGET else w("未达标")


def _have(view: Overview, w: Words) -> html.Section:
    have = view.ledger.now
    rows = [
        (w("户籍 · 流动 · 境外"), [fmt.people(have.get(f)) for f in (Fact.REGISTERED, Fact.FLOATING, Fact.OVERSEAS)]),
        (w("60 岁以上 · 独居老人"), [fmt.people(have.get(f)) for f in (Fact.AGE_60_UP, Fact.ELDERLY_ALONE)]),
        (w("房屋 · 出租 · 空置"), [fmt.count(have.get(f)) for f in (Fact.DWELLINGS, Fact.RENTED, Fact.VACANT)]),
        (w("出租屋 严管 · 禁止"), [fmt.count(have.get(f)) for f in (Fact.RENTAL_STRICT, Fact.RENTAL_BANNED)]),
        (w("法人 · 规上"), [fmt.count(have.get(f)) for f in (Fact.LEGAL_ENTITIES, Fact.ABOVE_SCALE)]),
    ]
    month = fmt.month(view.ledger.month, w) if view.ledger.month else w("未导入")
    return _pairs(w("底数"), month, [(name, " · ".join(values)) for name, values in rows])


def _safety(view: Overview, w: Words) -> html.Section:
    levels: list[Child] = []
    for level in (4, 3, 2, 1):
        levels += [mark(level, w), html.B(fmt.count(view.sensors.by_severity.get(level, 0))), " "]
    last = view.sensors.last_critical_at
    rows: list[tuple[str, Child | list[Child]]] = [
        (w("当前告警"), levels),
        (w("今日 · 昨日同时"), f"{fmt.count(view.sensors.today)} · {fmt.count(view.sensors.yesterday)}"),
        (w("最近紧急告警"), fmt.stamp(last) if last else w("无紧急告警记录")),
        (w("视频有画面"), f"{fmt.count(view.video.delivering)} / {fmt.count(view.video.total)}"),
    ]
    return _pairs(w("生命安全"), w("截至 {time}", time=fmt.clock(view.at)), rows)


def _pairs(title: str, note: str, rows: Sequence[tuple[str, Child | list[Child]]]) -> html.Section:
    return html.Section(
        [
            html.H3([title, html.Small(note)]),
            html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in rows], className="brief-pairs"),
        ],
        className="brief-part",
    )


def _foot(view: Overview, w: Words) -> html.Div:
    sources = " · ".join(
        f"{w.name(s.name, s.name_en)} {fmt.stamp(s.last_seen) if s.last_seen else w('无数据')}" for s in view.sources
    )
    return html.Div(
        [
            html.P(
                w(
                    "口径：按受理日期归期；按期结案率 = 按期结案 / 应结案，结案率 = 结案 / 应结案；应结案为本期"
                    "已到期或已结的事件，不含作废；回放数据不计入。同比与去年同期、环比与上一期相比，比率之差为百分点。"
                )
            ),
            html.P([w("数据截至"), " ", sources]),
            html.P(w("人数少于 5 的不显示。由一屏自动生成，第 1 页，共 1 页。")),
        ],
        className="brief-foot",
    )

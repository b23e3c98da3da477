"""Below the board: how the areas do, what rises, what is due soon, whose turn it is; figures lead to their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from dash import html

from components import format as fmt
from components import hot_topics
from components import indicator_words as words
from components.case_board import narrowed
from components.case_lines import LEVELS, LIST, case_address, clock
from components.i18n import Words
from components.indicator_table import LISTS
from components.navigation import address
from components.parts import Child, attributes, icon, panel, table
from components.ranking import short
from data_access.domain.case_indicators import FORMULAS, Rate
from data_access.domain.periods import local_day
from data_access.domain.standings import Listed
from data_access.viewmodels.case_panels import CasePanels, LevelLine, Ranking, Soon
from data_access.viewmodels.incidents import IncidentLine
from data_access.viewmodels.indicator_page import Measure, PageLine

_MEASURE: Final = Measure()
_LOWEST: Final = 75.0
_OTHERS: Final = (Rate.HANDLING, Rate.REWORK)
"""Told where the source says anything of them."""


def build(found: CasePanels, query: Mapping[str, str], w: Words) -> list[Child]:
    """The panels in their order."""
    hot = panel(
        "case-hot",
        w("热点诉求"),
        [hot_topics.build(found.hot, query, w)],
        sub=f"{_week(found, w)} · {hot_topics.note(found.hot, w)}",
        told=hot_topics.told(found.hot, w),
    )
    return [
        ranking(found.ranking, query, w) if found.ranking else None,
        hot,
        html.Div([turns(found, query, w), soon(found.soon, found, query, w)], className="case-panels-last"),
    ]


def _week(found: CasePanels, w: Words) -> str:
    """The last week; of an old collection its days."""
    end = found.hot.end
    return w("近 7 天") if end >= local_day(found.at) else _days(end - timedelta(days=7), end)


def _days(first: date, end: date) -> str:
    return f"{first.isoformat()} – {(end - timedelta(days=1)).isoformat()}"


def ranking(found: Ranking, query: Mapping[str, str], w: Words) -> html.Section:
    """A line for each area below: its place, on-time closing against the target, handling and rework."""
    kind = w(words.BY[found.by])
    kept = {name: query[name] for name in ("area", "lang", "theme") if query.get(name)}
    days = {"from": found.period.first.isoformat(), "to": found.period.end.isoformat()}
    more = address(words.PATH, kept, by=found.by.value, **days)
    rates = [rate for line in found.lines if (rate := _MEASURE.of(line.line.cases)) is not None]
    low = min([_LOWEST, *(rate // 10 * 10 for rate in rates)])
    target = _MEASURE.target or 0.0
    scale = html.Th(html.Span(w("位置"), className="sr-only"), scope="col")
    told = [rate for rate in _OTHERS if any(line.line.cases.rate(rate) is not None for line in found.lines)]
    others = [w(words.RATES[rate]) for rate in told]
    heads: list[Child] = [*map(w, ("名次", "区域", "应结案", "按期结案")), scale, *others, w("榜单")]
    rows = [_row(line, low, told, {**kept, **days, "by": found.by.value}, w) for line in found.lines]
    body: Child = (
        table(heads, rows, w("{kind}考核", kind=kind), kind="rank")
        if rates
        else html.P(w("这一时段还没有应结案的案卷"), className="missing")
    )
    of = w("本月") if found.running else _days(found.period.first, found.period.end)
    place = html.Div(body, style={"--target": f"{_at(target, low):.2f}%"}, className="case-rank-body")
    note = w("% · 虚线 目标 {n}", n=f"{target:.0f}")
    return panel("case-rank", w("{kind}考核", kind=kind), [place], sub=of, note=note, more=more)


def _row(line: PageLine, low: float, told: Sequence[Rate], kept: Mapping[str, str], w: Words) -> html.Tr:
    cases, standing = line.line.cases, line.standing
    rate, target = _MEASURE.of(cases), _MEASURE.target
    name = w.name(line.line.name, line.line.name_en)
    href = address(words.PATH, kept, by=kept["by"], why=line.line.code or "")
    dot = html.I(style={"left": f"{_at(rate, low):.2f}%"}) if rate is not None else None
    listed = standing.listed if standing else None
    low_ = rate is not None and target is not None and rate < target
    return html.Tr(
        [
            html.Td([html.B(str(standing.place)), _moved(line, w)] if standing else fmt.DASH, className="case-rank-no"),
            html.Th(html.A(short(name), href=href), scope="row", title=name),
            html.Td(_rows(fmt.count(cases.due_closing), "due_closing", line, kept)),
            html.Td(
                html.B(fmt.rate(rate)), title=f"{fmt.count(cases.closed_on_time)} / {fmt.count(cases.due_closing)}"
            ),
            html.Td(html.Span(dot, className="rank-scale"), className="case-rank-scale"),
            *(html.Td(_rows(fmt.rate(cases.rate(rate)), FORMULAS[rate][0], line, kept)) for rate in told),
            html.Td(html.Span(w(LISTS[listed]), className=f"tag{_tag(listed)}") if listed else None),
        ],
        className="is-low" if low_ else "",
    )


def _rows(text: str, count: str, line: PageLine, kept: Mapping[str, str]) -> Child:
    """A figure that leads to the cases that count for it."""
    if not getattr(line.line.cases, count):
        return text
    href = address(LIST, kept, area=line.line.code or "", view="list", state="all", count=count)
    return html.A(text, href=href)


def _tag(listed: Listed) -> str:
    return " tag-hot" if listed is Listed.BLACK else ""


def _moved(line: PageLine, w: Words) -> Child:
    """How many places it went up or down since the period before."""
    if line.standing is None or line.place_before is None:
        return None
    up = line.place_before - line.standing.place
    if not up:
        return html.Small("–", title=w("名次未变"))
    return html.Small(f"{'↑' if up > 0 else '↓'}{abs(up)}", title=w("上一时段第 {n} 名", n=line.place_before))


def turns(found: CasePanels, query: Mapping[str, str], w: Words) -> html.Section:
    """Open cases by whose turn it is; each leads to its list."""
    most = max((line.total for line in found.levels), default=1)
    lines = [_turn(line, most, query, w) for line in found.levels]
    body: Child = (
        html.Ul(lines, className="case-turns") if lines else html.P(w("没有已派遣的案卷"), className="missing")
    )
    return panel("case-turns", w("轮到谁"), [body], sub=w("在办 · 件 · 超时逐级上报"))


def _turn(line: LevelLine, most: int, query: Mapping[str, str], w: Words) -> html.Li:
    href = narrowed(query, view="list", level=str(line.level))
    bar = html.Span(html.I(style={"width": f"{100 * line.total / most:.1f}%"}), className="case-turn-bar")
    name = w(LEVELS[line.level]) if line.level in LEVELS else str(line.level)
    return html.Li(html.A([html.Span(name), bar, html.B(fmt.count(line.total))], href=href))


def soon(found: Soon, panels: CasePanels, query: Mapping[str, str], w: Words) -> html.Section:
    """What comes due within a day, the first on top."""
    lines = [_soon(line, panels, query, w) for line in found.lines]
    nothing = html.P([icon("check"), html.Span(w("24 小时内没有到期的案卷"))], className="missing")
    body: Child = html.Ol(lines, className="case-soon") if lines else nothing
    return panel("case-soon", w("将要超期"), [body], sub=w("24 小时内 {n} 件", n=fmt.count(found.total)))


def _soon(line: IncidentLine, panels: CasePanels, query: Mapping[str, str], w: Words) -> html.Li:
    return html.Li(
        html.A(
            [
                html.Span(line.title, title=line.title),
                html.Small(line.place or line.area_name),
                clock(line, panels.at, w),
            ],
            href=case_address(line.code, query),
            **attributes(data_case=str(line.id)),
        )
    )


def _at(rate: float, low: float) -> float:
    return 100 * (rate - low) / (100 - low)

"""本月效能: the closing indicators of the period, each with its numerator, denominator and comparison."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html

from components import format as fmt
from components import periods, sparkline
from components.i18n import Words
from components.parts import Child, icon, panel
from data_access.domain.case_indicators import FORMULAS, TARGETS, Rate
from data_access.viewmodels.overview import Closing, Overview

TARGET = TARGETS[Rate.CLOSING_ON_TIME]
"""On-time closing an area is expected to reach, percent: the dashed line of the ranking."""


def build(view: Overview, w: Words) -> html.Section:
    """按期结案率, 处置率 (结案率 where no times of handling are known) and the number of cases taken in."""
    closing = view.closing
    body: list[Child] = [html.P([icon("off"), html.Span(w("事件未导入"))], className="missing")]
    if view.has_incidents:
        now = closing.now
        before, year = _created_before(view)
        body = [
            _rate(view, "按期结案率", Rate.CLOSING_ON_TIME, view.past.on_time, w),
            _rate(view, "处置率", Rate.HANDLING, view.past.handling, w)
            if closing.cases.due_handling
            else _rate(view, "结案率", Rate.CLOSING, view.past.closing, w),
            _kpi(
                w,
                "受理量",
                fmt.count(now.created),
                w("件"),
                f"{w('应结案')} {fmt.count(now.due)}",
                [(w("环比"), fmt.change(now.created, before)), (w("同比"), fmt.change(now.created, year))],
                sparkline.build(view.past.created[:-1], w("此前 11 月"), w),  # the month we are in is not whole
            ),
        ]
    title = w(periods.said(view).rates)
    note = w("截至 {time}", time=fmt.clock(view.at)) if view.running else fmt.period(view.period)
    return panel("closing", title, body, sub=_hot(view, w), note=note, sources="incidents", more="/trends")


def _rate(view: Overview, name: str, rate: Rate, past: Sequence[float | None], w: Words) -> html.Div:
    cases, (part, whole) = view.closing.cases, FORMULAS[rate]
    basis = f"{fmt.count(getattr(cases, part))} / {fmt.count(getattr(cases, whole))}"
    trend = sparkline.build(past, w("近 12 月"), w, digits=2)
    return _kpi(w, name, fmt.rate(cases.rate(rate)), "%", basis, _points(view.closing, rate, w), trend)


def _created_before(view: Overview) -> tuple[int | None, int | None]:
    """Cases of the period before and of the year before: while a period runs, up to the same moment of theirs."""
    of, so_far = view.closing, view.so_far
    before, year = (other.created if other else None for other in (of.previous, of.last_year))
    return (so_far.created_before, so_far.created_year_before) if so_far else (before, year)


def _hot(view: Overview, w: Words) -> str | None:
    """The class that rises most, where one does; the rule and the others stand on the page of trends."""
    found = view.hot.hot if view.hot else ()
    if not found:
        return None
    said = w("热点 {name} {n} 件", name=found[0].name, n=fmt.count(found[0].last))
    return said if len(found) == 1 else f"{said} +{len(found) - 1}"


def _kpi(  # the words of one figure
    w: Words, name: str, value: str, unit: str, basis: str, compared: list[tuple[str, str]], trend: Child
) -> html.Div:
    shown = [html.Span([f"{word} ", html.B(text)]) for word, text in compared if text != fmt.DASH]
    return html.Div(
        [
            html.Span(w(name), className="kpi-name"),
            trend,
            html.Span([value, html.Span(unit, className="unit") if value != fmt.DASH else None], className="kpi-n"),
            html.Span(basis, className="kpi-basis"),
            html.Span(shown or w("无往期可比"), className="kpi-cmp"),
        ],
        className="kpi",
    )


def _points(closing: Closing, rate: Rate, w: Words) -> list[tuple[str, str]]:
    now = closing.cases.rate(rate)
    found = [
        (w(word), fmt.points(now, other.rate(rate)))
        for word, other in (("环比", closing.cases_before), ("同比", closing.cases_year_before))
        if other is not None
    ]
    known = [(word, text) for word, text in found if text is not None]
    return [(word, f"{text} {w('百分点')}" if i == len(known) - 1 else text) for i, (word, text) in enumerate(known)]

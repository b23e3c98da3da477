"""The figure of the last twelve months: a dot for each, every one a link to that month."""

from __future__ import annotations

from collections.abc import Mapping

from dash import html

from components import format as fmt
from components import indicator_words as words
from components.i18n import Words
from components.indicator_address import days, to
from components.parts import Child, attributes, icon, panel
from data_access.domain.periods import month_of
from data_access.viewmodels.indicator_page import Indicators


def build(view: Indicators, query: Mapping[str, str], w: Words) -> html.Section:
    """The trend of the chosen figure; a month that nothing was due in has no dot."""
    measure = view.measure
    values = [measure.of(counts) for _, counts in view.months]
    known = [value for value in values if value is not None]
    unit = w("分") if measure.rate is None else "%"
    title = words.name_of(measure.name, w)
    if not known:
        nothing: list[Child] = [html.P([icon("off"), html.Span(w("这一年没有到期的案卷。"))], className="missing")]
        return panel("ind-months", title, nothing, sub=w("近 12 月"))
    low, high = _bounds(known, measure.target)
    columns: list[Child] = []
    for (first, _), value in zip(view.months, values, strict=True):
        month = month_of(first)
        said = f"{fmt.period(month)} {fmt.rate(value)}{unit if value is not None else ''}"
        current = attributes(aria_current="true") if month == view.period else {}
        at = None if value is None else 100 * (value - low) / (high - low)
        marks: list[Child] = [
            html.I(style={"bottom": f"{at:.1f}%"}) if at is not None else None,
            html.B(fmt.rate(value, 1), style={"bottom": f"{at:.1f}%"})
            if at is not None
            else html.B(fmt.DASH, style={"bottom": "0%"}),
        ]
        columns.append(
            html.A(
                [html.Span(marks, className="ind-month-plot"), html.Span(_label(first.month, w))],
                href=to({**query, **days(month)}),
                className="ind-month",
                title=said,
                **current,
            )
        )
    style = {"--target": f"{100 * (measure.target - low) / (high - low):.1f}%"} if measure.target is not None else {}
    sub = (
        w("{unit} · 近 12 月 · 虚线 目标 {n}", unit=unit, n=f"{measure.target:g}")
        if measure.target
        else f"{unit} · {w('近 12 月')}"
    )
    plot = html.Div(columns, className=f"ind-months{' has-target' if measure.target is not None else ''}", style=style)
    return panel("ind-months", title, [plot], sub=sub)


def _bounds(known: list[float], target: float | None) -> tuple[float, float]:
    """A little more than from the lowest to the highest, so that dots and their figures have room."""
    all_ = [*known, *([target] if target is not None else [])]
    room = max(2.0, 0.25 * (max(all_) - min(all_)))
    return min(all_) - room / 2, max(all_) + 1.5 * room


def _label(number: int, w: Words) -> str:
    return w("{n}月", n=number)

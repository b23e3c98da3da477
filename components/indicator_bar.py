"""What /indicators is asked for: the period (running, past, days of one's own), what it compares to, files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from dash import html

from components import format as fmt
from components import indicator_words as words
from components.i18n import Words
from components.indicator_address import days, fixed, to
from components.markup import Input
from components.navigation import address
from components.parts import Child, attributes, icon
from data_access.domain.periods import Period, local_day, month_of, quarter_of, week_of, year_of
from data_access.viewmodels.indicator_page import Against, Indicators

_KEPT: Final = ("area", "lang", "theme", "by", "rate", "vs", "why", "cause", "sort")
AGAINST: Final = {Against.BEFORE: "环比", Against.YEAR: "同比"}


def running(today: date) -> tuple[tuple[str, Period], ...]:
    """The periods that `today` lies in, by name."""
    return (
        ("今日", Period(today, today + timedelta(days=1))),
        ("本周", week_of(today)),
        ("本月", month_of(today)),
        ("本季", quarter_of(today)),
        ("本年", year_of(today)),
    )


def build(view: Indicators, query: Mapping[str, str], w: Words) -> html.Div:
    """The bar above the figures; `data-permalink` is what a link to exactly this page says besides."""
    today = local_day(view.at)
    choices = [
        _choice(w(name), to({**query, **days(period)}), period == view.period) for name, period in running(today)
    ]
    compare = [
        _choice(w(word), to(query, vs=against.value), against is view.against) for against, word in AGAINST.items()
    ]
    return html.Div(
        [
            html.Nav(choices, className="case-tabs", **attributes(aria_label=w("统计周期"))),
            html.Div(
                [
                    _step(view.period.previous(), "前一期", "ind-back", query, w),
                    _own_days(view, query, w),
                    _step(view.period.following(), "后一期", "", query, w),
                ],
                className="ind-days",
            ),
            html.Nav(compare, className="case-tabs", **attributes(aria_label=w("对比"))),
            html.Div(
                [*_files(view, w), _act("share", "link", w("复制本页链接")), _act("print", "print", w("打印"))],
                className="ind-files",
            ),
        ],
        className="ind-bar",
        **attributes(data_permalink=address("", fixed(view, query)).removeprefix("?")),
    )


def _choice(word: str, href: str, chosen: bool) -> html.A:  # noqa: FBT001  # a state of the link
    current = attributes(aria_current="true") if chosen else {}
    return html.A(word, href=href, className="analysis-choice", **current)


def _step(period: Period, word: str, turned: str, query: Mapping[str, str], w: Words) -> html.A:
    said = f"{w(word)} {fmt.period(period)}"
    return html.A(
        icon("chev"),
        href=to({**query, **days(period)}),
        className=f"desk-button is-small ind-step {turned}".strip(),
        title=said,
        **attributes(aria_label=said),
    )


def _own_days(view: Indicators, query: Mapping[str, str], w: Words) -> html.Details:
    """Days of one's own, in a form that works without a script. The last day is given; the address says the next."""
    kept: list[Child] = [Input(type="hidden", name=name, value=query[name]) for name in _KEPT if query.get(name)]
    last = view.period.end - timedelta(days=1)
    fields: list[Child] = [
        html.Label([html.Span(w(word)), Input(type="date", name=name, value=value.isoformat(), required=True)])
        for word, name, value in (("从", "from", view.period.first), ("到", "until", last))
    ]
    return html.Details(
        [
            html.Summary(fmt.period(view.period), className="desk-button is-small", title=w("自选日期")),
            html.Form(
                [*kept, *fields, html.Button(w("看这一段"), type="submit", className="desk-button")],
                action=words.PATH,
                method="get",
                className="ind-own",
            ),
        ],
        className="tools ind-range",
    )


def _files(view: Indicators, w: Words) -> list[Child]:
    asked = {"area": view.place.area.code, **days(view.period), "by": view.by.value if view.by else ""}
    return [
        html.A(
            [icon("table"), html.Span(form.upper())],
            href=address("/api/v1/indicators", {}, **asked, format=form),
            className="desk-button is-small",
            download="",
            title=w("下载表格 {form}", form=form.upper()),
        )
        for form in ("xlsx", "csv")
    ]


def _act(act: str, symbol: str, word: str) -> html.Button:
    return html.Button(
        icon(symbol),
        type="button",
        className="desk-button is-small",
        title=word,
        **attributes(data_act=act, aria_label=word),
    )

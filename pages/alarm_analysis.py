"""/alarms/analysis: how the alarms of an area went in the days [from, to); by default the last seven."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl

from dash import Input, Output, State, callback, clientside_callback, dcc, html, register_page

from components import alarm_analysis, sheet
from components.i18n import words
from data_access.auth.principal import require, viewer
from data_access.domain.accounts import Action
from data_access.domain.errors import DomainError, InvalidInput
from data_access.domain.periods import local_day
from data_access.queries import areas
from data_access.queries.alarm_analysis import analysed, span
from data_access.queries.session import now, reading
from data_access.viewmodels.areas import AreaLabel
from pages.address import day
from pages.person import shown

PATH = "/alarms/analysis"
register_page(__name__, path="/alarms/analysis", title="告警分析 · 一屏", name="告警分析")

DAYS = 7
REFRESH_MS = 300_000


def layout(**query: str) -> html.Div:
    """The page for the URL's area and days; it is counted afterwards."""
    w = words(query.get("lang"))
    person = shown(PATH, query, w)
    try:
        area, first, end = _asked(query)
    except DomainError as refused:
        missing = [html.P(w(refused.source, **refused.named), className="missing")]
        return sheet.build(PATH, w("告警分析"), missing, query, w, person=person)
    with reading() as session:
        place = areas.place(area, viewer().scope, areas.data_version(session))
    return sheet.build(
        PATH,
        w("告警分析"),
        [
            alarm_analysis.bar(place, first, end, local_day(now()), query, w),
            html.Div(alarm_analysis.reading(w), id="analysis-body", className="analysis-body"),
            dcc.Interval(id="analysis-again", interval=REFRESH_MS),
            html.Div(id="analysis-drawn", hidden=True),
        ],
        query,
        w,
        where=alarm_analysis.crumbs(place, query, w),
        person=person,
    )


@callback(
    Output("analysis-body", "children"),
    Input("analysis-again", "n_intervals"),
    State("_pages_location", "search"),
)
def counted(_: int, search: str | None) -> Any:
    """The figures as they are now: of a wide area and a long time they take a while."""
    query = dict(parse_qsl((search or "").removeprefix("?")))
    w = words(query.get("lang"))
    try:
        area, first, end = _asked(query)
        at = now().replace(second=0, microsecond=0) + timedelta(minutes=1)
        with reading() as session:
            version = areas.data_version(session)
        found = analysed(area.path, first, end, at, version)
    except DomainError as refused:
        return html.P(w(refused.source, **refused.named), className="missing")
    return alarm_analysis.build(found, query, w)


clientside_callback(
    "function () { return window.yiping.charts.draw(); }",
    Output("analysis-drawn", "title"),
    Input("analysis-body", "children"),
)


def _asked(query: Mapping[str, str]) -> tuple[AreaLabel, date, date]:
    """Area and days of the address. Raises a `DomainError` for what cannot be shown."""
    require(viewer(), Action.SEE_ROWS)
    with reading() as session:
        area = areas.find(session, query.get("area") or None, viewer().scope)
    if area is None:
        raise InvalidInput("还没有数据。请先导入区域：yiping import areas 文件")
    tomorrow = local_day(now()) + timedelta(days=1)
    end = day(query.get("to")) or tomorrow
    first = day(query.get("from")) or min(end, tomorrow) - timedelta(days=DAYS)
    span(first, end, now())
    return area, first, end

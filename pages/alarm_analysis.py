"""/alarms/analysis: how the alarms of an area went in the days [from, to); by default the last seven."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from dash import Input, Output, clientside_callback, get_app, html, register_page
from flask import Response, request

from components import alarm_analysis, sheet
from components.i18n import words
from components.parts import attributes
from data_access.auth.principal import require, viewer
from data_access.domain.accounts import Action
from data_access.domain.errors import DomainError, InvalidInput
from data_access.domain.periods import local_day
from data_access.queries import areas
from data_access.queries.alarm_analysis import analysed
from data_access.queries.alarm_span import span
from data_access.queries.session import now, reading
from data_access.viewmodels.areas import AreaLabel
from pages import fragment
from pages.address import day
from pages.person import shown

PATH = "/alarms/analysis"
register_page(__name__, path="/alarms/analysis", title="告警分析 · 一屏", name="告警分析")

BODY = "/alarms/analysis/body"
DAYS = 7


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
            html.Div(
                alarm_analysis.reading(w),
                id="analysis-body",
                className="analysis-body",
                **attributes(data_fragment=BODY),
            ),
            html.Div(id="analysis-drawn", hidden=True),
        ],
        query,
        w,
        where=alarm_analysis.crumbs(place, query, w),
        person=person,
    )


def body() -> Response:
    """`GET /alarms/analysis/body`: the figures as they are now. Of a wide area and a long time they take a while."""
    query = request.args
    w = words(query.get("lang"))
    try:
        area, first, end = _asked(query)
        at = now().replace(second=0, microsecond=0) + timedelta(minutes=1)
        with reading() as session:
            version = areas.data_version(session)
        found = analysed(area.path, first, end, at, version)
    except DomainError as refused:
        return fragment.answer(html.P(w(refused.source, **refused.named), className="missing"))
    return fragment.answer(alarm_analysis.build(found, query, w))


get_app().server.add_url_rule(BODY, "alarm_analysis_body", body)
clientside_callback(
    "function (id) { return window.yiping.fragment.built(); }",
    Output("analysis-drawn", "title"),
    Input("analysis-body", "id"),
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

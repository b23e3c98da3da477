"""/alarms/analysis: how the alarms of an area went in the days [from, to); by default the last seven."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from dash import get_app, html, register_page
from flask import Response, request

from components import alarm_analysis
from components.document import FirstPaint
from components.i18n import Words, words
from components.parts import Child, attributes
from data_access.auth.principal import require, viewer
from data_access.domain.accounts import Action
from data_access.domain.errors import DomainError, InvalidInput
from data_access.domain.periods import local_day
from data_access.queries import areas
from data_access.queries.alarm_analysis import analysed
from data_access.queries.alarm_span import span
from data_access.queries.session import now, reading
from data_access.viewmodels.areas import AreaLabel, Place
from pages import fragment, painted
from pages.address import day

PATH = "/alarms/analysis"
BODY = "/alarms/analysis/body"
ROOM = "analysis"
DAYS = 7


def layout(**query: str) -> html.Div:
    """The frame of the page; the painted one, whose figures are counted afterwards, moves into it."""
    w = words(query.get("lang"))
    try:
        return _page(_place(query)[0], None, query, w)
    except DomainError as why:
        return painted.refused(PATH, w("告警分析"), why, query, w)


def first_paint(query: Mapping[str, str]) -> FirstPaint | None:
    """The page before anything is counted; None where it is a refusal."""
    w = words(query.get("lang"))
    try:
        place, first, end = _place(query)
    except DomainError:
        return None
    figures = attributes(data_fragment=BODY)
    room: list[Child] = [
        alarm_analysis.bar(place, first, end, local_day(now()), query, w),
        html.Div(alarm_analysis.reading(w), id="analysis-body", className="analysis-body", **figures),
    ]
    return painted.first(_page(place, room, query, w), place.area, w("告警分析"), w)


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


register_page(
    __name__, path="/alarms/analysis", title="告警分析 · 一屏", name="告警分析", first_paint=first_paint, core=False
)
get_app().server.add_url_rule(BODY, "alarm_analysis_body", body)
painted.move(ROOM)


def _page(place: Place, room: Child | list[Child], query: Mapping[str, str], w: Words) -> html.Div:
    where = alarm_analysis.crumbs(place, query, w)
    return painted.frame(PATH, w("告警分析"), ROOM, query, w, where=where, body=room)


def _place(query: Mapping[str, str]) -> tuple[Place, date, date]:
    area, first, end = _asked(query)
    with reading() as session:
        return areas.place(area, viewer().scope, areas.data_version(session)), first, end


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

"""/trends: how an area got where it is. The URL is the state: `area`, the period and the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from dash import Input, Output, State, callback, clientside_callback, dcc, html, register_page

from components import judgement, sheet, trends, where
from components.i18n import Words, words
from components.parts import Child
from data_access.auth.principal import viewer
from data_access.domain.errors import DomainError, InvalidInput
from data_access.domain.periods import local_day
from data_access.queries import areas, overview, topics
from data_access.queries import trends as past
from data_access.queries.session import now, reading
from data_access.viewmodels.areas import AreaLabel, Place
from pages.address import day
from pages.person import shown

register_page(__name__, path="/trends", title="趋势 · 一屏", name="趋势")

MONTHS = 12
REFRESH_MS = 600_000


def layout(**query: str) -> html.Div:
    """The page for the URL's `area`; its people are counted afterwards."""
    w = words(query.get("lang"))
    try:
        area = _area(query)
        if area is None:
            raise InvalidInput("还没有数据。请先导入区域：yiping import areas 文件")
        body = _body(area, query, w)
    except DomainError as refused:
        missing: list[Child] = [html.P(w(str(refused)), className="missing")]
        return sheet.build("/trends", w("趋势"), missing, query, w, person=shown("/trends", query, w))
    with reading() as session:
        place = areas.place(area, viewer().scope, areas.data_version(session))
    return sheet.build(
        "/trends",
        w("趋势"),
        [
            html.Div(
                [judgement.tabs("/trends", query, w), where.below("/trends", place, query, w)], className="trends-bar"
            ),
            html.Div(body, id="trends-body", className="trends-grid"),
            dcc.Interval(id="trends-again", interval=REFRESH_MS),
            html.Div(id="trends-drawn", hidden=True),
        ],
        query,
        w,
        where=where.crumbs("/trends", _title(place, w), place, query, w),
        person=shown("/trends", query, w),
    )


@callback(
    Output("trends-people", "children"),
    Input("trends-people", "id"),
    State("_pages_location", "search"),
)
def people(_: str, search: str) -> Any:
    """The pyramid: of a whole district it takes seconds the first time."""
    query = _query(search)
    w = words(query.get("lang"))
    try:
        area = _area(query)
    except DomainError:
        area = None
    with reading() as session:
        version = areas.data_version(session)
    bands = past.ages(area.path, local_day(now()).replace(day=1), version) if area else ()
    return trends.pyramid(bands, w)


@callback(
    Output("trends-body", "children"),
    Input("trends-again", "n_intervals"),
    State("_pages_location", "search"),
    prevent_initial_call=True,
)
def again(_: int, search: str) -> Any:
    """The figures as they are now."""
    query = _query(search)
    area = _area(query)
    return _body(area, query, words(query.get("lang"))) if area else []


for changed in ("trends-body", "trends-people"):
    clientside_callback(
        "function () { return window.yiping.charts.draw(); }",
        Output("trends-drawn", "title", allow_duplicate=True),
        Input(changed, "children"),
        prevent_initial_call="initial_duplicate",
    )


def _area(query: Mapping[str, str]) -> AreaLabel | None:
    with reading() as session:
        return areas.find(session, query.get("area") or None, viewer().scope)


def _body(area: AreaLabel, query: Mapping[str, str], w: Words) -> list[Child]:
    view = overview.overview(area, viewer().scope, day(query.get("from")), day(query.get("to")))
    end = min(view.period.end, local_day(view.at))
    with reading() as session:
        version = areas.data_version(session)
    days = past.days(area.path, end, version)
    found = topics.topics(area.path, end, version)
    return [
        trends.daily(days, w),
        trends.rates(past.months(area.path, end, MONTHS, version), w),
        trends.hot(topics.hot(area.path, end, version), query, w),
        trends.standing(days, w),
        trends.classes(found, w),
        trends.channels(found, w),
        html.Div(trends.counting(w), id="trends-people", className="trends-people"),
    ]


def _title(place: Place, w: Words) -> str:
    return w("{name}趋势", name=w.name(place.area.name, place.area.name_en))


def _query(search: str | None) -> dict[str, str]:
    return dict(parse_qsl((search or "").removeprefix("?")))

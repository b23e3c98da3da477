"""/: the overview of any area. The URL is the state; one callback renders the panels when the place in it changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qsl

from dash import Input, Output, callback, clientside_callback, dcc, html, no_update, register_page

from components import activity, building_drawer, closing, frame, labels, ledger, ranking
from components import map as map_view
from components.i18n import Words, words
from components.parts import Child, attributes
from data_access.auth.principal import viewer
from data_access.domain.errors import DomainError, InvalidInput
from data_access.queries import areas, buildings, overview
from data_access.queries.session import reading
from data_access.viewmodels.areas import BuildingView, PersonLine
from data_access.viewmodels.overview import Overview, SourceLine

register_page(__name__, path="/", title="一屏", name="总览")


class Ids(StrEnum):
    """What the page itself owns; panels.js and callbacks.js know these names."""

    SEARCH = "overview-search"  # the script writes the URL's query here; the callback answers
    STATE = "overview-state"  # what the scripts must know of the answer
    WORDS = "yiping-words"
    LEFT = "overview-left"
    LOW = "overview-low"
    RANK = "overview-rank"
    MAP_HEAD = "overview-map-head"
    TOAST = "overview-toast"


_REGIONS: Final = (
    frame.Ids.HEAD,
    frame.Ids.PROOF,
    Ids.LEFT,
    Ids.MAP_HEAD,
    Ids.LOW,
    Ids.RANK,
    building_drawer.Ids.DRAWER,
)
Regions = dict[str, list[Child]]


def layout(**query: str) -> html.Div:
    """The page for the URL's `area`, `from`, `to`, `building`, `lang` and `wall`."""
    w = words(query.get("lang"))
    try:
        view, regions, state = _render(query, w)
    except DomainError as refused:
        return _refused(str(refused), w)
    if view is None:
        return _refused(w("还没有数据。请先导入区域：yiping import areas 文件"), w)
    return html.Div(
        [
            frame.header(regions[frame.Ids.HEAD], view.demo, query, w),
            html.Div(id=frame.Ids.STALE, className="stale-banner", role="alert", hidden=True),
            html.Div(
                [frame.strip(w), html.Div(regions[frame.Ids.PROOF], id=frame.Ids.PROOF, className="strip-proof")],
                className="strip-row",
            ),
            html.Main(
                [
                    html.Div(regions[Ids.LEFT], id=Ids.LEFT, className="left"),
                    html.Section(
                        [
                            html.Div(regions[Ids.MAP_HEAD], id=Ids.MAP_HEAD, className="map-place"),
                            map_view.build(query, w),
                        ],
                        className="panel panel-map",
                        **attributes(aria_label=w("地图")),
                    ),
                    html.Div(regions[Ids.LOW], id=Ids.LOW, className="low"),
                    frame.details_switch(w),
                    frame.alarms(w),
                    html.Div(regions[Ids.RANK], id=Ids.RANK, className="rank-place"),
                ],
                className="main",
            ),
            frame.footer(view.sources, view.demo, w),
            html.Div(regions[building_drawer.Ids.DRAWER], id=building_drawer.Ids.DRAWER, className="drawer-place"),
            html.Div(id=Ids.TOAST, className="toast", role="status"),
            html.Div(id=frame.Ids.ANNOUNCE, className="sr-only", **attributes(aria_live="polite")),
            html.Div(id=Ids.WORDS, hidden=True, **attributes(data_words=json.dumps(labels.for_browser(w)))),
            dcc.Store(id=Ids.SEARCH),
            dcc.Store(id=Ids.STATE, data=state),
            html.Div(id="overview-sink", hidden=True),
        ],
        className="overview",
    )


@callback(
    *(Output(region, "children") for region in _REGIONS),
    Output(Ids.STATE, "data"),
    Output(Ids.TOAST, "children"),
    Input(Ids.SEARCH, "data"),
    prevent_initial_call=True,
)
def show(message: Mapping[str, str]) -> tuple[Any, ...]:
    """Render the panels for the query that the script sends; a refusal becomes a toast and changes nothing."""
    query = dict(parse_qsl(message["search"].removeprefix("?")))
    w = words(query.get("lang"))
    try:
        view, regions, state = _render(query, w)
    except DomainError as refused:
        return *([no_update] * len(_REGIONS)), no_update, w(str(refused))
    if view is None:
        return *([no_update] * len(_REGIONS)), no_update, no_update
    return *(regions[region] for region in _REGIONS), state, ""


clientside_callback(
    "function (state) { return window.yiping.place(state); }",
    Output("overview-sink", "title"),
    Input(Ids.STATE, "data"),
)


def _render(query: Mapping[str, str], w: Words) -> tuple[Overview | None, Regions, dict[str, Any]]:
    """The view, the content of each region and the scripts' state; (None, …) in an empty deployment."""
    scope = viewer().scope
    with reading() as session:
        area = areas.find(session, query.get("area") or None, scope)
        if area is None:
            return None, {}, {}
        people = buildings.people(session, area.path)
        drawer = buildings.building(session, query["building"], scope) if query.get("building") else None
    view = overview.overview(area, scope, _day(query.get("from")), _day(query.get("to")))
    return view, _regions(view, people, drawer, w), _state(view, w)


def _regions(view: Overview, people: tuple[PersonLine, ...], drawer: BuildingView | None, w: Words) -> Regions:
    population, entities = _source(view, "population"), _source(view, "entities")
    return {
        frame.Ids.HEAD: frame.where(view.place, w),
        frame.Ids.PROOF: frame.proof(view, w),
        Ids.LEFT: [
            ledger.population(view.ledger, population, view.at, w),
            ledger.housing(view.ledger, population, view.at, w),
            ledger.organisations(view.ledger, entities, view.at, w),
            closing.build(view, w),
        ],
        Ids.MAP_HEAD: frame.below(view.place, w),
        Ids.LOW: [activity.incidents(view, w), activity.sensors(view, w), activity.video(view, w)],
        Ids.RANK: [ranking.build(view, people, w)],
        building_drawer.Ids.DRAWER: [building_drawer.build(drawer, view.at, w)] if drawer else [],
    }


def _state(view: Overview, w: Words) -> dict[str, Any]:
    area = view.place.area
    critical = view.sensors.last_critical_at
    return {
        "code": area.code,
        "path": area.path,
        "name": w.name(area.name, area.name_en),
        "title": f"{w.name(area.name, area.name_en)} · {w('一屏')}",
        "lang": w.lang.value,
        "last_critical": critical.isoformat() if critical else None,
        "children": [child.code for child in view.place.children],
        "places": {child.path: w.name(child.name, child.name_en) for child in view.place.children},
    }


def _source(view: Overview, code: str) -> SourceLine | None:
    return next((source for source in view.sources if source.code == code), None)


def _day(text: str | None) -> date | None:
    if not text:
        return None
    with suppress(ValueError):
        return date.fromisoformat(text)
    raise InvalidInput("日期的格式是 2018-01-31。")


def _refused(why: str, w: Words) -> html.Div:
    return html.Div(
        html.Main([html.H1(w("一屏")), html.P(w(why)), html.A(w("回到总览"), href="/")], className="refused"),
        className="overview-refused",
    )

"""/: the overview of any area. The URL is the state.

React builds the frame and the map once. The panels are the same Dash trees as everything else, sent as HTML: with the
document for the first paint, and from `/panels` when the place in the address changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from dash import Input, Output, clientside_callback, get_app, html, register_page
from dash.development.base_component import Component
from flask import Response, request

from components import activity, building_drawer, closing, frame, header, labels, ledger, periods, ranking
from components import map as map_view
from components.document import FirstPaint
from components.i18n import Words, words
from components.markup import render
from components.parts import Child, attributes
from data_access.auth.principal import may, viewer
from data_access.domain.accounts import Action
from data_access.domain.errors import DomainError, NotFound
from data_access.queries import ahead, areas, buildings, overview
from data_access.queries.session import reading
from data_access.viewmodels.areas import AreaLabel, BuildingView, PersonLine
from data_access.viewmodels.overview import Overview, SourceLine
from pages.address import day
from pages.person import shown

_EMPTY: Final = "还没有数据。请先导入区域：yiping import areas 文件"


class Ids(StrEnum):
    """What the page itself owns; panels.js and callbacks.js know these names."""

    WORDS = "yiping-words"
    LEFT = "overview-left"
    LOW = "overview-low"
    RANK = "overview-rank"
    MAP_HEAD = "overview-map-head"
    TOAST = "overview-toast"
    SINK = "overview-sink"


Regions = dict[str, list[Child]]


def layout(**query: str) -> Component:
    """The frame of the page for the URL's `area`, `lang` and `wall`; the scripts bring its panels."""
    w = words(query.get("lang"))
    try:
        area = _area(query)
    except DomainError as refused:
        return _refused(str(refused), w)
    if area is None:
        return _refused(w(_EMPTY), w)
    with reading() as session:
        return _frame({}, areas.is_demo(session), overview.read_sources(session), {}, query, w)


def first_paint(query: Mapping[str, str]) -> FirstPaint | None:
    """The page with its panels as the server paints it; None where the page is a refusal."""
    w = words(query.get("lang"))
    try:
        found = _render(query, w)
    except DomainError:
        return None
    if found is None:
        return None
    view, regions = found
    page = _frame(regions, view.demo, view.sources, view.sensors.by_severity, query, w)
    fetched = (map_view.outlines_url(view.place.area.code, query), map_view.snapshot_url(query))
    return FirstPaint(render(page), _state(view, w), fetched)


def panels() -> Response:
    """`GET /panels?area=…`: the panels of a place as HTML by region, with what the scripts must know of it."""
    w = words(request.args.get("lang"))
    try:
        found = _render(request.args, w)
    except DomainError as refused:
        return _answer({"refused": w(str(refused))})
    if found is None:
        return _answer({"refused": w(_EMPTY)})
    view, regions = found
    return _answer({"state": _state(view, w), "regions": {name: render(tree) for name, tree in regions.items()}})


register_page(__name__, path="/", title="一屏", name="总览", first_paint=first_paint, core=False)
get_app().server.add_url_rule("/panels", view_func=panels)
clientside_callback(
    "function (id) { return window.yiping.built(); }",
    Output(Ids.SINK, "title"),
    Input(Ids.LEFT, "id"),
)


def _answer(body: Mapping[str, Any]) -> Response:
    answer = Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _frame(
    regions: Regions,
    demo: bool,  # noqa: FBT001  # a label, not a mode
    sources: tuple[SourceLine, ...],
    by_severity: Mapping[int, int],
    query: Mapping[str, str],
    w: Words,
) -> html.Div:
    """The page; `regions` are empty in the one that React builds, the scripts fill them."""

    def region(name: StrEnum, class_name: str) -> html.Div:
        return html.Div(regions.get(name), id=name, className=class_name, **attributes(data_region=""))

    return html.Div(
        [
            header.build("/", region(frame.Ids.HEAD, "where"), query, w, person=shown("/", query, w)),
            html.Div(id=frame.Ids.STALE, className="stale-banner", role="alert", hidden=True),
            html.Section(
                [frame.strip(w), region(frame.Ids.PROOF, "strip-proof")],
                className="strip-row",
                **attributes(aria_label=w("生命安全")),
            ),
            html.Main(
                [
                    region(Ids.LEFT, "left"),
                    html.Section(
                        [region(Ids.MAP_HEAD, "map-place"), map_view.build(query, w)],
                        className="panel panel-map",
                        **attributes(aria_label=w("地图"), data_sources="sensors video"),
                    ),
                    region(Ids.LOW, "low"),
                    frame.details_switch(w),
                    frame.side_tabs(w),
                    frame.alarms(w, by_severity),
                    region(Ids.RANK, "rank-place"),
                    frame.beside(w),
                ],
                className="main",
            ),
            frame.footer(sources, demo, w),
            region(building_drawer.Ids.DRAWER, "drawer-place"),
            html.Div(id=Ids.TOAST, className="toast", role="status"),
            html.Div(id=frame.Ids.ANNOUNCE, className="sr-only", **attributes(aria_live="polite")),
            html.Div(id=Ids.WORDS, hidden=True, **attributes(data_words=json.dumps(labels.for_browser(w)))),
            html.Div(id=Ids.SINK, hidden=True),
        ],
        className="overview",
    )


def _area(query: Mapping[str, str]) -> AreaLabel | None:
    with reading() as session:
        return areas.find(session, query.get("area") or None, viewer().scope)


def _render(query: Mapping[str, str], w: Words) -> tuple[Overview, Regions] | None:
    """The view and the content of each region; None in an empty deployment."""
    area, scope = _area(query), viewer().scope
    if area is None:
        return None
    drawer: BuildingView | NotFound | None = None
    with reading() as session:
        rows = may(viewer(), Action.SEE_ROWS)  # a wall gets aggregates alone
        phones = may(viewer(), Action.SEE_PHONES) and query.get("wall") != "1"  # what hangs there is read by anybody
        rooms = may(viewer(), Action.DO_TASKS) and query.get("wall") != "1"
        people = buildings.people(session, area.path, whole_phones=phones) if rows else ()
        if rows and (code := query.get("building")):
            try:
                drawer = buildings.building(session, code, scope, whole_phones=phones, rooms=rooms)
            except NotFound as absent:  # an old bookmark: the place is shown all the same
                drawer = absent
    first, end = day(query.get("from")), day(query.get("to"))
    view = overview.overview(area, scope, first, end)
    if query.get("wall") != "1":  # nobody chooses anything on a wall
        ahead.looked_at(ahead.in_order(view.place, [line.code for line in view.ranked]), scope, first, end)
    return view, _regions(view, people, drawer, w)


def _regions(
    view: Overview, people: tuple[PersonLine, ...], drawer: BuildingView | NotFound | None, w: Words
) -> Regions:
    population, entities = _source(view, "population"), _source(view, "entities")
    return {
        frame.Ids.HEAD: [*frame.where(view.place, view.on_duty, w), periods.switch(view, w)],
        frame.Ids.PROOF: frame.proof(view, w),
        Ids.LEFT: [
            ledger.population(view.ledger, population, view.at, w, view.past),
            ledger.housing(view.ledger, population, view.at, w, view.past),
            ledger.organisations(view.ledger, entities, view.at, w, view.past),
            closing.build(view, w),
        ],
        Ids.MAP_HEAD: frame.below(view.place, view.demo, w),
        Ids.LOW: [activity.incidents(view, w), activity.sensors(view, w), activity.video(view, w)],
        Ids.RANK: [ranking.build(view, people, w)],
        building_drawer.Ids.DRAWER: _drawer(drawer, view.at, w),
    }


def _drawer(found: BuildingView | NotFound | None, at: datetime, w: Words) -> list[Child]:
    match found:
        case None:
            return []
        case NotFound():
            return [building_drawer.absent(str(found), w)]
        case _:
            return [building_drawer.build(found, at, w)]


def _state(view: Overview, w: Words) -> dict[str, Any]:
    area = view.place.area
    critical = view.sensors.last_critical_at
    return {
        "code": area.code,
        "path": area.path,
        "name": w.name(area.name, area.name_en),
        "title": f"{w.name(area.name, area.name_en)} · {w('一屏')}",
        "lang": w.lang.value,
        "acts": may(viewer(), Action.ACT_ON_ALARMS),
        "last_critical": critical.isoformat() if critical else None,
        "up": view.place.trail[-1].code if view.place.trail else None,
        "children": [child.code for child in view.place.children],
        "places": {child.path: w.name(child.name, child.name_en) for child in view.place.children},
    }


def _source(view: Overview, code: str) -> SourceLine | None:
    return next((source for source in view.sources if source.code == code), None)


def _refused(why: str, w: Words) -> html.Div:
    return html.Div(
        html.Main([html.H1(w("一屏")), html.P(w(why)), html.A(w("回到总览"), href="/")], className="refused"),
        className="overview-refused",
    )

"""/alarms: the duty officer's desk. The address is the state: area, view, filters and the alarm that is open.

React builds the header; the desk itself is painted by the server and kept by `desk*.js` (ADR 0012). One alarm comes as
HTML by part from `/desk/alarm`, the strip's figures from `/desk/strip`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from dash import Input, Output, clientside_callback, get_app, html, register_page
from dash.development.base_component import Component
from flask import Response, request

from components import alarm_context, alarm_detail, desk, frame, header, labels
from components.document import FirstPaint
from components.i18n import Words, words
from components.markup import render
from components.parts import attributes
from data_access.auth.principal import Kind, Principal, may, viewer
from data_access.domain.accounts import Action
from data_access.domain.errors import DomainError, NotAllowed, NotFound
from data_access.queries import areas, people
from data_access.queries import desk as queries
from data_access.queries.session import now, reading, services
from data_access.viewmodels.areas import AreaLabel
from pages.person import shown

_EMPTY: Final = "还没有数据。请先导入区域：yiping import areas 文件"
_GUEST: Final = "登录后可以处置"
_READS: Final = "您的账号可以查看和留言，处置由值班员完成"
_NO_ROWS: Final = "大屏只看汇总，不进入告警处置"


def layout(**query: str) -> Component:
    """The frame of the page; the scripts move the painted desk into it."""
    w = words(query.get("lang"))
    try:
        area = _area(query)
    except DomainError as refused:
        return _refused(str(refused), w)
    if area is None:
        return _refused(w(_EMPTY), w)
    return _frame(None, query, w)


def first_paint(query: Mapping[str, str]) -> FirstPaint | None:
    """The desk with its first lines; None where the page is a refusal."""
    w = words(query.get("lang"))
    try:
        area = _area(query)
    except DomainError:
        return None
    if area is None:
        return None
    at = now()
    with reading() as session:
        lines = queries.queue(session, area.path)
        figures = queries.shift_figures(session, area.path, viewer().name, at)
        places = queries.places(session, viewer().scope)
        names = people.officers(session, area.path) if _may(Action.COMMENT) else {}
        place = areas.place(area, viewer().scope, areas.data_version(session))
    guest = viewer().kind is Kind.GUEST
    longest = services().settings.shelve_max_h
    body = desk.build(
        lines, figures, places, query, _why_not(viewer(), w), at, w, place=place, guest=guest, shelve_max_h=longest
    )
    return FirstPaint(render(_frame(body, query, w)), _state(area, places, names, w), surface="desk")


def alarm() -> Response:
    """`GET /desk/alarm?id=…`: one alarm as HTML by part, with what the scripts must know of it.

    `whole` is for how many alarms of its confirmed event the actions of the page are: those of the folded line.
    """
    w = words(request.args.get("lang"))
    who = viewer()
    try:
        with reading() as session:
            number = _number(request.args.get("id"))
            view = queries.alarm(session, number, who.scope, now=now(), whole_phones=_may(Action.SEE_PHONES))
    except DomainError as refused:
        return _answer({"refused": w(str(refused))}, 404)
    may_act, may_comment = _may(Action.ACT_ON_ALARMS), _may(Action.COMMENT)
    whole = int(given) if (given := request.args.get("whole", "1")).isdecimal() and len(given) < 5 else 1
    parts = alarm_detail.regions(view, may_act=may_act, may_comment=may_comment, me=who.name, w=w, whole=whole)
    parts["context"] = alarm_context.build(view, w, may_reveal=_may(Action.REVEAL))
    record = view.detail.alarm
    return _answer(
        {
            "id": record.id,
            "version": record.version,
            "dispatch": alarm_context.choices(view, w),
            "windows": alarm_context.window_places(view, w),
            "title": f"{labels.of(labels.ALARM, record.kind, w)} · {record.place}",
            "parts": {name: render(tree) for name, tree in parts.items()},
        }
    )


def strip() -> Response:
    """`GET /desk/strip?area=…`: the strip's figures as they are now."""
    w = words(request.args.get("lang"))
    try:
        area = _area(request.args)
    except DomainError as refused:
        return _answer({"refused": w(str(refused))}, 404)
    if area is None:
        return _answer({"refused": w(_EMPTY)}, 404)
    at = now()
    with reading() as session:
        figures = queries.shift_figures(session, area.path, viewer().name, at)
    return _answer({"html": render(desk.strip(figures, w))})


register_page(__name__, path="/alarms", title="告警 · 一屏", name="告警", first_paint=first_paint)
get_app().server.add_url_rule("/desk/alarm", view_func=alarm, endpoint="desk_alarm")
get_app().server.add_url_rule("/desk/strip", view_func=strip, endpoint="desk_strip")
clientside_callback(
    "function (id) { return window.yiping.desk.built(); }",
    Output("desk-sink", "title"),
    Input(desk.Ids.DESK, "id"),
)


def _frame(body: html.Div | None, query: Mapping[str, str], w: Words) -> html.Div:
    """The page; without a body the one that React builds, the scripts fill it."""
    return html.Div(
        [
            header.build("/alarms", header.title(w("告警")), query, w, person=shown("/alarms", query, w)),
            html.Div(id=frame.Ids.STALE, className="stale-banner", role="alert", hidden=True),
            html.Main(body, id=desk.Ids.DESK, className="desk-room", **attributes(aria_label=w("告警处置"))),
            html.Div(id="yiping-words", hidden=True, **attributes(data_words=json.dumps(labels.for_browser(w)))),
            html.Div(id="desk-sink", hidden=True),
        ],
        className="desk-page",
    )


def _area(query: Mapping[str, str]) -> AreaLabel | None:
    """The area of the address within what the viewer may see in rows. Raises `NotAllowed` for a wall."""
    if not _may(Action.SEE_ROWS):
        raise NotAllowed(_NO_ROWS)
    with reading() as session:
        return areas.find(session, query.get("area") or None, viewer().scope)


def _may(action: Action) -> bool:
    return may(viewer(), action)


def _why_not(who: Principal, w: Words) -> str | None:
    """Why the viewer only reads; None when he acts."""
    if may(who, Action.ACT_ON_ALARMS):
        return None
    return w(_GUEST if who.kind is Kind.GUEST else _READS)


def _number(text: str | None) -> int:
    if not text or not text.isdecimal() or len(text) > 18:  # what the database takes
        raise NotFound("没有这条告警，或者不在您的权限范围内。")
    return int(text)


def _state(area: AreaLabel, places: Mapping[str, str], names: Mapping[str, str], w: Words) -> dict[str, Any]:
    who = viewer()
    return {
        "code": area.code,
        "path": area.path,
        "name": w.name(area.name, area.name_en),
        "title": f"{w('告警')} · {w('一屏')}",
        "lang": w.lang.value,
        "places": dict(places),
        "desk": {
            "me": who.name,
            "may": sorted(action for action in Action if may(who, action)),
            "names": dict(names),
        },
    }


def _answer(body: Mapping[str, Any], status: int = 200) -> Response:
    answer = Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), status, mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _refused(why: str, w: Words) -> html.Div:
    return html.Div(
        html.Main([html.H1(w("告警")), html.P(w(why)), html.A(w("回到总览"), href="/")], className="refused"),
        className="desk-refused",
    )

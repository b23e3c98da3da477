"""/trends/judgement: 研判 of an area: what rises, new words, when, where and from whom again and again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from dash import Input, Output, clientside_callback, get_app, html, register_page
from flask import Response, request

from components import judgement, sheet, where
from components.i18n import words
from components.parts import attributes
from data_access.auth.principal import may, require, viewer
from data_access.domain.accounts import Action
from data_access.domain.errors import DomainError, InvalidInput
from data_access.domain.periods import local_day
from data_access.queries import areas, overview
from data_access.queries.briefs import issues
from data_access.queries.judgement import judged
from data_access.queries.session import now, reading
from data_access.viewmodels.areas import AreaLabel
from pages import fragment, painted
from pages.address import day
from pages.person import shown

PATH: Final = judgement.PATH
BODY: Final = "/trends/judgement/body"
ISSUES: Final = 8

register_page(__name__, path="/trends/judgement", title="研判 · 一屏", name="研判")


def layout(**query: str) -> html.Div:
    """The page for the URL's area; it is counted afterwards."""
    w = words(query.get("lang"))
    try:
        area = _area(query)
    except DomainError as refused:
        return painted.refused(PATH, w("研判"), refused, query, w)
    with reading() as session:
        place = areas.place(area, viewer().scope, areas.data_version(session))
    title = w("{name}研判", name=w.name(place.area.name, place.area.name_en))
    return sheet.build(
        PATH,
        w("研判"),
        [
            html.Div([judgement.tabs(PATH, query, w), where.below(PATH, place, query, w)], className="analysis-bar"),
            html.Div(
                judgement.reading(w), id="judgement-body", className="analysis-body", **attributes(data_fragment=BODY)
            ),
            html.Div(id="judgement-drawn", hidden=True),
        ],
        query,
        w,
        where=where.crumbs(PATH, title, place, query, w),
        person=shown(PATH, query, w),
    )


def body() -> Response:
    """`GET /trends/judgement/body`: everything that is counted."""
    query = request.args
    w = words(query.get("lang"))
    try:
        area = _area(query)
        with reading() as session:
            version = areas.data_version(session)
        found = judged(area.path, _end(query), may(viewer(), Action.SEE_PHONES), version)
    except DomainError as refused:
        return fragment.answer(html.P(w(refused.source, **refused.named), className="missing"))
    return fragment.answer(judgement.build(found, area.code, issues(area.code, ISSUES), query, w))


get_app().server.add_url_rule(BODY, "judgement_body", body)
clientside_callback(
    "function (id) { return window.yiping.fragment.built(); }",
    Output("judgement-drawn", "title"),
    Input("judgement-body", "id"),
)


def _area(query: Mapping[str, str]) -> AreaLabel:
    """The area of the address. Raises a `DomainError` for whoever may not see it."""
    require(viewer(), Action.SEE_ROWS)
    with reading() as session:
        area = areas.find(session, query.get("area") or None, viewer().scope)
    if area is None:
        raise InvalidInput(painted.EMPTY)
    return area


def _end(query: Mapping[str, str]) -> date:
    """The first day that does not belong to it any more: today, or where the address or an old collection ends."""
    today = local_day(now())
    end = day(query.get("to"))
    if end is None:
        with reading() as session:
            own = overview.default_period(session, now())
        end = own.end if own else today
    return min(end, today)

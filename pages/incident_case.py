"""/incidents/case: one case, by its code. Everything about it, and what the viewer may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dash import get_app, html, register_page
from flask import Response

from components import case_page, where
from components.document import FirstPaint
from components.i18n import Words, words
from data_access.auth.principal import Kind, may, require, viewer
from data_access.domain.accounts import Action
from data_access.domain.errors import DomainError
from data_access.queries import case_page as queries
from data_access.queries.session import now, reading, services
from data_access.viewmodels.case_page import CasePage
from pages import painted

PATH: Final = "/incidents/case"
ROOM: Final = "case"
PARTS: Final = "/incidents/case/parts"


def layout(**query: str) -> html.Div:
    """The frame of the page; the painted case moves into it."""
    w = words(query.get("lang"))
    try:
        found = _case(query)
    except DomainError as why:
        return painted.refused(PATH, w("案卷"), why, query, w)
    return _page(found, None, query, w)


def first_paint(query: Mapping[str, str]) -> FirstPaint | None:
    """The page with its case; None where it is a refusal."""
    w = words(query.get("lang"))
    try:
        found = _case(query)
    except DomainError:
        return None
    body = painted.body(_parts(found, query, w), PARTS)
    title = f"{found.detail.incident.title} · {w('案卷')}"
    return painted.first(_page(found, body, query, w), found.trail[-1], title, w)


def parts() -> Response:
    """`GET /incidents/case/parts?code=…`: the case as it is now, part by part."""
    return painted.answer(lambda query, w: _parts(_case(query), query, w))


register_page(__name__, path="/incidents/case", title="案卷 · 一屏", name="案卷", first_paint=first_paint, core=False)
get_app().server.add_url_rule(PARTS, view_func=parts, endpoint="incidents_case_parts")
painted.move(ROOM)


def _case(query: Mapping[str, str]) -> CasePage:
    who = viewer()
    require(who, Action.SEE_ROWS)
    whole = may(who, Action.SEE_PHONES)
    with reading() as session:
        days = services().settings.report_reply_days
        code = query.get("code", "")
        return queries.case_page(session, code, who, now=now(), whole_phones=whole, reply_days=days)


def _parts(found: CasePage, query: Mapping[str, str], w: Words) -> painted.Parts:
    return case_page.parts(found, query, w, guest=viewer().kind is Kind.GUEST)


def _page(found: CasePage, body: html.Div | None, query: Mapping[str, str], w: Words) -> html.Div:
    line = found.detail.incident
    here = where.way("/incidents", f"{line.title} {line.code}", found.trail[-2:-1], w("案卷"), query, w)
    return painted.frame(PATH, w("案卷"), ROOM, query, w, where=here, body=body)

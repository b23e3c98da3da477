"""/incidents: cases by stage and by clock. The address is the state: area, view, filters, days and page of the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from dash import get_app, html, register_page
from flask import Response

from components import case_board, case_filters, case_panels, where
from components import case_links as words_of_links
from components.document import FirstPaint
from components.i18n import Words, words
from data_access.auth.principal import may, viewer
from data_access.domain.accounts import Action
from data_access.domain.case_indicators import NAMES
from data_access.domain.case_links import LinkKind
from data_access.domain.catalogue import Category
from data_access.domain.errors import DomainError, InvalidInput
from data_access.domain.incidents import Stage
from data_access.queries import case_links, incident_filter, incidents
from data_access.queries import case_panels as queries_of_panels
from data_access.queries.people import called
from data_access.queries.session import now, reading
from data_access.viewmodels.areas import Place
from data_access.viewmodels.incidents import IncidentFilter
from data_access.viewmodels.indicators import By
from pages import painted
from pages.address import day

PATH: Final = "/incidents"
ROOM: Final = "cases"
PARTS: Final = "/incidents/parts"
CARDS: Final = 12
LINES: Final = 50
_LONGEST: Final = 60


class _Asked(NamedTuple):
    place: Place
    wanted: IncidentFilter
    listing: bool


def layout(**query: str) -> html.Div:
    """The frame of the page; the painted board moves into it."""
    w = words(query.get("lang"))
    try:
        asked = _asked(query)
    except DomainError as why:
        return painted.refused(PATH, w("事件"), why, query, w)
    return _page(asked, None, query, w)


def first_paint(query: Mapping[str, str]) -> FirstPaint | None:
    """The page with its cases; None where it is a refusal."""
    w = words(query.get("lang"))
    try:
        asked = _asked(query)
        body = painted.body(_parts(asked, query, w), PARTS, _bar(query, w), _below(asked, query, w))
    except DomainError:
        return None
    return painted.first(_page(asked, body, query, w), asked.place.area, w("事件"), w)


def parts() -> Response:
    """`GET /incidents/parts?…`: the figures and the cases as they are now."""
    return painted.answer(lambda query, w: _parts(_asked(query), query, w))


register_page(__name__, path="/incidents", title="事件 · 一屏", name="事件", first_paint=first_paint, core=False)
get_app().server.add_url_rule(PARTS, view_func=parts, endpoint="incidents_parts")
painted.move(ROOM)


def _page(asked: _Asked, body: html.Div | None, query: Mapping[str, str], w: Words) -> html.Div:
    title = w("{name}事件", name=w.name(asked.place.area.name, asked.place.area.name_en))
    crumbs = where.crumbs(PATH, title, asked.place, query, w)
    return painted.frame(PATH, w("事件"), ROOM, query, w, where=crumbs, body=body)


def _bar(query: Mapping[str, str], w: Words) -> html.Div:
    who, key = viewer(), _linked(query)
    with reading() as session:
        choices = incident_filter.choices(session)
        named = case_links.named(session, [key], who.scope, rooms=may(who, Action.DO_TASKS)) if key else {}
    about = words_of_links.narrowing(named.get(key), w) if key else ""
    return case_filters.build(choices, query, w, about=about, may_file=may(who, Action.ACT_ON_ALARMS))


def _linked(query: Mapping[str, str]) -> tuple[str, int] | None:
    """The home or the legal entity to whose cases the address narrows."""
    found = ((kind.value, _number(query, kind.value)) for kind in LinkKind)
    return next(((kind, number) for kind, number in found if number), None)


def _below(asked: _Asked, query: Mapping[str, str], w: Words) -> html.Nav | None:
    kept = {name: query[name] for name in ("view", *case_board.FILTERS) if query.get(name)}
    return where.below(PATH, asked.place, query, w, **kept)


def _parts(asked: _Asked, query: Mapping[str, str], w: Words) -> painted.Parts:
    path, at = asked.place.area.path, now()
    nothing = dict.fromkeys(("stage", "first", "end", "counted", "less", "without"))
    open_ones = replace(asked.wanted, state="open", **nothing)
    with reading() as session:
        board = incidents.board(session, path, open_ones, limit=0 if asked.listing else CARDS, now=at)
        if not asked.listing:
            beside = queries_of_panels.panels(session, asked.place, open_ones, at=at)
            return {
                "figures": case_board.figures(board, query, w),
                "board": case_board.board(board, query, w, limits=queries_of_panels.step_limits()),
                "panels": case_panels.build(beside, query, w),
            }
        page = incidents.page(session, path, asked.wanted, cursor=query.get("cursor") or None, limit=LINES, now=at)
        names = called(session, {line.owner for line in page.incidents})
        page = replace(
            page, incidents=tuple(replace(one, owner=names.get(one.owner or "", one.owner)) for one in page.incidents)
        )
        behind = asked.wanted.counted is not None
        total = incidents.counted(session, path, asked.wanted, now=at) if behind else None
    said = [] if total is None else [case_filters.behind(query, total, w, more=total >= incidents.MOST_TOLD)]
    return {
        "figures": case_board.figures(board, query, w),
        "list": [*said, *case_board.listed(page, board, query, w)],
    }


def _asked(query: Mapping[str, str]) -> _Asked:
    """What the address asks for. Raises a `DomainError` for what cannot be shown."""
    place = painted.place(query.get("area"))
    listing = query.get("view") == "list"
    state, stage = query.get("state") or "open", query.get("stage") or None
    if state not in incidents.STATES or (stage is not None and stage not in set(Stage)):
        raise InvalidInput("没有这样的状态或阶段。")
    counted, less = query.get("count") or None, query.get("less") or None
    without = query.get("without") or None
    if not {counted, less} <= {*NAMES, None} or without not in {*By, None}:
        raise InvalidInput("地址里的条件不对。")
    category = query.get("category") or None
    if category not in {*Category, None}:
        raise InvalidInput("地址里的条件不对。")
    owner = viewer().name if query.get("owner") == "me" else None
    wanted = IncidentFilter(
        state=state if listing else "open",
        stage=stage if listing else None,
        urgency=_number(query, "urgency"),
        category=category,
        level=_number(query, "level"),
        type_id=_number(query, "type"),
        channel_id=_number(query, "channel"),
        unit_id=_number(query, "unit"),
        dwelling_id=_number(query, LinkKind.DWELLING),
        entity_id=_number(query, LinkKind.ENTITY),
        owner=owner,
        text=(query.get("q") or "").strip()[:_LONGEST] or None,
        first=day(query.get("from")) if listing else None,
        end=day(query.get("to")) if listing else None,
        counted=counted if listing else None,
        less=less if listing else None,
        without=without if listing else None,
    )
    return _Asked(place, wanted, listing)


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if not text:
        return None
    if not text.isdecimal() or len(text) > 15:
        raise InvalidInput("地址里的条件不对。")
    return int(text)

"""/indicators: the published indicators, who leads and who is last, and why a figure changed.

The address is the state: area, days, kind of line (`by`), figure (`rate`), comparison (`vs`), the area whose change is
looked into (`why`), by what (`cause`) and into which class (`within`), and the order (`sort`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

from dash import get_app, html, register_page
from flask import Response

from components import (
    indicator_bar,
    indicator_figures,
    indicator_months,
    indicator_table,
    indicator_why,
    indicator_words,
    where,
)
from components.document import FirstPaint
from components.i18n import Words, words
from data_access.auth.principal import viewer
from data_access.domain.areas import within
from data_access.domain.case_indicators import Rate
from data_access.domain.errors import DomainError, InvalidInput
from data_access.domain.periods import Period
from data_access.queries import areas, indicator_page
from data_access.queries.indicator_page import Asked
from data_access.queries.session import reading
from data_access.viewmodels.areas import Place
from data_access.viewmodels.indicator_page import Against, Indicators, Measure
from data_access.viewmodels.indicators import By
from pages import painted
from pages.address import day

PATH: Final = indicator_words.PATH
ROOM: Final = "indicators"
PARTS: Final = "/indicators/parts"
EARLIEST: Final = date(1990, 1, 1)
LATEST: Final = date(2100, 1, 1)
_WORD = TypeVar("_WORD", bound=StrEnum)


class _Wanted(NamedTuple):
    place: Place
    why: Place
    asked: Asked


def layout(**query: str) -> html.Div:
    """The frame of the page; the painted figures move into it."""
    w = words(query.get("lang"))
    try:
        wanted = _wanted(query)
    except DomainError as why:
        return painted.refused(PATH, w("指标"), why, query, w)
    return _page(wanted, None, query, w)


def first_paint(query: Mapping[str, str]) -> FirstPaint | None:
    """The page with its figures; None where it is a refusal."""
    w = words(query.get("lang"))
    try:
        wanted = _wanted(query)
        view = _view(wanted)
    except DomainError:
        return None
    query = _known(query)
    body = painted.body(_trees(view, query, w), PARTS, indicator_bar.build(view, query, w))
    return painted.first(_page(wanted, body, query, w), wanted.place.area, w("指标"), w)


def parts() -> Response:
    """`GET /indicators/parts?…`: everything as it is now."""
    return painted.answer(lambda query, w: _trees(_view(_wanted(query)), _known(query), w))


register_page(__name__, path="/indicators", title="指标 · 一屏", name="指标", first_paint=first_paint, core=False)
get_app().server.add_url_rule(PARTS, view_func=parts, endpoint="indicators_parts")
painted.move(ROOM)


def _page(wanted: _Wanted, body: html.Div | None, query: Mapping[str, str], w: Words) -> html.Div:
    title = w("{name}指标", name=w.name(wanted.place.area.name, wanted.place.area.name_en))
    crumbs = where.crumbs(PATH, title, wanted.place, query, w)
    return painted.frame(PATH, w("指标"), ROOM, query, w, where=crumbs, body=body)


def _view(wanted: _Wanted) -> Indicators:
    return indicator_page.page(wanted.place, wanted.why, wanted.asked)


def _trees(view: Indicators, query: Mapping[str, str], w: Words) -> painted.Parts:
    return {
        "figures": indicator_figures.build(view, query, w),
        "table": indicator_table.build(view, query, w),
        "why": html.Div(indicator_why.build(view, query, w), id="why"),
        "months": indicator_months.build(view, query, w),
    }


def _known(query: Mapping[str, str]) -> dict[str, str]:
    """The query with its days as an address has them: a form names the last day (`until`), an address the one after."""
    found = {name: value for name, value in query.items() if name != "until"}
    last = day(query.get("until"))
    return found if last is None else {**found, "to": (last + timedelta(days=1)).isoformat()}


def _wanted(query: Mapping[str, str]) -> _Wanted:
    """What the address asks for. Raises a `DomainError` for what cannot be shown."""
    query = _known(query)
    place, scope = painted.place(query.get("area")), viewer().scope
    first, end = day(query.get("from")), day(query.get("to"))
    if (first and first < EARLIEST) or (end and end > LATEST):
        raise InvalidInput("日期太早或太晚。")
    rate, inside = query.get("rate") or "", query.get("within") or ""
    if inside and (not inside.isdecimal() or len(inside) > 15):
        raise InvalidInput("地址里的条件不对。")
    measure = Measure(rate=None) if rate == indicator_words.SCORE else _measure(rate)
    asked = Asked(
        period=Period(first, end) if first and end else None,
        by=_word(query, "by", By),
        measure=measure,
        against=_word(query, "vs", Against),
        cause=_word(query, "cause", By),
        within=int(inside) if inside else None,
    )
    return _Wanted(place, _why_place(query.get("why"), place, scope), asked)


def _why_place(code: str | None, place: Place, scope: str) -> Place:
    """The area whose change is looked into: one that lies in the page's, by default that."""
    if not code or code == place.area.code:
        return place
    with reading() as session:
        area = areas.find(session, code, scope)
        if area is None or not within(area.path, place.area.path):
            return place
        return areas.place(area, scope, areas.data_version(session))


def _measure(rate: str) -> Measure:
    if rate and rate not in set(Rate):
        raise InvalidInput("没有这个指标。")
    return Measure(rate=Rate(rate)) if rate else Measure()


def _word(query: Mapping[str, str], name: str, kinds: type[_WORD]) -> _WORD | None:
    text = query.get(name)
    if text and text not in set(kinds):
        raise InvalidInput("地址里的条件不对。")
    return kinds(text) if text else None

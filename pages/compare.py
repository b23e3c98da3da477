"""/compare: two areas side by side. The URL is the state: `a`, `b`, the period and the language."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from dash import Input, Output, State, callback, dcc, get_app, html, no_update, register_page
from flask import Response, request

from components import compare, sheet
from components.i18n import Words, words
from components.parts import Child
from data_access.auth.principal import viewer
from data_access.domain.errors import DomainError
from data_access.queries import areas, overview
from data_access.queries.session import reading
from data_access.viewmodels.areas import AreaLabel, Place
from pages import fragment
from pages.address import day
from pages.person import shown

register_page(__name__, path="/compare", title="对比 · 一屏", name="对比")

REFRESH_MS = 60_000
BESIDE = "/compare/beside"
Pair = tuple[AreaLabel | None, AreaLabel | None]


def layout(**query: str) -> html.Div:
    """The page for the URL's `a` and `b`; without them two areas that lie in `area`."""
    w = words(query.get("lang"))
    person = shown("/compare", query, w)
    try:
        (a, b), choices = _chosen(query)
        body = _body(a, b, query, w)
    except DomainError as refused:
        return sheet.build(
            "/compare", w("对比"), [html.P(w(str(refused)), className="missing")], query, w, person=person
        )
    return sheet.build(
        "/compare",
        w("对比"),
        [
            html.Div(
                [
                    compare.chooser(compare.Ids.A, w("甲"), choices, a, w),
                    compare.chooser(compare.Ids.B, w("乙"), choices, b, w),
                ],
                className="compare-choices",
            ),
            html.Div(body, id="compare-body", className="compare-body"),
            dcc.Interval(id="compare-again", interval=REFRESH_MS),
        ],
        query,
        w,
        person=person,
    )


def beside() -> Response:
    """`GET /compare/beside?area=…`: the comparison beside a tablet's map, as HTML; empty where there are no two."""
    query = request.args
    w = words(query.get("lang"))
    try:
        (a, b), choices = _chosen(_extremes(query) | dict(query))
        if a is None or b is None:
            return fragment.answer([])
        days = day(query.get("from")), day(query.get("to"))
        one, two = (overview.side(of, viewer().scope, *days) for of in (a, b))
    except DomainError as refused:
        return fragment.answer([html.P(w(str(refused)), className="missing")])
    return fragment.answer(compare.beside(one, two, choices, w))


def _extremes(query: Mapping[str, str]) -> dict[str, str]:
    """The children of the place that close best and worst on time: what is compared until somebody chooses."""
    scope = viewer().scope
    with reading() as session:
        here = areas.find(session, query.get("area") or None, scope)
    if here is None:
        return {}
    view = overview.overview(here, scope, day(query.get("from")), day(query.get("to")))
    rated = [line for line in view.children if line.code and line.counts.on_time_rate is not None]
    if len(rated) < 2:
        return {}
    rated.sort(key=lambda line: (line.counts.on_time_rate, line.code))
    return {"a": rated[-1].code or "", "b": rated[0].code or ""}


get_app().server.add_url_rule(BESIDE, view_func=beside)


@callback(
    Output("compare-body", "children"),
    Input("compare-again", "n_intervals"),
    State("_pages_location", "search"),
    prevent_initial_call=True,
)
def again(_: int, search: str) -> Any:
    """The figures as they are now; a refusal leaves what is there with its time."""
    query = dict(parse_qsl((search or "").removeprefix("?")))
    with suppress(DomainError):
        (a, b), _choices = _chosen(query)
        return _body(a, b, query, words(query.get("lang")))
    return no_update


def _chosen(query: Mapping[str, str]) -> tuple[Pair, tuple[AreaLabel, ...]]:
    """The two areas, and what each list offers: both areas' neighbours and what lies above them."""
    scope = viewer().scope
    with reading() as session:
        a = areas.find(session, query["a"], scope) if query.get("a") else None
        b = areas.find(session, query["b"], scope) if query.get("b") else None
        here = areas.find(session, query.get("area") or None, scope)
        if here is None:
            return (None, None), ()
        places = {of.path: areas.read_place(session, of.path, scope) for of in (a, b, here) if of}
        parents = {up.path: areas.read_place(session, up.path, scope) for p in places.values() for up in p.trail[-1:]}
        first = places[here.path]
        while len(first.children) == 1:  # an only child is no comparison: its children are
            first = areas.read_place(session, first.children[0].path, scope)
    siblings = tuple(x for p in parents.values() for x in p.children)
    if a is None and b is None and first.children:
        a, b = _first_two(first)
    a = a or (here if here.id != (b.id if b else None) else None)
    others = first.children if a and a.path.startswith(here.path) and a.id != here.id else siblings
    b = b or next((x for x in others if a and x.id != a.id and x.kind == a.kind), None)
    found = [*(p.area for p in parents.values()), here, *first.children, *siblings, *(x for x in (a, b) if x)]
    return (a, b), tuple(sorted({x.path: x for x in found}.values(), key=lambda x: (len(x.path), x.path)))


def _first_two(place: Place) -> Pair:
    children = place.children
    return children[0], children[1] if len(children) > 1 else None


def _body(a: AreaLabel | None, b: AreaLabel | None, query: Mapping[str, str], w: Words) -> list[Child]:
    scope, first, end = viewer().scope, day(query.get("from")), day(query.get("to"))
    if a is None:
        return [html.P(w("还没有数据。请先导入区域：yiping import areas 文件"), className="missing")]
    one = overview.side(a, scope, first, end)
    if b is None:
        return [compare.alone(one.view, w)]
    return compare.build(one, overview.side(b, scope, first, end), w)

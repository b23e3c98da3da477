"""Pages that the server paints whole (ADR 0012): React builds the frame, `painted.js` keeps what stands in it.

The frame's room is empty when React builds it; the painted one moves over. What changes afterwards comes by part from
an address of the page's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from dash import Input, Output, clientside_callback, html
from flask import Response, request

from components import sheet
from components.document import FirstPaint
from components.i18n import Words, words
from components.markup import render
from components.parts import Child, attributes
from data_access.auth.principal import require, viewer
from data_access.domain.accounts import Action
from data_access.domain.errors import DomainError, InvalidInput
from data_access.queries import areas
from data_access.queries.session import reading
from data_access.viewmodels.areas import AreaLabel, Place
from pages.person import shown

EMPTY = "还没有数据。请先导入区域：yiping import areas 文件"
Parts = Mapping[str, Child | list[Child]]


def place(code: str | None) -> Place:
    """The place of the address, for whoever may see rows. Raises a `DomainError` for anybody else."""
    require(viewer(), Action.SEE_ROWS)
    scope = viewer().scope
    with reading() as session:
        area = areas.find(session, code or None, scope)
        if area is None:
            raise InvalidInput(EMPTY)
        return areas.place(area, scope, areas.data_version(session))


def frame(
    path: str,
    title: str,
    room: str,
    query: Mapping[str, str],
    w: Words,
    *,
    where: Child = None,
    body: Child | list[Child] = None,
) -> html.Div:
    """The page; without a body the one that React builds."""
    return sheet.build(
        path,
        title,
        [html.Div(body, id=room, className="painted"), html.Div(id=f"{room}-sink", hidden=True)],
        query,
        w,
        where=where,
        person=shown(path, query, w),
    )


def refused(path: str, title: str, why: DomainError, query: Mapping[str, str], w: Words) -> html.Div:
    """In place of a page that cannot be shown: why."""
    said: list[Child] = [html.P(w(why.source, **why.named), className="missing")]
    return sheet.build(path, title, said, query, w, person=shown(path, query, w))


def body(parts: Parts, source: str, head: Child = None, foot: Child = None) -> html.Div:
    """The parts in their order, each exchanged by itself when `source` answers anew."""
    places = [
        html.Div(tree, className=f"part part-{name}", **attributes(data_part=name)) for name, tree in parts.items()
    ]
    return html.Div([head, *places, foot], className="parts", **attributes(data_source=source))


def first(page: html.Div, area: AreaLabel, title: str, w: Words) -> FirstPaint:
    """The page as it is painted."""
    state = {
        "code": area.code,
        "path": area.path,
        "name": w.name(area.name, area.name_en),
        "title": f"{title} · {w('一屏')}",
        "lang": w.lang.value,
        "me": viewer().name,
    }
    return FirstPaint(render(page), state)


def answer(parts: Callable[[Mapping[str, str], Words], Parts]) -> Response:
    """The parts of the request's address, as JSON of HTML; a refusal is a sentence."""
    query = request.args.to_dict()
    w = words(query.get("lang"))
    try:
        require(viewer(), Action.SEE_ROWS)
        made: dict[str, Any] = {"parts": {name: render(tree) for name, tree in parts(query, w).items()}}
        status = 200
    except DomainError as why:
        made, status = {"refused": w(why.source, **why.named)}, 404
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    found = Response(text, status, mimetype="application/json")
    found.headers["Cache-Control"] = "no-store"
    return found


def move(room: str) -> None:
    """Let the painted room move into React's when that is there."""
    clientside_callback(
        "function (id) { return window.yiping.painted.built(id); }", Output(f"{room}-sink", "title"), Input(room, "id")
    )

"""What can be done with a view: share, download, compare, print, install; and on tablets the rail to get around.

Links work without a script; `share.js` keeps their area that of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from dash import html

from components.i18n import Words
from components.parts import Child, attributes, counter, icon, mark

KEPT: Final = ("area", "lang", "theme", "from", "to")
"""What a link to another page of the same place carries on."""

CRITICAL: Final = 4


def address(path: str, query: Mapping[str, str], **more: str) -> str:
    """`path` for the place, period and language of `query`."""
    kept = {name: query[name] for name in KEPT if query.get(name)} | {k: v for k, v in more.items() if v}
    return f"{path}?{urlencode(kept)}" if kept else path


def rail(active: str, query: Mapping[str, str], w: Words) -> html.Nav:
    """The way around on a tablet: a rail at the side in landscape, a bar at the bottom in portrait."""
    alarms = html.Span(
        html.Span([mark(CRITICAL, w), counter("alarms.critical", "")], className="is-zero"), className="tally"
    )
    here = active == "/"
    return html.Nav(
        [
            _stop("/", "grid", w("总览"), query, active=here),
            html.A(
                [icon("bell"), html.Span(w("告警")), alarms],
                href="#live-alarms" if here else address("/", query),
                className="rail-stop",
                **attributes(data_scroll="live-alarms"),
            )
            if here
            else None,
            html.A(
                [icon("rank"), html.Span(w("排名"))],
                href="#overview-rank",
                className="rail-stop",
                **attributes(data_scroll="overview-rank"),
            )
            if here
            else None,
            _stop("/compare", "columns", w("对比"), query, active=active == "/compare"),
            _stop("/brief", "page", w("简报"), query, active=active == "/brief"),
        ],
        className="rail",
        **attributes(aria_label=w("页面")),
    )


def _stop(path: str, symbol: str, word: str, query: Mapping[str, str], *, active: bool) -> html.A:
    current = attributes(aria_current="page") if active else {}
    return html.A(
        [icon(symbol), html.Span(word)],
        href=address(path, query),
        className="rail-stop",
        **attributes(data_to=path),
        **current,
    )


def menu(query: Mapping[str, str], w: Words) -> html.Details:
    """The menu of the header."""
    items: list[Child] = [
        _button("share", "link", w("复制本页链接")),
        html.A(
            [icon("columns"), html.Span(w("与另一区域对比"))], href=address("/compare", query), **_item(to="/compare")
        ),
        html.A([icon("page"), html.Span(w("一页简报"))], href=address("/brief", query), **_item(to="/brief")),
        html.A(
            [icon("table"), html.Span(w("下载表格 XLSX"))],
            href=address("/api/v1/overview.xlsx", query),
            **_item(to="/api/v1/overview.xlsx"),
        ),
        _button("picture", "picture", w("下载图片 PNG")),
        _button("print", "print", w("打印")),
        _button("install", "install", w("安装到主屏幕")),
    ]
    return html.Details(
        [
            html.Summary(icon("more"), className="switch", title=w("工具"), **attributes(aria_label=w("工具"))),
            html.Div(items, className="tools-list"),
        ],
        className="tools",
    )


def _item(*, to: str) -> dict[str, Any]:
    return {"className": "tools-item", **attributes(data_to=to)}


def _button(act: str, symbol: str, word: str) -> html.Button:
    return html.Button(
        [icon(symbol), html.Span(word)], type="button", className="tools-item", **attributes(data_act=act)
    )

"""What can be done with a view: share, download, compare, print, install.

Links work without a script; `share.js` keeps their area that of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from components.i18n import Words
from components.navigation import address
from components.parts import Child, attributes, icon


def menu(query: Mapping[str, str], w: Words, *, language: Child = None) -> html.Details:
    """The menu of the header; `language` and the theme stand in it where the header has no room for their switches."""
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
        language,
        html.Button(
            [icon("theme"), html.Span(w("浅色 / 深色"))],
            type="button",
            className="tools-item of-upright",
            **attributes(data_theme_switch=""),
        ),
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

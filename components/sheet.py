"""The frame of the pages beside the overview: mark and title, the way back, language and theme, the tablets' rail."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from dash import html

from components import labels, tools
from components.i18n import Lang, Words
from components.parts import Child, attributes, icon


def build(
    path: str, title: str, body: Sequence[Child], query: Mapping[str, str], w: Words, *, back: str = ""
) -> html.Div:
    """The page at `path`; `back` is the code of the area whose overview it came from."""
    other = Lang.EN if w.lang is Lang.ZH else Lang.ZH
    home = tools.address("/", {**query, "area": back or query.get("area", "")})
    return html.Div(
        [
            html.Header(
                [
                    html.A(
                        [icon("back"), html.Span(w("回到总览"))],
                        href=home,
                        className="switch page-back",
                        title=w("回到总览"),
                    ),
                    html.H1([html.Span(className="brand", **attributes(aria_hidden="true")), html.Span(title)]),
                    html.Div(
                        [
                            html.Button(
                                icon("print"),
                                type="button",
                                className="switch",
                                title=w("打印"),
                                **attributes(aria_label=w("打印"), data_act="print"),
                            ),
                            html.Button(
                                icon("link"),
                                type="button",
                                className="switch",
                                title=w("复制本页链接"),
                                **attributes(aria_label=w("复制本页链接"), data_act="share"),
                            ),
                            html.A(
                                "EN" if other is Lang.EN else "中",
                                href="?" + urlencode({**query, "lang": other.value}),
                                className="switch",
                                lang="en" if other is Lang.EN else "zh-CN",
                                title="English" if other is Lang.EN else "中文",
                                **attributes(data_lang_switch=other.value),
                            ),
                            html.Button(
                                icon("theme"),
                                type="button",
                                className="switch",
                                title=w("切换到浅色"),
                                **attributes(aria_label=w("切换到浅色"), data_theme_switch=""),
                            ),
                        ],
                        className="page-tools",
                    ),
                    tools.rail(path, query, w),
                ],
                className="page-head",
            ),
            html.Main(list(body), className="page-main"),
            html.Div(id="yiping-words", hidden=True, **attributes(data_words=json.dumps(labels.for_browser(w)))),
        ],
        className=f"page page-{path.strip('/')}",
    )

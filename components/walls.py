"""The marks of a wall in the footer, and the page of all walls. Their live content is wall_page.js's and walls.js's."""

from __future__ import annotations

from enum import StrEnum

from dash import html

from components.i18n import Words
from components.parts import Child, attributes
from data_access.build_version import build


class Ids(StrEnum):
    """Anchors that the scripts know."""

    TOUR = "wall-tour"
    AWAKE = "wall-awake"
    LIST = "walls-list"
    NOTE = "walls-note"
    NONE = "walls-none"


def marks(w: Words) -> list[Child]:
    """Where the tour is, with the time that has passed there; whether the screen stays on. Seen on walls alone.

    They carry the build that made the page, so that it can tell when the server was upgraded.
    """
    return [
        html.Span(id=Ids.AWAKE, className="wall-awake", role="status"),
        html.Span(
            [
                html.Span(className="wall-tour-name"),
                html.Span(html.I(className="wall-tour-part"), className="wall-tour-bar"),
            ],
            id=Ids.TOUR,
            className="wall-tour",
            **attributes(data_build=build(), aria_label=w("巡屏")),
        ),
    ]


def page(w: Words) -> list[Child]:
    """The list of walls, empty until the script has asked."""
    heads = ("大屏", "显示", "状态", "画面延迟", "数据", "最近报告", "版本", "视口")
    return [
        html.P(w("读取中"), id=Ids.NOTE, className="walls-note", role="status"),
        html.Section(
            [
                html.P(w("把一块屏接成大屏：")),
                html.Ol(
                    [
                        html.Li(
                            [
                                w("在那块屏的浏览器里打开"),
                                " ",
                                html.A("/?wall=1", href="/?wall=1"),
                                w("；地址里加 &name= 给它起个名字。"),
                            ]
                        ),
                        html.Li(w("要登录的部署，由管理员用 yiping user token --role wall 发一个只读链接。")),
                        html.Li(w("15 秒内它会出现在这里，报告正在显示什么、画面多旧。")),
                    ]
                ),
            ],
            id=Ids.NONE,
            className="panel walls-none",
            hidden=True,
        ),
        html.Div(
            html.Table(
                [
                    html.Thead(html.Tr([html.Th(w(head), scope="col") for head in heads])),
                    html.Tbody(id=Ids.LIST),
                ],
                className="walls-table",
                **attributes(aria_label=w("大屏")),
            ),
            className="panel walls-panel",
            tabIndex="0",
            role="region",
            **attributes(aria_label=w("大屏")),
        ),
        html.P(w("大屏每 15 秒报告一次，45 秒没有报告即为失联；一天后不再列出。"), className="walls-foot"),
    ]

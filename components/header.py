"""The header that every page shares: the way around, where one is, whether it is live, language, theme, tools, clock.

Its live content is panels.js's. A wall's header has neither navigation nor tools.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from dash import html

from components import navigation, tools
from components.i18n import Lang, Words
from components.parts import Child, attributes, icon


class Ids(StrEnum):
    """Anchors that the scripts know."""

    STATUS = "live-status"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at what: the link that says who is signed in (None on a wall), and whether all of it is the demo's."""

    link: Child
    demo: bool


def build(
    path: str,
    where: Child,
    query: Mapping[str, str],
    w: Words,
    *,
    person: Viewer,
) -> html.Header:
    """The header of the page at `path`: `where` is its title or the way up."""
    return html.Header(
        [
            None if query.get("wall") == "1" else navigation.build(path, query, w),
            where,
            html.Div(
                [
                    html.Span(w("演示数据"), className="tag") if person.demo else None,
                    html.Span(w("回放"), className="tag tag-replay", hidden=True, **attributes(data_replay="")),
                    _status(w, wall=query.get("wall") == "1"),
                    html.Div(person.link, className="head-person") if person.link else None,
                    _language(query, w),
                    _theme(w),
                    tools.menu(query, w, language=_language(query, w, in_menu=True)),
                    html.Span(id="date", className="date"),
                    html.Time(id=Ids.CLOCK, className="clock"),
                ],
                className="head-right",
            ),
        ],
        className="head",
    )


def title(text: str) -> html.Div:
    """Where one is on a page beside the overview: its title."""
    return html.Div(html.H1(text), className="where")


def _status(w: Words, *, wall: bool) -> html.Span:
    return html.Span(
        [
            icon("live"),
            html.Span(
                [html.Span(w("正在连接"), className="status-word"), html.Span(className="status-more")],
                className="status-text",
                **attributes(data_room=_widest_status(w, wall=wall)),
            ),
        ],
        id=Ids.STATUS,
        className="status is-connecting",
        role="status",
    )


def _widest_status(w: Words, *, wall: bool) -> str:
    """The longest texts that the status takes (assets/js/page_head.js), one a line: their room is kept.

    Beside the navigation there is none for the time of a delay: the banner and the sources say since when.
    """
    live = f"{w('实时')} · {w('延迟 {n} 秒', n='00.0')}"
    until = f" · {w('截至 {time}', time='00:00:00')}" if wall else ""
    return "\n".join((live, f"{w('推送延迟')}{until}", f"{w('收数延迟')}{until}"))


def _language(query: Mapping[str, str], w: Words, *, in_menu: bool = False) -> html.A:
    """The way to the other language; `in_menu` the one of upright tablets, whose header has no room for it."""
    other = Lang.EN if w.lang is Lang.ZH else Lang.ZH
    short, name = ("EN", "English") if other is Lang.EN else ("中", "中文")
    return html.A(
        [html.Span(short, className="tools-letters", **attributes(aria_hidden="true")), html.Span(name)]
        if in_menu
        else short,
        href="?" + urlencode({**query, "lang": other.value}),
        className="tools-item of-upright" if in_menu else "switch",
        lang="en" if other is Lang.EN else "zh-CN",
        title=name,
        **attributes(data_lang_switch=other.value),
    )


def _theme(w: Words) -> html.Button:
    return html.Button(
        icon("theme"),
        className="switch",
        type="button",
        title=w("切换到浅色"),
        **attributes(aria_label=w("切换到浅色"), data_theme_switch=""),
    )

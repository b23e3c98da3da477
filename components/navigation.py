"""The way around: one list of pages for the header of a desk and for a tablet's rail or bar. Walls have none.

A page appears here as soon as it is registered. Links work without a script; `share.js` keeps their area that of the
page, `panels.js` the worst standing severity beside the alarms.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from dash import html, page_registry

from components.i18n import Words
from components.parts import Child, attributes, icon

KEPT: Final = ("area", "lang", "theme", "from", "to")
"""What a link to another page of the same place carries on."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One page: its path, its symbol (30-marks.css, 65-tablet.css) and its word, four characters at most."""

    path: str
    symbol: str
    word: str


ALARMS: Final = "/alarms"
STOPS: Final = (
    Stop("/", "grid", "总览"),
    Stop(ALARMS, "bell", "告警"),
    Stop("/incidents", "loop", "事件"),
    Stop("/indicators", "rates", "指标"),
    Stop("/trends", "trend", "趋势"),
    Stop("/compare", "columns", "对比"),
    Stop("/brief", "page", "简报"),
    Stop("/walls", "screen", "大屏"),
)


def build(active: str, query: Mapping[str, str], w: Words, *, pages: Collection[str] | None = None) -> html.Nav:
    """The pages that exist (`pages`: their paths, by default those registered), `active` marked."""
    exist = {page["path"] for page in page_registry.values()} if pages is None else pages
    home = html.A(
        [html.Span(className="brand", **attributes(aria_hidden="true")), html.Span(w("一屏"))],
        href=address("/", query),
        className="nav-home",
        **attributes(data_to="/"),
    )
    stops = [
        _stop(stop, query, w, active=active == stop.path or active.startswith(f"{stop.path}/"))
        for stop in STOPS
        if stop.path in exist
    ]
    return html.Nav([home, html.Div(stops, className="nav-stops")], className="nav", **attributes(aria_label=w("页面")))


def address(path: str, query: Mapping[str, str], **more: str) -> str:
    """`path` for the place, period and language of `query`."""
    kept = {name: query[name] for name in KEPT if query.get(name)} | {k: v for k, v in more.items() if v}
    return f"{path}?{urlencode(kept)}" if kept else path


def _stop(stop: Stop, query: Mapping[str, str], w: Words, *, active: bool) -> html.A:
    current = attributes(aria_current="page") if active else {}
    return html.A(
        [icon(stop.symbol), html.Span(w(stop.word)), _standing() if stop.path == ALARMS else None],
        href=address(stop.path, query),
        className="nav-stop",
        **attributes(data_to=stop.path),
        **current,
    )


def _standing() -> Child:
    """The worst standing severity with how many of it; empty while there is none, and before it is known."""
    return html.Span(className="nav-standing", **attributes(data_standing=""))

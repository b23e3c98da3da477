"""Where one is on a page of one area: the way up and the title for the header, and the areas below to go to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dash import html

from components.i18n import Words
from components.navigation import address
from components.parts import Child, attributes, icon
from data_access.viewmodels.areas import AreaLabel, Place


def crumbs(path: str, title: str, place: Place, query: Mapping[str, str], w: Words) -> html.Div:
    """The way up to the area, each area a link to the same page; `title` is said to those who do not see the page."""
    return way(path, title, place.trail, w.name(place.area.name, place.area.name_en), query, w)


def way(path: str, title: str, up: Sequence[AreaLabel], here: str, query: Mapping[str, str], w: Words) -> html.Div:
    """The areas `up`, then where one is."""
    trail: list[Child] = []
    for area in up:
        trail += [html.A(w.name(area.name, area.name_en), href=address(path, query, area=area.code)), icon("chev")]
    trail.append(html.Span(here, **attributes(aria_current="page")))
    return html.Div(
        [html.Nav(trail, className="crumbs", **attributes(aria_label=w("区域路径"))), html.H1(title)],
        className="where",
    )


def below(path: str, place: Place, query: Mapping[str, str], w: Words, **more: str) -> html.Nav | None:
    """The areas below, to go to; `more` is what their addresses keep besides."""
    if not place.children:
        return None
    links = [
        html.A(w.name(child.name, child.name_en), href=address(path, query, **more, area=child.code))
        for child in place.children
    ]
    return html.Nav(links, className="trends-below", **attributes(aria_label=w("下级区域")))

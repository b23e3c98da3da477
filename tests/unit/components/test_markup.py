from __future__ import annotations

import dash_leaflet as dl
from dash import dcc, html

from components.markup import render
from components.parts import attributes


def test_text_and_attributes_are_escaped() -> None:
    tree = html.B('<i>"&', title='"><script>', **attributes(data_drill="a&b"))
    assert render(tree) == '<b title="&quot;&gt;&lt;script&gt;" data-drill="a&amp;b">&lt;i&gt;"&amp;</b>'


def test_names_styles_and_switches_are_those_of_html() -> None:
    tree = html.Div(
        [None, html.I(style={"backgroundColor": "red", "--at": "3%"}), 7, html.Button(hidden=True, tabIndex="0")],
        className="split",
        hidden=False,
        n_clicks=3,
    )
    inside = '<i style="background-color:red;--at:3%"></i>7<button hidden tabindex="0"></button>'
    assert render(tree) == f'<div class="split">{inside}</div>'


def test_an_element_that_holds_nothing_is_not_closed() -> None:
    assert render([html.Br(), html.Img(src="x.png")]) == '<br><img src="x.png">'


def test_what_only_react_can_build_leaves_its_place_or_nothing() -> None:
    assert render(dl.MapContainer(id="map", className="map")) == '<div class="map"></div>'
    assert render(dcc.Store(id="store")) == ""

"""The map: dash-leaflet's map with its bar of metrics and overlays and its legend. Pure chrome, built once a page.

Everything on the ground (outlines, points, alarms) is drawn by `assets/js/map*.js`, which gets hold of the map and
fetches its own data: no callback ever sends map data through Dash, and nothing here is rebuilt on an update.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import dash_leaflet as dl
from dash import html

from components.i18n import Words
from components.parts import attributes


class Ids(StrEnum):
    """The map's own ids."""

    MAP = "map"
    FRAME = "map-frame"


class Metric(StrEnum):
    """What the shapes are shaded by: `metric` of the URL and of the boundaries feed."""

    POPULATION = "population"
    HOUSING = "housing"
    INCIDENTS = "incidents"


class Layer(StrEnum):
    """Overlays that can be switched: `layers` of the URL, joined by commas."""

    ALARMS = "alarms"
    CAMERAS = "cameras"
    INCIDENTS = "incidents"
    DEVICES = "devices"


METRICS: Final = {Metric.POPULATION: "人口", Metric.HOUSING: "房屋", Metric.INCIDENTS: "事件"}
LAYERS: Final = {Layer.ALARMS: "告警", Layer.CAMERAS: "视频", Layer.INCIDENTS: "事件点", Layer.DEVICES: "终端"}
DEFAULT_METRIC: Final = Metric.INCIDENTS
DEFAULT_LAYERS: Final = frozenset({Layer.ALARMS, Layer.CAMERAS, Layer.DEVICES})

_SHAPES: Final = (
    ("critical", "紧急"),
    ("major", "重要"),
    ("minor", "次要"),
    ("warning", "提示"),
    ("offline", "离线"),
    ("camera", "视频"),
    ("camera-off", "无画面"),
)
"""The legend: names of `assets/js/map_shapes.js`, which paints them with the map's own strokes."""

CHINA: Final = ((22.55, 114.13), 11)
"""Where the empty map looks until the boundaries of the place have arrived: centre (lat, lng) and zoom."""


def build(query: Mapping[str, str], w: Words) -> html.Div:
    """Return the map for the URL's `metric` and `layers` (absent or unknown: the defaults)."""
    asked = query.get("metric")
    chosen = asked if asked in set(Metric) else DEFAULT_METRIC
    shown = frozenset(query["layers"].split(",")) if "layers" in query else DEFAULT_LAYERS
    return html.Div(
        [
            _bar(w, chosen, shown),
            dl.MapContainer(
                [dl.ScaleControl(position="bottomright", imperial=False)],
                id=Ids.MAP,
                className="map",
                center=CHINA[0],
                zoom=CHINA[1],
                minZoom=8,
                maxZoom=20,
                zoomSnap=0.1,
                preferCanvas=True,
                attributionControl=False,
                zoomControl=True,
                trackViewport=True,
            ),
            _legend(w),
            html.P(className="map-said sr-only", role="status"),
            html.P(w("地图数据没有取到，显示的是上一次的画面"), className="map-failed", role="status"),
        ],
        id=Ids.FRAME,
        className="map-frame",
    )


def _bar(w: Words, metric: str, layers: frozenset[str]) -> html.Div:
    metrics = [_chip(w(METRICS[m]), on=m == metric, data_metric=m) for m in Metric]
    overlays = [_chip(w(LAYERS[layer]), on=layer in layers, data_layer=layer) for layer in Layer]
    return html.Div(
        [
            html.Div(metrics, className="map-chips is-metric", role="group", **attributes(aria_label=w("着色指标"))),
            html.Div(overlays, className="map-chips is-layer", role="group", **attributes(aria_label=w("图层"))),
        ],
        className="map-bar",
    )


def _chip(label: str, *, on: bool, **data: str) -> html.Button:
    pressed = attributes(aria_pressed="true" if on else "false", **data)
    return html.Button(label, type="button", className="map-chip", **pressed)


def _legend(w: Words) -> html.Div:
    shapes = [html.Li([html.Canvas(className="map-glyph", **attributes(data_glyph=g)), w(word)]) for g, word in _SHAPES]
    choropleth = html.Div(
        [
            html.P(className="map-legend-title"),
            html.Div([html.Span(className=f"choro-{k}") for k in range(1, 6)], className="map-legend-ramp"),
            html.Div([html.Span(className="map-legend-bound") for _ in range(4)], className="map-legend-bounds"),
            html.P(w("示意边界，非测绘成果"), className="map-legend-note"),
        ],
        className="map-legend-choro",
    )
    return html.Div([html.Ul(shapes, className="map-legend-shapes"), choropleth], className="map-legend")

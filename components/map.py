"""The map: dash-leaflet's map with its bar of metrics and overlays and its legend. Pure chrome, built once a page.

Everything on the ground (outlines, points, alarms) is drawn by `assets/js/map*.js`, which gets hold of the map and
fetches its own data: no callback ever sends map data through Dash, and nothing here is rebuilt on an update.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

import dash_leaflet as dl
from dash import html

from components import search
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
    RESOURCES = "resources"
    WORKERS = "workers"
    HEAT = "heat"


METRICS: Final = {Metric.POPULATION: "人口", Metric.HOUSING: "房屋", Metric.INCIDENTS: "事件"}
LAYERS: Final = {
    Layer.ALARMS: "告警",
    Layer.CAMERAS: "视频",
    Layer.INCIDENTS: "事件点",
    Layer.DEVICES: "终端",
    Layer.RESOURCES: "资源",
    Layer.WORKERS: "网格员",
    Layer.HEAT: "热力",
}
DEFAULT_METRIC: Final = Metric.INCIDENTS
DEFAULT_LAYERS: Final = frozenset({Layer.ALARMS, Layer.CAMERAS, Layer.DEVICES})

_SHAPES: Final = (
    (Layer.ALARMS, "critical", "紧急"),
    (Layer.ALARMS, "major", "重要"),
    (Layer.ALARMS, "minor", "次要"),
    (Layer.ALARMS, "warning", "提示"),
    (Layer.DEVICES, "offline", "离线"),
    (Layer.DEVICES, "hydrant", "消防栓"),
    (Layer.CAMERAS, "camera", "视频"),
    (Layer.CAMERAS, "camera-off", "无画面"),
    (Layer.INCIDENTS, "incident", "事件点"),
    (Layer.RESOURCES, "resource", "资源"),
    (Layer.WORKERS, "worker", "责任网格"),
)
"""The legend: of which overlay, name of `assets/js/map_shapes.js`, which paints it with the map's own strokes, word.
Only those of overlays that are on are shown."""

CHINA: Final = ((22.55, 114.13), 11)
"""Where the empty map looks until the boundaries of the place have arrived: centre (lat, lng) and zoom."""


def build(query: Mapping[str, str], w: Words) -> html.Div:
    """Return the map for the URL's `metric` and `layers` (absent or unknown: the defaults)."""
    shown = frozenset(query["layers"].split(",")) if "layers" in query else DEFAULT_LAYERS
    return html.Div(
        [
            _bar(w, _metric(query), shown),
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
            search.build(w),
            _legend(w, shown),
            html.P(className="map-credit"),
            html.P(className="map-said sr-only", role="status"),
            html.P(w("底图暂不可用，其余照常"), className="map-basemap-failed", role="status"),
            html.P(w("地图数据没有取到，显示的是上一次的画面"), className="map-failed", role="status"),
            html.Div(className="map-corners", **attributes(aria_hidden="true")),
            html.Div(className="map-corners is-low", **attributes(aria_hidden="true")),
        ],
        id=Ids.FRAME,
        className="map-frame",
    )


def outlines_url(code: str, query: Mapping[str, str]) -> str:
    """What `assets/js/map.js` asks for first, letter for letter, so that the document can have it fetched early."""
    return f"/api/v1/map/areas.geojson?{urlencode({'metric': _metric(query), 'area': code})}"


def snapshot_url(query: Mapping[str, str]) -> str:
    """What `assets/js/live.js` starts from, letter for letter; a wall on its tour hears its home."""
    home = query.get("home") if query.get("wall") == "1" else None
    place = home or query.get("area")
    return f"/api/v1/snapshot?{urlencode({'area': place})}" if place else "/api/v1/snapshot"


def _metric(query: Mapping[str, str]) -> str:
    asked = query.get("metric", "")
    return asked if asked in set(Metric) else DEFAULT_METRIC.value


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


def _legend(w: Words, shown: frozenset[str]) -> html.Div:
    shapes = [
        html.Li(
            [html.Span(className="map-glyph", **attributes(data_glyph=glyph)), w(word)],
            hidden=of not in shown,
            **attributes(data_of=of),
        )
        for of, glyph, word in _SHAPES
    ]
    choropleth = html.Div(
        [
            html.P(className="map-legend-title"),
            html.Div([html.Span(className=f"choro-{k}") for k in range(1, 6)], className="map-legend-ramp"),
            html.Div([html.Span(className="map-legend-bound") for _ in range(4)], className="map-legend-bounds"),
            html.P(w("示意边界，非测绘成果"), className="map-legend-note"),
        ],
        className="map-legend-choro",
    )
    shapes.append(
        html.Li(
            [
                html.Span(w("近 28 天每格件数，3 件起")),
                html.Span([html.I() for _ in range(5)], className="map-heat-ramp"),
                html.Span(w("画面内没有 3 件及以上的格"), className="map-heat-none"),
            ],
            hidden=Layer.HEAT not in shown,
            className="map-heat-legend",
            **attributes(data_of=Layer.HEAT),
        )
    )
    return html.Div([html.Ul(shapes, className="map-legend-shapes"), choropleth], className="map-legend")

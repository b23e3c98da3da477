"""Charts worth a chart: plotly figures as plain data, drawn by `assets/js/charts.js`.

Colours are names of tokens (`var(--…)`): the script takes them, and the one template all charts share, from the theme
that is on, so that a switched theme needs no server. Small trends are `sparkline.py`'s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from dash import html

from components.parts import attributes

NOW: Final = {"color": "var(--text-1)", "width": 2}
"""The series that the chart is about."""
BEFORE: Final = {"color": "var(--data-2)", "width": 1.5}
"""What it is compared to."""
Trace = Mapping[str, Any]


def build(traces: Sequence[Trace], name: str, layout: Mapping[str, Any] | None = None) -> html.Div:
    """A chart that fills its place; `name` says to those who do not see it what it shows."""
    figure = json.dumps({"data": traces, "layout": layout or {}}, ensure_ascii=False, separators=(",", ":"))
    return html.Div(className="chart", role="img", **attributes(data_figure=figure, aria_label=name))


def line(days: Sequence[date], values: Sequence[float | None], name: str, ink: Mapping[str, Any]) -> Trace:
    """A series over time with its name at its end."""
    return {
        "type": "scatter",
        "mode": "lines+text",
        "x": [day.isoformat() for day in days],
        "y": list(values),
        "text": [""] * (len(values) - 1) + [f" {name}"],
        "textposition": "middle right",
        "textfont": {"color": ink["color"]},
        "cliponaxis": False,
        "name": name,
        "line": ink,
        "hovertemplate": "%{y} <extra>%{fullData.name}</extra>",
    }


def threshold(value: float) -> dict[str, Any]:
    """A dashed line across at `value`."""
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": value,
        "y1": value,
        "line": {"color": "var(--text-3)", "width": 1, "dash": "4px,3px"},
    }

"""A trend as small as a word: an inline SVG used as a mask, so that it takes the ink of its theme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from dash import html

from components import format as fmt
from components.i18n import Words
from components.parts import attributes

WIDTH: Final = 100
HEIGHT: Final = 24
LEAST: Final = 3
"""Fewer points than this are no trend."""
_STROKE: Final = 2


def build(values: Sequence[float | None], span: str, w: Words, *, digits: int = 0) -> html.Span | None:
    """The line of `values`, oldest first, gaps left out; `span` says of which time. None where it would show nothing.

    It has no axis: the lowest value is at the bottom, the highest at the top. Both are said to those who ask.
    """
    known = [(i, value) for i, value in enumerate(values) if value is not None]
    if len(known) < LEAST:
        return None
    low, high = min(v for _, v in known), max(v for _, v in known)
    points = [(WIDTH * i / (len(values) - 1), _height(value, low, high)) for i, value in known]
    said = w("{span}：最低 {low}，最高 {high}", span=span, low=_written(low, digits), high=_written(high, digits))
    return html.Span(
        html.I(style={"left": f"{points[-1][0]:.1f}%", "top": f"{100 * points[-1][1] / HEIGHT:.1f}%"}),
        className="spark",
        style={"--spark": f'url("{_picture(points)}")'},
        title=said,
        role="img",
        **attributes(aria_label=said),
    )


def _height(value: float, low: float, high: float) -> float:
    room = HEIGHT - 2 * _STROKE
    return HEIGHT / 2 if high == low else _STROKE + room * (high - value) / (high - low)


def _picture(points: Sequence[tuple[float, float]]) -> str:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' preserveAspectRatio='none'>"
        f"<polyline points='{line}' fill='none' stroke='black' stroke-width='1.5' stroke-linejoin='round' "
        "vector-effect='non-scaling-stroke'/></svg>"
    )
    return f"data:image/svg+xml,{quote(svg)}"


def _written(value: float, digits: int) -> str:
    return fmt.rate(value, digits) if digits else fmt.count(round(value))

"""The search box of the map. `assets/js/search.js` fills it: Dash would send every key that is typed to React."""

from __future__ import annotations

from enum import StrEnum

from dash import html

from components.i18n import Words
from components.parts import attributes


class Ids(StrEnum):
    """Names that the script knows."""

    BOX = "search"


def build(w: Words) -> html.Div:
    """Where the box stands, and its hint."""
    hint = w("查找区域、楼栋、终端、人员")
    return html.Div(id=Ids.BOX, className="search", role="search", **attributes(data_hint=hint))

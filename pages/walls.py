"""/walls: which walls are connected, what they show, and how old that is."""

from __future__ import annotations

import json

from dash import html, register_page

from components import labels, walls
from components.i18n import words
from components.parts import attributes

register_page(__name__, path="/walls", title="大屏 · 一屏", name="大屏")


def layout(**query: str) -> html.Div:
    """The page in the URL's `lang`; the script fills the list."""
    w = words(query.get("lang"))
    said = json.dumps(labels.for_browser(w))
    return html.Div([walls.page(w), html.Div(id="yiping-words", hidden=True, **attributes(data_words=said))])

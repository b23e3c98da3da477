"""/walls: which walls are connected, what they show, and how old that is."""

from __future__ import annotations

from dash import html, register_page

from components import sheet, walls
from components.i18n import words
from pages.person import shown

register_page(__name__, path="/walls", title="大屏 · 一屏", name="大屏")


def layout(**query: str) -> html.Div:
    """The page in the URL's `lang`; the script fills the list."""
    w = words(query.get("lang"))
    return sheet.build("/walls", w("大屏"), walls.page(w), query, w, person=shown("/walls", query, w))

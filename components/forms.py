"""Forms of pages that are painted by the server and sent without a script: their fields and buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import html

from components.markup import Input, Select
from components.parts import Child, icon

HIDDEN: Final = "form_token"
"""Name of the hidden field that a form sends along."""
ACT: Final = "act"
"""Name of the field that says what a form asks for."""


def form(token: str, act: str, body: Sequence[Child], address: str, **hidden: str) -> html.Form:
    """A form that asks for `act`, with the session's `token`."""
    fields = [Input(type="hidden", name=name, value=value) for name, value in hidden.items()]
    return html.Form(
        [
            Input(type="hidden", name=HIDDEN, value=token),
            Input(type="hidden", name=ACT, value=act),
            *fields,
            *body,
        ],
        method="post",
        action=address,
        className="form",
    )


def field(label: str, name: str, hint: str = "", **more: Any) -> html.Label:
    """A line to write in, under its name."""
    asked = Input(**{"type": "text", "name": name, "autocomplete": "off", **more})
    return html.Label([html.Span([label, html.Small(hint) if hint else None]), asked], className="form-field")


def select(label: str, name: str, options: Mapping[str, str], chosen: str, hint: str = "") -> html.Label:
    """A choice of `options` (value → what is shown)."""
    offered = [html.Option(text, value=value, selected=value == chosen) for value, text in options.items()]
    shown = html.Span([label, html.Small(hint) if hint else None])
    return html.Label([shown, Select(name=name, children=offered)], className="form-field")


def button(word: str, *, primary: bool = False) -> html.Button:
    """Sends its form."""
    return html.Button(word, type="submit", className=f"desk-button{' is-primary' if primary else ''}")


def refused(why: str) -> html.P:
    """Why it was not done."""
    return html.P([icon("off"), html.Span(why)], className="rules-refused", role="alert")


def done(what: str) -> html.P:
    """What was done."""
    return html.P(what, className="rules-done", role="status")

"""Dash trees as HTML text: what the server paints before React is there, and every panel at every change of place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from dash.development.base_component import Component

from components.parts import Child

_HTML: Final = "dash_html_components"
_VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr"})
_NAMES: Final = {"className": "class", "htmlFor": "for"}
_NOT_MARKUP: Final = frozenset(
    {
        *("children", "key", "n_clicks", "n_clicks_timestamp", "disable_n_clicks", "loading_state"),
        *("_prop_names", "_valid_wildcard_attributes", "available_properties", "available_wildcard_properties"),
    }
)
_ORDERS: Final[dict[tuple[str, ...], tuple[str, ...]]] = {}
"""By element and the attributes it has: as many as the product's own code builds."""
_FEW: Final = 7  # four names of Dash's own, children and one attribute have no order
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


class _Field(Component):
    _namespace = _HTML
    _children_props: list[str] = []  # noqa: RUF012  # as Dash declares it
    _base_nodes: list[str] = ["children"]  # noqa: RUF012

    def __init__(self, **props: Any) -> None:
        self._prop_names = self.available_properties = list(props)
        self._valid_wildcard_attributes = self.available_wildcard_properties = ["data-", "aria-"]
        super().__init__(**props)  # type: ignore[no-untyped-call]  # Dash has no types here


class Input(_Field):
    """`<input>`, which Dash's HTML lacks: for what is only ever written as HTML and never built by React."""

    _type = "Input"


class Picture(_Field):
    """`<img>` with `loading`, which Dash's lacks; for the same."""

    _type = "Img"


class Select(_Field):
    """`<select>` with the name that Dash's lacks; for the same."""

    _type = "Select"


def render(tree: Child | Iterable[Child]) -> str:
    """The HTML of `tree`; a component that is not plain HTML leaves an empty `div` of its class for React to fill."""
    if tree is None:
        return ""
    if isinstance(tree, Component):
        return _element(tree)
    if isinstance(tree, str | int | float):
        return escape(str(tree), quote=False)
    return "".join([render(child) for child in tree])


def _element(component: Component) -> str:
    # Its own `to_plotly_json` asks for every property there might be, which takes longer than all the rest.
    given = vars(component)
    if component._namespace != _HTML:  # noqa: SLF001  # the names that Dash generates for every component
        name = given.get("className")
        return f'<div class="{escape(name)}"></div>' if name else ""
    tag = component._type.lower()  # noqa: SLF001  # as above
    opened = f"<{tag}{''.join([_attribute(name, given[name]) for name in _in_order(component, given)])}>"
    return opened if tag in _VOID else f"{opened}{render(given.get('children'))}</{tag}>"


def _in_order(component: Component, given: Mapping[str, Any]) -> Iterable[str]:
    """As the element declares them, then by name: a page compares what it gets with what it shows.

    Dash hands them over in another order in every process.
    """
    if len(given) < _FEW or isinstance(component, _Field):
        return given
    names = (component._type, *given)  # noqa: SLF001  # as above
    order = _ORDERS.get(names)
    if order is None:
        ranks = {name: i for i, name in enumerate(component._prop_names)}  # noqa: SLF001  # as above
        order = _ORDERS[names] = tuple(sorted(given, key=lambda name: (ranks.get(name, len(ranks)), name)))
    return order


def _attribute(name: str, value: Any) -> str:
    if name in _NOT_MARKUP or value is None or value is False:
        return ""
    if name == "style":
        value = ";".join(f"{_HUMP.sub('-', key).lower()}:{text}" for key, text in value.items())
    name = _NAMES.get(name, name.lower())
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'

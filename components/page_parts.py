"""What Dash's pages need of the browser, as two components of `assets/js/page_parts.js`.

Dash's own `page_container` takes them from Dash Core Components: 115 kB of scripts for an address and a title. A page
that uses nothing else of them says `core=False` when it registers and is spared those.
"""

from __future__ import annotations

from typing import Any, ClassVar

from dash import html
from dash.development.base_component import Component


class _Part(Component):
    # Dash reads these from the class.
    _children_props: list[str] = []  # noqa: RUF012
    _base_nodes: list[str] = ["children"]  # noqa: RUF012
    _namespace = "yiping_parts"
    _valid_wildcard_attributes: list[str] = []  # noqa: RUF012
    _props: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **props: Any) -> None:
        self._prop_names = self.available_properties = list(self._props)
        self.available_wildcard_properties: list[str] = []
        super().__init__(**props)  # type: ignore[no-untyped-call]  # published without types


class Address(_Part):
    """Tells Dash's router where the browser is."""

    _type = "Address"
    _props = ("id", "pathname", "search", "hash", "href")


class Title(_Part):
    """Holds what the router says of the page: its title."""

    _type = "Title"
    _props = ("id", "data")


def container() -> html.Div:
    """In place of `dash.page_container`: the ids are Dash's."""
    return html.Div(
        [
            Address(id="_pages_location"),
            html.Div(id="_pages_content", disable_n_clicks=True),
            Title(id="_pages_store"),
            html.Div(id="_pages_dummy", disable_n_clicks=True),
        ]
    )

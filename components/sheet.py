"""The frame of the pages beside the overview: the shared header over what the page shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from dash import html

from components import header, labels
from components.i18n import Words
from components.parts import Child, attributes


def build(
    path: str,
    title: str,
    body: Sequence[Child],
    query: Mapping[str, str],
    w: Words,
    *,
    where: Child = None,
    person: header.Viewer,
) -> html.Div:
    """The page at `path`; `where` stands in the header in place of the title."""
    return html.Div(
        [
            header.build(path, where or header.title(title), query, w, person=person),
            html.Main(list(body), className="page-main"),
            html.Div(id="yiping-words", hidden=True, **attributes(data_words=json.dumps(labels.for_browser(w)))),
        ],
        className=f"page page-{path.strip('/').replace('/', '-')}",
    )

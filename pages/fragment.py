"""Parts of pages as HTML text: scripts put them into the frame that Dash has built, sparing it a thousand nodes."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response

from components.markup import render
from components.parts import Child


def answer(tree: Child | Iterable[Child]) -> Response:
    """`tree` as HTML; always asked for anew."""
    found = Response(render(tree), mimetype="text/html")
    found.headers["Cache-Control"] = "no-store"
    return found

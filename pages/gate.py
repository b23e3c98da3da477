"""What a wall may open: the overview and nothing that lists rows, whatever page is added later.

An organisation sees no rows either; its own page alone (`PageGate` leads there) is for whoever has tasks.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, Response, jsonify, request

from data_access.api.identity import FIELD, is_public
from data_access.auth.principal import may, viewer
from data_access.domain.accounts import Action

FOR_WALLS: Final = frozenset(
    {"/", "/panels", "/account", "/sign-out", "/_dash-layout", "/_dash-dependencies", "/_reload-hash"}
)
_CALLBACKS: Final = "/_dash-update-component"


def add_to(server: Flask) -> None:
    """Ask at every request that reaches Flask."""
    server.before_request(_aggregates_for_walls)


def _aggregates_for_walls() -> tuple[Response, int] | None:
    if is_public(request.path) or may(viewer(), Action.SEE_ROWS) or request.path in FOR_WALLS:
        return None
    if request.path == FIELD and may(viewer(), Action.DO_TASKS):
        return None
    if request.path == _CALLBACKS and _builds_the_overview(request.get_json(silent=True)):
        return None
    return jsonify(error="大屏只看汇总。"), 403


def _builds_the_overview(asked: Any) -> bool:
    """Whether Dash asks for the page at `/` and no other."""
    inputs = asked.get("inputs", []) if isinstance(asked, dict) else []
    paths = [one.get("value") for one in inputs if isinstance(one, dict) and one.get("property") == "pathname"]
    return paths == ["/"]

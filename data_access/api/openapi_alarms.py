"""The actions on alarms as OpenAPI has them: bodies from the very structs that read them."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from data_access.api.alarm_acts import ACTIONS, MOST, Said

Spec = dict[str, Any]
_TEMPLATE: Final = "#/components/schemas/{name}"
_VERSION: Final = {"type": "integer", "minimum": 1, "description": "The version of the alarm that was seen."}
_FAILURES: Final = {
    "400": "The body is not what it must be; the sentence says why.",
    "404": "No such alarm within what the viewer may see.",
    "409": "It has changed since (the sentence says by whom), or the rules do not allow it.",
}


def action_paths() -> Spec:
    """A path for each action, and the one for many alarms."""
    paths = {f"/api/v1/alarms/{{alarm_id}}/{name}": {"post": _one(kind)} for name, kind in ACTIONS.items()}
    return {**paths, "/api/v1/alarms/act": {"post": _many()}}


@cache
def action_schemas() -> dict[str, Spec]:
    """The structs of the bodies, without the version that each of them also carries."""
    _, found = msgspec.json.schema_components(list(ACTIONS.values()), ref_template=_TEMPLATE)
    return found


def _one(kind: type[Said]) -> Spec:
    own = action_schemas()[kind.__name__]
    body = {
        **own,
        "properties": {"version": _VERSION, **own["properties"]},
        "required": ["version", *own.get("required", [])],
    }
    alarm = {"name": "alarm_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    return {**_answered(own["description"], body, {"$ref": "#/components/schemas/AlarmRecord"}), "parameters": [alarm]}


def _many() -> Spec:
    item = {
        "type": "object",
        "required": ["id", "version"],
        "properties": {"id": {"type": "integer"}, "version": _VERSION},
    }
    refusal = {"type": "object", "properties": {"id": {"type": "integer"}, "why": {"type": "string"}}}
    body = {
        "type": "object",
        "required": ["action", "items"],
        "description": "Besides: what the action itself wants.",
        "properties": {
            "action": {"type": "string", "enum": list(ACTIONS)},
            "items": {"type": "array", "minItems": 1, "maxItems": MOST, "items": item},
        },
    }
    answer = {
        "type": "object",
        "properties": {
            "done": {"type": "array", "items": {"$ref": "#/components/schemas/AlarmRecord"}},
            "refused": {"type": "array", "items": refusal},
        },
    }
    return _answered("Do the same to many alarms; those that cannot be done are told with their reason.", body, answer)


def _answered(summary: str, body: Spec, answer: Spec) -> Spec:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "summary": summary,
        "parameters": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {"description": "The alarm as it then stands.", "content": {"application/json": {"schema": answer}}},
            **{status: {"description": why, "content": error} for status, why in _FAILURES.items()},
        },
    }

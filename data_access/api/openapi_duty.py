"""The routes of duty as OpenAPI has them: bodies from the very structs that read them, answers from the view-models."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec
from pydantic import TypeAdapter

from data_access.api.duty import HandOver, NewWindow, Start
from data_access.api.mentions import Read
from data_access.viewmodels.duty import Colleague, Duty, Handover, Mentions, NoticePage, Shift, WindowRecord
from data_access.viewmodels.floods import FloodAnswer

Spec = dict[str, Any]
_TEMPLATE: Final = "#/components/schemas/{model}"
_BODY: Final = "#/components/schemas/{name}"
_MODELS: Final = {
    "Duty": Duty,
    "Shift": Shift,
    "Handover": Handover,
    "WindowRecord": WindowRecord,
    "NoticePage": NoticePage,
    "FloodAnswer": FloodAnswer,
    "Mentions": Mentions,
    "Colleague": Colleague,
}
_FAILURES: Final = {
    "400": "A parameter or the body is not what it must be; the sentence says why.",
    "401": "Nobody is signed in.",
    "403": "The account may not do this.",
    "404": "No such thing within what the viewer may see.",
    "409": "The rules do not allow it as things are; the sentence says why.",
}
_AREA: Final = {"name": "area", "in": "query", "schema": {"type": "string"}, "description": "Code of the area."}


def duty_paths() -> Spec:
    """Every route of duty."""
    moment = {"type": "string", "format": "date-time"}
    period = [{"name": n, "in": "query", "required": True, "schema": moment} for n in ("from", "to")]
    form = {"name": "format", "in": "query", "schema": {"type": "string", "enum": ["csv", "xlsx", "json"]}}
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200}}
    log = _operation("What people did: shifts, hand-overs, alarms; oldest first.", {"type": "string"}, _AREA, form)
    log["parameters"] += period
    windows = {"type": "object", "properties": {"windows": {"type": "array", "items": _ref("WindowRecord")}}}
    people = {"type": "object", "properties": {"people": {"type": "array", "items": _ref("Colleague")}}}
    of_alarm = {"name": "alarm", "in": "query", "required": True, "schema": {"type": "integer"}}
    return {
        "/api/v1/mentions": {"get": _operation("Notes that name the viewer, newest first.", _ref("Mentions"))},
        "/api/v1/mentions/read": {"post": _post(Read, _ref("Mentions"), status="200")},
        "/api/v1/mentions/people": {"get": _operation("Who can be named in a note about an alarm.", people, of_alarm)},
        "/api/v1/shifts": {"get": _operation("Who is on duty, and what waits to be signed.", _ref("Duty"), _AREA)},
        "/api/v1/shifts/start": {"post": _post(Start, _ref("Shift"))},
        "/api/v1/shifts/{shift_id}/handover": {"post": _post(HandOver, _ref("Handover"), "shift_id")},
        "/api/v1/shifts/{shift_id}/end": {
            "post": _operation("Go off shift with nothing open.", _ref("Shift"), _path("shift_id"))
        },
        "/api/v1/handovers/{handover_id}/sign": {
            "post": _operation("Take over; the shift that begins.", _ref("Shift"), _path("handover_id"))
        },
        "/api/v1/duty-log": {"get": log},
        "/api/v1/alarm-windows": {
            "get": _operation("Drill and maintenance windows that are open or to come.", windows, _AREA),
            "post": _post(NewWindow, _ref("WindowRecord")),
        },
        "/api/v1/alarm-windows/{window_id}": {"delete": _ended()},
        "/api/v1/notices": {
            "get": _operation("The newest notices; what failed in a day.", _ref("NoticePage"), _AREA, limit)
        },
        "/api/v1/cap/feed.atom": {
            "get": _as_xml("CAP 1.2 messages of grave alarms, newest first.", "application/atom+xml", _AREA, limit)
        },
        "/api/v1/cap/{identifier}.xml": {
            "get": _as_xml("One CAP 1.2 message.", "application/cap+xml", _named("identifier"))
        },
        "/api/v1/alarms/flood": {
            "get": _operation(
                "New alarms of ten minutes for one's desk (or an area), and the open ones as groups (`mine`: none).",
                _ref("FloodAnswer"),
                _AREA,
            )
        },
        "/api/v1/alarms/flood/help": {
            "post": _asked(),
            "delete": _operation("Take that back within ten seconds.", _ref("FloodAnswer"), _AREA),
        },
    }


@cache
def duty_schemas() -> Spec:
    """The schemas that `duty_paths` speaks of."""
    found: Spec = {}
    for name, model in _MODELS.items():
        schema = TypeAdapter(model).json_schema(mode="serialization", ref_template=_TEMPLATE)
        found |= schema.pop("$defs", {})
        found[name] = schema
    _, bodies = msgspec.json.schema_components(
        [Start, HandOver, NewWindow, Read], ref_template=_TEMPLATE.replace("model", "name")
    )
    return found | bodies


def _as_xml(summary: str, media: str, *parameters: Spec) -> Spec:
    spec = _operation(summary, {}, *parameters)
    spec["responses"]["200"]["content"] = {media: {"schema": {"type": "string"}}}
    return spec


def _named(name: str) -> Spec:
    return {**_path(name), "schema": {"type": "string", "pattern": r"^yiping-\d+-\d+$"}}


def _post(body: type, answer: Spec, path: str | None = None, *, status: str = "201") -> Spec:
    spec = _operation(str(body.__doc__), answer, *([_path(path)] if path else []))
    spec["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body.__name__)}}}
    spec["responses"][status] = spec["responses"].pop("200")
    return spec


def _asked() -> Spec:
    spec = _operation("Ask the level above for help in a flood, once in ten minutes.", _ref("FloodAnswer"), _AREA)
    spec["responses"]["201"] = spec["responses"].pop("200")
    return spec


def _ended() -> Spec:
    spec = _operation("End a window before its time.", {}, _path("window_id"))
    del spec["responses"]["200"]
    spec["responses"]["204"] = {"description": "It has ended."}
    return spec


def _operation(summary: str, schema: Spec, *parameters: Spec) -> Spec:
    return {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {
            "200": {"description": "As described.", "content": {"application/json": {"schema": schema}}},
            **{status: _failure(why) for status, why in _FAILURES.items()},
        },
    }


def _failure(why: str) -> Spec:
    return {"description": why, "content": {"application/json": {"schema": _ref("Error")}}}


def _ref(name: str) -> Spec:
    return {"$ref": f"#/components/schemas/{name}"}


def _path(name: str) -> Spec:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}

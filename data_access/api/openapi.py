"""`GET /api/v1/openapi.json`: the interface described for programs (OpenAPI 3.1). A test holds it to the routes."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from data_access.api import briefs, field, open311, sheets
from data_access.api.openapi_alarms import action_paths, action_schemas
from data_access.api.openapi_attachments import attachment_paths
from data_access.api.openapi_cases import case_paths, case_schemas, filters
from data_access.api.openapi_duty import duty_paths, duty_schemas
from data_access.api.openapi_rules import rules_paths, rules_schemas
from data_access.commands.unmask import Unmaskable
from data_access.domain.alarms import Severity
from data_access.domain.incidents import Nature
from data_access.domain.workflows import SEVEN, TEMPLATES, Urgency
from data_access.live.walls import Report
from data_access.viewmodels.alarm_queue import AlarmQueue, View
from data_access.viewmodels.alarms import AlarmDetail, AlarmPage
from data_access.viewmodels.areas import BuildingView
from data_access.viewmodels.devices import DeviceView
from data_access.viewmodels.field import FieldView
from data_access.viewmodels.incidents import IncidentBoard, IncidentDetail, IncidentPage
from data_access.viewmodels.indicators import By
from data_access.viewmodels.map import Shading
from data_access.viewmodels.search import Hit
from data_access.viewmodels.snapshot import Snapshot
from data_access.viewmodels.walls import WallPage

Spec = dict[str, Any]

_AREA: Final = {
    "name": "area",
    "in": "query",
    "schema": {"type": "string"},
    "description": "Code of the area; without it the highest area the viewer may see.",
}
_BBOX: Final = {
    "name": "bbox",
    "in": "query",
    "schema": {"type": "string", "pattern": r"^-?\d+(\.\d+)?(,-?\d+(\.\d+)?){3}$"},
    "description": "Viewport in degrees, WGS-84: west,south,east,north.",
}
_MODELS: Final = {
    "Snapshot": Snapshot,
    "AlarmPage": AlarmPage,
    "AlarmDetail": AlarmDetail,
    "AlarmQueue": AlarmQueue,
    "IncidentPage": IncidentPage,
    "IncidentBoard": IncidentBoard,
    "IncidentDetail": IncidentDetail,
    "FieldView": FieldView,
    "DeviceView": DeviceView,
    "BuildingView": BuildingView,
    "Hit": Hit,
    "WallPage": WallPage,
}
_ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string", "description": "A sentence a person can act on."}},
}


async def get_openapi(_request: Request) -> Response:
    """The interface itself."""
    return JSONResponse(document())


@cache
def document() -> Spec:
    """The OpenAPI document of every route under /api/v1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Yiping 一屏",
            "version": "1",
            "description": "Reads of the live district, handling of alarms, incidents and telemetry by HTTP. "
            'Coordinates are WGS-84, moments ISO 8601 with offset, errors `{"error": sentence}`.',
        },
        "paths": _paths(),
        "components": {"schemas": _schemas()},
    }


def _paths() -> Spec:
    rows = {"type": "array", "items": {"type": "array"}}
    return {
        "/api/v1/openapi.json": {"get": _get("This document.", {"type": "object"})},
        "/api/v1/me": {"get": _get("Who asks, and what he may do.", {"type": "object"})},
        "/api/v1/me/active": {"post": _active()},
        "/api/v1/snapshot": {
            "get": _get(
                "Everything live of one area. `alarms`: at most so many of them, by default 2,000.",
                _ref("Snapshot"),
                _AREA,
                _query("alarms", {"type": "integer", "minimum": 1, "maximum": 20000}),
            )
        },
        "/api/v1/map/devices": {
            "get": _get(
                "Devices as bytes, little endian: `YPM1`, uint32 n, float64 generated_at (ms), then arrays of n: int32 "
                "id, int32 lng·1e6, int32 lat·1e6, uint32 version, uint8 kind, uint8 status. Header X-Event-Id: where "
                "/live carries on. X-Every above 1: of the normal devices only every k-th is there (X-Total in all). "
                "With packed=1 `YPM2`: each int32 and uint32 as the difference to the one before it (modulo 2^32), "
                "shifted left with the sign in the lowest bit; of an array first all lowest bytes, then the next.",
                {"type": "string", "format": "binary"},
                _AREA,
                _BBOX,
                _query("packed", {"type": "string", "enum": ["0", "1"]}),
                media="application/octet-stream",
            )
        },
        "/api/v1/map/cameras": {"get": _get("`[id, lng, lat, delivering, name, code]`.", rows, _AREA, _BBOX)},
        "/api/v1/map/incidents": {"get": _get("Open: `[id, lng, lat, stage, code, title]`.", rows, _AREA)},
        "/api/v1/map/resources": {"get": _get("`[id, lng, lat, kind, name, code]`.", rows, _AREA)},
        "/api/v1/map/workers": {
            "get": _get(
                "Grid workers at the middle of the grids they answer for, not where they are: "
                "`[id, lng, lat, masked name, grid, grid in English, grid's code]`.",
                rows,
                _AREA,
            )
        },
        "/api/v1/map/basemap": {
            "get": _get("Kind (none, raster, vector), zooms and credit of `/tiles/{z}/{x}/{y}`.", {"type": "object"})
        },
        "/api/v1/search": {
            "get": _get(
                "Areas, buildings (by address too), responsible people, cameras and devices by a part of their name, "
                "best first; `area` narrows.",
                {
                    "type": "object",
                    "required": ["hits"],
                    "properties": {"hits": {"type": "array", "items": _ref("Hit")}},
                },
                _query("q", {"type": "string"}, required=True),
                _AREA,
                _query("limit", {"type": "integer", "minimum": 1, "maximum": 50, "default": 20}),
            )
        },
        "/api/v1/map/areas.geojson": {
            "get": _get(
                "Outline of the area (role outline) and its children shaded by a figure; of a leaf its buildings.",
                {"type": "object"},
                _AREA,
                _query("metric", {"type": "string", "enum": list(Shading)}),
                media="application/geo+json",
            )
        },
        "/api/v1/map/around.geojson": {
            "get": _get(
                "Grids (role around) and buildings in a viewport of some six kilometres at most, nearest first.",
                {"type": "object"},
                _AREA,
                _query("bbox", {"type": "string"}, required=True),
                media="application/geo+json",
            )
        },
        "/api/v1/map/heat": {
            "get": _get(
                "Cases of four weeks, counted by the cells of a grid over a viewport; fewer than three are left out.",
                {"type": "object"},
                _AREA,
                _query("bbox", {"type": "string"}, required=True),
                _query("zoom", {"type": "integer", "minimum": 0, "maximum": 22}, required=True),
            )
        },
        "/api/v1/devices/{device_id}": {
            "get": _get("One device with its newest values.", _ref("DeviceView"), _path("device_id", "integer"))
        },
        "/api/v1/buildings/{code}": {
            "get": _get("One building; people only in counts.", _ref("BuildingView"), _path("code", "string"))
        },
        "/api/v1/alarms": {"get": _get("A page of alarms, newest first.", _ref("AlarmPage"), _AREA, *_alarm_filters())},
        "/api/v1/alarms/{alarm_id}": {
            "get": _get("One alarm with its history.", _ref("AlarmDetail"), _path("alarm_id", "integer"))
        },
        "/api/v1/alarms/queue": {
            "get": _get(
                "The queue of open alarms, gravest first, then oldest, with counts by view and severity.",
                _ref("AlarmQueue"),
                _AREA,
                *_queue_filters(),
            )
        },
        **action_paths(),
        "/api/v1/incidents": {
            "get": _get(
                "A page of incidents: open ones by their clock, finished ones newest first.",
                _ref("IncidentPage"),
                _AREA,
                *filters(_query),
            ),
            "post": _incident(),
        },
        "/api/v1/incidents/board": {
            "get": _get(
                "The open incidents by stage: counts, and the most pressing of each.",
                _ref("IncidentBoard"),
                _AREA,
                _query("limit", {"type": "integer", "minimum": 1, "maximum": 50, "default": 20}),
            )
        },
        "/api/v1/incidents/{incident_id}": {
            "get": _get("One incident with its history.", _ref("IncidentDetail"), _path("incident_id", "integer"))
        },
        **attachment_paths(),
        **field.described(),
        **open311.described(),
        **case_paths(),
        "/api/v1/sources/{code}/alive": {"post": _alive()},
        "/api/v1/unmask": {"post": _unmask()},
        "/api/v1/indicators": {
            "get": _get(
                "The published closing indicators of the days [from, to).",
                {"type": "object"},
                _AREA,
                _query("from", {"type": "string", "format": "date"}, required=True),
                _query("to", {"type": "string", "format": "date"}, required=True),
                _query("by", {"type": "string", "enum": list(By)}),
                _query("format", {"type": "string", "enum": list(sheets.WRITERS), "default": "json"}),
            )
        },
        **briefs.described(_get, _AREA),
        "/api/v1/overview.xlsx": {
            "get": _get(
                "The figures of the overview as a workbook; the period is the page's where from and to are missing.",
                {"type": "string", "format": "binary"},
                _AREA,
                _query("from", {"type": "string", "format": "date"}),
                _query("to", {"type": "string", "format": "date"}),
                _query("lang", {"type": "string", "enum": ["zh", "en"]}),
                media="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            )
        },
        "/api/v1/walls": {
            "get": _get("The wall pages that reported within a day.", _ref("WallPage")),
            "post": _wall(),
        },
        "/api/v1/{token}/telemetry": {"post": _telemetry()},
        **duty_paths(),
        **rules_paths(),
    }


def _unmask() -> Spec:
    text = {"type": "string"}
    body = {
        "type": "object",
        "required": ["kind", "id", "reason"],
        "additionalProperties": False,
        "properties": {
            "kind": {**text, "enum": list(Unmaskable)},
            "id": {"type": "integer"},
            "reason": {**text, "description": "Kept in the audit with who asked."},
        },
    }
    nullable = {"type": ["string", "null"]}
    found = {"kind": text, "id": {"type": "integer"}, "name": text, "phone": nullable, "id_number": nullable}
    spec = _get("One person's record in the clear.", {"type": "object", "properties": found})
    spec["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return spec


def _active() -> Spec:
    spec = _get("Somebody sits in front of this page: it does not count as idle.", {})
    spec["responses"] = {"204": {"description": "Noted."}}
    return spec


def _wall() -> Spec:
    spec = _get(
        "A wall page reports itself, every 15 s; the answer says which build serves.",
        {"type": "object", "properties": {"build": {"type": "string"}}},
    )
    spec["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref("Report")}}}
    spec["responses"] |= {"413": _failure("The report is too long."), "503": _failure("Redis is away.")}
    return spec


def _incident() -> Spec:
    text = {"type": "string"}
    body = {
        "type": "object",
        "required": ["title"],
        "additionalProperties": False,
        "properties": {
            "title": {**text, "maxLength": 200},
            "area": {**text, "description": "Code of the area; or lng and lat."},
            "lng": {"type": "number", "minimum": -180, "maximum": 180},
            "lat": {"type": "number", "minimum": -90, "maximum": 90},
            "channel": {**text, "maxLength": 40, "description": "Code or name of where it comes from."},
            "class": {**text, "maxLength": 40, "description": "Name of a class of the catalogue, or id of a top one."},
            "nature": {**text, "enum": list(Nature)},
            "place": {**text, "maxLength": 200},
            "description": {**text, "maxLength": 4000},
            "workflow": {**text, "enum": list(TEMPLATES), "default": SEVEN.code},
            "urgency": {**text, "enum": [u.name.lower() for u in Urgency], "default": "normal"},
            "key": {**text, "maxLength": 60, "description": "The sender's own; makes a repetition harmless."},
        },
    }
    fields = {
        "id": {"type": "integer"},
        "code": text,
        "stage": text,
        "area": text,
        "created_at": {**text, "format": "date-time"},
        "due_at": {"type": ["string", "null"], "format": "date-time"},
        "new": {"type": "boolean"},
    }
    spec = _get("An incident comes in; answered when it is committed.", {"type": "object", "properties": fields})
    spec["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    responses = spec["responses"]
    responses["201"] = {**responses["200"], "description": "It is new."}
    responses["200"] = {**responses["200"], "description": "The one that came with this key before."}
    del responses["404"]
    responses["400"] = _failure("The report is not what it must be; the sentence says why.")
    responses["429"] = _failure("Too many at once from this client; send it again in some seconds.")
    return spec


def _alive() -> Spec:
    spec = _get("A source is well and has nothing to deliver.", {}, _path("code", "string"))
    del spec["responses"]["200"]
    spec["responses"]["204"] = {"description": "Noted."}
    spec["responses"]["429"] = _failure("Too many at once from this client.")
    return spec


def _telemetry() -> Spec:
    spec = _get(
        "Readings of one device in ThingsBoard's form; answered when they are committed.",
        {
            "type": "object",
            "properties": {
                "taken": {"type": "integer"},
                "refused": {"type": "object", "additionalProperties": {"type": "integer"}},
                "details": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
        _path("token", "string"),
    )
    spec["requestBody"] = {
        "required": True,
        "description": '`{"smoke": 1}`, `{"ts": ms, "values": {…}}` or an array of these.',
        "content": {"application/json": {"schema": {"type": ["object", "array"]}}},
    }
    spec["responses"] |= {
        "413": _failure("The message is too long."),
        "429": _failure("Too much waits already; send it again."),
        "503": _failure("Not confirmed in time; send it again: readings are idempotent."),
    }
    return spec


def _alarm_filters() -> list[Spec]:
    return [
        _query("state", {"type": "string", "enum": ["open", "closed", "all"], "default": "open"}),
        _query("severity", {"enum": [word for s in Severity if s for word in (s.name.lower(), int(s))]}),
        _query("kind", {"type": "string"}),
        _query("source", {"type": "string", "enum": ["live", "replay", "demo"]}),
        _query("from", {"type": "string", "format": "date-time"}),
        _query("to", {"type": "string", "format": "date-time"}),
        _query("cursor", {"type": "string"}),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}),
    ]


def _queue_filters() -> list[Spec]:
    return [
        _query("view", {"type": "string", "enum": list(View), "default": View.OPEN}),
        _query("severity", {"enum": [word for s in Severity if s for word in (s.name.lower(), int(s))]}),
        _query("kind", {"type": "string"}),
        _query("q", {"type": "string", "maxLength": 100, "description": "Part of a place or a device's code."}),
        _query("offset", {"type": "integer", "minimum": 0, "default": 0}),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 100}),
    ]


def _get(summary: str, schema: Spec, *parameters: Spec, media: str = "application/json") -> Spec:
    return {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {
            "200": {"description": "As described.", "content": {media: {"schema": schema}}},
            "400": _failure("A parameter is not what it must be."),
            "401": _failure("Nobody is signed in, and guests may not look."),
            "403": _failure("The account may not do this."),
            "404": _failure("No such thing within what the viewer may see."),
        },
    }


def _failure(description: str) -> Spec:
    return {"description": description, "content": {"application/json": {"schema": _ref("Error")}}}


def _ref(name: str) -> Spec:
    return {"$ref": f"#/components/schemas/{name}"}


def _query(name: str, schema: Spec, *, required: bool = False) -> Spec:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _path(name: str, kind: str) -> Spec:
    return {"name": name, "in": "path", "required": True, "schema": {"type": kind}}


def _schemas() -> Spec:
    found: Spec = {"Error": _ERROR}
    for name, model in _MODELS.items():
        schema = TypeAdapter(model).json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
        found |= schema.pop("$defs", {})
        found[name] = schema
    reports, more = msgspec.json.schema_components([Report, *field.BODIES], ref_template="#/components/schemas/{name}")
    del reports  # a reference into the rest
    return found | more | duty_schemas() | rules_schemas() | action_schemas() | case_schemas()

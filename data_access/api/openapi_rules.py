"""The rules of devices and models, the analysis of alarms and the audit, as OpenAPI has them."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec
from pydantic import TypeAdapter

from data_access.api.device_rules import Numbers
from data_access.domain.accounts import AuditSubject
from data_access.viewmodels.alarm_analysis import Analysis
from data_access.viewmodels.audit import AuditPage
from data_access.viewmodels.device_rules import Preview, RulesView

Spec = dict[str, Any]
_TEMPLATE: Final = "#/components/schemas/{model}"
_MODELS: Final = {"RulesView": RulesView, "Preview": Preview, "Analysis": Analysis, "AuditPage": AuditPage}
_FAILURES: Final = {
    "400": "A number is not what it must be; the sentence says why.",
    "401": "Nobody is signed in.",
    "403": "The account may not do this.",
    "404": "No such device, model or rule within what the viewer may see.",
    "409": "Somebody has changed the rules since.",
}


def rules_paths() -> Spec:
    """Every route of this subject."""
    day = {"type": "string", "format": "date"}
    period = [_query(name, day) for name in ("from", "to")]
    form = _query("format", {"type": "string", "enum": ["json", "csv", "xlsx"]})
    summary = "Load, priorities, sources, times and false alarms of the days [from, to); by default the last seven."
    area = _query("area", {"type": "string"})
    paths: Spec = {"/api/v1/alarms/analysis": {"get": _operation(summary, "Analysis", area, *period, form)}}
    paths["/api/v1/audit"] = {"get": _audit(period, form)}
    for path, name, kind in (
        ("/api/v1/devices/{device_id}", "device_id", "integer"),
        ("/api/v1/device-models/{code}", "code", "string"),
    ):
        of, alarm = _path(name, kind), _path("alarm", "string")
        paths[f"{path}/rules"] = {
            "get": _operation("Alarm rules in force, their origin, and changes.", "RulesView", of)
        }
        paths[f"{path}/rules/{{alarm}}"] = {"post": _sent("Set the numbers of one rule.", "RulesView", of, alarm)}
        paths[f"{path}/rules/{{alarm}}/preview"] = {
            "post": _sent("How the last month would have gone with these numbers.", "Preview", of, alarm)
        }
    return paths


def _audit(period: list[Spec], form: Spec) -> Spec:
    text = {"type": "string"}
    asked = [
        _query("about", {**text, "enum": list(AuditSubject)}),
        _query("who", text),
        _query("before", {**text, "description": "The `before` of the page so far."}),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000}),
    ]
    summary = "Who did what in the days [from, to), newest first, a page at a time; as csv or xlsx all of it."
    return _operation(summary, "AuditPage", *({**day, "required": True} for day in period), *asked, form)


@cache
def rules_schemas() -> dict[str, Spec]:
    """The structs and view-models of this subject."""
    _, found = msgspec.json.schema_components([Numbers], ref_template="#/components/schemas/{name}")
    for name, model in _MODELS.items():
        schema = TypeAdapter(model).json_schema(mode="serialization", ref_template=_TEMPLATE)
        found |= schema.pop("$defs", {})
        found[name] = schema
    return found


def _sent(summary: str, answer: str, *parameters: Spec) -> Spec:
    spec = _operation(summary, answer, *parameters)
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Numbers"}}}
    return {**spec, "requestBody": {"required": True, "content": body}}


def _operation(summary: str, answer: str, *parameters: Spec) -> Spec:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    schema = {"$ref": f"#/components/schemas/{answer}"}
    return {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {
            "200": {"description": "As described.", "content": {"application/json": {"schema": schema}}},
            **{status: {"description": why, "content": error} for status, why in _FAILURES.items()},
        },
    }


def _query(name: str, schema: Spec) -> Spec:
    return {"name": name, "in": "query", "schema": schema}


def _path(name: str, kind: str) -> Spec:
    return {"name": name, "in": "path", "required": True, "schema": {"type": kind}}

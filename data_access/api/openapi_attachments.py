"""Attachments of cases as OpenAPI has them."""

from __future__ import annotations

from typing import Any, Final

from data_access.domain.attachments import SUFFIXES, AttachmentKind, Phase

Spec = dict[str, Any]
_ONE: Final[Spec] = {"application/json": {"schema": {"$ref": "#/components/schemas/Attachment"}}}
_OBJECT: Final[Spec] = {"application/json": {"schema": {"type": "object"}}}
_ERROR: Final[Spec] = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
_FILE: Final[Spec] = {"schema": {"type": "string", "format": "binary"}}


def attachment_paths() -> Spec:
    """Send one, list them, fetch one."""
    return {
        "/api/v1/incidents/{incident_id}/attachments": {
            "get": {
                "summary": "The photos, clips and recordings of a case, oldest first.",
                "parameters": [_number("incident_id")],
                "responses": {
                    "200": {
                        "description": "As described.",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                    **_failures(),
                },
            },
            "post": {
                "summary": "Attach the body, which is the file itself, to a case.",
                "parameters": [
                    _number("incident_id"),
                    _query("kind", {"enum": list(AttachmentKind)}),
                    _query("phase", {"enum": list(Phase), "default": Phase.OTHER}),
                    _query("key", {"minLength": 8, "maxLength": 64}, "The sender's own; makes a repetition harmless."),
                    _query("done_at", {"format": "date-time"}, "When it was taken, where it is sent later."),
                ],
                "requestBody": {"required": True, "content": dict.fromkeys(SUFFIXES, _FILE)},
                "responses": {
                    "201": {"description": "Attached.", "content": _ONE},
                    "200": {"description": "It was there already.", "content": _ONE},
                    **_failures(),
                },
            },
        },
        "/api/v1/attachments/{attachment_id}": {
            "get": {
                "summary": "The file; parts of it with Range.",
                "parameters": [_number("attachment_id")],
                "responses": {
                    "200": {"description": "The file.", "content": dict.fromkeys(SUFFIXES, _FILE)},
                    **_failures(),
                },
            }
        },
        "/api/v1/cameras/{code}/incident": {
            "post": {
                "summary": "Open a case at a camera; the body is the picture that was seen on it, or nothing.",
                "parameters": [
                    {"name": "code", "in": "path", "required": True, "schema": {"type": "string"}},
                    _query("key", {"minLength": 8, "maxLength": 64}, "The sender's own; makes a repetition harmless."),
                ],
                "requestBody": {"content": {"image/jpeg": _FILE}},
                "responses": {
                    "201": {"description": "Opened: its id and code.", "content": _OBJECT},
                    "200": {"description": "It was there already.", "content": _OBJECT},
                    **_failures(),
                },
            }
        },
    }


def _failures() -> Spec:
    said = {
        "400": "It is no file that is taken, too large, or a parameter is not what it must be.",
        "401": "Nobody is signed in.",
        "403": "The account may not do this.",
        "404": "No such thing within what the viewer may see.",
    }
    return {status: {"description": why, "content": _ERROR} for status, why in said.items()}


def _number(name: str) -> Spec:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}


def _query(name: str, schema: Spec, description: str | None = None) -> Spec:
    more = {"description": description} if description else {}
    return {"name": name, "in": "query", "schema": {"type": "string", **schema}, **more}

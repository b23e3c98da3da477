"""The actions on cases as OpenAPI has them: bodies from the very structs that read them."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from data_access.api.incident_acts import ACTIONS

Spec = dict[str, Any]
_FAILURES: Final = {
    "400": "The body is not what it must be; the sentence says why.",
    "403": "It is not this role's to do, or the case has climbed to a level above.",
    "404": "No such incident within what the viewer may see.",
    "409": "It has changed since (the sentence says by whom), or the rules do not allow it.",
}


def case_paths() -> Spec:
    """A path for each action."""
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/IncidentDetail"}}}
    number = {"name": "incident_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    return {
        f"/api/v1/incidents/{{incident_id}}/{name}": {
            "post": {
                "summary": case_schemas()[kind.__name__]["description"],
                "parameters": [number],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}},
                },
                "responses": {
                    "200": {"description": "The incident as it then stands.", "content": answer},
                    **{status: {"description": why, "content": error} for status, why in _FAILURES.items()},
                },
            }
        }
        for name, kind in ACTIONS.items()
    }


@cache
def case_schemas() -> dict[str, Spec]:
    """The structs of the bodies."""
    _, found = msgspec.json.schema_components(list(ACTIONS.values()), ref_template="#/components/schemas/{name}")
    return found

"""The actions on cases as OpenAPI has them: bodies from the very structs that read them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import msgspec

from data_access.api.incident_acts import ACTIONS
from data_access.domain.case_indicators import NAMES
from data_access.domain.case_links import LinkKind
from data_access.domain.catalogue import Category
from data_access.domain.incidents import Stage
from data_access.queries.incidents import MAX_PAGE, STATES
from data_access.viewmodels.indicators import By

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
    acts: Spec = {
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
    return acts | {"/api/v1/incidents/{incident_id}/linkable": {"get": _linkable(number, error)}}


def _linkable(number: Spec, error: Spec) -> Spec:
    kinds = {"type": "string", "enum": [str(kind) for kind in LinkKind], "default": LinkKind.DWELLING.value}
    things = {"type": "array", "items": {"$ref": "#/components/schemas/Linkable"}}
    found = {"application/json": {"schema": {"type": "object", "properties": {"linkable": things}}}}
    return {
        "summary": "Homes or legal entities that the case could be linked to, those of its building first.",
        "parameters": [
            number,
            {"name": "kind", "in": "query", "schema": kinds},
            {"name": "q", "in": "query", "schema": {"type": "string"}, "description": "Room, building or name."},
        ],
        "responses": {
            "200": {"description": "At most twelve.", "content": found},
            **{status: {"description": _FAILURES[status], "content": error} for status in ("400", "403", "404")},
        },
    }


def filters(query: Callable[[str, Spec], Spec]) -> list[Spec]:
    """What a list of incidents is narrowed by."""
    number: Spec = {"type": "integer", "minimum": 0, "description": "0: those that have none."}
    day: Spec = {"type": "string", "format": "date", "description": "It came in on a day of [from, to)."}
    return [
        query("state", {"type": "string", "enum": list(STATES), "default": STATES[0]}),
        query("stage", {"type": "string", "enum": [str(stage) for stage in Stage]}),
        query("urgency", {"type": "integer", "minimum": 0, "maximum": 2}),
        query("category", {"type": "string", "enum": [str(category) for category in Category]}),
        query("level", {"type": "integer", "minimum": 0, "maximum": 3, "description": "Whose turn: grid to district."}),
        *(query(name, number) for name in ("type", "channel", "unit")),
        *(query(name, {"type": "integer", "description": "Linked to it."}) for name in ("dwelling", "entity")),
        query("owner", {"type": "string", "description": "Name of an account; me: one's own."}),
        query("q", {"type": "string", "description": "In title, place or code."}),
        *(query(name, day) for name in ("from", "to")),
        query("count", {"type": "string", "enum": list(NAMES), "description": "Those that count for a figure."}),
        query("less", {"type": "string", "enum": list(NAMES), "description": "Without those that count for this."}),
        query("without", {"type": "string", "enum": list(By), "description": "Those that belong to none (未归属)."}),
        query("limit", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 50}),
        query("cursor", {"type": "string"}),
    ]


@cache
def case_schemas() -> dict[str, Spec]:
    """The structs of the bodies."""
    _, found = msgspec.json.schema_components(list(ACTIONS.values()), ref_template="#/components/schemas/{name}")
    return found

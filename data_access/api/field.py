"""`/api/v1/field`: what a grid worker's phone shows and says. Each thing it says carries a key of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data_access.api.answers import answer_json
from data_access.api.context import context, principal, same_origin
from data_access.auth.principal import require
from data_access.commands import field as commands
from data_access.domain.accounts import Action
from data_access.domain.errors import InvalidInput
from data_access.queries import field

Key = Annotated[str, Meta(min_length=8, max_length=64)]
Text = Annotated[str, Meta(max_length=2000)]
_MOST: Final = 16 * 1024


class FieldPlace(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where the phone was, if it knew, and when it was done."""

    key: Key
    lng: Annotated[float, Meta(ge=-180, le=180)] | None = None
    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    accuracy_m: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None
    done_at: datetime | None = None


class FieldActSent(FieldPlace, kw_only=True):
    """One thing that was done to a case."""

    what: commands.FieldAct
    incident_id: Annotated[int, Meta(ge=1)]
    version: Annotated[int, Meta(ge=1)]
    step: Annotated[str, Meta(max_length=20)] | None = None
    reason: Text | None = None
    note: Text | None = None


class FieldVisitSent(FieldPlace, kw_only=True):
    """Somebody stood at a point."""

    point: Annotated[str, Meta(min_length=1, max_length=64)]


BODIES: Final = (FieldActSent, FieldVisitSent)
T = TypeVar("T", bound=FieldPlace)


def routes() -> list[Route]:
    """What is to be done; what was done."""
    return [
        Route("/api/v1/field", get_field),
        Route("/api/v1/field/acts", post_act, methods=["POST"]),
        Route("/api/v1/field/visits", post_visit, methods=["POST"]),
    ]


async def get_field(request: Request) -> Response:
    """Tasks and points of whoever asks."""
    ctx, who = context(request), principal(request)
    require(who, Action.DO_TASKS)
    now = ctx.services.clock()
    return answer_json(await ctx.read(lambda session: field.view(session, who, now=now)))


async def post_act(request: Request) -> Response:
    """Do one thing to one case, once."""
    ctx, who = context(request), principal(request)
    said = await _said(request, FieldActSent)
    done = commands.Done(**msgspec.structs.asdict(said))
    return answer_json({"new": await ctx.run(lambda: commands.do(ctx.services, who, done))})


async def post_visit(request: Request) -> Response:
    """Note that somebody stood at a point, once."""
    ctx, who = context(request), principal(request)
    said = await _said(request, FieldVisitSent)
    visit = commands.Visit(**msgspec.structs.asdict(said))
    return answer_json({"new": await ctx.run(lambda: commands.check_in(ctx.services, who, visit))})


async def _said(request: Request, kind: type[T]) -> T:
    same_origin(request)
    body = await request.body()
    if len(body) > _MOST:
        raise InvalidInput(f"The body has at most {_MOST} bytes.")
    try:
        said = msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"The body is not what it must be: {error}.") from None
    if (said.lng is None) is not (said.lat is None):
        raise InvalidInput("lng and lat go together.")
    if said.done_at is not None and said.done_at.tzinfo is None:
        raise InvalidInput("done_at is a moment such as 2026-06-01T12:00:00+08:00.")
    return said


def described() -> dict[str, Any]:
    """These routes as OpenAPI has them."""
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    failures = {
        "400": "The body is not what it must be, or a photo of it handled is missing.",
        "403": "It is not this role's to do.",
        "404": "No such case or point within the account's area.",
        "409": "It has changed since, or the rules do not allow it.",
    }

    def says(name: str, summary: str) -> dict[str, Any]:
        answer = {"type": "object", "properties": {"new": {"type": "boolean"}}}
        schema = {"$ref": f"#/components/schemas/{name}"}
        return {
            "post": {
                "summary": summary,
                "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
                "responses": {
                    "200": {
                        "description": "Done; `new` is false when it had been done under this key before.",
                        "content": {"application/json": {"schema": answer}},
                    },
                    **{status: {"description": why, "content": error} for status, why in failures.items()},
                },
            }
        }

    view = {"application/json": {"schema": {"$ref": "#/components/schemas/FieldView"}}}
    return {
        "/api/v1/field": {
            "get": {
                "summary": "A grid worker's tasks and the points of his area.",
                "responses": {
                    "200": {"description": "As described.", "content": view},
                    "403": {"description": failures["403"], "content": error},
                },
            }
        },
        "/api/v1/field/acts": says("FieldActSent", "Accept, arrive at, advance or return a case, once."),
        "/api/v1/field/visits": says("FieldVisitSent", "Check in at a point, once."),
    }

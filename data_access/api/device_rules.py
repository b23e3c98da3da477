"""`/api/v1/devices/{id}/rules`, `/api/v1/device-models/{code}/rules`: numbers of alarm rules, preview, change."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data_access.api.answers import answer_json
from data_access.api.context import context, principal, same_origin
from data_access.commands import device_rules as commands
from data_access.commands.device_rules import Change
from data_access.domain.alarm_tuning import Tuning
from data_access.domain.errors import InvalidInput
from data_access.domain.fences import AskedFence, fence_from_json
from data_access.queries import device_rules, rule_preview
from data_access.viewmodels.device_rules import Preview, RulesView


class Numbers(msgspec.Struct, forbid_unknown_fields=True):
    """The numbers of one rule, one threshold a level, mildest first; `version` is that of the rules as read."""

    thresholds: Annotated[list[float], Meta(min_length=1, max_length=4)]
    version: Annotated[str, Meta(max_length=40)] = ""
    hysteresis: float = 0.0
    raise_delay_s: float = 0.0
    raise_count: int = 1
    clear_delay_s: float = 0.0
    fence: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET
    """What a `geofence` is the distance from: `{"polygon": [[lng, lat], …]}` or `{"area": code or kind}`, with
    `"keep": "inside"` or `"outside"`; null is the device's own place, absent stays as it is."""

    @property
    def tuning(self) -> Tuning:
        """As the domain has it."""
        return Tuning(
            thresholds=tuple(self.thresholds),
            hysteresis=self.hysteresis,
            raise_delay_s=self.raise_delay_s,
            raise_count=self.raise_count,
            clear_delay_s=self.clear_delay_s,
        )


def routes() -> list[Route]:
    """The routes of this subject."""
    return [
        Route(f"{one}/rules{more}", endpoint, methods=[method])
        for one in ("/api/v1/devices/{device_id}", "/api/v1/device-models/{code}")
        for more, endpoint, method in (
            ("", get_rules, "GET"),
            ("/{alarm}", post_rule, "POST"),
            ("/{alarm}/preview", post_preview, "POST"),
        )
    ]


async def get_rules(request: Request) -> Response:
    """The rules in force, where each comes from, and what was changed."""
    return answer_json(await context(request).read(lambda session: _view(session, request)))


async def post_rule(request: Request) -> Response:
    """Set the numbers of one rule; answers the rules as they then are."""
    same_origin(request)
    who, now = principal(request), context(request).services.clock()
    asked = await _body(request)
    change = Change(request.path_params["alarm"], asked.tuning, asked.version)
    if not isinstance(asked.fence, msgspec.UnsetType):
        change = replace(change, fence=fence_from_json(asked.fence))

    def write() -> None:
        with context(request).services.database.writing() as session:
            if (number := _device(request)) is not None:
                commands.change_device(session, number, change, scope=who.scope, by=who.name, now=now)
            else:
                code = request.path_params["code"]
                commands.change_model(session, code, change, scope=who.scope, by=who.name, now=now)

    await context(request).run(write)
    return answer_json(await context(request).read(lambda session: _view(session, request)))


async def post_preview(request: Request) -> Response:
    """How the last month would have gone with these numbers; changes nothing."""
    same_origin(request)
    who, now, alarm = principal(request), context(request).services.clock(), request.path_params["alarm"]
    asked = await _body(request)
    wanted = asked.tuning
    fence: AskedFence = "kept"
    if not isinstance(asked.fence, msgspec.UnsetType):
        fence = fence_from_json(asked.fence)

    def read(session: Session) -> Preview:
        if (number := _device(request)) is not None:
            return rule_preview.of_device(session, number, alarm, wanted, scope=who.scope, now=now, fence=fence)
        code = request.path_params["code"]
        return rule_preview.of_model(session, code, alarm, wanted, scope=who.scope, now=now, fence=fence)

    return answer_json(await context(request).read(read))


def _view(session: Session, request: Request) -> RulesView:
    scope = principal(request).scope
    if (number := _device(request)) is not None:
        return device_rules.of_device(session, number, scope)
    return device_rules.of_model(session, request.path_params["code"], scope)


def _device(request: Request) -> int | None:
    text = request.path_params.get("device_id")
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput("A device is named by its number.")
    return int(text)


async def _body(request: Request) -> Numbers:
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=Numbers)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"The body is not what it must be: {error}.") from None

"""`/api/v1/alarms`: pages by cursor, one with its history, acknowledgement."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from data_access.api.answers import answer_json
from data_access.api.context import context, principal, same_origin
from data_access.api.parameters import a_severity, an_instant, an_integer
from data_access.auth.principal import require
from data_access.commands import alarms as commands
from data_access.db.tables import AlarmRow
from data_access.domain.accounts import Action
from data_access.domain.areas import within
from data_access.domain.errors import Conflict, InvalidInput, NotFound
from data_access.queries import alarms, areas
from data_access.viewmodels.alarms import AlarmDetail, AlarmFilter, AlarmPage


class Acknowledgement(msgspec.Struct, forbid_unknown_fields=True):
    """What the officer saw when he acknowledged, and what he has to say."""

    version: int
    note: str | None = None


async def get_alarms(request: Request) -> Response:
    """A page of alarms, newest first."""
    ctx, scope, asked = context(request), principal(request).scope, request.query_params
    state = asked.get("state", "open")
    if state not in {"open", "closed", "all"}:
        raise InvalidInput("state is one of open, closed, all.")
    wanted = AlarmFilter(
        is_open=None if state == "all" else state == "open",
        severity=a_severity(asked),
        kind=asked.get("kind"),
        source=asked.get("source"),
        since=an_instant(asked, "from"),
        until=an_instant(asked, "to"),
    )
    limit = an_integer(asked, "limit", 1, alarms.MAX_PAGE) or 100

    def read(session: Any) -> AlarmPage:
        area = areas.find(session, asked.get("area") or None, scope)
        return alarms.page(session, area.path if area else scope, wanted, cursor=asked.get("cursor"), limit=limit)

    return answer_json(await ctx.read(read))


async def get_alarm(request: Request) -> Response:
    """One alarm with its history."""
    ctx, scope, number = context(request), principal(request).scope, _number(request)
    return answer_json(await ctx.read(lambda session: alarms.one(session, number, scope)))


async def acknowledge_alarm(request: Request) -> Response:
    """Acknowledge an alarm as it was seen; 409 when it has changed since."""
    same_origin(request)
    ctx, who, number = context(request), principal(request), _number(request)
    require(who, Action.ACKNOWLEDGE)
    try:
        asked = msgspec.json.decode(await request.body(), type=Acknowledgement)
    except msgspec.DecodeError as error:
        raise InvalidInput(f'The body must be {{"version": n}}: {error}.') from None
    now: datetime = ctx.services.clock()

    def write() -> AlarmDetail:
        with ctx.services.database.writing() as session:
            row = session.get(AlarmRow, number, with_for_update=True)
            if row is None or not within(row.area_path, who.scope):
                raise NotFound("没有这条告警，或者不在您的权限范围内。")
            if row.version != asked.version:
                raise Conflict("这条告警刚刚有了变化，请再看一眼。")
            commands.acknowledge(session, number, actor=who.name, now=now, note=asked.note)
        with ctx.services.database.reading() as session:
            return alarms.one(session, number, who.scope)

    return answer_json(await ctx.run(write))


def _number(request: Request) -> int:
    text: str = request.path_params["alarm_id"]
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput("An alarm is named by its number.")
    return int(text)

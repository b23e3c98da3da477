"""`/api/v1/alarms`: pages by cursor, one with its history, the duty officer's queue."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from data_access.api.answers import answer_json
from data_access.api.context import context, principal
from data_access.api.parameters import a_severity, an_instant, an_integer
from data_access.domain.errors import InvalidInput
from data_access.queries import alarm_queue, alarms, areas
from data_access.viewmodels.alarm_queue import AlarmQueue, QueueFilter, View
from data_access.viewmodels.alarms import AlarmFilter, AlarmPage

MAX_TEXT: Final = 100


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


async def get_queue(request: Request) -> Response:
    """A page of the duty officer's queue, with counts."""
    ctx, who, asked = context(request), principal(request), request.query_params
    view = asked.get("view", View.OPEN)
    if view not in set(View):
        raise InvalidInput(f"view is one of {', '.join(View)}.")
    text = (asked.get("q") or "").strip()
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"q is a text of at most {MAX_TEXT} characters.")
    wanted = QueueFilter(view=View(view), severity=a_severity(asked), kind=asked.get("kind"), text=text or None)
    offset = an_integer(asked, "offset", 0, 10_000_000) or 0
    limit = an_integer(asked, "limit", 1, alarm_queue.MAX_PAGE) or 100
    now = ctx.services.clock()

    def read(session: Any) -> AlarmQueue:
        area = areas.find(session, asked.get("area") or None, who.scope)
        path = area.path if area else who.scope
        return alarm_queue.queue(session, path, wanted, owner=who.name, offset=offset, limit=limit, now=now)

    return answer_json(await ctx.read(read))


def _number(request: Request) -> int:
    text: str = request.path_params["alarm_id"]
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput("An alarm is named by its number.")
    return int(text)

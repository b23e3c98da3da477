"""`/api/v1/snapshot`: what a page starts from."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from data_access.api.context import context, principal
from data_access.api.parameters import an_integer
from data_access.auth.principal import may
from data_access.domain.accounts import Action
from data_access.queries import areas
from data_access.queries.snapshot import MAX_ALARMS, MOST_ALARMS, snapshot


async def get_snapshot(request: Request) -> Response:
    """The live state of an area, with the event id from which the stream carries on."""
    ctx, who = context(request), principal(request)
    code = request.query_params.get("area") or None
    most = an_integer(request.query_params, "alarms", 1, MOST_ALARMS) or MAX_ALARMS
    event_id = ctx.hub.last_event_id  # before the tables: replay from here misses nothing

    def read() -> bytes:
        with ctx.services.database.reading() as session:
            area = areas.find(session, code, who.scope)
            wall = not may(who, Action.SEE_ROWS)
            at = ctx.services.clock()
            return snapshot(session, area, event_id=event_id, now=at, scope=who.scope, wall=wall, most=most)

    return Response(await ctx.run(read), media_type="application/json", headers={"Cache-Control": "no-store"})

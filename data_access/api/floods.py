"""`/api/v1/alarms/flood`: how fast alarms come, what they may have in common, and the help that was asked for."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data_access.api.answers import answer_json
from data_access.api.context import context, principal, same_origin
from data_access.auth.principal import Principal
from data_access.commands import flood_help
from data_access.domain.notices import Channel
from data_access.queries import areas, floods
from data_access.viewmodels.floods import FloodAnswer


def routes() -> list[Route]:
    """The routes of this subject."""
    return [
        Route("/api/v1/alarms/flood", get_flood),
        Route("/api/v1/alarms/flood/help", help_route, methods=["POST", "DELETE"]),
    ]


async def get_flood(request: Request) -> Response:
    """How fast alarms come to the viewer's desk, or to an area, and the open ones as groups."""
    return answer_json(await context(request).read(lambda session: _answer(session, request)))


async def help_route(request: Request) -> Response:
    """Ask the level above for help, or take that back; the answer is the flood as it then is."""
    same_origin(request)
    ctx, now, asks = context(request), context(request).services.clock(), request.method == "POST"

    def write() -> FloodAnswer:
        with ctx.services.database.writing() as session:
            (flood_help.ask if asks else flood_help.take_back)(session, _asks(session, request), now)
            session.flush()
            return _answer(session, request)

    return answer_json(await ctx.run(write), 201 if asks else 200)


def _asks(session: Session, request: Request) -> flood_help.Asks:
    who = principal(request)
    return flood_help.Asks(
        user=who.name,
        name=who.display or who.name,
        scope=who.scope,
        path=_path(session, request, who),
        channels=[Channel(way) for way in context(request).services.settings.ways_out()],
    )


def _answer(session: Session, request: Request) -> FloodAnswer:
    """The flood; with `mine`, as a desk asks every five seconds, its own without groups: it forms them itself."""
    who, now = principal(request), context(request).services.clock()
    path = _path(session, request, who)
    mine = "mine" in request.query_params
    own = mine or not request.query_params.get("area")
    state = floods.flood_of(session, path, who.name if own else None, now)
    return FloodAnswer(
        flood=state,
        groups=() if mine else floods.groups(session, path),
        cause=floods.cause(session, path, state) if state.on else None,
        help=floods.help_asked(session, path, state, now) if state.on else None,
    )


def _path(session: Session, request: Request, who: Principal) -> str:
    """The path of the area asked for, within the viewer's scope."""
    area = areas.find(session, request.query_params.get("area") or None, who.scope)
    return area.path if area else who.scope

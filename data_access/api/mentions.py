"""`/api/v1/mentions`: one's own, that one has read them, and who can be named in a note about an alarm."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data_access.api.answers import answer_json
from data_access.api.context import context, principal, same_origin
from data_access.api.parameters import an_integer
from data_access.auth.principal import require
from data_access.commands import mentions as commands
from data_access.domain.accounts import Action
from data_access.domain.errors import InvalidInput
from data_access.queries import mentions
from data_access.viewmodels.duty import Mentions


class Read(msgspec.Struct, forbid_unknown_fields=True):
    """These mentions of oneself have been read."""

    ids: Annotated[list[int], Meta(min_length=1, max_length=mentions.MOST)]


def routes() -> list[Route]:
    """The routes of this subject."""
    return [
        Route("/api/v1/mentions", get_mentions),
        Route("/api/v1/mentions/read", post_read, methods=["POST"]),
        Route("/api/v1/mentions/people", get_people),
    ]


async def get_mentions(request: Request) -> Response:
    """The newest mentions of the viewer."""
    ctx, who = context(request), principal(request)
    require(who, Action.COMMENT)
    return answer_json(await ctx.read(lambda session: mentions.own(session, who.name, who.scope)))


async def post_read(request: Request) -> Response:
    """Note that they have been read; the answer is what is left."""
    same_origin(request)
    ctx, who, now = context(request), principal(request), context(request).services.clock()
    try:
        asked = msgspec.json.decode(await request.body() or b"{}", type=Read)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"The body is not what it must be: {error}.") from None

    def write() -> Mentions:
        with ctx.services.database.writing() as session:
            commands.read(session, asked.ids, user=who.name, now=now)
            return mentions.own(session, who.name, who.scope)

    return answer_json(await ctx.run(write))


async def get_people(request: Request) -> Response:
    """Who can be named in a note about the alarm `alarm`: accounts that may see it."""
    ctx, who = context(request), principal(request)
    require(who, Action.COMMENT)
    alarm = an_integer(request.query_params, "alarm", 1, 10**18)
    if alarm is None:
        raise InvalidInput("alarm is the number of an alarm.")

    def read(session: Session) -> dict[str, object]:
        return {"people": mentions.people(session, alarm, who.scope)}

    return answer_json(await ctx.read(read))

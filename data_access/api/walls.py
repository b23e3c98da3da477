"""`/api/v1/walls`: each wall page reports itself here (POST) and whoever watches over the walls reads them (GET)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from redis import RedisError
from starlette.requests import Request
from starlette.responses import Response

from data_access.api.answers import answer_json
from data_access.api.context import context, principal, same_origin
from data_access.api.errors import sentence
from data_access.build_version import build
from data_access.domain.errors import InvalidInput, NotAllowed
from data_access.live import walls
from data_access.viewmodels.walls import page

MAX_REPORT: Final = 4096
_AWAY: Final = "The walls are not known just now: Redis is away."


async def walls_route(request: Request) -> Response:
    """Both methods of the address."""
    return await (post_wall(request) if request.method == "POST" else get_walls(request))


async def get_walls(request: Request) -> Response:
    """The walls that show something of what the viewer may see."""
    ctx, who = context(request), principal(request)
    try:
        entries = await ctx.run(lambda: walls.known(ctx.services.redis))
    except (RedisError, OSError):
        return sentence(_AWAY, 503)
    found = page(entries, ctx.services.clock(), build())
    return answer_json(replace(found, walls=tuple(w for w in found.walls if who.may_see(w.path))))


async def post_wall(request: Request) -> Response:
    """Take the report of a wall; the answer says which build serves."""
    same_origin(request)
    ctx = context(request)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_REPORT:
            return sentence(f"A report has at most {MAX_REPORT} bytes.", 413)
    try:
        report = walls.parse(body)
    except ValueError as error:
        raise InvalidInput(str(error)) from None
    if not principal(request).may_see(report.path):
        raise NotAllowed("这不是您的范围。")
    try:
        await ctx.run(lambda: walls.note(ctx.services.redis, report, ctx.services.clock()))
    except (RedisError, OSError):
        return sentence(_AWAY, 503)
    return answer_json({"build": build()})

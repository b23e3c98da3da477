"""`GET /live?area=CODE[&probe=1]`: the live stream (server-sent events) of one area."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from data_access.api.context import Context, context, principal
from data_access.api.errors import sentence
from data_access.auth.principal import Kind, Principal, may
from data_access.domain.accounts import Action
from data_access.live.audience import Audience
from data_access.queries import areas

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),  # nginx: pass each event on at once
]
ASKED_AGAIN_S: Final = 10.0
"""Seconds between two looks whether the viewer is still signed in."""
_RETRY: Final = b"retry: 1000\n\n"


async def live(request: Request) -> Response:
    """Open the stream of an area, from `Last-Event-ID` (header, or `last_event_id` in the query) on."""
    ctx, who = context(request), principal(request)
    if ctx.hub.streams >= ctx.services.settings.max_streams:
        answer = sentence("Too many live pages are open on this server; close some and try again.", 503)
        answer.headers["Retry-After"] = "10"
        return answer
    code = request.query_params.get("area") or None
    area = await ctx.read(lambda session: areas.find(session, code, who.scope))
    path = area.path if area else who.scope
    probe, wall = request.query_params.get("probe") == "1", not may(who, Action.SEE_ROWS)
    audience = Audience(scope=who.scope, area=path, probe=probe, wall=wall)
    after = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
    return _EventStream(ctx, audience, after, partial(_still, request, who))


class _EventStream(Response):
    """Sends what the hub has for one reader until the reader goes. A reader that stalls only falls behind itself."""

    def __init__(
        self, ctx: Context, audience: Audience, after: str | None, still: Callable[[], Awaitable[bool]]
    ) -> None:
        super().__init__()
        self._ctx = ctx
        self._audience = audience
        self._after = after
        self._still = still

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's signature
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        async with anyio.create_task_group() as tasks:

            async def pump() -> None:
                async with self._ctx.hub.stream(self._audience, self._after) as (listener, first):
                    await send(_body(_RETRY + first))
                    while chunk := await listener.next_chunk():
                        await send(_body(chunk))
                await send({"type": "http.response.body", "body": b""})
                tasks.cancel_scope.cancel()

            async def watch() -> None:
                while True:
                    await anyio.sleep(ASKED_AGAIN_S)
                    if not await self._still():
                        break
                await send({"type": "http.response.body", "body": b""})
                tasks.cancel_scope.cancel()

            tasks.start_soon(pump)
            tasks.start_soon(watch)
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()


async def _still(request: Request, who: Principal) -> bool:
    """Whether whoever opened the stream is still who he was."""
    key = request.scope.get("session_key")
    door, now = context(request).door, context(request).services.clock()
    match who.kind:
        case Kind.GUEST:
            return await anyio.to_thread.run_sync(door.guests)
        case Kind.TOKEN:
            token = request.headers.get("authorization", "").partition(" ")[2]
            return await anyio.to_thread.run_sync(door.program, token, now) == who
        case _ if key:
            return await anyio.to_thread.run_sync(lambda: door.browser(key, now, active=False)) == who
    return False


def _body(chunk: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": chunk, "more_body": True}

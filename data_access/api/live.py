"""`GET /live?area=CODE[&probe=1]`: the live stream (server-sent events) of one area."""

from __future__ import annotations

from typing import Final

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from data_access.api.context import Context, context, principal
from data_access.api.errors import sentence
from data_access.live.audience import Audience
from data_access.queries import areas

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),  # nginx: pass each event on at once
]
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
    audience = Audience(scope=who.scope, area=path, probe=request.query_params.get("probe") == "1")
    after = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
    return _EventStream(ctx, audience, after)


class _EventStream(Response):
    """Sends what the hub has for one reader until the reader goes. A reader that stalls only falls behind itself."""

    def __init__(self, ctx: Context, audience: Audience, after: str | None) -> None:
        super().__init__()
        self._ctx = ctx
        self._audience = audience
        self._after = after

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

            tasks.start_soon(pump)
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()


def _body(chunk: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": chunk, "more_body": True}

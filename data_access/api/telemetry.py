"""`POST /api/v1/{token}/telemetry`: readings by HTTP, in ThingsBoard's form; answered after the commit."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from data_access.api.answers import answer_json
from data_access.api.context import context
from data_access.api.errors import sentence
from data_access.ingest import http
from data_access.ingest.payloads import KEPT_PAYLOAD, MAX_MESSAGE


async def post_telemetry(request: Request) -> Response:
    """Hand the message over to ingest and answer when what could be used of it is committed."""
    ctx = context(request)
    token: str = request.path_params["token"]
    now = ctx.services.clock()
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_MESSAGE:
            await ctx.run(partial(http.note_too_large, ctx.services, token, body[:KEPT_PAYLOAD], now))
            return sentence(f"A message has at most {MAX_MESSAGE} bytes.", 413)
    answer = await ctx.run(lambda: http.accept(ctx.intake, token, body, now))
    return answer_json({"taken": answer.taken, "refused": answer.refused, "details": answer.details})

"""`/healthz` (the process answers) and `/readyz` (everything it needs is there)."""

from __future__ import annotations

from anyio.to_thread import run_sync
from redis import RedisError
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from data_access.api.context import Context, context
from data_access.build_version import build
from data_access.db import revision
from data_access.db.tables import SourceRow


async def healthz(_request: Request) -> Response:
    """The process runs and its loop turns; the header says which build it is."""
    return PlainTextResponse("ok", headers={"X-Yiping-Build": build(), "Cache-Control": "no-store"})


class Unknown:
    """An address of the interface that does not exist, or a method that it does not know: JSON, not a page."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = [route for route in scope["app"].routes if route.matches(scope)[0] is Match.PARTIAL]
        if found:
            allowed = ", ".join(sorted({method for route in found for method in route.methods or ()}))
            told = {"error": f"{scope['method']} is not possible here; possible: {allowed}."}
            answer = JSONResponse(told, 405, headers={"Allow": allowed})
        else:
            told = {"error": "There is nothing at this address; /api/v1/openapi.json lists what there is."}
            answer = JSONResponse(told, 404)
        await answer(scope, receive, send)


async def readyz(request: Request) -> Response:
    """200 when the server can show true and live figures, else 503; every part with its state and why."""
    ctx = context(request)
    parts = await run_sync(_parts, ctx)
    parts["live"] = {"ok": ctx.hub.connected, "last_event_id": ctx.hub.last_event_id, "streams": ctx.hub.streams}
    ready = all(part["ok"] for name, part in parts.items() if name != "ingest")
    return JSONResponse({"ready": ready, "parts": parts}, 200 if ready else 503)


def _parts(ctx: Context) -> dict[str, dict[str, object]]:
    services = ctx.services
    parts: dict[str, dict[str, object]] = {}
    try:
        with services.database.reading() as session:
            session.execute(text("SELECT 1"))
            parts["database"] = {"ok": True, "kind": services.database.dialect}
            at, newest = revision.current(services.database.engine), revision.newest()
            parts["migrations"] = {"ok": at == newest, "at": at, "newest": newest}
            if at == newest:
                parts["ingest"] = _ingest(ctx, session)
    except SQLAlchemyError as error:
        parts["database"] = {"ok": False, "why": type(error).__name__}
    try:
        services.redis.ping()
        parts["redis"] = {"ok": True}
    except (RedisError, OSError) as error:
        parts["redis"] = {"ok": False, "why": type(error).__name__}
    return parts


def _ingest(ctx: Context, session: Session) -> dict[str, object]:
    """How fresh the sensors are: information, not a reason to take the server out of service."""
    row = session.execute(
        select(SourceRow.last_seen, SourceRow.interval_s).where(SourceRow.code == "sensors")
    ).one_or_none()
    if row is None or row.last_seen is None:
        return {"ok": False, "why": "nothing has been received yet"}
    age = (ctx.services.clock() - row.last_seen).total_seconds()
    return {"ok": age <= 3 * row.interval_s, "age_s": round(age, 1), "interval_s": row.interval_s}

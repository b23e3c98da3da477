"""Files that leave by HTTP: each is kept in the audit before it is given."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from data_access.api import sheets
from data_access.api.context import context, principal
from data_access.commands import audit
from data_access.domain.accounts import AuditAction


async def download(request: Request, what: str, body: bytes, name: str, **detail: str | None) -> Response:
    """`body` as the file `name` (json, csv, xlsx or pdf), after keeping who took it; `detail` says of what it was."""
    ctx, who = context(request), principal(request)
    now, address = ctx.services.clock(), request.client.host if request.client else None
    kept = {"file": name} | {key: value for key, value in detail.items() if value is not None}

    def write() -> None:
        with ctx.services.database.writing() as session:
            audit.note(
                session, AuditAction.EXPORTED, actor=who.name, now=now, subject=what, address=address, detail=kept
            )

    await ctx.run(write)
    headers = {"Content-Disposition": f'attachment; filename="{quote(name)}"', "Cache-Control": "no-store"}
    return Response(body, media_type=sheets.TYPES[name.rpartition(".")[2]], headers=headers)

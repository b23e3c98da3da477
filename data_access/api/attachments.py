"""`/api/v1/incidents/{id}/attachments` and `/api/v1/attachments/{id}`: photos, clips and voice of cases.

What is sent is the file itself, as the body; its kind, phase and key are in the query.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from data_access.api.answers import answer_json
from data_access.api.context import context, principal, same_origin
from data_access.api.parameters import a_number, a_word, an_instant
from data_access.auth.credentials import digest
from data_access.auth.principal import Principal
from data_access.commands import attachments as commands
from data_access.commands import camera_cases
from data_access.commands.incident_acts import NOT_THERE
from data_access.db.tables import IncidentRow
from data_access.domain.areas import within
from data_access.domain.attachments import AttachmentKind, Phase
from data_access.domain.errors import InvalidInput, NotFound
from data_access.queries import attachments
from data_access.viewmodels.incidents import Attachment

_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_KEPT: Final[Mapping[str, str]] = {"Cache-Control": "private, max-age=86400, immutable", "Content-Encoding": "identity"}
"""Under its number it never changes; by whom it may be seen can, so not for long. It is compressed already."""


def routes() -> list[Route]:
    """Send one, list them, fetch one."""
    return [
        Route("/api/v1/incidents/{incident_id}/attachments", get_attachments),
        Route("/api/v1/incidents/{incident_id}/attachments", post_attachment, methods=["POST"]),
        Route("/api/v1/attachments/{attachment_id}", get_attachment),
        Route("/api/v1/cameras/{code}/incident", post_camera_case, methods=["POST"]),
    ]


async def get_attachments(request: Request) -> Response:
    """What is attached to one case."""
    ctx, scope, number = context(request), principal(request).scope, a_number(request.path_params["incident_id"])

    def read(session: Session) -> tuple[Attachment, ...]:
        row = session.get(IncidentRow, number)
        if row is None or not within(row.area_path, scope):
            raise NotFound(NOT_THERE)
        return attachments.of_case(session, number)

    return answer_json({"attachments": await ctx.read(read)})


async def get_attachment(request: Request) -> Response:
    """The file."""
    ctx, who, number = context(request), principal(request), a_number(request.path_params["attachment_id"])
    file = await ctx.read(lambda session: attachments.file_of(session, number, who))
    part = asked_part(request.headers.get("range", ""), file.size)
    if part is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{file.size}"})
    start, end = part
    try:
        pieces = await ctx.run(lambda: ctx.services.store.read(file.digest, file.suffix, start, end))
    except FileNotFoundError as error:
        raise NotFound("这个附件的文件不在了。") from error
    headers = {**_KEPT, "Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    if end - start < file.size:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    status = 206 if end - start < file.size else 200
    return StreamingResponse(pieces, status, headers, media_type=file.media_type)


def asked_part(asked: str, size: int) -> tuple[int, int] | None:
    """From where to before where of `size` bytes a Range header asks: all without one; None where there are none.

    Players ask for one part; who asks for several gets all, as the header allows.
    """
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    return (start, end) if start < end else None


async def post_attachment(request: Request) -> Response:
    """Attach the body to a case: 201; with the `key` of one that is there, that one: 200."""
    same_origin(request)
    ctx, who, number = context(request), principal(request), a_number(request.path_params["incident_id"])
    limits, asked = commands.Limits.of(ctx.services.settings), request.query_params
    sent = commands.Sent(
        key=_key(asked.get("key"), who),
        phase=a_word(asked, "phase", Phase) or Phase.OTHER,
        actor=who.name,
        now=ctx.services.clock(),
        done_at=an_instant(asked, "done_at"),
    )
    wanted = a_word(asked, "kind", AttachmentKind)
    body = await bounded(request, limits.largest)

    def write() -> tuple[Attachment, bool]:
        file = commands.prepare(body, limits, wanted)
        row, new = commands.keep(ctx.services, number, file, sent, who)
        return attachments.shown(row), new

    made, new = await ctx.run(write)
    return answer_json(made, 201 if new else 200)


async def post_camera_case(request: Request) -> Response:
    """A case at a camera, the body its picture as somebody saw it: 201; with the `key` of one that is there: 200."""
    same_origin(request)
    ctx, who, code = context(request), principal(request), request.path_params["code"]
    key = request.query_params.get("key")
    limits = commands.Limits.of(ctx.services.settings)
    body = await bounded(request, limits.bytes_of[AttachmentKind.PHOTO])

    def write() -> tuple[dict[str, object], bool]:
        row, new = camera_cases.open_case(ctx.services, code, body, who, _key(key, who))
        return {"id": row.id, "code": row.code}, new

    made, new = await ctx.run(write)
    return answer_json(made, 201 if new else 200)


def _key(sent: str | None, who: Principal) -> str:
    """The sender's key as it is kept: nobody else's can meet it."""
    if sent is not None and not (8 <= len(sent) <= 64 and sent.isascii() and sent.isprintable()):
        raise InvalidInput("key has 8 to 64 printable ASCII characters.")
    return digest(f"{who.name} {sent or secrets.token_hex(16)}")


async def bounded(request: Request, most: int) -> bytes:
    """The body; raises `InvalidInput` as soon as it is longer than `most`."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise InvalidInput("文件太大，最多 {mb} MB。", mb=str(most // 1_000_000))
    return bytes(body)

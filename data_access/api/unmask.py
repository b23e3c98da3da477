"""`POST /api/v1/unmask`: one person's record in the clear, with a reason that the audit keeps."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from data_access.api.answers import answer_json
from data_access.api.context import context, principal, same_origin
from data_access.commands.unmask import Unmaskable, Unmasked, unmask
from data_access.domain.errors import InvalidInput


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Whose record, and why."""

    kind: Unmaskable
    id: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    reason: str


async def post_unmask(request: Request) -> Response:
    """Name and numbers of one person."""
    same_origin(request)
    ctx, who = context(request), principal(request)
    try:
        asked = msgspec.json.decode(await request.body(), type=Asked)
    except msgspec.DecodeError as error:
        raise InvalidInput(f'The body must be {{"kind", "id", "reason"}}: {error}.') from None
    now, address = ctx.services.clock(), request.client.host if request.client else None

    def work() -> Unmasked:
        with ctx.services.database.writing() as session:
            return unmask(session, who, asked.kind, asked.id, asked.reason, now=now, address=address)

    return answer_json(await ctx.run(work))

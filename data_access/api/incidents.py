"""`POST /api/v1/incidents`: incidents from other systems and from people's reports; answered after the commit.

`POST /api/v1/sources/{code}/alive`: the word of a system that is well and has nothing to deliver, so that its silence
means something.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from data_access.api.answers import answer_json
from data_access.api.context import context, same_origin
from data_access.api.errors import sentence
from data_access.auth.principal import Kind, Principal
from data_access.commands import freshness, incidents
from data_access.db.tables import AreaRow
from data_access.domain.accounts import Role
from data_access.domain.areas import within
from data_access.domain.errors import InvalidInput, NotFound

FIELDS: Final = frozenset(
    {
        *("key", "title", "area", "lng", "lat", "channel", "class", "nature", "description", "place"),
        *("workflow", "urgency"),
    }
)
MAX_BODY: Final = 64 * 1024
BURST: Final = 60
A_SECOND: Final = 2.0
_CLIENTS: Final = 1_000
_OBSERVED: Final = frozenset({"sensors", "heartbeat", "video"})


PUBLIC: Final = Principal(name="intake", role=Role.WALL, scope="", kind=Kind.GUEST)
"""Who has reported what came in without an account. It may do nothing else."""


class Allowance:
    """How much each client may still send: `BURST` at once, `A_SECOND` in the long run. Remembers the newest clients.

    Kept by each web process for itself: it stops a sender that has gone wrong, not one with a thousand addresses.
    """

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def take(self, client: str, now: datetime) -> bool:
        """Take one; False when none is left."""
        left, at = self._left.pop(client, (float(BURST), now))
        left = min(float(BURST), left + A_SECOND * max(0.0, (now - at).total_seconds()))
        granted = left >= 1
        self._left[client] = (left - 1 if granted else left, now)
        if len(self._left) > _CLIENTS:
            self._left.popitem(last=False)
        return granted


class Intake:
    """The two addresses, with what they remember of their clients."""

    def __init__(self) -> None:
        self._allowance = Allowance()

    async def post_incident(self, request: Request) -> Response:
        """Create an incident: 201; with the `key` of one that is there, that one: 200."""
        same_origin(request)
        ctx, who = context(request), _sender(request)
        now = ctx.services.clock()
        if not self._allowance.take(_client(request), now):
            return _too_many()
        payload = await _payload(request)

        def write() -> tuple[dict[str, Any], bool]:
            try:
                with ctx.services.database.writing() as session:
                    return _take_in(session, payload, who, now)
            except IntegrityError:  # the same key came in twice at once: now the other one is there
                with ctx.services.database.writing() as session:
                    return _take_in(session, payload, who, now)

        answer, new = await ctx.run(write)
        return answer_json(answer, 201 if new else 200)

    async def post_alive(self, request: Request) -> Response:
        """Note that a source is well."""
        same_origin(request)
        ctx, code = context(request), str(request.path_params["code"])
        now = ctx.services.clock()
        if not self._allowance.take(_client(request), now):
            return _too_many()
        if code in _OBSERVED:
            raise InvalidInput(f"Whether {code} delivers is seen here; nobody needs to say so.")

        def write() -> None:
            with ctx.services.database.writing() as session:
                if not freshness.note(session, code, now):
                    raise NotFound("There is no such source.")

        await ctx.run(write)
        return Response(status_code=204)


def _take_in(
    session: Session, payload: Mapping[str, Any], who: Principal, now: datetime
) -> tuple[dict[str, Any], bool]:
    try:
        row, new = incidents.take_in(session, payload, actor=who.name, now=now)
    except NotFound as error:  # something the payload names, not the address
        raise InvalidInput(str(error)) from None
    if not within(row.area_path, who.scope):
        raise InvalidInput("The place lies outside the areas you are responsible for.")
    if new:
        freshness.note(session, freshness.INCIDENTS, now)
    area = session.scalar(select(AreaRow.code).where(AreaRow.id == row.area_id))
    answer = {
        "id": row.id,
        "code": row.code,
        "stage": row.stage,
        "area": area,
        "created_at": row.created_at,
        "due_at": row.due_at,
        "new": new,
    }
    return answer, new


async def _payload(request: Request) -> dict[str, Any]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise InvalidInput(f"A report has at most {MAX_BODY} bytes.")
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"The report is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InvalidInput('The report must be an object such as {"title": "…", "lng": 114.1, "lat": 22.5}.')
    unknown = sorted(str(key) for key in found.keys() - FIELDS)
    if unknown:
        raise InvalidInput(f"There is no field {unknown[0][:40]!r}; the fields are {', '.join(sorted(FIELDS))}.")
    found["key"] = found.get("key") or secrets.token_hex(8)
    return found


def _sender(request: Request) -> Principal:
    """Who reports: an account within its scope, else the public intake."""
    found = request.scope.get("principal")
    return found if isinstance(found, Principal) and found.kind is not Kind.GUEST else PUBLIC


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _too_many() -> Response:
    answer = sentence("Too many reports at once; send this one again in some seconds.", 429)
    answer.headers["Retry-After"] = str(round(BURST / A_SECOND / 6))
    return answer

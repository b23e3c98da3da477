"""`/api/v1/shifts`, `/api/v1/handovers`, `/api/v1/duty-log`, `/api/v1/alarm-windows`, `/api/v1/notices`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data_access.api import sheets
from data_access.api.answers import answer_json
from data_access.api.context import context, principal, same_origin
from data_access.api.downloads import download
from data_access.api.parameters import an_instant, an_integer
from data_access.auth.principal import Principal, require
from data_access.commands import shifts, windows
from data_access.commands.shifts import Officer
from data_access.commands.windows import Wanted
from data_access.domain.accounts import Action
from data_access.domain.errors import InvalidInput
from data_access.queries import areas, duty
from data_access.queries.duty_log import LANGUAGES, duty_log

T = TypeVar("T")
Text = Annotated[str, Meta(max_length=2000)]
Code = Annotated[str, Meta(min_length=1, max_length=64)]


class Start(msgspec.Struct, forbid_unknown_fields=True):
    """Begin a shift for an area (one's own by default), at a seat."""

    area: Code | None = None
    seat: Annotated[str, Meta(max_length=60)] | None = None


class Item(msgspec.Struct, forbid_unknown_fields=True):
    """An open alarm to hand over, with a word about it."""

    alarm_id: int
    note: Text | None = None


class HandOver(msgspec.Struct, forbid_unknown_fields=True):
    """Sign a shift over to somebody (or whoever comes); one's own open alarms are always part of it."""

    to_user: Code | None = None
    items: Annotated[list[Item], Meta(max_length=shifts.MOST_ITEMS)] = []
    note: Text | None = None


class NewWindow(msgspec.Struct, forbid_unknown_fields=True):
    """A drill or maintenance window of an area, a building or a device (codes: one of the three)."""

    kind: str
    since: datetime
    until: datetime
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    area: Code | None = None
    building: Code | None = None
    device: Code | None = None


def routes() -> list[Route]:
    """The routes of this subject."""
    return [
        Route("/api/v1/shifts", get_shifts),
        Route("/api/v1/shifts/start", post_start, methods=["POST"]),
        Route("/api/v1/shifts/{shift_id}/handover", post_handover, methods=["POST"]),
        Route("/api/v1/shifts/{shift_id}/end", post_end, methods=["POST"]),
        Route("/api/v1/handovers/{handover_id}/sign", post_sign, methods=["POST"]),
        Route("/api/v1/duty-log", get_duty_log),
        Route("/api/v1/alarm-windows", windows_route, methods=["GET", "POST"]),
        Route("/api/v1/alarm-windows/{window_id}", delete_window, methods=["DELETE"]),
        Route("/api/v1/notices", get_notices),
    ]


async def get_shifts(request: Request) -> Response:
    """Who is on duty, and what waits to be signed."""
    ctx, who, now = context(request), principal(request), context(request).services.clock()
    return answer_json(await ctx.read(lambda session: duty.duty(session, _area(session, request, who), who.name, now)))


async def post_start(request: Request) -> Response:
    """Begin a shift."""
    asked, officer, now = await _body(request, Start), _officer(request), context(request).services.clock()

    def write(session: Session) -> int:
        return shifts.start(session, officer, area=asked.area, seat=asked.seat, now=now).id

    number = await _write(request, write)
    return answer_json(await context(request).read(lambda s: duty.shift(s, number, officer.name)), 201)


async def post_handover(request: Request) -> Response:
    """Sign one's shift over."""
    asked, officer, now = await _body(request, HandOver), _officer(request), context(request).services.clock()
    shift_id = _number(request, "shift_id")
    items = {item.alarm_id: item.note for item in asked.items}

    def write(session: Session) -> int:
        return shifts.hand_over(
            session, shift_id, officer, to_user=asked.to_user, items=items, note=asked.note, now=now
        ).id

    number = await _write(request, write)
    return answer_json(await context(request).read(lambda s: duty.handover(s, number)), 201)


async def post_sign(request: Request) -> Response:
    """Take over: answers the shift that begins."""
    officer, now, number = _officer(request), context(request).services.clock(), _number(request, "handover_id")
    begun = await _write(request, lambda session: shifts.sign(session, number, officer, now).id)
    return answer_json(await context(request).read(lambda s: duty.shift(s, begun, officer.name)))


async def post_end(request: Request) -> Response:
    """Go off shift with nothing open."""
    officer, now, number = _officer(request), context(request).services.clock(), _number(request, "shift_id")
    ended = await _write(request, lambda session: shifts.end(session, number, officer, now).id)
    return answer_json(await context(request).read(lambda s: duty.shift(s, ended, officer.name)))


async def get_duty_log(request: Request) -> Response:
    """The duty log as CSV or XLSX."""
    ctx, who, asked = context(request), principal(request), request.query_params
    require(who, Action.ACT_ON_ALARMS)
    start, end, form = an_instant(asked, "from"), an_instant(asked, "to"), asked.get("format", "csv")
    if start is None or end is None or start >= end:
        raise InvalidInput("from and to are moments, the first before the second.")
    lang = asked.get("lang")
    if lang not in {None, *LANGUAGES}:
        raise InvalidInput(f"lang is one of {', '.join(LANGUAGES)}.")
    if form not in sheets.WRITERS:
        raise InvalidInput(f"format is one of {', '.join(sheets.WRITERS)}.")

    def read(session: Session) -> bytes:
        out = BytesIO()
        sheets.WRITERS[form](duty_log(session, _area(session, request, who), start, end, lang), out)
        return out.getvalue()

    name = f"duty-log-{start:%Y%m%d}-{end:%Y%m%d}.{form}"
    return await download(request, "duty-log", await ctx.read(read), name, area=asked.get("area"))


async def windows_route(request: Request) -> Response:
    """The windows that are open or to come; or announce one."""
    ctx, who, now = context(request), principal(request), context(request).services.clock()
    if request.method == "GET":
        found = await ctx.read(lambda session: duty.windows(session, _area(session, request, who), now))
        return answer_json({"windows": found})
    asked = await _body(request, NewWindow)
    if sum(place is not None for place in (asked.area, asked.building, asked.device)) != 1:
        raise InvalidInput("A window is of an area, a building or a device: name one of them.")
    if asked.since.tzinfo is None or asked.until.tzinfo is None:
        raise InvalidInput("since and until are moments such as 2026-06-01T12:00:00+08:00.")
    wanted = Wanted(**msgspec.structs.asdict(asked))
    number = await _write(
        request, lambda session: windows.open_window(session, wanted, scope=who.scope, by=who.name, now=now).id
    )
    return answer_json(await ctx.read(lambda session: duty.window(session, number, now)), 201)


async def delete_window(request: Request) -> Response:
    """End a window before its time."""
    who, now, number = principal(request), context(request).services.clock(), _number(request, "window_id")
    await _write(request, lambda session: windows.end_window(session, number, scope=who.scope, now=now).id)
    return Response(status_code=204)


async def get_notices(request: Request) -> Response:
    """The newest notices, and what could not be delivered."""
    ctx, who, now = context(request), principal(request), context(request).services.clock()
    limit = an_integer(request.query_params, "limit", 1, duty.MOST) or 50
    return answer_json(
        await ctx.read(lambda session: duty.notices(session, _area(session, request, who), now=now, limit=limit))
    )


def _area(session: Session, request: Request, who: Principal) -> str:
    """The path of the area asked for, within the viewer's scope."""
    area = areas.find(session, request.query_params.get("area") or None, who.scope)
    return area.path if area else who.scope


def _number(request: Request, name: str) -> int:
    found: str = request.path_params[name]
    if not found.isdecimal() or len(found) > 18:
        raise InvalidInput(f"{name} is a number.")
    return int(found)


def _officer(request: Request) -> Officer:
    who = principal(request)
    return Officer(who.name, who.scope)


async def _body(request: Request, kind: type[T]) -> T:
    """What was sent, as `kind`."""
    same_origin(request)
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=kind)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"The body is not what it must be: {error}.") from None


async def _write(request: Request, work: Callable[[Session], int]) -> int:
    same_origin(request)
    ctx = context(request)

    def run() -> int:
        with ctx.services.database.writing() as session:
            return work(session)

    return await ctx.run(run)

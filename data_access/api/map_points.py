"""`/api/v1/map/*`: what the map draws, and `/api/v1/devices/{id}`, `/api/v1/buildings/{code}` for its cards."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from data_access.api.answers import answer_json
from data_access.api.context import Context, context, principal
from data_access.api.parameters import an_integer
from data_access.auth.principal import may
from data_access.domain.accounts import Action
from data_access.domain.errors import InvalidInput
from data_access.domain.periods import local_day
from data_access.queries import areas, buildings, devices, map_areas, map_around, map_feed, map_heat, overview
from data_access.viewmodels.areas import AreaLabel
from data_access.viewmodels.map import Box, Shading, parse_box

_BYTES = "application/octet-stream"


async def get_devices(request: Request) -> Response:
    """Devices of an area (and viewport) as bytes; `X-Event-Id` is where events carry on from here.

    `packed=1`: as differences, half the bytes once compressed. A wall gets none that a person wears.
    """
    ctx, box = context(request), _box(request)
    area = await _area(request, ctx)
    if area is None:
        return Response(b"", 204)
    event_id, told = ctx.hub.last_event_id or "", ctx.hub.connected  # before the rows: replay from here misses nothing
    now, packed = ctx.services.clock(), request.query_params.get("packed") == "1"
    wall = not may(principal(request), Action.SEE_ROWS)
    feed = await ctx.run(lambda: ctx.feed.answer(area.path, box, told=told, packed=packed, now=now, wall=wall))
    headers = {
        "ETag": f'"{feed.tag}"',
        "Cache-Control": "no-cache",
        "X-Event-Id": event_id,
        "X-Total": str(feed.total),
        "X-Every": str(feed.every),
    }
    if _matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(feed.body, media_type=_BYTES, headers=headers)


async def get_cameras(request: Request) -> Response:
    """Cameras of an area (and viewport): `[id, lng, lat, delivering, name, code]`."""
    ctx, box = context(request), _box(request)
    area = await _area(request, ctx)
    rows = await ctx.read(lambda session: map_feed.cameras(session, area.path, box)) if area else []
    return answer_json(rows)


async def get_incidents(request: Request) -> Response:
    """Open incidents of an area that have a place: `[id, lng, lat, stage, code, title]`, newest first, at most 2000."""
    ctx = context(request)
    area = await _area(request, ctx)
    shown = area if may(principal(request), Action.SEE_ROWS) else None
    rows = await ctx.read(lambda session: map_feed.incidents(session, shown.path)) if shown else []
    return answer_json(rows)


async def get_resources(request: Request) -> Response:
    """Resources of an area: `[id, lng, lat, kind, name, code]`."""
    ctx = context(request)
    area = await _area(request, ctx)
    return answer_json(await ctx.read(lambda session: map_feed.resources(session, area.path)) if area else [])


async def get_workers(request: Request) -> Response:
    """Grid workers at the middle of their grids: `[id, lng, lat, masked name, grid, grid in English, grid's code]`."""
    ctx = context(request)
    area = await _area(request, ctx)
    shown = area if may(principal(request), Action.SEE_ROWS) else None
    return answer_json(await ctx.read(lambda session: map_feed.workers(session, shown.path)) if shown else [])


async def get_areas(request: Request) -> Response:
    """Outline of an area and its children shaded by `metric`, as GeoJSON."""
    ctx = context(request)
    shading = _shading(request.query_params.get("metric"))
    code, scope = request.query_params.get("area") or None, principal(request).scope

    def read(session: Session) -> bytes:
        area = areas.find(session, code, scope)
        if area is None:
            return b'{"type":"FeatureCollection","features":[]}'
        return map_areas.areas_geojson(session, area, shading)

    body = await ctx.read(read)
    return Response(body, media_type="application/geo+json", headers={"Cache-Control": "private, max-age=10"})


async def get_around(request: Request) -> Response:
    """Grids and buildings in a small viewport, whatever area is on screen, as GeoJSON; `area` narrows them."""
    ctx, box, scope = context(request), _box(request), principal(request).scope
    code = request.query_params.get("area")
    if box is None:
        raise InvalidInput("bbox is four numbers in degrees: west,south,east,north.")

    def read(session: Session) -> bytes:
        area = areas.find(session, code, scope) if code else None
        return map_around.around_geojson(session, area.path if area else scope, box)

    body = await ctx.read(read)
    return Response(body, media_type="application/geo+json", headers={"Cache-Control": "private, max-age=60"})


async def get_device(request: Request) -> Response:
    """One device with its newest values."""
    ctx, scope = context(request), principal(request).scope
    text = request.path_params["device_id"]
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput("A device is named by its number.")
    found = await ctx.read(lambda session: devices.device(session, int(text), scope))
    return answer_json(asdict(found))


async def get_building(request: Request) -> Response:
    """One building: who answers for it, people in counts, devices, nearest cameras, open incidents."""
    ctx, who = context(request), principal(request)
    code: str = request.path_params["code"]
    phones, rooms = may(who, Action.SEE_PHONES), may(who, Action.DO_TASKS)
    found = await ctx.read(
        lambda session: buildings.building(session, code, who.scope, whole_phones=phones, rooms=rooms)
    )
    return answer_json(asdict(found))


async def get_heat(request: Request) -> Response:
    """Where cases came in over four weeks, as counts of the cells of a grid over the viewport."""
    ctx, scope, asked = context(request), principal(request).scope, request.query_params
    box, zoom = _box(request), an_integer(asked, "zoom", 0, 22)
    if box is None or zoom is None:
        raise InvalidInput("bbox and zoom say which part of the map is meant.")
    at = ctx.services.clock()

    def read(session: Session) -> dict[str, Any]:
        area = areas.find(session, asked.get("area") or None, scope)
        own = overview.default_period(session, at)
        end = min(own.end, local_day(at) + timedelta(days=1)) if own else local_day(at)
        return map_heat.heat(session, area.path if area else scope, box, zoom, end)

    return answer_json(await ctx.read(read))


async def _area(request: Request, ctx: Context) -> AreaLabel | None:
    code, scope = request.query_params.get("area") or None, principal(request).scope
    return await ctx.read(lambda session: areas.find(session, code, scope))


def _box(request: Request) -> Box | None:
    text = request.query_params.get("bbox")
    return parse_box(text) if text else None


def _shading(text: str | None) -> Shading:
    try:
        return Shading(text) if text else Shading.INCIDENTS
    except ValueError:
        known: Any = ", ".join(Shading)
        raise InvalidInput(f"metric is one of {known}.") from None


def _matches(headers: Headers, tag: str) -> bool:
    return tag in [part.strip().removeprefix("W/") for part in headers.get("if-none-match", "").split(",")]

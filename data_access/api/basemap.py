"""The base map behind the areas: `/api/v1/map/basemap` says whether there is one, `/tiles/{z}/{x}/{y}` serves it."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import asdict
from typing import Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from data_access.api.answers import answer_json
from data_access.api.context import context
from data_access.api.errors import sentence
from data_access.api.tiles import Away, BaseMap
from data_access.domain.errors import InvalidInput, NotFound

NOTHING: Final = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII="
)
"""A transparent pixel: what a picture of nothing is, so that the page does not take it for a failure."""

_MAX_ZOOM: Final = 22
_KEPT_S: Final = 24 * 3600
_FETCHES = CapacityLimiter(16)


async def get_basemap(request: Request) -> Response:
    """Kind, zooms and credit of the base map; kind `none` without one."""
    source = context(request).basemap
    return answer_json(asdict(source.about if source else BaseMap("none")))


async def get_tile(request: Request) -> Response:
    """One tile of the base map."""
    source = context(request).basemap
    if source is None:
        raise NotFound("没有设置底图。")
    z, x, y = (int(request.path_params[name]) for name in "zxy")
    if z > _MAX_ZOOM or x >= 2**z or y >= 2**z:
        raise InvalidInput("There is no such tile: z is at most 22, x and y are below 2 to the z.")
    try:
        tile = await run_sync(source.tile, z, x, y, limiter=_FETCHES)
    except Away as away:
        return sentence(str(away), 502)
    headers = {"Cache-Control": f"private, max-age={_KEPT_S}"}
    if tile.gzipped:
        headers["Content-Encoding"] = "gzip"
    body = tile.body if tile.body or source.about.kind == "vector" else NOTHING
    return Response(body, media_type=tile.kind, headers=headers)

"""`/media/cameras/{code}/…`: a camera's HLS through our server, so that no browser ever learns where it comes from.

A `stream` of `demo:NAME` plays the clip NAME made for the demo. An `http(s)` one is fetched here: every address in
a playlist is replaced by an opaque name that Redis resolves for a few minutes, and only addresses of the stream's own
scheme, host and port are ever fetched, without following redirects.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from redis import Redis, RedisError
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from data_access.api.context import context, principal
from data_access.api.errors import sentence
from data_access.db.tables import CameraRow
from data_access.domain.areas import within
from data_access.domain.errors import NotFound
from data_access.ingest.video import CLIPS, DEMO, PLAYLIST, Broken, Piece, fetch, origin

_KEPT_S: Final = 300
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?")
_TYPES: Final = {".m3u8": PLAYLIST, ".ts": "video/mp2t", ".m4s": "video/iso.segment", ".mp4": "video/mp4"}
_URI: Final = re.compile(r'URI="([^"]*)"')
_FETCHES = CapacityLimiter(32)


async def get_playlist(request: Request) -> Response:
    """The playlist of a camera."""
    stream = await _stream(request)
    if stream.startswith(DEMO):
        return _clip(stream.removeprefix(DEMO) + ".m3u8")
    return await _proxied(request, stream, stream)


async def get_piece(request: Request) -> Response:
    """A segment, key or nested playlist that the camera's playlist named."""
    stream, name = await _stream(request), str(request.path_params["name"])
    if stream.startswith(DEMO):
        return _clip(name)
    target = await context(request).run(lambda: _resolve(context(request).services.redis, name))
    return await _proxied(request, stream, target)


async def _stream(request: Request) -> str:
    code, scope = str(request.path_params["code"]), principal(request).scope

    def read(session: Session) -> str:
        row = session.execute(select(CameraRow.stream, CameraRow.area_path).where(CameraRow.code == code)).first()
        if row is None or not within(row.area_path, scope):
            raise NotFound("没有这个视频点位，或者不在您的权限范围内。")
        if not row.stream:
            raise NotFound("这个视频点位没有视频流。")
        return str(row.stream)

    return await context(request).read(read)


def _clip(name: str) -> Response:
    path = CLIPS / name
    if not _NAME.fullmatch(name) or path.suffix not in _TYPES or not path.is_file():
        raise NotFound("没有这段视频。")
    return FileResponse(path, media_type=_TYPES[path.suffix], headers={"Cache-Control": "public, max-age=3600"})


async def _proxied(request: Request, stream: str, target: str) -> Response:
    redis = context(request).services.redis
    code = str(request.path_params["code"])

    def work() -> Piece:
        piece = fetch(stream, target)
        return Piece(_rewritten(piece.body, target, stream, code, redis), PLAYLIST) if piece.is_playlist else piece

    try:
        piece = await run_sync(work, limiter=_FETCHES)
    except Broken as error:
        return sentence(str(error), 502)
    return Response(piece.body, media_type=piece.kind, headers={"Cache-Control": "no-store"})


def _rewritten(playlist: bytes, base: str, stream: str, code: str, redis: Redis) -> bytes:
    """`playlist` with every address replaced by a name under this camera; others' addresses are dropped."""
    own = origin(urlsplit(stream))
    names: dict[str, str] = {}

    def named(address: str) -> str:
        absolute = urljoin(base, address.strip())
        if origin(urlsplit(absolute)) != own:
            raise Broken("取流失败：视频源指向了别处。")
        name = hashlib.sha256(f"{code} {absolute}".encode()).hexdigest()[:32]
        names[name] = absolute
        return name

    lines = [
        _URI.sub(lambda found: f'URI="{named(found[1])}"', line) if line.startswith("#") else line and named(line)
        for line in playlist.decode("utf-8", "replace").splitlines()
    ]
    try:
        with redis.pipeline(transaction=False) as pipe:
            for name, address in names.items():
                pipe.set(f"yiping:media:{name}", address, ex=_KEPT_S)
            pipe.execute()
    except (RedisError, OSError):
        raise Broken("取流失败：请稍后再试。") from None
    return ("\n".join(lines) + "\n").encode()


def _resolve(redis: Redis, name: str) -> str:
    try:
        found = redis.get(f"yiping:media:{name}") if _NAME.fullmatch(name) else None
    except (RedisError, OSError):
        found = None
    if not isinstance(found, bytes):
        raise NotFound("这段视频已经过期，请重新打开。")
    return found.decode()

"""Fetching of cameras' streams: pieces for viewers, and whether a picture comes at all. Knows no database.

A `stream` of `demo:NAME` is the clip NAME made for the demo. An `http(s)` one is fetched from here: only addresses of
the stream's own scheme, host and port, without following redirects, within a time and a size.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from data_access.domain.errors import DomainError

CLIPS: Final = Path(__file__).parents[1] / "demo" / "media"
DEMO: Final = "demo:"
TIMEOUT_S: Final = 5.0
"""Longest wait for a connection or for the next bytes."""
WHOLE_S: Final = 20.0
"""Longest time for a whole piece."""
MAX_PIECE: Final = 16 * 1024 * 1024
PLAYLIST: Final = "application/vnd.apple.mpegurl"
_HEAD: Final = 64 * 1024
_CHUNK: Final = 256 * 1024
_DEPTH: Final = 3  # playlist of playlists, playlist, segment
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?")


class Broken(DomainError):  # noqa: N818  # reads as the fact it states
    """The camera's source does not deliver (502)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A playlist or a segment as it was fetched."""

    body: bytes
    kind: str

    @property
    def is_playlist(self) -> bool:
        return "mpegurl" in self.kind.lower() or self.body.startswith(b"#EXTM3U")


def fetch(stream: str, target: str, *, head: bool = False) -> Piece:
    """Fetch `target`, which must be of the origin of `stream`; with `head` only its first bytes.

    Raises `Broken`, never naming the source.
    """
    own, url = urlsplit(stream), urlsplit(target)
    if own.scheme not in {"http", "https"} or origin(url) != origin(own):
        raise Broken("视频源的地址不能播放。")
    connect = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = connect(url.hostname or "", url.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", (url.path or "/") + (f"?{url.query}" if url.query else ""))
        answer = connection.getresponse()
        if answer.status != 200:
            raise Broken("取流失败：视频源拒绝了请求。")
        body = _body(answer, _HEAD, TIMEOUT_S) if head else _body(answer, MAX_PIECE + 1, WHOLE_S)
        kind = answer.headers.get("Content-Type", "application/octet-stream")
    except (OSError, HTTPException, ValueError):
        raise Broken("取流失败：视频源没有响应。") from None
    finally:
        connection.close()
    if len(body) > MAX_PIECE:
        raise Broken("取流失败：视频片段过大。")
    return Piece(body, kind)


def delivers(stream: str) -> bool:
    """Whether a picture comes now: the newest segment that the playlist names can be read. Within seconds."""
    if stream.startswith(DEMO):
        return _clip_is_there(stream.removeprefix(DEMO))
    target = stream
    try:
        for _ in range(_DEPTH):
            piece = fetch(stream, target, head=True)
            if not piece.is_playlist:
                return bool(piece.body)
            newest = _newest(piece.body)
            if newest is None:
                return False
            target = urljoin(target, newest)
    except Broken:
        return False
    return False


def origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    """What two addresses must share to be of one source."""
    return url.scheme, url.hostname, url.port


def _body(answer: HTTPResponse, most: int, within_s: float) -> bytes:
    """At most `most` bytes; OSError when they trickle in for too long."""
    until, parts, size = time.monotonic() + within_s, [], 0
    while size < most and (part := answer.read1(min(_CHUNK, most - size))):
        parts.append(part)
        size += len(part)
        if time.monotonic() > until:
            raise TimeoutError
    return b"".join(parts)


def _newest(playlist: bytes) -> str | None:
    lines = [line.strip() for line in playlist.decode("utf-8", "replace").splitlines()]
    return next((line for line in reversed(lines) if line and not line.startswith("#")), None)


def _clip_is_there(name: str) -> bool:
    playlist = CLIPS / f"{name}.m3u8"
    if not _NAME.fullmatch(name) or not playlist.is_file():
        return False
    newest = _newest(playlist.read_bytes())
    return newest is not None and (CLIPS / newest).is_file()

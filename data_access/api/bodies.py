"""Bodies before Dash sees them: read here, where waiting costs nothing, and handed over in one piece.

A phone on a bad line takes a minute for its photo. Its thread would wait for it, and there are few.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

AT_ONCE: Final = 128_000_000
"""Bytes of all bodies that are being read; what comes beyond that waits in a thread, piece by piece."""


class WholeBodies:
    """Calls the application when all of the body is there.

    What is larger than the `room` of its path (by default `others`), or does not say how large it is, is left to the
    application, which may refuse it unread.
    """

    def __init__(self, app: ASGIApp, *, room: Mapping[str, int], others: int) -> None:
        self._app = app
        self._room = room
        self._others = others
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        size = int(length) if length.isdecimal() else 0
        if not 0 < size <= min(self._room.get(scope["path"], self._others), AT_ONCE - self._held):
            await self._app(scope, receive, send)
            return
        self._held += size
        try:
            body = await _read(receive)
            if body is None:
                return  # nobody waits for an answer
            whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

            async def given() -> Message:
                return whole.pop() if whole else await receive()

            await self._app(scope, given, send)
        finally:
            self._held -= size


async def _read(receive: Receive) -> bytes | None:
    """The body; None when its sender has gone."""
    parts: list[bytes] = []
    while (message := await receive())["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
    return None

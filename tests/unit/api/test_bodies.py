"""A body takes a thread only when all of it is there."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from data_access.api.bodies import AT_ONCE, WholeBodies


class Inner:
    """Notes in how many pieces what it is asked came."""

    def __init__(self) -> None:
        self.seen: list[list[bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pieces: list[bytes] = []
        while (message := await receive())["type"] == "http.request":
            pieces.append(message["body"])
            if not message["more_body"]:
                break
        self.seen.append(pieces)


def sent(app: WholeBodies, *messages: Message, path: str = "/x", length: int | None = None) -> None:
    """Ask `app`; what comes after `messages` is that the sender has gone."""
    size = sum(len(m.get("body", b"")) for m in messages) if length is None else length
    scope = {"type": "http", "path": path, "headers": [(b"content-length", b"%d" % size)]}
    left = list(messages)

    async def receive() -> Message:
        return left.pop(0) if left else {"type": "http.disconnect"}

    async def send(_: Any) -> None: ...

    asyncio.run(app(scope, receive, send))


def piece(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_comes_in_one_piece_up_to_the_room_of_its_path() -> None:
    inner = Inner()
    app = WholeBodies(inner, room={"/report": 20}, others=5)
    sent(app, piece(b"abc", more=True), piece(b"de"))
    sent(app, piece(b"abc", more=True), piece(b"def"))
    sent(app, piece(b"abc", more=True), piece(b"def"), path="/report")
    assert inner.seen == [[b"abcde"], [b"abc", b"def"], [b"abcdef"]]


def test_who_goes_away_over_his_photo_takes_no_thread() -> None:
    inner = Inner()
    sent(WholeBodies(inner, room={}, others=50), piece(b"abc", more=True), length=20)
    assert inner.seen == []


def test_what_is_being_read_has_a_bound() -> None:
    inner = Inner()
    app = WholeBodies(inner, room={}, others=2 * AT_ONCE)
    sent(app, piece(b"a", more=True), piece(b"b"), length=AT_ONCE + 1)
    assert inner.seen == [[b"a", b"b"]]
    sent(app, piece(b"a", more=True), length=AT_ONCE)  # goes away
    sent(app, piece(b"a", more=True), piece(b"b"), length=AT_ONCE)
    assert inner.seen[1:] == [[b"ab"]]

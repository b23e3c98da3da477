"""Signed-in browsers, kept in Redis: gone when they idle too long, revocable one by one or all of an account.

The browser holds a random key, Redis its digest. Whoever reads Redis cannot sign in with what he finds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from redis import Redis

from data_access.auth.credentials import digest, new_secret

_SESSION: Final = "yiping:session:"
_OF: Final = "yiping:sessions:"
LINKED: Final = timedelta(days=400)
"""How long the browser of a wall stays signed in by its link; the token can be revoked any day."""


class Session(msgspec.Struct, frozen=True):
    """One signed-in browser. It belongs to a user at a version, or to a token (`link`)."""

    subject: int
    version: int
    link: bool
    created: datetime
    seen: datetime
    address: str

    @property
    def owner(self) -> str:
        return f"{'token' if self.link else 'user'}:{self.subject}"


_DECODE: Final = msgspec.json.Decoder(Session).decode


def begin(redis: Redis, session: Session, idle: timedelta) -> str:
    """Keep `session`; return the key that the browser is given. Raises RedisError when Redis is away."""
    key = new_secret()
    kept = digest(key)
    line = redis.pipeline()
    line.set(_SESSION + kept, msgspec.json.encode(session), ex=LINKED if session.link else idle)
    line.sadd(_OF + session.owner, kept)
    line.expire(_OF + session.owner, LINKED)
    line.execute()
    return key


def find(redis: Redis, key: str) -> Session | None:
    """The session of `key`; None when it is over. Raises RedisError when Redis is away."""
    found: Any = redis.get(_SESSION + digest(key))
    return _DECODE(found) if found else None


def touch(redis: Redis, key: str, session: Session, now: datetime, idle: timedelta) -> None:
    """The person at the browser has done something: the time until it counts as idle starts anew."""
    newer = msgspec.structs.replace(session, seen=now)
    redis.set(_SESSION + digest(key), msgspec.json.encode(newer), ex=LINKED if session.link else idle, xx=True)


def end(redis: Redis, key: str) -> None:
    """Sign the browser out."""
    session = find(redis, key)
    if session is not None:
        line = redis.pipeline()
        line.delete(_SESSION + digest(key))
        line.srem(_OF + session.owner, digest(key))
        line.execute()


def end_all(redis: Redis, owner: str) -> int:
    """Sign out every browser of `owner` (`user:7`, `token:3`); return how many there may have been."""
    kept: Any = redis.smembers(_OF + owner)
    if kept:
        redis.delete(_OF + owner, *(_SESSION.encode() + k for k in kept))
    return len(kept)

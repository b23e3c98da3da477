"""How often an address may do a thing that costs something: counted in Redis, a minute at a time."""

from __future__ import annotations

from typing import Any, Final

from redis import Redis

_A_MINUTE: Final = 60


def take_one(redis: Redis, what: str, address: str, a_minute: int) -> bool:
    """Count one; False when `address` has done it more than `a_minute` times. Raises RedisError while it is away."""
    key = f"yiping:{what}:from:{address}"
    line = redis.pipeline()
    line.incr(key)
    line.expire(key, _A_MINUTE, nx=True)
    tries: Any = line.execute()[0]
    return bool(tries <= a_minute)

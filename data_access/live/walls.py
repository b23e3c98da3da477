"""The register of walls: what each open wall page last said of itself. Kept in Redis, forgotten after a day of silence.

Nothing here is worth a transaction: a wall says the same again a few seconds later.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from redis import Redis

WALLS: Final = "yiping:walls"
"""Sorted set of wall ids by the moment of their last report, ms."""
_WALL: Final = "yiping:wall:"
KEEP: Final = timedelta(days=1)
MOST: Final = 200
"""Walls remembered; beyond that the longest silent is forgotten."""

Text = Annotated[str, msgspec.Meta(max_length=120)]
Code = Annotated[str, msgspec.Meta(max_length=64)]
Count = Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]


class Viewport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size of the page in CSS pixels, and device pixels to one of them."""

    width: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    height: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    ratio: Annotated[float, msgspec.Meta(gt=0, le=16)] = 1.0


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a wall page says of itself: what it shows, how old that is, how long the way from a sensor to it takes."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{8,64}$")]
    name: Text = ""
    area: Code = ""
    path: Code = ""
    area_name: Text = ""
    metric: Code = ""
    mode: Annotated[str, msgspec.Meta(pattern="^(still|touring|paused)$")] = "still"
    connection: Annotated[str, msgspec.Meta(pattern="^(connecting|live|late|disconnected)$")] = "connecting"
    data_age_ms: Count | None = None  # since anything was heard from the stream
    latency_ms: Count | None = None  # MQTT to pixel, of the newest heartbeat
    build: Code = ""
    viewport: Viewport | None = None
    awake: bool = False  # the browser keeps the screen on
    open_s: Count = 0  # how long the page has been open


class Entry(msgspec.Struct, frozen=True):
    """A report and when it came."""

    report: Report
    at: datetime


_REPORT: Final = msgspec.json.Decoder(Report)
_ENTRY: Final = msgspec.json.Decoder(Entry)


def parse(body: bytes) -> Report:
    """Read a report as a wall sends it; raise `ValueError` with a sentence when it is not one."""
    try:
        return _REPORT.decode(body)
    except msgspec.DecodeError as error:
        raise ValueError(f"This is not a report of a wall: {error}.") from None


def note(redis: Redis, report: Report, now: datetime) -> None:
    """Keep `report`, and forget who has been silent for a day; raise RedisError when Redis is away."""
    at = int(now.timestamp() * 1000)
    line = redis.pipeline(transaction=False)
    line.set(_WALL + report.id, msgspec.json.encode(Entry(report, now)), ex=KEEP)
    line.zadd(WALLS, {report.id: at})
    line.zremrangebyscore(WALLS, "-inf", at - int(KEEP.total_seconds() * 1000))
    line.zremrangebyrank(WALLS, 0, -MOST - 1)
    line.execute()


def known(redis: Redis) -> tuple[Entry, ...]:
    """Every wall that reported within a day, the newest report first; raise RedisError when Redis is away."""
    ids: Any = redis.zrevrange(WALLS, 0, MOST - 1)
    if not ids:
        return ()
    found: Any = redis.mget([_WALL.encode() + i for i in ids])
    return tuple(_ENTRY.decode(body) for body in found if body is not None)

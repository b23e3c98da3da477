"""The bus: events go out by Redis pub/sub and, in the same step, into a capped stream that a late reader can replay.

One Lua script does both, so that the order on the channel is the order of the ids. An event id is
`<epoch>-<stream id>`: the epoch is a random word kept beside the stream, so that a Redis that came back empty is
recognised (another epoch) instead of passing for silence. Message on the channel: `"<event id> <json>"`.

Telemetry is published on its own plain channel and never stored: it is for whoever is looking now.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from redis import Redis, RedisError
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from data_access.events import Telemetry

EVENTS: Final = "yiping:events"
EPOCH: Final = "yiping:epoch"
TELEMETRY: Final = "yiping:telemetry"
DEFAULT_MAXLEN: Final = 20_000
LEFT_ALONE: Final = timedelta(seconds=10)
"""How long whoever can do without a Redis that did not answer does not ask it again."""

_PUBLISH: Final = """
local epoch = redis.call('GET', KEYS[2])
if not epoch then epoch = ARGV[2]; redis.call('SET', KEYS[2], epoch) end
local id
for i = 3, #ARGV do
  id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'e', ARGV[i])
  redis.call('PUBLISH', KEYS[1], epoch .. '-' .. id .. ' ' .. ARGV[i])
end
return epoch .. '-' .. (id or '0-0')
"""

_POSITION: Final = """
local epoch = redis.call('GET', KEYS[2])
if not epoch then epoch = ARGV[1]; redis.call('SET', KEYS[2], epoch) end
if redis.call('EXISTS', KEYS[1]) == 0 then return {epoch, '0-0', '0-0', 0} end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
local found = {}
for i = 1, #info, 2 do found[info[i]] = info[i + 1] end
local first = found['first-entry']
local trimmed = found['entries-added'] - found['length']
return {epoch, found['last-generated-id'], first and first[1] or found['last-generated-id'], trimmed}
"""


@dataclass(frozen=True, slots=True, order=True)
class StreamId:
    """Place of an entry in the stream: milliseconds and a sequence number within them."""

    ms: int
    seq: int

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"


@dataclass(frozen=True, slots=True)
class EventId:
    """Place of an event: the stream's epoch and the entry's id."""

    epoch: str
    id: StreamId

    def __str__(self) -> str:
        return f"{self.epoch}-{self.id}"


@dataclass(frozen=True, slots=True)
class Position:
    """Where the stream stands: its newest event, the oldest still stored, and whether older ones were dropped."""

    last: EventId
    first: StreamId
    trimmed: bool

    def can_replay(self, after: EventId) -> bool:
        """Tell whether every event after `after` is still in the stream."""
        if after.epoch != self.last.epoch or after.id > self.last.id:
            return False  # another life of the stream, or one that lost its newest entries
        return not self.trimmed or after.id >= self.first


def connect(url: str, *, patience_s: float = 2.0) -> Redis:
    """A client that fails within `patience_s` instead of retrying for long: its users have their own patience."""
    return Redis.from_url(url, retry=Retry(NoBackoff(), 1), socket_connect_timeout=1, socket_timeout=patience_s)


def connect_async(url: str) -> AsyncRedis:
    """As `connect`, for the event loop. Reads wait as long as the caller says.

    It never connects anew by itself: whoever listens must know that he missed something.
    """
    return AsyncRedis.from_url(
        url, retry=AsyncRetry(NoBackoff(), 0), socket_connect_timeout=1, health_check_interval=10
    )


def parse_id(text: str) -> EventId | None:
    """Read an event id as a browser sends it back; None when it is not one."""
    match text.split("-"):
        case [epoch, ms, seq] if epoch and ms.isdecimal() and seq.isdecimal() and len(text) <= 80:
            return EventId(epoch, StreamId(int(ms), int(seq)))
        case _:
            return None


def publish(redis: Redis, bodies: Sequence[str], *, maxlen: int = DEFAULT_MAXLEN) -> str:
    """Publish events (JSON) in order and store them for replay; return the id of the last one."""
    found = redis.eval(_PUBLISH, 2, EVENTS, EPOCH, maxlen, _new_epoch(), *bodies)
    return _text(found)


def publish_telemetry(redis: Redis, telemetry: Telemetry) -> bool:
    """Send values to whoever is looking; nothing keeps them. False when the bus is away: values are simply lost."""
    try:
        redis.publish(TELEMETRY, telemetry.model_dump_json())
    except (RedisError, OSError):
        return False
    return True


def telemetry_wanted(redis: Redis) -> bool:
    """Whether any process listens for values just now: only those with a page that asked for them do."""
    try:
        found: Any = redis.pubsub_numsub(TELEMETRY)
    except (RedisError, OSError):
        return False
    return any(count for _, count in found)


def position(redis: Redis) -> Position:
    """Where the stream stands now."""
    return _as_position(redis.eval(_POSITION, 2, EVENTS, EPOCH, _new_epoch()))


async def position_async(redis: AsyncRedis) -> Position:
    """As `position`, for the event loop."""
    return _as_position(await redis.eval(_POSITION, 2, EVENTS, EPOCH, _new_epoch()))


def _as_position(found: Any) -> Position:
    epoch, last, first, trimmed = found
    return Position(EventId(_text(epoch), stream_id(_text(last))), stream_id(_text(first)), int(trimmed) > 0)


def stream_id(text: str) -> StreamId:
    """Read a stream id as Redis writes it."""
    ms, _, seq = text.partition("-")
    return StreamId(int(ms), int(seq))


def _new_epoch() -> str:
    return secrets.token_hex(5)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)

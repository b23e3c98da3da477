"""The hub: one Redis subscription a process, fanned out to every open stream.

The hub remembers the id of the last event it has handed on. A stream that opens with a Last-Event-ID is first given
what lies between that id and the hub's, from the capped stream, and then reads on from its group's ring: nothing
missing, nothing twice. When Redis goes away the hub says so in its heartbeats and keeps trying; when it is back the
hub catches up by itself, or tells every stream to start again where it cannot know what it missed.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, Final

import msgspec
from redis import RedisError
from redis.asyncio import Redis as AsyncRedis

from data_access.live import bus
from data_access.live.audience import DECODER, Audience, Device, Devices, Group, Wire, frame

log = logging.getLogger(__name__)

END_STREAMS: Final = "end_streams"
"""Key in the state of the application's lifespan: what the server calls before it stops."""
MERGE_S: Final = 0.1
"""Device states, counters and telemetry are merged for this long; the first after a quiet moment goes at once."""
_TUNING_S: Final = 1.0
_PAGE: Final = 500
_MAX_BACKOFF_S: Final = 5.0
_ANSWERS_WITHIN_S: Final = 3.0
_REACHED_WITHIN_S: Final = 1.0


class Listener:
    """One open stream: a cursor in its group's ring."""

    def __init__(self, hub: Hub, group: Group) -> None:
        self._hub = hub
        self.group = group
        self.cursor = group.end
        self.wake = asyncio.Event()

    async def next_chunk(self) -> bytes:
        """Wait for what comes next; a resync when this reader was too slow for the ring, nothing at the very end."""
        group = self.group
        while self.cursor == group.end:
            if self._hub.ended:
                return b""
            self.wake.clear()
            await self.wake.wait()
        if self.cursor < group.start:
            self.cursor = group.end
            self._hub.resyncs += 1
            return self._hub.resync_frame()
        chunks = group.since(self.cursor)
        self.cursor += len(chunks)
        return b"".join(chunks)


class Hub:
    """Fan-out of the bus to the streams of this process. Lives on one event loop."""

    def __init__(
        self,
        redis_url: str,
        *,
        clock: Callable[[], datetime],
        is_worn: Callable[[int], bool],
        heartbeat_s: float = 5.0,
        build: str = "",
    ) -> None:
        self._url = redis_url
        self._clock = clock
        self._is_worn = is_worn
        self._heartbeat_s = heartbeat_s
        self._build = build
        self._groups: dict[Audience, tuple[Group, set[Listener]]] = {}
        self._redis: AsyncRedis | None = None
        self._channel: Any = None  # our subscription, while there is one
        self._tuned = False  # whether it is to cover telemetry
        self._hears_values = asyncio.Event()  # and whether it does
        self._last: bus.EventId | None = None  # newest event handed on
        self._reached = asyncio.Event()  # Redis, for the first time
        self._run = ""  # which life of the Redis server we know
        self._watchers: list[Callable[[list[Device] | None], None]] = []
        self._flush_timer: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0
        self._closing: asyncio.Handle | None = None
        self.connected = False
        self.ended = False
        self.streams = 0
        self.resyncs = 0
        self.events = 0

    @property
    def last_event_id(self) -> str | None:
        """Id of the newest event handed on; None before Redis was first reached."""
        return str(self._last) if self._last else None

    def watch(self, watcher: Callable[[list[Device] | None], None]) -> None:
        """Call `watcher` with the devices of each `devices.changed`, and with None when some may have been missed."""
        self._watchers.append(watcher)

    def end_streams(self) -> None:
        """Let every open stream end by itself: the process is about to stop."""
        self.ended = True
        for _, listeners in self._groups.values():
            for listener in listeners:
                listener.wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen to the bus and beat the heart while the block runs; it begins when Redis is reached, or soon."""
        tasks = [asyncio.create_task(self._listen_for_ever()), asyncio.create_task(self._beat())]
        try:
            with suppress(TimeoutError):  # who starts from a snapshot is to know the event that it follows
                await asyncio.wait_for(self._reached.wait(), _REACHED_WITHIN_S)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def stream(self, audience: Audience, last_event_id: str | None) -> AsyncIterator[tuple[Listener, bytes]]:
        """Open a stream; yields the listener and what must be sent first (missed events or resync, a heartbeat)."""
        self._flush()
        self._close_chunks()
        group, listeners = self._groups.setdefault(audience, (Group(audience, self._is_worn), set()))
        listener = Listener(self, group)
        listeners.add(listener)
        self.streams += 1
        try:
            if audience.probe:
                await self._tune()
                await self._until_tuned()
            missed, heartbeat = b"", self._heartbeat()
            if last_event_id:
                after = bus.parse_id(last_event_id)
                missed = await self._missed(audience, after, self._last) if after else self.resync_frame()
            yield listener, missed + heartbeat
        finally:
            listeners.discard(listener)
            self.streams -= 1
            if not listeners:
                self._groups.pop(audience, None)

    def resync_frame(self) -> bytes:
        """Tell a browser that events are missing: fetch a snapshot."""
        known = self.last_event_id
        body = msgspec.json.encode({"at": self._clock(), "event_id": known})
        return frame(body, (known or "").encode(), b"resync")

    async def _missed(self, audience: Audience, after: bus.EventId, upto: bus.EventId | None) -> bytes:
        if after == upto:
            return b""  # nothing came since, whether or not Redis is there to say so
        if self._redis is None or upto is None or after.epoch != upto.epoch:
            return self.resync_frame()
        try:
            if not (await bus.position_async(self._redis)).can_replay(after):
                return self.resync_frame()
            group = Group(audience, self._is_worn)
            async for event_id, body in self._entries(self._redis, after, upto):
                event = _decoded(body)
                if event is not None:
                    group.offer(event, body, event_id)
        except (RedisError, OSError):
            return self.resync_frame()
        group.flush()
        return group.take_open()

    async def _entries(
        self, redis: AsyncRedis, after: bus.EventId, upto: bus.EventId
    ) -> AsyncIterator[tuple[bytes, bytes]]:
        """What the stream holds after `after` up to and with `upto`, page by page."""
        low, high = f"({after.id}", str(upto.id)
        while True:
            page: Any = await redis.xrange(bus.EVENTS, low, high, count=_PAGE)
            for stream_id, entry in page:
                yield f"{upto.epoch}-".encode() + stream_id, entry[b"e"]
            if len(page) < _PAGE:
                return
            low = f"({page[-1][0].decode()}"

    async def _listen_for_ever(self) -> None:
        backoff = 0.1
        while True:
            try:
                async with bus.connect_async(self._url) as redis:
                    await self._listen(redis)
            except (RedisError, OSError) as error:
                if self.connected:
                    backoff = 0.1
                    log.warning("live: Redis is away (%s); streams are told", type(error).__name__)
                self.connected, self._redis, self._channel = False, None, None
                self._say_all(self._heartbeat())
            await asyncio.sleep(backoff * random.uniform(0.8, 1.2))  # noqa: S311  # spreads reconnects, hides nothing
            backoff = min(backoff * 2, _MAX_BACKOFF_S)

    async def _listen(self, redis: AsyncRedis) -> None:
        """Subscribe, catch up, then hand on what comes; ends only by an error."""
        channel: Any = redis.pubsub()
        async with channel:
            await channel.subscribe(bus.EVENTS)
            await self._catch_up(redis)
            self.connected, self._redis, self._channel, self._tuned = True, redis, channel, False
            self._reached.set()
            await self._tune()
            self._say_all(self._heartbeat())
            events = bus.EVENTS.encode()
            while True:
                message = await channel.get_message(timeout=1.0)
                if message is None:
                    await asyncio.wait_for(redis.ping(), _ANSWERS_WITHIN_S)  # frozen is as silent as quiet
                elif message["type"] != "message":
                    self._note_tuning(message)
                elif message["channel"] == events:
                    head, _, body = message["data"].partition(b" ")
                    self._received(head, body)
                else:
                    self._hand_on(message["data"], b"")

    async def _tune(self) -> None:
        """Hear values while a page asks for them, so that nobody works them out for nobody."""
        wanted = any(audience.probe for audience in self._groups)
        if self._channel is None or wanted == self._tuned:
            return
        self._tuned = wanted
        self._hears_values.clear()
        with suppress(RedisError, OSError):  # whoever listens finds out too, and connects anew
            await (self._channel.subscribe if wanted else self._channel.unsubscribe)(bus.TELEMETRY)

    async def _until_tuned(self) -> None:
        """Wait until Redis has said that values will come; without a Redis the page has other worries."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_TUNING_S if self._channel is not None else 0):
                await self._hears_values.wait()

    def _note_tuning(self, message: Any) -> None:
        if message and message["type"] == "subscribe" and message["channel"] == bus.TELEMETRY.encode():
            self._hears_values.set()

    async def _catch_up(self, redis: AsyncRedis) -> None:
        """Close the gap between what was handed on and what the stream holds, or tell everybody to start again."""
        info: Any = await redis.info("server")
        position = await bus.position_async(redis)
        known, same_server = self._last, info["run_id"] == self._run
        self._run = info["run_id"]
        if known is not None and same_server and position.can_replay(known):
            async for event_id, body in self._entries(redis, known, position.last):
                self._received(event_id, body)
        else:
            self._resync_all(position.last)
        self._last = position.last

    def _received(self, event_id: bytes, body: bytes) -> None:
        found = bus.parse_id(event_id.decode())
        if found is None or self._last is None:
            return
        if found.epoch != self._last.epoch:  # Redis was emptied under us
            self._resync_all(found)
        elif found.id <= self._last.id:
            return  # came by the catch-up already
        self._last = found
        self._hand_on(body, event_id)

    def _hand_on(self, body: bytes, event_id: bytes) -> None:
        event = _decoded(body)
        if event is None:
            return
        self.events += 1
        if isinstance(event, Devices):
            self._tell_watchers(event.devices)
        waits = [group.offer(event, body, event_id) for group, _ in self._groups.values()]
        loop = asyncio.get_running_loop()
        if any(waits) and self._flush_timer is None:
            due = max(0.0, self._flushed_at + MERGE_S - loop.time())
            self._flush_timer = loop.call_later(due, self._flush)
        self._close_soon()

    def _flush(self) -> None:
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        self._flushed_at = asyncio.get_running_loop().time()
        for group, _ in self._groups.values():
            group.flush()
        self._close_soon()

    def _close_soon(self) -> None:
        """Gather the frames of this turn of the loop into one chunk a group."""
        if self._closing is None:
            self._closing = asyncio.get_running_loop().call_soon(self._close_chunks)

    def _close_chunks(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        for group, listeners in self._groups.values():
            if group.close_chunk():
                for listener in listeners:
                    listener.wake.set()

    def _say_all(self, special: bytes) -> None:
        for group, _ in self._groups.values():
            group.say(special)
        self._close_soon()

    def _tell_watchers(self, devices: list[Device] | None) -> None:
        for watcher in self._watchers:
            watcher(devices)

    def _resync_all(self, position: bus.EventId) -> None:
        self._last = position
        self._tell_watchers(None)
        self.resyncs += self.streams
        for group, _ in self._groups.values():
            group.forget()
        self._say_all(self.resync_frame())

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            await self._tune()
            self._flush()
            self._say_all(self._heartbeat())

    def _heartbeat(self) -> bytes:
        """Proof of life; its id moves a quiet reader's Last-Event-ID on."""
        known = self.last_event_id
        body = msgspec.json.encode(
            {
                "at": self._clock(),
                "event_id": known,
                "redis": self.connected,
                "build": self._build,
                "every_s": self._heartbeat_s,  # three that do not come are a connection lost
            }
        )
        return frame(body, (known or "").encode(), b"heartbeat")


def _decoded(body: bytes) -> Wire | None:
    try:
        return DECODER.decode(body)
    except msgspec.DecodeError:
        log.exception("live: an event that this version does not understand was dropped")
        return None

"""The ingest process: broker and HTTP intake in, batches out, the clock of the alarm rules."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec
from redis import RedisError

from data_access.commands import freshness
from data_access.db.engine import DATABASE_ERRORS
from data_access.db.tables import from_ms, to_ms
from data_access.ingest import http
from data_access.ingest.batch import Batcher, TryAgain
from data_access.ingest.metrics import Metrics
from data_access.ingest.mqtt import Address, Link, Subscriber, readings
from data_access.ingest.payloads import (
    Inbox,
    Intake,
    Reason,
    Unknown,
    decode,
    device_message,
    gateway_message,
    masked,
    plain_message,
)
from data_access.ingest.writer import EngineWriter
from data_access.live.outbox import Relay
from data_access.services import Services
from data_access.settings import Settings

log = logging.getLogger(__name__)

_DEVICE: Final = b"v1/devices/"
_TELEMETRY: Final = b"/telemetry"
_TOKEN: Final = slice(len(_DEVICE), -len(_TELEMETRY))
_GATEWAY: Final = b"v1/gateway/telemetry"
_HEARTBEAT: Final = freshness.HEARTBEAT_TOPIC.encode()
_TICK_S: Final = 1.0
_METRICS_EVERY_S: Final = 2.0
_HTTP_AT_ONCE: Final = 200


def run(services: Services, stop: threading.Event, ready: Callable[[], None]) -> None:
    """Take in readings until `stop` is set; call `ready` once the broker has taken our subscription.

    Blocks. Raises what the database raises when it cannot be opened at the start; later outages are waited out.
    """
    try:
        import uvloop  # noqa: PLC0415  # not on every system

        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    except ImportError:
        runner = asyncio.Runner()
    Relay(services.database, services.redis, maxlen=services.settings.stream_maxlen)
    with runner:
        runner.run(Ingest(services).run(stop, ready))


def broker_address(settings: Settings) -> Address:
    """The broker in force: the one named, else the embedded one."""
    if settings.mqtt_url:
        return Address.from_url(settings.mqtt_url.get_secret_value())
    return Address(host="127.0.0.1", port=settings.mqtt_port)


class Ingest:
    """One process' worth of intake."""

    def __init__(self, services: Services) -> None:
        self._services = services
        settings = services.settings
        self.metrics = Metrics()
        self.writer = EngineWriter(services, self.metrics)
        self.batcher = Batcher(
            self._new_inbox,
            self.writer,
            batch_ms=settings.batch_ms,
            batch_rows=settings.batch_rows,
            buffer_rows=settings.buffer_rows,
            on_full=lambda full: self.subscriber.pause(paused=full),
        )
        wanted = readings(settings.mqtt_client_id, settings.mqtt_shared_group)
        self.subscriber = Subscriber(broker_address(settings), wanted, self.take)

    async def run(self, stop: threading.Event, ready: Callable[[], None]) -> None:
        """Run all parts until `stop`; then write what has arrived."""
        parts: list[Coroutine[Any, Any, None]] = [
            self.subscriber.run(),
            self.batcher.run(),
            self._clock(),
            self._http(),
            self._publish_metrics(),
            self._say_ready(ready),
        ]
        tasks = [asyncio.ensure_future(part) for part in parts]
        gc.freeze()  # a hundred thousand devices stay as they are: not to be looked through again and again
        try:
            while not stop.is_set():
                await asyncio.sleep(0.05)
                for task in tasks:
                    if task.done() and not task.cancelled() and (error := task.exception()):
                        raise error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.batcher.drain(), 3)
            if self.subscriber.link:
                self.subscriber.link.close()
            self.batcher.executor.shutdown(wait=False, cancel_futures=True)

    def take(self, link: Link, topic: bytes, payload: bytes, packet_id: bytes) -> None:
        """Put one message of the broker into the batch."""
        if topic == _HEARTBEAT:
            self.batcher.inbox()  # acknowledged in its turn: some brokers end a connection that answers out of order
            sent = _sent(payload, self._services.clock())
            self.batcher.added(link, packet_id, lambda: self._beat(sent))
            return
        inbox = self.batcher.inbox()
        inbox.messages += 1
        device = inbox.registry.by_token.get(topic[_TOKEN].decode("utf-8", "replace"))
        if device is None or b"%" in topic or not plain_message(inbox, device, payload):
            self._look_closely(inbox, topic, payload)
        self.batcher.added(link, packet_id)

    def _look_closely(self, inbox: Inbox, topic: bytes, payload: bytes) -> None:
        now = self._services.clock()
        try:
            self._read(inbox, topic, payload, now)
        except Exception:  # whatever it is, it must not come again and again
            reference = secrets.token_hex(4)
            log.exception("ingest: a message cannot be read (reference %s)", reference)
            intake = self._intake(inbox, now, to_ms(now), "mqtt", "", payload)
            intake.refuse(Reason.EVALUATION_FAILED, f"reference {reference}")

    def _new_inbox(self) -> Inbox:
        now, limits = to_ms(self._services.clock()), self.writer.limits
        return Inbox(self.writer.registry, oldest=now - limits.keep_ms, future=now + limits.future_ms)

    def _read(self, inbox: Inbox, topic: bytes, payload: bytes, now: datetime) -> None:
        now_ms = to_ms(now)
        if topic == _GATEWAY:
            intake = self._intake(inbox, now, now_ms, "mqtt", topic.decode(), payload)
            body = decode(intake)
            if body is not None:
                gateway_message(intake, body, now_ms)
        elif topic.startswith(_DEVICE) and topic.endswith(_TELEMETRY):
            token = unquote_to_bytes(topic[_TOKEN]).decode("utf-8", "replace")
            self._device(inbox, now, now_ms, "mqtt", token, payload)

    def _device(
        self, inbox: Inbox, now: datetime, now_ms: int, source: str, token: str, payload: bytes
    ) -> tuple[bool, Intake]:
        topic = f"v1/devices/{masked(token)}/telemetry"
        intake = self._intake(inbox, now, now_ms, source, topic, payload)
        body = decode(intake)
        device = inbox.registry.by_token.get(token)
        if body is None:
            return device is not None, intake
        if device is None:
            inbox.unknown.append(Unknown(token, True, body, payload, source, topic))
            return False, intake
        device_message(intake, device, body, now_ms)
        return True, intake

    def _intake(self, inbox: Inbox, now: datetime, now_ms: int, source: str, topic: str, payload: bytes) -> Intake:
        return Intake(inbox, self.writer.limits, now, now_ms, source=source, topic=topic, payload=payload)

    def _beat(self, sent: datetime) -> None:
        self.batcher.executor.submit(self._note_heartbeat, sent)

    def _note_heartbeat(self, sent: datetime) -> None:
        """Note, in the writer's turn, that the way through us is open. One that cannot be written is simply missing."""
        with contextlib.suppress(*DATABASE_ERRORS), self._services.database.writing() as session:
            freshness.note(session, freshness.HEARTBEAT, self._services.clock(), sent=sent)

    async def _clock(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_TICK_S)
            try:
                await loop.run_in_executor(self.batcher.executor, self.writer.tick, self._listening_since())
            except TryAgain as error:
                log.warning("ingest: the clock waits: %s", error)

    def _listening_since(self) -> datetime | None:
        """Since when we hear the broker without a break and without holding it back; None when we do not."""
        since = self.subscriber.listening_since
        if not self.subscriber.connected or since is None or self.batcher.full:
            return None
        return self._services.clock() - timedelta(seconds=asyncio.get_running_loop().time() - since)

    async def _say_ready(self, ready: Callable[[], None]) -> None:
        await self.subscriber.subscribed.wait()
        ready()

    async def _publish_metrics(self) -> None:
        process = f"ingest-{socket.gethostname()}-{os.getpid()}"
        loop = asyncio.get_running_loop()
        while True:
            self.metrics.buffer.set(self.batcher.rows)
            self.metrics.lag.set(self.batcher.lag_s)
            self.metrics.connected.set(int(self.subscriber.connected))
            await loop.run_in_executor(None, self.metrics.publish, self._services.redis, process)
            await asyncio.sleep(_METRICS_EVERY_S)

    async def _http(self) -> None:
        """Take messages from the web processes; their answers go out after the commit."""
        loop = asyncio.get_running_loop()
        while True:
            if self.batcher.full:
                await asyncio.sleep(0.05)
                continue
            try:
                found = await loop.run_in_executor(None, self._pop)
            except (RedisError, OSError):
                await asyncio.sleep(1)
                continue
            for raw in found:
                self._take_http(msgspec.msgpack.decode(raw, type=http.Message))

    def _pop(self) -> list[bytes]:
        first: Any = self._services.redis.blpop([http.QUEUE], timeout=1)
        if first is None:
            return []
        rest: Any = self._services.redis.lpop(http.QUEUE, _HTTP_AT_ONCE)
        return [first[1], *(rest or ())]

    def _take_http(self, message: http.Message) -> None:
        inbox = self.batcher.inbox()
        inbox.messages += 1
        now = self._services.clock()
        before = len(inbox.ts)
        known, intake = self._device(inbox, now, to_ms(now), "http", message.token, message.body)
        taken = len(inbox.ts) - before
        answer = http.Answer(known=known, refused=intake.reasons, taken=taken, details=intake.details)
        self.batcher.added(None, b"", lambda: self._answer(message.reply, answer))

    def _answer(self, reply: str, answer: http.Answer) -> None:
        asyncio.get_running_loop().run_in_executor(None, self._send_answer, reply, answer)

    def _send_answer(self, reply: str, answer: http.Answer) -> None:
        with contextlib.suppress(RedisError, OSError):
            pipeline = self._services.redis.pipeline()
            pipeline.rpush(reply, msgspec.msgpack.encode(answer))
            pipeline.expire(reply, http.KEEP_REPLY_S)
            pipeline.execute()


def _sent(payload: bytes, now: datetime) -> datetime:
    """When a heartbeat began its way, by its own time stamp (ms); `now` where it has none or one of the future."""
    try:
        return min(from_ms(msgspec.json.decode(payload)["ts"]), now)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return now

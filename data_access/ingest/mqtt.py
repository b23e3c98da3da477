"""The subscriber: takes telemetry from the broker and acknowledges a message only when its readings are committed.

MQTT 5 (3.1.1 where the broker knows no better), QoS 1, a persistent session, so that what arrives while we are away
waits at the broker. It reconnects by itself. When the batcher is full it stops reading: TCP and the broker's own
limits then hold the rest back. Why this is not a library: docs/adr/0010-mqtt-subscriber.md.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import unquote, urlsplit

from data_access.ingest import wire

log = logging.getLogger(__name__)

TOPICS: Final = ("v1/devices/+/telemetry", "v1/gateway/telemetry")
MARK: Final = "yiping/intake"
"""Where a retained message lies in a broker that knows the session of ingest. It comes and goes with what the broker
remembers: one that came back empty has neither, and drops what is sent to it."""
SESSION_EXPIRY_S: Final = 7 * 86_400
KEEP_ALIVE_S: Final = 30
RECEIVE_MAXIMUM: Final = 65_535
_BACKOFF_S: Final = (0.1, 0.2, 0.5)  # the broker is ours and near, and devices wait for us
_PUBACK: Final = b"\x40\x02"

OnMessage = Callable[["Link", bytes, bytes, bytes], None]
"""Called with the connection, the topic, the payload, and the packet id to acknowledge (empty at QoS 0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the broker is and who we are there."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = None

    @classmethod
    def from_url(cls, url: str) -> Address:
        """Read `mqtt://[user:password@]host[:port]`, or `mqtts://` for TLS."""
        parts = urlsplit(url)
        tls = parts.scheme == "mqtts"
        return cls(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or (8883 if tls else 1883),
            tls=tls,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client reads, and whether its session `stays` at the broker while it is away (then it leaves its mark)."""

    client_id: str
    topics: Sequence[str]
    stays: bool = True


class Link(asyncio.Protocol):
    """One connection to the broker. An acknowledgement belongs to the connection that brought the message."""

    def __init__(self, address: Address, wanted: Wanted, version: int, on_message: OnMessage) -> None:
        self._address, self._wanted, self.version = address, wanted, version
        self._on_message = on_message
        self._rest = b""  # the beginning of a packet that has not come whole
        self._transport: asyncio.Transport | None = None
        self.accepted = False
        self.subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.heard = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._transport.write(_connect(self._address, self._wanted, self.version))

    def data_received(self, data: bytes) -> None:
        self.heard = asyncio.get_running_loop().time()
        if self._rest:
            data = self._rest + data
        try:
            packets, used = wire.split(data, wire.MAX_PACKET)
            self._rest = data[used:]
            for start, body, end in packets:
                kind = data[start]
                if kind & 0xF0 == wire.PUBLISH:
                    self._take(kind, data, body, end)
                else:
                    self._control(kind, data, body, end)
        except (wire.Malformed, IndexError):
            log.exception("mqtt: the broker sent what is not MQTT; connecting anew")
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        if not self.closed.done():
            self.closed.set_result(None)

    def acknowledge(self, ids: Sequence[bytes]) -> None:
        """Tell the broker that these messages are safe; nothing happens when the connection is gone."""
        if ids and self._transport and not self._transport.is_closing():
            self._transport.write(_PUBACK + _PUBACK.join(ids))

    def pause(self, *, paused: bool) -> None:
        """Stop or go on reading."""
        if self._transport and not self._transport.is_closing():
            if paused:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def ping(self) -> None:
        """Show that we live."""
        if self._transport and not self._transport.is_closing():
            self._transport.write(b"\xc0\x00")

    def close(self) -> None:
        """End the connection; the session stays at the broker."""
        if self._transport:
            self._transport.close()

    def _take(self, kind: int, data: bytes, body: int, end: int) -> None:
        at = body + 2 + ((data[body] << 8) | data[body + 1])
        topic = data[body + 2 : at]
        packet_id = b""
        if kind & 0x06:
            packet_id = data[at : at + 2]
            at += 2
        if self.version == wire.V5:
            if data[at]:
                length, at = wire.read_varint(data, at)
                at += length
            else:
                at += 1
        self._on_message(self, topic, data[at:end], packet_id)

    def _control(self, kind: int, data: bytes, body: int, end: int) -> None:
        match kind & 0xF0:
            case wire.CONNACK if data[body + 1] == 0:
                self.accepted = True
                assert self._transport  # noqa: S101  # it just spoke to us
                self._transport.write(_subscribe(self._wanted.topics, self.version))
            case wire.CONNACK:
                log.warning("mqtt: the broker refused us with code %d", data[body + 1])
                self.close()
            case wire.SUBACK:
                if any(code >= 0x80 for code in data[end - len(self._wanted.topics) : end]):
                    log.error("mqtt: the broker refused our subscription; check its access rules")
                    self.close()
                elif not self.subscribed.done():
                    self.subscribed.set_result(None)
                    if self._wanted.stays and self._transport:
                        self._transport.write(_mark(self.version))
            case wire.DISCONNECT:
                log.warning("mqtt: the broker ended the connection")
                self.close()


class Subscriber:
    """Keeps one `Link` alive until cancelled."""

    def __init__(self, address: Address, wanted: Wanted, on_message: OnMessage) -> None:
        self._address, self._wanted, self._on_message = address, wanted, on_message
        self._paused = False
        self.link: Link | None = None
        self.connected = False
        self.subscribed = asyncio.Event()  # set once we were, for whoever waits for the start
        self.listening_since: float | None = None  # by the loop's clock: silence before it says nothing of devices

    async def run(self) -> None:
        """Connect, read, and connect again whenever the connection is lost."""
        failures, version = 0, wire.V5
        while True:
            try:
                link = await self._open(version)
            except (OSError, TimeoutError) as error:
                if failures == 0:
                    log.warning("mqtt: no broker at %s:%d (%s)", self._address.host, self._address.port, error)
                version = wire.V311 if version == wire.V5 and isinstance(error, ConnectionRefusedByBroker) else wire.V5
            else:
                failures = 0
                log.info("mqtt: subscribed (MQTT %s)", "5" if version == wire.V5 else "3.1.1")
                await self._attend(link)
                log.warning("mqtt: connection to the broker lost")
            await asyncio.sleep(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)])
            failures += 1

    def pause(self, *, paused: bool) -> None:
        """Stop or go on reading from the broker; holds across reconnects."""
        if paused != self._paused:
            self._paused = paused
            if self.link:
                self.link.pause(paused=paused)

    async def _open(self, version: int) -> Link:
        loop = asyncio.get_running_loop()
        _, link = await asyncio.wait_for(
            loop.create_connection(
                lambda: Link(self._address, self._wanted, version, self._on_message),
                self._address.host,
                self._address.port,
                ssl=ssl.create_default_context() if self._address.tls else None,
            ),
            5,
        )
        self.link = link
        await asyncio.wait({link.subscribed, link.closed}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        if not link.subscribed.done():
            link.close()
            raise ConnectionRefusedByBroker("the broker did not take the subscription")
        if self._paused:
            link.pause(paused=True)
        return link

    async def _attend(self, link: Link) -> None:
        loop = asyncio.get_running_loop()
        self.connected, self.listening_since = True, loop.time()
        self.subscribed.set()
        try:
            while not link.closed.done():
                await asyncio.wait({link.closed}, timeout=KEEP_ALIVE_S / 2)
                if not self._paused and loop.time() - link.heard > 2 * KEEP_ALIVE_S:
                    link.close()
                link.ping()
        finally:
            self.connected = False
            link.close()


class ConnectionRefusedByBroker(ConnectionError):  # noqa: N818  # reads as the fact it states
    """The broker answered, but not as we need; perhaps it does not know MQTT 5."""


def readings(client_id: str, group: str | None = None) -> Wanted:
    """What ingest reads; several of one `group` share it."""
    return Wanted(client_id, [f"$share/{group}/{topic}" for topic in TOPICS] if group else TOPICS)


def _connect(address: Address, wanted: Wanted, version: int) -> bytes:
    flags = 0x00 if wanted.stays else 0x02  # without a clean start the session is found again
    after = wire.text(wanted.client_id.encode())
    if address.user is not None:
        flags |= 0x80
        after += wire.text(address.user.encode())
    if address.password is not None:
        flags |= 0x40
        after += wire.text(address.password.encode())
    properties = b""
    if version == wire.V5:
        expiry = SESSION_EXPIRY_S if wanted.stays else 0
        listed = b"\x11" + expiry.to_bytes(4, "big") + b"\x21" + RECEIVE_MAXIMUM.to_bytes(2, "big")
        properties = wire.varint(len(listed)) + listed
    head = wire.text(b"MQTT") + bytes((version, flags)) + KEEP_ALIVE_S.to_bytes(2, "big")
    return wire.packet(wire.CONNECT, head + properties + after)


def _subscribe(topics: Sequence[str], version: int) -> bytes:
    body = b"\x00\x01" + (b"\x00" if version == wire.V5 else b"")
    return wire.packet(wire.SUBSCRIBE | 0x02, body + b"".join(wire.text(t.encode()) + b"\x01" for t in topics))


def _mark(version: int) -> bytes:
    properties = b"\x00" if version == wire.V5 else b""
    return wire.packet(wire.PUBLISH | 0x01, wire.text(MARK.encode()) + properties + b"1")  # retained

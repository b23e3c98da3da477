"""The MQTT edge: a thin TCP door before any broker, so that a message says which device sent it.

A broker does not tell a subscriber who published. Devices in ThingsBoard style give their token as the user name and
publish to `v1/devices/me/telemetry`; the edge reads the user name in CONNECT and puts it in place of `me`.
Everything else passes byte for byte, acknowledgements and QoS included, so that what the broker promises still holds.

Devices talk here, they do not listen: a subscription that could show other devices' tokens (anything but one's own
`v1/devices/me/…` and `v1/gateway/…`) closes the connection. The product itself connects to the broker directly.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import replace
from socket import socket
from typing import Final, cast
from urllib.parse import quote

from data_access.ingest import wire
from data_access.ingest.mqtt import MARK, Address, Link, Subscriber, Wanted

log = logging.getLogger(__name__)

OWN_TELEMETRY: Final = b"v1/devices/me/telemetry"
CONNECT_WITHIN_S: Final = 10.0
PATIENCE_S: Final = 30.0
"""How long devices are turned away from a broker without a mark of ingest: perhaps it may not leave any there."""
_SECRET: Final = 12  # bytes of a token that stays secret when its last four are shown
_LISTENABLE: Final = (b"v1/devices/me/", b"v1/gateway/")


class Broker:
    """The broker behind the door, watched: one that came back empty drops what comes before ingest has subscribed.

    Ingest leaves a mark in every broker that knows its session (`mqtt.MARK`); until it is there, devices are turned
    away and keep what they have to say. `port_v5` is for a broker that listens for MQTT 5 on a port of its own.
    """

    def __init__(self, address: Address, port_v5: int | None = None) -> None:
        self._address, self._port_v5 = address, port_v5
        mine = Wanted(f"yiping-edge-{secrets.token_hex(4)}", (MARK,), stays=False)
        self._watch = Subscriber(replace(address, port=port_v5 or address.port), mine, self._hear)
        self._marked: Link | None = None
        self._warned: Link | None = None
        self._watching: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Begin to watch; it ends with the loop."""
        self._watching = asyncio.get_running_loop().create_task(self._watch.run())

    def address(self, version: int) -> tuple[str, int]:
        """Host and port for a client of protocol `version`."""
        return self._address.host, (self._port_v5 or self._address.port) if version == wire.V5 else self._address.port

    @property
    def takes(self) -> bool:
        """Whether what a device says now would be read."""
        link, since = self._watch.link, self._watch.listening_since
        if link is None or since is None or not self._watch.connected or link.closed.done():
            return False
        if link is self._marked:
            return True
        if asyncio.get_running_loop().time() - since < PATIENCE_S:
            return False
        if link is not self._warned:
            self._warned = link
            log.warning("edge: ingest has left no retained message at %s; letting devices in all the same", MARK)
        return True

    def _hear(self, link: Link, topic: bytes, payload: bytes, packet_id: bytes) -> None:  # noqa: ARG002  # its coming says all
        self._marked = link
        if packet_id:
            link.acknowledge([packet_id])


async def serve(host: str, port: int, broker: Broker, *, listener: socket | None = None) -> asyncio.Server:
    """Open the door on `host:port`, or on a `listener` bound before; the caller closes the server.

    Raises OSError when the port is taken.
    """
    loop = asyncio.get_running_loop()
    broker.watch()
    if listener is not None:
        return await loop.create_server(lambda: _Device(broker), sock=listener, backlog=1024)
    return await loop.create_server(lambda: _Device(broker), host, port, backlog=1024)


def topic_of(token: bytes) -> bytes:
    """The topic under which the broker sees the telemetry of the device with `token`."""
    return b"v1/devices/" + (quote(token[:128], safe="").encode() or b"-") + b"/telemetry"


def user_name(connect: bytes | bytearray, body: int) -> tuple[int, bytes]:
    """Return protocol version and user name (empty when there is none) of the CONNECT whose body starts at `body`."""
    _, at = wire.read_text(connect, body)
    version, flags = connect[at], connect[at + 1]
    at += 4  # level, flags, keep-alive
    if version == wire.V5:
        length, at = wire.read_varint(connect, at)
        at += length
    _, at = wire.read_text(connect, at)  # client id
    if flags & 0x04:
        if version == wire.V5:
            length, at = wire.read_varint(connect, at)
            at += length
        _, at = wire.read_text(connect, at)
        _, at = wire.read_text(connect, at)
    return version, wire.read_text(connect, at)[0] if flags & 0x80 else b""


class _Broker(asyncio.Protocol):
    """The connection to the broker on behalf of one device."""

    def __init__(self, device: _Device) -> None:
        self._device = device
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        self._device.write(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._device.close()

    def pause_writing(self) -> None:
        self._device.pause(paused=True)

    def resume_writing(self) -> None:
        self._device.pause(paused=False)


class _Device(asyncio.Protocol):
    """The connection of one device."""

    def __init__(self, broker: Broker) -> None:
        self._address = broker
        self._broker: _Broker | None = None
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._topic = b""
        self._who = ""  # the end of its token
        self._lost = False
        self._version = wire.V311
        self._opening: asyncio.Task[None] | None = None
        self._timeout: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._timeout = asyncio.get_running_loop().call_later(CONNECT_WITHIN_S, self.close)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            if self._broker is None:
                self._greet()
            else:
                self._forward()
        except (wire.Malformed, IndexError) as error:
            log.info("edge: closed the connection of device …%s that sent %s", self._who, error)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self.close()

    def pause_writing(self) -> None:
        if self._broker and self._broker.transport:
            self._broker.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._broker and self._broker.transport and not self._broker.transport.is_closing():
            self._broker.transport.resume_reading()

    def pause(self, *, paused: bool) -> None:
        """Stop or go on reading from the device, as the broker keeps up."""
        if self._transport and not self._transport.is_closing():
            if paused:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Pass what the broker says to the device."""
        if self._transport:
            self._transport.write(data)

    def close(self) -> None:
        """End both connections."""
        if self._timeout:
            self._timeout.cancel()
        if self._opening:
            self._opening.cancel()
        for transport in (self._transport, self._broker and self._broker.transport):
            if transport and not transport.is_closing():
                transport.close()

    def _greet(self) -> None:
        """Wait for CONNECT, take the token from it, and open the way to the broker."""
        packets, _ = wire.split(self._buffer, wire.MAX_PACKET)
        if not packets or self._opening:
            return
        start, body, end = packets[0]
        if self._buffer[start] != wire.CONNECT:
            raise wire.Malformed("something before CONNECT")
        self._version, token = user_name(self._buffer[:end], body)
        self._topic = topic_of(token)
        self._who = token[-4:].decode("utf-8", "replace") if len(token) >= _SECRET else ""
        self.pause(paused=True)
        self._opening = asyncio.get_running_loop().create_task(self._open(end))

    async def _open(self, connect: int) -> None:
        try:
            if not self._address.takes:
                raise ConnectionRefusedError
            _, protocol = await asyncio.get_running_loop().create_connection(
                lambda: _Broker(self), *self._address.address(self._version)
            )
        except OSError:
            self._opening = None
            self.close()
            return
        self._opening = None
        self._broker = protocol
        if self._timeout:
            self._timeout.cancel()
        assert protocol.transport  # noqa: S101  # connection_made has run
        protocol.transport.write(bytes(self._buffer[:connect]))
        del self._buffer[:connect]
        self.pause(paused=False)
        self.data_received(b"")

    def _forward(self) -> None:
        packets, used = wire.split(self._buffer, wire.MAX_PACKET)
        if not packets:
            return
        out = [self._rewritten(start, body, end) for start, body, end in packets]
        del self._buffer[:used]
        if self._broker and self._broker.transport and not self._broker.transport.is_closing():
            self._broker.transport.write(b"".join(out))

    def _rewritten(self, start: int, body: int, end: int) -> bytes:
        data = self._buffer
        kind = data[start] & 0xF0
        if kind == wire.PUBLISH:
            topic_end = body + 2 + len(OWN_TELEMETRY)
            if data[body : body + 2] == b"\x00\x17" and data[body + 2 : topic_end] == OWN_TELEMETRY:
                return wire.packet(data[start], wire.text(self._topic) + bytes(data[topic_end:end]))
            if not self._lost:
                self._note_topic(wire.read_text(data, body)[0])
        elif kind == wire.SUBSCRIBE:
            self._check_subscription(bytes(data[body:end]))
        return bytes(data[start:end])

    def _note_topic(self, topic: bytes) -> None:
        """Say once a connection that it publishes where nobody reads: the broker drops it and tells no one."""
        # An empty name stands for one said before (MQTT 5).
        if topic and not (topic.startswith(b"v1/") and topic.endswith(b"/telemetry")):
            self._lost = True
            log.warning(
                "edge: device …%s publishes to %r, where nobody reads", self._who, topic[:80].decode("utf-8", "replace")
            )

    def _check_subscription(self, body: bytes) -> None:
        at = 2
        if self._version == wire.V5:
            length, at = wire.read_varint(body, at)
            at += length
        while at < len(body):
            wanted, at = wire.read_text(body, at)
            at += 1  # options
            if not wanted.startswith(_LISTENABLE):
                raise wire.Malformed("a subscription to what is not its own")

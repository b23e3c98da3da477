"""MQTT on the wire: just the framing that the edge and the subscriber need (MQTT 3.1.1 and 5)."""

from __future__ import annotations

from typing import Final

CONNECT: Final = 0x10
CONNACK: Final = 0x20
PUBLISH: Final = 0x30
PUBACK: Final = 0x40
SUBSCRIBE: Final = 0x80
SUBACK: Final = 0x90
PINGREQ: Final = 0xC0
DISCONNECT: Final = 0xE0

MAX_PACKET: Final = (1 << 20) + 1024
"""Bytes of the longest packet that is taken: a payload of 1 MiB and what stands around it."""

V311: Final = 4
V5: Final = 5


class Malformed(Exception):  # noqa: N818  # reads as what the bytes are
    """The bytes are not MQTT; the connection cannot go on."""


def split(data: bytes | bytearray, limit: int) -> tuple[list[tuple[int, int, int]], int]:
    """Find the whole packets in `data`: `(start, body, end)` of each, and how many bytes they take together.

    Raises `Malformed` for a packet longer than `limit` bytes or a length that is none.
    """
    found: list[tuple[int, int, int]] = []
    start, size = 0, len(data)
    while start + 2 <= size:
        length = data[start + 1]
        body = start + 2
        if length & 0x80:
            length &= 0x7F
            shift = 7
            while True:
                if body >= size:
                    return found, start
                byte = data[body]
                body += 1
                length |= (byte & 0x7F) << shift
                if byte < 0x80:
                    break
                shift += 7
                if shift > 21:
                    raise Malformed("a packet length of more than four bytes")
        if length > limit:
            raise Malformed("a packet longer than is accepted here")
        end = body + length
        if end > size:
            break
        found.append((start, body, end))
        start = end
    return found, start


def varint(value: int) -> bytes:
    """`value` as MQTT's variable byte integer."""
    out = bytearray()
    while True:
        value, digit = divmod(value, 128)
        out.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(out)


def read_varint(data: bytes | bytearray, at: int) -> tuple[int, int]:
    """Return the variable byte integer at `at` and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 21:
            raise Malformed("a length of more than four bytes")


def text(value: bytes) -> bytes:
    """`value` with its two-byte length before it."""
    return len(value).to_bytes(2, "big") + value


def read_text(data: bytes | bytearray, at: int) -> tuple[bytes, int]:
    """Return the string at `at` (its length comes first) and where it ends."""
    end = at + 2 + int.from_bytes(data[at : at + 2], "big")
    if end > len(data):
        raise Malformed("a string longer than its packet")
    return bytes(data[at + 2 : end]), end


def packet(kind: int, body: bytes) -> bytes:
    """A whole packet: first byte `kind` (type and flags), length, body."""
    return bytes((kind,)) + varint(len(body)) + body

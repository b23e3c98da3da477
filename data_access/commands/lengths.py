"""How long a recording or clip lasts, as its own bytes say: enough to refuse what goes on for ever, no decoder.

None where they do not say; its size is a limit then.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from data_access.domain.attachments import AMR, M4A, MOV, MP3, MP4, OGG, WAV, WEBM, WEBM_VOICE, Format

_CLUSTER: Final = b"\x1f\x43\xb6\x75"
_AMR_FRAMES: Final = (12, 13, 15, 17, 19, 20, 26, 31, 5, 0, 0, 0, 0, 0, 0, 0)
"""Bytes behind the head of a frame of 20 ms, by its type."""
_MP3_KBPS: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_MP3_KBPS_LOW: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_MP3_HERTZ: Final = (44_100, 48_000, 32_000, 0)


def seconds(data: bytes, found: Format) -> float | None:
    """How long `data`, a file of this format, lasts at least."""
    try:
        if found in (MP4, MOV, M4A):
            return _boxes(data)
        if found in (WEBM, WEBM_VOICE):
            return _matroska(data)
        return {WAV: _wav, OGG: _ogg, AMR: _amr, MP3: _mp3}[found](data)
    except (struct.error, IndexError, KeyError, ZeroDivisionError):
        return None


def _boxes(data: bytes) -> float | None:
    """Of an MP4: what its header says; of one written in pieces, when the last piece begins."""
    said, scales, last = 0.0, dict[int, int](), 0.0
    for kind, start, end in _walk(data, 0, len(data)):
        if kind == b"mvhd":
            scale, length = _scale(data, start)
            said = length / scale
        elif kind == b"trak":
            inside = {name: at for name, at, _ in _walk(data, start, end)}
            number = _u32(data, inside[b"tkhd"] + (20 if data[inside[b"tkhd"]] else 12))
            scales[number] = _scale(data, inside[b"mdhd"])[0]
        elif kind == b"traf":
            inside = {name: at for name, at, _ in _walk(data, start, end)}
            at, number = inside[b"tfdt"], _u32(data, inside[b"tfhd"] + 4)
            begins = struct.unpack_from(">Q", data, at + 4)[0] if data[at] else _u32(data, at + 4)
            last = max(last, begins / scales[number])
    return max(said, last) or None


def _walk(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes and those within, each with where its content begins and ends."""
    while at + 8 <= end:
        size, kind, head = _u32(data, at), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        stop = end if size == 0 else at + size
        if stop < at + head or stop > end:
            return
        yield kind, at + head, stop
        if kind in (b"moov", b"trak", b"mdia", b"moof", b"traf"):
            yield from _walk(data, at + head, stop)
        at = stop


def _scale(data: bytes, at: int) -> tuple[int, int]:
    """Time scale and duration of an mvhd or mdhd box."""
    if data[at]:
        scale, length = struct.unpack_from(">IQ", data, at + 20)
    else:
        scale, length = struct.unpack_from(">II", data, at + 12)
    return scale, 0 if length in (2**32 - 1, 2**64 - 1) else length


def _matroska(data: bytes) -> float | None:
    """Of a WebM: the time of its last block. Its header often says nothing."""
    at = data.rfind(_CLUSTER)
    if at < 0:
        return None
    at, _ = _size(data, at + 4)
    base = latest = 0
    while at < len(data):
        kind = data[at]
        body, size = _size(data, at + 1)
        if kind == 0xE7:
            base = int.from_bytes(data[body : body + size], "big")
        elif kind in (0xA3, 0xA0):  # a block, or a group that begins with one
            block = _size(data, body + 1)[0] if kind == 0xA0 else body
            after, _ = _size(data, block)  # the number of its track is written as sizes are
            latest = max(latest, struct.unpack_from(">h", data, after)[0])
        elif kind not in (0xA7, 0xAB, 0xEC):
            break  # behind the cluster
        at = body + size
    return (base + latest) / 1000


def _size(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of an element begins whose size stands at `at`, and that size."""
    first = data[at]
    length = 9 - first.bit_length()
    return at + length, int.from_bytes(data[at : at + length], "big") & ((1 << (7 * length)) - 1)


def _wav(data: bytes) -> float:
    at = data.index(b"fmt ") + 8
    return len(data) / float(_little(data, at + 8))


def _ogg(data: bytes) -> float:
    """The position that its last page ends at; Opus counts 48,000 a second, Vorbis says how many."""
    vorbis = data.find(b"\x01vorbis", 0, 200)
    rate = _little(data, vorbis + 12) if vorbis >= 0 else 48_000
    return float(struct.unpack_from("<q", data, data.rindex(b"OggS") + 6)[0]) / rate


def _amr(data: bytes) -> float:
    at, frames = data.index(b"\n") + 1, 0
    while at < len(data):
        at += 1 + _AMR_FRAMES[data[at] >> 3 & 15]
        frames += 1
    return frames / 50


def _mp3(data: bytes) -> float:
    at, lasts = 0, 0.0
    if data.startswith(b"ID3"):
        at = 10 + sum((byte & 127) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] >= 0xE0:
        new = data[at + 1] & 8  # MPEG 1, else 2 or 2.5 with half the samples
        hertz = _MP3_HERTZ[data[at + 2] >> 2 & 3] >> (not new) >> (not data[at + 1] & 16)
        samples = 1152 if new else 576
        bits = (_MP3_KBPS if new else _MP3_KBPS_LOW)[data[at + 2] >> 4] * 1000
        at += max(4, samples * bits // 8 // hertz + (data[at + 2] >> 1 & 1))
        lasts += samples / hertz
    return lasts


def _u32(data: bytes, at: int) -> int:
    return int(struct.unpack_from(">I", data, at)[0])


def _little(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])

"""Video clips and voice before they are kept: what an MP4 or MOV says of where and with what it was made is blanked.

Their boxes of user data and metadata keep their place and size, as free space: no byte of the picture moves.
"""

from __future__ import annotations

from typing import Final

_WITHIN: Final = frozenset({b"moov", b"trak", b"mdia"})
_SAYS: Final = frozenset({b"udta", b"meta", b"uuid"})
_WIDE: Final = 16


def blanked(data: bytes) -> bytes:
    """The file without its user data and metadata. What is no sequence of boxes is left as it is."""
    found = bytearray(data)
    _walk(found, 0, len(found))
    return bytes(found)


def _walk(data: bytearray, at: int, end: int) -> None:
    while at + 8 <= end:
        size, kind, head = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8]), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), _WIDE
        elif size == 0:
            size = end - at
        if size < head or at + size > end:
            return
        if kind in _SAYS:
            data[at + 4 : at + 8] = b"free"
            data[at + head : at + size] = bytes(size - head)
        elif kind in _WITHIN:
            _walk(data, at + head, at + size)
        at += size

"""Photos before they are kept: where they were taken is read and then gone with everything else their file says.

A JPEG that is small enough already keeps its pixels: only the segments around them are dropped, and nothing is decoded,
for no decoder refuses a scan whose bits are wrong; that everything it needs is there is seen from its segments.
Anything else is decoded, turned upright, made smaller and written anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ExifTags import IFD, Base

from data_access.domain.errors import InvalidInput

MOST_PIXELS: Final = 60_000_000
_QUALITY: Final = 82
_BROKEN: Final = "这张照片打不开，请换一张。"
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""A marker inside scan data: neither a stuffed byte nor a restart."""
_SOS, _EOI = 0xDA, 0xD9
_DHT, _DQT = 0xC4, 0xDB
_FRAMES: Final = (0xC0, 0xC1, 0xC2)
"""Baseline, extended, progressive: what every browser shows."""
_FRAME: Final = 0
"""Stands for one of them, of eight bits, among the markers that have been seen."""
_NEEDED: Final = frozenset({_FRAME, _DHT, _DQT})
_APP0, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG without anything but its picture, and where it says it was taken (WGS-84)."""

    data: bytes
    width: int
    height: int
    lng: float | None
    lat: float | None


def cleaned(data: bytes, *, edge: int) -> Photo:
    """The photo, at most `edge` pixels long. Raises `InvalidInput` when it cannot be read."""
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise InvalidInput("照片的像素太多，请缩小后再传。")
            exif = image.getexif()
            lng, lat = _position(exif.get_ifd(IFD.GPSInfo))
            if image.format == "JPEG" and max(image.size) <= edge and exif.get(Base.Orientation, 1) == 1:
                return Photo(stripped(data), *image.size, lng, lat)
            return _written_anew(image, edge, lng, lat)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise InvalidInput(_BROKEN) from error


def stripped(jpeg: bytes) -> bytes:
    """The JPEG with what its picture needs and nothing else: no EXIF, no comment, nothing behind its end.

    Raises `ValueError` when it is cut short, or lacks what a decoder needs.
    """
    kept, at, seen = [jpeg[:2]], 2, set[int]()
    while True:
        while jpeg[at : at + 2] == b"\xff\xff":  # padding
            at += 1
        if len(jpeg) < at + 4 or jpeg[at] != 0xFF:
            raise ValueError("no marker where one must be")
        marker = jpeg[at + 1]
        if marker == _EOI and _SOS in seen:
            return b"".join([*kept, b"\xff\xd9"])
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        seen.add(_FRAME if marker in _FRAMES and jpeg[at + 4 : at + 5] == b"\x08" else marker)
        if marker == _SOS:
            following = _MARKER.search(jpeg, end)
            if following is None or not seen >= _NEEDED:
                raise ValueError("no end, or nothing to decode it with")
            end = following.start()
            if jpeg[end : end + 2] == b"\xff\xd9":
                return b"".join([*kept, jpeg[at:end], b"\xff\xd9"])
        if _belongs(marker, jpeg[at + 4 : at + 16]):
            kept.append(jpeg[at:end])
        at = end


def _belongs(marker: int, head: bytes) -> bool:
    """Whether a segment says how the picture looks: of the application's, its header, its colours and Adobe's mark."""
    if marker == _COMMENT:
        return False
    if _APP0 <= marker <= _APP15:
        return marker in (_APP0, _APP14) or (marker == _APP2 and head.startswith(b"ICC_PROFILE"))
    return True


def _written_anew(image: Image.Image, edge: int, lng: float | None, lat: float | None) -> Photo:
    image.draft("RGB", (edge, edge))  # a JPEG is decoded at a half, a quarter … already
    upright = ImageOps.exif_transpose(image)
    if upright.mode in ("RGBA", "LA", "PA", "P"):
        clear = upright.convert("RGBA")
        upright = Image.new("RGB", clear.size, "white")
        upright.paste(clear, mask=clear.getchannel("A"))
    upright = upright.convert("RGB")
    upright.thumbnail((edge, edge))
    out = BytesIO()
    upright.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return Photo(out.getvalue(), upright.width, upright.height, lng, lat)


def _position(gps: dict[int, Any]) -> tuple[float | None, float | None]:
    """Longitude and latitude of EXIF's GPS tags; None where they say nothing that can be."""
    try:
        lat, lng = _degrees(gps[2], gps[1] in ("S", b"S")), _degrees(gps[4], gps[3] in ("W", b"W"))
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None, None
    if not (-180 <= lng <= 180 and -90 <= lat <= 90) or (lng, lat) == (0, 0):
        return None, None
    return round(lng, 6), round(lat, 6)


def _degrees(parts: Any, negative: bool) -> float:  # noqa: FBT001  # which half of the globe
    degrees, minutes, seconds = (float(part) for part in parts)
    found = degrees + minutes / 60 + seconds / 3600
    if found != found:  # noqa: PLR0124  # 0/0 is what some cameras write
        raise ValueError("not a number")
    return -found if negative else found

"""Attachments (附件) of cases: photos, video clips and voice, known by their first bytes and never by their name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from data_access.domain.errors import InvalidInput


class AttachmentKind(StrEnum):
    """What it is."""

    PHOTO = "photo"
    VIDEO = "video"
    VOICE = "voice"


class Phase(StrEnum):
    """What it shows."""

    REPORT = "report"  # what was reported
    BEFORE = "before"  # 处置前
    AFTER = "after"  # 处置后
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that is taken."""

    kind: AttachmentKind
    media_type: str
    suffix: str


JPEG: Final = Format(AttachmentKind.PHOTO, "image/jpeg", "jpg")
PNG: Final = Format(AttachmentKind.PHOTO, "image/png", "png")
WEBP: Final = Format(AttachmentKind.PHOTO, "image/webp", "webp")
MP4: Final = Format(AttachmentKind.VIDEO, "video/mp4", "mp4")
MOV: Final = Format(AttachmentKind.VIDEO, "video/quicktime", "mov")
M4A: Final = Format(AttachmentKind.VOICE, "audio/mp4", "m4a")
WEBM: Final = Format(AttachmentKind.VIDEO, "video/webm", "webm")
WEBM_VOICE: Final = Format(AttachmentKind.VOICE, "audio/webm", "weba")
OGG: Final = Format(AttachmentKind.VOICE, "audio/ogg", "ogg")
MP3: Final = Format(AttachmentKind.VOICE, "audio/mpeg", "mp3")
WAV: Final = Format(AttachmentKind.VOICE, "audio/wav", "wav")
AMR: Final = Format(AttachmentKind.VOICE, "audio/amr", "amr")
SUFFIXES: Final = {
    found.media_type: found.suffix for found in (JPEG, PNG, WEBP, MP4, MOV, M4A, WEBM, WEBM_VOICE, OGG, MP3, WAV, AMR)
}

_BEGINNINGS: Final = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"OggS", OGG),
    (b"ID3", MP3),
    (b"\xff\xfb", MP3),
    (b"\xff\xf3", MP3),
    (b"\xff\xf2", MP3),
    (b"#!AMR", AMR),
)
_BOXED: Final = {b"M4A ": M4A, b"M4B ": M4A, b"qt  ": MOV}
_STILL: Final = (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"avif", b"avis")
_NOT_TAKEN: Final = "只接受照片（JPEG、PNG、WebP）、视频（MP4、MOV、WebM）和录音（M4A、MP3、OGG、WebM、WAV、AMR）。"


def recognise(data: bytes, wanted: AttachmentKind | None = None) -> Format:
    """What the file is, by its first bytes; `wanted` is what the sender says, which WebM and MP4 leave open.

    Raises `InvalidInput` for anything that is not taken, or is another kind than the sender says.
    """
    found = _recognised(data[:16], wanted)
    if found is None or (wanted is not None and found.kind is not wanted):
        raise InvalidInput(_NOT_TAKEN)
    return found


def _recognised(head: bytes, wanted: AttachmentKind | None) -> Format | None:
    for beginning, known in _BEGINNINGS:
        if head.startswith(beginning):
            return known
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        boxed = M4A if wanted is AttachmentKind.VOICE else MP4  # phones record their voice into the box of a clip
        return None if brand in _STILL else _BOXED.get(brand, boxed)
    if head[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12])
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return WEBM_VOICE if wanted is AttachmentKind.VOICE else WEBM
    return None


def check_size(found: Format, size: int, limits: dict[AttachmentKind, int]) -> None:
    """Raise `InvalidInput` when a file of this kind has more than `limits` bytes, or none."""
    if size == 0:
        raise InvalidInput("文件是空的。")
    if size > limits[found.kind]:
        raise InvalidInput("文件太大，最多 {mb} MB。", mb=str(limits[found.kind] // 1_000_000))


def check_length(found: Format, seconds: float | None, limits: dict[AttachmentKind, int]) -> None:
    """Raise `InvalidInput` when something of this kind lasts longer than `limits` seconds (and one, for its end)."""
    most = limits[found.kind]
    if seconds is not None and seconds > most + 1:
        raise InvalidInput("录得太长，最长 {s} 秒。", s=str(most))

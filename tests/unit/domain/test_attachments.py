from __future__ import annotations

import pytest

from data_access.domain.attachments import (
    AMR,
    JPEG,
    M4A,
    MOV,
    MP3,
    MP4,
    OGG,
    PNG,
    WAV,
    WEBM,
    WEBM_VOICE,
    WEBP,
    AttachmentKind,
    Format,
    check_size,
    recognise,
)
from data_access.domain.errors import InvalidInput

BOX = b"\x00\x00\x00\x18ftyp"


@pytest.mark.parametrize(
    ("head", "wanted", "found"),
    [
        (b"\xff\xd8\xff\xe0", None, JPEG),
        (b"\x89PNG\r\n\x1a\n", AttachmentKind.PHOTO, PNG),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", None, WEBP),
        (BOX + b"isom", AttachmentKind.VIDEO, MP4),
        (BOX + b"qt  ", None, MOV),
        (BOX + b"M4A ", AttachmentKind.VOICE, M4A),
        (b"\x1a\x45\xdf\xa3", None, WEBM),
        (b"\x1a\x45\xdf\xa3", AttachmentKind.VOICE, WEBM_VOICE),
        (b"OggS", None, OGG),
        (b"ID3\x04", AttachmentKind.VOICE, MP3),
        (b"\xff\xfb\x90", None, MP3),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None, WAV),
        (b"#!AMR\n", None, AMR),
    ],
)
def test_what_is_taken_is_known_by_its_first_bytes(head: bytes, wanted: AttachmentKind | None, found: Format) -> None:
    assert recognise(head + bytes(20), wanted) is found


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        (b"", None),
        (b"<html><script>", None),
        (b"%PDF-1.7", None),
        (b"GIF89a", None),
        (b"MZ\x90\x00", AttachmentKind.PHOTO),
        (BOX + b"heic", AttachmentKind.PHOTO),
        (b"\xff\xd8\xff\xe0", AttachmentKind.VIDEO),
        (BOX + b"isom", AttachmentKind.PHOTO),
        (b"<svg xmlns=", AttachmentKind.PHOTO),
    ],
)
def test_anything_else_and_what_is_not_what_the_sender_says_is_refused(
    head: bytes, wanted: AttachmentKind | None
) -> None:
    with pytest.raises(InvalidInput, match="只接受"):
        recognise(head + bytes(20), wanted)


def test_a_size_is_measured_by_its_kind() -> None:
    limits = {AttachmentKind.PHOTO: 2_000_000, AttachmentKind.VIDEO: 9, AttachmentKind.VOICE: 9}
    check_size(JPEG, 2_000_000, limits)
    with pytest.raises(InvalidInput, match="最多 2 MB"):
        check_size(JPEG, 2_000_001, limits)
    with pytest.raises(InvalidInput, match="空"):
        check_size(JPEG, 0, limits)

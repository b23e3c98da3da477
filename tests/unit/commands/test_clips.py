from __future__ import annotations

from data_access.commands.clips import blanked


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return (8 + len(body)).to_bytes(4, "big") + kind + body


PLACE = box(b"\xa9xyz", b"\x00\x12\x15\xc7+22.5500+114.1300/")
CLIP = (
    box(b"ftyp", b"isom\x00\x00\x02\x00")
    + box(
        b"moov", box(b"mvhd", bytes(100)), box(b"trak", box(b"udta", PLACE), box(b"tkhd", b"kept")), box(b"udta", PLACE)
    )
    + box(b"mdat", b"udta is only a word here" + bytes(50))
)


def test_where_a_clip_was_made_is_blanked_and_no_other_byte_moves() -> None:
    clean = blanked(CLIP)
    assert len(clean) == len(CLIP)
    assert b"114.13" not in clean
    assert b"\xa9xyz" not in clean
    assert clean.count(b"free") == 2
    assert clean[clean.index(b"mdat") :] == CLIP[CLIP.index(b"mdat") :]
    assert b"kept" in clean


def test_what_is_no_sequence_of_boxes_stays_as_it_is() -> None:
    for data in (b"", b"abc", b"\xff" * 40, CLIP[:30], (2**31).to_bytes(4, "big") + b"moov" + bytes(10)):
        assert blanked(data)[:8] == data[:8]
        assert len(blanked(data)) == len(data)

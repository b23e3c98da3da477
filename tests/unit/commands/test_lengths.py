"""How long recordings last, of real files made here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from data_access.commands.attachments import Limits, prepare
from data_access.commands.lengths import seconds
from data_access.domain.attachments import AMR, AttachmentKind, recognise
from data_access.domain.errors import InvalidInput
from data_access.settings import Settings

TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=7")
PICTURE = ("-f", "lavfi", "-i", "testsrc=duration=7:size=64x48:rate=5")
PIECES = ("-movflags", "frag_keyframe+empty_moov", "-g", "5")


def made(folder: Path, name: str, *options: str) -> bytes:
    path = folder / name
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *options, "-y", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "options", "off"),
    [
        ("a.m4a", TONE, 0.2),
        ("a.mp3", TONE, 0.4),
        ("a.wav", TONE, 0.1),
        ("a.ogg", (*TONE, "-c:a", "libopus"), 0.2),
        ("b.ogg", (*TONE, "-c:a", "libvorbis"), 0.2),
        ("a.webm", (*TONE, "-c:a", "libopus"), 0.2),
        ("live.webm", (*TONE, "-c:a", "libopus", "-live", "1"), 0.2),  # its header says nothing, as that of browsers
        ("a.mp4", PICTURE, 0.2),
        ("pieces.mp4", (*PICTURE, *PIECES), 1.2),  # known to where the last piece begins
        ("a.mov", PICTURE, 0.2),
    ],
)
def test_of_every_format_the_length_is_known(tmp_path: Path, name: str, options: tuple[str, ...], off: float) -> None:
    data = made(tmp_path, name, *options)
    voice = AttachmentKind.VOICE if "sine" in options[3] else AttachmentKind.VIDEO
    found = seconds(data, recognise(data, voice))
    assert found == pytest.approx(7, abs=off)


def test_an_amr_is_counted_frame_by_frame() -> None:
    frame = bytes([7 << 3]) + bytes(31)
    assert seconds(b"#!AMR\n" + frame * 100, AMR) == 2


def test_what_lasts_too_long_or_cannot_say_is_told_apart(tmp_path: Path) -> None:
    limits = Limits.of(Settings(attachment_voice_s=5, attachment_video_s=60))
    voice = made(tmp_path, "a.m4a", *TONE)
    with pytest.raises(InvalidInput, match="最长 5 秒"):
        prepare(voice, limits, AttachmentKind.VOICE)
    assert prepare(voice, Limits.of(Settings(attachment_voice_s=8)), AttachmentKind.VOICE).format.kind == "voice"
    assert prepare(b"OggS" + bytes(9), limits, AttachmentKind.VOICE).format.kind == "voice"  # small, whatever it is


def test_a_recording_in_the_box_of_a_clip_is_the_voice_that_it_is_sent_as(tmp_path: Path) -> None:
    data = made(tmp_path, "a.mp4", *TONE)  # as iPhones record
    assert recognise(data, AttachmentKind.VOICE).media_type == "audio/mp4"
    assert recognise(data).media_type == "video/mp4"

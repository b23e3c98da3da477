from pathlib import Path

import numpy as np
import pytest

from data_access.demo.devices import CLIPS
from data_access.demo.make_clips import HEIGHT, SCENES, WIDTH
from data_access.demo.vendored import DATA, MEDIA


def segments(clip: str) -> list[Path]:
    lines = (MEDIA / f"{clip}.m3u8").read_text().splitlines()
    return [MEDIA / line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("clip", CLIPS)
def test_a_clip_is_a_small_complete_playlist(clip: str) -> None:
    playlist = (MEDIA / f"{clip}.m3u8").read_text()
    assert playlist.endswith("#EXT-X-ENDLIST\n")
    seconds = [float(line[8:].rstrip(",")) for line in playlist.splitlines() if line.startswith("#EXTINF:")]
    assert sum(seconds) == 10
    parts = segments(clip)
    assert len(parts) == len(seconds)
    assert 0 < sum(p.stat().st_size for p in parts) < 400_000
    assert all(p.read_bytes()[:1] == b"\x47" for p in parts)  # MPEG-TS


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_moves(scene: str) -> None:
    frames = [np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8) for _ in range(2)]
    for frame, at in zip(frames, (1.0, 2.0), strict=True):
        SCENES[scene](frame, at)
    assert (frames[0] != frames[1]).any()


def test_every_vendored_file_is_named_in_the_notice() -> None:
    notice = (DATA / "NOTICE.md").read_text("utf-8")
    for path in DATA.iterdir():
        if path.is_file() and path.name != "NOTICE.md":
            assert f"`{path.name}`" in notice
    assert "MIT" in notice
    assert "BSD-3" in notice

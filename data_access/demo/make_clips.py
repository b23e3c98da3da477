"""Draws the demo's video clips and packs them as HLS: `python -m data_access.demo.make_clips FONT.ttc`.

Four scenes of ten seconds, 640×360, H.264, each a few hundred kilobytes: a junction with traffic, a corridor, a water
gauge, an estate's gate. All of it is drawn here; nobody was filmed. The label 演示视频 DEMO and a running clock are
burnt in, so that a frozen picture shows. The results are in `media/`; this needs the development dependencies.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data_access.demo.vendored import MEDIA

WIDTH, HEIGHT, RATE, SECONDS = 640, 360, 12, 10
Frame = NDArray[np.uint8]
Colour = tuple[int, int, int]


def box(frame: Frame, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
    """Fill a rectangle, as much of it as is in the picture."""
    left, top = max(0, round(x)), max(0, round(y))
    frame[top : max(top, round(y + high)), left : max(left, round(x + wide))] = colour


def junction(frame: Frame, at: float) -> None:
    """Two roads, lights that change, vehicles that wait for them."""
    frame[:] = (52, 58, 54)
    box(frame, 0, 140, WIDTH, 90, (70, 72, 76))
    box(frame, 270, 0, 100, HEIGHT, (70, 72, 76))
    for n in range(16):
        box(frame, n * 42, 183, 20, 3, (150, 150, 140))
        box(frame, 318, n * 26, 3, 13, (150, 150, 140))
    green = at % 10 < 5
    box(frame, 376, 124, 10, 10, (70, 190, 110) if green else (200, 70, 60))
    for n, (shade, speed) in enumerate((((190, 60, 55), 92), ((225, 225, 220), 78), ((60, 95, 170), 85))):
        run = at if green else 5.0
        box(frame, (n * 230 + run * speed) % 760 - 60, 152, 46, 22, shade)
        box(frame, 700 - (n * 210 + run * speed) % 800, 198, 46, 22, shade[::-1])
    across = max(0.0, at % 10 - 5)
    for n in range(3):
        box(frame, 283, (across * 95 + n * 150) % 460 - 60, 22, 42, (210, 190, 90))


def corridor(frame: Frame, at: float) -> None:
    """A corridor in perspective; somebody walks down it."""
    frame[:] = (88, 90, 94)
    for depth in range(12, 0, -1):
        wide, high = 44 + depth * 50, 26 + depth * 28
        shade = 58 + depth * 8
        box(frame, 320 - wide / 2, 176 - high / 2, wide, high, (shade, shade, shade + 4))
        box(frame, 320 - wide / 2, 176 + high / 2 - 6, wide, 6, (shade - 24, shade - 26, shade - 28))
    for n in range(4):
        box(frame, 60 + n * 46, 110 - n * -12, 30, 150 - n * 28, (96, 78, 58))
        box(frame, 550 - n * 46, 110 - n * -12, 30, 150 - n * 28, (96, 78, 58))
    size = 26 + at * 13
    sway = 10 * np.sin(at * 5)
    box(frame, 320 + sway - size / 6, 190 - size * 0.2, size / 3, size * 0.85, (46, 58, 92))
    box(frame, 320 + sway - size / 8, 190 - size * 0.46, size / 4, size / 4, (196, 158, 132))
    box(frame, 306, 62, 28, 14, (60, 190, 110))


def water(frame: Frame, at: float) -> None:
    """A gauge in a channel; the water rises and falls a little."""
    frame[:] = (104, 106, 100)
    level = 228 - 26 * np.sin(at * 2 * np.pi / SECONDS)
    rows = np.arange(HEIGHT)
    ripple = (7 * np.sin(rows * 0.6 + at * 9)).astype(np.int64)
    for y in range(int(level), HEIGHT):
        frame[y] = (50 + ripple[y], 78 + ripple[y], 88 + ripple[y])
    box(frame, 290, 30, 60, 310, (232, 232, 224))
    for n in range(31):
        long = n % 5 == 0
        box(frame, 290, 34 + n * 10, 44 if long else 24, 3, (190, 40, 36) if long else (30, 30, 32))
    for y in range(int(level), HEIGHT, 2):
        box(frame, 290, y, 60, 1, (60, 92, 100))
    box(frame, (at * 60) % 700 - 40, level - 3, 34, 5, (150, 132, 88))


def gate(frame: Frame, at: float) -> None:
    """An estate's gate: a barrier lifts, a car passes."""
    frame[:] = (66, 70, 66)
    box(frame, 0, 0, WIDTH, 130, (118, 136, 152))
    box(frame, 40, 40, 170, 130, (140, 130, 120))
    for row in range(3):
        for column in range(5):
            box(frame, 54 + column * 31, 54 + row * 34, 18, 20, (80, 96, 112))
    box(frame, 0, 210, WIDTH, 150, (84, 86, 88))
    box(frame, 400, 130, 70, 120, (150, 112, 84))
    lift = float(np.clip(np.sin(at * 2 * np.pi / SECONDS) * 2, 0, 1))
    for n in range(24):
        box(frame, 400 - n * 13, 226 - lift * n * 8, 13, 8, (214, 60, 50) if n % 2 else (232, 232, 228))
    box(frame, (at - 1) * 150 - 120, 244, 120, 44, (54, 92, 150))
    box(frame, (at - 1) * 150 - 96, 222, 66, 26, (36, 60, 100))


SCENES: Final[dict[str, Callable[[Frame, float], None]]] = {
    "junction": junction,
    "corridor": corridor,
    "water": water,
    "gate": gate,
}


def make(name: str, font: Path, folder: Path = MEDIA) -> None:
    """Draw one scene and write `name.m3u8` and its segments into `folder`."""
    from imageio_ffmpeg import get_ffmpeg_exe  # noqa: PLC0415  # a development dependency

    text = f"fontfile={font}:fontcolor=white:box=1:boxcolor=black@0.55:boxborderw=6"
    label = f"drawtext={text}:fontsize=20:x=14:y=14:text='演示视频 DEMO'"
    clock = f"drawtext={text}:fontsize=20:x=w-tw-14:y=14:text='%{{pts\\:hms}}'"
    command = [get_ffmpeg_exe(), "-y", "-loglevel", "error"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "-"]
    command += ["-vf", f"{label},{clock}", "-c:v", "libx264", "-profile:v", "baseline", "-pix_fmt", "yuv420p"]
    command += ["-crf", "30", "-g", str(RATE * 2), "-threads", "1", "-f", "hls", "-hls_time", "5"]
    command += ["-hls_playlist_type", "vod", "-hls_segment_filename", str(folder / f"{name}%d.ts")]
    frames = []
    for n in range(RATE * SECONDS):
        frame = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
        SCENES[name](frame, n / RATE)
        frames.append(frame.tobytes())
    subprocess.run([*command, str(folder / f"{name}.m3u8")], input=b"".join(frames), check=True)  # noqa: S603  # our own words


def main() -> None:
    """Draw every scene with the font file named on the command line."""
    for name in SCENES:
        make(name, Path(sys.argv[1]))


if __name__ == "__main__":
    main()

"""Photos as phones take them, made here."""

from __future__ import annotations

import random
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD, Base
from PIL.TiffImagePlugin import IFDRational


def photo(
    width: int = 320,
    height: int = 240,
    *,
    at: tuple[float, float] | None = (114.13, 22.55),
    orientation: int = 1,
    form: str = "JPEG",
    seed: int = 1,
    **more: Any,
) -> bytes:
    """A picture with a gradient and noise; `at` is lng and lat in its EXIF."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    noise = Image.frombytes("L", (width, height), random.Random(seed).randbytes(width * height))
    image = Image.blend(image, noise.convert("RGB"), 0.1)
    exif = Image.Exif()
    exif[Base.Make] = "SECRETPHONE"
    exif[Base.Orientation] = orientation
    if at is not None:
        gps = exif.get_ifd(IFD.GPSInfo)
        gps[1], gps[3] = "N", "E"
        gps[2], gps[4] = _sixty(at[1]), _sixty(at[0])
    out = BytesIO()
    image.save(out, form, exif=exif, **more)
    return out.getvalue()


def _sixty(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    whole, minutes = int(degrees), int(degrees * 60) % 60
    return IFDRational(whole), IFDRational(minutes), IFDRational(round((degrees * 3600 % 60) * 1000), 1000)


def pixels(data: bytes) -> bytes:
    """What a photo shows."""
    with Image.open(BytesIO(data)) as image:
        return image.convert("RGB").tobytes()

"""Photos as they are kept: upright, small enough, with nothing but the picture."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from data_access.commands.photos import cleaned, stripped
from data_access.domain.errors import InvalidInput
from tests.photos import photo, pixels


@pytest.mark.parametrize("more", [{}, {"progressive": True}, {"comment": b"SECRETPHONE"}, {"quality": 95}])
def test_a_small_jpeg_keeps_its_pixels_and_loses_what_it_says(more: dict[str, Any]) -> None:
    data = photo(**more)
    assert b"SECRETPHONE" in data
    found = cleaned(data, edge=1920)
    assert pixels(found.data) == pixels(data)
    assert b"SECRETPHONE" not in found.data
    assert b"Exif" not in found.data
    assert (found.width, found.height) == (320, 240)
    assert found.lng == pytest.approx(114.13, abs=1e-5)
    assert found.lat == pytest.approx(22.55, abs=1e-5)


def test_a_picture_behind_the_picture_is_gone() -> None:
    data = photo(at=None)
    found = stripped(data + photo())
    assert found == stripped(data)
    assert b"SECRETPHONE" not in found


def test_a_large_one_is_made_smaller_and_a_lying_one_upright() -> None:
    large = cleaned(photo(3000, 1500), edge=1000)
    assert (large.width, large.height) == (1000, 500)
    lying = cleaned(photo(orientation=6), edge=1000)
    assert (lying.width, lying.height) == (240, 320)
    for found in (large, lying):
        assert b"SECRETPHONE" not in found.data
        with Image.open(BytesIO(found.data)) as image:
            assert (image.format, dict(image.getexif())) == ("JPEG", {})


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_other_pictures_become_jpeg(form: str) -> None:
    found = cleaned(photo(form=form), edge=1920)
    assert found.data.startswith(b"\xff\xd8\xff")
    assert found.lng == pytest.approx(114.13, abs=1e-5)
    assert b"SECRETPHONE" not in found.data


def test_what_is_clear_becomes_white_and_not_black() -> None:
    out = BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    assert set(pixels(cleaned(out.getvalue(), edge=1920).data)) == {255}


@pytest.mark.parametrize(
    "broken",
    [
        photo()[:2000],
        photo()[:300],
        b"\xff\xd8\xff\xe0" + bytes(500),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        photo(form="PNG")[:-3000],
        photo().replace(b"\xff\xc4", b"\xff\xe9"),  # no table to read its bits with
        photo().replace(b"\xff\xdb", b"\xff\xe9"),
        photo().replace(b"\xff\xda", b"\xff\xe9"),  # no picture
        photo().replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc9\x00\x11\x08"),  # what no browser shows
    ],
)
def test_what_cannot_be_read_is_refused(broken: bytes) -> None:
    with pytest.raises(InvalidInput, match="打不开"):
        cleaned(broken, edge=1920)


def test_too_many_pixels_are_not_even_decoded() -> None:
    out = BytesIO()
    Image.new("1", (10_000, 8_000)).save(out, "PNG")
    with pytest.raises(InvalidInput, match="像素"):
        cleaned(out.getvalue(), edge=1920)


def test_a_place_that_cannot_be_is_none() -> None:
    assert cleaned(photo(at=None), edge=1920).lng is None
    assert cleaned(photo(at=(0.0, 0.0)), edge=1920).lng is None

"""The palette for eyes that see colour differently: the very tokens of the stylesheet, simulated and measured.

Simulation: Machado, Oliveira & Fernandes 2009, severity 1.0, on linear RGB. Distance: CIE 1976 ΔE*ab (2.3 is just
noticeable). Contrast: WCAG 2. Marks differ by shape as well, so the distances here are a second means, not the only.
"""

from __future__ import annotations

import math
import re
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "assets" / "css" / "00-tokens.css"
Rgb = tuple[float, float, float]
Matrix = tuple[Rgb, Rgb, Rgb]

SIGHT: dict[str, Matrix] = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
    "greyscale": ((0.2126, 0.7152, 0.0722),) * 3,
}
COLOURED = ("critical", "major", "minor", "warn", "quality", "accent")
SEVERITIES = ("critical", "major", "minor", "warn")
THEMES = ("dark", "light")
LEAST_TEXT = 4.5  # what WCAG asks, of full sight
LEAST_SIMULATED = 4.0  # lowest measured: 4.07, orange words on the light ground, deuteranopia
LEAST_SHAPE = 3.0
LEAST_APART = 9.0  # lowest measured: 9.6, orange and yellow on dark, deuteranopia


@cache
def tokens(theme: str) -> dict[str, str]:
    """The tokens of a theme, `var(--…)` resolved; the light theme begins from the dark one."""
    text = re.sub(r"/\*.*?\*/", "", CSS.read_text("utf-8"), flags=re.DOTALL)
    blocks = re.findall(r"([^{}]+)\{([^{}]*)\}", text)
    wanted = ["dark"] if theme == "dark" else ["dark", "light"]
    found: dict[str, str] = {}
    for name in wanted:
        for selector, body in blocks:
            if f'[data-theme="{name}"]' in selector:
                found |= {k: v.strip() for k, v in re.findall(r"--([\w-]+):\s*([^;]+);", body)}
    for name, value in found.items():
        if match := re.fullmatch(r"var\(--([\w-]+)\)", value):
            found[name] = found[match[1]]
    return found


def linear(colour: str) -> Rgb:
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return _expand(r), _expand(g), _expand(b)


def _expand(c: float) -> float:
    return c / 12.92 if c <= 0.04045 else float(((c + 0.055) / 1.055) ** 2.4)


def seen(colour: str, sight: str) -> Rgb:
    """Linear RGB of `colour` for a kind of sight, inside the gamut."""
    rgb = linear(colour)
    r, g, b = (min(1.0, max(0.0, sum(m * c for m, c in zip(row, rgb, strict=True)))) for row in SIGHT[sight])
    return r, g, b


def luminance(rgb: Rgb) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(a: Rgb, b: Rgb) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: Rgb) -> Rgb:
    r, g, b = rgb
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
        luminance(rgb),
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    )
    x, y, z = (v ** (1 / 3) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def apart(a: Rgb, b: Rgb) -> float:
    return math.dist(lab(a), lab(b))


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", THEMES)
def test_every_coloured_word_is_readable_on_every_surface(theme: str, sight: str) -> None:
    of = tokens(theme)
    least = min(
        contrast(seen(of[name], sight), seen(of[surface], sight))
        for name in COLOURED
        for surface in ("surface-1", "bg")
    )
    assert least >= (LEAST_TEXT if sight in {"full", "greyscale"} else LEAST_SIMULATED)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", THEMES)
def test_words_on_a_filled_colour_are_readable(theme: str, sight: str) -> None:
    of = tokens(theme)
    for name in COLOURED:
        assert contrast(seen(of[f"on-{name}"], sight), seen(of[name], sight)) >= LEAST_TEXT, name


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", THEMES)
def test_every_shape_stands_out_from_the_map_by_its_fill_or_its_edge(theme: str, sight: str) -> None:
    of = tokens(theme)
    for name in SEVERITIES:
        marks = [of[f"{name}-fill"], of.get(f"{name}-edge", ""), of["critical-ring"] if name == "critical" else ""]
        best = max(contrast(seen(m, sight), seen(of["surface-1"], sight)) for m in marks if m.startswith("#"))
        assert best >= LEAST_SHAPE, name


@pytest.mark.parametrize("sight", ["full", "protanopia", "deuteranopia", "tritanopia"])
@pytest.mark.parametrize("theme", THEMES)
def test_severities_and_quality_stay_apart_for_every_kind_of_sight(theme: str, sight: str) -> None:
    of = tokens(theme)
    names = {name: of.get(f"{name}-fill", of[name]) for name in (*SEVERITIES, "quality")}
    distances = {(a, b): apart(seen(x, sight), seen(y, sight)) for (a, x), (b, y) in combinations(names.items(), 2)}
    nearest = min(distances, key=lambda pair: distances[pair])
    assert distances[nearest] >= LEAST_APART, (nearest, distances[nearest])


@pytest.mark.parametrize("theme", THEMES)
def test_red_orange_and_yellow_rise_in_lightness_so_that_grey_keeps_their_order(theme: str) -> None:
    of = tokens(theme)
    lightness = [lab(seen(of[f"{name}-fill"], "greyscale"))[0] for name in ("critical", "major", "minor")]
    assert lightness[1] - lightness[0] >= 9
    assert lightness[2] - lightness[1] >= 9


@pytest.mark.parametrize("sight", [s for s in SIGHT if s != "greyscale"])
@pytest.mark.parametrize("theme", THEMES)
def test_selection_is_never_taken_for_an_alarm(theme: str, sight: str) -> None:
    """Without any hue its form alone says so: it is a line or a ground, never a filled shape."""
    of = tokens(theme)
    nearest = min(apart(seen(of["accent"], sight), seen(of[f"{n}-fill"], sight)) for n in SEVERITIES)
    assert nearest >= LEAST_APART

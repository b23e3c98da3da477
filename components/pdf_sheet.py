"""A sheet of paper to draw on: CSS pixels on A4, two weights of one font, inks of the light theme, text that wraps.

A thin hand over fpdf2. It knows no data: what stands where is `weekly.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

WIDTH, HEIGHT = 794.0, 1123.0
LEFT, RIGHT = 52.0, 742.0
_POINTS: Final = 0.75  # of a CSS pixel

INK: Final = "#14181C"
SOFT: Final = "#434B53"
FAINT: Final = "#5F6973"
LINE: Final = "#DCE0E4"
STRONG: Final = "#A9B2BA"
DATA_1: Final = "#56626D"
DATA_2: Final = "#7F8A95"
PAPER: Final = "#FFFFFF"
HEAT: Final = ("#F2F4F5", "#D5DBE0", "#AFBAC3", "#7F8A95", "#56626D", "#14181C")
"""Six neutral steps, as calendars have them."""
CRITICAL, MAJOR = "#B3261E", "#B45309"

_CLOSERS: Final = frozenset("，。；：、！？）》”’％%,.;:!?)·")
_WORD: Final = re.compile(r"[A-Za-z0-9.,:;%+\u2212/×–<>=÷()'-]+(?: [<>=÷/] [A-Za-z0-9.]+)* ?|\s|.")
"""What stays together: a Latin word or a number with its signs; a Chinese character by itself."""


@dataclass(frozen=True, slots=True)
class Bit:
    """Some text of one weight and ink."""

    text: str
    bold: bool = False
    ink: str = SOFT


@dataclass(frozen=True, slots=True)
class Face:
    """A font file and which of its faces; the bold one where there is one."""

    regular: Path
    number: int
    bold: Path | None


class Sheet:
    """A document that is being drawn. Lengths are CSS pixels from the upper left corner of the page."""

    def __init__(self, face: Face, *, title: str, lang: str, at: datetime) -> None:
        from fpdf import FPDF  # noqa: PLC0415  # heavy, and for documents alone

        self._pdf: Any = FPDF(unit=_POINTS, format=(WIDTH, HEIGHT))
        self._pdf.set_auto_page_break(auto=False)
        self._pdf.set_margin(0)
        self._pdf.c_margin = 0
        self._pdf.set_title(title)
        self._pdf.set_lang(lang)
        self._pdf.set_author("Yiping")
        self._pdf.set_creator("Yiping")
        self._pdf.set_producer("fpdf2")
        self._pdf.set_creation_date(at)
        self._pdf.add_font("cjk", fname=face.regular, collection_font_number=face.number)
        self._pdf.add_font("cjk", style="B", fname=face.bold or face.regular, collection_font_number=face.number)
        self._drawn_bold = face.bold is None

    def page(self) -> None:
        """Begin a page."""
        self._pdf.add_page()

    @property
    def pages(self) -> int:
        return int(self._pdf.page)

    def bytes(self) -> bytes:
        """The finished document. The same drawing gives the same bytes: nothing in it tells when it was written."""
        out = BytesIO()
        self._pdf.output(out)
        return out.getvalue()

    def measure(self, text: str, size: float, *, bold: bool = False) -> float:
        """How wide `text` is."""
        self._font(size, bold=bold)
        return float(self._pdf.get_string_width(text))

    def text(
        self, x: float, y: float, text: str, size: float = 12, *, bold: bool = False, ink: str = SOFT, align: str = "l"
    ) -> float:
        """Write `text` on the base line `y`: from `x`, ending at it (`r`) or about it (`c`); return its width."""
        wide = self.measure(text, size, bold=bold)
        self._ink(ink, bold=bold)
        self._pdf.text(x - {"l": 0.0, "r": wide, "c": wide / 2}[align], y, text)
        return wide

    def fitted(
        self, x: float, y: float, text: str, room: float, size: float = 12, *, bold: bool = False, ink: str = SOFT
    ) -> None:
        """Write `text`, cut with an ellipsis where it is wider than `room`."""
        if self.measure(text, size, bold=bold) > room:
            while text and self.measure(text + "…", size, bold=bold) > room:
                text = text[:-1]
            text = text.rstrip() + "…"
        self.text(x, y, text, size, bold=bold, ink=ink)

    def flow(self, x: float, y: float, room: float, bits: Sequence[Bit], size: float, leading: float) -> float:
        """Write `bits` in lines of `room`, the first on base line `y`; return the base line after the last."""
        for line in self.lines(room, bits, size):
            at = x
            for bit in line:
                at += self.text(at, y, bit.text, size, bold=bit.bold, ink=bit.ink)
            y += leading
        return y

    def lines(self, room: float, bits: Sequence[Bit], size: float) -> list[list[Bit]]:
        """`bits` broken into lines: between Chinese characters and Latin words, no line begins with a closing mark."""
        lines: list[list[Bit]] = [[]]
        used = 0.0
        for bit in bits:
            for word in _WORD.findall(bit.text):
                wide = self.measure(word, size, bold=bit.bold)
                if used + self.measure(word.rstrip(), size, bold=bit.bold) > room and used and word[0] not in _CLOSERS:
                    lines.append([])
                    used = 0.0
                    if word.isspace():
                        continue
                lines[-1].append(Bit(word, bit.bold, bit.ink))
                used += wide
        return [_joined(line) for line in lines]

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, ink: str = LINE, width: float = 1, dash: float = 0
    ) -> None:
        """A straight line."""
        self._stroke(ink, width)
        if dash:
            self._pdf.set_dash_pattern(dash=dash, gap=dash * 0.75)
        self._pdf.line(x1, y1, x2, y2)
        if dash:
            self._pdf.set_dash_pattern()

    def path(self, points: Sequence[tuple[float, float]], *, ink: str = INK, width: float = 2) -> None:
        """A line through `points`."""
        if len(points) > 1:
            self._stroke(ink, width)
            self._pdf.polyline(list(points))

    def rect(self, x: float, y: float, wide: float, high: float, *, ink: str, outline: str | None = None) -> None:
        """A filled rectangle, or with `outline` one of that ink, filled with `ink`."""
        self._pdf.set_fill_color(ink)
        if outline:
            self._stroke(outline, 1)
        self._pdf.rect(x, y, wide, high, style="DF" if outline else "F")

    def frame(self, x: float, y: float, wide: float, high: float, corner: float) -> None:
        """An outline with round corners."""
        self._stroke(INK, 2.5)
        self._pdf.rect(x, y, wide, high, style="D", round_corners=True, corner_radius=corner)

    def tag(self, right: float, y: float, text: str, size: float, *, inverse: bool = False) -> None:
        """A word in a box that ends at `right`, on base line `y`."""
        wide = self.measure(text, size, bold=inverse) + 8
        self.rect(
            right - wide, y - size, wide, size * 1.42, ink=INK if inverse else PAPER, outline=INK if inverse else STRONG
        )
        self.text(right - 4, y, text, size, bold=inverse, ink=PAPER if inverse else INK, align="r")

    def dot(self, x: float, y: float, radius: float, *, ink: str, hollow: bool = False) -> None:
        """A dot about `x`, `y`."""
        self._pdf.set_fill_color(PAPER if hollow else ink)
        self._stroke(ink, 1.8 if hollow else 0.2)
        self._pdf.circle(x, y, radius, style="DF")

    def shape(self, points: Sequence[tuple[float, float]], *, ink: str) -> None:
        """A filled polygon."""
        self._pdf.set_fill_color(ink)
        self._pdf.polygon(list(points), style="F")

    def _font(self, size: float, *, bold: bool) -> None:
        self._pdf.set_font("cjk", style="B" if bold else "", size=size * _POINTS)

    def _ink(self, ink: str, *, bold: bool) -> None:
        self._pdf.set_text_color(ink)
        drawn = bold and self._drawn_bold
        self._pdf.text_mode = "FILL_STROKE" if drawn else "FILL"
        if drawn:
            self._stroke(ink, 0.35)

    def _stroke(self, ink: str, width: float) -> None:
        self._pdf.set_draw_color(ink)
        self._pdf.set_line_width(width)


def _joined(line: Sequence[Bit]) -> list[Bit]:
    """Neighbours of one weight and ink as one bit, without the blank at the end."""
    found: list[Bit] = []
    for bit in line:
        if found and (found[-1].bold, found[-1].ink) == (bit.bold, bit.ink):
            found[-1] = Bit(found[-1].text + bit.text, bit.bold, bit.ink)
        else:
            found.append(bit)
    return found

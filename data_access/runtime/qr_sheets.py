"""Sheets of QR codes as PDF: eight to a page, each with the place it belongs to, to be cut out and put up.

A PDF holds the letters it shows, so a font with Chinese ones must be on this machine; only those used go in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlencode

from data_access.runtime.refusal import Refusal
from data_access.viewmodels.reports import Point

_FONTS: Final = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),  # Debian's fonts-noto-cjk; Simplified Chinese in it
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/Library/Fonts/Arial Unicode.ttf", 0),
    ("/System/Library/Fonts/Supplemental/Arial Unicode.ttf", 0),
    ("C:/Windows/Fonts/msyh.ttc", 0),
    ("C:/Windows/Fonts/simhei.ttf", 0),
)
_ACROSS, _DOWN = 2, 4
_WIDE, _HIGH, _MARGIN, _CODE = 95.0, 68.0, 10.0, 44.0  # mm


def font(wanted: Path | None) -> tuple[Path, int]:
    """The font file, and which of its faces. Raises `Refusal` when there is none."""
    if wanted is not None:
        if not wanted.is_file():
            raise Refusal(f"There is no font at {wanted} (YIPING_PDF_FONT).")
        return wanted, 2 if wanted.name.startswith("NotoSansCJK") else 0
    for name, face in _FONTS:
        if Path(name).is_file():
            return Path(name), face
    raise Refusal(
        "No font with Chinese letters was found: install one (Debian: apt-get install fonts-noto-cjk), "
        "or name a TTF, OTF or TTC file by YIPING_PDF_FONT."
    )


def write(points: Iterable[Point], base: str, face: tuple[Path, int], out: IO[bytes]) -> int:
    """Write the sheets for `points`, whose codes lead to `base`; return how many codes there are."""
    from fpdf import FPDF  # noqa: PLC0415  # heavy, and for this command alone

    pdf: Any = FPDF(format="A4")
    pdf.set_title("随手拍二维码")
    pdf.set_auto_page_break(auto=False)
    pdf.add_font("cjk", fname=face[0], collection_font_number=face[1])
    count = 0
    for place, point in enumerate(points):
        cell = place % (_ACROSS * _DOWN)
        if cell == 0:
            pdf.add_page()
        _draw(pdf, point, address(base, point), _MARGIN + cell % _ACROSS * _WIDE, _MARGIN + cell // _ACROSS * _HIGH)
        count += 1
    if count:
        pdf.output(out)
    return count


def address(base: str, point: Point) -> str:
    """What the code of `point` says."""
    return f"{base.rstrip('/')}/report?{urlencode({'point': point.code})}"


def _draw(pdf: Any, point: Point, says: str, left: float, top: float) -> None:
    pdf.set_draw_color(170)
    pdf.set_line_width(0.1)
    pdf.rect(left, top, _WIDE, _HIGH)
    _code(pdf, says, left + 4, top + 12)
    x, width = left + _CODE + 7, _WIDE - _CODE - 11
    for size, above, text in (
        (16, 10, "随手拍"),
        (9, 18, "扫码上报 Scan to report"),
        (11, 27, point.name),
        (9, 44, " · ".join(part for part in (point.area, point.grid) if part)),
        (8, 54, point.code),
    ):
        pdf.set_font("cjk", size=size)
        pdf.set_xy(x, top + above)
        pdf.multi_cell(width, size * 0.48, text, align="L", max_line_height=size * 0.48)


def _code(pdf: Any, says: str, left: float, top: float) -> None:
    """The code as rectangles, a run of dark modules each: sharp at any size."""
    import segno  # noqa: PLC0415  # as above

    rows: Sequence[Sequence[int]] = segno.make(says, error="m", micro=False).matrix
    module = _CODE / len(rows)
    pdf.set_fill_color(0)
    for y, row in enumerate(rows):
        for x, length in _runs(row):
            pdf.rect(left + x * module, top + y * module, length * module, module, style="F")


def _runs(row: Sequence[int]) -> list[tuple[int, int]]:
    """Where dark modules begin, and how many there are in a line."""
    found: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if not dark:
            continue
        if found and sum(found[-1]) == x:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((x, 1))
    return found

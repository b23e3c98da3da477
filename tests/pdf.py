"""The text of a PDF as fpdf2 writes it: codes of a subset of a font, and the table that says which letters they are."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_DRAWN = re.compile(rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", re.DOTALL)
_RANGE = re.compile(rb"<([0-9A-F]{4})>(?: <([0-9A-F]{4})>)? <([0-9A-F]+)>")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def text_of(pdf: bytes) -> str:
    """Everything that is written, a string a line, in the order of drawing."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    letters = {}
    for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", pdf):
        table = re.search(rb"/ToUnicode (\d+) 0 R", objects[int(number)])
        assert table, "a font that cannot be read back"
        letters[name] = dict(_letters(_stream(objects[int(table[1])])))
    lines: list[str] = []
    font = b""
    for body in objects.values():
        drawn = _stream(body)
        if drawn.find(b" Tj") < 0:
            continue
        for named, string in _DRAWN.findall(drawn):
            if named:
                font = named
                continue
            codes = _ESCAPED.sub(lambda found: {b"r": b"\r", b"n": b"\n"}.get(found[1], found[1]), string)
            pairs = zip(codes[::2], codes[1::2], strict=True)
            lines.append("".join(letters[font].get(high << 8 | low, "\ufffd") for high, low in pairs))
    return "\n".join(lines)


def _letters(table: bytes) -> Iterator[tuple[int, str]]:
    for section in re.findall(rb"beginbf(?:char|range)\n(.*?)\nendbf", table, re.DOTALL):
        for first, last, letter in _RANGE.findall(section):
            start, end = int(first, 16), int(last or first, 16)
            base = bytes.fromhex(letter.decode()).decode("utf-16-be")
            for code in range(start, end + 1):
                yield code, chr(ord(base) + code - start) if start < end else base


def _stream(body: bytes) -> bytes:
    found = re.search(rb"stream\n(.*?)\nendstream", body, re.DOTALL)
    if found is None:
        return b""
    return zlib.decompress(found[1]) if b"FlateDecode" in body else found[1]

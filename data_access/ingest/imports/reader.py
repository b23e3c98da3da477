"""Opens what people have: CSV in UTF-8 or GB18030, or XLSX, told apart by their bytes; rows come out as text."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

from openpyxl import load_workbook

from data_access.domain.errors import InvalidInput

MISSING: Final = frozenset({"", "-"})
"""What stands for no value."""

_BLOCK: Final = 1 << 20
_SEPARATORS: Final = (",", "\t", ";")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: where it stands (the file's first line is 1) and what it says; None is missing."""

    line: int
    values: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Source:
    """A table in a file, ready to be read as often as needed. `size` counts its rows, the header left out."""

    path: Path
    form: str  # utf-8-sig, gb18030 or xlsx
    separator: str
    header: tuple[str, ...]
    header_line: int
    size: int

    def rows(self) -> Iterator[Row]:
        """The rows from the top; blank lines and comments are passed over."""
        for line, cells in _lines(self.path, self.form, self.separator):
            if line <= self.header_line or not any(cells):
                continue
            padded = (*cells, *("",) * (len(self.header) - len(cells)))
            yield Row(line, {name: _value(cell) for name, cell in zip(self.header, padded, strict=False)})


def open_table(path: Path) -> Source:
    """Look at the file once: its form, its header, how many rows. Raise `InvalidInput` when it is none of ours."""
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.")
    form = _form(path)
    separator = "" if form == "xlsx" else _separator(path, form)
    header: tuple[str, ...] = ()
    header_line = size = 0
    for line, cells in _lines(path, form, separator):
        if not header:
            if any(cells) and not cells[0].startswith("#"):
                header, header_line = tuple(cell.strip() for cell in cells), line
        else:
            size += any(cells)
    if not any(header):
        raise InvalidInput(f"{path.name} is empty; the line above the rows must name the columns.")
    if not size:
        raise InvalidInput(f"{path.name} names columns and holds no rows below (0 rows): probably the wrong file.")
    doubled = {name for name in header if name and header.count(name) > 1}
    if doubled:
        raise InvalidInput(f"{path.name} names a column twice: {', '.join(sorted(doubled))}.")
    return Source(path, form, separator, header, header_line, size)


def _form(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
        if start == b"PK\x03\x04":
            return "xlsx"
        if path.suffix.lower() in {".xlsx", ".xlsm", ".xls"}:
            raise InvalidInput(f"{path.name} is not an XLSX file, though its name says so; save it as XLSX or CSV.")
        for encoding in ("utf-8-sig", "gb18030"):
            decoder = codecs.getincrementaldecoder(encoding)()
            file.seek(0)
            try:
                while block := file.read(_BLOCK):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
            return encoding
    raise InvalidInput(f"{path.name} is neither UTF-8 nor GB18030 text nor an XLSX workbook.")


def _separator(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as file:
        first = next((line for line in file if line.strip() and not line.startswith("#")), "")
    return max(_SEPARATORS, key=first.count)


def _lines(path: Path, form: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    if form == "xlsx":
        yield from _sheet(path)
        return
    with path.open(encoding=form, newline="") as file:
        reader = csv.reader(file, delimiter=separator)
        try:
            yield from enumerate(reader, 1)
        except csv.Error as error:
            raise InvalidInput(f"{path.name}, line {reader.line_num}: {error}.") from error


def _sheet(path: Path) -> Iterator[tuple[int, list[str]]]:
    with path.open("rb") as file:  # a file object: by its bytes, whatever the name says
        try:
            book = load_workbook(file, read_only=True, data_only=True)
        except (BadZipFile, KeyError, ValueError) as error:
            raise InvalidInput(f"{path.name} is not an XLSX workbook.") from error
        try:
            for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
                yield number, [_text(cell) for cell in cells]
        finally:
            book.close()


def _text(cell: Any) -> str:
    """A workbook's cell as the text a CSV would hold: no `.0` behind whole numbers, ISO dates."""
    match cell:
        case None:
            return ""
        case bool():
            return str(int(cell))
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.isoformat(sep=" ")
        case date():
            return cell.isoformat()
        case _:
            return str(cell)


def _value(cell: str) -> str | None:
    cell = cell.strip()
    return None if cell in MISSING else cell

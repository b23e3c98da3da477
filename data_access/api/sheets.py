"""Rows as JSON, CSV or a workbook: one way for the command line and for downloads."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import IO, Any, Final

Rows = Iterable[dict[str, Any]]
"""What has `columns` says what they are called even where there is no row."""

_FORMULA: Final = re.compile(r"[=+\t\r].|-[^\d.]|@[A-Za-z]", re.DOTALL)
"""What a spreadsheet takes for one; @坪山 is a channel's name and stays."""


def _json(rows: Rows, target: IO[bytes]) -> None:
    """One array, a row a line."""
    before = b"[\n"
    for row in rows:
        target.write(before + json.dumps(row, ensure_ascii=False).encode())
        before = b",\n"
    target.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def _csv(rows: Rows, target: IO[bytes]) -> None:
    """With a byte-order mark, so that a spreadsheet reads the Chinese."""
    columns, rows = _headed(rows)
    if not columns:
        return
    target.write("\ufeff".encode())
    writer = csv.writer(_Encoded(target), lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_safe(value) for value in row.values()])


def _xlsx(rows: Rows, target: IO[bytes]) -> None:
    from openpyxl import Workbook  # noqa: PLC0415  # slow to import, and seldom needed

    book = Workbook(write_only=True)
    sheet = book.create_sheet("export")
    columns, rows = _headed(rows)
    if columns:
        sheet.append(columns)
        for row in rows:
            sheet.append([_safe(value) for value in row.values()])
    book.save(target)


def _headed(rows: Rows) -> tuple[list[str], Rows]:
    """The columns, from the rows themselves or from the first of them, and the rows."""
    named = getattr(rows, "columns", None)
    if named is not None:
        return list(named), rows
    iterator = iter(rows)
    first = next(iterator, None)
    return ([], iterator) if first is None else (list(first), chain([first], iterator))


class _Encoded:
    """A text sink on top of a binary one, for the csv module."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target

    def write(self, text: str) -> int:
        return self._target.write(text.encode())


def _safe(value: Any) -> Any:
    """Text from outside must not run as a formula in somebody's spreadsheet."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


WRITERS: Final[dict[str, Callable[[Rows, IO[bytes]], None]]] = {"json": _json, "csv": _csv, "xlsx": _xlsx}
TYPES: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}

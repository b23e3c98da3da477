"""What the pages of the weekly brief are made of: the mark, headings, tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from components import format as fmt
from components.i18n import Words
from components.pdf_sheet import FAINT, INK, LINE, SOFT, STRONG, Sheet
from data_access.domain.case_indicators import Rate
from data_access.viewmodels.weekly import Line

ROW: Final = 23.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, its width, on which side its text stands."""

    head: str
    width: float
    align: str = "l"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Where a table ended, and where its rows' base lines are."""

    top: float
    end: float

    def base(self, row: int) -> float:
        """The base line of a row."""
        return self.top + row * ROW + 16


@dataclass(frozen=True, slots=True)
class Block:
    """Something with a heading that is `high` from its base line on; `draw` puts it at x, y in a width, and ends."""

    high: float
    draw: Callable[[float, float, float], float]


def groups(sheet: Sheet, title: str, note: str, lines: Sequence[Line], w: Words) -> Block:
    """Classes or channels: this week, the week before, the change, the on-time rate."""

    def draw(x: float, y: float, wide: float) -> float:
        heading(sheet, x, y, title, note)
        columns = [
            Column("", 60),
            Column(w("本周"), 58, "r"),
            Column(w("上周"), 60, "r"),
            Column(w("环比"), 58, "r"),
            Column(w("按期率"), 50, "r"),
        ]
        rows = [
            [
                w(line.name) if line.code is None else line.name,
                fmt.count(line.now.reported),
                fmt.count(line.before.reported),
                fmt.change(line.now.reported, line.before.reported),
                fmt.rate(line.now.rate(Rate.CLOSING_ON_TIME), 1),
            ]
            for line in lines
        ]
        return table(sheet, x, y + 8, wide, columns, rows, bold={1}, dark={0}).end

    return Block(28 + ROW * len(lines), draw)


def mark(sheet: Sheet, x: float, y: float) -> None:
    """The product's mark."""
    sheet.frame(x + 1.5, y + 1.5, 27, 27, 5)
    sheet.line(x + 7.5, y + 15, x + 22.5, y + 15, ink=INK, width=3.4)


def heading(sheet: Sheet, x: float, y: float, title: str, note: str = "") -> None:
    """A title on base line `y`, what it is in small beside it."""
    wide = sheet.text(x, y, title, 14.5, bold=True, ink=INK)
    sheet.text(x + wide + 8, y, note, 12, ink=FAINT)


def table(
    sheet: Sheet,
    x: float,
    y: float,
    wide: float,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    bold: Collection[int] = (),
    dark: Collection[int] = (),
) -> Drawn:
    """A table from `y` on; columns beyond their sum share what room is left with the first that stands left."""
    spare = wide - sum(column.width for column in columns)
    widths = [column.width for column in columns]
    if spare > 0:
        widths[next(i for i, column in enumerate(columns) if column.align == "l")] += spare
    edges = [x + sum(widths[:i]) for i in range(len(widths) + 1)]
    for i, column in enumerate(columns):
        if column.head:
            at = edges[i + 1] - 4 if column.align == "r" else edges[i] + 4 * (i > 0)
            if i == len(columns) - 1 and column.align == "r":
                at = edges[i + 1]
            sheet.text(at, y + 14, column.head, 11.5, ink=FAINT, align=column.align)
    top = y + 20
    sheet.line(x, top, x + wide, top, ink=STRONG)
    for n, row in enumerate(rows):
        base = top + n * ROW + 16
        for i, cell in enumerate(row):
            ink, heavy = (INK if i in bold or i in dark else SOFT), i in bold
            if columns[i].align == "r":
                at = edges[i + 1] - (0 if i == len(columns) - 1 else 4)
                sheet.text(at, base, cell, 12, bold=heavy, ink=ink, align="r")
            else:
                sheet.fitted(edges[i] + 4 * (i > 0), base, cell, widths[i] - 8, 12, bold=heavy, ink=ink)
        last = n == len(rows) - 1
        sheet.line(x, top + (n + 1) * ROW, x + wide, top + (n + 1) * ROW, ink=STRONG if last else LINE)
    return Drawn(top, top + len(rows) * ROW)

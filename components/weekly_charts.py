"""The charts of the weekly brief, as vectors on a `Sheet`: a rate over weeks, days beside last week's, dots, hours."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor

from components import format as fmt
from components.pdf_sheet import (
    CRITICAL,
    DATA_1,
    DATA_2,
    FAINT,
    HEAT,
    INK,
    LINE,
    MAJOR,
    PAPER,
    SOFT,
    STRONG,
    Sheet,
)

Rates = Sequence[float | None]


def rates(
    sheet: Sheet,
    box: tuple[float, float, float, float],
    now: Rates,
    before: Rates,
    target: float,
    words: tuple[str, str, str],
    ticks: Sequence[tuple[int, str]],
) -> None:
    """A rate by week in `box` (x, y, width, height), the year before beside it, the target dashed.

    `words`: what the three are called; `ticks`: which weeks are named below. A week without cases due is a gap.
    """
    x, y, wide, high = box
    plot = wide - 92  # room for the names at the end
    known = [value for value in (*now, *before, target) if value is not None]
    low, top = floor((min(known) - 1) / 2) * 2.0, min(100.0, ceil((max(known) + 1) / 2) * 2.0)
    stride = max(2, ceil((top - low) / 4 / 2) * 2)

    def up(value: float) -> float:
        return y + high * (top - value) / (top - low)

    value = low
    while value <= top:
        sheet.line(x + 26, up(value), x + plot, up(value))
        sheet.text(x + 20, up(value) + 4, f"{value:.0f}", 11.5, ink=FAINT, align="r")
        value += stride
    sheet.line(x + 26, up(target), x + plot, up(target), ink=SOFT, dash=4)
    step = (plot - 26) / max(1, len(now) - 1)
    for series, ink, width in ((before, DATA_2, 1.5), (now, INK, 2.2)):
        for run in _runs(series):
            points = [(x + 26 + i * step, up(rate)) for i, rate in run]
            sheet.path(points, ink=ink, width=width)
            if len(points) == 1:
                sheet.dot(*points[0], 1.6, ink=ink)
    ends = [(up(target), f"{words[1]} {target:.0f}", False, SOFT)]
    if before and before[-1] is not None:
        ends.append((up(before[-1]), f"{words[2]} {before[-1]:.1f}", False, FAINT))
    if now[-1] is not None:
        ends.append((up(now[-1]), f"{words[0]} {now[-1]:.1f}", True, INK))
        sheet.dot(x + 26 + (len(now) - 1) * step, up(now[-1]), 3.5, ink=INK)
    for at, (_, text, bold, ink) in zip(_apart([end[0] for end in ends]), ends, strict=True):
        sheet.text(x + plot + 8, at + 4, text, 12 if bold else 11.5, bold=bold, ink=ink)
    for i, name in ticks:
        sheet.text(x + 26 + i * step, y + high + 16, name, 11.5, ink=FAINT, align="c")


def days(
    sheet: Sheet,
    box: tuple[float, float, float, float],
    now: Sequence[int],
    before: Sequence[int],
    names: Sequence[str],
) -> None:
    """A bar a day, that of the same day a week before as a line across; days far above it are black."""
    x, y, wide, high = box
    most = max(1, *now, *before)
    each = wide / len(now)
    sheet.line(x, y + high, x + wide, y + high, ink=STRONG)
    for i, (n, last) in enumerate(zip(now, before, strict=True)):
        left, tall = x + i * each + each * 0.2, (high - 18) * n / most
        more = n > 1.25 * last and n - last > 5
        sheet.rect(left, y + high - tall, each * 0.6, tall, ink=INK if more else DATA_1)
        level = y + high - (high - 18) * last / most
        if last:
            sheet.line(left - 5, level, left + each * 0.6 + 5, level, ink=PAPER, width=4)
            sheet.line(left - 5, level, left + each * 0.6 + 5, level, ink=DATA_2, width=1.8)
        top = min(y + high - tall, level if last and abs(level - (y + high - tall)) < 14 else y + high - tall)
        sheet.text(left + each * 0.3, top - 5, fmt.count(n), 12, bold=more, ink=INK, align="c")
        sheet.text(left + each * 0.3, y + high + 16, names[i], 11.5, ink=FAINT, align="c")


def dots(sheet: Sheet, x: float, y: float, wide: float, rate: float, low: float, target: float) -> None:
    """A rate as a dot on a line from `low` to 100, the target dashed; below it the dot is hollow."""
    span = 100 - low
    sheet.line(x, y, x + wide, y, ink=STRONG)
    mark = x + wide * (target - low) / span
    sheet.line(mark, y - 6, mark, y + 6, ink=SOFT, dash=2)
    sheet.dot(
        x + wide * max(0.0, rate - low) / span, y, 3.4, ink=INK if rate < target else DATA_1, hollow=rate < target
    )


def spark(sheet: Sheet, x: float, y: float, wide: float, high: float, values: Sequence[int]) -> None:
    """Weeks as small bars, the last one black."""
    most, each = max(1, *values), wide / len(values)
    for i, n in enumerate(values):
        tall = max(0.6, high * n / most)
        sheet.rect(x + i * each, y - tall, each * 0.68, tall, ink=INK if i == len(values) - 1 else STRONG)


def hours(
    sheet: Sheet, box: tuple[float, float, float, float], table: Sequence[Sequence[int]], names: Sequence[str]
) -> None:
    """Weekday by hour in six neutral steps."""
    x, y, wide, high = box
    left = x + 34
    each, row = (wide - 34) / 24, high / 7
    most = max(1, *(max(line) for line in table))
    for day, line in enumerate(table):
        sheet.text(x, y + day * row + row * 0.72, names[day], 11, ink=FAINT)
        for hour, n in enumerate(line):
            step = 0 if not n else 1 + min(4, 5 * (n - 1) // most)
            sheet.rect(left + hour * each, y + day * row, each - 1.4, row - 1.4, ink=HEAT[step])
    for hour in range(0, 24, 3):
        sheet.text(left + hour * each, y + high + 13, str(hour), 11, ink=FAINT)


def severity(sheet: Sheet, x: float, y: float, level: int) -> None:
    """The shape of a severity about `x`, `y`: a ringed diamond for critical, a triangle for major."""
    if level == 4:
        sheet.shape([(x, y - 4), (x + 4, y), (x, y + 4), (x - 4, y)], ink=CRITICAL)
        ring = [(x, y - 6.4), (x + 6.4, y), (x, y + 6.4), (x - 6.4, y), (x, y - 6.4)]
        sheet.path(ring, ink=CRITICAL, width=0.9)
    else:
        sheet.shape([(x, y - 5.4), (x + 6, y + 4.6), (x - 6, y + 4.6)], ink=MAJOR)


def scale(sheet: Sheet, right: float, y: float, fewer: str, more: str) -> None:
    """What the steps mean."""
    wide = sheet.measure(more, 11)
    sheet.text(right, y, more, 11, ink=FAINT, align="r")
    left = right - wide - 6 - len(HEAT) * 12
    for i, ink in enumerate(HEAT):
        sheet.rect(left + i * 12, y - 9, 10.5, 10.5, ink=ink, outline=LINE if i == 0 else None)
    sheet.text(left - 5, y, fewer, 11, ink=FAINT, align="r")


def _runs(series: Rates) -> list[list[tuple[int, float]]]:
    """What is known, in unbroken runs."""
    runs: list[list[tuple[int, float]]] = [[]]
    for i, value in enumerate(series):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((i, value))
    return [run for run in runs if run]


def _apart(levels: Sequence[float], room: float = 15) -> list[float]:
    """The levels, moved as little as is needed for none to lie on another."""
    order = sorted(range(len(levels)), key=lambda i: levels[i])
    placed = list(levels)
    for before, i in pairwise(order):
        placed[i] = max(placed[i], placed[before] + room)
    return placed

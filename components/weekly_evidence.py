"""The second page of the weekly brief: classes, channels, hours, places that repeat, new words, how it was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from components import format as fmt
from components import weekly_charts
from components.hot_topics import rule
from components.i18n import Words
from components.judgement import WEEKDAYS
from components.pdf_sheet import INK, LEFT, RIGHT, SOFT, STRONG, Bit, Sheet
from components.weekly_parts import Block, Column, heading, table
from data_access.viewmodels.weekly import Weekly

PLACES, WORDS = 6, 6
_GAP: Final = 26
_HALF: Final = (RIGHT - LEFT - _GAP) / 2


def evidence(sheet: Sheet, view: Weekly, title: str, left_over: Sequence[Block], w: Words) -> None:
    """Draw the page, with the tables that the first page had no room for."""
    sheet.text(LEFT, 66, w("附：{title}数据", title=title), 14.5, bold=True, ink=INK)
    sheet.line(LEFT, 78, RIGHT, 78, ink=INK, width=1.5)
    y, right = 108.0, LEFT + _HALF + _GAP
    for pair in (left_over[i : i + 2] for i in range(0, len(left_over), 2)):
        y = max(block.draw(x, y, _HALF) for x, block in zip((LEFT, right), pair, strict=False)) + 34
    heading(sheet, LEFT, y, w("时段"), w("件 · 近 {n} 周 · 星期 × 时", n=len(view.weeks)))
    weekly_charts.scale(sheet, RIGHT, y, w("少"), w("多"))
    weekly_charts.hours(sheet, (LEFT, y + 12, RIGHT - LEFT, 154), view.hours, [w(day) for day in WEEKDAYS])
    y += 214
    heading(sheet, LEFT, y, w("重复点位"), w("同楼同类 28 天 3 件及以上"))
    after = _repeats(sheet, view, LEFT, y + 8, w)
    heading(sheet, right, y, w("新词"), w("近 7 天与前 8 周相比"))
    y = max(after, _words(sheet, view, right, y + 8, w)) + 34
    heading(sheet, LEFT, y, w("热点怎么算"))
    sheet.line(LEFT, y + 10, RIGHT, y + 10, ink=STRONG)
    sheet.flow(LEFT, y + 30, RIGHT - LEFT, [Bit(rule(view.hot, w), ink=SOFT)], 12, 19)


def _repeats(sheet: Sheet, view: Weekly, x: float, y: float, w: Words) -> float:
    if not view.repeats:
        return _nothing(sheet, x, y, w("没有重复点位"))
    columns = [Column(w("点位"), 110), Column(w("小类"), 120), Column(w("件"), 34, "r"), Column(w("最近"), 50, "r")]
    rows = [[p.name, p.type_name, fmt.count(p.last), f"{p.newest:%m-%d}"] for p in view.repeats[:PLACES]]
    return table(sheet, x, y, _HALF, columns, rows, bold={2}, dark={0}).end


def _words(sheet: Sheet, view: Weekly, x: float, y: float, w: Words) -> float:
    if not view.words.words:
        why = w("没有新词") if view.words.texts else w("近 7 天的事件没有正文")
        return _nothing(sheet, x, y, why)
    columns = [Column(w("新词"), 150), Column(w("本周"), 60, "r"), Column(w("预期"), 60, "r")]
    rows = [[word.text, fmt.count(word.last), f"{word.expected:.1f}"] for word in view.words.words[:WORDS]]
    return table(sheet, x, y, _HALF, columns, rows, bold={1}, dark={0}).end


def _nothing(sheet: Sheet, x: float, y: float, why: str) -> float:
    sheet.line(x, y, x + _HALF, y, ink=STRONG)
    sheet.text(x, y + 22, why, 12)
    return y + 30

"""The weekly brief (周报) as PDF, from `Weekly` alone: a page that says what was and what to do, a page of evidence.

Nothing in it names a person or a telephone; the same figures give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from components import format as fmt
from components import weekly_charts
from components.closing import TARGET
from components.i18n import Lang, Words, words
from components.judgement import WEEKDAYS
from components.pdf_sheet import FAINT, INK, LEFT, RIGHT, STRONG, Bit, Face, Sheet
from components.ranking import short
from components.weekly_evidence import evidence
from components.weekly_parts import ROW, Block, Column, groups, heading, mark, table
from components.weekly_points import alarm, conclusion, points, rate, second
from data_access.domain import hot_topics
from data_access.domain.case_indicators import Rate
from data_access.domain.incidents import percent
from data_access.viewmodels.weekly import Line, Weekly

SHOWN_PLACES: Final = 11
SHOWN_TOPICS: Final = 5
SHOWN_CLASSES: Final = 8
BOTTOM: Final = 1036
"""Where the foot's room begins."""
BEST, WORST = 3, 2
"""红榜: the first of those that reach the target. 黑榜: the last of those that do not."""
_GAP: Final = 26
_HALF: Final = (RIGHT - LEFT - _GAP) / 2
_NARROW: Final = 292.0


def render(view: Weekly, face: Face, lang: str) -> bytes:
    """The document."""
    w = words(lang)
    name = w.name(view.area.name, view.area.name_en)
    title = w("{name}社区治理周报", name=name)
    sheet = Sheet(face, title=f"{title} {_issue(view, w)}", lang="en" if w.lang is Lang.EN else "zh-CN", at=view.at)
    sheet.page()
    y = _head(sheet, view, title, w)
    y = sheet.flow(LEFT, y + 31, RIGHT - LEFT, [Bit(conclusion(view, w), bold=True, ink=INK)], 18, 27)
    y = sheet.flow(LEFT, y - 2, RIGHT - LEFT, [Bit(second(view, w))], 13, 20)
    y = _figures(sheet, view, y, w)
    y = _points(sheet, view, y + 26, w)
    y = _charts(sheet, view, y + 26, w)
    left_over = _tables(sheet, view, y + 30, w)
    _foot(sheet, view, 1, w)
    sheet.page()
    evidence(sheet, view, title, left_over, w)
    _foot(sheet, view, 2, w)
    return sheet.bytes()


def _issue(view: Weekly, w: Words) -> str:
    year, week, _ = view.week.first.isocalendar()
    return w("{year} 年第 {week} 期", year=year, week=week)


def _head(sheet: Sheet, view: Weekly, title: str, w: Words) -> float:
    mark(sheet, LEFT, 48)
    sheet.fitted(LEFT + 42, 73, title, 420, 24, bold=True, ink=INK)
    last = view.week.end - timedelta(days=1)
    span = w("{first} 周一 至 {last} 周日", first=f"{view.week.first:%m-%d}", last=f"{last:%m-%d}")
    wide = sheet.text(RIGHT, 57, span, 12, align="r")
    sheet.text(RIGHT - wide - 12, 57, _issue(view, w), 13, bold=True, ink=INK, align="r")
    made = w("生成 {time}", time=fmt.stamp(view.at)) + (f" · {w('演示数据')}" if view.demo else "")
    sheet.text(RIGHT, 75, made, 12, align="r")
    sheet.line(LEFT, 88, RIGHT, 88, ink=INK, width=2)
    return 88


def _figures(sheet: Sheet, view: Weekly, y: float, w: Words) -> float:
    """The six figures that this area has, in one row."""
    cells = _known(view, w)[:6]
    sheet.line(LEFT, y, RIGHT, y, ink=STRONG)
    each = (RIGHT - LEFT) / len(cells)
    for i, (name, value, unit, compared, changed) in enumerate(cells):
        x = LEFT + i * each + (11 if i else 0)
        if i:
            sheet.line(LEFT + i * each, y + 8, LEFT + i * each, y + 70)
        sheet.fitted(x, y + 20, name, each - 12, 12)
        wide = sheet.text(x, y + 45, value, 23, bold=True, ink=INK)
        sheet.text(x + wide + 3, y + 45, unit, 12)
        wide = sheet.text(x, y + 65, f"{compared} ", 11.5)
        sheet.text(x + wide, y + 65, changed, 11.5, bold=True, ink=INK)
    sheet.line(LEFT, y + 76, RIGHT, y + 76, ink=STRONG)
    return y + 76


def _known(view: Weekly, w: Words) -> list[tuple[str, str, str, str, str]]:
    """Name, value, unit, comparison and change of the figures that there are, most important first."""
    now, before, pp = view.now, view.before, w("百分点")
    cells = [
        (w("受理量"), fmt.count(now.reported), w("件"), w("环比"), fmt.change(now.reported, before.reported)),
    ]
    for name, which in (
        ("按期结案率", Rate.CLOSING_ON_TIME),
        ("处置率", Rate.HANDLING),
        ("返工率", Rate.REWORK),
        ("结案率", Rate.CLOSING),
    ):
        value = now.rate(which)
        flagged = which is Rate.REWORK and not now.due_handling  # a source of outcome flags knows of no rework
        if value is None or flagged:
            continue
        changed = fmt.points(round(value, 1), _rounded(before.rate(which)))
        cells.append((w(name), fmt.rate(value, 1), "%", w("环比"), f"{changed[:-1]} {pp}" if changed else fmt.DASH))
    rated, good = view.rated
    if rated:
        share = percent(good, rated)
        changed = fmt.points(_rounded(share), _rounded(percent(view.rated_before[1], view.rated_before[0])))
        cells.append(
            (w("群众满意率"), fmt.rate(share, 1), "%", w("环比"), f"{changed[:-1]} {pp}" if changed else fmt.DASH)
        )
    if view.overdue is not None:
        cells.append((w("超期在办"), fmt.count(view.overdue), w("件"), w("上周末"), fmt.count(view.overdue_before)))
    else:
        late, late_before = now.closed - now.closed_on_time, before.closed - before.closed_on_time
        cells.append((w("超期结案"), fmt.count(late), w("件"), w("上周"), fmt.count(late_before)))
        open_, open_before = now.due_closing - now.closed, before.due_closing - before.closed
        cells.append((w("应结未结"), fmt.count(open_), w("件"), w("上周"), fmt.count(open_before)))
    tested = w("检验 {n} 格", n=fmt.count(view.hot.tested))
    cells.append((w("突增热点"), fmt.count(len(view.hot.hot)), w("项突增"), tested, ""))
    return cells


def _rounded(value: float | None) -> float | None:
    """As it is printed, so that changes agree with what stands beside them."""
    return None if value is None else round(value, 1)


def _points(sheet: Sheet, view: Weekly, y: float, w: Words) -> float:
    found = points(view, w)
    heading(sheet, LEFT, y, w("请领导关注"), w("由规则从本周数据列出，建议供参考"))
    y += 10
    sheet.line(LEFT, y, RIGHT, y, ink=STRONG)
    if not found:
        sheet.text(LEFT, y + 22, w("本周没有需要特别关注的事项。"), 13)
        return y + 30
    for i, point in enumerate(found):
        if i:
            sheet.line(LEFT, y, RIGHT, y)
        sheet.dot(LEFT + 9.5, y + 17, 9.5, ink=INK)
        sheet.text(LEFT + 9.5, y + 21.5, str(i + 1), 12, bold=True, ink="#FFFFFF", align="c")
        colon = ": " if w.lang is Lang.EN else "："
        bits = [Bit(point.title, bold=True, ink=INK), Bit(colon + point.text)]
        after = sheet.flow(LEFT + 32, y + 22, 500, bits, 13, 19.5)
        if point.unit:
            wide = min(126.0, sheet.measure(point.unit, 12))
            sheet.fitted(RIGHT - wide, y + 22, point.unit, 126, 12)
        until = w("{day} 前答复", day=f"{point.until:%m-%d}")
        sheet.text(RIGHT, y + (41 if point.unit else 22), until, 12, bold=True, ink=INK, align="r")
        y = max(after - 8, y + (49 if point.unit else 30))
    return y


def _charts(sheet: Sheet, view: Weekly, y: float, w: Words) -> float:
    heading(sheet, LEFT, y, w("按期结案率"), w("% · 近 {n} 周 · 按受理周", n=len(view.weeks)))
    names = [w("{n} 周", n=week.first.isocalendar().week) for week in view.weeks]
    ticks = [(i, names[i]) for i in (0, (len(names) - 1) // 2, len(names) - 1)]
    now = [rate(week.counts) for week in view.weeks]
    before = [rate(week.year_ago) for week in view.weeks]
    said = (w("今"), w("目标"), w("去年"))
    weekly_charts.rates(sheet, (LEFT, y + 16, _HALF, 116), now, before, TARGET, said, ticks)
    right = LEFT + _HALF + _GAP
    heading(sheet, right, y, w("每日受理"), w("件 · 横线为上周同日"))
    weekly_charts.days(sheet, (right, y + 16, _HALF, 116), view.days, view.days_before, [w(day) for day in WEEKDAYS])
    return y + 150


def _tables(sheet: Sheet, view: Weekly, y: float, w: Words) -> list[Block]:
    """Two columns of tables; what found no room there is left for the next page."""
    columns = {LEFT: (y, _NARROW), LEFT + _NARROW + _GAP: (y, RIGHT - LEFT - _NARROW - _GAP)}
    first, second_ = columns
    places = [line for line in view.places if line.code is None or line.now.reported or line.before.reported]
    blocks: list[tuple[float | None, Block]] = []
    if any(line.code for line in places):
        blocks.append((first, Block(_places_high(places), lambda x, y, wide: _places(sheet, places, x, y, wide, w))))
    blocks.append((second_, Block(_hot_high(view), lambda x, y, wide: _hot(sheet, view, x, y, wide, w))))
    if view.safety:
        blocks.append((second_, Block(_grave_high(view), lambda x, y, wide: _grave(sheet, view, x, y, wide, w))))
    for title, note, lines in (
        (w("事件类别"), w("大类 · 件"), view.classes[:SHOWN_CLASSES]),
        (w("来源渠道"), w("件"), view.channels[:SHOWN_CLASSES]),
    ):
        blocks.append((None, groups(sheet, title, note, lines, w)))
    left_over: list[Block] = []
    for fixed, block in blocks:
        x = fixed if fixed is not None else min(columns, key=lambda x: columns[x][0])
        at, wide = columns[x]
        if at + block.high > BOTTOM:
            left_over.append(block)
            continue
        columns[x] = (block.draw(x, at, wide) + 32, wide)
    return left_over


def _places_high(lines: Sequence[Line]) -> float:
    return 28 + min(SHOWN_PLACES, len(lines)) * ROW + (15 if len(lines) > SHOWN_PLACES else 0)


def _places(sheet: Sheet, lines: Sequence[Line], x: float, y: float, wide: float, w: Words) -> float:
    heading(sheet, x, y, w("下级区域"), w("按期结案率 % · 环比为百分点"))
    names = [short(w.name(line.name, line.name_en)) for line in lines]
    y += 8
    ranked = sorted(
        zip(lines, names, strict=True),
        key=lambda one: (one[0].code is None, -(rate(one[0].now) if rate(one[0].now) is not None else -1.0), one[1]),  # type: ignore[operator]  # not None
    )
    known = [value for line, _ in ranked if (value := rate(line.now)) is not None]
    low = min([TARGET - 10, *(value // 5 * 5 for value in known)])
    places = [line for line, _ in ranked if line.code is not None and rate(line.now) is not None]
    best = {line.code for line in places[:BEST] if (rate(line.now) or 0) >= TARGET}
    worst = {line.code for line in places[-WORST:] if (rate(line.now) or 0) < TARGET}
    columns = [
        Column("", 18, "r"),
        Column("", 62),
        Column(w("件"), 38, "r"),
        Column(w("按期率"), 42, "r"),
        Column(w("目标 {n}", n=f"{TARGET:.0f}"), 56),
        Column(w("环比"), 36, "r"),
        Column("", 40, "r"),
    ]
    shown = ranked if len(ranked) <= SHOWN_PLACES else [*ranked[: SHOWN_PLACES - 4], *ranked[-4:]]
    rows = []
    for line, name in shown:
        value, before = rate(line.now), rate(line.before)
        change = fmt.points(_rounded(value), _rounded(before))
        number = str(ranked.index((line, name)) + 1) if line.code else ""
        told = w(name) if line.code is None else name
        rows.append(
            [number, told, fmt.count(line.now.reported), fmt.rate(value, 1), "", change[:-1] if change else "", ""]
        )
    after = table(sheet, x, y, wide, columns, rows, bold={3}, dark={1})
    start = x + wide - 40 - 36 - 56 + 6
    for i, (line, _) in enumerate(shown):
        at, value = after.base(i), rate(line.now)
        if value is not None:
            weekly_charts.dots(sheet, start, at - 4, 44, value, low, TARGET)
        if line.code in best:
            sheet.tag(x + wide, at, w("红榜"), 10.5)
        elif line.code in worst:
            sheet.tag(x + wide, at, w("黑榜"), 10.5, inverse=True)
    if len(shown) < len(ranked):
        sheet.text(x, after.end + 15, w("中间 {n} 个未列", n=len(ranked) - len(shown)), 11, ink=FAINT)
        return after.end + 15
    return after.end


def _hot_high(view: Weekly) -> float:
    return 28 + max(1, min(SHOWN_TOPICS, len(view.hot.hot))) * ROW + 15


def _hot(sheet: Sheet, view: Weekly, x: float, y: float, wide: float, w: Words) -> float:
    heading(sheet, x, y, w("突增热点"), w("与自身前 {n} 周比", n=hot_topics.WEEKS_BEFORE))
    y += 8
    if not view.hot.hot:
        sheet.line(x, y, x + wide, y, ink=STRONG)
        sheet.text(x, y + 22, w("检验 {n} 格，没有突增。", n=fmt.count(view.hot.tested)), 12)
        return y + 30
    columns = [
        Column(w("问题"), 116),
        Column(w("地点"), 84),
        Column(w("近 9 周"), 60),
        Column(w("本周"), 34, "r"),
        Column(w("预期"), 38, "r"),
        Column(w("倍数"), 40, "r"),
    ]
    shown = view.hot.hot[:SHOWN_TOPICS]
    rows = [
        [
            line.name,
            w.name(*line.where) if line.where else "",
            "",
            fmt.count(line.last),
            f"{line.expected:.1f}",
            f"×{line.last / line.expected:.1f}" if line.expected else w("新"),
        ]
        for line in shown
    ]
    after = table(sheet, x, y, wide, columns, rows, bold={3}, dark={0})
    for i, line in enumerate(shown):
        weekly_charts.spark(sheet, x + wide - 34 - 38 - 40 - 56, after.base(i) + 1, 50, 13, line.weeks)
    if len(shown) < len(view.hot.hot):
        sheet.text(x, after.end + 15, w("另有 {n} 项见研判页", n=len(view.hot.hot) - len(shown)), 11, ink=FAINT)
        return after.end + 15
    return after.end


def _alarms(view: Weekly, w: Words) -> str:
    if view.safety is None:
        return ""
    low, minor, major, critical = view.safety.by_severity
    return w("紧急 {a} · 重要 {b} · 次要 {c} · 提示 {d}", a=critical, b=major, c=fmt.count(minor), d=fmt.count(low))


def _grave_high(view: Weekly) -> float:
    return 28 + ROW * max(1, len(view.safety.gravest) if view.safety else 1)


def _grave(sheet: Sheet, view: Weekly, x: float, y: float, wide: float, w: Words) -> float:
    heading(sheet, x, y, w("生命安全"), _alarms(view, w))
    y += 8
    gravest = view.safety.gravest if view.safety else ()
    if not gravest:
        sheet.line(x, y, x + wide, y, ink=STRONG)
        sheet.text(x, y + 22, w("本周没有紧急和重要的人身安全告警。"), 12)
        return y + 30
    columns = [
        Column("", 16),
        Column(w("告警"), 98),
        Column(w("地点"), 114),
        Column(w("时间"), 72),
        Column(w("确认用时"), 72, "r"),
    ]
    rows = [
        ["", alarm(one.kind, w), one.place, fmt.stamp(one.raised_at)[5:], _took(one.looked_s, w)] for one in gravest
    ]
    after = table(sheet, x, y, wide, columns, rows, dark={1})
    for i, one in enumerate(gravest):
        weekly_charts.severity(sheet, x + 7, after.base(i) - 4, one.severity)
    return after.end


def _took(seconds: float | None, w: Words) -> str:
    if seconds is None:
        return w("未确认")
    return w("{n} 秒", n=round(seconds)) if seconds < 120 else w("{n} 分", n=round(seconds / 60))


def _foot(sheet: Sheet, view: Weekly, number: int, w: Words) -> None:
    sheet.line(LEFT, 1052, RIGHT, 1052, ink=STRONG)
    if number == 1:
        said = w(
            "口径：按受理日期归周，截至生成时；按期结案率 = 按期结案 / 应结案。突增：贝塔二项分布上尾 p < {level}，"
            "每周误报平均不超过 {budget} 项。比率之差为百分点。人名、电话不入本报。",
            level=f"{view.hot.level:.2g}",
            budget=f"{hot_topics.FALSE_ALARMS:g}",
        )
    else:
        sources = " · ".join(
            f"{w.name(s.name, s.name_en)} {fmt.stamp(s.last_seen)[:10] if s.last_seen else w('无数据')}"
            for s in view.sources[:6]
        )
        said = f"{w('数据截至')} {sources}" if sources else ""
    sheet.flow(LEFT, 1068, 505, [Bit(said, ink=FAINT)], 11.3, 16)
    sheet.text(RIGHT, 1068, w("一屏 自动生成 {time}", time=fmt.stamp(view.at)), 11.3, ink=FAINT, align="r")
    sheet.text(RIGHT, 1084, w("第 {n} 页 共 {all} 页", n=number, all=2), 11.3, ink=FAINT, align="r")

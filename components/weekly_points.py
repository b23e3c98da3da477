"""The sentences of the weekly brief: its conclusion, and what a leader should look at. Words by rule, from figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from components import format as fmt
from components import labels
from components.closing import TARGET
from components.i18n import Lang, Words
from data_access.domain.case_indicators import Counts, Rate
from data_access.viewmodels.weekly import Line, Weekly

POINTS: Final = 3
LEAST_DUE: Final = 10
"""Fewer cases due make no rate to speak of."""
REPLY_DAYS: Final = 4
"""Days after the week, from Monday, until when an answer is proposed: its Friday."""


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to look at: what, the figures and a proposal, and who answers by when."""

    title: str
    text: str
    unit: str | None
    until: date


def rate(counts: Counts | None) -> float | None:
    """按期结案率."""
    return counts.rate(Rate.CLOSING_ON_TIME) if counts else None


def below(view: Weekly) -> list[Line]:
    """The areas below the target, worst first."""
    known = [(value, line) for line in view.places if line.code and (value := rate(line.now)) is not None]
    return [line for value, line in sorted(known, key=lambda one: (one[0], one[1].code or "")) if value < TARGET]


def conclusion(view: Weekly, w: Words) -> str:
    """The headline: the rate, where it comes from, who is below the target."""
    now, before = rate(view.now), rate(view.before)
    if now is None:
        return w("本周受理 {n} 件，没有到期应结案的事件。", n=fmt.count(view.now.reported))
    if before is None or abs(now - before) < 0.05:
        said = w("按期结案率 {rate}%", rate=fmt.rate(now, 1))
    else:
        said = w(
            "按期结案率升至 {rate}%" if now > before else "按期结案率降至 {rate}%", rate=fmt.rate(now, 1)
        ) + _for_weeks(view, w)
    low = below(view)
    if not low:
        return said + w("，各区域均达标。" if len(view.places) > 1 and now >= TARGET else "。")
    names = _listed([w.name(line.name, line.name_en) for line in low[:3]], w)
    return said + w("；{names}未达标。" if len(low) <= 3 else "；{names}等 {n} 个区域未达标。", names=names, n=len(low))


def second(view: Weekly, w: Words) -> str:
    """How many came in, and what rose."""
    said = w(
        "本周受理 {n} 件，环比 {change}",
        n=fmt.count(view.now.reported),
        change=fmt.change(view.now.reported, view.before.reported),
    )
    if view.year_ago and view.year_ago.reported:
        said += w("，同比 {change}", change=fmt.change(view.now.reported, view.year_ago.reported))
    said += w("；突增 {n} 项。", n=len(view.hot.hot)) if view.hot.hot else w("；没有突增热点。")
    if view.safety:
        grave = view.safety.by_severity[3]
        said += w("紧急告警 {n} 起。", n=grave) if grave else w("没有紧急告警。")
    return said


def points(view: Weekly, w: Words) -> list[Point]:
    """The first of what sticks out: below the target, rising, repeating, overdue."""
    return [point for point, _ in zip(_points(view, w), range(POINTS), strict=False)]


def _points(view: Weekly, w: Words) -> Iterator[Point]:
    until = view.week.end + timedelta(days=REPLY_DAYS)
    short = view.shortfall
    value = rate(short.line.now) if short else None
    if short and value is not None and value < TARGET:
        text = w(
            "按期结案 {part} / {whole}，{rate}%，低于目标 {gap} 个百分点。",
            part=fmt.count(short.line.now.closed_on_time),
            whole=fmt.count(short.line.now.due_closing),
            rate=fmt.rate(value, 1),
            gap=f"{TARGET - value:.1f}",
        )
        if short.class_name:
            text += w("未按期 {n} 件，其中{name} {k} 件。", n=short.late, name=short.class_name, k=short.class_late)
        name = w("{name}按期结案不达标", name=w.name(short.line.name, short.line.name_en))
        yield Point(name, text + w("建议逐件核对未按期的原因。"), short.unit, until)
    for i, topic in enumerate(view.hot.hot[:2]):
        text = w("本周 {n} 件，前 8 周预期 {expected} 件", n=fmt.count(topic.last), expected=f"{topic.expected:.1f}")
        text += w("，{n} 倍。", n=f"{topic.last / topic.expected:.1f}") if topic.expected else w("，前所未有。")
        where = f"（{w.name(*topic.where)}）" if topic.where else ""
        if w.lang is Lang.EN:
            where = where.replace("（", " (").replace("）", ")")
        text += w("建议现场核查，同类诉求合并处理。")
        yield Point(f"{topic.name}{where}", text, view.hot_unit if i == 0 else None, until)
    for line in _late_classes(view)[:1]:
        text = w(
            "按期结案 {part} / {whole}，{rate}%，低于目标 {gap} 个百分点。",
            part=fmt.count(line.now.closed_on_time),
            whole=fmt.count(line.now.due_closing),
            rate=fmt.rate(rate(line.now), 1),
            gap=f"{TARGET - (rate(line.now) or 0):.1f}",
        )
        yield Point(w("{name}类按期结案不达标", name=line.name), text + w("建议逐件核对未按期的原因。"), None, until)
    for place in view.repeats[:1]:
        text = w("近 28 天{name} {n} 件，最近 {day}。", name=place.type_name, n=place.last, day=f"{place.newest:%m-%d}")
        yield Point(w("{name}反复出现", name=place.name), text + w("建议列为隐患点，查明根源。"), None, until)
    if view.overdue:
        text = w(
            "周末超期在办 {n} 件，上周末 {m} 件。", n=fmt.count(view.overdue), m=fmt.count(view.overdue_before or 0)
        )
        yield Point(w("超期在办"), text + w("建议逐件督办。"), None, until)
    unsettled = view.now.due_closing - view.now.closed
    if not view.overdue and unsettled:
        text = w("本周应结案中 {n} 件尚未结案。", n=fmt.count(unsettled))
        yield Point(w("应结未结"), text + w("建议逐件督办。"), None, until)


def _late_classes(view: Weekly) -> list[Line]:
    """Classes below the target with enough cases due for that to mean something, most late cases first."""
    low = [line for line in view.classes if line.code and line.now.due_closing >= LEAST_DUE]
    low = [line for line in low if (rate(line.now) or 0) < TARGET]
    return sorted(low, key=lambda line: (line.now.closed_on_time - line.now.due_closing, line.name))


def _for_weeks(view: Weekly, w: Words) -> str:
    """`，连续两周上升`, where the rate has gone one way for more than one week."""
    known = [rate(week.counts) for week in view.weeks]
    steps = 0
    for after, before in zip(known[::-1], known[-2::-1], strict=False):
        if after is None or before is None:
            break
        way = 1 if after > before else -1
        if (steps and way * steps < 0) or after == before:
            break
        steps += way
    if abs(steps) < 2:
        return ""
    return w("，连续 {n} 周上升" if steps > 0 else "，连续 {n} 周下降", n=abs(steps))


def _listed(names: list[str], w: Words) -> str:
    return ("、" if w.lang is Lang.ZH else ", ").join(names)


def alarm(kind: str, w: Words) -> str:
    """What an alarm of this kind is called."""
    return labels.of(labels.ALARM, kind, w)

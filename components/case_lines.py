"""One case as a card of the board and as a line of the list: its clock, where it is, what is special about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from dash import html

from components import format as fmt
from components import labels
from components.i18n import Words
from components.navigation import address
from components.parts import Child, attributes
from data_access.domain.catalogue import Category
from data_access.domain.incidents import FINAL_STAGES
from data_access.viewmodels.incidents import IncidentLine

CASE: Final = "/incidents/case"
LIST: Final = "/incidents"
URGENCY: Final = {1: "加急", 2: "特急"}
CATEGORIES: Final = {Category.A: "A 重大", Category.B: "B 较大", Category.C: "C 一般", Category.D: "D 小事"}
LEVELS: Final = {0: "网格", 1: "社区", 2: "街道", 3: "区"}
RATINGS: Final = {1: "很不满意", 2: "不满意", 3: "基本满意", 4: "满意", 5: "很满意"}
CARD_TAGS: Final = 2
_DAY: Final = timedelta(hours=24)


def case_address(code: str, query: Mapping[str, str]) -> str:
    """The page of one case."""
    kept = {name: query[name] for name in ("lang", "theme") if query.get(name)}
    return address(CASE, kept, code=code)


def card(line: IncidentLine, now: datetime, query: Mapping[str, str], w: Words) -> html.Li:
    """A card of the board."""
    where = [line.place or place_of(line), line.unit or (line.channel and w(line.channel))]
    return html.Li(
        html.A(
            [
                html.Span([*_marked(line, w), line.title], className="case-title"),
                html.Span(" · ".join(part for part in where if part), className="case-where"),
                html.Span(
                    [_life(line, now), clock(line, now, w), *_tags(line, now, w, CARD_TAGS)], className="case-foot"
                ),
            ],
            href=case_address(line.code, query),
            className=f"case-card{' is-over' if line.overdue else ''}",
            **attributes(data_case=str(line.id)),
        )
    )


def row(line: IncidentLine, now: datetime, query: Mapping[str, str], w: Words) -> html.Tr:
    """A line of the list; its first cell is the link."""
    link = html.A(
        [*_marked(line, w), line.title],
        href=case_address(line.code, query),
        className="case-link",
        **attributes(data_case=str(line.id)),
    )
    return html.Tr(
        [
            html.Th([link, html.Small(line.code)], scope="row", title=line.title),
            html.Td([clock(line, now, w), *_tags(line, now, w)], className="case-when"),
            html.Td([w(labels.STAGE[line.stage]), html.Small(_waits_for(line, w))]),
            html.Td([line.place or fmt.DASH, html.Small(place_of(line))], title=line.place or ""),
            html.Td([line.type or fmt.DASH, html.Small(w(line.channel) if line.channel else fmt.DASH)]),
            html.Td([line.unit or fmt.DASH, html.Small(line.owner or "")], title=line.unit or ""),
            html.Td(fmt.stamp(line.created_at)),
        ],
        className="is-over" if line.overdue else "",
    )


def span(of: timedelta, w: Words) -> str:
    """A time that was taken or is allowed: minutes, hours, days."""
    minutes = round(of.total_seconds() / 60)
    if minutes < 60:
        return w("{m} 分", m=minutes)
    if of < 2 * _DAY:
        return w("{h} 小时", h=f"{minutes / 60:.1f}".removesuffix(".0"))
    return w("{d} 天", d=f"{minutes / 1440:.1f}".removesuffix(".0"))


def place_of(line: IncidentLine) -> str:
    """The area, a grid with its community."""
    return f"{line.parent_name} {line.area_name}" if line.parent_name else line.area_name


def clock(line: IncidentLine, now: datetime, w: Words) -> html.B:
    """What is left until the whole case is due, or by how much it is over; `cases.js` goes on counting."""
    if line.stage in FINAL_STAGES:
        return html.B(_ended(line, w), className="case-clock")
    if line.suspended_at is not None:
        return html.B(w("已挂起"), className="case-clock")
    if line.due_at is None:
        return html.B(w("无期限"), className="case-clock is-none")
    left = line.due_at - now
    said = w("超期 {age}", age=fmt.age(-left, w)) if line.overdue else w("剩 {age}", age=fmt.age(left, w))
    shape = html.Span(className="sv sv-minor", **attributes(aria_hidden="true")) if line.overdue else None
    return html.B(
        [shape, html.Span(said, **attributes(data_due=str(round(line.due_at.timestamp() * 1000))))],
        className="case-clock",
    )


def _ended(line: IncidentLine, w: Words) -> str:
    if line.closed_at is None:
        return w(labels.STAGE[line.stage])
    took = w("用时 {age}", age=fmt.age(line.closed_at - line.created_at, w))
    if line.satisfaction is None:
        return took
    return f"{w(RATINGS.get(line.satisfaction, '基本满意'))} · {took}"


def _marked(line: IncidentLine, w: Words) -> list[Child]:
    """Its category, and how urgent it is, before its title."""
    found: list[Child] = []
    if line.category is not None:
        said = w(CATEGORIES[Category(line.category)])
        mark = html.Span(line.category, **attributes(aria_hidden="true"))
        found.append(html.Span([mark, html.Span(said, className="sr-only")], className="case-urgency", title=said))
    if line.urgency in URGENCY:
        found.append(html.Span(w(URGENCY[line.urgency]), className="case-urgency"))
    return found


def _life(line: IncidentLine, now: datetime) -> Child:
    """How much of the time for the whole case is used, as a bar; nothing where there is no limit or it is over."""
    if line.due_at is None or line.overdue or line.stage in FINAL_STAGES:
        return None
    whole = (line.due_at - line.created_at).total_seconds()
    used = min(1.0, max(0.0, (now - line.created_at).total_seconds() / whole)) if whole > 0 else 1.0
    low = " is-low" if used > 0.75 else ""
    return html.Span(html.I(style={"width": f"{100 * used:.0f}%"}), className=f"case-life{low}")


def _waits_for(line: IncidentLine, w: Words) -> str:
    return w("待{step}", step=w(line.next_step_name)) if line.next_step_name else ""


def _tags(line: IncidentLine, now: datetime, w: Words, most: int = 9) -> list[Child]:
    return [html.Span(text, className="case-tag") for text, _ in zip(_marks(line, now, w), range(most), strict=False)]


def _marks(line: IncidentLine, now: datetime, w: Words) -> Iterator[str]:
    """What is special about it, the most pressing first."""
    if line.run is not None:
        yield w("回放")
    if line.merged_into is not None:
        yield w("已并案")
    if line.stage in FINAL_STAGES:
        return
    if line.urged:
        yield w("已督办") if line.urged == 1 else w("督办 {n}", n=line.urged)
    if line.asked_until is not None:
        yield w("延期待批")
    if line.climbed and line.level in LEVELS:
        yield w("{level}处置", level=w(LEVELS[line.level]))
    if line.step_due_at is not None and line.step_due_at <= now and not line.overdue:
        yield w("本步超时")
    if line.reworks:
        yield w("返工 {n}", n=line.reworks)

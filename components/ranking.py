"""The child areas by on-time closing: a dot on a scale with the target dashed; each line drills down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dash import html

from components import format as fmt
from components import labels, periods
from components.closing import TARGET
from components.i18n import Words
from components.parts import Child, area_link, attributes, icon, panel, table
from data_access.viewmodels.areas import PersonLine
from data_access.viewmodels.overview import GroupLine, Neighbour, Overview

_WIDEST: Final = 10.0
_LATIN: Final = 0x2000


def build(view: Overview, people: tuple[PersonLine, ...], w: Words) -> html.Section:
    """The ranking; for an area without children, the people responsible for it."""
    if not view.place.children:
        return responsible(people, view.neighbours, w)
    kind = view.place.children[0].kind
    ranked = view.ranked
    rates = [rate for line in ranked if (rate := line.counts.on_time_rate) is not None]
    low = _floor(min([TARGET, *rates]))
    rows: list[Child] = [_row(i, line, low, w) for i, line in enumerate(ranked, 1)]
    rows += [_unassigned(line, w) for line in view.children if line.code is None]
    style = {"--target": f"{_at(TARGET, low):.2f}%", "--names": f"{_width(ranked, w):.1f}em"}
    return panel(
        "ranking",
        w("{kind}按期结案率", kind=labels.of(labels.AREA, kind, w)),
        [html.Div(rows, className="ranks", tabIndex="0", role="group", style=style), *_beside(view.neighbours, w)],
        sub=w(periods.said(view).name) if view.running else None,
        note=w("% · 虚线 目标 {n}", n=f"{TARGET:.0f}"),
        sources="incidents",
    )


def _row(number: int, line: GroupLine, low: float, w: Words) -> html.A:
    rate = line.counts.on_time_rate
    below = rate is not None and rate < TARGET
    name = w.name(line.name, line.name_en)
    return area_link(
        line.code or "",
        [
            html.Span(str(number), className="rank-no"),
            html.Span(short(name), className="rank-name", title=name),
            html.Span(
                html.I(style={"left": f"{_at(rate, low):.2f}%"}) if rate is not None else None, className="rank-scale"
            ),
            html.B(fmt.rate(rate), title=f"{fmt.count(line.counts.closed_on_time)} / {fmt.count(line.counts.due)}"),
        ],
        class_name="rank is-low" if below else "rank",
    )


def _unassigned(line: GroupLine, w: Words) -> html.Div:
    """What names no child area: counted above, shown as what it is, not ranked."""
    return html.Div(
        [
            html.Span("·", className="rank-no"),
            html.Span(w("未归属"), className="rank-name"),
            html.Span(w("{n} 件", n=fmt.count(line.counts.created)), className="rank-note"),
            html.B(fmt.rate(line.counts.on_time_rate)),
        ],
        className="rank is-rest",
    )


def _beside(neighbours: Sequence[Neighbour], w: Words) -> list[Child]:
    """The areas beside the viewer's own: how they do, and nothing that leads into them."""
    if not neighbours:
        return []
    rows = [
        html.Tr(
            [
                html.Th(short(w.name(one.name, one.name_en)), scope="row"),
                html.Td(fmt.count(one.alarms)),
                html.Td(fmt.count(one.incidents)),
                html.Td(fmt.rate(one.on_time_rate)),
            ]
        )
        for one in neighbours
    ]
    heads = (w("只看汇总"), w("告警"), w("在办"), w("按期 %"))
    said = w(
        "相邻 {n} 个区域：告警 {alarms} · 在办 {cases}",
        n=len(neighbours),
        alarms=fmt.count(sum(one.alarms for one in neighbours)),
        cases=fmt.count(sum(one.incidents for one in neighbours)),
    )
    whole = [html.Summary(said), table(heads, rows, w("相邻区域"), kind="beside")]
    return [html.Details(whole, className="beside", **attributes(data_stays="beside"))]


def responsible(people: tuple[PersonLine, ...], neighbours: Sequence[Neighbour], w: Words) -> html.Section:
    """责任人: role, masked name, masked phone."""
    rows: list[Child] = [
        html.Div(
            [
                html.Span(labels.of(labels.ROLE, p.role, w), className="person-role"),
                html.B(p.name),
                html.Span([icon("phone"), p.phone or fmt.DASH], className="person-phone"),
            ],
            className="person",
        )
        for p in people
    ] or [html.P([icon("off"), html.Span(w("责任人未导入"))], className="missing")]
    return panel("people", w("责任人"), [*rows, *_beside(neighbours, w)])


def _width(ranked: Sequence[GroupLine], w: Words) -> float:
    """Room for the longest name, in letters' heights: a Chinese character is one wide, a Latin letter about half."""
    names = [short(w.name(line.name, line.name_en)) for line in ranked]
    return min(
        _WIDEST, max((sum(1.0 if ord(letter) > _LATIN else 0.6 for letter in name) for name in names), default=0.0)
    )


def _floor(lowest: float) -> float:
    """Where the scale begins: 75 unless an area is lower, then the ten below it."""
    return 75.0 if lowest >= 75 else max(0.0, lowest // 10 * 10)


def _at(rate: float, low: float) -> float:
    return 100 * (rate - low) / (100 - low)


def short(name: str) -> str:
    """A name without its level, which the panel's title already says."""
    for level in ("街道", "社区"):
        if name.endswith(level) and len(name) > len(level) + 1:
            return name.removesuffix(level)
    return name

"""Two areas side by side: the same figures of both, with two dots on one scale between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from dash import html

from components import format as fmt
from components import labels, periods
from components.closing import TARGET
from components.i18n import Words
from components.navigation import address
from components.parts import Child, attributes, icon, panel
from data_access.domain.case_indicators import Rate
from data_access.domain.facts import Fact
from data_access.domain.incidents import percent
from data_access.viewmodels.areas import AreaLabel
from data_access.viewmodels.overview import Overview, Side


class Ids(StrEnum):
    """What the page and `compare.js` know."""

    A = "compare-a"
    B = "compare-b"


class Beside(StrEnum):
    """The same beside a tablet's map, where `side.js` knows them."""

    A = "beside-a"
    B = "beside-b"


BESIDE: Final = ("on_time", "handling", "rework", "mean", "overdue")
"""What of the closing figures stands beside a tablet's map."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of both areas; `digits` None: a count. A rate is drawn to 100 with its target dashed."""

    name: str
    unit: str
    a: float | None
    b: float | None
    digits: int | None = None
    target: float | None = None
    people: bool = False  # so few that one could be recognised are not said


def chooser(
    side: Ids | Beside, label: str, choices: Sequence[AreaLabel], chosen: AreaLabel | None, w: Words
) -> html.Div:
    """One side's area: a list that the keyboard and the finger can use; `compare.js` goes where it says."""
    return html.Div(
        [
            html.Label(label, htmlFor=side),
            html.Select(
                [
                    html.Option(
                        _named(area, w, level=isinstance(side, Ids)),
                        value=area.code,
                        selected=chosen is not None and area.id == chosen.id,
                    )
                    for area in choices
                ],
                id=side,
                **attributes(**{"data_beside" if isinstance(side, Beside) else "data_side": side.value[-1]}),
            ),
        ],
        className=f"compare-choice of-{side.value[-1]}",
    )


def build(one: Side, two: Side, w: Words) -> list[Child]:
    """The panels of the comparison: what both have, how they close cases, what is happening."""
    a, b = one.view, two.view
    return [
        _panel("facts", w("底数"), _facts(a, b, w), a, b, w, note=fmt.month(a.ledger.month, w)),
        _panel("closing", w("效能"), list(_closing(one, two, w).values()), a, b, w, note=fmt.period(a.period)),
        _panel("now", w("正在发生"), _now(a, b, w), a, b, w, note=w("截至 {time}", time=fmt.clock(a.at))),
    ]


def beside(a: Side, b: Side, choices: Sequence[AreaLabel], w: Words) -> list[Child]:
    """The comparison beside a tablet's map: two areas to choose, what matters most of both, the way to the rest."""
    sides = ((Beside.A, w("甲"), a), (Beside.B, w("乙"), b))
    one, two = (chooser(side, label, choices, of.view.place.area, w) for side, label, of in sides)
    period = w(periods.said(a.view).name) if a.view.running else fmt.period(a.view.period)
    closing = _closing(a, b, w)
    rows = [*(closing[name] for name in BESIDE), _grave(a.view, b.view, w)]
    whole = html.A(
        [html.Span(period), html.Span([w("全部"), icon("chev")])],
        href=address("/compare", {"lang": w.lang.value}, a=a.view.place.area.code, b=b.view.place.area.code),
        className="beside-all",
        title=w("全部指标对比"),
    )
    return [
        html.Div([one, whole, two], className="beside-choices"),
        html.Table(
            html.Tbody([_row(row) for row in rows]), className="compare-rows", **attributes(aria_label=w("对比"))
        ),
    ]


def alone(view: Overview, w: Words) -> html.P:
    """Said when there is nothing to compare an area with."""
    name = w.name(view.place.area.name, view.place.area.name_en)
    return html.P([icon("columns"), html.Span(w("请再选一个区域与{name}对比", name=name))], className="missing")


def _facts(a: Overview, b: Overview, w: Words) -> list[Row]:
    def fact(name: str, unit: str, of: Fact) -> Row:
        return Row(w(name), w(unit), a.ledger.now.get(of), b.ledger.now.get(of), people=unit == "人")

    def share(name: str, part: Fact, whole: Fact) -> Row:
        return Row(w(name), "%", _share(a, part, whole), _share(b, part, whole), 1)

    return [
        fact("人口", "人", Fact.RESIDENTS),
        share("流动人口占比", Fact.FLOATING, Fact.RESIDENTS),
        share("60 岁以上占比", Fact.AGE_60_UP, Fact.RESIDENTS),
        fact("独居老人", "人", Fact.ELDERLY_ALONE),
        fact("房屋", "套", Fact.DWELLINGS),
        share("出租占比", Fact.RENTED, Fact.DWELLINGS),
        Row(w("严管与禁止出租屋"), w("套"), _strict(a), _strict(b)),
        fact("法人", "家", Fact.LEGAL_ENTITIES),
    ]


def _closing(one: Side, two: Side, w: Words) -> dict[str, Row]:
    a, b = one.view.closing.cases, two.view.closing.cases

    def rate(name: str, of: Rate, target: float | None = None) -> Row:
        return Row(w(name), "%", a.rate(of), b.rate(of), 2, target)

    return {
        "on_time": rate("按期结案率", Rate.CLOSING_ON_TIME, TARGET),
        "closing": rate("结案率", Rate.CLOSING),
        "handling": rate("处置率", Rate.HANDLING),
        "rework": rate("返工率", Rate.REWORK),
        "mean": Row(w("平均整治"), w("天"), _days(one), _days(two), 1),
        "created": Row(w("受理量"), w("件"), a.reported, b.reported),
        "per_thousand": Row(
            w("每千人受理量"), w("件"), _per_thousand(one.view, a.reported), _per_thousand(two.view, b.reported), 1
        ),
        "overdue": Row(w("超期在办"), w("件"), one.view.flow.overdue, two.view.flow.overdue),
    }


def _days(side: Side) -> float | None:
    return side.mean_handling / timedelta(days=1) if side.mean_handling is not None else None


def _now(a: Overview, b: Overview, w: Words) -> list[Row]:
    def online(view: Overview) -> float | None:
        return percent(view.sensors.devices - view.sensors.offline, view.sensors.devices)

    return [
        Row(w("今日受理量"), w("件"), a.flow.today, b.flow.today),
        Row(w("在办事件"), w("件"), a.flow.open, b.flow.open),
        _grave(a, b, w),
        Row(w("次要与提示告警"), w("条"), _levels(a, 2, 1), _levels(b, 2, 1)),
        Row(w("今日告警"), w("条"), a.sensors.today, b.sensors.today),
        Row(w("终端在线率"), "%", online(a), online(b), 1),
        Row(
            w("有画面率"),
            "%",
            percent(a.video.delivering, a.video.total),
            percent(b.video.delivering, b.video.total),
            1,
        ),
    ]


def _grave(a: Overview, b: Overview, w: Words) -> Row:
    return Row(w("紧急与重要告警"), w("条"), _levels(a, 4, 3), _levels(b, 4, 3))


def _levels(view: Overview, *wanted: int) -> int:
    return sum(view.sensors.by_severity.get(level, 0) for level in wanted)


def _panel(
    kind: str, title: str, rows: Sequence[Row], a: Overview, b: Overview, w: Words, *, note: str
) -> html.Section:
    names = [w.name(view.place.area.name, view.place.area.name_en) for view in (a, b)]
    head = html.Tr(
        [
            html.Th(_overview_of(a, names[0], w), className="side-a", scope="col"),
            html.Th(html.Span(w("指标"), className="sr-only"), scope="col"),
            html.Th(_overview_of(b, names[1], w), className="side-b", scope="col"),
        ]
    )
    return panel(
        f"compare-{kind}",
        title,
        [html.Table([html.Thead(head), html.Tbody([_row(row) for row in rows])], className="compare-rows")],
        note=note,
    )


def _overview_of(view: Overview, name: str, w: Words) -> html.A:
    return html.A(name, href=address("/", {"lang": w.lang.value}, area=view.place.area.code))


def _row(row: Row) -> html.Tr:
    unit = f" {row.unit}" if row.unit else ""
    return html.Tr(
        [
            html.Td(_written(row.a, row), className="side-a"),
            html.Th([html.Span([row.name, html.Span(unit, className="unit")]), _scale(row)], scope="row"),
            html.Td(_written(row.b, row), className="side-b"),
        ]
    )


def _written(value: float | None, row: Row) -> str:
    if value is None or row.digits is not None:
        return fmt.rate(value, row.digits or 0)
    return fmt.people(int(value)) if row.people else fmt.count(int(value))


def _scale(row: Row) -> html.Span:
    """Two dots, a filled and b hollow, joined; from 0 (rates that are all high: from the ten below) to the largest.

    Rates that are all low end at the ten above.
    """
    known = [value for value in (row.a, row.b) if value is not None]
    hidden = row.people and any(0 < value < fmt.FEW for value in known)
    if not known or hidden:
        return html.Span(className="pair is-empty", **attributes(aria_hidden="true"))
    rate = row.unit == "%"
    low = max(0.0, min([*known, row.target or 100.0]) // 10 * 10 - 10) if rate and min(known) >= 50 else 0.0
    low_rate = rate and row.target is None and max(known) < 50
    high = max(known) // 10 * 10 + 10 if low_rate else 100.0 if rate else max([*known, 1]) * 1.05

    def at(value: float) -> str:
        return f"{100 * (value - low) / (high - low):.1f}%"

    marks: list[Child] = []
    if row.target is not None:
        marks.append(html.I(className="pair-target", style={"left": at(row.target)}))
    if len(known) == 2:
        left, right = sorted(known)
        width = 100 * (right - left) / (high - low)
        marks.append(html.I(className="pair-line", style={"left": at(left), "width": f"{width:.1f}%"}))
    if row.b is not None:
        marks.append(html.I(className="pair-b", style={"left": at(row.b)}))
    if row.a is not None:
        marks.append(html.I(className="pair-a", style={"left": at(row.a)}))
    return html.Span(marks, className="pair", **attributes(aria_hidden="true"))


def _share(view: Overview, part: Fact, whole: Fact) -> float | None:
    known = view.ledger.now
    return percent(known[part], known[whole]) if part in known and whole in known else None


def _strict(view: Overview) -> int | None:
    found = [view.ledger.now.get(of) for of in (Fact.RENTAL_STRICT, Fact.RENTAL_BANNED)]
    return sum(n for n in found if n is not None) if any(n is not None for n in found) else None


def _per_thousand(view: Overview, n: int) -> float | None:
    residents = view.ledger.now.get(Fact.RESIDENTS)
    return 1000 * n / residents if residents else None


def _named(area: AreaLabel, w: Words, *, level: bool) -> str:
    """The area, with its level where there is room for it."""
    name, kind = w.name(area.name, area.name_en), labels.of(labels.AREA, area.kind, w)
    return f"{name} · {kind}" if level and not name.endswith(kind) else name

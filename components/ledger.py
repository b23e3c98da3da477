"""What an area has (底数): population, housing, legal entities and resources."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from dash import html

from components import format as fmt
from components import labels, sparkline, wide
from components.i18n import Words
from components.parts import INKS, Child, explained, hero, icon, labelled, line, missing, panel, split
from data_access.domain.facts import Fact
from data_access.viewmodels.overview import Ledger, SourceLine
from data_access.viewmodels.trends import Past

NO_PAST: Final = Past()


def population(
    ledger: Ledger, source: SourceLine | None, now: datetime, w: Words, past: Past = NO_PAST
) -> html.Section:
    """人口: residents, where they are from, how old they are, the elderly who live alone."""
    body: list[Child] = missing(w, "人口数据未导入")
    if Fact.RESIDENTS in ledger.now:
        origin = (Fact.REGISTERED, Fact.FLOATING, Fact.OVERSEAS)
        ages = (Fact.AGE_0_14, Fact.AGE_15_59, Fact.AGE_60_UP)
        total = ledger.now.get(Fact.RESIDENTS)
        body = [
            hero(
                fmt.count(total), w("人"), _compared(ledger, Fact.RESIDENTS, w), trend=_trend(past, Fact.RESIDENTS, w)
            ),
            html.Div(
                [
                    split(
                        [
                            (ledger.now.get(f, 0), ink)
                            for f, ink in zip(origin, (INKS[0], INKS[1], INKS[3]), strict=True)
                        ]
                    ),
                    labelled(
                        [
                            (w(name), fmt.people(ledger.now.get(f)))
                            for name, f in zip(("户籍", "流动", "境外"), origin, strict=True)
                        ]
                    ),
                ],
                className="group",
            ),
            html.Div(
                [
                    split(
                        [(ledger.now.get(f, 0), ink) for f, ink in zip(ages, (INKS[2], INKS[1], INKS[3]), strict=True)]
                    ),
                    labelled(
                        [
                            (w(name), fmt.share(ledger.now.get(f), total))
                            for name, f in zip(("0–14 岁", "15–59", "60+"), ages, strict=True)
                        ]
                    ),
                ],
                className="group",
            ),
            wide.ages(ledger, w),
            line(
                [
                    w("独居老人"),
                    " ",
                    html.B(fmt.people(ledger.now.get(Fact.ELDERLY_ALONE))),
                    html.Span(w("人"), className="unit"),
                ],
                [html.B(fmt.count(ledger.now.get(Fact.HOUSEHOLDS))), " ", w("户")],
            ),
        ]
    return panel(
        "population", w("人口"), body, note=_as_of(ledger, source, now, w), sources="population", more="/trends"
    )


def housing(ledger: Ledger, source: SourceLine | None, now: datetime, w: Words, past: Past = NO_PAST) -> html.Section:
    """房屋: dwellings, how they are used, rentals by grade."""
    body: list[Child] = missing(w, "房屋数据未导入")
    known = Fact.DWELLINGS in ledger.now
    if known:
        uses = (("出租", Fact.RENTED), ("自用", Fact.OWNER_OCCUPIED), ("空置", Fact.VACANT))
        grades = (Fact.RENTAL_LIGHT, Fact.RENTAL_WATCHED, Fact.RENTAL_STRICT, Fact.RENTAL_BANNED)
        inks = ("var(--choro-3)", INKS[1], INKS[0], INKS[3])
        body = [
            hero(
                fmt.count(ledger.now.get(Fact.DWELLINGS)),
                w("套"),
                _compared(ledger, Fact.DWELLINGS, w),
                trend=_trend(past, Fact.DWELLINGS, w),
            ),
            html.Div(
                [
                    split([(ledger.now.get(f, 0), ink) for (_, f), ink in zip(uses, INKS[:3], strict=True)]),
                    labelled([(w(name), fmt.count(ledger.now.get(f))) for name, f in uses]),
                ],
                className="group",
            ),
            html.Div(
                [
                    split([(ledger.now.get(f, 0), ink) for f, ink in zip(grades, inks, strict=True)]),
                    labelled(
                        [
                            (
                                html.Abbr(w(short), title=w(full), className=f"grade grade-{i}"),
                                fmt.count(ledger.now.get(f)),
                            )
                            for i, ((short, full), f) in enumerate(zip(labels.RENTAL, grades, strict=True))
                        ]
                    ),
                ],
                className="group",
            ),
            wide.rentals(ledger, w),
        ]
    note = _as_of(ledger, source, now, w)
    return panel("housing", w("房屋"), body, note=note, sources="population", told=_grades_told(w) if known else None)


def _grades_told(w: Words) -> html.Details:
    """What the four characters under the bar stand for."""
    lines: list[Child] = [
        html.Span([html.Abbr(w(short), className=f"grade grade-{i}"), " ", html.B(w(full)), " ", w(means)])
        for i, ((short, full), means) in enumerate(zip(labels.RENTAL, labels.RENTAL_MEANS, strict=True))
    ]
    return explained(
        w("出租屋分类说明"), [w("出租屋按隐患与居住情况分四类管理："), *lines, w("具体标准以本地规定为准。")]
    )


def organisations(
    ledger: Ledger, source: SourceLine | None, now: datetime, w: Words, past: Past = NO_PAST
) -> html.Section:
    """法人与资源: who does business here, what can help."""
    rows = [
        _row(ledger, w, "法人", "家", Fact.LEGAL_ENTITIES, "规上", Fact.ABOVE_SCALE, past),
        _row(ledger, w, "资源", "处", Fact.RESOURCES, "AED", Fact.AED),
    ]
    known = Fact.LEGAL_ENTITIES in ledger.now or Fact.RESOURCES in ledger.now
    body: list[Child] = (
        [*rows, wide.places(ledger, w)]
        if known
        else [html.P([icon("off"), html.Span(w("法人与资源未导入"))], className="missing")]
    )
    return panel("organisations", w("法人与资源"), body, note=_as_of(ledger, source, now, w), sources="entities")


def _row(  # the words of one line
    ledger: Ledger,
    w: Words,
    name: str,
    unit: str,
    fact: Fact,
    part: str,
    part_fact: Fact,
    past: Past = NO_PAST,
) -> html.Div:
    changed = fmt.change(ledger.now.get(fact), ledger.last_month.get(fact))
    return html.Div(
        [
            html.Span(w(name), className="org-name"),
            html.Span([fmt.count(ledger.now.get(fact)), html.Span(w(unit), className="unit")], className="org-n"),
            _trend(past, fact, w),
            html.Span([w(part), " ", html.B(fmt.count(ledger.now.get(part_fact)))], className="org-part"),
            html.Span([html.I(w("较上月") + " "), html.B(changed)], className="org-cmp"),
        ],
        className="org",
    )


def _trend(past: Past, fact: Fact, w: Words) -> html.Span | None:
    return sparkline.build(past.facts.get(fact, ()), w("近 13 月"), w)


def _compared(ledger: Ledger, fact: Fact, w: Words) -> list[tuple[str, str]]:
    value = ledger.now.get(fact)
    return [
        (w("较上月"), fmt.change(value, ledger.last_month.get(fact))),
        (w("同比"), fmt.change(value, ledger.last_year.get(fact))),
    ]


def _as_of(ledger: Ledger, source: SourceLine | None, now: datetime, w: Words) -> Child:
    """When the figures were true; that a time is today's goes where there is no room."""
    if source and source.last_seen:
        day, _, time = fmt.moment(source.last_seen, now, w).rpartition(" ")
        return html.Span([html.Span(f"{day} ", className="note-day"), time]) if day else time
    return fmt.month(ledger.month, w) if ledger.month else w("未导入")

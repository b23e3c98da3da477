"""The period on screen: what it is called, and the switch between today, this week and this month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dash import html

from components.i18n import Words
from components.navigation import address
from components.parts import Child, attributes
from data_access.domain.periods import Period, local_day, month_of, week_of
from data_access.viewmodels.overview import Overview


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a running period: its name, the titles of its rates, cases and sources, what it compares to."""

    name: str
    rates: str
    created: str
    sources: str
    compared: str


_WEEK: Final = Said("本周", "本周效能", "本周受理", "本周来源（件）", "较上周同时")
_MONTH: Final = Said("本月", "本月效能", "本月受理", "本月来源（件）", "较上月同时")
_OTHER: Final = Said("本期", "周期效能", "本期受理", "本期来源（件）", "较上期同时")


def said(view: Overview) -> Said:
    """The words of the period that `view` shows."""
    if not view.running:
        return _OTHER
    return _MONTH if view.period.is_month else _WEEK if view.period.is_week else _OTHER


def switch(view: Overview, w: Words) -> html.Nav | None:
    """今日 · 本周 · 本月, for the figures that have a period; nothing where the data ended long ago.

    Today is the address without a period: today's figures, and this month's rates.
    """
    if not view.goes_on:
        return None
    today = local_day(view.at)
    choices = (("今日", "Today", None), ("本周", "Week", week_of(today)), ("本月", "Month", month_of(today)))
    return html.Nav(
        [_choice(w.name(word, english), period, view, w) for word, english, period in choices],
        className="periods",
        **attributes(aria_label=w("统计周期")),
    )


def _choice(word: str, period: Period | None, view: Overview, w: Words) -> Child:
    chosen = view.period == period if view.given else period is None
    days = _days(period)
    return html.A(
        word,
        href=address("/", {"area": view.place.area.code, "lang": w.lang.value, **days}),
        className="period",
        **attributes(data_period="/".join(days.values())),
        **(attributes(aria_current="true") if chosen else {}),
    )


def _days(period: Period | None) -> dict[str, str]:
    return {"from": period.first.isoformat(), "to": period.end.isoformat()} if period else {}

"""How numbers, changes and moments are written: one place, tabular, with a true minus and a dash for the unknown."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from components.i18n import Lang, Words
from data_access.domain.periods import SHANGHAI, Period

DASH: Final = "—"
MINUS: Final = "\N{MINUS SIGN}"
FEW: Final = 5
RUNNING_MIN: Final = 20
"""Up to this age the seconds are shown."""
DAY_H: Final = 24


def count(value: int | None) -> str:
    """`1,143,801`; a dash for what is not known."""
    return DASH if value is None else f"{value:,}".replace("-", MINUS)


def people(value: int | None) -> str:
    """A number of people: `1,235`, and `<5` where so few could be recognised."""
    return "<5" if value is not None and 0 < value < FEW else count(value)


def rate(value: float | None, digits: int = 2) -> str:
    """A percentage without its sign: `90.76`."""
    return DASH if value is None else f"{value:.{digits}f}"


def share(part: int | None, whole: int | None) -> str:
    """`part` of `whole`: `13.6%`."""
    return DASH if part is None or not whole else f"{100 * part / whole:.1f}%"


def change(now: int | None, before: int | None) -> str:
    """The change of a quantity in percent: `+0.3%`, `−7.2%`; a dash when there is nothing to compare to."""
    if now is None or not before:
        return DASH
    return _signed(100 * (now - before) / before, 1) + "%"


def points(now: float | None, before: float | None) -> str | None:
    """The difference of two rates in percentage points, `+1.12`; None when either is missing."""
    return None if now is None or before is None else _signed(now - before, 2)


def _signed(value: float, digits: int) -> str:
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return ("+" if value > 0 else MINUS) + text


def moment(at: datetime | None, now: datetime, w: Words) -> str:
    """When something was true: `今日 06:00`, `06-15`, `2018-10-31`."""
    if at is None:
        return DASH
    local, today = at.astimezone(SHANGHAI), now.astimezone(SHANGHAI)
    if local.date() == today.date():
        return w("今日 {time}", time=f"{local:%H:%M}")
    return f"{local:%m-%d}" if local.year == today.year else f"{local:%Y-%m-%d}"


def month(day: date | None, w: Words) -> str:
    """`2026 年 6 月`, `Jun 2026`."""
    if day is None:
        return DASH
    return f"{day:%b %Y}" if w.lang is Lang.EN else w("{year} 年 {month} 月", year=day.year, month=day.month)


def period(of: Period) -> str:
    """`2018-02 – 2018-10` of whole months, else the first and the last day."""
    last = date.fromordinal(of.end.toordinal() - 1)
    if of.first.day == 1 and of.end.day == 1:
        return f"{of.first:%Y-%m}" if of.is_month else f"{of.first:%Y-%m} – {last:%Y-%m}"
    return f"{of.first:%Y-%m-%d} – {last:%Y-%m-%d}"


def clock(at: datetime) -> str:
    """The local time of day to the minute."""
    return f"{at.astimezone(SHANGHAI):%H:%M}"


def stamp(at: datetime) -> str:
    """The local day and time to the minute: `2026-06-15 08:00`."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def age(past: timedelta, w: Words) -> str:
    """mm:ss under 20 minutes, then minutes, hours and minutes, days; as `assets/js/display.js` goes on writing it."""
    seconds = max(0, int(past.total_seconds()))
    minutes, hours = seconds // 60, seconds // 3600
    if minutes < RUNNING_MIN:
        return f"{minutes:02}:{seconds % 60:02}"
    if not hours:
        return w("{m} 分", m=minutes)
    if hours < DAY_H:
        return w("{h} 时 {m}", h=hours, m=f"{minutes % 60:02}")
    return w("{d} 天 {h} 小时", d=hours // DAY_H, h=f"{hours % DAY_H:02}")

"""How fast alarms came to each officer: by ten minutes, and how long it was a flood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Final

from sqlalchemy import BigInteger, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from data_access.db.tables import AlarmRow, ShiftRow, from_ms, to_ms
from data_access.domain.areas import lineage, subtree_bounds
from data_access.domain.flood import WINDOW, minutes_on
from data_access.queries.alarm_span import announced, inside
from data_access.viewmodels.alarm_analysis import Slot

_MINUTE_MS: Final = 60_000
_TEN_MS: Final = int(WINDOW.total_seconds() * 1000)
_RUN_UP: Final = _TEN_MS // _MINUTE_MS
"""Minutes before a time that decide whether it begins in a flood."""


def minutes_of(session: Session, path: str, start: datetime, until: datetime) -> dict[int, int]:
    """Announced alarms by minute, counted from 1970."""
    minute = type_coerce(AlarmRow.raised_at, BigInteger) // _MINUTE_MS
    query = inside(select(minute, func.count()).select_from(AlarmRow), path, start, until).where(announced())
    return {int(number): n for number, n in session.execute(query.group_by(minute))}


def flooded_s(minutes: Mapping[int, int], seats: Sequence[tuple[int, int]], start: datetime, until: datetime) -> int:
    """For how many seconds of [start, until) it was a flood for each officer who was there, to the minute."""
    low, high = to_ms(start) // _MINUTE_MS - _RUN_UP, -(-to_ms(until) // _MINUTE_MS)
    officers = _officers(seats, low, high, _MINUTE_MS)
    return 60 * minutes_on([minutes.get(minute, 0) for minute in range(low, high)], officers, after=_RUN_UP)


def seats_of(session: Session, path: str, start: datetime, until: datetime) -> list[tuple[int, int]]:
    """From and to of the shifts in the area or around it."""
    low, high = subtree_bounds(path)
    here = or_((ShiftRow.area_path >= low) & (ShiftRow.area_path < high), ShiftRow.area_path.in_(lineage(path)))
    rows = session.execute(
        select(ShiftRow.started_at, ShiftRow.ended_at)
        .where(here, ShiftRow.started_at < until, or_(ShiftRow.ended_at.is_(None), ShiftRow.ended_at > start))
        .order_by(ShiftRow.started_at)
    )
    return [(to_ms(at), to_ms(end) if end else to_ms(until)) for at, end in rows]


def per_seat(
    minutes: Mapping[int, int], seats: Sequence[tuple[int, int]], start: datetime, until: datetime
) -> dict[int, float]:
    """Alarms by ten minutes, divided by the officers who were there; by one where nobody is known to have been."""
    slots = Counter[int]()
    for minute, n in minutes.items():
        slots[minute * _MINUTE_MS // _TEN_MS] += n
    low, high = to_ms(start) // _TEN_MS, -(-to_ms(until) // _TEN_MS)
    officers = _officers(seats, low, high, _TEN_MS)
    return {slot: slots[slot] / max(1, officers[slot - low]) for slot in range(low, high)}


def _officers(seats: Sequence[tuple[int, int]], low: int, high: int, wide_ms: int) -> list[int]:
    """How many were there in each span of `wide_ms` from number `low` up to, not including, `high`."""
    change = [0] * (high - low + 1)
    for begin, end in seats:
        first, last = max(begin // wide_ms, low), min(-(-end // wide_ms), high)
        if first < last:
            change[first - low] += 1
            change[last - low] -= 1
    return list(accumulate(change))[:-1]


def load_of(
    minutes: Mapping[int, int], seats: Sequence[tuple[int, int]], start: datetime, until: datetime, bar_min: int
) -> tuple[Slot, ...]:
    """The busiest ten minutes of each bar of `bar_min` minutes."""
    wide, begin = bar_min * _MINUTE_MS, to_ms(start)
    worst: dict[int, float] = {}
    for slot, n in per_seat(minutes, seats, start, until).items():
        at = begin + max(0, slot * _TEN_MS - begin) // wide * wide
        worst[at] = max(worst.get(at, 0.0), n)
    return tuple(Slot(at=from_ms(at), worst=round(n, 2)) for at, n in sorted(worst.items()))

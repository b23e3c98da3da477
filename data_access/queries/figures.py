"""The overview's figures outside a page: the same reads as `overview`, with a session and a moment given."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from data_access.domain.periods import Period, local_day, month_of
from data_access.queries import areas, sensors
from data_access.queries import overview as reads
from data_access.queries.indicators import indicators
from data_access.viewmodels.areas import AreaLabel
from data_access.viewmodels.indicators import By
from data_access.viewmodels.overview import GroupLine, Overview


def figures(
    session: Session, area: AreaLabel, scope: str, first: date | None, end: date | None, *, at: datetime
) -> Overview:
    """What the overview of `area` shows at `at`. Raises `InvalidInput` for an empty period."""
    place = areas.read_place(session, area.path, scope)
    current = month_of(local_day(at))
    own = reads.default_period(session, at)
    period = Period(first, end) if first and end else own or current
    totals = sensors.read_devices_by_kind(session, area.path)
    channels = indicators(session, area.path, period.first, period.end, By.CHANNEL, now=at)
    return Overview(
        place=place,
        at=at,
        period=period,
        running=period.first <= local_day(at) < period.end,
        demo=areas.is_demo(session),
        has_incidents=own is not None,
        ledger=reads.read_ledger(session, area.id),
        closing=reads.read_closing(session, area.path, period, at),
        children=reads.read_children(session, place, period, at),
        channels=tuple(GroupLine(line.code, line.name, None, line.counts) for line in channels),
        flow=reads.read_flow(session, area.path, at),
        sensors=sensors.read_sensors(session, area.path, totals, at),
        video=reads.read_video(session, area.path),
        sources=reads.read_sources(session),
    )

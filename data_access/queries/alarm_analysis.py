"""The analysis of past alarms: what its parts have found of an area and a time. Bounded by period and scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from data_access.db.tables import AlarmRow, to_ms
from data_access.domain.alarms import CloseReason
from data_access.queries.alarm_false import LEAST_JUDGED, judged_of, models
from data_access.queries.alarm_load import flooded_s, load_of, minutes_of, per_seat, seats_of
from data_access.queries.alarm_sources import chatterers_of, sources, stayers_of
from data_access.queries.alarm_span import announced, inside, span
from data_access.queries.alarm_times import by_area, by_kind, quantiles, timed
from data_access.queries.session import reading, remembered
from data_access.viewmodels.alarm_analysis import Analysis, Share, Totals

if TYPE_CHECKING:
    import pandas as pd

LISTED: Final = 20
MOST_BARS: Final = 180
_STEPS: Final = (10, 30, 60, 180, 360, 720, 1440)


@remembered(seconds=60)
def analysed(path: str, first: date, end: date, minute: datetime, version: str) -> Analysis:  # noqa: ARG001  # the version is there for the key
    """As `analysis`, kept for a minute."""
    with reading() as session:
        return analysis(session, path, first, end, now=minute)


def analysis(session: Session, path: str, first: date, end: date, *, now: datetime) -> Analysis:
    """The alarms of the local days [first, end) in the subtree of `path`, beside as long a time before them."""
    start, until = span(first, end, now)
    before = start - (until - start)
    seats = seats_of(session, path, before, until)
    minutes = minutes_of(session, path, before, until)
    frame = timed(session, path, start, until)
    earlier = timed(session, path, before, start)
    judged = judged_of(session, path, start, until)
    bar_min = next((m for m in _STEPS if (until - start) / timedelta(minutes=m) <= MOST_BARS), _STEPS[-1])
    chatterers, to_and_fro = chatterers_of(session, path, start, until)
    stayers, stayed = stayers_of(session, path, start, until, now)
    now_counts, before_counts, demo = _counts(session, path, before, start, until)
    return Analysis(
        start=start,
        end=until,
        before_start=before,
        slot_minutes=bar_min,
        seats_known=any(at < to_ms(until) and stop > to_ms(start) for at, stop in seats),
        now=_totals(now_counts, minutes, seats, frame, judged, start, until),
        before=_totals(before_counts, minutes, seats, earlier, judged_of(session, path, before, start), before, start),
        load=load_of(minutes, seats, start, until, bar_min),
        mix=tuple(Share(severity=s, now=now_counts[s, True], before=before_counts[s, True]) for s in (1, 2, 3, 4)),
        sources=sources(session, path, start, until, chatterers, stayers),
        chatterers=tuple(chatterers[:LISTED]),
        chatterers_total=to_and_fro,
        stayers=tuple(stayers[:LISTED]),
        stayers_total=stayed,
        by_kind=by_kind(session, frame),
        by_area=by_area(session, path, frame),
        timed_of=len(frame),
        models=models(session, judged),
        least_judged=LEAST_JUDGED,
        demo=demo,
    )


def _counts(
    session: Session, path: str, before: datetime, start: datetime, until: datetime
) -> tuple[Counter[tuple[int, bool]], Counter[tuple[int, bool]], int]:
    """Alarms by (severity, announced) of the period and of the one before, and how many were seeded."""
    recent = case((AlarmRow.raised_at >= start, 1), else_=0)
    heard = case((announced(), 1), else_=0)
    seeded = case((AlarmRow.source == "demo", 1), else_=0)
    query = select(recent, AlarmRow.severity, heard, func.count(), func.sum(seeded)).select_from(AlarmRow)
    rows = session.execute(inside(query, path, before, until).group_by(recent, AlarmRow.severity, heard)).all()
    found: dict[int, Counter[tuple[int, bool]]] = {0: Counter(), 1: Counter()}
    for when, severity, told, n, _ in rows:
        found[when][severity, bool(told)] += n
    return found[1], found[0], sum(int(seeded or 0) for when, *_, seeded in rows if when)


def _totals(  # what totals are made of
    counts: Counter[tuple[int, bool]],
    minutes: Mapping[int, int],
    seats: Sequence[tuple[int, int]],
    frame: pd.DataFrame,
    judged: Iterable[tuple[int | None, str, str, int]],
    start: datetime,
    until: datetime,
) -> Totals:
    load = per_seat(minutes, seats, start, until)
    looked, closed = quantiles(frame["looked"]), quantiles(frame["closed"])
    lines = list(judged)
    return Totals(
        alarms=counts.total(),
        announced=sum(n for (_, told), n in counts.items() if told),
        per_seat10=sum(load.values()) / max(1, len(load)),
        worst10=max(load.values(), default=0.0),
        slots=len(load),
        flooded_s=flooded_s(minutes, seats, start, until),
        acknowledge_median_s=looked[0],
        acknowledge_p95_s=looked[1],
        close_median_s=closed[0],
        close_p95_s=closed[1],
        judged=sum(n for *_, n in lines),
        false=sum(n for *_, reason, n in lines if reason == CloseReason.FALSE),
    )
